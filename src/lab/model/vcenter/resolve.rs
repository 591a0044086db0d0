//! The truth of the lab about an adapter: with which tags its frames leave by which pnics.

use vmtracker_core::net::{MoId, VlanId, VlanSet};

use super::{
    Vcenter,
    inventory::{SimBacking, SimHost, SimPlug, SimPnic, SimPort, SimPortGroup, SimVmkernel, SimVnic},
    spec_network::{PvlanKind, SimVlan},
};

/// The VLAN of a standard port group that leaves the tags to the guest (facts: vCenter §B4).
const GUEST_TAGS: u16 = 4095;

/// What an adapter is plugged into, as far as it decides where its frames go.
#[derive(Clone, Copy, Debug)]
pub struct Plugged<'a> {
    backing: &'a SimBacking,
    port: &'a SimPort,
    sriov: Option<&'a str>,
}

impl<'a> From<&'a SimVnic> for Plugged<'a> {
    fn from(vnic: &'a SimVnic) -> Self {
        Self { backing: &vnic.backing, port: &vnic.port, sriov: vnic.sriov.as_deref() }
    }
}

impl<'a> From<&'a SimVmkernel> for Plugged<'a> {
    fn from(adapter: &'a SimVmkernel) -> Self {
        Self { backing: &adapter.backing, port: &adapter.port, sriov: None }
    }
}

/// With which tags an adapter's frames leave its host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// Not known: there is no such port group on this host, or its private VLAN is not in the map.
    #[default]
    Unknown,
    /// Without a tag, in the native VLAN of the switch's port.
    Untagged,
    /// With the tag of one VLAN; answers may come with that of others.
    Tagged {
        /// What its own frames carry.
        sends: VlanId,
        /// Every VLAN that must pass for it, this one among them.
        needs: VlanSet,
    },
    /// With the guest's own tags, of which these get out.
    Guest(VlanSet),
    /// Inside of the frames of the host's tunnels.
    Tunnelled,
}

impl Wire {
    fn tagged(sends: VlanId) -> Self {
        Self::Tagged { sends, needs: sends.into() }
    }
}

/// How frames of an adapter leave a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Their tags.
    pub wire: Wire,
    /// The uplinks in use, whether they have link or not: of each its pnic, or of a LAG its members.
    pub active: Vec<Vec<String>>,
    /// The uplinks that are used once no active one has link.
    pub standby: Vec<Vec<String>>,
    /// Whether frames may leave by any active uplink rather than by the first that has link.
    pub spreads: bool,
}

