//! One switch's actor: a thin shell around the session machine. It waits for an intent, a look, a save, a deadline or an
//! answer,
//! feeds the machine, and does what the machine returns.

use std::{collections::VecDeque, mem, sync::Arc, time::Duration};

use actix::prelude::*;
use tokio::sync::{oneshot, watch};
use vmtracker_core::{
    net::SwitchName,
    nexus::{
        Batch, Guard, Query,
        session::{Action, Input, Session, Ticket},
    },
    tracker::{Event, Policy, Record, Scope},
};

use super::{
    credentials::Credentials,
    messages::{Claim, Fact, IntentSlot, Look, SaveConfig, Stop},
};
use crate::{
    clock,
    config::{Secret, SwitchSettings},
    nexus::{self, ClientError, Driver, Traffic},
    tls,
};

/// How long an ordered stop waits for the operation in flight; then it is abandoned, and settled after the next start.
const STOP: Duration = Duration::from_secs(3);

/// Counts what a switch is asked and how it answers.
pub trait SwitchMeter: Send + Sync {
    /// A request ended: `result` is `ok` or a failure's class.
    fn request(&self, switch: &SwitchName, operation: &'static str, result: &'static str, seconds: f64);
    /// So many bytes more went to the switch and came from it.
    fn traffic(&self, switch: &SwitchName, sent: u64, received: u64);
    /// The switch answers, or does not any more.
    fn connected(&self, switch: &SwitchName, up: bool);
    /// Everything was read.
    fn complete_read(&self, switch: &SwitchName);
}

/// The actor of one switch.
pub struct SwitchActor {
    name: SwitchName,
    username: String,
    /// By which a refused login is known.
    secret: Secret,
    credentials: Credentials,
    session: Session,
    driver: Arc<dyn Driver>,
    policy: watch::Receiver<Arc<Policy>>,
    intents: IntentSlot,
    tracker: Recipient<Fact>,
    journal: Recipient<Claim>,
    meter: Arc<dyn SwitchMeter>,
    /// What the driver had carried when it was last counted.
    counted: Traffic,
    /// What the tracker is to be told, in order, one at a time: its mailbox slows this actor, not the other way round.
    outbox: VecDeque<Event>,
    telling: bool,
    deadline: Option<SpawnHandle>,
    stopped: Vec<oneshot::Sender<()>>,
}

impl SwitchActor {
    /// The actor of the switch at `settings`, by NX-API or SSH.
    ///
    /// # Errors
    /// When the trust of the settings cannot be set up.
    pub fn new(
        settings: SwitchSettings,
        policy: watch::Receiver<Arc<Policy>>,
        intents: IntentSlot,
        tracker: Recipient<Fact>,
        journal: Recipient<Claim>,
        credentials: Credentials,
        meter: Arc<dyn SwitchMeter>,
    ) -> Result<Self, tls::TlsError> {
        let driver = nexus::connect(&settings)?;
        Ok(Self::with_driver(settings, driver, policy, intents, tracker, journal, credentials, meter))
    }

    /// The same over another driver.
    #[expect(clippy::too_many_arguments, reason = "each is a line to another part of the service")]
    pub fn with_driver(
        settings: SwitchSettings,
        driver: Arc<dyn Driver>,
        policy: watch::Receiver<Arc<Policy>>,
        intents: IntentSlot,
        tracker: Recipient<Fact>,
        journal: Recipient<Claim>,
        credentials: Credentials,
        meter: Arc<dyn SwitchMeter>,
    ) -> Self {
        let secret = settings.secret().clone();
        let SwitchSettings { name, username, .. } = settings;
        let guard = Guard::new(&policy.borrow(), &name);
        let session = Session::new(name.clone(), username.clone(), guard, clock::now());
        Self {
            name,
            username,
            secret,
            credentials,
            session,
            driver,
            policy,
            intents,
            tracker,
            journal,
            meter,
            counted: Traffic::default(),
            outbox: VecDeque::new(),
            telling: false,
            deadline: None,
            stopped: Vec::new(),
        }
    }

