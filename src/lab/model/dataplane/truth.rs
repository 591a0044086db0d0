//! From a simulated vCenter and the cabling to what a VM needs and what becomes of its frames.

use std::collections::BTreeSet;

use vmtracker_core::net::MoId;

use super::{
    Cabling, Dark, Fabric, Idle, Leg, Place, Truth, Verdict,
    ways::{Adapter, Exit, Site, Ways},
};
use crate::lab::model::vcenter::{SimHost, SimPower, SimVm, SimVmState, Vcenter};

/// What `vm` needs and uses, while it is powered on. On a dead host it uses nothing, but its needs stay; so it is with a
/// secondary, whose primary speaks for it.
pub fn truth(vcenter: &Vcenter, cabling: &Cabling, vm: &SimVm) -> Option<Truth> {
    if !is_on(vm) {
        return None;
    }
    let host = vcenter.host(&vm.host)?;
    let speaks = !is_dead(host) && vm.speaks();
    let exits = if speaks { exits(Site { vcenter, cabling, host }, vm) } else { Vec::new() };
    let moving = vm.migrating_to.as_ref().and_then(|to| Some((to.clone(), requires(vcenter, cabling, to, vm)?)));
    let blocked = exits.iter().any(Result::is_err);
    let (mut uses, mut untagged) = (BTreeSet::new(), BTreeSet::new());
    for ways in exits.into_iter().flatten() {
        uses.extend(ways.legs);
        untagged.extend(ways.untagged);
    }
    let requires = requires(vcenter, cabling, &vm.host, vm)?;
    Some(Truth { host: vm.host.clone(), requires, blocked, uses, untagged, moving })
}

/// What the vmkernel adapters of `host` need, always.
pub fn kernel(vcenter: &Vcenter, cabling: &Cabling, host: &SimHost) -> Truth {
    let site = Site { vcenter, cabling, host };
    let requires = host.vmkernels.iter().flat_map(|adapter| site.every(adapter.into())).collect();
    let (uses, untagged) = (BTreeSet::new(), BTreeSet::new());
    Truth { host: host.id.clone(), requires, uses, untagged, blocked: false, moving: None }
}

/// What becomes of the frames of VM `id` now.
pub fn verdict(vcenter: &Vcenter, cabling: &Cabling, fabric: &dyn Fabric, id: &MoId) -> Verdict {
    let Some((vm, host)) = vcenter.vm(id).and_then(|vm| Some((vm, vcenter.host(&vm.host)?))) else {
        return Verdict::Idle(Idle::Unknown);
    };
    if !is_on(vm) {
        return Verdict::Idle(Idle::Off);
    }
    if is_dead(host) {
        return Verdict::Idle(Idle::HostDown);
    }
    if !vm.speaks() {
        return Verdict::Idle(Idle::Secondary);
    }
    let plugged = vm.vnics.iter().filter(|vnic| vnic.connected).map(Adapter::from);
    of_adapters(Site { vcenter, cabling, host }, fabric, plugged).map_or(Verdict::Passes, Verdict::Dark)
}

/// Why the frames of one of a host's adapters are lost; none: all pass.
pub(super) fn of_adapters<'a>(
    site: Site<'_>,
    fabric: &dyn Fabric,
    adapters: impl Iterator<Item = Adapter<'a>>,
) -> Option<Dark> {
    let mut exits = adapters.filter_map(|adapter| site.exit(adapter));
    exits.find_map(|exit| match exit {
        Ok(ways) => stopped(ways, fabric),
        Err(dark) => Some(dark),
    })
}

/// Why frames are lost, if they are: a way that is up does not pass them, or none is up.
fn stopped(Ways { legs, untagged }: Ways, fabric: &dyn Fabric) -> Option<Dark> {
    let places: BTreeSet<&Place> = legs.iter().map(|leg| &leg.place).chain(&untagged).collect();
    let none_up = places.iter().all(|place| !fabric.is_up(place));
    let judged = |place: &Place| none_up || fabric.is_up(place);
    let tagged = legs.iter().find(|leg| judged(&leg.place) && !fabric.forwards(leg));
    let bare = untagged.iter().find(|place| judged(place) && fabric.untagged(place).is_none());
    tagged.map(|leg| lost(leg, fabric)).or_else(|| bare.cloned().map(Dark::NoNative))
}

fn lost(leg: &Leg, fabric: &dyn Fabric) -> Dark {
    let is_native = fabric.native(&leg.place) == Some(leg.vlan);
    if is_native { Dark::IsNative(leg.clone()) } else { Dark::NotForwarded(leg.clone()) }
}

/// Whether `vm` runs at `host`.
pub(super) const fn runs(vm: &SimVm, host: &SimHost) -> bool {
    is_on(vm) && !is_dead(host)
}

const fn is_on(vm: &SimVm) -> bool {
    matches!(vm.power, SimPower::On) && !matches!(vm.state, SimVmState::Orphaned)
}

/// What vCenter says of a host is not asked: one that it does not hear may run on.
const fn is_dead(host: &SimHost) -> bool {
    !host.powered
}

fn requires(vcenter: &Vcenter, cabling: &Cabling, host: &MoId, vm: &SimVm) -> Option<BTreeSet<Leg>> {
    let site = Site { vcenter, cabling, host: vcenter.host(host)? };
    let plugged = vm.vnics.iter().filter(|vnic| vnic.connected);
    Some(plugged.flat_map(|vnic| site.every(vnic.into())).collect())
}

/// Where the frames of each connected adapter leave the host.
fn exits(site: Site<'_>, vm: &SimVm) -> Vec<Exit> {
    let plugged = vm.vnics.iter().filter(|vnic| vnic.connected);
    plugged.filter_map(|vnic| site.exit(vnic.into())).collect()
}
