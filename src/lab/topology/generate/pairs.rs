//! What pairs add to a generated data centre: domains, peer-links, trunks between pairs, port-channels to hosts.

use vmtracker_core::net::InterfaceName;

use super::{
    super::{LinkEnd, LinkRow, PortRow, SwitchRow},
    Layout, Plan, short, switch_name,
};
use crate::lab::model::switch::{Bundling, Platform};

/// The port-channel and the ports of the peer-link: behind those of hosts.
const PEER_LINK: u16 = 1;
const PEER_PORTS: [InterfaceName; 2] = [InterfaceName::Ethernet(1, 49), InterfaceName::Ethernet(1, 50)];
/// The ports to the pair before and the pair behind, or to the two aggregation switches.
const BEFORE: InterfaceName = InterfaceName::Ethernet(1, 51);
const BEHIND: InterfaceName = InterfaceName::Ethernet(1, 52);
/// The port-channel of a leaf to the aggregation.
const UPWARD: u16 = 2;
/// The first port-channel to a host, or from the aggregation to a pair, and the last that NX-OS takes.
const FIRST_BUNDLE: u16 = 101;
const LAST_BUNDLE: u16 = 4096;
/// The aggregation switches; as the first in the alphabet they are the root of spanning tree.
const AGGREGATION: [&str; 2] = ["agg1a", "agg1b"];
const AGGREGATION_DOMAIN: u16 = 1000;

impl Plan {
    pub(super) fn is_paired(&self) -> bool {
        match self.layout {
            Layout::Leaves => false,
            Layout::Pairs | Layout::Aggregated => true,
        }
    }

    /// The vPC domain of a leaf: one for every pair.
    pub(super) fn domain(&self, switch: usize) -> Option<u16> {
        self.is_paired().then(|| short(switch / 2).saturating_add(1).min(AGGREGATION_DOMAIN - 1))
    }

    /// The port-channel of a host: every second host of a vCenter on a pair has one.
    fn bundle(&self, host: usize) -> Option<u16> {
        let turn = host / self.pairs / self.vcenters;
        let number = short(host / self.pairs).saturating_add(FIRST_BUNDLE);
        (self.is_paired() && !turn.is_multiple_of(2) && number <= LAST_BUNDLE).then_some(number)
    }

    /// What a host hangs on at each of its leaves.
    pub(super) fn host_ports(&self, host: usize) -> Vec<PortRow> {
        let port = self.port(host);
        let Some(number) = self.bundle(host) else { return vec![port] };
        let member = PortRow {
            description: port.description.clone(),
            channel: Some(number),
            bundling: Bundling::Static,
            ..PortRow::trunk(port.name)
        };
        let channel = PortRow { name: InterfaceName::PortChannel(number), vpc: Some(number), ..port };
        vec![channel, member]
    }

    /// The peer-link, and what leads to other pairs.
    pub(super) fn fabric_ports(&self, switch: usize) -> Vec<PortRow> {
        match self.layout {
            Layout::Leaves => Vec::new(),
            Layout::Pairs => {
                let onward = (switch + 2 < self.pairs * 2).then(|| PortRow::trunk(BEHIND));
                let back = (switch >= 2).then(|| PortRow::trunk(BEFORE));
                peer_link().into_iter().chain(back).chain(onward).collect()
            }
            Layout::Aggregated => peer_link().into_iter().chain(vpc(UPWARD, [BEFORE, BEHIND])).collect(),
        }
    }

    /// The aggregation switches: a vPC to every pair.
    pub(super) fn aggregation(&self) -> Vec<SwitchRow> {
        if self.layout != Layout::Aggregated {
            return Vec::new();
        }
        let to_pair = |pair: usize| vpc(short(pair).saturating_add(FIRST_BUNDLE), downward(pair));
        let build = |(number, name): (usize, &str)| SwitchRow {
            name: name.to_owned(),
            hostname: name.to_owned(),
            serial: format!("LAB{:08}", self.pairs * 2 + number),
            platform: Platform::default(),
            domain: Some(AGGREGATION_DOMAIN),
            vlans: self.vlan_set(),
            ports: peer_link().into_iter().chain((0..self.pairs).flat_map(to_pair)).collect(),
        };
        (1..).zip(AGGREGATION).map(build).collect()
    }

    /// The cables between switches: two in each peer-link, and one from every leaf to its like in the next pair, or to
    /// each aggregation switch.
    pub(super) fn links(&self) -> Vec<LinkRow> {
        let leaf = |switch: usize, port| end(&switch_name(switch), port);
        let peers = (0..self.pairs)
            .flat_map(|pair| PEER_PORTS.map(|port| LinkRow { ends: [leaf(pair * 2, port), leaf(pair * 2 + 1, port)] }));
        match self.layout {
            Layout::Leaves => Vec::new(),
            Layout::Pairs => {
                let leaves = 0..(self.pairs - 1) * 2;
                peers.chain(leaves.map(|one| LinkRow { ends: [leaf(one, BEHIND), leaf(one + 2, BEFORE)] })).collect()
            }
            Layout::Aggregated => {
                let [first, second] = AGGREGATION;
                let above = PEER_PORTS.map(|port| LinkRow { ends: [end(first, port), end(second, port)] });
                let up = |one: usize| {
                    let port = downward(one / 2).into_iter().nth(one % 2).unwrap_or(BEFORE);
                    [(BEFORE, first), (BEHIND, second)]
                        .map(|(own, to)| LinkRow { ends: [leaf(one, own), end(to, port)] })
                };
                peers.chain(above).chain((0..self.pairs * 2).flat_map(up)).collect()
            }
        }
    }
}

fn end(switch: &str, port: InterfaceName) -> LinkEnd {
    LinkEnd { switch: switch.to_owned(), port }
}

/// The ports of an aggregation switch to the two leaves of a pair: on a line card of their own.
fn downward(pair: usize) -> [InterfaceName; 2] {
    [0, 1].map(|leaf| InterfaceName::Ethernet(short(pair / 24 + 2), short(pair % 24 * 2 + leaf + 1)))
}

fn peer_link() -> Vec<PortRow> {
    let channel = PortRow { peer_link: true, ..PortRow::trunk(InterfaceName::PortChannel(PEER_LINK)) };
    let member = |name| PortRow { channel: Some(PEER_LINK), ..PortRow::trunk(name) };
    [channel].into_iter().chain(PEER_PORTS.map(member)).collect()
}

/// A vPC of two members that leads to another pair.
fn vpc(number: u16, members: [InterfaceName; 2]) -> Vec<PortRow> {
    let channel = PortRow { vpc: Some(number), ..PortRow::trunk(InterfaceName::PortChannel(number)) };
    let member = |name| PortRow { channel: Some(number), ..PortRow::trunk(name) };
    [channel].into_iter().chain(members.map(member)).collect()
}
