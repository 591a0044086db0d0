//! One session with a vCenter: from login to logout.

use tokio::time::{sleep, timeout};
use tracing::debug;
use vmtracker_core::{
    net::VcenterId,
    tracker::{DvPort, Hint},
    vcenter::{
        HintTarget, MoRef, PortTarget, ServiceContent, VimValue, hints, ports, returned_reference, soap,
        soap::CustomPaths, unix_ms,
    },
};

use super::{Limits, Updates, VcenterError, transport::Transport};
use crate::config::VcenterSettings;

/// How many objects one set may have. vCenter caps at 100 by itself (facts: vCenter §B3).
const MAX_OBJECTS: u32 = 100;

/// An open session with its own collector and filters.
#[derive(Debug)]
pub struct Session {
    pub(super) transport: Transport,
    pub(super) content: ServiceContent,
    id: VcenterId,
    collector: Option<MoRef>,
}

impl Session {
    /// Logs in. Where the answer to that was lost, there may be a session all the same: it is ended.
    ///
    /// # Errors
    /// See [`VcenterError`].
    pub async fn login(settings: &VcenterSettings, limits: Limits) -> Result<Self, VcenterError> {
        let transport = Transport::negotiate(settings, limits).await?;
        let step = "the question who it is";
        let answer = transport.call(step, soap::retrieve_service_content()).await?;
        let content = ServiceContent::read(&answer).map_err(|error| transport.unreadable(step, error))?;
        let Some(id) = content.instance_uuid.as_deref().map(VcenterId::from) else {
            let found = content.full_name.clone();
            return Err(VcenterError::NoVcenter { vcenter: settings.name.clone(), found });
        };
        let login = soap::login(&content, &settings.username, settings.password.expose());
        let session = Self { transport, content, id, collector: None };
        if let Err(error) = session.transport.call("the login", login).await {
            if session.transport.has_cookie() && error.leaves_in_doubt() {
                session.close().await;
            }
            return Err(error);
        }
        Ok(session)
    }

    /// Makes the collector and its filters, for what the settings ask for.
    ///
    /// # Errors
    /// A fault, or a connection that broke; the session stands, and is to be closed.
    pub async fn set_up(&mut self, settings: &VcenterSettings) -> Result<(), VcenterError> {
        let view = self.create("a view of the inventory", soap::create_container_view(&self.content)).await?;
        let collector = self.create("a property collector", soap::create_property_collector(&self.content)).await?;
        self.collector = Some(collector.clone());
        self.create_filter(&collector, &view, custom(settings)).await?;
        let events = self.create("an event collector", soap::create_event_collector(&self.content)).await?;
        self.create("a filter for events", soap::create_event_filter(&collector, &events)).await?;
        Ok(())
    }

    /// A vCenter that refuses a path refuses the whole filter: then it is asked for whole switches, whose paths every
    /// vCenter knows.
    async fn create_filter(&self, collector: &MoRef, view: &MoRef, custom: CustomPaths) -> Result<(), VcenterError> {
        let request = |custom| soap::create_inventory_filter(collector, view, custom);
        match self.create("a filter", request(custom)).await {
            Err(error) if error.is_odd_fault() => {
                debug!(vcenter = %self.transport.vcenter, %error, "whole switches are asked for");
                let whole = CustomPaths { whole_switches: true, ..custom };
                self.create("a filter", request(whole)).await.map(drop)
            }
            made => made.map(drop),
        }
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
            let Limits { silence, call, .. } = self.transport.limits;
            sleep(silence.saturating_sub(self.transport.silent_for()).max(call)).await;
            if self.transport.silent_for() < silence {
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
        let Limits { wait, margin, .. } = self.transport.limits;
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        let request = soap::wait_for_updates(collector, version, seconds, MAX_OBJECTS);
        let response = self.transport.post(step, request, wait + margin).await?;
        Ok(Updates::read(&self.transport, response))
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

    /// Bytes of requests and answers since the session began: to the vCenter, and from it.
    pub fn traffic(&self) -> (u64, u64) {
        self.transport.traffic.so_far()
    }

    /// Ends the session in order, within three seconds: the wait, the collector, the login. Whether vCenter heard it;
    /// if not, it may count the session until that idles out.
    pub async fn close(&self) -> bool {
        let farewell = async {
            if let Some(collector) = &self.collector {
                self.say("cancelling the wait", soap::cancel_wait_for_updates(collector)).await;
                self.say("destroying the collector", soap::destroy_property_collector(collector)).await;
            }
            self.say("the logout", soap::logout(&self.content)).await
        };
        let heard = timeout(self.transport.limits.farewell, farewell).await;
        heard.unwrap_or_else(|_| {
            debug!(vcenter = %self.transport.vcenter, "the farewell took too long");
            false
        })
    }

    /// Says it; whether vCenter heard it.
    async fn say(&self, step: &'static str, request: String) -> bool {
        match self.transport.call(step, request).await {
            Ok(_) => true,
            Err(error) => {
                debug!(vcenter = %self.transport.vcenter, %error, "the farewell was not heard");
                error.was_heard()
            }
        }
    }
}

/// Attributes are asked for only where people want them.
const fn custom(settings: &VcenterSettings) -> CustomPaths {
    let (port_groups, entities) = (settings.attributes, settings.annotate);
    CustomPaths { port_groups, entities, recommendations: settings.recommendations, whole_switches: false }
}

/// Logs in and out again; what the vCenter calls itself. For `check --connect`.
///
/// # Errors
/// As [`Session::login`].
pub async fn probe(settings: &VcenterSettings) -> Result<String, VcenterError> {
    let session = Session::login(settings, Limits::default()).await?;
    session.close().await;
    Ok(session.full_name().to_owned())
}
