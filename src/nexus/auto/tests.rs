//! Which way is taken, when each of two may fail.

use std::sync::Arc;

use vmtracker_core::nexus::Answer;

use super::*;
use crate::clock;

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
    fn call(&self, what: &'static str) -> Result<Vec<Reply>, ClientError> {
        self.calls.lock().unwrap().push(what);
        let switch = self.switch.clone();
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        match *self.fault.lock().unwrap() {
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

/// What each way is asked, and whether it comes to an answer, when they fail so.
async fn check(
    read: bool,
    faults: [Fault; 2],
    expected: [&[&'static str]; 2],
    answered: bool,
    pair: &(AutoClient, [Arc<Scripted>; 2]),
) {
    let (client, ways) = pair;
    for (way, fault) in ways.iter().zip(faults) {
        *way.fault.lock().unwrap() = fault;
    }
    let outcome = match read {
        true => client.show(&[], CONNECT).await,
        false => client.configure(&[], CONNECT, clock::now()).await,
    };
    let asked = [ways[0].asked(), ways[1].asked()];
    assert_eq!((outcome.is_ok(), asked.each_ref().map(Vec::as_slice)), (answered, expected), "{faults:?}");
}
