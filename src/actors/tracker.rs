//! The tracker's actor: hands every fact to the pure core and carries what comes out of it.
//!
//! Intents go into one slot per switch, the newest wins. What is to be recorded is committed in groups, one group in
//! flight; what comes meanwhile waits for the next. Readers look at the newest snapshot and never wait for this actor.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use actix::prelude::*;
use tokio::sync::{oneshot, watch};
use vmtracker_core::{
    net::{InterfaceName, SwitchName},
    tracker::{Configure, Event, Finding, Intent, Record, Snapshot, Tracker},
};

use super::{
    journal::{Keep, Kept},
    messages::{ClaimError, Commit, Fact, Look, SaveConfig, Stop},
};
use crate::{clock, metrics, store::Entry};

/// How often readers get a new snapshot, if anything happened.
const SNAPSHOT: Duration = Duration::from_millis(500);
/// After a commit that failed, the same records are tried again; meanwhile no claim succeeds either.
const AGAIN: Duration = Duration::from_secs(1);

/// To the tracker's actor, before anything else: the journal's two doors.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Journal {
    /// For records.
    pub commits: Recipient<Commit>,
    /// For what survives a restart beside them.
    pub keeps: Recipient<Keep>,
}

/// To the tracker's actor: a switch is managed from now on.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Attach {
    /// Which switch.
    pub switch: SwitchName,
    /// Its slot for intents.
    pub slot: watch::Sender<Option<Arc<Configure>>>,
    /// Where to ask for addresses.
    pub look: Recipient<Look>,
    /// Where to ask for a save.
    pub save: Recipient<SaveConfig>,
}

/// To the tracker's actor: a switch is managed no more.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Detach(pub SwitchName);

/// Whether a person asked for it: whoever looks right after a command must see what it did.
const fn is_command(event: &Event) -> bool {
    matches!(event, Event::Paused(_) | Event::Closed { .. } | Event::BrakeReleased)
}

/// The actor around the core.
pub struct TrackerActor {
    tracker: Tracker,
    journal: Option<Journal>,
    switches: BTreeMap<SwitchName, Attach>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    records: Vec<Record>,
    committing: bool,
    looks: BTreeMap<SwitchName, BTreeSet<InterfaceName>>,
    deadline: Option<SpawnHandle>,
    stale: bool,
    known: BTreeSet<(String, String)>,
    stopping: Vec<oneshot::Sender<()>>,
}

impl TrackerActor {
    /// The actor around `tracker`; readers see its snapshots through `snapshot`. Records wait until it is told of the
    /// [`Journal`].
    pub const fn new(tracker: Tracker, snapshot: watch::Sender<Arc<Snapshot>>) -> Self {
        Self {
            tracker,
            journal: None,
            switches: BTreeMap::new(),
            snapshot,
            records: Vec::new(),
            committing: false,
            looks: BTreeMap::new(),
            deadline: None,
            stale: true,
            known: BTreeSet::new(),
            stopping: Vec::new(),
        }
    }

    fn feed(&mut self, event: Event, ctx: &mut Context<Self>) {
        let command = is_command(&event);
        for intent in self.tracker.handle(event, clock::now()) {
            self.carry(intent, ctx);
        }
        self.stale = true;
        self.commit(ctx);
        self.look(ctx);
        self.arm(ctx);
        if command {
            self.publish();
        }
    }

    fn carry(&mut self, intent: Intent, ctx: &mut Context<Self>) {
        match intent {
            Intent::Configure(intent) => {
                if let Some(switch) = self.switches.get(&intent.switch) {
                    switch.slot.send_replace(Some(intent));
                }
            }
            Intent::Observe { switch, interfaces } => self.looks.entry(switch).or_default().extend(interfaces),
            Intent::Journal(records) => self.records.extend(records),
            Intent::Brake(brake) => self.keep_brake(brake, ctx),
            Intent::Save { switch } => self.save(&switch, ctx),
            Intent::Met { switch: _, waited } => metrics::event_to_configured(waited),
        }
    }

    /// Commits what waits, if nothing is in flight.
    fn commit(&mut self, ctx: &mut Context<Self>) {
        let Some(journal) = self.journal.as_ref().filter(|_| !self.committing && !self.records.is_empty()) else {
            return;
        };
        self.committing = true;
        let records = std::mem::take(&mut self.records);
        let sent = journal.commits.send(Commit(records.clone()));
        ctx.spawn(sent.into_actor(self).map(move |sent, actor, ctx| {
            actor.committing = false;
            match sent {
                Ok(Ok(())) => actor.commit(ctx),
                Ok(Err(ClaimError(_))) => actor.commit_later(records, ctx),
                // The journal is gone: the service is stopping.
                Err(_) => {}
            }
            actor.answer_stop();
        }));
    }

    fn commit_later(&mut self, mut records: Vec<Record>, ctx: &mut Context<Self>) {
        records.append(&mut self.records);
        self.records = records;
        ctx.run_later(AGAIN, |actor, ctx| actor.commit(ctx));
    }

