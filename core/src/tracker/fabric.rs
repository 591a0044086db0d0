//! The switches as they last said they are.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Allowed, EdgePort, Fex, ForeignOwner, Hint, Identity, MacEntry, Moment, Neighbor, Observation, Place, Policy, Port,
    PortMode, Scope, VlanDatabase, Vpc, cables::Cables, pairs::Pairs,
};
use crate::net::{InterfaceName, MacAddr, SwitchName, VlanId};

/// Every switch that ever answered or is configured.
#[derive(Clone, Debug, Default)]
pub(super) struct Fabric {
    pub(super) switches: BTreeMap<SwitchName, Switch>,
    pub(super) pairs: Pairs,
    pub(super) cables: Cables,
}

/// One switch as it last said it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Switch {
    pub(super) identity: Option<Identity>,
    /// Whether the last we heard of it was an answer. A stale switch is never written.
    pub(super) live: bool,
    /// Why it is not live.
    pub(super) why: Option<String>,
    /// When its last reading was asked for.
    pub(super) read_at: Moment,
    pub(super) ports: BTreeMap<InterfaceName, Port>,
    /// When each port's last reading was asked for.
    pub(super) ports_at: BTreeMap<InterfaceName, Moment>,
    pub(super) vlans: VlanDatabase,
    pub(super) members: BTreeMap<InterfaceName, BTreeSet<InterfaceName>>,
    pub(super) neighbors: Vec<Neighbor>,
    /// The MAC table of a port, and when it was asked for.
    pub(super) macs: BTreeMap<InterfaceName, (Moment, BTreeSet<MacEntry>)>,
    /// Its part in a vPC domain, and when that was asked for; none: never read.
    pub(super) vpc: Option<(Moment, Vpc)>,
    /// Its FEXes; none: never read.
    pub(super) fexes: Option<BTreeMap<u16, Fex>>,
    /// Whose hands but ours hold its configuration.
    pub(super) owners: BTreeSet<ForeignOwner>,
}

/// Which configured switch a hint means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    One(SwitchName),
    Nobody,
    /// Several switches answer to that name.
    Several(Vec<SwitchName>),
}

impl Fabric {
    /// The configured switches, none of which has said anything yet.
    pub(super) fn of(policy: &Policy) -> Self {
        let mut fabric = Self::default();
        fabric.expect(policy);
        fabric
    }

    /// These switches are configured: a hint may name them before they answer. And so are their pairs.
    pub(super) fn expect(&mut self, policy: &Policy) {
        for name in policy.switches.keys() {
            self.switches.entry(name.clone()).or_default();
        }
        self.pairs.tell(policy);
        self.judge_pairs();
    }

    /// Takes in what a switch said. Whether wiring or membership may have changed: attachments must be judged anew.
    pub(super) fn observe(&mut self, observation: &Observation) -> bool {
        let switch = self.switches.entry(observation.switch.clone()).or_default();
        let wiring = (switch.members.clone(), switch.neighbors.clone(), switch.identity.clone());
        switch.live = true;
        switch.why = None;
        switch.read_at = switch.read_at.max(observation.at);
        if observation.identity.is_some() {
            switch.identity.clone_from(&observation.identity);
        }
        if let Some(vlans) = &observation.vlans {
            switch.vlans.clone_from(vlans);
        }
        if let Some(members) = &observation.port_channels {
            switch.members.clone_from(members);
        }
        if let Some(neighbors) = &observation.neighbors {
            switch.neighbors.clone_from(neighbors);
        }
        if let Some(vpc) = &observation.vpc {
            switch.vpc = Some((observation.at, vpc.clone()));
        }
        if observation.fexes.is_some() {
            switch.fexes.clone_from(&observation.fexes);
        }
        if let Some(owners) = &observation.owners {
            switch.owners.clone_from(owners);
        }
        switch.take_ports(observation);
        let macs = switch.take_macs(observation);
        let (members, neighbors, identity) = wiring;
        let (moved, heard) = (members != switch.members, neighbors != switch.neighbors);
        let renamed = identity != switch.identity;
        self.cables.stale |= moved;
        if heard || renamed {
            self.listen(&observation.switch, renamed);
        }
        self.watch_trunks(&observation.switch);
        macs || moved || heard || renamed
    }

    /// The edge port that `interface` belongs to: itself, or the port-channel that it is a member of.
    pub(super) fn edge_port(&self, switch: &SwitchName, interface: InterfaceName) -> EdgePort {
        let channel = self.switches.get(switch).and_then(|known| known.channel_of(interface));
        EdgePort { switch: switch.clone(), interface: channel.unwrap_or(interface) }
    }

    /// Which switch `hint` means: by serial number if it tells one, else by name, with or without a domain.
    pub(super) fn find(&self, hint: &Hint) -> Found {
        let by_serial = |switch: &Switch| switch.identity.as_ref().map(|id| &id.serial) == hint.serial.as_ref();
        if hint.serial.is_some()
            && let Some((name, _)) = self.switches.iter().find(|(_, switch)| by_serial(switch))
        {
            return Found::One(name.clone());
        }
        let Some(heard) = &hint.system_name else { return Found::Nobody };
        let known = |name: &SwitchName, switch: &Switch| {
            let hostname = switch.identity.as_ref().map(|identity| identity.hostname.as_str());
            same_host(hostname.unwrap_or(name.as_str()), heard)
        };
        let mut named: Vec<_> =
            self.switches.iter().filter(|(name, switch)| known(name, switch)).map(|(name, _)| name.clone()).collect();
        match named.len() {
            0 => Found::Nobody,
            1 => Found::One(named.remove(0)),
            _ => Found::Several(named),
        }
    }
}

