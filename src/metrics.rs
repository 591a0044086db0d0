//! Every metric: name, labels, help, buckets; and one typed function for each change. Nothing else in the product
//! touches the recorder (clippy holds that).
//!
//! Labels are only `vcenter`, `switch`, `operation`, `result`, `team` and what the build says of itself: never a VM,
//! a port or an address, so that the number of series follows the number of devices (facts: performance,
//! "Prometheus").

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use vmtracker_core::{
    net::{SwitchName, VcenterName},
    tracker::{Moment, Snapshot, Team},
};

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only ever goes up.
    Counter,
    /// A distribution with these upper bounds, in seconds.
    Histogram(&'static [f64]),
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricDef {
    /// Its name.
    pub name: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// One line for people.
    pub help: &'static str,
}

/// A request to a switch: from a cached login (some 50 ms on a real one) to the timeout of a long reading.
const REQUEST: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// From vCenter's word to a VLAN that stands: the copy phase of a small vMotion is some seconds.
const CONFIGURED: &[f64] = &[0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

macro_rules! metrics {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $kind:expr, [$($label:literal),*], $help:literal;)*) => {
        $(const $id: MetricDef = MetricDef { name: $name, kind: $kind, labels: &[$($label),*], help: $help };)*
        /// All of them.
        pub const ALL: &[MetricDef] = &[$($id),*];
    };
}

metrics! {
    BUILD_INFO = "vmtracker_build_info", Kind::Gauge, ["version"],
        "Always 1; says which version runs.";
    VCENTER_UP = "vmtracker_vcenter_up", Kind::Gauge, ["vcenter"],
        "Whether the session with the vCenter stands and its inventory is complete.";
    VCENTER_READ = "vmtracker_vcenter_last_complete_read_timestamp_seconds", Kind::Gauge, ["vcenter"],
        "When the vCenter's inventory was last known to be complete, in Unix time.";
    VCENTER_EVENTS = "vmtracker_vcenter_events_total", Kind::Counter, ["vcenter"],
        "Facts that a vCenter told.";
    VCENTER_BYTES = "vmtracker_vcenter_bytes_total", Kind::Counter, ["vcenter", "direction"],
        "Bytes of requests and answers, uncompressed and without headers, by direction (sent, received).";
    SWITCH_UP = "vmtracker_switch_up", Kind::Gauge, ["switch"],
        "Whether the switch answers.";
    SWITCH_READ = "vmtracker_switch_last_complete_read_timestamp_seconds", Kind::Gauge, ["switch"],
        "When the whole switch was last read, in Unix time.";
    SWITCH_REQUESTS = "vmtracker_switch_requests_total", Kind::Counter, ["switch", "operation", "result"],
        "Requests to a switch by operation (login, read, write, save) and result (ok, auth, timeout, refused, protocol, device).";
    SWITCH_DURATION = "vmtracker_switch_request_duration_seconds", Kind::Histogram(REQUEST), ["switch", "operation"],
        "How long requests to a switch took.";
    SWITCH_BYTES = "vmtracker_switch_bytes_total", Kind::Counter, ["switch", "direction"],
        "Bytes of requests and answers, uncompressed and without headers, by direction (sent, received).";
    CONFIGURED_AFTER = "vmtracker_event_to_configured_seconds", Kind::Histogram(CONFIGURED), [],
        "From the fact that made a VLAN needed to the read-back that shows it.";
    UNMET = "vmtracker_unmet_requirements", Kind::Gauge, [],
        "Port-VLANs that VMs need and that do not stand.";
    FINDINGS = "vmtracker_findings", Kind::Gauge, ["team"],
        "Things that a person should mend, by the team they belong to (network, systems).";
    OWNED = "vmtracker_owned_vlans", Kind::Gauge, ["switch"],
        "Port-VLANs that the controller put on the switch.";
    PAUSED = "vmtracker_paused", Kind::Gauge, [],
        "Whether a person paused all writing to switches.";
    RELOAD_OK = "vmtracker_config_reload_success", Kind::Gauge, [],
        "Whether the last reading of the configuration succeeded.";
    RELOADED = "vmtracker_config_last_reload_timestamp_seconds", Kind::Gauge, [],
        "When the configuration was last read with success, in Unix time.";
    COMMITS = "vmtracker_store_commits_total", Kind::Counter, ["result"],
        "Commits to the store by result (ok, failed).";
}

