//! Rows from a snapshot of the core.

use vmtracker_core::{
    tracker::{Finding, Snapshot, SwitchState, VcenterState},
    view,
};

use super::{FindingRow, Status, SwitchRow, Unmet, VcenterRow};

/// How many unmet requirements a status lists.
const UNMET: usize = 50;

impl Status {
    /// How the service stands in `snapshot`.
    pub fn of(snapshot: &Snapshot) -> Self {
        let unmet: Vec<Unmet> = view::unmet(snapshot).map(unmet_row).collect();
        Self {
            paused: snapshot.paused,
            brake: snapshot.brake.clone(),
            vcenters: snapshot.vcenters.iter().map(|(name, state)| vcenter_row(name.as_str(), state)).collect(),
            switches: snapshot.switches.iter().map(|(name, state)| switch_row(name.as_str(), state)).collect(),
            unmet: unmet.len(),
            requirements: unmet.into_iter().take(UNMET).collect(),
            findings: snapshot.findings.iter().map(FindingRow::of).collect(),
        }
    }
}

impl FindingRow {
    /// The row of one finding.
    pub fn of(finding: &Finding) -> Self {
        Self {
            kind: finding.kind.to_string(),
            team: finding.team.to_string(),
            subject: finding.subject.clone(),
            text: finding.text.clone(),
            since_ms: finding.since.unix_ms(),
        }
    }
}

fn unmet_row(unmet: view::Unmet) -> Unmet {
    Unmet {
        switch: unmet.port.switch.to_string(),
        interface: unmet.port.interface.to_string(),
        vlan: unmet.vlan.get(),
        why: unmet.who,
    }
}

fn vcenter_row(name: &str, state: &VcenterState) -> VcenterRow {
    let text = match (&state.lost, state.complete) {
        (Some(why), _) => format!("lost: {why}"),
        (None, true) => "watching".to_owned(),
        (None, false) => "listing".to_owned(),
    };
    VcenterRow { name: name.to_owned(), state: text, vms: state.vms, hosts: state.hosts }
}

fn switch_row(name: &str, state: &SwitchState) -> SwitchRow {
    let text = match (&state.why, state.live) {
        (Some(why), _) => format!("lost: {why}"),
        (None, true) => "up".to_owned(),
        (None, false) => "reading".to_owned(),
    };
    let identity = state.identity.as_ref();
    SwitchRow {
        name: name.to_owned(),
        state: text,
        serial: identity.map(|identity| identity.serial.clone()),
        platform: identity.map(|identity| identity.platform.clone()),
        version: identity.map(|identity| identity.version.clone()),
        owned: state.owned,
        pending: state.unmet,
    }
}
