//! What passes a switch: by its own configuration, and by what everything around it makes of it.

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{Far, PairView, Port, PortMode, Spanning, Switch, Vlan, VpcDomain, standing::Standing};

impl Switch {
    /// Whether frames can pass: a link, not shut down nor held down, and of a port-channel any member.
    pub fn is_up(&self, interface: InterfaceName) -> bool {
        let Some(port) = self.ports.get(&interface) else { return false };
        let logical = self.logical(interface);
        if self.standing.held.contains_key(&logical)
            || self.effective(interface).is_some_and(|logical| logical.shutdown)
        {
            return false;
        }
        match interface {
            InterfaceName::PortChannel(number) => {
                !port.shutdown && self.members(number).any(|member| self.physical_up(member))
            }
            InterfaceName::Ethernet(..)
            | InterfaceName::EthernetLane(..)
            | InterfaceName::Vlan(_)
            | InterfaceName::Loopback(_)
            | InterfaceName::Mgmt(_)
            | InterfaceName::Nve(_) => self.physical_up(interface),
        }
    }

    /// Whether a physical port has a link by itself, whatever its port-channel does.
    pub(in crate::lab::model) fn physical_up(&self, interface: InterfaceName) -> bool {
        let lit = self.runs() && !self.standing.unlit.contains(&interface);
        lit && self.ports.get(&interface).is_some_and(|port| port.link && !port.shutdown)
    }

    /// Whether frames tagged with `vlan` pass `interface`: link up, trunk, VLAN allowed, created, active, and neither
    /// suspended by the pair nor stopped by spanning tree. A member of a port-channel goes by the channel's
    /// configuration.
    pub fn forwards(&self, interface: InterfaceName, vlan: VlanId) -> bool {
        let carried = self.effective(interface).is_some_and(|port| {
            port.mode == PortMode::Trunk && port.allowed.as_ref().is_none_or(|list| list.contains(vlan))
        });
        let stopped = self.standing.stops(self.logical(interface), vlan);
        carried && !stopped && self.is_active(vlan) && self.is_up(interface)
    }

    /// The VLANs that pass a trunk now.
    pub fn forwarding(&self, interface: InterfaceName) -> VlanSet {
        if !self.is_up(interface) {
            return VlanSet::EMPTY;
        }
        let stopped = self.standing.stopped.get(&self.logical(interface)).cloned().unwrap_or_default();
        self.allowed(interface).intersection(&self.active()).difference(&stopped)
    }

    /// The VLANs that are created and active.
    pub fn active(&self) -> VlanSet {
        self.vlans.iter().filter(|(_, entry)| entry.is_active()).map(|(vlan, _)| *vlan).collect()
    }

    /// The VLAN that untagged frames of `interface` travel in, when they pass at all: the native VLAN of a trunk, when
    /// allowed, or the access VLAN.
    pub fn untagged(&self, interface: InterfaceName) -> Option<VlanId> {
        let port = self.effective(interface)?;
        let vlan = match port.mode {
            PortMode::Trunk => port.allowed().contains(port.native).then_some(port.native),
            PortMode::Access => Some(port.access),
            PortMode::Routed | PortMode::FexFabric => None,
        };
        vlan.filter(|vlan| self.is_active(*vlan) && self.is_up(interface))
            .filter(|vlan| !self.standing.stops(self.logical(interface), *vlan))
    }

    /// Whether `vlan` is created and active.
    pub fn is_active(&self, vlan: VlanId) -> bool {
        self.vlans.get(&vlan).is_some_and(Vlan::is_active)
    }

    /// What the trunk list of `interface` (or its port-channel) allows; nothing on a port that is no trunk.
    pub fn allowed(&self, interface: InterfaceName) -> VlanSet {
        let trunk = self.effective(interface).filter(|port| port.mode == PortMode::Trunk);
        trunk.map_or(VlanSet::EMPTY, Port::allowed)
    }

    /// Which switch's port is at the other end of a port's cable, from now on.
    pub(in crate::lab::model) fn set_far(&mut self, interface: InterfaceName, far: Option<Far>) {
        if let Some(port) = self.ports.get_mut(&interface) {
            port.far = far;
            self.revision += 1;
        }
    }

    /// Its vPC domain, when it has one.
    pub const fn domain(&self) -> Option<VpcDomain> {
        self.domain
    }

    /// Whether its end of the keepalive link works.
    pub const fn keepalive(&self) -> bool {
        self.keepalive
    }

    /// Its end of the keepalive link fails or works again.
    pub const fn set_keepalive(&mut self, works: bool) {
        self.keepalive = works;
        self.revision += 1;
    }

    /// Its spanning tree.
    pub const fn spanning(&self) -> Spanning {
        self.spanning
    }

    /// What it sees of its pair, when it is one of two.
    pub const fn pair(&self) -> Option<&PairView> {
        self.standing.pair.as_ref()
    }

    /// Its standing is what the present moment makes of it: whoever watches looks again when it changed, and what no
    /// longer passes is forgotten.
    pub(in crate::lab::model) fn settled(&mut self) {
        if self.memory.standing.as_ref() != Some(&self.standing) {
            let first = self.memory.standing.replace(self.standing.clone()).is_none();
            self.revision += u64::from(!first || self.standing != Standing::default());
            let mut macs = std::mem::take(&mut self.macs);
            macs.retain(|interface, vlan| self.forwards(interface, vlan) || self.untagged(interface) == Some(vlan));
            self.macs = macs;
        }
        (self.memory.settled, self.memory.revision) = (true, Some(self.revision));
    }
}
