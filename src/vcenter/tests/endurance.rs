//! What happens to a session that lives long: silence, floods, a vCenter that is busy, answers that get lost.

use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use super::*;

/// Limits for tests: a vCenter that does not answer is found out at once.
pub(crate) const IMPATIENT: Limits = Limits {
    connect: Duration::from_secs(5),
    call: Duration::from_millis(700),
    wait: Duration::from_secs(0),
    margin: Duration::from_millis(700),
    piece: Duration::from_millis(700),
    farewell: Duration::from_millis(700),
    silence: Duration::from_secs(300),
};

async fn played(limits: Limits, play: impl Fn(&str, &str, usize) -> Act + Send + Sync + 'static) -> (Server, Session) {
    let server = Server::play(play);
    let session = begin(&server, limits).await.expect("a session");
    (server, session)
}

/// A connection that is half open: the request arrives, and nothing ever comes.
#[tokio::test]
async fn a_wait_that_is_never_answered_ends_in_its_time() {
    let (_server, session) = played(IMPATIENT, |method, _, _| match method {
        "WaitForUpdatesEx" => Act::Silent,
        _ => Act::Usual,
    })
    .await;
    let error = wait(&session).await.expect_err("no answer");
    assert_eq!((error.class(), error.failure()), (Class::Timeout, Failure::Cut));
}

#[tokio::test]
async fn an_answer_that_stalls_in_the_middle_ends_in_its_time_and_what_came_stands() {
    let body = updates(OBJECT).split("</filterSet>").next().unwrap_or_default().to_owned();
    let (_server, session) = played(IMPATIENT, move |method, _, _| match method {
        "WaitForUpdatesEx" => Act::Stalled(body.clone()),
        _ => Act::Usual,
    })
    .await;
    let mut updates = session.wait("").await.expect("begun");
    assert!(matches!(updates.next().await, Some(Ok(Part::Object(_)))));
    let error = updates.next().await.expect("an end").expect_err("no set");
    assert_eq!((error.class(), error.failure()), (Class::Refused, Failure::Cut), "{error:?}");
}

/// The server sends the second half only after the first object was read: whoever gathers the whole answer before
/// reading it never gets there.
#[tokio::test]
async fn five_thousand_objects_in_one_set_are_read_while_they_come() {
    const HALF: usize = 2_500;
    let (open_gate, gate) = mpsc::channel();
    let gate = Mutex::new(Some(gate));
    let (_server, session) = played(Limits::default(), move |method, _, _| match method {
        "WaitForUpdatesEx" => {
            let whole = updates(&OBJECT.repeat(HALF));
            let (first, end) = whole.split_once("</filterSet>").expect("a set");
            let rest = format!("{}</filterSet>{end}", OBJECT.repeat(HALF));
            Act::Gated(first.to_owned(), gate.lock().expect("lock").take().expect("one wait"), rest)
        }
        _ => Act::Usual,
    })
    .await;
    let mut updates = session.wait("").await.expect("begun");
    assert!(matches!(updates.next().await, Some(Ok(Part::Object(_)))));
    open_gate.send(()).expect("the server waits");
    let (mut objects, mut ended) = (1, false);
    while let Some(part) = updates.next().await {
        match part.expect("a part") {
            Part::Object(_) => objects += 1,
            Part::End(end) => ended = !end.truncated,
            other @ (Part::Unreadable(..) | Part::TimedOut) => panic!("{other:?}"),
        }
    }
    assert_eq!((objects, ended), (2 * HALF, true));
    let (sent, received) = session.traffic();
    assert!(sent > 0 && received > u64::try_from(2 * HALF * OBJECT.len()).expect("small"), "{received}");
}

#[tokio::test]
async fn a_busy_vcenter_may_say_when_it_wants_to_be_asked_again() {
    let table = [
        (None, None, Failure::Cut),
        (Some("7"), Some(Duration::from_secs(7)), Failure::Session),
        (Some("Wed, 21 Oct 2026 07:28:00 GMT"), None, Failure::Cut),
    ];
    for (header, after, failure) in table {
        let (_server, session) = played(Limits::default(), move |method, _, _| match method {
            "WaitForUpdatesEx" => Act::Busy(header),
            _ => Act::Usual,
        })
        .await;
        let error = wait(&session).await.expect_err("busy");
        assert_eq!((error.retry_after(), error.failure()), (after, failure), "{header:?}");
        assert!(chain(&error).contains("HTTP 503"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_vcenter_without_a_service_that_is_needed_is_refused_before_the_login() {
    for service in ["rootFolder", "sessionManager", "viewManager", "propertyCollector", "eventManager"] {
        let content =
            usual("RetrieveServiceContent").replace(&format!("<{service} type=\"T\">{service}</{service}>"), "");
        let (server, session) = open(Script::from([("RetrieveServiceContent", (200, content))])).await;
        let error = session.expect_err("refused");
        assert_eq!(error.class(), Class::Protocol, "{service}");
        assert!(chain(&error).contains(service), "{}", chain(&error));
        assert_eq!(server.count("Login"), 0, "{service}");
    }
}

#[tokio::test]
async fn a_login_whose_answer_is_lost_is_logged_out() {
    let (server, session) = open(Script::from([("Login", (200, "<E:Envelope".to_owned()))])).await;
    assert!(session.is_err_and(|error| error.failure() == Failure::Cut));
    assert_eq!(server.methods().last().map(String::as_str), Some("Logout"));
    let (server, session) = open(Script::from([("Login", (500, fault("InvalidLogin")))])).await;
    assert!(session.is_err_and(|error| error.class() == Class::Auth));
    assert_eq!(server.count("Logout"), 0, "there is no session to end");
}

#[tokio::test]
async fn a_farewell_that_is_not_heard_is_told() {
    let heard = |status, body: &str| {
        let script = Script::from([("Logout", (status, body.to_owned()))]);
        async move { open(script).await.1.expect("a session").close().await }
    };
    assert!(heard(200, &usual("Logout")).await);
    assert!(heard(500, &fault("NotAuthenticated")).await, "there is no such session any more");
    assert!(!heard(503, "").await);
}
