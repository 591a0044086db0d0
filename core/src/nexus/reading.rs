//! What is known of a switch's configuration, each part with the moment at which it was asked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    net::{InterfaceName, VlanId, VlanSet},
    tracker::{ForeignOwner, Moment, Port, PortMode, VlanDatabase, Vpc, VpcLeg},
};

/// What running-config says of one interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortConfig {
    /// `switchport mode …` or `no switchport`; none: neither line is there.
    pub mode: Option<PortMode>,
    /// `fex associate …`.
    pub fabric: bool,
    /// `inherit port-profile …`.
    pub inherits: bool,
    /// The union of the `switchport trunk allowed vlan` lines; none: no such line.
    pub allowed: Option<VlanSet>,
    /// `switchport trunk native vlan …`.
    pub native: Option<VlanId>,
    /// `channel-group …`: it is a member.
    pub channel_group: Option<u16>,
    /// `spanning-tree port type edge trunk`; without the word `trunk` it has no effect on a trunk.
    pub edge: bool,
}

/// The mode of a port whose configuration has no line about it. Never `Trunk`: a trunk always has its line, and what
/// has none must not be written.
pub(super) fn default_mode(status: Option<&PortMode>) -> PortMode {
    match status {
        Some(mode @ (PortMode::Access | PortMode::Routed | PortMode::FexFabric | PortMode::Other(_))) => mode.clone(),
        Some(PortMode::Trunk) => PortMode::Other("trunk by negotiation".to_owned()),
        None => PortMode::Other("unknown".to_owned()),
    }
}

/// What is known of a switch's configuration. A port that is not in it is unknown, or does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Each port, and when it was asked for.
    pub ports: BTreeMap<InterfaceName, (Moment, Port)>,
    /// Ports that are members of a port-channel.
    pub members: BTreeSet<InterfaceName>,
    /// Each port-channel with its members, as last read as a whole.
    pub channels: BTreeMap<InterfaceName, BTreeSet<InterfaceName>>,
    /// The VLAN database, and when it was asked for.
    pub vlans: Option<(Moment, VlanDatabase)>,
    /// What spanning tree forwards on each trunk, and when it was asked for; none: the switch does not tell.
    pub trunks: Option<(Moment, BTreeMap<InterfaceName, VlanSet>)>,
    /// The switch's part in a vPC domain, and when it was asked for.
    pub vpc: Option<(Moment, Vpc)>,
    /// Who else owned the configuration when that was last read.
    pub owners: BTreeSet<ForeignOwner>,
}

impl Reading {
    /// The port as last read.
    pub fn port(&self, interface: InterfaceName) -> Option<&Port> {
        self.ports.get(&interface).map(|(_, port)| port)
    }

    /// The VLAN database as last read.
    pub fn database(&self) -> Option<&VlanDatabase> {
        self.vlans.as_ref().map(|(_, vlans)| vlans)
    }

    /// What spanning tree forwards on a port: nothing on a trunk that is not told of, unknown where nothing is told.
    pub fn forwarding(&self, interface: InterfaceName) -> Option<VlanSet> {
        let (_, trunks) = self.trunks.as_ref()?;
        let is_trunk = self.port(interface).is_some_and(|port| port.mode == PortMode::Trunk);
        trunks.get(&interface).cloned().or_else(|| is_trunk.then_some(VlanSet::EMPTY))
    }

    /// The vPC that a port-channel is a leg of.
    pub fn leg(&self, interface: InterfaceName) -> Option<&VpcLeg> {
        self.vpc.as_ref()?.1.domain()?.legs.get(&interface)
    }

    /// The vPC peer-link.
    pub fn peer_link(&self) -> Option<InterfaceName> {
        self.vpc.as_ref()?.1.domain()?.peer_link.as_ref().map(|link| link.interface)
    }

    /// Takes a newer reading of what is forwarded, and says on which ports that changed.
    pub fn learn_trunks(&mut self, at: Moment, trunks: BTreeMap<InterfaceName, VlanSet>) -> BTreeSet<InterfaceName> {
        let Some((known, before)) = &self.trunks else {
            self.trunks = Some((at, trunks));
            return BTreeSet::new();
        };
        if *known > at {
            return BTreeSet::new();
        }
        let names = before.keys().chain(trunks.keys()).copied();
        let changed = names.filter(|name| before.get(name) != trunks.get(name)).collect();
        self.trunks = Some((at, trunks));
        changed
    }

    /// Takes a newer reading of the vPC domain; an older one changes nothing.
    pub fn learn_vpc(&mut self, at: Moment, vpc: Vpc) {
        if self.vpc.as_ref().is_none_or(|(known, _)| *known <= at) {
            self.vpc = Some((at, vpc));
        }
    }

    /// Takes a newer reading of a port; an older one changes nothing. Says whether it was taken.
    pub fn learn_port(&mut self, interface: InterfaceName, at: Moment, port: Port, member: bool) -> bool {
        if self.ports.get(&interface).is_some_and(|(known, _)| *known > at) {
            return false;
        }
        self.ports.insert(interface, (at, port));
        if member {
            self.members.insert(interface)
        } else {
            self.members.remove(&interface)
        };
        true
    }

    /// Takes a newer reading of the VLAN database; an older one changes nothing.
    pub fn learn_vlans(&mut self, at: Moment, vlans: VlanDatabase) {
        if self.vlans.as_ref().is_none_or(|(known, _)| *known <= at) {
            self.vlans = Some((at, vlans));
        }
    }

    /// Forgets every port that a whole reading, asked for at `at`, did not bring.
    pub fn forget_missing(&mut self, at: Moment, seen: &BTreeSet<InterfaceName>) {
        self.ports.retain(|interface, (known, _)| *known > at || seen.contains(interface));
        self.members.retain(|interface| self.ports.contains_key(interface));
    }
}
