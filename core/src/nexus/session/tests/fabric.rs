//! What the small switch has of a fabric: spanning tree, a vPC, features of others, a startup-config.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    net::{InterfaceName, VlanId, VlanSet},
    nexus::{Piece, Query},
    tracker::{Moment, PeerLink, Vpc, VpcDomain, VpcLeg, VpcRole},
};

#[derive(Debug, Default)]
pub(super) struct Fabric {
    /// Whether it tells what is forwarded.
    pub(super) tells: bool,
    /// How long spanning tree takes on each trunk; nothing on an edge trunk.
    pub(super) delay: BTreeMap<InterfaceName, Duration>,
    /// Since when a VLAN is allowed.
    pub(super) since: BTreeMap<(InterfaceName, VlanId), Moment>,
    /// The leg of a vPC, and what the peer allows on the other.
    pub(super) leg: Option<(InterfaceName, VlanSet)>,
    pub(super) peer_link: Option<InterfaceName>,
    pub(super) features: BTreeSet<String>,
    /// Who is a member of what.
    pub(super) channels: BTreeMap<InterfaceName, BTreeSet<InterfaceName>>,
    /// How often it was saved.
    pub(super) saves: usize,
    /// The questions that it refuses to answer.
    pub(super) refuses: BTreeSet<Query>,
    /// What it says to a save instead of saving.
    pub(super) refuses_to_save: Option<&'static str>,
}

impl Fabric {
    pub(super) fn allowed(&mut self, interface: InterfaceName, vlans: &VlanSet, now: Moment) {
        self.since.extend(vlans.iter().map(|vlan| ((interface, vlan), now)));
    }

    pub(super) fn answer(&self, query: Query, now: Moment, ports: &BTreeMap<InterfaceName, VlanSet>) -> Piece {
        if query == Query::Features {
            return Piece::Features(self.features.clone());
        }
        if query == Query::Vpc {
            return Piece::Vpc(self.vpc(ports));
        }
        if query != Query::Trunks || !self.tells {
            return Piece::Silent(query);
        }
        Piece::Trunks(ports.iter().map(|(name, list)| (*name, self.forwards(*name, list, now))).collect())
    }

    /// What of its list a trunk forwards.
    fn forwards(&self, interface: InterfaceName, list: &VlanSet, now: Moment) -> VlanSet {
        let delay = self.delay.get(&interface).copied().unwrap_or_default();
        let suspended = |vlan| self.leg.as_ref().is_some_and(|(leg, peer)| *leg == interface && !peer.contains(vlan));
        let waits = |vlan| self.since.get(&(interface, vlan)).is_some_and(|since| *since + delay > now);
        list.iter().filter(|vlan| !suspended(*vlan) && !waits(*vlan)).collect()
    }

    fn vpc(&self, ports: &BTreeMap<InterfaceName, VlanSet>) -> Vpc {
        if self.leg.is_none() && self.peer_link.is_none() {
            return Vpc::None;
        }
        let leg = |(name, peer): &(InterfaceName, VlanSet)| {
            let vlans = ports.get(name).map_or(VlanSet::EMPTY, |list| list.intersection(peer));
            (*name, VpcLeg { id: 7, up: true, consistent: true, vlans })
        };
        let link = |name: InterfaceName| PeerLink { interface: name, up: true, vlans: ports[&name].clone() };
        Vpc::Domain(Box::new(VpcDomain {
            id: 10,
            role: VpcRole::Primary,
            adjacent: true,
            alive: true,
            peer_link: self.peer_link.map(link),
            legs: self.leg.iter().map(leg).collect(),
        }))
    }

    pub(super) fn save(&mut self, log: &mut String) -> Piece {
        if let Some(words) = self.refuses_to_save {
            return Piece::Saved(Err(words.to_owned()));
        }
        self.saves += 1;
        log.push_str(
            "Fri Jan 02 03:04:05 2026:type=update:id=192.0.2.8@pts/3:user=us:cmd=\
             copy running-config startup-config (SUCCESS)\n",
        );
        Piece::Saved(Ok(()))
    }
}