    fn keep_brake(&self, brake: Option<String>, ctx: &mut Context<Self>) {
        let Some(journal) = &self.journal else { return };
        let text = brake.clone().unwrap_or_else(|| "released".to_owned());
        match &brake {
            Some(why) => tracing::error!("withdrawals are stopped: {why}"),
            None => tracing::info!("withdrawals go on"),
        }
        let entry = Entry::of_controller(clock::now(), "brake", &text);
        let kept = journal.keeps.send(Keep { what: Kept::Brake(brake), entry });
        // The journal says a failure itself; the brake holds for as long as we run.
        ctx.spawn(kept.into_actor(self).map(|kept, _, _| drop(kept)));
    }

    fn look(&mut self, ctx: &mut Context<Self>) {
        for (switch, interfaces) in std::mem::take(&mut self.looks) {
            let Some(attached) = self.switches.get(&switch) else { continue };
            // A switch that cannot be asked is asked again by the core.
            let asked = attached.look.send(Look(interfaces));
            ctx.spawn(asked.into_actor(self).map(|asked, _, _| asked.unwrap_or_default()));
        }
    }

    fn save(&self, switch: &SwitchName, ctx: &mut Context<Self>) {
        let Some(attached) = self.switches.get(switch) else { return };
        // What came of it is told as a fact; without one the core asks again.
        let asked = attached.save.send(SaveConfig);
        ctx.spawn(asked.into_actor(self).map(|asked, _, _| asked.unwrap_or_default()));
    }

    fn arm(&mut self, ctx: &mut Context<Self>) {
        if let Some(armed) = self.deadline.take() {
            ctx.cancel_future(armed);
        }
        let now = clock::now();
        self.deadline = self.tracker.next_deadline(now).map(|deadline| {
            // A tick later, so that the deadline has passed when the core looks.
            let wait = deadline.since(now) + Duration::from_millis(1);
            ctx.run_later(wait, |actor, ctx| actor.feed(Event::Woke, ctx))
        });
    }

    fn publish(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let snapshot = Arc::new(self.tracker.snapshot(clock::now()));
        metrics::snapshot(&snapshot);
        self.say(&snapshot.findings);
        self.snapshot.send_replace(snapshot);
    }

    /// Logs a finding once, when it comes, and once when it is mended.
    fn say(&mut self, findings: &[Finding]) {
        let now: BTreeSet<(String, String)> =
            findings.iter().map(|found| (format!("{} {}", found.kind, found.subject), found.text.clone())).collect();
        for (subject, text) in now.difference(&self.known) {
            tracing::warn!("{subject}: {text}");
        }
        let subjects: BTreeSet<&String> = now.iter().map(|(subject, _)| subject).collect();
        for (subject, _) in self.known.iter().filter(|(subject, _)| !subjects.contains(subject)) {
            tracing::info!("mended: {subject}");
        }
        self.known = now;
    }

    fn answer_stop(&mut self) {
        if self.committing || !self.records.is_empty() {
            return;
        }
        for done in self.stopping.drain(..) {
            // Whoever asked may have stopped waiting.
            done.send(()).unwrap_or_default();
        }
    }
}

impl Actor for TrackerActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(SNAPSHOT, |actor, _| actor.publish());
    }
}

impl Handler<Fact> for TrackerActor {
    type Result = ();

    fn handle(&mut self, Fact(event): Fact, ctx: &mut Self::Context) {
        self.feed(event, ctx);
    }
}

impl Handler<Journal> for TrackerActor {
    type Result = ();

    fn handle(&mut self, journal: Journal, ctx: &mut Self::Context) {
        self.journal = Some(journal);
        self.commit(ctx);
    }
}

impl Handler<Attach> for TrackerActor {
    type Result = ();

    fn handle(&mut self, attach: Attach, _: &mut Self::Context) {
        self.switches.insert(attach.switch.clone(), attach);
    }
}

impl Handler<Detach> for TrackerActor {
    type Result = ();

    fn handle(&mut self, Detach(switch): Detach, ctx: &mut Self::Context) {
        self.switches.remove(&switch);
        let why = "it is not in the configuration any more".to_owned();
        self.feed(Event::SwitchLost { switch, why }, ctx);
    }
}

/// Answered when everything that the core wants recorded is durable.
impl Handler<Stop> for TrackerActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Stop, _: &mut Self::Context) -> Self::Result {
        let (done, stopped) = oneshot::channel();
        self.stopping.push(done);
        self.answer_stop();
        Box::pin(async move { stopped.await.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use vmtracker_core::tracker::Moment;

    use super::*;
    use crate::config::Config;

    #[actix::test]
    async fn whoever_looks_right_after_a_command_sees_what_it_did() {
        let (config, _) = Config::parse("", "vmtracker.toml".as_ref()).expect("an empty configuration is valid");
        let mut tracker = Tracker::new(config.policy, &[], false, None);
        let (publish, snapshot) = watch::channel(Arc::new(tracker.snapshot(Moment::default())));
        let address = TrackerActor::new(tracker, publish).start();
        for paused in [true, false, true] {
            address.send(Fact(Event::Paused(paused))).await.expect("handled");
            assert_eq!(snapshot.borrow().paused, paused);
        }
    }
}
