//! When a host is asked, and how: all pnics at once, or one by one.

use vmtracker_core::{
    tracker::{HostId, ObjectId},
    vcenter::MoRef,
};

use super::*;
use crate::vcenter::{
    Class, Limits,
    tests::{Act, Server, envelope, fault},
};

fn host() -> HostId {
    ObjectId::new(&"uuid-1".into(), "host-1")
}

fn target() -> HintTarget {
    let pnics = vec!["vmnic0".to_owned(), "vmnic1".to_owned()];
    HintTarget {
        host: host(),
        name: "esx1".to_owned(),
        network_system: MoRef::new("HostNetworkSystem", "networkSystem-1"),
        linked: pnics.clone(),
        pnics,
    }
}

fn heard(pnic: &str) -> String {
    envelope(&format!(
        "<R><returnval><device>{pnic}</device><connectedSwitchPort><devId>leaf1(SAL1)</devId>\
         <portId>Ethernet1/1</portId></connectedSwitchPort></returnval></R>"
    ))
}

/// A server that answers the question for all pnics, and those for single ones, so.
async fn session(all: fn() -> Act, single: fn(&str) -> Act) -> (Server, Session) {
    let server = Server::play(move |method, request, _| match (method, request.split_once("<device>")) {
        ("QueryNetworkHint", None) => all(),
        ("QueryNetworkHint", Some((_, rest))) => single(rest.split('<').next().unwrap_or_default()),
        _ => Act::Usual,
    });
    let session = Session::login(&server.settings, Limits::default()).await.expect("a session");
    (server, session)
}

async fn ask(all: fn() -> Act, single: fn(&str) -> Act) -> (usize, Result<Vec<String>, VcenterError>) {
    let (server, session) = session(all, single).await;
    let answer = session.hints(&target()).await;
    (server.count("QueryNetworkHint"), answer.map(|hints| hints.into_iter().map(|hint| hint.pnic).collect()))
}

#[tokio::test]
async fn a_host_that_answers_for_all_pnics_is_asked_once() {
    let (asked, heard) = ask(|| Act::Answer(200, heard("vmnic0")), |_| Act::Usual).await;
    assert_eq!((asked, heard.expect("an answer")), (1, vec!["vmnic0".to_owned()]));
}

#[tokio::test]
async fn pnics_are_asked_one_by_one_where_all_at_once_says_nothing_or_fails() {
    let one = |pnic: &str| match pnic {
        "vmnic1" => Act::Answer(200, heard(pnic)),
        _ => Act::Answer(500, fault("SystemError")),
    };
    let empty = || Act::Answer(200, envelope("<R/>"));
    for all in [empty as fn() -> Act, || Act::Answer(500, fault("SystemError"))] {
        let (asked, heard) = ask(all, one).await;
        assert_eq!((asked, heard.expect("an answer")), (3, vec!["vmnic1".to_owned()]));
    }
}

#[tokio::test]
async fn a_host_that_is_away_is_not_asked_pnic_by_pnic() {
    let answers: [fn() -> Act; 3] = [
        || Act::Answer(500, fault("HostNotConnected")),
        || Act::Answer(500, fault("ManagedObjectNotFound")),
        || Act::Answer(500, fault("NotAuthenticated")),
    ];
    for answer in answers {
        let (server, session) = session(answer, |_| Act::Usual).await;
        let error = session.hints(&target()).await.expect_err("no answer");
        assert_eq!((error.class(), server.count("QueryNetworkHint")), (Class::Device, 1), "{error:?}");
    }
}

/// What became of the host after an answer: whether something was told, and when it is asked again, if ever.
async fn after(answer: fn() -> Act) -> (bool, Option<Duration>) {
    let (_server, session) = session(answer, |_| Act::Answer(500, fault("SystemError"))).await;
    let (_sender, targets) = tokio::sync::mpsc::channel(1);
    let mut task = HintTask::new(Arc::new(session), targets);
    let began = clock::now();
    task.wanted(vec![target()]);
    task.ask();
    let (host, answer) = task.asked.join_next().await.expect("asked").expect("answered");
    let told = task.answered(host.clone(), answer).is_some();
    assert!(task.hosts.get(&host).is_none_or(|due| !due.asked));
    (told, task.hosts.get(&host).map(|due| due.at.since(began)))
}

#[tokio::test]
async fn a_question_that_failed_is_asked_again_soon_and_a_host_that_is_gone_never() {
    let near = |at: Option<Duration>| at.is_some_and(|at| at >= SOON && at < SLOWLY);
    let (told, at) = after(|| Act::Answer(500, fault("HostNotConnected"))).await;
    assert!(!told && near(at), "{at:?}");
    let (told, at) = after(|| Act::Busy(None)).await;
    assert!(!told && near(at), "{at:?}");
    let (told, at) = after(|| Act::Answer(200, heard("vmnic0"))).await;
    assert!(told && near(at), "vmnic1 is up and hears nothing: {at:?}");
    assert_eq!(after(|| Act::Answer(500, fault("ManagedObjectNotFound"))).await, (false, None));
}

#[tokio::test]
async fn a_host_that_hears_on_every_link_is_asked_slowly_and_at_once_when_a_link_changes() {
    let both = || {
        let second = heard("vmnic1");
        let inner = second.split("<R>").nth(1).and_then(|rest| rest.split("</R>").next()).unwrap_or_default();
        Act::Answer(200, heard("vmnic0").replace("</R>", &format!("{inner}</R>")))
    };
    let (told, at) = after(both).await;
    assert!(told && at.is_some_and(|at| at >= SLOWLY), "{at:?}");
    let (_server, session) = session(both, |_| Act::Usual).await;
    let (_sender, targets) = tokio::sync::mpsc::channel(1);
    let mut task = HintTask::new(Arc::new(session), targets);
    task.wanted(vec![target()]);
    task.ask();
    task.ask();
    assert_eq!(task.asked.len(), 1, "not twice");
    let (host, answer) = task.asked.join_next().await.expect("asked").expect("answered");
    task.answered(host, answer);
    task.ask();
    assert_eq!(task.asked.len(), 0, "not before its time");
    task.wanted(vec![target()]);
    task.ask();
    assert_eq!(task.asked.len(), 1, "at once");
}
