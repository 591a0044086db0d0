//! The transport that works: NX-API, or SSH where NX-API cannot be reached.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use vmtracker_core::{
    net::SwitchName,
    nexus::{Encoding, Query, Reply},
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

/// One or two ways to a switch. Whoever asks who the switch is goes the other way when one cannot be reached; everything
/// else goes the way of the last such answer, or not at all: two addresses may turn out to be two switches.
pub struct AutoClient {
    switch: SwitchName,
    ways: Vec<Way>,
    state: Mutex<State>,
}

/// Which way is used. At first, and after nobody said who the switch is, the first.
#[derive(Clone, Debug, Default)]
struct State {
    chosen: usize,
    /// Why the first is not used.
    why: Option<String>,
}

impl AutoClient {
    fn new(switch: SwitchName, ways: Vec<Way>) -> Self {
        Self { switch, ways, state: Mutex::default() }
    }

    /// The way in use, for people, with the reason if it is not the first.
    pub fn way(&self) -> String {
        let State { chosen, why } = self.state().clone();
        let name = self.ways.get(chosen).map_or("no transport", |way| way.name);
        why.map_or(name.to_owned(), |why| format!("{name}, not NX-API: {why}"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self, index: usize) -> Result<&dyn Transport, ClientError> {
        let none = || ClientError::Ssh { switch: self.switch.clone(), source: SshError::Busy };
        self.ways.get(index).map(|way| way.transport.as_ref()).ok_or_else(none)
    }

    /// The way that is there beside `index`, when this way's error lets us try it.
    fn beside(&self, index: usize, error: &ClientError) -> Option<usize> {
        let other = 1 - index.min(1);
        (other < self.ways.len() && is_out_of_reach(error)).then_some(other)
    }

    async fn ask(&self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let first = self.state().chosen;
        let error = match self.at(first)?.show(commands, limit).await {
            Err(error) if asks_who(commands) => error,
            outcome => return outcome,
        };
        let Some(other) = self.beside(first, &error) else {
            *self.state() = State::default();
            return Err(error);
        };
        match self.at(other)?.show(commands, limit).await {
            Ok(replies) => {
                tracing::info!(switch = %self.switch, "reached in another way: {}", chain(&error));
                *self.state() = State { chosen: other, why: (other > 0).then(|| chain(&error)) };
                Ok(replies)
            }
            Err(second) => {
                *self.state() = State::default();
                Err(self.neither(first, error, second))
            }
        }
    }

    fn neither(&self, first: usize, one: ClientError, other: ClientError) -> ClientError {
        // Only this kind says that a password is wrong.
        if matches!(other, ClientError::Login { .. }) {
            return other;
        }
        let (one, other) = (Box::new(one), Box::new(other));
        let (nxapi, ssh) = if first == 0 { (one, other) } else { (other, one) };
        ClientError::Neither { switch: self.switch.clone(), nxapi, ssh }
    }

    async fn write(&self, lines: &[String], limit: Duration, until: Moment) -> Result<Vec<Reply>, ClientError> {
        let chosen = self.state().chosen;
        self.at(chosen)?.configure(lines, limit, until).await
    }
}

/// Its answer tells whether the session is still with the same switch.
fn asks_who(commands: &[(Encoding, String)]) -> bool {
    commands.iter().any(|(_, line)| *line == Query::Version.to_string())
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
        | ClientError::Short { .. }
        | ClientError::Late { .. } => false,
    }
}

#[cfg(test)]
mod tests;
