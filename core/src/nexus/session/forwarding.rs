//! After a write: when does what was added pass frames? Spanning tree takes two forward delays on a trunk that is no
//! edge trunk, and a VLAN on a vPC is suspended until the peer has it too. So what was added is looked at again, soon at
//! first and then ever more slowly; after that the periodic readings tell.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    super::{Plan, Query, plan::standing},
    Session,
};
use crate::{
    net::{InterfaceName, VlanSet},
    tracker::{Moment, Place},
};

/// The pauses between two looks. Together longer than two forward delays of spanning tree at their longest (2 × 30 s),
/// and dense around the default of 2 × 15 s.
const PAUSES_MS: [u64; 16] =
    [200, 500, 1_000, 2_000, 5_000, 5_000, 5_000, 5_000, 5_000, 2_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000];

/// What was added and is not forwarded yet.
#[derive(Debug, Default)]
pub(super) struct Awaited {
    vlans: BTreeMap<InterfaceName, VlanSet>,
    /// How often it was looked at.
    looks: usize,
    since: Moment,
}

impl Awaited {
    /// When to look next; none: there is nothing to look at, or it was looked at often enough.
    pub(super) fn due(&self) -> Option<Moment> {
        let pause = PAUSES_MS.get(self.looks).filter(|_| !self.vlans.is_empty())?;
        Some(self.since + Duration::from_millis(*pause))
    }

    /// Whether something that was added to a port is waited for.
    pub(super) fn awaits(&self, interface: InterfaceName) -> bool {
        self.vlans.contains_key(&interface)
    }
}

impl Session {
    /// What is asked beside the configuration of what was written: one question more, on a vPC two.
    pub(super) fn forwarding_queries(&self, plan: &Plan) -> Vec<Query> {
        if plan.add.is_empty() || self.known.trunks.is_none() {
            return Vec::new();
        }
        let paired = self.added_ports(plan).keys().any(|interface| self.is_of_pair(*interface));
        std::iter::once(Query::Trunks).chain(paired.then_some(Query::Vpc)).collect()
    }

    fn is_of_pair(&self, interface: InterfaceName) -> bool {
        self.known.leg(interface).is_some() || self.known.peer_link() == Some(interface)
    }

    /// What the plan adds by port: a VLAN that is created begins to pass wherever it is wanted.
    fn added_ports(&self, plan: &Plan) -> BTreeMap<InterfaceName, VlanSet> {
        let mut ports = BTreeMap::new();
        let created = plan.add.get(&Place::VlanDatabase);
        let wanted = self.intent.iter().flat_map(|intent| &intent.present);
        for (place, vlans) in wanted {
            let Place::Interface(interface) = place else { continue };
            let added = plan.add.get(place).cloned().unwrap_or_default();
            let created = created.map_or(VlanSet::EMPTY, |created| created.intersection(vlans));
            let vlans = added.union(&created);
            if !vlans.is_empty() {
                ports.insert(*interface, vlans);
            }
        }
        ports
    }

    /// A write was read back: what it added and is not forwarded yet is looked at again. A write of which everything
    /// passes leaves the pauses as they are.
    pub(super) fn await_forwarding(&mut self, plan: &Plan, now: Moment) {
        let mut added = self.added_ports(plan);
        for (interface, vlans) in &mut added {
            *vlans = self.not_forwarded(*interface, vlans);
        }
        added.retain(|_, vlans| !vlans.is_empty());
        if !added.is_empty() {
            self.awaited.looks = 0;
            self.awaited.since = now;
        }
        for (interface, vlans) in added {
            let known = self.awaited.vlans.entry(interface).or_default();
            *known = known.union(&vlans);
        }
        self.forget_forwarded();
    }

    /// It was looked at; what was looked at often enough is left to the periodic readings.
    pub(super) fn looked_at_forwarding(&mut self, now: Moment) {
        self.awaited.looks += 1;
        self.awaited.since = now;
        if self.awaited.looks >= PAUSES_MS.len() {
            self.awaited.vlans.clear();
        }
        self.forget_forwarded();
    }

    fn forget_forwarded(&mut self) {
        let mut awaited = std::mem::take(&mut self.awaited.vlans);
        for (interface, vlans) in &mut awaited {
            *vlans = self.not_forwarded(*interface, vlans);
        }
        awaited.retain(|_, vlans| !vlans.is_empty());
        self.awaited.vlans = awaited;
    }

    /// Those of `vlans` that are wanted and allowed on the port and do not pass; none where nobody can tell, or where
    /// the link is down.
    fn not_forwarded(&self, interface: InterfaceName, vlans: &VlanSet) -> VlanSet {
        let place = Place::Interface(interface);
        let wanted = self.intent.as_ref().and_then(|intent| intent.present.get(&place));
        let is_down = self.status.get(&interface).is_some_and(|status| !status.up);
        let (Some(wanted), Some(passing), false) = (wanted, self.known.forwarding(interface), is_down) else {
            return VlanSet::EMPTY;
        };
        let passing = match self.known.leg(interface) {
            Some(leg) if leg.up => passing.intersection(&leg.vlans),
            Some(_) | None => passing,
        };
        vlans.intersection(wanted).intersection(&standing(place, &self.known)).difference(&passing)
    }

    /// The ports to be looked at now.
    pub(super) fn awaited_ports(&self, now: Moment) -> BTreeSet<InterfaceName> {
        let due = self.awaited.due().is_some_and(|due| due <= now);
        self.awaited.vlans.keys().filter(|_| due).copied().collect()
    }
}
