//! One session with a vCenter: from login to logout.

use std::time::Duration;

use tokio::time::timeout;
use tracing::debug;
use vmtracker_core::{
    net::VcenterId,
    tracker::{DvPort, Hint},
    vcenter::{
        HintTarget, MoRef, PortTarget, ServiceContent, VimValue, hints, ports, returned_reference, soap,
        soap::CustomPaths, unix_ms,
    },
};

use super::{
    Updates, VcenterError,
    transport::{CALL, Transport},
};
use crate::config::VcenterSettings;

/// How long vCenter may hold a wait in which nothing happens. Short enough that a dead connection is found within a
/// minute, long enough to be a quiet client.
const MAX_WAIT_SECONDS: u32 = 30;

/// What vCenter may take beyond the wait it was given: it answers "earlier or later" (facts: vCenter §B3).
const WAIT_MARGIN: Duration = Duration::from_secs(30);

/// How many objects one set may have. vCenter caps at 100 by itself (facts: vCenter §B3).
const MAX_OBJECTS: u32 = 100;

/// How long the farewell may take: it is polite, and nothing depends on it.
const FAREWELL: Duration = Duration::from_secs(3);

/// How long no call may have been answered before the session is kept alive: it idles out after 30 minutes, or what an
/// administrator set (facts: vCenter §B2).
const SILENCE: Duration = Duration::from_secs(300);

/// An open session with its own collector and filters.
#[derive(Debug)]
pub struct Session {
    pub(super) transport: Transport,
    pub(super) content: ServiceContent,
    id: VcenterId,
    collector: Option<MoRef>,
}

