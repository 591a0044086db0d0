//! The ways of an adapter's frames: every one that must stand for it, and those that they take now.
//!
//! A guest that tags its own frames uses the VLANs that the lab says it uses. What must stand for it are all VLANs that
//! its port lets out, unless these are more than [`WIDE`]: nobody has all of them, so only what it uses is asked for.

use std::collections::BTreeSet;

use vmtracker_core::net::{MacAddr, VlanId, VlanSet};

use super::{Cabling, Dark, Fabric, Leg, Place, truth::runs};
use crate::lab::model::vcenter::{Plugged, Resolved, SimHost, SimVm, SimVmkernel, SimVnic, Vcenter, Wire};

/// A trunk of more VLANs than this is a way of saying "any", not a list of what is needed.
const WIDE: usize = 64;
/// A vmkernel adapter tags nothing itself.
static NO_VLANS: VlanSet = VlanSet::EMPTY;
/// The stack of the vmkernel adapters that are tunnels of overlay networks.
const TUNNEL_STACK: &str = "vxlan";

/// An adapter of a VM or of a host, as far as its frames go.
#[derive(Clone, Copy)]
pub(super) struct Adapter<'a> {
    plugged: Plugged<'a>,
    guest: &'a VlanSet,
}

impl<'a> From<&'a SimVnic> for Adapter<'a> {
    fn from(vnic: &'a SimVnic) -> Self {
        Self { plugged: vnic.into(), guest: &vnic.guest_vlans }
    }
}

impl<'a> From<&'a SimVmkernel> for Adapter<'a> {
    fn from(adapter: &'a SimVmkernel) -> Self {
        Self { plugged: adapter.into(), guest: &NO_VLANS }
    }
}

/// The ways that frames take now.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// Tagged: each must pass.
    pub(super) legs: BTreeSet<Leg>,
    /// Untagged: each must pass.
    pub(super) untagged: BTreeSet<Place>,
}

/// The ways of an adapter, or why there is none.
pub(super) type Exit = Result<Ways, Dark>;

/// Where the models are looked up.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) vcenter: &'a Vcenter,
    pub(super) cabling: &'a Cabling,
    pub(super) host: &'a SimHost,
}

impl Site<'_> {
    /// Every tagged way that an adapter may take, active or standby.
    pub(super) fn every(self, adapter: Adapter<'_>) -> Vec<Leg> {
        let Resolved { wire, active, standby, .. } = self.vcenter.uplinks_of(&self.host.id, adapter.plugged);
        let vlans = match wire {
            Wire::Unknown | Wire::Untagged | Wire::Tunnelled => return Vec::new(),
            Wire::Tagged { needs, .. } => needs,
            Wire::Guest(allowed) if allowed.len() > WIDE => adapter.guest.intersection(&allowed),
            Wire::Guest(allowed) => allowed,
        };
        let devices = active.iter().chain(&standby).flatten();
        let places: BTreeSet<Place> =
            devices.flat_map(|device| self.cabling.places_of(&self.host.name, device)).collect();
        places.iter().flat_map(|place| vlans.iter().map(|vlan| Leg { place: place.clone(), vlan })).collect()
    }

    /// The ways that frames of an adapter take now. None: nothing of it is judged.
    pub(super) fn exit(self, adapter: Adapter<'_>) -> Option<Exit> {
        let resolved = self.vcenter.uplinks_of(&self.host.id, adapter.plugged);
        let vlans = match &resolved.wire {
            Wire::Unknown => return None,
            Wire::Tunnelled => return Some(self.tunnels()),
            Wire::Untagged => None,
            Wire::Tagged { needs, .. } => Some(needs.clone()),
            Wire::Guest(allowed) => Some(adapter.guest.intersection(allowed)),
        };
        Some(self.places(&resolved).map(|places| match vlans {
            None => Ways { untagged: places, legs: BTreeSet::new() },
            Some(vlans) => {
                let legs = places.iter().flat_map(|place| vlans.iter().map(|vlan| Leg { place: place.clone(), vlan }));
                Ways { legs: legs.collect(), untagged: BTreeSet::new() }
            }
        }))
    }

    /// What a VM in an overlay network depends on: the ways of its host's tunnels.
    fn tunnels(self) -> Exit {
        let tunnels = self.host.vmkernels.iter().filter(|adapter| adapter.stack == TUNNEL_STACK);
        // Not itself in an overlay network, or there would be no end.
        let outside =
            tunnels.filter(|adapter| self.vcenter.uplinks_of(&self.host.id, *adapter).wire != Wire::Tunnelled);
        let exits: Vec<Exit> = outside.filter_map(|adapter| self.exit(adapter.into())).collect();
        if exits.is_empty() {
            return Err(Dark::NoTunnel);
        }
        let mut all = Ways::default();
        for exit in exits {
            let ways = exit?;
            all.legs.extend(ways.legs);
            all.untagged.extend(ways.untagged);
        }
        Ok(all)
    }

    /// Where frames leave: by the first active uplink with a link, or every one where they are spread; else by the first
    /// standby uplink with one. (By which active one a port or an address is hashed nobody outside of ESXi can tell; the
    /// first is as good as any.) Of a LAG by every member with a link. Where a pnic belongs to a bundle, the switches
    /// send over every leg of it that has a link.
    fn places(self, resolved: &Resolved) -> Result<BTreeSet<Place>, Dark> {
        let linked = |uplink: &Vec<String>| -> Vec<String> {
            uplink.iter().filter(|device| self.has_link(device)).cloned().collect()
        };
        let lit = |uplinks: &[Vec<String>], most: usize| -> Vec<String> {
            uplinks.iter().map(linked).filter(|uplink| !uplink.is_empty()).take(most).flatten().collect()
        };
        let mut devices = lit(&resolved.active, if resolved.spreads { usize::MAX } else { 1 });
        if devices.is_empty() {
            devices = lit(&resolved.standby, 1);
        }
        let Some(first) = devices.first().cloned() else { return Err(Dark::NoUplink) };
        let host = &self.host.name;
        let bundled = devices.iter().flat_map(|device| self.cabling.bundle(host, device));
        let used: BTreeSet<String> =
            devices.iter().cloned().chain(bundled.filter(|name| self.has_link(name))).collect();
        let places: BTreeSet<Place> = used.iter().flat_map(|device| self.cabling.ways(host, device)).collect();
        if places.is_empty() { Err(Dark::NotCabled { device: first }) } else { Ok(places) }
    }

    fn has_link(self, device: &str) -> bool {
        self.host.pnic(device).is_some_and(|pnic| pnic.link)
    }
}

