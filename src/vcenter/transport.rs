//! SOAP over HTTPS: one POST, one cookie (facts: vCenter §B1).

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, RETRY_AFTER, SET_COOKIE},
};
use tokio::time::timeout;
use vmtracker_core::{
    net::VcenterName,
    vcenter::{AnswerError, DecodeError, OBJECT_LIMIT, VimValue, newest_version, read_answer},
};

use super::{Limits, VcenterError};
use crate::{
    clock,
    config::{Secret, VcenterSettings},
    tls,
};

/// Versions to speak, best first. An old one keeps unknown newer fields away (facts: vCenter §B1); networks of NSX show
/// from 7.0 on only (`config.backingType`), and everything else that is needed is in 6.7.
const KNOWN_VERSIONS: [&str; 2] = ["7.0", "6.7"];

/// One vCenter's address with the session's cookie.
#[derive(Debug)]
pub(super) struct Transport {
    http: reqwest::Client,
    pub(super) vcenter: VcenterName,
    url: String,
    action: String,
    cookie: Mutex<Option<Secret>>,
    /// When vCenter last answered, in milliseconds since 1970.
    answered_ms: AtomicU64,
    pub(super) limits: Limits,
    pub(super) traffic: Arc<Traffic>,
}

/// Bytes of requests and answers since the session began, without headers and after compression was taken away.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Traffic {
    pub(super) fn received(&self, bytes: usize) {
        add(&self.received, bytes);
    }

    /// To the vCenter, and from it.
    pub(super) fn so_far(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.received.load(Ordering::Relaxed))
    }
}

fn add(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(u64::try_from(bytes).unwrap_or_default(), Ordering::Relaxed);
}

impl Transport {
    /// Finds out which version to speak.
    pub(super) async fn negotiate(settings: &VcenterSettings, limits: Limits) -> Result<Self, VcenterError> {
        let vcenter = settings.name.clone();
        let http = tls::http_client(&settings.trust, limits.connect)
            .map_err(|source| VcenterError::Trust { vcenter: vcenter.clone(), source })?;
        let url = format!("{}/sdk", settings.url.trim_end_matches('/'));
        let mut transport = Self {
            http,
            vcenter,
            url,
            action: format!("urn:vim25/{}", KNOWN_VERSIONS[0]),
            cookie: Mutex::default(),
            answered_ms: AtomicU64::new(clock::now().unix_ms()),
            limits,
            traffic: Arc::default(),
        };
        if let Some(version) = transport.offered_version().await? {
            transport.action = format!("urn:vim25/{version}");
        }
        Ok(transport)
    }

    /// None where the server does not say; then the oldest version is asked for.
    async fn offered_version(&self) -> Result<Option<String>, VcenterError> {
        let step = "the list of its versions";
        let request = self.http.get(format!("{}/vimServiceVersions.xml", self.url));
        let response = self.within(step, self.limits.call, request.send()).await?;
        if response.status() != StatusCode::OK {
            return self.available(step, &response).map(|()| None);
        }
        let body = self.body(step, response).await?;
        newest_version(body.as_slice(), &KNOWN_VERSIONS).map_err(|error| self.unreadable(step, error))
    }

    /// Calls a method with a small answer.
    pub(super) async fn call(&self, step: &'static str, body: String) -> Result<VimValue, VcenterError> {
        let response = self.post(step, body, self.limits.call).await?;
        let body = self.body(step, response).await?;
        read_answer(body.as_slice()).map_err(|error| VcenterError::answer(&self.vcenter, step, error))
    }

    /// Sends a request and waits for the head of its answer. A fault comes as HTTP 500 with a body to be read.
    pub(super) async fn post(
        &self,
        step: &'static str,
        body: String,
        deadline: Duration,
    ) -> Result<Response, VcenterError> {
        add(&self.traffic.sent, body.len());
        let mut request = self.http.post(&self.url).header(CONTENT_TYPE, "text/xml; charset=utf-8");
        request = request.header("SOAPAction", format!("\"{}\"", self.action)).body(body);
        if let Some(cookie) = self.cookie() {
            request = request.header(COOKIE, cookie.expose());
        }
        let response = self.within(step, deadline, request.send()).await?;
        self.available(step, &response)?;
        self.keep_cookie(&response);
        self.answered_ms.store(clock::now().unix_ms(), Ordering::Relaxed);
        Ok(response)
    }

    /// How long vCenter has not answered anything.
    pub(super) fn silent_for(&self) -> Duration {
        let answered = self.answered_ms.load(Ordering::Relaxed);
        Duration::from_millis(clock::now().unix_ms().saturating_sub(answered))
    }

    pub(super) fn unreadable(&self, step: &'static str, error: DecodeError) -> VcenterError {
        VcenterError::answer(&self.vcenter, step, AnswerError::Decode(error))
    }

    fn available(&self, step: &'static str, response: &Response) -> Result<(), VcenterError> {
        let status = response.status();
        let read = status == StatusCode::OK || status == StatusCode::INTERNAL_SERVER_ERROR;
        if read || (status == StatusCode::NOT_FOUND && self.cookie().is_none()) {
            return Ok(());
        }
        let retry_after = retry_after(response);
        Err(VcenterError::Unavailable { vcenter: self.vcenter.clone(), step, status, retry_after })
    }

    async fn within<T>(
        &self,
        step: &'static str,
        deadline: Duration,
        work: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, VcenterError> {
        let vcenter = || self.vcenter.clone();
        match timeout(deadline, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) if error.is_timeout() => Err(VcenterError::Timeout { vcenter: vcenter(), step }),
            Ok(Err(error)) => Err(VcenterError::Connection { vcenter: vcenter(), step, source: error.without_url() }),
            Err(_) => Err(VcenterError::Timeout { vcenter: vcenter(), step }),
        }
    }

    async fn body(&self, step: &'static str, mut response: Response) -> Result<Vec<u8>, VcenterError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.within(step, self.limits.call, response.chunk()).await? {
            self.traffic.received(chunk.len());
            body.extend_from_slice(&chunk);
            if body.len() > OBJECT_LIMIT {
                return Err(self.unreadable(step, DecodeError::Cut));
            }
        }
        Ok(body)
    }

    /// Whether vCenter gave a cookie: there may be a session to end.
    pub(super) fn has_cookie(&self) -> bool {
        self.cookie().is_some()
    }

    fn cookie(&self) -> Option<Secret> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kept verbatim, quotes and all: vCenter quotes the value, others do not (facts: vCenter §B1).
    fn keep_cookie(&self, response: &Response) {
        let pairs = response.headers().get_all(SET_COOKIE).iter().filter_map(|header| header.to_str().ok());
        let session = pairs
            .filter_map(|header| header.split(';').next())
            .map(str::trim)
            .find(|pair| pair.starts_with("vmware_soap_session="));
        if let Some(session) = session {
            *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = Some(Secret::new(session.to_owned()));
        }
    }
}

/// `Retry-After` in seconds; its other form, a date, would need clocks that agree.
fn retry_after(response: &Response) -> Option<Duration> {
    let header = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    header.trim().parse().ok().map(Duration::from_secs)
}
