//! What pairs add to a generated data centre: domains, peer-links, trunks between pairs, port-channels to hosts.

use vmtracker_core::net::InterfaceName;

use super::{
    super::{LinkEnd, LinkRow, PortRow},
    Layout, Plan, short, switch_name,
};
use crate::lab::model::switch::Bundling;

/// The port-channel and the ports of the peer-link: behind those of hosts.
const PEER_LINK: u16 = 1;
const PEER_PORTS: [InterfaceName; 2] = [InterfaceName::Ethernet(1, 49), InterfaceName::Ethernet(1, 50)];
/// The ports to the pair before and the pair behind.
const BEFORE: InterfaceName = InterfaceName::Ethernet(1, 51);
const BEHIND: InterfaceName = InterfaceName::Ethernet(1, 52);
/// The first port-channel to a host, and the last that NX-OS takes.
const FIRST_BUNDLE: u16 = 101;
const LAST_BUNDLE: u16 = 4096;

impl Plan {
    /// The vPC domain of a switch: one for every pair.
    pub(super) fn domain(&self, switch: usize) -> Option<u16> {
        (self.layout == Layout::Pairs).then(|| short(switch / 2).saturating_add(1).min(1000))
    }

    /// The port-channel of a host: every second host of a vCenter on a pair has one.
    fn bundle(&self, host: usize) -> Option<u16> {
        let turn = host / self.pairs / self.vcenters;
        let number = short(host / self.pairs).saturating_add(FIRST_BUNDLE);
        (self.layout == Layout::Pairs && !turn.is_multiple_of(2) && number <= LAST_BUNDLE).then_some(number)
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
        if self.layout == Layout::Leaves {
            return Vec::new();
        }
        let channel = PortRow { peer_link: true, ..PortRow::trunk(InterfaceName::PortChannel(PEER_LINK)) };
        let member = |name| PortRow { channel: Some(PEER_LINK), ..PortRow::trunk(name) };
        let mut ports = vec![channel];
        ports.extend(PEER_PORTS.map(member));
        ports.extend((switch >= 2).then(|| PortRow::trunk(BEFORE)));
        ports.extend((switch + 2 < self.pairs * 2).then(|| PortRow::trunk(BEHIND)));
        ports
    }

    /// The cables between switches: two in each peer-link, and one from every leaf to its like in the next pair.
    pub(super) fn links(&self) -> Vec<LinkRow> {
        if self.layout == Layout::Leaves {
            return Vec::new();
        }
        let end = |switch: usize, port| LinkEnd { switch: switch_name(switch), port };
        let peers = (0..self.pairs)
            .flat_map(|pair| PEER_PORTS.map(|port| LinkRow { ends: [end(pair * 2, port), end(pair * 2 + 1, port)] }));
        let rows = 0..(self.pairs - 1) * 2;
        let onward = rows.map(|leaf| LinkRow { ends: [end(leaf, BEHIND), end(leaf + 2, BEFORE)] });
        peers.chain(onward).collect()
    }
}
