//! Hosts that fail, and what HA makes of it: no destination is announced, `runtime.host` changes, and then comes the
//! event (facts: vCenter §C).

use std::collections::BTreeMap;

use vmtracker_core::net::MoId;

use super::{
    LabTime, Vcenter,
    agenda::Later,
    event_kind::EventKind,
    inventory::{SimConnection, SimHost, SimPower, SimVm},
    motion::UNSEEN,
    operate::Refused,
};

impl Vcenter {
    /// A host loses its power, and nobody notices yet: nothing runs there any more. Moves from and to it fail.
    pub fn cut_power(&mut self, host: &MoId) -> Result<u64, Refused> {
        let found = self.host_mut(host)?;
        if !found.powered {
            return Err(Refused::InvalidHostState);
        }
        found.powered = false;
        let number = self.changes.touch(host, &[UNSEEN]);
        self.end_copies_on(host);
        let concerned = |vm: &&SimVm| vm.is_moving() && (vm.host == *host || vm.migrating_to.as_ref() == Some(host));
        let moving: Vec<MoId> = self.vms.values().filter(concerned).map(|vm| vm.id.clone()).collect();
        for vm in moving {
            self.fail_migration(&vm, "a host is not responding")?;
        }
        Ok(number)
    }

    /// A host loses its power, vCenter its connection, and the cluster says that the host failed. The VMs that ran there
    /// wait for HA, by [`Vcenter::restart_elsewhere`]. Returns the number of the newest change.
    pub fn fail_host(&mut self, host: &MoId) -> Result<u64, Refused> {
        self.cut_power(host)?;
        self.connection_becomes(host, SimConnection::NotResponding)?;
        self.post_host(host, EventKind::HostFailed);
        for vm in self.residents(host) {
            self.awaits_failover(&vm);
        }
        Ok(self.revision())
    }

    /// The same, and HA restarts each VM that ran there `after` from now on one of the cluster's other hosts, in turn.
    pub fn fail_host_with_ha(&mut self, host: &MoId, after: LabTime) -> Result<u64, Refused> {
        let failed = self.fail_host(host)?;
        for vm in self.residents(host) {
            self.later(after, Later::Restarts(vm));
        }
        Ok(failed)
    }

    /// vCenter loses a host that runs on, with its VMs: the network between them is cut, and no other.
    pub fn isolate_host(&mut self, host: &MoId) -> Result<u64, Refused> {
        self.connection_becomes(host, SimConnection::NotResponding)
    }

    /// HA restarts a VM on another host: `runtime.host` changes, then comes the EventEx; nothing is said before. If its
    /// old host runs on, cut off from vCenter, so does the old copy until that host is back. Returns the number of the
    /// former.
    pub fn restart_elsewhere(&mut self, vm: &MoId, host: &MoId) -> Result<u64, Refused> {
        self.named_host(host).ok_or(Refused::NoSuchHost)?;
        let chain = self.events.new_chain();
        let old = self.vm(vm).ok_or(Refused::NoSuchVm)?.host.clone();
        let cut_off = |old: &SimHost| old.powered && old.connection == SimConnection::NotResponding;
        let runs_on = old != *host && self.hosts.get(&old).is_some_and(cut_off);
        let machine = self.vm_mut(vm)?;
        machine.chain = chain;
        machine.copy_on = (runs_on && machine.power == SimPower::On).then_some(old);
        machine.power = SimPower::On;
        (machine.migrating_to, machine.motion, machine.failover) = (None, None, false);
        let moved = self.place(vm, host)?;
        self.changes.touch(vm, &["runtime.vmFailoverInProgress"]);
        self.tell_vm(self.delays.end_event, vm, EventKind::RestartedByHa)?;
        Ok(moved)
    }

    /// HA looks for a host for a VM of one that failed. It stays where it is if there is none, or its host is back.
    pub(super) fn restarts(&mut self, vm: &MoId) {
        let Some(machine) = self.vms.get(vm).filter(|vm| vm.failover) else { return };
        let refuges = self.refuges(&machine.host);
        let mut crowd: BTreeMap<&MoId, usize> = refuges.iter().map(|host| (host, 0)).collect();
        for other in self.vms.values() {
            crowd.entry(&other.host).and_modify(|count| *count += 1);
        }
        let emptiest = refuges.iter().min_by_key(|host| crowd.get(host).copied()).cloned();
        if let Some(host) = emptiest {
            let restarted = self.restart_elsewhere(vm, &host);
            debug_assert!(restarted.is_ok(), "both are there");
        }
    }

    /// The other hosts of its cluster that take VMs.
    pub(super) fn refuges(&self, host: &MoId) -> Vec<MoId> {
        let cluster = self.hosts.get(host).map(|host| &host.cluster);
        let takes = |other: &&SimHost| Some(&other.cluster) == cluster && other.id != *host && other.takes_vms();
        self.hosts.values().filter(takes).map(|host| host.id.clone()).collect()
    }

    /// The VMs that are on a host, running or not.
    pub(super) fn residents(&self, host: &MoId) -> Vec<MoId> {
        self.vms.values().filter(|vm| vm.host == *host).map(|vm| vm.id.clone()).collect()
    }

    fn awaits_failover(&mut self, vm: &MoId) {
        if let Some(machine) = self.vms.get_mut(vm).filter(|vm| vm.power == SimPower::On) {
            machine.failover = true;
            self.changes.touch(vm, &["runtime.vmFailoverInProgress"]);
        }
    }

    /// A host ends the copies of VMs that run elsewhere.
    pub(super) fn end_copies_on(&mut self, host: &MoId) {
        let copies = self.vms.values_mut().filter(|vm| vm.copy_on.as_ref() == Some(host));
        let ended: Vec<MoId> = copies
            .map(|vm| {
                vm.copy_on = None;
                vm.id.clone()
            })
            .collect();
        for vm in ended {
            self.changes.touch(&vm, &[UNSEEN]);
        }
    }
}