    fn feed(&mut self, input: Input, ctx: &mut Context<Self>) {
        let actions = self.session.handle(input, clock::now());
        for action in actions {
            match action {
                Action::Read(ticket, queries) => self.read(ticket, queries, ctx),
                Action::Claim(ticket, records) => self.claim(ticket, records, ctx),
                Action::Write(ticket, batch) => self.write(ticket, batch, ctx),
                Action::Report(event) => self.outbox.push_back(event),
            }
        }
        self.tell(ctx);
        self.arm(ctx);
        self.answer_stop();
    }

    /// Whoever asked to stop is answered when no command is under way and everything is told.
    fn answer_stop(&mut self) {
        if self.session.is_writing() || self.telling || !self.outbox.is_empty() {
            return;
        }
        for done in self.stopped.drain(..) {
            // Whoever asked may have stopped waiting.
            done.send(()).unwrap_or_default();
        }
    }

    fn arm(&mut self, ctx: &mut Context<Self>) {
        if let Some(armed) = self.deadline.take() {
            ctx.cancel_future(armed);
        }
        self.deadline = self.session.next_deadline().map(|deadline| {
            // A tick later, so that the deadline has passed when the machine looks.
            let wait = deadline.since(clock::now()) + Duration::from_millis(1);
            ctx.run_later(wait, |actor, ctx| actor.feed(Input::Woke, ctx))
        });
    }

    fn read(&self, ticket: Ticket, queries: Vec<Query>, ctx: &mut Context<Self>) {
        let driver = Arc::clone(&self.driver);
        let began = clock::instant();
        let operation = operation(&queries);
        let blocked = self.blocked();
        let answer = async move {
            match blocked {
                Some(error) => Err(error),
                None => driver.read(&queries).await,
            }
        };
        ctx.spawn(answer.into_actor(self).map(move |answer, actor, ctx| {
            actor.count(operation, began, answer.as_ref().err());
            actor.feed(Input::Read(ticket, answer.map_err(|error| error.failure())), ctx);
        }));
    }

    fn write(&self, ticket: Ticket, batch: Batch, ctx: &mut Context<Self>) {
        let driver = Arc::clone(&self.driver);
        let began = clock::instant();
        let blocked = self.blocked();
        let answer = async move {
            match blocked {
                Some(error) => Err(error),
                None => driver.apply(&batch).await,
            }
        };
        ctx.spawn(answer.into_actor(self).map(move |answer, actor, ctx| {
            actor.count("write", began, answer.as_ref().err());
            actor.feed(Input::Wrote(ticket, answer.map_err(|error| error.failure())), ctx);
        }));
    }

