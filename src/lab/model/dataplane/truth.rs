//! From a simulated vCenter and the cabling to what a VM needs and what becomes of its frames.
//!
//! An adapter without one VLAN of its own (untagged, trunking, private) is not judged here: the lab's own topologies
//! have none.

use std::collections::BTreeSet;

use vmtracker_core::net::{MacAddr, MoId};

use super::{Cabling, Dark, Fabric, Idle, Leg, Truth, Verdict};
use crate::lab::model::vcenter::{Resolved, SimBacking, SimHost, SimPower, SimVm, Vcenter};

/// What `vm` needs and uses, while it is powered on. On a dead host it uses nothing, but its needs stay.
pub fn truth(vcenter: &Vcenter, cabling: &Cabling, vm: &SimVm) -> Option<Truth> {
    if vm.power != SimPower::On {
        return None;
    }
    let host = vcenter.host(&vm.host)?;
    let exits = if is_dead(host) { Vec::new() } else { exits(vcenter, cabling, host, vm) };
    let moving = vm.migrating_to.as_ref().and_then(|to| Some((to.clone(), requires(vcenter, cabling, to, vm)?)));
    Some(Truth {
        host: vm.host.clone(),
        requires: requires(vcenter, cabling, &vm.host, vm)?,
        blocked: exits.iter().any(Result::is_err),
        uses: exits.into_iter().flatten().flatten().collect(),
        moving,
    })
}

/// What the vmkernel adapters of `host` need, always.
pub fn kernel(vcenter: &Vcenter, cabling: &Cabling, host: &SimHost) -> Truth {
    let backings = host.vmkernels.iter().map(|adapter| &adapter.backing);
    let requires = backings.flat_map(|backing| every_way(vcenter, cabling, host, backing)).collect();
    Truth { host: host.id.clone(), requires, uses: BTreeSet::new(), blocked: false, moving: None }
}

/// What becomes of the frames of VM `id` now.
pub fn verdict(vcenter: &Vcenter, cabling: &Cabling, fabric: &dyn Fabric, id: &MoId) -> Verdict {
    let Some((vm, host)) = vcenter.vm(id).and_then(|vm| Some((vm, vcenter.host(&vm.host)?))) else {
        return Verdict::Idle(Idle::Unknown);
    };
    if vm.power != SimPower::On {
        return Verdict::Idle(Idle::Off);
    }
    if is_dead(host) {
        return Verdict::Idle(Idle::HostDown);
    }
    let plugged = vm.vnics.iter().filter(|vnic| vnic.connected).map(|vnic| &vnic.backing);
    of_adapters(vcenter, cabling, fabric, host, plugged).map_or(Verdict::Passes, Verdict::Dark)
}

/// Why the frames of one of a host's adapters are lost, by what they are plugged into; none: all pass.
pub(super) fn of_adapters<'a>(
    vcenter: &Vcenter,
    cabling: &Cabling,
    fabric: &dyn Fabric,
    host: &SimHost,
    backings: impl Iterator<Item = &'a SimBacking>,
) -> Option<Dark> {
    let mut exits = backings.filter_map(|backing| exit(vcenter, cabling, host, backing));
    exits.find_map(|exit| match exit {
        Ok(legs) => stopped(legs, fabric).map(Dark::NotForwarded),
        Err(dark) => Some(dark),
    })
}

/// The leg on which frames are lost: one that is up and does not pass the VLAN, or any when none is up.
fn stopped(legs: Vec<Leg>, fabric: &dyn Fabric) -> Option<Leg> {
    if legs.iter().all(|leg| !fabric.is_up(&leg.place)) {
        return legs.into_iter().next();
    }
    legs.into_iter().find(|leg| fabric.is_up(&leg.place) && !fabric.forwards(leg))
}

/// An address that speaks, where its frames enter the fabric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The source address.
    pub mac: MacAddr,
    /// The port and the VLAN.
    pub leg: Leg,
}

/// The frames that a VM sends, whether they pass or not, over every leg of a bundle; nothing while it does not run.
/// A copy of it that runs on elsewhere is heard first, and the VM itself last.
pub fn frames(vcenter: &Vcenter, cabling: &Cabling, vm: &SimVm) -> Vec<Frame> {
    let host = vcenter.host(&vm.host).filter(|host| vm.power == SimPower::On && !is_dead(host));
    let Some(host) = host else { return Vec::new() };
    let copy = vm.copy_on.as_ref().and_then(|host| vcenter.host(host)).filter(|host| !is_dead(host));
    let sent = |host| {
        let plugged = vm.vnics.iter().filter(|vnic| vnic.connected);
        plugged.filter_map(move |vnic| {
            let legs = exit(vcenter, cabling, host, &vnic.backing)?.ok()?;
            Some(legs.into_iter().map(|leg| Frame { mac: vnic.mac, leg }))
        })
    };
    copy.into_iter().chain([host]).flat_map(sent).flatten().collect()
}

/// What vCenter says of a host is not asked: one that it does not hear may run on.
const fn is_dead(host: &SimHost) -> bool {
    !host.powered
}

fn requires(vcenter: &Vcenter, cabling: &Cabling, host: &MoId, vm: &SimVm) -> Option<BTreeSet<Leg>> {
    let host = vcenter.host(host)?;
    let plugged = vm.vnics.iter().filter(|vnic| vnic.connected);
    Some(plugged.flat_map(|vnic| every_way(vcenter, cabling, host, &vnic.backing)).collect())
}

/// Every port that an adapter may use, active or standby.
fn every_way(vcenter: &Vcenter, cabling: &Cabling, host: &SimHost, backing: &SimBacking) -> Vec<Leg> {
    let Resolved { vlan, active, standby } = vcenter.uplinks_of(&host.id, backing);
    let Some(vlan) = vlan else { return Vec::new() };
    let places = active.iter().chain(&standby).flat_map(|device| cabling.places_of(&host.name, device));
    places.map(|place| Leg { place, vlan }).collect()
}

/// Where the frames of each connected adapter with a VLAN leave the host.
fn exits(vcenter: &Vcenter, cabling: &Cabling, host: &SimHost, vm: &SimVm) -> Vec<Exit> {
    let plugged = vm.vnics.iter().filter(|vnic| vnic.connected);
    plugged.filter_map(|vnic| exit(vcenter, cabling, host, &vnic.backing)).collect()
}

/// The legs over which the frames of an adapter pass, or why there is none.
type Exit = Result<Vec<Leg>, Dark>;

/// ESXi's explicit failover order: the first active uplink with a link, else the first standby uplink with one. Where it
/// belongs to a bundle, the switches send over every leg of it that has a link.
fn exit(vcenter: &Vcenter, cabling: &Cabling, host: &SimHost, backing: &SimBacking) -> Option<Exit> {
    let Resolved { vlan, active, standby } = vcenter.uplinks_of(&host.id, backing);
    let vlan = vlan?;
    let has_link = |device: &str| host.pnic(device).is_some_and(|pnic| pnic.link);
    let mut ways = active.iter().chain(&standby);
    let Some(device) = ways.find(|device| has_link(device)) else { return Some(Err(Dark::NoUplink)) };
    let bundle = cabling.bundle(&host.name, device).into_iter().filter(|device| has_link(device));
    let places = bundle.flat_map(|device| cabling.ways(&host.name, &device));
    let legs: BTreeSet<Leg> = places.map(|place| Leg { place, vlan }).collect();
    let cabled = !legs.is_empty();
    Some(if cabled { Ok(legs.into_iter().collect()) } else { Err(Dark::NotCabled { device: device.clone() }) })
}
