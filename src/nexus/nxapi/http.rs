//! NX-API's HTTP: one post, with the login once and then its cookie (facts: NX-OS §1.1, §1.2), bounded in time and size.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use reqwest::{Response, StatusCode, header};
use vmtracker_core::{nexus::nxapi::Request, tracker::Moment};

use super::super::{ClientError, Traffic};
use crate::{
    clock,
    config::{Secret, SwitchSettings},
};

/// A cookie is good for 600 s, fixed; it is renewed a little before (facts: NX-OS §1.2).
const COOKIE: Duration = Duration::from_secs(540);
/// NX-API answers at most 10 MB without chunking (facts: NX-OS §1.6). What is compressed counts as what it becomes.
const ANSWER_MAX: usize = 32 << 20;

/// The way to one switch. Its one HTTP client keeps its connection open between requests.
#[derive(Debug)]
pub(super) struct Http {
    settings: SwitchSettings,
    url: String,
    client: reqwest::Client,
    cookie: Mutex<Option<(Secret, Instant)>>,
    traffic: Counters,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Http {
    pub(super) fn new(settings: SwitchSettings, client: reqwest::Client) -> Self {
        let url = format!("{}/ins", settings.url.trim_end_matches('/'));
        Self { settings, url, client, cookie: Mutex::new(None), traffic: Counters::default() }
    }

    pub(super) const fn settings(&self) -> &SwitchSettings {
        &self.settings
    }

    pub(super) fn traffic(&self) -> Traffic {
        let Counters { requests, sent, received } = &self.traffic;
        Traffic { requests: requests.load(Relaxed), sent: sent.load(Relaxed), received: received.load(Relaxed) }
    }

    /// Posts a request: status and body of the answer, within `limit`. Only a cookie that the switch forgot makes it
    /// post again; never after `until`.
    pub(super) async fn post(
        &self,
        request: &Request<'_>,
        limit: Duration,
        until: Option<Moment>,
    ) -> Result<(StatusCode, Vec<u8>), ClientError> {
        self.in_time(until)?;
        let cookie = self.fresh_cookie();
        let mut response = self.send(request, limit, cookie.as_ref()).await?;
        // A cookie that the switch forgot was not used for anything: once more with the login. Another request may have
        // found that out at the same time.
        if let Some(cookie) = cookie.filter(|_| is_unauthorized(&response)) {
            self.forget_cookie(&cookie);
            self.in_time(until)?;
            response = self.send(request, limit, None).await?;
        }
        if is_unauthorized(&response) {
            let SwitchSettings { name, username, .. } = self.settings.clone();
            return Err(ClientError::Login { switch: name, username });
        }
        self.keep_cookie(&response);
        // Errors of commands come with HTTP 500 (facts: NX-OS §1.3), so the body counts whatever the status.
        Ok((response.status(), self.collect(response, request.name(), limit).await?))
    }

    fn in_time(&self, until: Option<Moment>) -> Result<(), ClientError> {
        let late = until.is_some_and(|until| clock::now() >= until);
        if late { Err(ClientError::Late { switch: self.settings.name.clone() }) } else { Ok(()) }
    }

    async fn send(
        &self,
        request: &Request<'_>,
        limit: Duration,
        cookie: Option<&Secret>,
    ) -> Result<Response, ClientError> {
        let body = request.body().to_vec();
        self.traffic.requests.fetch_add(1, Relaxed);
        self.traffic.sent.fetch_add(body.len() as u64, Relaxed);
        let content_type = request.dialect().content_type();
        let post = self.client.post(&self.url).timeout(limit).header(header::CONTENT_TYPE, content_type).body(body);
        let post = match cookie {
            Some(cookie) => post.header(header::COOKIE, cookie.expose()),
            None => post.basic_auth(&self.settings.username, Some(self.settings.password.expose())),
        };
        post.send().await.map_err(|source| self.failed(source, request.name(), limit))
    }

    async fn collect(&self, mut response: Response, command: &str, limit: Duration) -> Result<Vec<u8>, ClientError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|source| self.failed(source, command, limit))? {
            self.traffic.received.fetch_add(chunk.len() as u64, Relaxed);
            if body.len() + chunk.len() > ANSWER_MAX {
                let switch = self.settings.name.clone();
                return Err(ClientError::TooLarge { switch, command: command.to_owned(), limit: ANSWER_MAX });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
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

    fn fresh_cookie(&self) -> Option<Secret> {
        let mut kept = self.cookie();
        if kept.as_ref().is_some_and(|(_, since)| since.elapsed() >= COOKIE) {
            *kept = None;
        }
        kept.as_ref().map(|(cookie, _)| cookie.clone())
    }

    fn forget_cookie(&self, cookie: &Secret) {
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
            && kept.as_ref().is_none_or(|(known, _)| known.expose() != pair)
        {
            *kept = Some((Secret::new(pair.to_owned()), clock::instant()));
        }
    }

    fn cookie(&self) -> MutexGuard<'_, Option<(Secret, Instant)>> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_unauthorized(response: &Response) -> bool {
    matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}
