//! Whom a finding is about: the VMs and hosts that suffer from it, for the people who look at those.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entity, Reason, Tracker, findings::Found, reason::Unit};

/// Whom each finding is about.
pub(super) type About = BTreeMap<Found, BTreeSet<Entity>>;

impl Unit {
    /// What of a vCenter it is.
    pub(super) fn entity(&self) -> Entity {
        match self {
            Self::Vm(vm) | Self::Move(vm) | Self::Advice(vm) => Entity::Vm(vm.clone()),
            Self::Host(host) | Self::Prepared(host, _) => Entity::Host(host.clone()),
        }
    }
}

impl Tracker {
    /// A finding about a VLAN on a port is about everyone who needs it there and does not have it.
    pub(super) fn add_sufferers(&self, found: &[Found], about: &mut About) {
        let mut by_subject: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
        for finding in found.iter().filter(|finding| !about.contains_key(*finding)) {
            by_subject.entry(finding.1.as_str()).or_default().push(finding);
        }
        if by_subject.is_empty() {
            return;
        }
        let open = self.requirements.iter().filter(|(port, vlan, _)| !self.fabric.ready(port, *vlan));
        let mut entities = About::new();
        for (port, vlan, reasons) in open {
            for finding in by_subject.get(format!("{port} VLAN {vlan}").as_str()).into_iter().flatten() {
                let who = reasons.iter().map(|reason: &Reason| reason.unit().entity());
                entities.entry((*finding).clone()).or_default().extend(who);
            }
        }
        about.append(&mut entities);
    }
}
