//! Moves of VMs inside of one vCenter, with the events that tell of them in their order (facts: vCenter §C).

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    agenda::{Draft, Later, Seen},
    event::Named,
    event_kind::{EventKind, MigrationClass},
    inventory::SimPower,
    operate::Refused,
};

/// No property of the API: it tells the lab's own observers that something happened which vCenter does not show yet, or
/// never does, such as a vMotion that began or failed.
pub(super) const UNSEEN: &str = "(unseen)";

/// By which operation a VM is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveKind {
    /// A person migrates it.
    VMotion,
    /// DRS migrates it.
    Drs,
    /// A person migrates it, and its memory travels encrypted: the start event tells the destination by name only.
    Encrypted,
    /// A person relocates it, its disks too; to its own host it is a move of the disks only. The facts do not say that a
    /// relocation of a running VM begins with another event than one of a VM that is off.
    Relocation,
}

/// With which event a move fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// With the one of the operation: `VmFailedMigrateEvent`, `VmRelocateFailedEvent`, `SrcVmMigrateFailedEvent`.
    Operation,
    /// With one of `MigrationErrorEvent` and its like.
    Migration(MigrationClass),
}

/// A move under way.
#[derive(Clone, Debug)]
pub(super) struct SimMotion {
    pub(super) kind: MoveKind,
    pub(super) target: Target,
    pub(super) chain: i32,
}

/// Where a move goes.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A host of this vCenter.
    Here(MoId),
    /// A host of another vCenter, with its id there.
    Elsewhere(Named),
}

impl Vcenter {
    /// Begins a vMotion of a running VM: `VmBeingHotMigratedEvent` with the destination, then `VmEmigratingEvent`.
    /// Returns the number of the former.
    pub fn start_migration(&mut self, vm: &MoId, to_host: &MoId) -> Result<u64, Refused> {
        self.named_host(to_host).ok_or(Refused::NoSuchHost)?;
        if self.vm_mut(vm)?.power != SimPower::On {
            return Err(Refused::InvalidPowerState);
        }
        self.start_move(vm, to_host, MoveKind::VMotion)
    }

    /// Begins a move of a VM, running or not, with its start event. [`Vcenter::finish_migration`] or
    /// [`Vcenter::fail_move`] ends it. Returns the number of the start event, or of the newest change when that comes
    /// later.
    pub fn start_move(&mut self, vm: &MoId, to_host: &MoId, kind: MoveKind) -> Result<u64, Refused> {
        let dest = self.named_host(to_host).ok_or(Refused::NoSuchHost)?;
        let running = self.begin_motion(vm, kind, Target::Here(to_host.clone()))?;
        self.announce(vm, start_event(kind, running, dest))
    }

    /// The same, and the move ends by itself after the copy phase.
    pub fn run_move(&mut self, vm: &MoId, to_host: &MoId, kind: MoveKind) -> Result<u64, Refused> {
        let started = self.start_move(vm, to_host, kind)?;
        let chain = self.vm_mut(vm)?.chain;
        self.later(self.copy_phase, Later::Arrives(vm.clone(), chain));
        Ok(started)
    }

    /// Whether the VM runs.
    pub(super) fn begin_motion(&mut self, vm: &MoId, kind: MoveKind, target: Target) -> Result<bool, Refused> {
        let chain = self.events.new_chain();
        let machine = self.vm_mut(vm)?;
        let running = machine.power == SimPower::On;
        if machine.motion.is_some() {
            return Err(Refused::Migrating);
        }
        if kind == MoveKind::Encrypted && !running {
            return Err(Refused::InvalidPowerState);
        }
        machine.chain = chain;
        machine.migrating_to = match &target {
            Target::Here(host) if *host != machine.host => Some(host.clone()),
            Target::Here(_) | Target::Elsewhere(_) => None,
        };
        machine.motion = Some(SimMotion { kind, target, chain });
        self.changes.touch(vm, &[UNSEEN]);
        Ok(running)
    }

    /// The start event, and for a VM that runs `VmEmigratingEvent`, which says nothing more.
    pub(super) fn announce(&mut self, vm: &MoId, start: EventKind) -> Result<u64, Refused> {
        let hot = matches!(start, EventKind::BeingHotMigrated { .. } | EventKind::HotMigratingEncrypted { .. });
        let started = self.tell_vm(self.delays.start_event, vm, start)?;
        if hot {
            self.tell_vm(self.delays.start_event, vm, EventKind::Emigrating)?;
        }
        Ok(started)
    }

    /// Ends a move inside of this vCenter: `runtime.host` changes, then comes the end event. Returns the number of the
    /// former. A move whose target was removed fails.
    pub fn finish_migration(&mut self, vm: &MoId) -> Result<u64, Refused> {
        let machine = self.vm_mut(vm)?;
        let motion = machine.motion.clone().ok_or(Refused::NotMigrating)?;
        let Target::Here(to) = motion.target else { return Err(Refused::NotMigrating) };
        let from = machine.host.clone();
        if !self.hosts.contains_key(&to) {
            return self.fail_move(vm, Failure::Operation, "the host is no longer there");
        }
        self.end_motion(vm)?;
        let source = self.named_or_bare(&from);
        let moved = if from == to { self.changes.touch(vm, &[UNSEEN]) } else { self.place(vm, &to)? };
        let drs = motion.kind == MoveKind::Drs;
        let end = match motion.kind {
            MoveKind::VMotion | MoveKind::Drs | MoveKind::Encrypted => EventKind::Migrated { source, drs },
            MoveKind::Relocation => EventKind::Relocated { source },
        };
        self.tell_vm(self.delays.end_event, vm, end)?;
        self.end_task(motion.chain, Ok(()));
        self.look_after_maintenance(&from);
        Ok(moved)
    }

