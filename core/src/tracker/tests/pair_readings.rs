//! What the switches of the pair bench say of themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::*, bench::*, pair_bench::*};
use crate::net::{InterfaceName, SwitchName, VlanId};

const PEER_LINK: InterfaceName = InterfaceName::PortChannel(1);

impl PairBench {
    /// A reading: of the whole switch, or of these ports.
    pub(super) fn observation(&self, name: &SwitchName, some: Option<BTreeSet<InterfaceName>>) -> Observation {
        let (leaf, whole) = (&self.leaves[name], some.is_none());
        let scope = some.map_or(Scope::Whole, Scope::Interfaces);
        let ports = (1..=5).map(|host| (port(name.as_str(), host), self.port_state(name, host)));
        let identity = Identity {
            hostname: name.to_string(),
            serial: format!("S-{name}"),
            platform: "N9K".into(),
            version: "10".into(),
        };
        let member = |host: u16| (port(name.as_str(), host), BTreeSet::from([socket(host)]));
        let link = (PEER_LINK, BTreeSet::from([InterfaceName::Ethernet(1, 49)]));
        Observation {
            switch: name.clone(),
            at: self.now,
            ports: ports.filter(|(interface, _)| scope.covers(*interface)).collect(),
            scope,
            identity: whole.then_some(identity),
            booted: whole.then_some(leaf.booted),
            vlans: Some(VlanDatabase {
                present: leaf.switch.vlans.clone(),
                active: leaf.switch.vlans.clone(),
                reserved: "3968-4094".parse().expect("a list"),
            }),
            port_channels: whole.then(|| (1..=3).map(member).chain([link]).collect()),
            neighbors: whole.then(|| self.neighbors(name)),
            macs: None,
            vpc: whole.then(|| Vpc::Domain(Box::new(self.domain(name)))),
            fexes: whole.then(|| BTreeMap::from([(101, Fex { serial: "FEX".into(), online: true })])),
            owners: None,
        }
    }

    fn port_state(&self, name: &SwitchName, host: u16) -> Port {
        let leaf = &self.leaves[name];
        let passing = |vlan: &VlanId| self.forwards(name.as_str(), host, vlan.get());
        let list = &leaf.switch.ports[&port(name.as_str(), host)];
        Port {
            mode: PortMode::Trunk,
            allowed: Allowed::List(list.clone()),
            native: None,
            up: Some(leaf.legs_up || host > 4),
            forwarding: Some(list.iter().filter(passing).collect()),
            edge: true,
        }
    }

    fn neighbors(&self, name: &SwitchName) -> Vec<Neighbor> {
        let nic = u8::from(name.as_str() == "leafb");
        let heard = |interface, system_name, macs| Neighbor {
            interface,
            protocol: Discovery::Lldp,
            system_name,
            port: String::new(),
            macs,
        };
        let hosts = (1..=5).map(|host| heard(socket(host), None, BTreeSet::from([mac(1, host, nic)])));
        let peer = NAMES.iter().find(|other| **other != name.as_str()).map(|peer| format!("{peer}.dc.example"));
        let peer = heard(InterfaceName::Ethernet(1, 49), peer, BTreeSet::new());
        hosts.chain(self.adjacent().then_some(peer)).collect()
    }

    fn domain(&self, name: &SwitchName) -> VpcDomain {
        let leg = |host: u16| {
            let state = self.port_state(name, host);
            let vlans = state.forwarding.unwrap_or_default();
            (port(name.as_str(), host), VpcLeg { id: host, up: state.up == Some(true), consistent: true, vlans })
        };
        let link = self.leaves.values().fold(self.leaves[name].switch.vlans.clone(), |all, leaf| {
            all.intersection(&leaf.link).intersection(&leaf.switch.vlans)
        });
        VpcDomain {
            id: 1,
            role: if name.as_str() == "leafa" { VpcRole::Primary } else { VpcRole::Secondary },
            adjacent: self.adjacent(),
            alive: self.leaves.values().all(|leaf| leaf.alive),
            peer_link: Some(PeerLink { interface: PEER_LINK, up: self.adjacent(), vlans: link }),
            legs: (1..=3).map(leg).collect(),
        }
    }
}
