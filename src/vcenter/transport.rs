//! SOAP over HTTPS: one POST, one cookie (facts: vCenter §B1).

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
};
use tokio::time::timeout;
use vmtracker_core::{
    net::VcenterName,
    vcenter::{AnswerError, DecodeError, OBJECT_LIMIT, VimValue, newest_version, read_answer},
};

use super::VcenterError;
use crate::{
    clock,
    config::{Secret, VcenterSettings},
    tls,
};

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a small call may take. A busy vCenter takes seconds; half a minute is a vCenter in trouble.
pub(super) const CALL: Duration = Duration::from_secs(30);

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
}

impl Transport {
    /// Finds out which version to speak.
    pub(super) async fn negotiate(settings: &VcenterSettings) -> Result<Self, VcenterError> {
        let vcenter = settings.name.clone();
        let http = tls::http_client(&settings.trust, CONNECT)
            .map_err(|source| VcenterError::Trust { vcenter: vcenter.clone(), source })?;
        let url = format!("{}/sdk", settings.url.trim_end_matches('/'));
        let mut transport = Self {
            http,
            vcenter,
            url,
            action: format!("urn:vim25/{}", KNOWN_VERSIONS[0]),
            cookie: Mutex::default(),
            answered_ms: AtomicU64::new(clock::now().unix_ms()),
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
        let response = self.within(step, CALL, request.send()).await?;
        if response.status() != StatusCode::OK {
            return self.available(step, &response).map(|()| None);
        }
        let body = self.body(step, response).await?;
        newest_version(body.as_slice(), &KNOWN_VERSIONS).map_err(|error| self.unreadable(step, error))
    }

    /// Calls a method with a small answer.
    pub(super) async fn call(&self, step: &'static str, body: String) -> Result<VimValue, VcenterError> {
        let response = self.post(step, body, CALL).await?;
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
        Err(VcenterError::Unavailable { vcenter: self.vcenter.clone(), step, status })
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
        while let Some(chunk) = self.within(step, CALL, response.chunk()).await? {
            body.extend_from_slice(&chunk);
            if body.len() > OBJECT_LIMIT {
                return Err(self.unreadable(step, DecodeError::Cut));
            }
        }
        Ok(body)
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
