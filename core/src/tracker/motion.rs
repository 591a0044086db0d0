//! Moves under way: where a VM is about to run, until it is seen there or nobody speaks of it any more.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Destination, HostId, Moment, Reason, Tracker, Vm, VmId, Vnic,
    needs::{Need, Plug},
    reason::Unit,
    requirement::Key,
    units::{Answer, connected},
};
use crate::net::{VcenterId, VlanSet};

/// A move whose end nobody told is forgotten after this: the longest vMotions of large VMs take hours.
const MOVE_LEASE: Duration = Duration::from_secs(2 * 3600);
/// A VM whose move ended well is seen on its host within this, or vCenter's word is taken back.
const ARRIVAL: Duration = Duration::from_secs(60);

/// A migration under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Motion {
    /// Where to. Where only a name is known, every host of that name: preparing one more harms nobody.
    pub(super) to: BTreeSet<HostId>,
    /// It is forgotten after this.
    pub(super) until: Moment,
}

impl Tracker {
    pub(super) fn migration_started(&mut self, vm: VmId, to: &Destination, now: Moment) {
        let to = self.targets(&vm, to);
        if !to.is_empty() {
            self.moves.insert(vm.clone(), Motion { to, until: now + MOVE_LEASE });
            self.dirty.units.insert(Unit::Move(vm));
        }
    }

    /// The hosts that a destination means, without the one where the VM is. An id whose host has another name is another
    /// vCenter's; so is a name that no host of this one has.
    fn targets(&self, vm: &VmId, to: &Destination) -> BTreeSet<HostId> {
        let here = self.whereabouts(vm);
        let fits = |host: &HostId, name: &str| {
            self.sites.hosts.get(host).is_some_and(|host| host.name.eq_ignore_ascii_case(name))
        };
        let mut hosts = match to {
            Destination::Host(host) => BTreeSet::from([host.clone()]),
            Destination::HostNamed { host, name } if fits(host, name) => BTreeSet::from([host.clone()]),
            Destination::HostNamed { host, name } => {
                let named = self.sites.hosts_named(&vm.vcenter, name, here);
                // A host that is new comes with the same update, perhaps after the event.
                let fresh = named.is_empty() && !self.sites.hosts.contains_key(host);
                if fresh { BTreeSet::from([host.clone()]) } else { named }
            }
            Destination::Named(name) => self.sites.hosts_named(&vm.vcenter, name, here),
        };
        hosts.retain(|host| Some(host) != here);
        hosts
    }

    /// A VM that is seen where its move ended has arrived, even if it went on from there while nobody listened.
    pub(super) fn migration_ended(&mut self, vm: VmId, outcome: Result<Option<HostId>, String>, now: Moment) {
        let waiting = outcome.is_ok_and(|at| at.is_none() || self.whereabouts(&vm) != at.as_ref());
        match self.moves.get_mut(&vm) {
            Some(motion) if waiting => motion.until = motion.until.min(now + ARRIVAL),
            Some(_) | None => drop(self.moves.remove(&vm)),
        }
        self.dirty.units.insert(Unit::Move(vm));
    }

    fn whereabouts(&self, vm: &VmId) -> Option<&HostId> {
        self.sites.vms.get(vm).and_then(|vm| vm.host.as_ref())
    }

    /// Forgets moves whose end nobody told.
    pub(super) fn expire_moves(&mut self, now: Moment) {
        let over: Vec<VmId> =
            self.moves.iter().filter(|(_, motion)| motion.until <= now).map(|(vm, _)| vm.clone()).collect();
        for vm in over {
            self.moves.remove(&vm);
            self.dirty.units.insert(Unit::Move(vm));
        }
    }

    /// A VM on its way needs on the target what it needs where it runs; what cannot be told there is no reason to wait.
    pub(super) fn move_answer(&self, id: &VmId) -> Option<Answer> {
        let mut answer = Answer::default();
        let (Some(motion), Some(vm)) = (self.moves.get(id), self.sites.vms.get(id)) else { return Some(answer) };
        if vm.runs() != Some(true) {
            return Some(answer);
        }
        for to in &motion.to {
            let reason = Reason::Move { vm: id.clone(), to: to.clone() };
            let keys = self.needs_on(vm, to, &reason, &mut answer);
            answer.asked.insert(reason, Some(keys));
        }
        Some(answer)
    }

    /// What a running VM would need on another host. Where its networks mean nothing there, because the host belongs to
    /// another vCenter or is not on that distributed switch, its VLANs are what it will need.
    pub(super) fn needs_on(&self, vm: &Vm, to: &HostId, reason: &Reason, answer: &mut Answer) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for vnic in connected(vm) {
            let mut there = Answer::default();
            let who = format!("vNIC {}", vnic.key);
            let known = (to.vcenter == vm.id.vcenter)
                .then(|| self.on_host(to, &Plug::vnic(vm, vnic), (&who, reason), &mut there))
                .flatten();
            match known {
                Some(known) => {
                    answer.puzzles.extend(there.puzzles);
                    for (reason, ports) in there.untagged {
                        answer.untagged.entry(reason).or_default().extend(ports);
                    }
                    keys.extend(known);
                }
                None => keys.extend(self.carrying(to, &self.vlans_of(vm, vnic))),
            }
        }
        keys
    }

    /// The VLANs that an adapter has where its VM runs; empty when frames leave untagged, or it cannot be told.
    fn vlans_of(&self, vm: &Vm, vnic: &Vnic) -> VlanSet {
        let need = vm.host.as_ref().and_then(|host| self.lookup(host)).map(|lookup| lookup.need(&Plug::vnic(vm, vnic)));
        match need {
            Some(Need::Known(known)) => known.vlans,
            Some(Need::Unknown(_) | Need::Wide(_) | Need::Overlay(_)) | None => VlanSet::EMPTY,
        }
    }

    /// These VLANs on the ports of a host whose port groups carry them.
    fn carrying(&self, host: &HostId, vlans: &VlanSet) -> BTreeSet<Key> {
        let networks = self.sites.networks_on(host);
        let keys = networks.into_iter().filter_map(|backing| self.on_network(host, &backing));
        keys.flatten().filter(|(_, vlan)| vlans.contains(*vlan)).collect()
    }

    /// A VM went to another vCenter, by its own vCenter's word: there it is another object.
    pub(super) fn migrated_away(&mut self, vm: &VmId, now: Moment) {
        self.moves.remove(vm);
        self.sites.vm_migrated_away(vm, now);
        self.departed(vm);
    }

    /// What a move, or a recommended one, asks for on the hosts of another vCenter hangs on that one's inventory, too.
    pub(super) fn moves_into(&self, vcenter: &VcenterId) -> impl Iterator<Item = &VmId> {
        let into = self.moves.iter().filter(|(_, motion)| motion.to.iter().any(|to| to.vcenter == *vcenter));
        into.map(|(vm, _)| vm)
    }
}
