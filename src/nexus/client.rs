//! NX-API over HTTPS: JSON-RPC, basic login once, then its cookie (facts: NX-OS §1.1–1.3).

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::{Response, StatusCode, header};
use vmtracker_core::{
    net::SwitchName,
    nexus::{
        Encoding, Reply,
        nxapi::{self, CONTENT_TYPE, READS_PER_REQUEST},
    },
    tracker::Moment,
};

use super::{Call, ClientError, Transport};
use crate::{clock, config::SwitchSettings};

/// A cookie is good for 600 s, fixed; it is renewed a little before (facts: NX-OS §1.2).
const COOKIE: Duration = Duration::from_secs(540);
/// NX-API answers at most 10 MB without chunking (facts: NX-OS §1.6).
const ANSWER_MAX: usize = 32 << 20;

/// How long to wait for a session of the switch's to come free, each time.
const BUSY_PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];

/// A client of one switch. Its one HTTP client keeps its connection open between requests.
#[derive(Debug)]
pub struct NxapiClient {
    settings: SwitchSettings,
    url: String,
    http: reqwest::Client,
    cookie: Mutex<Option<(String, Instant)>>,
}

impl NxapiClient {
    /// A client of the switch at `settings.url`, over `http`, which trusts as the settings say. Nothing is sent yet.
    pub fn new(settings: SwitchSettings, http: reqwest::Client) -> Self {
        let url = format!("{}/ins", settings.url.trim_end_matches('/'));
        Self { settings, url, http, cookie: Mutex::new(None) }
    }

    /// One request, again after a pause while the switch has no session to spare: it rejected the request and did
    /// nothing (facts: NX-OS §1.6). Not after `until`.
    async fn patiently(
        &self,
        commands: &[(Encoding, String)],
        limit: Duration,
        until: Option<Moment>,
    ) -> Result<Vec<Reply>, ClientError> {
        for pause in BUSY_PAUSES {
            match self.exchange(commands, limit).await {
                Err(ClientError::Decode { source: nxapi::DecodeError::Busy(_), .. }) => {}
                answered => return answered,
            }
            tokio::time::sleep(pause).await;
            if until.is_some_and(|until| clock::now() >= until) {
                return Err(ClientError::Late { switch: self.settings.name.clone() });
            }
        }
        self.exchange(commands, limit).await
    }

    async fn exchange(&self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let encode = |source| ClientError::Encode { switch: self.settings.name.clone(), source };
        let body = nxapi::request(commands).map_err(encode)?;
        let command = commands.first().map(|(_, text)| text.clone()).unwrap_or_default();
        let cookie = self.fresh_cookie();
        let mut response = self.post(body.clone(), &command, limit, cookie.as_deref()).await?;
        // A cookie that the switch forgot was not used for anything: once more with the login. Another request may have
        // found that out at the same time.
        if let Some(cookie) = cookie.filter(|_| is_unauthorized(&response)) {
            self.forget_cookie(&cookie);
            response = self.post(body, &command, limit, None).await?;
        }
        if is_unauthorized(&response) {
            let SwitchSettings { name, username, .. } = self.settings.clone();
            return Err(ClientError::Login { switch: name, username });
        }
        self.keep_cookie(&response);
        let status = response.status();
        let body = self.collect(response, &command, limit).await?;
        self.decode(&body, commands, status, command)
    }

    async fn post(
        &self,
        body: Vec<u8>,
        command: &str,
        limit: Duration,
        cookie: Option<&str>,
    ) -> Result<Response, ClientError> {
        let request = self.http.post(&self.url).timeout(limit).header(header::CONTENT_TYPE, CONTENT_TYPE).body(body);
        let request = match cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request.basic_auth(&self.settings.username, Some(self.settings.password.expose())),
        };
        request.send().await.map_err(|source| self.failed(source, command, limit))
    }

    /// The body, whatever the status: errors of commands come with HTTP 500 (facts: NX-OS §1.3).
    async fn collect(&self, mut response: Response, command: &str, limit: Duration) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| self.failed(source, command, limit))? {
            if body.len() + chunk.len() > ANSWER_MAX {
                let switch = self.settings.name.clone();
                return Err(ClientError::TooLarge { switch, command: command.to_owned(), limit: ANSWER_MAX });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn decode(
        &self,
        body: &[u8],
        commands: &[(Encoding, String)],
        status: StatusCode,
        command: String,
    ) -> Result<Vec<Reply>, ClientError> {
        let switch = self.settings.name.clone();
        nxapi::replies(body, commands).map_err(|source| match source {
            nxapi::DecodeError::NotJson { .. } if !status.is_success() => {
                ClientError::Status { switch, command, status: status.as_u16() }
            }
            source @ (nxapi::DecodeError::NotJson { .. }
            | nxapi::DecodeError::NotRpc
            | nxapi::DecodeError::Busy(_)
            | nxapi::DecodeError::Refused(_)) => ClientError::Decode { switch, command, source },
        })
    }

    fn failed(&self, source: reqwest::Error, command: &str, limit: Duration) -> ClientError {
        let (switch, command) = (self.settings.name.clone(), command.to_owned());
        // The URL holds no secret, but it is in the text already.
        let source = source.without_url();
        if source.is_connect() {
            ClientError::Connect { switch, url: self.settings.url.clone(), source }
        } else if source.is_timeout() {
            ClientError::Timeout { switch, command, seconds: limit.as_secs() }
        } else {
            ClientError::Broken { switch, command, source }
        }
    }

    fn fresh_cookie(&self) -> Option<String> {
        let mut kept = self.cookie();
        if kept.as_ref().is_some_and(|(_, since)| since.elapsed() >= COOKIE) {
            *kept = None;
        }
        kept.as_ref().map(|(cookie, _)| cookie.clone())
    }

    fn forget_cookie(&self, cookie: &str) {
        let mut kept = self.cookie();
        if kept.as_ref().is_some_and(|(known, _)| known == cookie) {
            *kept = None;
        }
    }

    fn keep_cookie(&self, response: &Response) {
        let set = response.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = set.filter_map(|text| text.split(';').next()).map(str::trim);
        let mut kept = self.cookie();
        // Its age counts from the login, not from the last answer that repeated it.
        if let Some(pair) = pairs.find(|pair| pair.starts_with("nxapi_auth="))
            && kept.as_ref().is_none_or(|(known, _)| known != pair)
        {
            *kept = Some((pair.to_owned(), clock::instant()));
        }
    }

    fn cookie(&self) -> std::sync::MutexGuard<'_, Option<(String, Instant)>> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_unauthorized(response: &Response) -> bool {
    matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

impl Transport for NxapiClient {
    fn switch(&self) -> &SwitchName {
        &self.settings.name
    }

    fn show<'a>(&'a self, commands: &'a [(Encoding, String)], limit: Duration) -> Call<'a, Vec<Reply>> {
        let some = commands.get(..READS_PER_REQUEST).unwrap_or(commands);
        Box::pin(self.patiently(some, limit, None))
    }

    fn configure<'a>(&'a self, lines: &'a [String], limit: Duration, until: Moment) -> Call<'a, Vec<Reply>> {
        let commands: Vec<_> = lines.iter().map(|line| (Encoding::Structured, line.clone())).collect();
        Box::pin(async move { self.patiently(&commands, limit, Some(until)).await })
    }
}

#[cfg(test)]
mod tests;
