//! The vCenter's actor: a thin shell around one following task.
//!
//! The task opens a session, hands every piece of every answer to the core's [`Watcher`], and sends what it returns to
//! the tracker, waiting for room there: pressure reaches back to vCenter's long poll. Whatever fails is a state with a
//! deadline, never a stopped actor.

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use actix::{Actor, Context, Handler, Recipient, ResponseFuture};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tracing::{debug, info};
use vmtracker_core::{
    net::VcenterName,
    tracker::{Event, Snapshot},
    vcenter::{HintTarget, Next, PortTarget, State, Watcher},
};

use super::{
    credentials::Credentials,
    feedback::Feedback,
    messages::{Fact, Stop},
};
use crate::{
    clock,
    config::VcenterSettings,
    tls::chain,
    vcenter::{Class, HintTask, PortTask, Session, VcenterError},
};

/// The pause before the same version is asked for again: a proxy or a vCenter that answers 503 at once gets a moment.
const AGAIN: Duration = Duration::from_millis(250);

/// A wait that brings nothing lasts at least this long: a server that answers at once must not be polled in a circle.
const IDLE: Duration = Duration::from_millis(50);

/// The first pause after a failure; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause: a vCenter that restarts takes minutes, and is found again within one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long `Stop` waits for the farewell (3 s by itself) before the task is dropped.
const STOP: Duration = Duration::from_secs(4);

/// Where a vCenter's actor tells its measures.
pub trait VcenterMeter: Send + Sync {
    /// The session stands (true) or is lost.
    fn connected(&self, vcenter: &VcenterName, up: bool);
    /// This many events went to the tracker.
    fn events(&self, vcenter: &VcenterName, n: usize);
    /// The inventory is completely known as of now.
    fn complete_read(&self, vcenter: &VcenterName);
}

/// Follows one vCenter. See the module.
pub struct VcenterActor {
    follower: Option<Follower>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl VcenterActor {
    /// Follows the vCenter of `settings` once started, and tells `tracker` what happens there.
    pub fn new(
        settings: VcenterSettings,
        tracker: Recipient<Fact>,
        credentials: Credentials,
        meter: Arc<dyn VcenterMeter>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let watcher = Watcher::new(settings.name.clone());
        let pause = FIRST_PAUSE;
        let feedback = Feedback::new(&settings);
        let follower =
            Follower { settings, tracker, credentials, meter, stopped, watcher, pause, told: None, feedback };
        Self { follower: Some(follower), stop, task: None }
    }

    /// Findings of `snapshot` may be written into the vCenter, if its settings say so.
    pub fn annotating(mut self, snapshot: watch::Receiver<Arc<Snapshot>>) -> Self {
        if let Some(follower) = &mut self.follower {
            follower.feedback.snapshot = Some(snapshot);
        }
        self
    }
}

impl Actor for VcenterActor {
    type Context = Context<Self>;

    fn started(&mut self, _context: &mut Self::Context) {
        self.task = self.follower.take().map(|follower| actix_rt::spawn(follower.run()));
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        self.stop.send_replace(true);
    }
}

impl Handler<Stop> for VcenterActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _stop: Stop, _context: &mut Self::Context) -> Self::Result {
        self.stop.send_replace(true);
        let task = self.task.take();
        Box::pin(async move {
            let Some(mut task) = task else { return };
            if timeout(STOP, &mut task).await.is_err() {
                task.abort();
            }
        })
    }
}

/// The task behind the actor.
struct Follower {
    settings: VcenterSettings,
    tracker: Recipient<Fact>,
    credentials: Credentials,
    meter: Arc<dyn VcenterMeter>,
    stopped: watch::Receiver<bool>,
    watcher: Watcher,
    pause: Duration,
    /// The kind of trouble that was told last, while it lasts.
    told: Option<Class>,
    feedback: Feedback,
}

/// Where is said what is to be asked for beside the wait.
struct Asked {
    hosts: mpsc::Sender<Vec<HintTarget>>,
    groups: mpsc::Sender<Vec<PortTarget>>,
}

