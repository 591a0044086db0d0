//! Moves under way: where a VM is about to run, until it is seen there or nobody speaks of it any more.

use std::time::Duration;

use super::{Destination, HostId, Moment, Tracker, VmId, reason::Unit};

/// A move whose end nobody told is forgotten after this: the longest vMotions of large VMs take hours.
const MOVE_LEASE: Duration = Duration::from_secs(2 * 3600);
/// A VM whose move ended well is seen on its host within this, or vCenter's word is taken back.
const ARRIVAL: Duration = Duration::from_secs(60);

/// A migration under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Motion {
    pub(super) to: HostId,
    /// It is forgotten after this.
    pub(super) until: Moment,
}

impl Tracker {
    pub(super) fn migration_started(&mut self, vm: VmId, to: &Destination, now: Moment) {
        let host = match to {
            Destination::Host(host) | Destination::HostNamed { host, .. } => Some(host.clone()),
            Destination::Named(name) => self.sites.host_named(&vm.vcenter, name),
        };
        let here = self.whereabouts(&vm);
        if let Some(to) = host.filter(|to| here != Some(to)) {
            self.moves.insert(vm.clone(), Motion { to, until: now + MOVE_LEASE });
            self.dirty.units.insert(Unit::Move(vm));
        }
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
}