    fn claim(&self, ticket: Ticket, records: Vec<Record>, ctx: &mut Context<Self>) {
        let permit = self.journal.send(Claim(records));
        ctx.spawn(permit.into_actor(self).map(move |permit, actor, ctx| {
            let permit = match permit {
                Ok(Ok(permit)) => Ok(permit),
                Ok(Err(error)) => Err(error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(why) = &permit {
                tracing::warn!(switch = %actor.name, %why, "no claim, so nothing is written");
            }
            actor.feed(Input::Claimed(ticket, permit), ctx);
        }));
    }

    fn tell(&mut self, ctx: &mut Context<Self>) {
        if self.telling {
            return;
        }
        let Some(event) = self.outbox.pop_front() else {
            return;
        };
        self.note(&event);
        self.telling = true;
        let sent = self.tracker.send(Fact(event));
        ctx.spawn(sent.into_actor(self).map(|sent, actor, ctx| {
            actor.telling = false;
            match sent {
                Ok(()) => actor.tell(ctx),
                // The tracker is gone: the service is stopping.
                Err(_) => actor.outbox.clear(),
            }
            actor.answer_stop();
        }));
    }

    /// Counts a transition, once, where it is told.
    fn note(&self, event: &Event) {
        if let Event::SwitchLost { why, .. } = event {
            // The finding that comes of it is the line for people.
            tracing::debug!(switch = %self.name, "{why}");
            self.meter.connected(&self.name, false);
        }
        if let Event::Observed(observation) = event
            && observation.scope == Scope::Whole
        {
            tracing::debug!(switch = %self.name, "read as a whole");
            self.meter.connected(&self.name, true);
            self.meter.complete_read(&self.name);
        }
    }

    /// A login that a device refused is left alone, by all devices that share it; nothing is sent then.
    fn blocked(&self) -> Option<ClientError> {
        let until = self.credentials.blocked(&self.username, &self.secret, clock::now());
        until.map(|_| ClientError::Blocked { switch: self.name.clone(), username: self.username.clone() })
    }

    fn count(&mut self, operation: &'static str, began: std::time::Instant, error: Option<&ClientError>) {
        if let Some(ClientError::Login { .. }) = error {
            self.credentials.refused(&self.username, &self.secret, clock::now());
        }
        if let Some(ClientError::Blocked { .. }) = error {
            return;
        }
        let result = error.map_or("ok", |error| error.class().as_str());
        self.meter.request(&self.name, operation, result, began.elapsed().as_secs_f64());
        let before = mem::replace(&mut self.counted, self.driver.traffic());
        self.meter.traffic(&self.name, self.counted.sent - before.sent, self.counted.received - before.received);
    }

    fn follow_intents(&self, ctx: &mut Context<Self>) {
        let mut slot = self.intents.clone();
        let changed = async move {
            let alive = slot.changed().await.is_ok();
            let newest = slot.borrow_and_update().clone();
            (alive, newest, slot)
        };
        ctx.spawn(changed.into_actor(self).map(|(alive, newest, slot), actor, ctx| {
            actor.intents = slot;
            if let Some(intent) = newest {
                actor.feed(Input::Intent(intent), ctx);
            }
            if alive {
                actor.follow_intents(ctx);
            }
        }));
    }

    fn follow_policy(&self, ctx: &mut Context<Self>) {
        let mut policy = self.policy.clone();
        let changed = async move {
            let alive = policy.changed().await.is_ok();
            (alive, policy)
        };
        ctx.spawn(changed.into_actor(self).map(|(alive, policy), actor, ctx| {
            actor.policy = policy;
            let guard = Guard::new(&actor.policy.borrow_and_update(), &actor.name);
            actor.feed(Input::Guard(guard), ctx);
            if alive {
                actor.follow_policy(ctx);
            }
        }));
    }
}

/// A metric's label for a reading.
fn operation(queries: &[Query]) -> &'static str {
    match queries.first() {
        Some(Query::Version) => "whole",
        Some(first) => first.operation(),
        None => "none",
    }
}

impl Actor for SwitchActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let intent = self.intents.borrow_and_update().clone();
        self.follow_intents(ctx);
        self.follow_policy(ctx);
        self.feed(intent.map_or(Input::Woke, Input::Intent), ctx);
    }
}

impl Handler<Look> for SwitchActor {
    type Result = ();

    fn handle(&mut self, Look(interfaces): Look, ctx: &mut Self::Context) {
        self.feed(Input::Look(interfaces), ctx);
    }
}

impl Handler<SaveConfig> for SwitchActor {
    type Result = ();

    fn handle(&mut self, _: SaveConfig, ctx: &mut Self::Context) {
        self.feed(Input::Save, ctx);
    }
}

impl Handler<Stop> for SwitchActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Stop, ctx: &mut Self::Context) -> Self::Result {
        let (done, finished) = oneshot::channel();
        self.stopped.push(done);
        self.feed(Input::Stop, ctx);
        let limited = tokio::time::timeout(STOP, finished);
        Box::pin(limited.into_actor(self).map(|_, _, ctx| ctx.stop()))
    }
}

#[cfg(test)]
mod tests;
