//! What a changed fact touches: which units must be asked anew, and nothing else.

use std::{collections::BTreeSet, sync::Arc};

use super::{Backing, EdgePort, Host, HostId, Moment, ObjectId, Policy, Tracker, VmId, reason::Unit};
use crate::net::VcenterId;

impl Tracker {
    pub(super) fn policy_changed(&mut self, policy: Arc<Policy>) {
        self.fabric.expect(&policy);
        self.policy = policy;
        self.reconsider();
        let hosts: Vec<HostId> = self.sites.hosts.keys().cloned().collect();
        hosts.iter().for_each(|host| self.host_changed(host));
        self.count_all();
        self.review_advice();
        self.dirty.units.extend(self.sites.vms.keys().cloned().map(Unit::Vm));
        self.dirty.switches.extend(self.fabric.switches.keys().cloned());
    }

    /// A host as it now is. One that was away may have run what vCenter does not know of: what lapsed there meanwhile
    /// waits a whole hold-down once it is back.
    pub(super) fn host_seen(&mut self, host: Arc<Host>, now: Moment) {
        let id = host.id.clone();
        let was_away = self.sites.hosts.contains_key(&id) && self.sites.host_absent(&id).is_some();
        if self.sites.host_seen(host) {
            self.count_host(&id);
        }
        if was_away && self.sites.host_absent(&id).is_none() {
            let ports: BTreeSet<EdgePort> = self.attachments.of_host(&id).flat_map(|at| self.legs_at(at)).collect();
            self.hold_down_anew(&ports, now);
        }
        self.host_changed(&id);
    }

    /// A host, what it hears, or what its switches hear changed.
    pub(super) fn host_changed(&mut self, id: &HostId) {
        self.judge_host(id);
        self.host_units(id);
    }

    fn host_units(&mut self, id: &HostId) {
        self.dirty.units.insert(Unit::Host(id.clone()));
        self.dirty.units.extend(self.sites.vms_on(id).cloned().map(Unit::Vm));
        let coming = self.moves.iter().filter(|(_, motion)| motion.to.contains(id));
        self.dirty.units.extend(coming.map(|(vm, _)| Unit::Move(vm.clone())));
        self.dirty.units.extend(self.advice.vms().cloned().map(Unit::Advice));
        self.preparation_changed(id);
    }

    pub(super) fn vcenter_changed(&mut self, vcenter: &VcenterId) {
        let mine = |object: &&ObjectId| object.vcenter == *vcenter;
        self.dirty.units.extend(self.sites.vms.keys().filter(mine).cloned().map(Unit::Vm));
        self.dirty.units.extend(self.sites.hosts.keys().filter(mine).cloned().map(Unit::Host));
        self.moving_units(vcenter);
    }

    /// A distributed port group of this key: whoever is plugged in there, and not every VM of its vCenter, or a first
    /// listing would ask each of them once for every group.
    pub(super) fn group_units(&mut self, vcenter: &VcenterId, key: &str) {
        let there =
            |backing: &Backing| matches!(backing, Backing::Distributed { port_group_key, .. } if port_group_key == key);
        let vms = self.sites.vms.values().filter(|vm| vm.id.vcenter == *vcenter);
        let vms = vms.filter(|vm| vm.vnics.iter().flatten().any(|vnic| there(&vnic.backing)));
        self.dirty.units.extend(vms.map(|vm| Unit::Vm(vm.id.clone())));
        let hosts = self.sites.hosts.values().filter(|host| host.id.vcenter == *vcenter);
        let kernels = |host: &Host| {
            host.network.iter().flat_map(|network| &network.vmkernels).any(|adapter| there(&adapter.backing))
        };
        self.dirty.units.extend(hosts.filter(|host| kernels(host)).map(|host| Unit::Host(host.id.clone())));
        self.moving_units(vcenter);
    }

    fn moving_units(&mut self, vcenter: &VcenterId) {
        let mine = |object: &&ObjectId| object.vcenter == *vcenter;
        let moves: Vec<VmId> = self.moves.keys().filter(mine).chain(self.moves_into(vcenter)).cloned().collect();
        self.dirty.units.extend(moves.into_iter().map(Unit::Move));
        self.dirty.units.extend(self.advice.vms().filter(mine).cloned().map(Unit::Advice));
    }
}
