//! From what an adapter is plugged into to the VLANs and the pnics that it needs. Pure lookups.

use super::{
    Backing, DvPort, HostNetwork, ObjectId, PortGroup, Sriov, Teaming, VlanSpec, Vm, Vmkernel, Vnic, private,
    sites::Sites, wide::Trunks,
};
use crate::net::{VcenterId, VlanSet};

/// The TCP/IP stack of an overlay's tunnels (`netStackInstanceKey`).
pub(super) const TUNNELS: &str = "vxlan";

/// An adapter as its needs are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plug<'a> {
    backing: &'a Backing,
    /// Whose port it is, and its key; none: any port of that network will do.
    port: Option<Port<'a>>,
    sriov: Option<&'a Sriov>,
    /// It ends an overlay's tunnel: its own VLAN is a plain one.
    tunnel: bool,
}

/// A port of a distributed switch, and who is held to be plugged in there.
#[derive(Clone, Copy, Debug)]
struct Port<'a> {
    key: Option<&'a str>,
    entity: &'a ObjectId,
    /// The device key of a virtual NIC; none for a vmkernel adapter.
    nic: Option<i32>,
}

impl<'a> Plug<'a> {
    /// A virtual NIC of a VM.
    pub(super) fn vnic(vm: &'a Vm, vnic: &'a Vnic) -> Self {
        let port = Port { key: vnic.port_key.as_deref(), entity: &vm.id, nic: Some(vnic.key) };
        Self { backing: &vnic.backing, port: Some(port), sriov: vnic.sriov.as_ref(), tunnel: false }
    }

    /// Any adapter in a network.
    pub(super) const fn network(backing: &'a Backing) -> Self {
        Self { backing, port: None, sriov: None, tunnel: false }
    }

    /// A vmkernel adapter of a host.
    pub(super) fn kernel(host: &'a ObjectId, adapter: &'a Vmkernel) -> Self {
        let port = Port { key: adapter.port_key.as_deref(), entity: host, nic: None };
        let tunnel = adapter.netstack.as_deref() == Some(TUNNELS);
        Self { backing: &adapter.backing, port: Some(port), sriov: None, tunnel }
    }
}

/// What an adapter needs on its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// This, on the ports of these pnics.
    Known(Known),
    /// Its frames leave inside an overlay's tunnel: it needs no VLAN of its own.
    Overlay(Overlay),
    /// A port group lets more VLANs through than are served without a word of consent.
    Wide(Wide),
    /// It cannot be told, for this reason; whatever stands for it stays.
    Unknown(String),
}

/// What is known of the needs of an adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The VLANs.
    pub(super) vlans: VlanSet,
    /// Its frames leave untagged: they are in the native VLAN of the switch's port.
    pub(super) untagged: bool,
    /// The pnics' devices, active and standby ones.
    pub(super) pnics: Vec<String>,
    /// All that a wide port group lets through, of which [`Known::vlans`] are those that the configuration allows: what
    /// it allows no more is over by no fact.
    pub(super) within: Option<VlanSet>,
    /// The port group, where its port may differ from that, and was not read yet: there may be more to it.
    pub(super) unread: Option<String>,
}

/// A network whose frames leave inside an overlay's tunnel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Overlay(pub(super) String);

/// A port group with too many VLANs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide {
    /// Its name.
    pub(super) group: String,
    /// Which VLANs it lets through, for people.
    pub(super) what: String,
}

impl From<String> for Need {
    fn from(why: String) -> Self {
        Self::Unknown(why)
    }
}

/// Where needs are looked up: a host's network in one vCenter, under its policy.
pub(super) struct Lookup<'a> {
    pub(super) sites: &'a Sites,
    pub(super) vcenter: &'a VcenterId,
    pub(super) network: &'a HostNetwork,
    pub(super) trunks: Trunks,
}

/// What is known of the own settings of a port.
enum Own<'a> {
    /// It is as its group.
    None,
    /// This is what its switch says of it.
    Read(&'a DvPort),
    /// It may have some, and was not read, or not since it was plugged in.
    Unread,
}

