//! Answers from a snapshot of the tracker: pure functions, run on the reader's thread.

mod annotations;

pub use annotations::annotations;

use crate::{
    net::VlanId,
    tracker::{EdgePort, Reason, Requirement, Snapshot},
};

/// A requirement that does not pass frames yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// On which edge port.
    pub port: EdgePort,
    /// Which VLAN.
    pub vlan: VlanId,
    /// For whom, by name.
    pub who: String,
}

/// Every requirement that does not pass frames yet, by port.
pub fn unmet(snapshot: &Snapshot) -> impl Iterator<Item = Unmet> + '_ {
    let open = snapshot.requirements.iter().filter(|requirement| !requirement.ready);
    open.map(|requirement| Unmet {
        port: requirement.port.clone(),
        vlan: requirement.vlan,
        who: who(snapshot, requirement),
    })
}

/// For whom a requirement stands: the first reasons by name, and how many more there are.
fn who(snapshot: &Snapshot, requirement: &Requirement) -> String {
    let names: Vec<String> = requirement.reasons.iter().take(3).map(|reason| named(snapshot, reason)).collect();
    match requirement.reasons.len().saturating_sub(names.len()) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn named(snapshot: &Snapshot, reason: &Reason) -> String {
    let host = |id| snapshot.hosts.get(id).map_or_else(|| format!("{id}"), |host| host.name.escape_debug().to_string());
    match reason {
        Reason::Vnic { vm, .. } | Reason::Move { vm, .. } | Reason::Recommended { vm, .. } => {
            snapshot.vms.get(vm).map_or_else(|| vm.to_string(), |vm| vm.name.escape_debug().to_string())
        }
        Reason::Vmkernel { host: id, device } => {
            let adapter = snapshot.hosts.get(id).map(|host| host.adapter(device));
            format!("{} {}", host(id), adapter.unwrap_or_else(|| device.escape_debug().to_string()))
        }
        Reason::Floor { host: id, .. } => format!("floor of {}", host(id)),
        Reason::Prepared { network, .. } => format!("{network}, prepared in its cluster"),
    }
}
