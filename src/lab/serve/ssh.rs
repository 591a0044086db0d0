//! SSH for every simulated switch: a listener with a host key of its own for each, and a terminal for every channel.

mod caller;
mod line;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use russh::{
    Disconnect, MethodKind, MethodSet,
    keys::{Algorithm, PrivateKey, PublicKey, ssh_key::LineEnding},
    server::{Config, run_stream},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::lab::model::{LabTime, switch::Switch, world::SharedWorld};
use caller::Caller;

/// How long a caller may take to hear that it is over.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long nobody is let in after the machine ran out of sockets.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// The key pair that lets its owner into every switch of the lab.
#[derive(Clone, Debug)]
pub struct LabKey(PrivateKey);

impl LabKey {
    /// A new one.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> io::Result<Self> {
        new_key().map(Self)
    }

    /// The private key as OpenSSH keeps it in a file.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub fn private_text(&self) -> io::Result<String> {
        self.0.to_openssh(LineEnding::LF).map(|text| text.as_str().to_owned()).map_err(io::Error::other)
    }
}

/// The simulated switches' SSH servers. They run until [`RunningSsh::stop`].
#[derive(Debug)]
pub struct RunningSsh {
    addresses: BTreeMap<String, SocketAddr>,
    known_hosts: String,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
}

impl RunningSsh {
    /// Where each switch listens.
    pub const fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// Every switch's host key, as OpenSSH's `known_hosts` has it.
    pub fn known_hosts(&self) -> &str {
        &self.known_hosts
    }

    /// Closes every listener and connection; a line that is being carried out is finished all the same.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.doors.join_next().await.is_some() {}
    }
}

/// One switch, as its callers reach it.
#[derive(Debug)]
struct Door {
    world: SharedWorld,
    switch: String,
    key: PublicKey,
    stop: watch::Receiver<bool>,
}

impl Door {
    /// Asks the switch something; none when it is not there.
    fn ask<R>(&self, act: impl FnOnce(&mut Switch, LabTime) -> R) -> Option<R> {
        self.world.serve(|world, now| world.switches.get_mut(&self.switch).map(|switch| act(switch, now)))
    }

    /// Waits until the servers are stopped.
    async fn stopped(&self) {
        drop(self.stop.clone().wait_for(|stop| *stop).await);
    }
}

/// Starts SSH on a free port of 127.0.0.1 for each switch of `world` with these names; `key` opens them all.
///
/// # Errors
/// A port cannot be had, or a host key cannot be made.
pub async fn serve_ssh(world: &SharedWorld, names: &[String], key: &LabKey) -> io::Result<RunningSsh> {
    let (stop, stopped) = watch::channel(false);
    let mut running =
        RunningSsh { addresses: BTreeMap::new(), known_hosts: String::new(), stop, doors: JoinSet::new() };
    for name in names {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let host_key = new_key()?;
        let public = host_key.public_key().to_openssh().map_err(io::Error::other)?;
        running.known_hosts += &format!("[{}]:{} {public}\n", address.ip(), address.port());
        running.addresses.insert(name.clone(), address);
        let key = key.0.public_key().clone();
        let door = Door { world: world.clone(), switch: name.clone(), key, stop: stopped.clone() };
        running.doors.spawn(listen(Arc::new(door), Arc::new(config(host_key)), listener));
    }
    Ok(running)
}

/// Ed25519, which every client of today knows; an RSA key takes seconds to make.
fn new_key() -> io::Result<PrivateKey> {
    PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).map_err(io::Error::other)
}

/// How a caller may log in (facts: NX-OS §4.7).
fn methods() -> MethodSet {
    [MethodKind::PublicKey, MethodKind::Password, MethodKind::KeyboardInteractive].as_slice().into()
}

fn config(host_key: PrivateKey) -> Config {
    Config {
        methods: methods(),
        auth_rejection_time: Duration::ZERO,
        inactivity_timeout: None,
        keys: vec![host_key],
        ..Config::default()
    }
}

/// Takes callers until the servers are stopped; a switch that cannot be reached takes them and hangs up.
async fn listen(door: Arc<Door>, config: Arc<Config>, listener: TcpListener) {
    let mut callers = JoinSet::new();
    loop {
        tokio::select! {
            () = door.stopped() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if door.ask(|switch, _| switch.answers()) == Some(true) => {
                    callers.spawn(receive(Arc::clone(&door), Arc::clone(&config), stream, peer));
                }
                Ok(_) => {}
                Err(_) => sleep(EXHAUSTED).await,
            },
            Some(_) = callers.join_next() => {}
        }
    }
    while callers.join_next().await.is_some() {}
}

/// One connection, until either side ends it.
async fn receive(door: Arc<Door>, config: Arc<Config>, stream: TcpStream, peer: SocketAddr) {
    // What is typed letter by letter shows letter by letter.
    let quick = stream.set_nodelay(true);
    let caller = Caller::new(Arc::clone(&door), peer.ip());
    let session = tokio::select! {
        () = door.stopped() => return,
        session = run_stream(config, stream, caller) => session,
    };
    let (Ok(mut session), Ok(())) = (session, quick) else { return };
    let handle = session.handle();
    tokio::select! {
        _ = &mut session => return,
        () = door.stopped() => {}
    }
    // Whoever does not listen to the farewell is left all the same.
    drop(handle.disconnect(Disconnect::ByApplication, String::new(), String::new()).await);
    drop(timeout(FAREWELL, session).await);
}

#[cfg(test)]
mod tests;