impl<'a> Lookup<'a> {
    /// What an adapter needs.
    pub(super) fn need(&self, plug: &Plug<'_>) -> Need {
        let known = match plug.backing {
            Backing::Distributed { dvs_uuid, port_group_key } => self.distributed(dvs_uuid, port_group_key, plug),
            Backing::Standard { port_group } => self.standard(port_group),
            Backing::Opaque { id, kind } => return opaque(id, kind, plug),
            Backing::Unknown { class } => Err(format!("networks of class {class} are not tracked yet").into()),
        };
        known.and_then(|known| self.by_function(known, plug)).map_or_else(|need| need, Need::Known)
    }

    fn distributed(&self, dvs_uuid: &str, key: &str, plug: &Plug<'_>) -> Result<Known, Need> {
        let group = self.sites.group(self.vcenter, key);
        let group = group.ok_or_else(|| format!("its distributed port group {key} is not in the inventory"))?;
        if group.uplink {
            return Err(format!("port group {:?} is that of the uplinks themselves", group.name).into());
        }
        if group.nsx && !plug.tunnel {
            return Err(Need::Overlay(Overlay(format!("port group {:?}", group.name))));
        }
        let own = self.own(group, plug);
        let spec = self.vlan_of(group, &own)?;
        let (vlans, untagged) = self.vlans(spec, &group.name, dvs_uuid)?;
        let within = self.within(spec);
        let teaming = match &own {
            Own::Read(port) => port.teaming.as_ref().or(group.teaming.as_ref()),
            Own::None | Own::Unread => group.teaming.as_ref(),
        };
        let pnics = match plug.sriov {
            Some(_) => Vec::new(),
            None => self.uplinks(dvs_uuid, teaming, &group.name)?,
        };
        let unread = matches!(own, Own::Unread).then(|| group.name.clone());
        Ok(Known { vlans, untagged, pnics, within, unread })
    }

    /// The settings of the port itself. What was read of it counts only while the same adapter is plugged in there.
    fn own(&self, group: &PortGroup, plug: &Plug<'_>) -> Own<'a> {
        let Some(port) = plug.port.filter(|_| group.overrides.any() || group.nsx) else { return Own::None };
        let read = port.key.and_then(|key| self.sites.networks.port(self.vcenter, &group.key, key));
        let plugged = |read: &&DvPort| {
            let nic = |told: &str| port.nic.is_none_or(|nic| told.is_empty() || told == nic.to_string());
            read.connectee.as_ref().is_some_and(|plug| plug.entity == port.entity.moid && nic(&plug.nic))
        };
        read.filter(plugged).map_or(Own::Unread, Own::Read)
    }

    /// A VLAN that a port inherits is the group's, which is watched; the port's copy is as old as its reading. What a
    /// group of NSX says of VLANs means nothing: there the port counts.
    fn vlan_of(&self, group: &'a PortGroup, own: &Own<'a>) -> Result<&'a VlanSpec, Need> {
        match own {
            Own::Read(port) if group.nsx || !port.vlan_inherited => {
                let silent = || format!("vCenter did not say which VLAN the port of {:?} has", group.name);
                Ok(port.vlan.as_ref().ok_or_else(silent)?)
            }
            Own::None | Own::Unread if group.nsx => {
                Err(format!("the port of {:?}, which is a network of NSX, was not read yet", group.name).into())
            }
            Own::None | Own::Unread | Own::Read(_) => Ok(&group.vlan),
        }
    }

    /// The pnics of the uplinks that a port may use. A name of the order without a pnic here is an empty slot of this
    /// host; a LAG has as many pnics as it has members here.
    fn uplinks(&self, dvs_uuid: &str, teaming: Option<&Teaming>, group: &str) -> Result<Vec<String>, Need> {
        let proxy = self.network.proxy_switches.iter().find(|proxy| proxy.dvs_uuid == dvs_uuid);
        let proxy = proxy.ok_or_else(|| format!("its host is not on the distributed switch {dvs_uuid}"))?;
        let usable = |name: &String| teaming.is_none_or(|teaming| used(teaming).any(|used| used == name));
        let pnics: Vec<String> =
            proxy.uplinks.iter().filter(|uplink| usable(&uplink.name)).map(|uplink| uplink.pnic.clone()).collect();
        match pnics.is_empty() {
            false => Ok(pnics),
            true => Err(format!("none of the uplinks of port group {group:?} has a pnic on its host").into()),
        }
    }