impl Follower {
    async fn run(mut self) {
        let mut stopped = self.stopped.clone();
        while !*stopped.borrow() {
            let open = async {
                self.await_credentials().await;
                Session::open(&self.settings).await
            };
            let opened = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                opened = open => opened,
            };
            match opened {
                Ok(session) => self.follow(Arc::new(session)).await,
                Err(error) => self.unreachable(&error).await,
            }
            if !*stopped.borrow() {
                self.rest(&mut stopped).await;
            }
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
            self.tell_lost(Class::Auth, &why).await;
            sleep(until.min(Duration::from_secs(1))).await;
        }
    }

    fn blocked(&self) -> Option<Duration> {
        let now = clock::now();
        let until = self.credentials.blocked(&self.settings.username, &self.settings.password, now)?;
        Some(until.since(now))
    }

    async fn unreachable(&mut self, error: &VcenterError) {
        if error.class() == Class::Auth {
            self.credentials.refused(&self.settings.username, &self.settings.password, clock::now());
        }
        let why = chain(error);
        debug!(vcenter = %self.settings.name, class = error.class().label(), why, "no session");
        self.tell_lost(error.class(), &why).await;
    }

    /// Tells that there is no session, once for each kind of trouble.
    async fn tell_lost(&mut self, class: Class, why: &str) {
        if self.told.replace(class) != Some(class) {
            let lost = self.watcher.unreachable(why);
            self.tell(lost).await;
        }
    }

    /// From the session's first listing to its end; always logs out.
    async fn follow(&mut self, session: Arc<Session>) {
        let mut stopped = self.stopped.clone();
        let alive = Arc::clone(&session);
        let alive = Guard(actix_rt::spawn(async move { alive.keep_alive().await }));
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = self.watch(&session) => {}
        }
        drop(alive);
        session.close().await;
        self.meter.connected(&self.settings.name, false);
    }

    async fn watch(&mut self, session: &Arc<Session>) {
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
                self.told = Some(error.class());
                return;
            }
            sleep(AGAIN).await;
        }
    }

    /// One wait and everything that it brings.
    async fn wait_once(&mut self, session: &Session, asked: &Asked) -> Result<(), VcenterError> {
        let began = clock::instant();
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
        let named = self.feedback.after_wait(session, &mut self.watcher).await;
        self.tell(named).await;
        if self.watcher.state() == State::Watching {
            self.pause = FIRST_PAUSE;
            self.meter.complete_read(&self.settings.name);
            let targets = self.watcher.take_hint_targets();
            if !targets.is_empty() && asked.hosts.send(targets).await.is_err() {
                debug!(vcenter = %self.settings.name, "nobody asks for hints");
            }
            let targets = self.watcher.take_port_targets();
            if !targets.is_empty() && asked.groups.send(targets).await.is_err() {
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

    /// Pauses for half to all of the current pause, so that many clients do not come back at once.
    async fn rest(&mut self, stopped: &mut watch::Receiver<bool>) {
        let span = self.pause.mul_f64(0.5 + 0.5 * jitter());
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => {}
            () = sleep(span) => {}
        }
    }
}

/// A number from 0 to 1 from the randomness that the standard library seeds its maps with.
fn jitter() -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcenter::tests::{Script, Server, fault};

    /// A tracker that hands on what it is told.
    struct Tracker(mpsc::UnboundedSender<Event>);

    impl Actor for Tracker {
        type Context = Context<Self>;
    }

    impl Handler<Fact> for Tracker {
        type Result = ();

        fn handle(&mut self, fact: Fact, _context: &mut Self::Context) {
            self.0.send(fact.0).expect("the test listens");
        }
    }

    struct NoMeter;

    impl VcenterMeter for NoMeter {
        fn connected(&self, _vcenter: &VcenterName, _up: bool) {}
        fn events(&self, _vcenter: &VcenterName, _n: usize) {}
        fn complete_read(&self, _vcenter: &VcenterName) {}
    }

    fn start(
        server: &Server,
        credentials: &Credentials,
    ) -> (actix::Addr<VcenterActor>, mpsc::UnboundedReceiver<Event>) {
        let (sink, events) = mpsc::unbounded_channel();
        let tracker = Tracker(sink).start().recipient();
        let settings = server.settings.clone();
        (VcenterActor::new(settings, tracker, credentials.clone(), Arc::new(NoMeter)).start(), events)
    }

    async fn next(events: &mut mpsc::UnboundedReceiver<Event>) -> Event {
        timeout(Duration::from_secs(10), events.recv()).await.expect("in time").expect("an event")
    }

    #[actix::test]
    async fn a_session_is_told_from_its_beginning_and_ends_with_a_logout() {
        let server = Server::start(Script::new());
        let (actor, mut events) = start(&server, &Credentials::default());
        assert!(matches!(next(&mut events).await, Event::VcenterConnected { .. }));
        assert!(matches!(next(&mut events).await, Event::ResyncBegan(_)));
        assert!(matches!(next(&mut events).await, Event::VmSeen(_)));
        assert!(matches!(next(&mut events).await, Event::ResyncEnded(_)));
        actor.send(Stop).await.expect("stopped");
        assert_eq!(server.methods().last().map(String::as_str), Some("Logout"));
    }

    #[actix::test]
    async fn a_refused_login_rests_until_it_is_forgiven() {
        let server = Server::start(Script::from([("Login", (500, fault("InvalidLogin")))]));
        let credentials = Credentials::default();
        let (actor, mut events) = start(&server, &credentials);
        assert!(matches!(next(&mut events).await, Event::VcenterLost { .. }));
        let settings = &server.settings;
        assert!(credentials.blocked(&settings.username, &settings.password, clock::now()).is_some());
        let logins = || server.methods().iter().filter(|method| *method == "Login").count();
        // That something does not happen can only be seen over time: twice the pause after any other failure.
        sleep(FIRST_PAUSE * 2).await;
        assert_eq!(logins(), 1, "no second try while it rests");
        credentials.forgive();
        let again = async {
            while logins() < 2 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(10), again).await.expect("tried again once forgiven");
        actor.send(Stop).await.expect("stopped");
    }

    #[test]
    fn jitter_stays_between_none_and_all() {
        for _ in 0..100 {
            assert!((0.0..=1.0).contains(&jitter()));
        }
    }
}