impl Vcenter {
    /// How the frames of an adapter leave `host`. Unknown objects: not at all.
    pub fn uplinks_of<'a>(&self, host: &MoId, adapter: impl Into<Plugged<'a>>) -> Resolved {
        let (Plugged { backing, port, sriov }, Some(host)) = (adapter.into(), self.hosts.get(host)) else {
            return Resolved::default();
        };
        let resolved = match backing {
            SimBacking::Distributed(group) => self.distributed(host, group, port),
            SimBacking::Standard(name) => standard(host, name),
            SimBacking::Opaque(_) => Resolved { wire: Wire::Tunnelled, ..Resolved::default() },
        };
        // A virtual function leaves by its own pnic, whatever the port group's teaming says.
        let Some(device) = sriov else { return resolved };
        Resolved { active: vec![devices(host, |pnic| pnic.device == device)], standby: Vec::new(), ..resolved }
    }

    /// With which tags the frames of a plain adapter in `backing` leave `host`.
    pub fn wire_of(&self, host: &MoId, backing: &SimBacking) -> Wire {
        self.uplinks_of(host, Plugged { backing, port: &SimPort::default(), sriov: None }).wire
    }

    fn distributed(&self, host: &SimHost, group: &MoId, port: &SimPort) -> Resolved {
        let Some(group) = self.port_groups.get(group) else { return Resolved::default() };
        if group.nsx {
            return Resolved { wire: Wire::Tunnelled, ..Resolved::default() };
        }
        let wire = self.wire(effective_vlan(group, port));
        if group.active.is_empty() && group.standby.is_empty() {
            let all = devices(host, |pnic| matches!(pnic.plug, SimPlug::Uplink(_)));
            let active = all.into_iter().map(|device| vec![device]).collect();
            return Resolved { wire, active, standby: Vec::new(), spreads: group.teaming.spreads() };
        }
        let of = |names: &[String]| names.iter().map(|name| uplink(host, name)).collect();
        Resolved { wire, active: of(&group.active), standby: of(&group.standby), spreads: group.teaming.spreads() }
    }

    fn wire(&self, vlan: &SimVlan) -> Wire {
        match vlan {
            SimVlan::Id(number) => VlanId::new(*number).map_or(Wire::Untagged, Wire::tagged),
            SimVlan::Trunk(ranges) => Wire::Guest(trunk(ranges)),
            SimVlan::Private(number) => self.private(*number),
        }
    }

    /// Frames go out with the secondary's tag; those of whom it may speak to come with the primary's, and to a
    /// promiscuous port with every secondary's.
    fn private(&self, secondary: u16) -> Wire {
        let row = self.pvlans.iter().find(|row| row.secondary == secondary);
        let Some((row, sends)) = row.and_then(|row| Some((row, VlanId::new(secondary)?))) else {
            return Wire::Unknown;
        };
        let needs = match row.kind {
            PvlanKind::Promiscuous => {
                let of_primary = self.pvlans.iter().filter(|other| other.primary == row.primary);
                of_primary.filter_map(|row| VlanId::new(row.secondary)).collect()
            }
            PvlanKind::Isolated | PvlanKind::Community => {
                [row.primary, secondary].into_iter().filter_map(VlanId::new).collect()
            }
        };
        Wire::Tagged { sends, needs }
    }
}

/// What counts for a port: its own VLAN, where it has one, instead of the port group's.
pub(super) fn effective_vlan<'a>(group: &'a SimPortGroup, port: &'a SimPort) -> &'a SimVlan {
    port.vlan.as_ref().filter(|_| group.vlan_override).unwrap_or(&group.vlan)
}

/// The VLANs of a trunk. Its 0 lets untagged frames out too, of which nothing is asked here.
fn trunk(ranges: &[(u16, u16)]) -> VlanSet {
    ranges.iter().flat_map(|(first, last)| *first..=*last).filter_map(VlanId::new).collect()
}

fn uplink(host: &SimHost, wanted: &str) -> Vec<String> {
    devices(host, |pnic| match &pnic.plug {
        SimPlug::Uplink(name) | SimPlug::Lag(name) => name == wanted,
        SimPlug::Unused | SimPlug::Vswitch(_) => false,
    })
}

fn standard(host: &SimHost, name: &str) -> Resolved {
    let Some(group) = host.port_groups.iter().find(|group| group.name == name) else { return Resolved::default() };
    let wire = match group.vlan {
        GUEST_TAGS => Wire::Guest(VlanSet::all()),
        number => VlanId::new(number).map_or(Wire::Untagged, Wire::tagged),
    };
    let on_switch = |pnic: &SimPnic| matches!(&pnic.plug, SimPlug::Vswitch(name) if *name == group.vswitch);
    let spreads = group.teaming.spreads();
    if group.active.is_empty() && group.standby.is_empty() {
        let active = devices(host, on_switch).into_iter().map(|device| vec![device]).collect();
        return Resolved { wire, active, standby: Vec::new(), spreads };
    }
    let of = |names: &[String]| names.iter().map(|name| devices(host, |p| on_switch(p) && p.device == *name)).collect();
    Resolved { wire, active: of(&group.active), standby: of(&group.standby), spreads }
}

fn devices(host: &SimHost, wanted: impl Fn(&SimPnic) -> bool) -> Vec<String> {
    host.pnics.iter().filter(|pnic| wanted(pnic)).map(|pnic| pnic.device.clone()).collect()
}
