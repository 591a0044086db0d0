//! What the power of hosts does to the fabric, and the fabric to a vCenter that is itself a VM on one of them.

use std::collections::BTreeSet;

use super::{
    Cabling, Fabric, Idle, Verdict,
    truth::of_adapters,
    verdict,
    ways::{Adapter, Site},
};
use crate::lab::model::{
    vcenter::{SimHost, SimVm, Vcenter},
    world::World,
};

/// The VM of its own inventory that is this vCenter, if there is one.
pub fn appliance(vcenter: &Vcenter) -> Option<&SimVm> {
    vcenter.vms().find(|vm| vm.appliance)
}

/// Whether a vCenter that is a VM of its own inventory runs, and its frames pass; of any other nothing.
pub fn appliance_answers(vcenter: &Vcenter, cabling: &Cabling, fabric: &dyn Fabric) -> Option<bool> {
    let vm = appliance(vcenter)?;
    Some(verdict(vcenter, cabling, fabric, &vm.id) == Verdict::Passes)
}

/// A vCenter that is a VM of its own inventory is down exactly while that does not run or its frames do not pass. One
/// that does not run has forgotten its sessions.
pub(super) fn follow_appliances(world: &mut World, cabling: &Cabling) {
    for vcenter in world.vcenters.values_mut() {
        let Some(vm) = appliance(vcenter).map(|vm| vm.id.clone()) else { continue };
        let verdict = verdict(vcenter, cabling, &world.switches, &vm);
        let answers = verdict == Verdict::Passes;
        if vcenter.faults.down != answers {
            continue;
        }
        vcenter.set_reachable(answers);
        if matches!(verdict, Verdict::Idle(_)) {
            vcenter.terminate_sessions();
        }
    }
}

/// What becomes of the frames of a host's vmkernel adapters now.
pub fn kernel_verdict(vcenter: &Vcenter, cabling: &Cabling, fabric: &dyn Fabric, host: &SimHost) -> Verdict {
    if !host.powered {
        return Verdict::Idle(Idle::HostDown);
    }
    let adapters = host.vmkernels.iter().map(Adapter::from);
    of_adapters(Site { vcenter, cabling, host }, fabric, adapters).map_or(Verdict::Passes, Verdict::Dark)
}

/// Switch ports lose their link when the host at the other end of the cable loses its power, and get it back with it.
/// `dark` are the hosts whose ports are known to be without. Of a host that is in no inventory nothing is known.
pub(super) fn follow_power(world: &mut World, cabling: &Cabling, dark: &mut BTreeSet<String>) -> bool {
    let mut changed = Vec::new();
    for host in world.vcenters.values().flat_map(Vcenter::hosts) {
        let news = if host.powered { dark.remove(&host.name) } else { dark.insert(host.name.clone()) };
        changed.extend(news.then(|| (host.name.clone(), host.powered)));
    }
    for (name, powered) in &changed {
        for (_, _, end) in cabling.cables().into_iter().filter(|(host, _, _)| host == name) {
            for port in end.ports {
                if let Some(switch) = world.switches.get_mut(port.switch.as_str()) {
                    switch.set_link(port.interface, *powered);
                }
            }
        }
    }
    !changed.is_empty()
}
