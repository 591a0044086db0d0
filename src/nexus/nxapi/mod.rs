//! NX-API over HTTPS, in the dialect that the switch speaks (facts: NX-OS §1.1–§1.6): `http` posts, `choice` remembers
//! what was found out, and here is what may be asked again and what may not.
//!
//! Found out is only by questions: a write goes out once, in a dialect that is known.

mod choice;
mod http;

use std::time::Duration;

use reqwest::StatusCode;
use vmtracker_core::{
    net::SwitchName,
    nexus::{
        Encoding, Query, Reply,
        nxapi::{Commands, DecodeError, Dialect, Replies, Request},
    },
    tracker::Moment,
};

use super::{Call, ClientError, Traffic, Transport};
use crate::{clock, config::SwitchSettings};
use choice::Choice;
use http::Http;

/// How long to wait for a session of the switch's to come free, each time.
const BUSY_PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];

/// A client of one switch.
#[derive(Debug)]
pub struct NxapiClient {
    http: Http,
    choice: Choice,
}

impl NxapiClient {
    /// A client of the switch at `settings.url`, over `http`, which trusts as the settings say. Nothing is sent yet.
    pub fn new(settings: SwitchSettings, http: reqwest::Client) -> Self {
        Self { choice: Choice::new(settings.dialect), http: Http::new(settings, http) }
    }

    /// Asks. A switch that is not understood any more is found out anew by the next question.
    async fn ask(&self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let Some(dialect) = self.choice.dialect() else {
            return Ok(self.find_out(commands, limit).await?.1);
        };
        let answered = self.ask_in(dialect, commands, limit).await;
        if answered.as_ref().is_err_and(is_foreign) {
            self.choice.forget();
        }
        answered
    }

    /// The same where the dialect is not known yet: the one that it answers in is.
    async fn find_out(
        &self,
        commands: &[(Encoding, String)],
        limit: Duration,
    ) -> Result<(Dialect, Vec<Reply>), ClientError> {
        let (dialect, replies) = self.try_all(commands, limit).await?;
        tracing::debug!(switch = %self.switch(), "speaks {}", dialect.as_str());
        self.choice.settle(dialect);
        Ok((dialect, replies))
    }

    async fn try_all(
        &self,
        commands: &[(Encoding, String)],
        limit: Duration,
    ) -> Result<(Dialect, Vec<Reply>), ClientError> {
        let [best, others @ ..] = Dialect::ALL;
        // If all fail, what the best one met says most.
        let unheard = match self.ask_in(best, commands, limit).await {
            Err(error) if is_foreign(&error) => error,
            answered => return Ok((best, answered?)),
        };
        for dialect in others {
            match self.ask_in(dialect, commands, limit).await {
                Err(error) if is_foreign(&error) || is_refused(&error) => {}
                answered => return Ok((dialect, answered?)),
            }
        }
        Err(unheard)
    }

    /// As text what the switch has no tables for; that is remembered, so this ends.
    async fn ask_in(
        &self,
        dialect: Dialect,
        commands: &[(Encoding, String)],
        limit: Duration,
    ) -> Result<Vec<Reply>, ClientError> {
        loop {
            let wished = self.choice.wished(commands);
            let request = self.request(dialect, Commands::Show(&wished))?;
            let replies = self.choice.learn(self.paced(&request, limit).await?, &wished);
            if !replies.is_empty() {
                return Ok(replies);
            }
        }
    }

    /// Questions, of which a slow switch is asked fewer the next time.
    async fn paced(&self, request: &Request<'_>, limit: Duration) -> Result<Replies, ClientError> {
        let began = clock::instant();
        let answered = self.patiently(request, limit, None).await;
        match &answered {
            Ok(_) => self.choice.in_time(request.count(), began.elapsed(), limit),
            Err(ClientError::Timeout { .. }) => self.choice.too_slow(request.count()),
            Err(_) => {}
        }
        answered
    }

    /// The dialect, found out by a question where it is not known: what changes something is not for trying.
    async fn dialect(&self, limit: Duration) -> Result<Dialect, ClientError> {
        match self.choice.dialect() {
            Some(dialect) => Ok(dialect),
            None => Ok(self.find_out(&[(Encoding::Structured, Query::Version.to_string())], limit).await?.0),
        }
    }

    async fn save(&self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let request = self.request(self.dialect(limit).await?, Commands::Show(commands))?;
        Ok(self.patiently(&request, limit, None).await?.said)
    }