    /// Ends a move without a move, with the failure event of its operation.
    pub fn fail_migration(&mut self, vm: &MoId, reason: &str) -> Result<u64, Refused> {
        self.fail_move(vm, Failure::Operation, reason)
    }

    /// Ends a move without a move. Returns the number of its event.
    pub fn fail_move(&mut self, vm: &MoId, failure: Failure, reason: &str) -> Result<u64, Refused> {
        let motion = self.end_motion(vm)?;
        self.changes.touch(vm, &[UNSEEN]);
        let event = self.failure_event(&motion, failure, reason.to_owned());
        let failed = self.tell_vm(self.delays.end_event, vm, event)?;
        self.end_task(motion.chain, Err(reason.to_owned()));
        Ok(failed)
    }

    fn failure_event(&self, motion: &SimMotion, failure: Failure, reason: String) -> EventKind {
        let dest = match &motion.target {
            Target::Here(to) => self.named_or_bare(to),
            Target::Elsewhere(named) => named.clone(),
        };
        match (failure, &motion.target, motion.kind) {
            (Failure::Migration(class), _, _) => EventKind::MigrationError { class, dest: Some(dest), reason },
            (Failure::Operation, Target::Elsewhere(_), _) => EventKind::SourceMigrateFailed { reason },
            (Failure::Operation, Target::Here(_), MoveKind::Relocation) => EventKind::RelocateFailed { dest, reason },
            (Failure::Operation, Target::Here(_), MoveKind::VMotion | MoveKind::Drs | MoveKind::Encrypted) => {
                EventKind::FailedMigrate { dest, reason }
            }
        }
    }

    pub(super) fn end_motion(&mut self, vm: &MoId) -> Result<SimMotion, Refused> {
        let machine = self.vm_mut(vm)?;
        let motion = machine.motion.take().ok_or(Refused::NotMigrating)?;
        machine.migrating_to = None;
        Ok(motion)
    }

    /// The copy of the move `chain` is complete: it ends, well if both of its hosts are alive. Somebody else may have
    /// ended it before.
    pub(super) fn arrives(&mut self, vm: &MoId, chain: i32) {
        let Some(machine) = self.vms.get(vm) else { return };
        let Some(motion) = machine.motion.as_ref().filter(|motion| motion.chain == chain) else { return };
        let Target::Here(to) = &motion.target else { return };
        let alive = |host: &MoId| self.hosts.get(host).is_some_and(|host| host.powered);
        let ended = if alive(to) && alive(&machine.host) {
            self.finish_migration(vm)
        } else {
            self.fail_migration(vm, "a host is not responding")
        };
        debug_assert!(ended.is_ok(), "it was under way");
    }

    /// The VM is on `host` now; vCenter shows it after its delay. Returns the number of the newest change.
    pub(super) fn place(&mut self, vm: &MoId, host: &MoId) -> Result<u64, Refused> {
        self.vm_mut(vm)?.host = host.clone();
        self.show(vm)
    }

    /// vCenter shows the VM as it now is, after its delay.
    pub(super) fn show(&mut self, vm: &MoId) -> Result<u64, Refused> {
        let machine = self.vm_mut(vm)?;
        let seen = Seen { host: machine.host.clone(), power: machine.power };
        if self.delays.property.is_zero() {
            return Ok(self.shows(vm, seen).unwrap_or_else(|| self.revision()));
        }
        self.later(self.delays.property, Later::Shows(vm.clone(), seen));
        Ok(self.changes.touch(vm, &[UNSEEN]))
    }

    /// vCenter shows a VM so, if it is still there.
    pub(super) fn shows(&mut self, vm: &MoId, seen: Seen) -> Option<u64> {
        let machine = self.vms.get_mut(vm)?;
        let before = std::mem::replace(&mut machine.seen, seen.clone());
        let mut number = None;
        if before.power != seen.power {
            let paths = ["runtime.powerState", "summary.runtime.powerState", "config.hardware.device"];
            number = Some(self.changes.touch(vm, &paths));
        }
        if before.host != seen.host {
            self.changes.touch(&before.host, &["vm"]);
            self.changes.touch(&seen.host, &["vm"]);
            number = Some(self.changes.touch(vm, &["runtime.host", "runtime.connectionState", "summary.runtime"]));
        }
        number
    }

    /// Tells of a VM and the host it now is on, `after` from now.
    pub(super) fn tell_vm(&mut self, after: super::LabTime, vm: &MoId, kind: EventKind) -> Result<u64, Refused> {
        let machine = self.vms.get(vm).ok_or(Refused::NoSuchVm)?;
        let named = Named { id: vm.clone(), name: machine.name.clone() };
        let (host, chain) = (self.named_host(&machine.host), machine.chain);
        Ok(self.tell(after, Draft { kind, chain, vm: Some(named), host }))
    }

    /// A host that is no longer there has no name.
    fn named_or_bare(&self, host: &MoId) -> Named {
        self.named_host(host).unwrap_or_else(|| Named { id: host.clone(), name: String::new() })
    }
}

const fn start_event(kind: MoveKind, running: bool, dest: Named) -> EventKind {
    match (kind, running) {
        (MoveKind::VMotion | MoveKind::Drs, true) => EventKind::BeingHotMigrated { dest },
        (MoveKind::VMotion | MoveKind::Drs, false) => EventKind::BeingMigrated { dest },
        (MoveKind::Encrypted, _) => EventKind::HotMigratingEncrypted { dest },
        (MoveKind::Relocation, _) => EventKind::BeingRelocated { dest },
    }
}
