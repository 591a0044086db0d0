//! `status`, `findings`, `history`, and the commands to the running service.

use std::process::ExitCode;

use serde::{Serialize, de::DeserializeOwned};

use super::{Remote, output, remote};
use crate::api::{Accepted, Close, FindingRow, HistoryRow, Status};

/// `vmtracker status`.
pub(super) fn status(remote: &Remote) -> anyhow::Result<ExitCode> {
    show(remote, "/v1/status", print_status)
}

/// `vmtracker findings`.
pub(super) fn findings(remote: &Remote) -> anyhow::Result<ExitCode> {
    show(remote, "/v1/findings", |rows: &Vec<FindingRow>| print_findings(rows))
}

/// `vmtracker history`.
pub(super) fn history(remote: &Remote, limit: usize) -> anyhow::Result<ExitCode> {
    show(remote, &format!("/v1/history?limit={limit}"), |rows: &Vec<HistoryRow>| print_history(rows))
}

/// `vmtracker pause`, `resume` and `retry`.
pub(super) fn command(remote: &Remote, name: &str) -> anyhow::Result<ExitCode> {
    finish(remote, &remote::post(remote, &format!("/v1/{name}"), None::<&()>)?)
}

/// `vmtracker close`.
pub(super) fn close(remote: &Remote, what: &Close) -> anyhow::Result<ExitCode> {
    finish(remote, &remote::post(remote, "/v1/close", Some(what))?)
}

fn finish(remote: &Remote, accepted: &Accepted) -> anyhow::Result<ExitCode> {
    match remote.json {
        true => output::json(accepted)?,
        false => output::say(&accepted.done),
    }
    Ok(ExitCode::SUCCESS)
}

fn show<T: DeserializeOwned + Serialize>(remote: &Remote, path: &str, print: impl Fn(&T)) -> anyhow::Result<ExitCode> {
    let rows: T = remote::get(remote, path)?;
    match remote.json {
        true => output::json(&rows)?,
        false => print(&rows),
    }
    Ok(ExitCode::SUCCESS)
}

fn print_status(status: &Status) {
    if status.paused {
        output::say("PAUSED: nothing is written to switches until `vmtracker resume`");
    }
    if let Some(why) = &status.brake {
        output::say(&format!("BRAKE: nothing is withdrawn: {why}; look, then `vmtracker release-brake`"));
    }
    let vcenters = status.vcenters.iter().map(|row| {
        let counts = [row.vms.to_string(), row.hosts.to_string()];
        let [vms, hosts] = counts;
        [row.name.clone(), row.state.clone(), vms, hosts]
    });
    output::table(["VCENTER", "STATE", "VMS", "HOSTS"], vcenters);
    let unread = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let switches = status.switches.iter().map(|row| {
        let [vpc, serial, platform, version] = [&row.vpc, &row.serial, &row.platform, &row.version].map(unread);
        let [owned, pending] = [row.owned, row.pending].map(|count| count.to_string());
        [row.name.clone(), row.state.clone(), vpc, serial, platform, version, owned, pending]
    });
    output::table(["SWITCH", "STATE", "VPC", "SERIAL", "PLATFORM", "NX-OS", "OWNED", "PENDING"], switches);
    let requirements = status
        .requirements
        .iter()
        .map(|row| [row.switch.clone(), row.interface.clone(), row.vlan.to_string(), row.why.clone()]);
    output::say(&format!("unmet requirements: {}", status.unmet));
    if !status.requirements.is_empty() {
        output::table(["SWITCH", "PORT", "VLAN", "WHY"], requirements);
    }
    print_findings(&status.findings);
}

fn print_findings(rows: &[FindingRow]) {
    if rows.is_empty() {
        return output::say("no findings");
    }
    let rows = rows.iter().map(|row| {
        let since = output::age(row.since_ms);
        [row.team.clone(), row.kind.clone(), since, row.subject.clone(), row.text.clone()]
    });
    output::table(["TEAM", "FINDING", "SINCE", "ABOUT", "WHAT"], rows);
}

fn print_history(rows: &[HistoryRow]) {
    let rows = rows.iter().map(|row| {
        let place = row.place.clone().unwrap_or_default();
        let vlan = row.vlan.map(|vlan| vlan.to_string()).unwrap_or_default();
        let switch = row.switch.clone().unwrap_or_default();
        [output::age(row.at_ms), row.actor.clone(), row.what.clone(), switch, place, vlan, row.text.clone()]
    });
    output::table(["AGO", "WHO", "WHAT", "SWITCH", "PLACE", "VLAN", "WHY"], rows);
}
