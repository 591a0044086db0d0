//! The actor against a scripted server.

mod endurance;

use tokio::{sync::mpsc, time::sleep};
use vmtracker_core::tracker::Event;

use super::{
    follower::{FIRST_PAUSE, jitter},
    *,
};
use crate::{
    clock,
    vcenter::tests::{Script, Server, fault},
};

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
    fn traffic(&self, _vcenter: &VcenterName, _sent: u64, _received: u64) {}
}

fn start(server: &Server, credentials: &Credentials) -> (actix::Addr<VcenterActor>, mpsc::UnboundedReceiver<Event>) {
    start_within(server, credentials, Limits::default())
}

fn start_within(
    server: &Server,
    credentials: &Credentials,
    limits: Limits,
) -> (actix::Addr<VcenterActor>, mpsc::UnboundedReceiver<Event>) {
    let (sink, events) = mpsc::unbounded_channel();
    let tracker = Tracker(sink).start().recipient();
    let (settings, credentials) = (server.settings.clone(), credentials.clone());
    (VcenterActor::with_limits(settings, tracker, credentials, Arc::new(NoMeter), limits).start(), events)
}

async fn next(events: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    timeout(Duration::from_secs(30), events.recv()).await.expect("in time").expect("an event")
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