    fn standard(&self, name: &str) -> Result<Known, Need> {
        let group = self.network.port_groups.iter().find(|group| group.name == name);
        let group = group.ok_or_else(|| format!("its host has no port group {name:?}"))?;
        let (vlans, untagged) = self.vlans(&group.vlan, name, "")?;
        let switch = self.network.vswitches.iter().find(|switch| switch.name == group.vswitch);
        let switch = switch.ok_or_else(|| format!("its host has no standard switch {:?}", group.vswitch))?;
        let pnics = match &group.teaming {
            Some(teaming) => used(teaming).filter(|pnic| switch.pnics.contains(pnic)).cloned().collect(),
            None => switch.pnics.clone(),
        };
        Ok(Known { vlans, untagged, pnics, within: self.within(&group.vlan), unread: None })
    }

    /// An SR-IOV adapter passes no virtual switch: whatever uplinks its port group has, its frames leave by the pnic of
    /// its physical function.
    fn by_function(&self, known: Known, plug: &Plug<'_>) -> Result<Known, Need> {
        let Some(sriov) = plug.sriov else { return Ok(known) };
        let silent = || "vCenter did not say on which pnic its SR-IOV adapter is".to_owned();
        let function = sriov.function.as_deref().ok_or_else(silent)?;
        let pnic = self.network.pnics.iter().find(|pnic| pnic.pci.eq_ignore_ascii_case(function));
        let pnic =
            pnic.ok_or_else(|| format!("no pnic of its host has the PCI address {function:?} of its SR-IOV adapter"))?;
        Ok(Known { pnics: vec![pnic.device.clone()], ..known })
    }

    fn within(&self, spec: &VlanSpec) -> Option<VlanSet> {
        match spec {
            VlanSpec::Trunk(ranges) => self.trunks.bounds(ranges).then(|| ranges.clone()),
            VlanSpec::Guest => Some(VlanSet::all()),
            VlanSpec::Untagged | VlanSpec::Access(_) | VlanSpec::Private(_) | VlanSpec::Unknown => None,
        }
    }

    /// The VLANs of a port group, and whether its frames leave untagged. That the guest may send untagged frames beside
    /// its ranges is no need: most never do.
    fn vlans(&self, spec: &VlanSpec, group: &str, dvs_uuid: &str) -> Result<(VlanSet, bool), Need> {
        match spec {
            VlanSpec::Untagged => Ok((VlanSet::EMPTY, true)),
            VlanSpec::Access(vlan) => Ok(((*vlan).into(), false)),
            VlanSpec::Trunk(ranges) => Ok((self.trunks.serve(ranges, group)?, false)),
            VlanSpec::Guest => Ok((self.trunks.serve_guest(group)?, false)),
            VlanSpec::Private(secondary) => {
                Ok((private::vlans(*secondary, group, self.sites.networks.dvs(self.vcenter, dvs_uuid))?, false))
            }
            VlanSpec::Unknown => Err(format!("vCenter did not say which VLAN port group {group:?} has").into()),
        }
    }
}

/// A vmkernel adapter on a network of NSX may be the tunnel's own end, and vCenter does not say which VLAN that has.
fn opaque(id: &str, kind: &str, plug: &Plug<'_>) -> Need {
    match plug.port {
        Some(Port { nic: None, .. }) => {
            Need::Unknown(format!("vCenter does not say which VLAN network {id:?} ({kind}) has"))
        }
        Some(_) | None => Need::Overlay(Overlay(format!("network {id:?} ({kind})"))),
    }
}

fn used(teaming: &Teaming) -> impl Iterator<Item = &String> {
    teaming.active.iter().chain(&teaming.standby)
}

#[cfg(test)]
mod tests;
