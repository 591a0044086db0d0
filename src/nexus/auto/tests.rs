//! Which way is taken, when each of two may fail.

use std::sync::Arc;

use vmtracker_core::nexus::Answer;

use super::*;
use crate::{
    clock,
    nexus::{
        probe,
        ssh::tests::{server::serve, settings, switch},
    },
    tls::Trust,
};

/// How a scripted way fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    OutOfReach,
    Refused,
    Broken,
}

/// A way that fails as it is told, and counts what it is asked.
struct Scripted {
    switch: SwitchName,
    fault: Mutex<Fault>,
    calls: Mutex<Vec<&'static str>>,
}

impl Scripted {
    /// Notes a call, and tells how it is to fail.
    fn note(&self, what: &'static str) -> Fault {
        self.calls.lock().unwrap().push(what);
        *self.fault.lock().unwrap()
    }

    fn call(&self, what: &'static str) -> Result<Vec<Reply>, ClientError> {
        let switch = self.switch.clone();
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        match self.note(what) {
            Fault::None => Ok(vec![Ok(Answer::Text(String::new()))]),
            Fault::OutOfReach => {
                Err(ClientError::Ssh { switch, source: SshError::Connect { address: "a:22".to_owned(), source: io() } })
            }
            Fault::Refused => Err(ClientError::Login { switch, username: "us".to_owned() }),
            Fault::Broken => {
                Err(ClientError::Ssh { switch, source: SshError::Broken { command: "x".to_owned(), source: io() } })
            }
        }
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

impl Transport for Arc<Scripted> {
    fn switch(&self) -> &SwitchName {
        &self.switch
    }

    fn show<'a>(&'a self, _commands: &'a [(Encoding, String)], _limit: Duration) -> Call<'a, Vec<Reply>> {
        Box::pin(async { self.call("show") })
    }

    fn configure<'a>(&'a self, _lines: &'a [String], _limit: Duration, _until: Moment) -> Call<'a, Vec<Reply>> {
        Box::pin(async { self.call("configure") })
    }

    fn traffic(&self) -> Traffic {
        Traffic { requests: 1, sent: 2, received: 3 }
    }
}

/// A client over two ways, which are returned beside it.
fn pair() -> (AutoClient, [Arc<Scripted>; 2]) {
    let switch = SwitchName::from("leaf1");
    let ways = [(); 2].map(|()| {
        Arc::new(Scripted { switch: switch.clone(), fault: Mutex::new(Fault::None), calls: Mutex::default() })
    });
    let named = ["NX-API", "SSH"].into_iter().zip(&ways);
    let named = named.map(|(name, way)| Way { name, transport: Box::new(Arc::clone(way)) }).collect();
    (AutoClient::new(switch, named), ways)
}

fn command(query: Query) -> (Encoding, String) {
    (query.encoding(), query.to_string())
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// To know who the switch is.
    Who,
    Other,
    Write,
}

/// What each way is asked, and whether it comes to an answer, when they fail so.
async fn check(
    wish: Wish,
    faults: [Fault; 2],
    expected: [&[&'static str]; 2],
    answered: bool,
    pair: &(AutoClient, [Arc<Scripted>; 2]),
) {
    let (client, ways) = pair;
    for (way, fault) in ways.iter().zip(faults) {
        *way.fault.lock().unwrap() = fault;
    }
    let outcome = match wish {
        Who => client.show(&[command(Query::Version)], CONNECT).await,
        Other => client.show(&[command(Query::Ports)], CONNECT).await,
        Write => client.configure(&[], CONNECT, clock::now()).await,
    };
    let asked = [ways[0].asked(), ways[1].asked()];
    assert_eq!((outcome.is_ok(), asked.each_ref().map(Vec::as_slice)), (answered, expected), "{faults:?}");
}

use Wish::{Other, Who, Write};

const NOBODY: &[&str] = &[];
const SHOW: &[&str] = &["show"];
const CONFIGURE: &[&str] = &["configure"];

#[tokio::test]
async fn reading_goes_the_first_way_that_answers_and_stays_there() {
    use Fault::{Broken, None, OutOfReach, Refused};
    let pair = pair();
    check(Who, [None, None], [SHOW, NOBODY], true, &pair).await;
    assert_eq!(pair.0.way(), "NX-API");
    check(Who, [OutOfReach, None], [SHOW, SHOW], true, &pair).await;
    assert!(pair.0.way().starts_with("SSH, not NX-API: leaf1: no SSH at a:22"), "{}", pair.0.way());
    check(Other, [None, None], [NOBODY, SHOW], true, &pair).await;
    check(Other, [None, Broken], [NOBODY, SHOW], false, &pair).await;
    check(Who, [None, OutOfReach], [SHOW, SHOW], true, &pair).await;
    assert_eq!(pair.0.way(), "NX-API");
    check(Who, [Refused, None], [SHOW, NOBODY], false, &pair).await;
}

#[tokio::test]
async fn when_neither_answers_everything_begins_anew() {
    use Fault::{None, OutOfReach, Refused};
    let pair = pair();
    check(Who, [OutOfReach, None], [SHOW, SHOW], true, &pair).await;
    check(Who, [OutOfReach, OutOfReach], [SHOW, SHOW], false, &pair).await;
    check(Who, [None, None], [SHOW, NOBODY], true, &pair).await;
    assert_eq!(pair.0.way(), "NX-API");
    *pair.1[0].fault.lock().unwrap() = OutOfReach;
    *pair.1[1].fault.lock().unwrap() = Refused;
    let error = pair.0.show(&[command(Query::Version)], CONNECT).await.unwrap_err();
    assert!(matches!(error, ClientError::Login { .. }), "a refused password is not tried again: {error:?}");
}

#[tokio::test]
async fn another_way_is_taken_only_with_the_question_who_is_there() {
    use Fault::{None, OutOfReach, Refused};
    let pair = pair();
    check(Who, [None, None], [SHOW, NOBODY], true, &pair).await;
    check(Other, [OutOfReach, None], [SHOW, NOBODY], false, &pair).await;
    check(Write, [OutOfReach, None], [CONFIGURE, NOBODY], false, &pair).await;
    check(Who, [OutOfReach, None], [SHOW, SHOW], true, &pair).await;
    check(Other, [None, Refused], [NOBODY, SHOW], false, &pair).await;
    check(Write, [None, Refused], [NOBODY, CONFIGURE], false, &pair).await;
    check(Write, [None, OutOfReach], [NOBODY, CONFIGURE], false, &pair).await;
}

#[tokio::test]
async fn what_the_other_way_refuses_lets_the_first_be_tried_again() {
    use Fault::{None, OutOfReach, Refused};
    let pair = pair();
    check(Who, [OutOfReach, None], [SHOW, SHOW], true, &pair).await;
    check(Who, [None, Refused], [NOBODY, SHOW], false, &pair).await;
    check(Who, [None, Refused], [SHOW, NOBODY], true, &pair).await;
}

#[test]
fn both_ways_are_counted() {
    assert_eq!(pair().0.traffic(), Traffic { requests: 2, sent: 4, received: 6 });
}

#[tokio::test]
async fn a_switch_without_nxapi_is_reached_by_ssh_and_says_why() {
    let served = serve(switch()).await;
    let (mut settings, ssh) = settings(&served);
    settings.ssh = Some(ssh);
    let told = probe(&settings).await.unwrap();
    assert_eq!(told, "leaf1 is a Nexus9000, serial number S1, NX-OS 9.3(5), reached by SSH");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    settings.url = format!("https://{}", listener.local_addr().unwrap());
    settings.trust = Trust::Fingerprint([7; 32]);
    drop(listener);
    let told = probe(&settings).await.unwrap();
    assert!(told.contains(", reached by SSH, not NX-API: leaf1 cannot be reached at https://127.0.0.1:"), "{told}");
    settings.ssh = None;
    let error = chain(&probe(&settings).await.unwrap_err());
    assert!(error.contains("cannot be reached") && !error.contains("SSH"), "{error}");
}