/// Installs the recorder, with help and buckets for every metric; call [`PrometheusHandle::run_upkeep`] on a timer.
///
/// # Errors
/// A recorder is installed already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for metric in ALL {
        if let Kind::Histogram(buckets) = metric.kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)?;
        }
    }
    let handle = builder.install_recorder()?;
    describe();
    gauge(BUILD_INFO, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    paused(false);
    Ok(handle)
}

/// How often the exporter's own buffers are emptied; its histograms grow until then.
pub const UPKEEP: Duration = Duration::from_secs(5);

fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.help),
            Kind::Counter => metrics::describe_counter!(metric.name, metric.help),
            Kind::Histogram(_) => metrics::describe_histogram!(metric.name, metric.help),
        }
    }
}

/// Whether the session with a vCenter stands and its inventory is complete.
pub fn vcenter_up(vcenter: &VcenterName, up: bool) {
    gauge(VCENTER_UP, &[("vcenter", vcenter.as_str())], truth(up));
}

/// A vCenter's inventory was known to be complete at this moment.
pub fn vcenter_read(vcenter: &VcenterName, at: Moment) {
    gauge(VCENTER_READ, &[("vcenter", vcenter.as_str())], unix_seconds(at));
}

/// A vCenter told this many facts.
pub fn vcenter_events(vcenter: &VcenterName, count: u64) {
    counter(VCENTER_EVENTS, &[("vcenter", vcenter.as_str())], count);
}

/// What went to a vCenter and back, in bytes, since the last time that this was told.
pub fn vcenter_bytes(vcenter: &VcenterName, sent: u64, received: u64) {
    for (direction, bytes) in [("sent", sent), ("received", received)] {
        counter(VCENTER_BYTES, &[("vcenter", vcenter.as_str()), ("direction", direction)], bytes);
    }
}

/// The vCenter is not configured any more: its gauges say nothing, so that no alert speaks of it.
pub fn vcenter_gone(vcenter: &VcenterName) {
    for metric in [VCENTER_UP, VCENTER_READ] {
        gauge(metric, &[("vcenter", vcenter.as_str())], f64::NAN);
    }
}

/// Whether a switch answers.
pub fn switch_up(switch: &SwitchName, up: bool) {
    gauge(SWITCH_UP, &[("switch", switch.as_str())], truth(up));
}

/// The whole switch was read at this moment.
pub fn switch_read(switch: &SwitchName, at: Moment) {
    gauge(SWITCH_READ, &[("switch", switch.as_str())], unix_seconds(at));
}

/// A request to a switch ended. `operation` is `login`, `read`, `write` or `save`; `result` is `ok` or the error's
/// class.
pub fn switch_request(switch: &SwitchName, operation: &'static str, result: &'static str, took: Duration) {
    let switch = ("switch", switch.as_str());
    counter(SWITCH_REQUESTS, &[switch, ("operation", operation), ("result", result)], 1);
    histogram(SWITCH_DURATION, &[switch, ("operation", operation)], took);
}

/// What went over the wire to a switch and back, in bytes, since the last time that this was told.
pub fn switch_bytes(switch: &SwitchName, sent: u64, received: u64) {
    for (direction, bytes) in [("sent", sent), ("received", received)] {
        counter(SWITCH_BYTES, &[("switch", switch.as_str()), ("direction", direction)], bytes);
    }
}

/// How many port-VLANs of ours stand on a switch.
pub fn owned_vlans(switch: &SwitchName, count: usize) {
    gauge(OWNED, &[("switch", switch.as_str())], number(count));
}

/// The switch is not configured any more: its gauges say nothing, so that no alert speaks of it.
pub fn switch_gone(switch: &SwitchName) {
    for metric in [SWITCH_UP, SWITCH_READ, OWNED] {
        gauge(metric, &[("switch", switch.as_str())], f64::NAN);
    }
}

/// A VLAN that became needed this long ago was read back.
pub fn event_to_configured(took: Duration) {
    histogram(CONFIGURED_AFTER, &[], took);
}

/// How many port-VLANs are needed and do not stand.
pub fn unmet_requirements(count: usize) {
    gauge(UNMET, &[], number(count));
}

/// How many findings a team has; `team` is `network` or `systems`.
pub fn findings(team: &'static str, count: usize) {
    gauge(FINDINGS, &[("team", team)], number(count));
}