impl Switch {
    fn take_ports(&mut self, observation: &Observation) {
        self.ports.retain(|interface, _| !observation.scope.covers(*interface) || !self_reports(observation));
        for (interface, port) in &observation.ports {
            self.ports.insert(*interface, port.clone());
            self.ports_at.insert(*interface, observation.at);
        }
    }

    /// Takes in MAC tables; whether one port's addresses changed.
    fn take_macs(&mut self, observation: &Observation) -> bool {
        let Some(macs) = &observation.macs else { return false };
        let mut by_port: BTreeMap<InterfaceName, BTreeSet<MacEntry>> = BTreeMap::new();
        if let Scope::Interfaces(asked) = &observation.scope {
            by_port.extend(asked.iter().map(|interface| (*interface, BTreeSet::new())));
        }
        for entry in macs {
            by_port.entry(entry.interface).or_default().insert(entry.clone());
        }
        let mut changed = false;
        for (interface, entries) in by_port {
            let before = self.macs.insert(interface, (observation.at, entries.clone()));
            changed |= before.is_none_or(|(_, before)| before != entries);
        }
        changed
    }

    /// The port-channel that `interface` is a member of.
    pub(super) fn channel_of(&self, interface: InterfaceName) -> Option<InterfaceName> {
        self.members.iter().find(|(_, members)| members.contains(&interface)).map(|(channel, _)| *channel)
    }

    /// Whether `vlan` stands in a place: it exists, or a trunk allows it.
    pub(super) fn has(&self, place: Place, vlan: VlanId) -> bool {
        match place {
            Place::VlanDatabase => self.vlans.present.contains(vlan),
            Place::Interface(interface) => {
                let allows = |port: &Port| port.mode == PortMode::Trunk && port.allowed.contains(vlan);
                self.ports.get(&interface).is_some_and(allows)
            }
        }
    }

    /// Whether `vlan` stands in the allowed list of `interface`.
    pub(super) fn lists(&self, interface: InterfaceName, vlan: VlanId) -> bool {
        self.ports
            .get(&interface)
            .is_some_and(|port| matches!(&port.allowed, Allowed::List(list) if list.contains(vlan)))
    }

    /// The addresses last seen behind `interface`.
    pub(super) fn macs_on(&self, interface: InterfaceName) -> impl Iterator<Item = MacAddr> {
        self.macs.get(&interface).into_iter().flat_map(|(_, entries)| entries).map(|entry| entry.mac)
    }
}

/// Whether an observation says anything of ports at all: a look at MAC addresses does not.
fn self_reports(observation: &Observation) -> bool {
    !observation.ports.is_empty() || observation.macs.is_none()
}

/// Whether two host names mean the same host: equal, or one is the other with a domain behind it.
pub(super) fn same_host(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    let with_domain = |short: &str, long: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
    !one.is_empty() && !other.is_empty() && (one == other || with_domain(&one, &other) || with_domain(&other, &one))
}

#[cfg(test)]
mod tests {
    use super::super::Discovery;
    use super::*;

    fn hint(system_name: Option<&str>, serial: Option<&str>) -> Hint {
        Hint {
            pnic: "vmnic0".into(),
            protocol: Discovery::Cdp,
            system_name: system_name.map(str::to_owned),
            serial: serial.map(str::to_owned),
            chassis: None,
            port: "Ethernet1/1".into(),
            interface: Some(InterfaceName::Ethernet(1, 1)),
        }
    }

    fn fabric(switches: &[(&str, &str, &str)]) -> Fabric {
        let switch = |hostname: &str, serial: &str| Switch {
            identity: Some(Identity {
                hostname: hostname.into(),
                serial: serial.into(),
                platform: "N9K".into(),
                version: "10.3(4)".into(),
            }),
            ..Switch::default()
        };
        let switches = switches.iter().map(|(name, host, serial)| ((*name).into(), switch(host, serial)));
        Fabric { switches: switches.collect(), ..Fabric::default() }
    }

    #[test]
    fn a_hint_means_a_switch_by_serial_then_by_name_with_or_without_domain() {
        let fabric = fabric(&[
            ("leaf1", "leaf1", "S1"),
            ("two", "leaf2.dc.example", "S2"),
            ("x", "twin", "S3"),
            ("y", "twin", "S4"),
        ]);
        let check = |name, serial, expected: Found| {
            assert_eq!(fabric.find(&hint(name, serial)), expected, "{name:?} {serial:?}")
        };
        check(Some("leaf1"), None, Found::One("leaf1".into()));
        check(Some("LEAF1.dc.example"), None, Found::One("leaf1".into()));
        check(Some("leaf2"), None, Found::One("two".into()));
        check(Some("whatever"), Some("S2"), Found::One("two".into()));
        check(Some("leaf1"), Some("elsewhere"), Found::One("leaf1".into()));
        check(Some("leaf10"), None, Found::Nobody);
        check(None, None, Found::Nobody);
        check(Some("twin"), None, Found::Several(vec!["x".into(), "y".into()]));
    }
}
