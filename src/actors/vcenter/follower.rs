//! The task that follows one vCenter: sessions one after another, and the pauses between them.

use std::{
    hash::{BuildHasher, RandomState},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use actix::Recipient;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing::{debug, info};
use vmtracker_core::{
    tracker::Event,
    vcenter::{HintTarget, Next, State, Watcher},
};

use super::{
    super::{credentials::Credentials, feedback::Feedback, messages::Fact},
    VcenterMeter,
};
use crate::{
    clock,
    config::VcenterSettings,
    tls::chain,
    vcenter::{Class, HintTask, Limits, PortOrders, PortTask, Session, Trouble, VcenterError},
};

/// The pause before the same version is asked for again: a proxy or a vCenter that answers 503 at once gets a moment.
const AGAIN: Duration = Duration::from_millis(250);

/// A wait that brings nothing lasts at least this long: a server that answers at once must not be polled in a circle.
const IDLE: Duration = Duration::from_millis(50);

/// The first pause after a failure; it doubles with every further one.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause: a vCenter that restarts takes minutes, and is found again within one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How many sessions are remembered whose farewell was not heard.
const ORPHANS: usize = 4;

/// How long a login that is under way when the service stops may still take, so that it can be logged out.
const LAST_LOGIN: Duration = Duration::from_millis(800);

/// The task behind the actor.
pub(super) struct Follower {
    settings: VcenterSettings,
    limits: Limits,
    tracker: Recipient<Fact>,
    credentials: Credentials,
    meter: Arc<dyn VcenterMeter>,
    stopped: watch::Receiver<bool>,
    watcher: Watcher,
    pause: Duration,
    /// The trouble that was told last, while it lasts.
    told: Option<Trouble>,
    /// Sessions whose farewell was not heard: vCenter may still count them.
    orphans: Vec<Arc<Session>>,
    /// Bytes of this session that were told.
    counted: (u64, u64),
    pub(super) feedback: Feedback,
}

/// Where is said what is to be asked for beside the wait.
struct Asked {
    hosts: mpsc::Sender<Vec<HintTarget>>,
    groups: mpsc::Sender<PortOrders>,
}

impl Follower {
    pub(super) fn new(
        settings: VcenterSettings,
        tracker: Recipient<Fact>,
        credentials: Credentials,
        meter: Arc<dyn VcenterMeter>,
        limits: Limits,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Self {
            watcher: Watcher::new(settings.name.clone()),
            feedback: Feedback::new(&settings),
            settings,
            limits,
            tracker,
            credentials,
            meter,
            stopped,
            pause: FIRST_PAUSE,
            told: None,
            orphans: Vec::new(),
            counted: (0, 0),
        }
    }

    pub(super) async fn run(mut self) {
        let mut stopped = self.stopped.clone();
        while !*stopped.borrow() {
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = self.await_credentials() => {}
            }
            let asked = match self.open(&mut stopped).await {
                Ok(Some(session)) => self.follow(session).await,
                Ok(None) => return,
                Err(error) => self.unreachable(&error).await,
            };
            if !*stopped.borrow() {
                self.rest(asked, &mut stopped).await;
            }
        }
    }

    /// Opens a session; none when the service stops meanwhile. Where it fails after the login, it is ended again:
    /// orphaned sessions count against vCenter's limit.
    async fn open(&mut self, stopped: &mut watch::Receiver<bool>) -> Result<Option<Arc<Session>>, VcenterError> {
        let Some(mut session) = login(&self.settings, self.limits, stopped).await? else { return Ok(None) };
        let made = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => Ok(()),
            made = session.set_up(&self.settings) => made,
        };
        let session = Arc::new(session);
        match made {
            Ok(()) => {
                self.bury();
                Ok(Some(session))
            }
            Err(error) => {
                self.part(session).await;
                Err(error)
            }
        }
    }

    /// Logs out, and remembers whom that did not reach.
    async fn part(&mut self, session: Arc<Session>) {
        if !session.close().await && self.orphans.len() < ORPHANS {
            self.orphans.push(session);
        }
    }

    /// vCenter hears us again: sessions that it may still count are ended, and nobody waits for that.
    fn bury(&mut self) {
        for session in std::mem::take(&mut self.orphans) {
            drop(actix_rt::spawn(async move { session.close().await }));
        }
    }

    /// A login that was refused is not repeated before its time, whoever tried it. Forgiving it ends the wait within a
    /// second.
    async fn await_credentials(&mut self) {
        while let Some(until) = self.blocked() {
            let why = format!(
                "vCenter {}: this user name and password were refused elsewhere and are not tried for now; correct them \
                 and reload the configuration, or: vmtracker retry",
                self.settings.name,
            );
            self.tell_lost(Trouble::AUTH, &why).await;
            sleep(until.min(Duration::from_secs(1))).await;
        }
    }

    fn blocked(&self) -> Option<Duration> {
        let now = clock::now();
        let until = self.credentials.blocked(&self.settings.username, &self.settings.password, now)?;
        Some(until.since(now))
    }

    /// No session could be opened. How long vCenter asked us to stay away.
    async fn unreachable(&mut self, error: &VcenterError) -> Option<Duration> {
        if error.class() == Class::Auth {
            self.credentials.refused(&self.settings.username, &self.settings.password, clock::now());
        }
        let why = chain(error);
        debug!(vcenter = %self.settings.name, class = error.class().label(), why, "no session");
        self.tell_lost(error.trouble(), &why).await;
        error.retry_after()
    }

    /// Tells that there is no session, once for each kind of trouble.
    async fn tell_lost(&mut self, trouble: Trouble, why: &str) {
        if self.told.replace(trouble) != Some(trouble) {
            let lost = self.watcher.unreachable(why);
            self.tell(lost).await;
        }
    }

    /// From the session's first listing to its end; always logs out. How long vCenter asked us to stay away.
    async fn follow(&mut self, session: Arc<Session>) -> Option<Duration> {
        let mut stopped = self.stopped.clone();
        self.counted = (0, 0);
        let alive = Arc::clone(&session);
        let alive = Guard(actix_rt::spawn(async move { alive.keep_alive().await }));
        let asked = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => None,
            asked = self.watch(&session) => asked,
        };
        drop(alive);
        self.meter.connected(&self.settings.name, false);
        self.count(&session);
        self.part(session).await;
        asked
    }

    async fn watch(&mut self, session: &Arc<Session>) -> Option<Duration> {
        let server_ms = session.current_time().await.unwrap_or_default();
        info!(vcenter = %self.settings.name, server = session.full_name(), "connected");
        let connected = self.watcher.connected(session.id().clone(), server_ms);
        self.tell(connected).await;
        self.told = None;
        self.meter.connected(&self.settings.name, true);
        let named = self.feedback.first_names(session, &mut self.watcher).await;
        self.tell(named).await;
        let _feedback = self.feedback.begin(session, self.tracker.clone()).map(Guard);
        let ((hosts, of_hosts), (groups, of_groups)) = (mpsc::channel(16), mpsc::channel(16));
        let _hints = Guard(actix_rt::spawn(HintTask::new(Arc::clone(session), of_hosts).run(self.teller())));
        let _ports = Guard(actix_rt::spawn(PortTask::new(Arc::clone(session), of_groups).run(self.teller())));
        let asked = Asked { hosts, groups };
        loop {
            let Err(error) = self.wait_once(session, &asked).await else { continue };
            let why = chain(&error);
            let (events, next) = self.watcher.failed(error.failure(), &why);
            debug!(vcenter = %self.settings.name, why, ?next, "the wait failed");
            self.tell(events).await;
            if next == Next::Reconnect {
                self.told = Some(error.trouble());
                return error.retry_after();
            }
            sleep(AGAIN).await;
        }
    }

    /// One wait and everything that it brings.
    async fn wait_once(&mut self, session: &Session, asked: &Asked) -> Result<(), VcenterError> {
        let began = clock::instant();
        let listed = self.watcher.state() == State::Watching;
        let mut idle = true;
        let mut updates = session.wait(self.watcher.version()).await?;
        while let Some(part) = updates.next().await {
            let events = self.watcher.part(part?);
            idle &= events.is_empty();
            self.tell(events).await;
        }
        if idle && began.elapsed() < IDLE {
            sleep(IDLE).await;
        }
        self.count(session);
        let named = self.feedback.after_wait(session, &mut self.watcher).await;
        self.tell(named).await;
        if listed {
            // A listing alone proves nothing: a vCenter that ends every session after it must not be asked all the time.
            self.pause = FIRST_PAUSE;
        }
        if self.watcher.state() == State::Watching {
            self.meter.complete_read(&self.settings.name);
            let targets = self.watcher.take_hint_targets();
            if !targets.is_empty() && asked.hosts.send(targets).await.is_err() {
                debug!(vcenter = %self.settings.name, "nobody asks for hints");
            }
            let orders =
                PortOrders { ask: self.watcher.take_port_targets(), forget: self.watcher.take_retired_groups() };
            let silent = orders.ask.is_empty() && orders.forget.is_empty();
            if !silent && asked.groups.send(orders).await.is_err() {
                debug!(vcenter = %self.settings.name, "nobody asks for ports");
            }
        }
        Ok(())
    }

    /// How what is asked for beside the wait is told.
    fn teller(&self) -> impl AsyncFn(Event) + use<> {
        let (tracker, name) = (self.tracker.clone(), self.settings.name.clone());
        async move |event| {
            if tracker.send(Fact(event)).await.is_err() {
                debug!(vcenter = %name, "the tracker is gone");
            }
        }
    }

    fn count(&mut self, session: &Session) {
        let now = session.traffic();
        let before = std::mem::replace(&mut self.counted, now);
        self.meter.traffic(&self.settings.name, now.0.saturating_sub(before.0), now.1.saturating_sub(before.1));
    }

    async fn tell(&self, events: Vec<Event>) {
        let count = events.len();
        for event in events {
            if let Event::VcenterLost { why, .. } = &event {
                // The finding that comes of it is the line for people.
                debug!(vcenter = %self.settings.name, why, "lost");
                self.meter.connected(&self.settings.name, false);
            }
            if self.tracker.send(Fact(event)).await.is_err() {
                debug!(vcenter = %self.settings.name, "the tracker is gone");
            }
        }
        if count > 0 {
            self.meter.events(&self.settings.name, count);
        }
    }

    /// Pauses for half to all of the current pause, so that many clients do not come back at once, and for as long as
    /// vCenter asked for.
    async fn rest(&mut self, asked: Option<Duration>, stopped: &mut watch::Receiver<bool>) {
        let asked = asked.unwrap_or_default().min(LONGEST_PAUSE);
        let span = self.pause.mul_f64(0.5 + 0.5 * jitter()).max(asked);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = sleep(span) => {}
        }
    }
}

/// Logs in. A login that is under way when the service stops gets a moment, so that it can be logged out again.
async fn login(
    settings: &VcenterSettings,
    limits: Limits,
    stopped: &mut watch::Receiver<bool>,
) -> Result<Option<Session>, VcenterError> {
    let mut login = pin!(Session::login(settings, limits));
    tokio::select! {
        session = &mut login => return session.map(Some),
        _ = stopped.wait_for(|stop| *stop) => {}
    }
    timeout(LAST_LOGIN, login).await.map_or(Ok(None), |session| session.map(Some))
}

/// A number from 0 to 1 from the randomness that the standard library seeds its maps with.
pub(super) fn jitter() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(bits).unwrap_or_default()) / f64::from(u32::MAX)
}

/// Ends a task when it goes out of scope.
struct Guard(JoinHandle<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}