/// An address that speaks, where its frames enter the fabric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The source address.
    pub mac: MacAddr,
    /// The port.
    pub place: Place,
    /// Their tag; none: the port's native VLAN.
    pub tag: Option<VlanId>,
}

impl Frame {
    /// The port and the VLAN it gets into, whether it passes or not; none: it gets into no VLAN.
    pub fn leg(&self, fabric: &dyn Fabric) -> Option<Leg> {
        let vlan = self.tag.or_else(|| fabric.untagged(&self.place))?;
        Some(Leg { place: self.place.clone(), vlan })
    }

    /// Whether it passes.
    pub fn passes(&self, fabric: &dyn Fabric) -> bool {
        match self.tag {
            Some(vlan) => fabric.forwards(&Leg { place: self.place.clone(), vlan }),
            None => fabric.untagged(&self.place).is_some(),
        }
    }
}

/// The frames that a VM sends, whether they pass or not, over every leg of a bundle; nothing while it does not run, or
/// while its primary speaks for it. Those inside of tunnels carry the tunnel's address and are not among them. A copy of
/// it that runs on elsewhere is heard first, and the VM itself last.
pub fn frames(vcenter: &Vcenter, cabling: &Cabling, vm: &SimVm) -> Vec<Frame> {
    let Some(host) = vcenter.host(&vm.host).filter(|host| runs(vm, host) && vm.speaks()) else { return Vec::new() };
    let copy = vm.copy_on.as_ref().and_then(|host| vcenter.host(host)).filter(|host| runs(vm, host));
    let at = |host| {
        let site = Site { vcenter, cabling, host };
        vm.vnics.iter().filter(|vnic| vnic.connected).flat_map(move |vnic| sent(site, vnic))
    };
    copy.into_iter().chain([host]).flat_map(at).collect()
}

fn sent(site: Site<'_>, vnic: &SimVnic) -> Vec<Frame> {
    let wire = site.vcenter.uplinks_of(&site.host.id, vnic).wire;
    let Some(Ok(Ways { legs, untagged })) = site.exit(vnic.into()) else { return Vec::new() };
    let carries = |leg: &Leg| match &wire {
        Wire::Tagged { sends, .. } => leg.vlan == *sends,
        Wire::Guest(_) => true,
        Wire::Unknown | Wire::Untagged | Wire::Tunnelled => false,
    };
    let tagged = legs.into_iter().filter(carries).map(|leg| (leg.place, Some(leg.vlan)));
    let bare = untagged.into_iter().filter(|_| wire == Wire::Untagged).map(|place| (place, None));
    tagged.chain(bare).map(|(place, tag)| Frame { mac: vnic.mac, place, tag }).collect()
}
