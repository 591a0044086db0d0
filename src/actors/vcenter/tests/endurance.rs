//! Sessions one after another: none is leaked, none is begun in a hurry, and nothing is told twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::vcenter::tests::{Act, endurance::IMPATIENT, envelope};

/// A listing ends; the waits after it, counted over all sessions, are answered by `later`.
fn after_listing(later: impl Fn(usize) -> Act + Send + Sync + 'static) -> Server {
    let waits = AtomicUsize::new(0);
    Server::play(move |method, request, _| match method {
        "WaitForUpdatesEx" if request.contains("<version></version>") => Act::Usual,
        "WaitForUpdatesEx" => later(waits.fetch_add(1, Ordering::SeqCst)),
        _ => Act::Usual,
    })
}

async fn next_lost(events: &mut mpsc::UnboundedReceiver<Event>) -> String {
    loop {
        if let Event::VcenterLost { why, .. } = next(events).await {
            return why;
        }
    }
}

async fn next_listing(events: &mut mpsc::UnboundedReceiver<Event>) {
    while !matches!(next(events).await, Event::ResyncEnded(_)) {}
}

async fn until(what: &str, so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("not so: {what}"));
}

fn quiet() -> Act {
    Act::Nothing(Duration::from_millis(300))
}

/// Stops the actor; as many sessions were ended as were begun.
async fn ends_all(actor: actix::Addr<VcenterActor>, server: &Server) {
    actor.send(Stop).await.expect("stopped");
    assert_eq!(server.count("Logout"), server.count("Login"), "{:?}", server.methods());
}

#[actix::test]
async fn a_half_open_connection_costs_one_reconnect_and_is_told() {
    let server = after_listing(|wait| if wait < 2 { Act::Silent } else { quiet() });
    let (actor, mut events) = start_within(&server, &Credentials::default(), IMPATIENT);
    next_listing(&mut events).await;
    assert!(next_lost(&mut events).await.contains("did not answer the wait for changes in time"));
    next_listing(&mut events).await;
    until("the second session is in use", || server.count("WaitForUpdatesEx") >= 6).await;
    assert_eq!(server.count("Login"), 2);
    ends_all(actor, &server).await;
}

/// Listings of a whole inventory cost a vCenter much: two in a session at most, and ever longer pauses.
#[actix::test]
async fn versions_that_are_always_refused_do_not_make_a_circle_of_listings() {
    let server = after_listing(|_| Act::Answer(500, fault("InvalidCollectorVersion")));
    let began = clock::instant();
    let (actor, _events) = start_within(&server, &Credentials::default(), Limits::default());
    until("three sessions were opened", || server.count("Login") >= 3).await;
    assert!(began.elapsed() >= FIRST_PAUSE.mul_f64(0.5) + FIRST_PAUSE, "the second pause is longer");
    ends_all(actor, &server).await;
    let methods = server.methods();
    for session in methods.split(|method| method == "Login") {
        let waits = session.iter().filter(|method| *method == "WaitForUpdatesEx").count();
        assert!(waits <= 4, "two listings and two refusals: {session:?}");
    }
}

#[actix::test]
async fn a_vcenter_that_is_busy_is_left_alone_for_as_long_as_it_asked() {
    let server = Server::play(|method, _, nth| match (method, nth) {
        ("Login", 0) => Act::Busy(Some("2")),
        ("Login", 1) => Act::Busy(None),
        ("WaitForUpdatesEx", 1..) => quiet(),
        _ => Act::Usual,
    });
    let began = clock::instant();
    let (actor, mut events) = start_within(&server, &Credentials::default(), Limits::default());
    assert!(next_lost(&mut events).await.contains("it may be starting, or have too many sessions"));
    next_listing(&mut events).await;
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(server.count("Login"), 3, "{:?}", server.methods());
    actor.send(Stop).await.expect("stopped");
    assert_eq!(server.count("Logout"), 1, "the other two were no sessions");
}

/// The farewell falls into the time in which vCenter hears nothing: the session is ended when it hears again.
#[actix::test]
async fn a_session_that_could_not_be_ended_is_ended_later() {
    let busy = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&busy);
    let server = Server::play(move |method, request, nth| match (method, nth) {
        ("WaitForUpdatesEx", 1) => {
            state.store(true, Ordering::SeqCst);
            Act::Busy(None)
        }
        ("GET", _) => {
            state.store(false, Ordering::SeqCst);
            Act::Usual
        }
        _ if state.load(Ordering::SeqCst) => Act::Busy(None),
        ("WaitForUpdatesEx", _) if !request.contains("<version></version>") => quiet(),
        _ => Act::Usual,
    });
    let (actor, mut events) = start_within(&server, &Credentials::default(), Limits::default());
    next_lost(&mut events).await;
    next_listing(&mut events).await;
    until("the first session is ended", || server.count("Logout") >= 2).await;
    actor.send(Stop).await.expect("stopped");
    assert_eq!((server.count("Login"), server.count("Logout")), (2, 3), "one logout was not heard");
}

#[actix::test]
async fn a_login_under_way_when_the_service_stops_is_logged_out() {
    let server = Server::play(|method, _, _| match method {
        "Login" => Act::Later(Duration::from_millis(300)),
        _ => Act::Usual,
    });
    let (actor, _events) = start_within(&server, &Credentials::default(), Limits::default());
    until("the login is under way", || server.count("Login") == 1).await;
    ends_all(actor, &server).await;
}

/// A vCenter that restarts is first not there, then busy, then lets nobody in: people hear of each, once.
#[actix::test]
async fn another_trouble_is_told_and_the_same_one_is_not() {
    let server = Server::play(|method, _, nth| match (method, nth) {
        ("GET", 0 | 1) => Act::Busy(None),
        ("GET", 2 | 3) => Act::Answer(200, envelope("")),
        ("WaitForUpdatesEx", 1..) => quiet(),
        _ => Act::Usual,
    });
    let (actor, mut events) = start_within(&server, &Credentials::default(), Limits::default());
    assert!(next_lost(&mut events).await.contains("HTTP 503"));
    assert!(next_lost(&mut events).await.contains("something unreadable"));
    assert!(matches!(next(&mut events).await, Event::VcenterConnected { .. }), "each was told once");
    ends_all(actor, &server).await;
}