/// Whether a person paused all writing.
pub fn paused(paused: bool) {
    gauge(PAUSED, &[], truth(paused));
}

/// The configuration was read, at this moment, with or without success.
pub fn config_reloaded(success: bool, at: Moment) {
    gauge(RELOAD_OK, &[], truth(success));
    if success {
        gauge(RELOADED, &[], unix_seconds(at));
    }
}

/// A commit to the store ended.
pub fn store_commit(success: bool) {
    counter(COMMITS, &[("result", if success { "ok" } else { "failed" })], 1);
}

const fn truth(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

fn unix_seconds(at: Moment) -> f64 {
    Duration::from_millis(at.unix_ms()).as_secs_f64()
}

type Labels<'a> = &'a [(&'static str, &'a str)];

fn owned(labels: Labels<'_>) -> Vec<metrics::Label> {
    labels.iter().map(|(name, value)| metrics::Label::new(*name, (*value).to_owned())).collect()
}

#[expect(clippy::disallowed_macros, reason = "this is the one place")]
fn gauge(metric: MetricDef, labels: Labels<'_>, value: f64) {
    metrics::gauge!(metric.name, owned(labels)).set(value);
}

#[expect(clippy::disallowed_macros, reason = "this is the one place")]
fn counter(metric: MetricDef, labels: Labels<'_>, count: u64) {
    metrics::counter!(metric.name, owned(labels)).increment(count);
}

#[expect(clippy::disallowed_macros, reason = "this is the one place")]
fn histogram(metric: MetricDef, labels: Labels<'_>, took: Duration) {
    metrics::histogram!(metric.name, owned(labels)).record(took.as_secs_f64());
}

/// Everything that a snapshot of the core tells.
pub fn snapshot(snapshot: &Snapshot) {
    paused(snapshot.paused);
    unmet_requirements(snapshot.requirements.iter().filter(|requirement| !requirement.ready).count());
    for (switch, state) in &snapshot.switches {
        owned_vlans(switch, state.owned);
    }
    for team in [Team::Network, Team::Systems] {
        let name = if team == Team::Network { "network" } else { "systems" };
        findings(name, snapshot.findings.iter().filter(|finding| finding.team == team).count());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        let mut names = BTreeSet::new();
        for metric in ALL {
            assert!(names.insert(metric.name), "{} twice", metric.name);
            assert!(metric.name.starts_with("vmtracker_"), "{}", metric.name);
            assert_eq!(metric.kind == Kind::Counter, metric.name.ends_with("_total"), "{}", metric.name);
            assert!(metric.help.ends_with('.'), "{}", metric.name);
            for label in metric.labels {
                assert!(
                    ["vcenter", "switch", "operation", "result", "direction", "team", "version"].contains(label),
                    "{label}"
                );
            }
        }
    }

    #[test]
    fn everything_that_is_set_is_rendered_with_its_help_and_its_labels() {
        let handle = install().expect("the only recorder of this process");
        let (vcenter, switch) = (VcenterName::from("vc1"), SwitchName::from("leaf-1"));
        let now = Moment::from_unix_ms(1_500);
        vcenter_up(&vcenter, true);
        vcenter_read(&vcenter, now);
        vcenter_events(&vcenter, 3);
        vcenter_bytes(&vcenter, 5, 70);
        switch_up(&switch, false);
        switch_read(&switch, now);
        switch_request(&switch, "write", "ok", Duration::from_millis(120));
        switch_bytes(&switch, 120, 7);
        owned_vlans(&switch, 4);
        event_to_configured(Duration::from_millis(300));
        unmet_requirements(2);
        findings("network", 1);
        config_reloaded(true, now);
        store_commit(true);
        handle.run_upkeep();
        let text = handle.render();
        for metric in ALL {
            assert!(text.contains(&format!("# HELP {} ", metric.name)), "{} in {text}", metric.name);
        }
        for line in [
            "vmtracker_vcenter_up{vcenter=\"vc1\"} 1",
            "vmtracker_switch_requests_total{switch=\"leaf-1\",operation=\"write\",result=\"ok\"} 1",
            "vmtracker_switch_bytes_total{switch=\"leaf-1\",direction=\"received\"} 7",
            "vmtracker_event_to_configured_seconds_bucket{le=\"0.35\"} 1",
            "vmtracker_config_last_reload_timestamp_seconds 1.5",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