    async fn write(&self, lines: &[String], limit: Duration, until: Moment) -> Result<Vec<Reply>, ClientError> {
        let request = self.request(self.dialect(limit).await?, Commands::Configure(lines))?;
        Ok(self.patiently(&request, limit, Some(until)).await?.said)
    }

    /// One request, again after a pause while the switch has no session to spare: it rejected the request and did
    /// nothing (facts: NX-OS §1.6). Not after `until`.
    async fn patiently(
        &self,
        request: &Request<'_>,
        limit: Duration,
        until: Option<Moment>,
    ) -> Result<Replies, ClientError> {
        for pause in BUSY_PAUSES {
            match self.exchange(request, limit, until).await {
                Err(ClientError::Decode { source: DecodeError::Busy(_), .. }) => tokio::time::sleep(pause).await,
                answered => return answered,
            }
        }
        self.exchange(request, limit, until).await
    }

    async fn exchange(
        &self,
        request: &Request<'_>,
        limit: Duration,
        until: Option<Moment>,
    ) -> Result<Replies, ClientError> {
        let (status, body) = self.http.post(request, limit, until).await?;
        request.replies(&body).map_err(|source| self.unreadable(request, status, source))
    }

    fn unreadable(&self, request: &Request<'_>, status: StatusCode, source: DecodeError) -> ClientError {
        let (switch, command) = (self.switch().clone(), request.name().to_owned());
        match source {
            DecodeError::NotJson { .. } | DecodeError::NotXml { .. } | DecodeError::NotIns if !status.is_success() => {
                ClientError::Status { switch, command, status: status.as_u16() }
            }
            source @ (DecodeError::NotJson { .. }
            | DecodeError::NotXml { .. }
            | DecodeError::NotIns
            | DecodeError::NotRpc
            | DecodeError::Busy(_)
            | DecodeError::Refused(_)) => ClientError::Decode { switch, command, source },
        }
    }

    fn request<'a>(&self, dialect: Dialect, commands: Commands<'a>) -> Result<Request<'a>, ClientError> {
        let encode = |source| ClientError::Encode { switch: self.switch().clone(), source };
        Request::new(dialect, commands).map_err(encode)
    }
}

/// Whether the answer shows that somebody is there who does not speak the dialect. A switch that is given what it cannot
/// read answers with HTTP 400 (facts: NX-OS §1.1), and 415 is what HTTP has for it. 404 and 405 are no NX-API in any
/// dialect; 5xx comes from a web server whose NX-API is starting, in bursts (facts: performance, NX-OS).
fn is_foreign(error: &ClientError) -> bool {
    match error {
        ClientError::Status { status, .. } => matches!(status, 400 | 415),
        ClientError::Decode { source, .. } => source.is_foreign(),
        ClientError::Login { .. }
        | ClientError::Blocked { .. }
        | ClientError::Connect { .. }
        | ClientError::Timeout { .. }
        | ClientError::Broken { .. }
        | ClientError::TooLarge { .. }
        | ClientError::Parse { .. }
        | ClientError::NotNexus { .. }
        | ClientError::Encode { .. }
        | ClientError::Short { .. }
        | ClientError::Ssh { .. }
        | ClientError::Neither { .. }
        | ClientError::Late { .. } => false,
    }
}

/// So a switch answers what it cannot read, too: the error page is XML whatever was asked (facts: NX-OS §1.1).
const fn is_refused(error: &ClientError) -> bool {
    matches!(error, ClientError::Decode { source: DecodeError::Refused(_), .. })
}

impl Transport for NxapiClient {
    fn switch(&self) -> &SwitchName {
        &self.http.settings().name
    }

    fn show<'a>(&'a self, commands: &'a [(Encoding, String)], limit: Duration) -> Call<'a, Vec<Reply>> {
        let is_question = commands.iter().all(|(_, line)| line.starts_with("show "));
        if is_question { Box::pin(self.ask(commands, limit)) } else { Box::pin(self.save(commands, limit)) }
    }

    fn configure<'a>(&'a self, lines: &'a [String], limit: Duration, until: Moment) -> Call<'a, Vec<Reply>> {
        Box::pin(self.write(lines, limit, until))
    }

    fn traffic(&self) -> Traffic {
        self.http.traffic()
    }
}

#[cfg(test)]
mod tests;
