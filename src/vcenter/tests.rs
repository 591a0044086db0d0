//! The client against a scripted server on loopback: cookie, faults, cut answers, the farewell.

pub(crate) mod endurance;
mod server;

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use vmtracker_core::{
    tracker::{DvPort, Event},
    vcenter::{Failure, MoRef, Part, PortTarget},
};

use super::{Class, Limits, PortOrders, PortTask, Session, VcenterError};
use crate::tls::chain;
pub(crate) use server::{Act, Script, Server, envelope, fault};
use server::{COOKIE, OBJECT, updates, usual};

async fn open(script: Script) -> (Server, Result<Session, VcenterError>) {
    let server = Server::start(script);
    let session = begin(&server, Limits::default()).await;
    (server, session)
}

/// A session that is set up, or ended again.
async fn begin(server: &Server, limits: Limits) -> Result<Session, VcenterError> {
    let mut session = Session::login(&server.settings, limits).await?;
    if let Err(error) = session.set_up(&server.settings).await {
        session.close().await;
        return Err(error);
    }
    Ok(session)
}

/// Everything that one wait brings.
async fn wait(session: &Session) -> Result<Vec<Part>, VcenterError> {
    let mut updates = session.wait("").await?;
    let mut parts = Vec::new();
    while let Some(part) = updates.next().await {
        parts.push(part?);
    }
    Ok(parts)
}

#[tokio::test]
async fn a_session_echoes_the_cookie_verbatim_and_logs_out() {
    let (server, session) = open(Script::new()).await;
    let session = session.expect("a session");
    assert_eq!(session.id().as_str(), "uuid-1");
    assert_eq!(wait(&session).await.expect("parts").len(), 2);
    session.close().await;
    let calls = server.calls();
    let (last, cookie) = calls.last().expect("calls");
    assert_eq!((last.as_str(), cookie.as_deref()), ("Logout", Some(COOKIE)));
}

#[tokio::test]
async fn a_set_up_that_fails_logs_out_again() {
    let (server, session) = open(Script::from([("CreateFilter", (500, fault("InvalidProperty")))])).await;
    assert!(session.is_err_and(|error| error.class() == Class::Device));
    assert_eq!(server.methods().last().map(String::as_str), Some("Logout"));
}

#[tokio::test]
async fn a_vcenter_that_refuses_paths_of_a_subclass_is_asked_for_whole_switches() {
    let server = Server::play(|method, request, _| {
        let refused = method == "CreateFilter" && request.contains("config.pvlanConfig");
        if refused { Act::Answer(500, fault("InvalidProperty")) } else { Act::Usual }
    });
    assert!(begin(&server, Limits::default()).await.is_ok());
    assert_eq!(server.count("CreateFilter"), 3, "refused, whole, and of events");
}

#[tokio::test]
async fn every_failure_of_a_login_has_its_class_and_no_password() {
    let table = [
        ("Login", 500, fault("InvalidLogin"), Class::Auth),
        ("Login", 500, fault("NoPermission"), Class::Device),
        ("Login", 503, String::new(), Class::Refused),
        ("RetrieveServiceContent", 200, "<html><body>hello</body></html>".to_owned(), Class::Refused),
        ("RetrieveServiceContent", 200, envelope("<R/>"), Class::Protocol),
        ("GET", 200, "<html/>".to_owned(), Class::Protocol),
    ];
    for (method, status, body, class) in table {
        let (server, session) = open(Script::from([(method, (status, body))])).await;
        let error = session.expect_err("refused");
        assert_eq!(error.class(), class, "{method} {status}: {error:?}");
        let text = chain(&error);
        assert!(text.contains("lab") && !text.contains("s3cret"), "{text}");
        drop(server);
    }
}

#[tokio::test]
async fn a_host_is_no_vcenter() {
    let body = usual("RetrieveServiceContent").replace("<instanceUuid>uuid-1</instanceUuid>", "");
    let (_server, session) = open(Script::from([("RetrieveServiceContent", (200, body))])).await;
    assert!(matches!(session, Err(VcenterError::NoVcenter { .. })));
}

#[tokio::test]
async fn a_wait_that_fails_says_what_it_means_for_the_session() {
    let cut = updates(OBJECT).split("</filterSet>").next().unwrap_or_default().to_owned();
    let table = [
        (500, fault("InvalidCollectorVersion"), Failure::Version),
        (500, fault("NotAuthenticated"), Failure::Session),
        (500, fault("ManagedObjectNotFound"), Failure::Session),
        (503, String::new(), Failure::Cut),
        (200, cut, Failure::Cut),
    ];
    for (status, body, failure) in table {
        let (_server, session) = open(Script::from([("WaitForUpdatesEx", (status, body))])).await;
        let outcome = wait(&session.expect("a session")).await;
        let found = outcome.as_ref().map_err(VcenterError::failure);
        assert_eq!(found.err(), Some(failure), "{status}");
    }
}

#[tokio::test]
async fn what_came_before_a_cut_stands() {
    let cut = updates(OBJECT).split("</filterSet>").next().unwrap_or_default().to_owned();
    let (_server, session) = open(Script::from([("WaitForUpdatesEx", (200, cut))])).await;
    let mut updates = session.expect("a session").wait("").await.expect("begun");
    assert!(matches!(updates.next().await, Some(Ok(Part::Object(_)))));
    assert!(matches!(updates.next().await, Some(Err(_))));
    assert!(updates.next().await.is_none());
}

/// The ports of the group that is asked for, in the answer to `FetchDVPorts`.
const PORTS: &str = "<FetchDVPortsResponse xmlns=\"urn:vim25\"><returnval><key>12</key><dvsUuid>50 1a</dvsUuid>\
    <portgroupKey>dvportgroup-7</portgroupKey></returnval></FetchDVPortsResponse>";

/// What the task that asks for ports tells first, and how often it had asked by then.
async fn asked_for_ports(script: Script) -> (Vec<DvPort>, usize) {
    let (server, session) = open(script).await;
    let (groups, targets) = tokio::sync::mpsc::channel(1);
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let task = PortTask::new(Arc::new(session.expect("a session")), targets);
    let task = tokio::spawn(task.run(async move |event| tell.send(event).expect("somebody listens")));
    let target = PortTarget {
        vcenter: "uuid-1".into(),
        dvs: MoRef::new("VmwareDistributedVirtualSwitch", "dvs-9"),
        group: "dvportgroup-7".to_owned(),
    };
    groups.send(PortOrders { ask: vec![target], ..PortOrders::default() }).await.expect("the task listens");
    let event = timeout(Duration::from_secs(60), told.recv()).await.expect("in time").expect("an event");
    let Event::PortsSeen { groups: of, ports, .. } = event else { panic!("{event:?}") };
    assert_eq!(of, ["dvportgroup-7"]);
    drop(groups);
    task.await.expect("it ends when nobody names groups any more");
    (ports, server.methods().iter().filter(|method| *method == "FetchDVPorts").count())
}

#[tokio::test]
async fn ports_are_asked_for_and_told() {
    let (ports, asked) = asked_for_ports(Script::from([("FetchDVPorts", (200, envelope(PORTS)))])).await;
    assert_eq!((ports.iter().map(|port| port.key.as_str()).collect::<Vec<_>>(), asked), (vec!["12"], 1));
}
