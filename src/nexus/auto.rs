//! The transport that works: NX-API, or SSH where NX-API cannot be reached.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use vmtracker_core::{
    net::SwitchName,
    nexus::{Encoding, Reply},
    tracker::Moment,
};

use super::{Call, ClientError, NxapiClient, SshClient, SshError, Traffic, Transport};
use crate::{
    config::SwitchSettings,
    tls::{self, TlsError, chain},
};

/// How long a switch may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A client of the switch at `settings`, by the ways that they allow. Nothing is sent yet.
///
/// # Errors
/// When the trust of the settings cannot be set up.
pub fn connect(settings: &SwitchSettings) -> Result<Arc<AutoClient>, TlsError> {
    let mut ways: Vec<Way> = Vec::new();
    if !settings.url.is_empty() {
        let http = tls::http_client(&settings.trust, CONNECT)?;
        ways.push(Way { name: "NX-API", transport: Box::new(NxapiClient::new(settings.clone(), http)) });
    }
    if let Some(ssh) = settings.ssh.clone() {
        ways.push(Way { name: "SSH", transport: Box::new(SshClient::new(settings.clone(), ssh)) });
    }
    Ok(Arc::new(AutoClient::new(settings.name.clone(), ways)))
}

/// One transport, and how people call it.
struct Way {
    name: &'static str,
    transport: Box<dyn Transport>,
}

/// One or two ways to a switch. Reading tries the other when one cannot be reached, and stays with what worked. Writing
/// never does: it goes the way of the last reading that worked.
pub struct AutoClient {
    switch: SwitchName,
    ways: Vec<Way>,
    /// Which of them is used.
    chosen: AtomicUsize,
    /// It has answered.
    proven: AtomicBool,
    /// Why the first is not used.
    why: Mutex<Option<String>>,
}

impl AutoClient {
    const fn new(switch: SwitchName, ways: Vec<Way>) -> Self {
        let (chosen, proven) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { switch, ways, chosen, proven, why: Mutex::new(None) }
    }

    /// The way in use, for people, with the reason if it is not the first.
    pub fn way(&self) -> String {
        let name = self.ways.get(self.chosen.load(Relaxed)).map_or("no transport", |way| way.name);
        match &*self.why.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(why) => format!("{name}, not NX-API: {why}"),
            None => name.to_owned(),
        }
    }

    fn at(&self, index: usize) -> Result<&dyn Transport, ClientError> {
        let none = || ClientError::Ssh { switch: self.switch.clone(), source: SshError::Busy };
        self.ways.get(index).map(|way| way.transport.as_ref()).ok_or_else(none)
    }

    async fn ask(&self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let first = self.chosen.load(Relaxed);
        let error = match self.at(first)?.show(commands, limit).await {
            Ok(replies) => return Ok(self.stay(first, None, replies)),
            Err(error) => error,
        };
        let other = 1 - first.min(1);
        if self.ways.len() < 2 || !is_out_of_reach(&error) {
            return Err(error);
        }
        match self.at(other)?.show(commands, limit).await {
            Ok(replies) => Ok(self.stay(other, Some(&error), replies)),
            // Only this kind says that a password is wrong.
            Err(login @ ClientError::Login { .. }) => Err(login),
            Err(second) => Err(self.forget(first, error, second)),
        }
    }

    /// What answered is used from now on; `error` kept the other from it.
    fn stay(&self, way: usize, error: Option<&ClientError>, replies: Vec<Reply>) -> Vec<Reply> {
        if let Some(error) = error {
            let name = self.ways.get(way).map_or("", |way| way.name);
            tracing::info!(switch = %self.switch, "reached by {name}: {}", chain(error));
            *self.why.lock().unwrap_or_else(PoisonError::into_inner) = (way > 0).then(|| chain(error));
        }
        self.chosen.store(way, Relaxed);
        self.proven.store(true, Relaxed);
        replies
    }

    /// Neither answered: everything begins anew.
    fn forget(&self, first: usize, one: ClientError, other: ClientError) -> ClientError {
        self.chosen.store(0, Relaxed);
        self.proven.store(false, Relaxed);
        let (one, other) = (Box::new(one), Box::new(other));
        let (nxapi, ssh) = if first == 0 { (one, other) } else { (other, one) };
        ClientError::Neither { switch: self.switch.clone(), nxapi, ssh }
    }

    /// The way that a reading has proven; before any has, the other one only when the first took nothing.
    async fn write(&self, lines: &[String], limit: Duration, until: Moment) -> Result<Vec<Reply>, ClientError> {
        let first = self.chosen.load(Relaxed);
        let proven = self.proven.load(Relaxed);
        match self.at(first)?.configure(lines, limit, until).await {
            Err(error) if !proven && self.ways.len() > 1 && is_out_of_reach(&error) => {
                self.at(1 - first.min(1))?.configure(lines, limit, until).await
            }
            outcome => outcome,
        }
    }
}

impl Transport for AutoClient {
    fn switch(&self) -> &SwitchName {
        &self.switch
    }

    fn show<'a>(&'a self, commands: &'a [(Encoding, String)], limit: Duration) -> Call<'a, Vec<Reply>> {
        Box::pin(self.ask(commands, limit))
    }

    fn configure<'a>(&'a self, lines: &'a [String], limit: Duration, until: Moment) -> Call<'a, Vec<Reply>> {
        Box::pin(self.write(lines, limit, until))
    }

    fn traffic(&self) -> Traffic {
        self.ways.iter().map(|way| way.transport.traffic()).fold(Traffic::default(), |sum, one| Traffic {
            requests: sum.requests + one.requests,
            sent: sum.sent + one.sent,
            received: sum.received + one.received,
        })
    }
}

/// Nobody took the request, and another way may do: no connection, no common TLS, a certificate that cannot be read,
/// no NX-API behind the address. Not: somebody who is not trusted, a refused login, a time-out.
fn is_out_of_reach(error: &ClientError) -> bool {
    match error {
        ClientError::Connect { source, .. } => !tls::is_distrust(source),
        ClientError::Status { status, .. } => matches!(status, 404 | 405),
        ClientError::Ssh { source, .. } => {
            matches!(source, SshError::Connect { .. } | SshError::Handshake { .. })
        }
        ClientError::Login { .. }
        | ClientError::Blocked { .. }
        | ClientError::Timeout { .. }
        | ClientError::Broken { .. }
        | ClientError::TooLarge { .. }
        | ClientError::Decode { .. }
        | ClientError::Parse { .. }
        | ClientError::NotNexus { .. }
        | ClientError::Encode { .. }
        | ClientError::Neither { .. }
        | ClientError::Late { .. } => false,
    }
}

#[cfg(test)]
mod tests;
