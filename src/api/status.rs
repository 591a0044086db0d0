//! Rows from a snapshot of the core.

use vmtracker_core::{
    tracker::{Finding, PairState, Snapshot, SwitchState, VcenterState, VpcRole},
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

fn pair_text(pair: &PairState) -> String {
    let role = match pair.role {
        VpcRole::Primary => "primary",
        VpcRole::Secondary => "secondary",
        VpcRole::Unknown => "no role",
    };
    let Some(peer) = &pair.peer else { return format!("{role}, peer unknown") };
    match (pair.adjacent, pair.alive) {
        (true, _) => format!("{role} with {peer}"),
        (false, true) => format!("{role}, peer-link to {peer} down"),
        (false, false) => format!("{role}, peer {peer} dead"),
    }
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
        vpc: state.pair.as_ref().map(pair_text),
        owned: state.owned,
        pending: state.unmet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_told_with_how_the_peer_is() {
        let check = |peer: Option<&str>, adjacent, alive, expected: &str| {
            let pair = PairState { peer: peer.map(Into::into), role: VpcRole::Primary, adjacent, alive };
            assert_eq!(pair_text(&pair), expected);
        };
        check(Some("leaf1b"), true, true, "primary with leaf1b");
        check(Some("leaf1b"), false, true, "primary, peer-link to leaf1b down");
        check(Some("leaf1b"), false, false, "primary, peer leaf1b dead");
        check(None, true, true, "primary, peer unknown");
    }
}