impl Session {
    /// Logs in and sets up the filters. What fails after the login logs out again: orphaned sessions count against
    /// vCenter's limit.
    ///
    /// # Errors
    /// See [`VcenterError`]; `class()` says whether trying again makes sense.
    pub async fn open(settings: &VcenterSettings) -> Result<Self, VcenterError> {
        let mut session = Self::login(settings).await?;
        match session.set_up(custom(settings)).await {
            Ok(()) => Ok(session),
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    async fn login(settings: &VcenterSettings) -> Result<Self, VcenterError> {
        let transport = Transport::negotiate(settings).await?;
        let step = "the question who it is";
        let answer = transport.call(step, soap::retrieve_service_content()).await?;
        let content = ServiceContent::read(&answer).map_err(|error| transport.unreadable(step, error))?;
        let Some(id) = content.instance_uuid.as_deref().map(VcenterId::from) else {
            let found = content.full_name.clone();
            return Err(VcenterError::NoVcenter { vcenter: settings.name.clone(), found });
        };
        let login = soap::login(&content, &settings.username, settings.password.expose());
        transport.call("the login", login).await?;
        Ok(Self { transport, content, id, collector: None })
    }

    async fn set_up(&mut self, custom: CustomPaths) -> Result<(), VcenterError> {
        let view = self.create("a view of the inventory", soap::create_container_view(&self.content)).await?;
        let collector = self.create("a property collector", soap::create_property_collector(&self.content)).await?;
        self.collector = Some(collector.clone());
        self.create("a filter", soap::create_inventory_filter(&collector, &view, custom)).await?;
        let events = self.create("an event collector", soap::create_event_collector(&self.content)).await?;
        self.create("a filter for events", soap::create_event_filter(&collector, &events)).await?;
        Ok(())
    }

    async fn create(&self, step: &'static str, body: String) -> Result<MoRef, VcenterError> {
        let answer = self.transport.call(step, body).await?;
        returned_reference(&answer).map_err(|error| self.transport.unreadable(step, error))
    }

    /// Who answered (`about.instanceUuid`).
    pub const fn id(&self) -> &VcenterId {
        &self.id
    }

    /// What it calls itself, with its version.
    pub fn full_name(&self) -> &str {
        &self.content.full_name
    }

    /// vCenter's own clock, in milliseconds since 1970; none when it is unreadable. Keeps the session alive.
    ///
    /// # Errors
    /// As any call.
    pub async fn current_time(&self) -> Result<Option<i64>, VcenterError> {
        let answer = self.transport.call("the question for its time", soap::current_time()).await?;
        Ok(answer.text_at(&["returnval"]).and_then(unix_ms))
    }

    /// Keeps the session alive where nothing else did, for as long as it is polled.
    pub async fn keep_alive(&self) {
        loop {
            tokio::time::sleep(SILENCE.saturating_sub(self.transport.silent_for()).max(CALL)).await;
            if self.transport.silent_for() < SILENCE {
                continue;
            }
            if let Err(error) = self.current_time().await {
                debug!(vcenter = %self.transport.vcenter, %error, "the session could not be kept alive");
            }
        }
    }

    /// Waits for what changed since `version`; empty for everything.
    ///
    /// # Errors
    /// No answer within the wait and its margin, a fault, or a connection that broke.
    pub async fn wait(&self, version: &str) -> Result<Updates, VcenterError> {
        let step = "the wait for changes";
        let collector = self.collector.as_ref().unwrap_or(&self.content.property_collector);
        let request = soap::wait_for_updates(collector, version, MAX_WAIT_SECONDS, MAX_OBJECTS);
        let deadline = Duration::from_secs(u64::from(MAX_WAIT_SECONDS)) + WAIT_MARGIN;
        let response = self.transport.post(step, request, deadline).await?;
        Ok(Updates::read(self.transport.vcenter.clone(), response))
    }

    /// What a host's pnics hear. Some hosts answer the question for all pnics with nothing or a fault; they are asked
    /// pnic by pnic (facts: vCenter §B5).
    ///
    /// # Errors
    /// The fault of the first question where none of the single ones was answered either.
    pub async fn hints(&self, target: &HintTarget) -> Result<Vec<Hint>, VcenterError> {
        let all = self.query_hint(target, None).await.map(|answer| hints(&answer));
        match all {
            Ok(heard) if !heard.is_empty() => return Ok(heard),
            Err(error) if !error.is_odd_fault() => return Err(error),
            Ok(_) | Err(_) => {}
        }
        let mut heard = Vec::new();
        let mut answered = all.is_ok();
        for pnic in &target.pnics {
            if let Ok(answer) = self.query_hint(target, Some(pnic)).await {
                answered = true;
                heard.extend(hints(&answer));
            }
        }
        if answered { Ok(heard) } else { all }
    }

    async fn query_hint(&self, target: &HintTarget, pnic: Option<&str>) -> Result<VimValue, VcenterError> {
        let request = soap::query_network_hint(&target.network_system, pnic);
        self.transport.call("the question what a host hears", request).await
    }

    /// The ports of a group that something is plugged into.
    ///
    /// # Errors
    /// As any call.
    pub async fn ports(&self, target: &PortTarget) -> Result<Vec<DvPort>, VcenterError> {
        let request = soap::fetch_dv_ports(&target.dvs, std::slice::from_ref(&target.group));
        self.transport.call("the question for ports", request).await.map(|answer| ports(&answer))
    }

    /// Ends the session in order, within three seconds: the wait, the collector, the login. What fails is left to
    /// vCenter's own idle timeout.
    pub async fn close(&self) {
        let farewell = async {
            if let Some(collector) = &self.collector {
                self.say("cancelling the wait", soap::cancel_wait_for_updates(collector)).await;
                self.say("destroying the collector", soap::destroy_property_collector(collector)).await;
            }
            self.say("the logout", soap::logout(&self.content)).await;
        };
        if timeout(FAREWELL, farewell).await.is_err() {
            debug!(vcenter = %self.transport.vcenter, "the farewell took too long");
        }
    }

    async fn say(&self, step: &'static str, request: String) {
        if let Err(error) = self.transport.call(step, request).await {
            debug!(vcenter = %self.transport.vcenter, %error, "the farewell was not heard");
        }
    }
}

/// Attributes are asked for only where people want them.
const fn custom(settings: &VcenterSettings) -> CustomPaths {
    CustomPaths { port_groups: settings.attributes, entities: settings.annotate }
}

/// Logs in and out again; what the vCenter calls itself. For `check --connect`.
///
/// # Errors
/// As [`Session::open`].
pub async fn probe(settings: &VcenterSettings) -> Result<String, VcenterError> {
    let session = Session::login(settings).await?;
    session.close().await;
    Ok(session.full_name().to_owned())
}
