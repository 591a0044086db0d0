//! What happens to virtual machines. Every operation returns the number of the last change it made, or says why
//! it made none.

use thiserror::Error;
use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    change::EVERYTHING,
    event::{Named, SimEvent},
    event_kind::EventKind,
    inventory::{SimBacking, SimPower, SimVm},
    spec::VmSpec,
};

/// Why an operation changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is no such virtual machine.
    #[error("no such virtual machine")]
    NoSuchVm,
    /// There is no such host.
    #[error("no such host")]
    NoSuchHost,
    /// There is no such port group.
    #[error("no such port group")]
    NoSuchPortGroup,
    /// There is no such adapter, virtual or physical.
    #[error("no such adapter")]
    NoSuchAdapter,
    /// The port group lets no port have a VLAN of its own.
    #[error("the port group lets no port have a VLAN of its own")]
    NoOverride,
    /// The virtual machine is not protected by fault tolerance.
    #[error("the virtual machine is not protected by fault tolerance")]
    Unprotected,
    /// The virtual machine is not in the power state that this needs.
    #[error("invalid power state")]
    InvalidPowerState,
    /// A migration of it is under way.
    #[error("a migration is under way")]
    Migrating,
    /// No migration of it is under way.
    #[error("no migration is under way")]
    NotMigrating,
    /// Running VMs are on the host.
    #[error("running virtual machines are on the host")]
    HostInUse,
    /// The host has no power, or is not the one this needs.
    #[error("the host is not in a state for this")]
    InvalidHostState,
    /// There is no such recommendation.
    #[error("no such recommendation")]
    NoSuchRecommendation,
}

impl Vcenter {
    /// Powers a VM on at the host where it is registered.
    pub fn power_on(&mut self, vm: &MoId) -> Result<u64, Refused> {
        self.power(vm, SimPower::On, EventKind::Starting, EventKind::PoweredOn)
    }

    /// Powers a VM off.
    pub fn power_off(&mut self, vm: &MoId) -> Result<u64, Refused> {
        self.power(vm, SimPower::Off, EventKind::Stopping, EventKind::PoweredOff)
    }

    /// Suspends a VM.
    pub fn suspend(&mut self, vm: &MoId) -> Result<u64, Refused> {
        if self.vm(vm).ok_or(Refused::NoSuchVm)?.power != SimPower::On {
            return Err(Refused::InvalidPowerState);
        }
        self.power(vm, SimPower::Suspended, EventKind::Stopping, EventKind::Suspended)
    }

    fn power(&mut self, vm: &MoId, to: SimPower, before: EventKind, after: EventKind) -> Result<u64, Refused> {
        let chain = self.events.new_chain();
        let machine = self.vm_mut(vm)?;
        let impossible = machine.power == to || machine.template;
        match (impossible, &machine.motion) {
            (true, _) => return Err(Refused::InvalidPowerState),
            (false, Some(_)) => return Err(Refused::Migrating),
            (false, None) => machine.chain = chain,
        }
        let host = machine.host.clone();
        self.tell_vm(self.delays.start_event, vm, before)?;
        let machine = self.vm_mut(vm)?;
        machine.power = to;
        if to == SimPower::On {
            machine.vnics.iter_mut().for_each(|vnic| vnic.connected = vnic.start_connected);
        }
        self.show(vm)?;
        let told = self.tell_vm(self.delays.end_event, vm, after)?;
        self.look_after_maintenance(&host);
        Ok(told)
    }

    /// Makes a VM; returns its id and the number of the change by which it came. A vnic in an unknown port group or
    /// an unknown host is refused.
    pub fn create_vm(&mut self, spec: &VmSpec) -> Result<(MoId, u64), Refused> {
        let machine = self.build_vm(spec)?;
        let id = machine.id.clone();
        self.vm_names.insert(machine.name.clone(), id.clone());
        self.changes.touch(&machine.host, &["vm"]);
        self.vms.insert(id.clone(), machine);
        let entered = self.changes.touch(&id, &[EVERYTHING]);
        self.post_vm(&id, EventKind::Created)?;
        Ok((id, entered))
    }

    /// Destroys a VM: `VmRemovedEvent`, then it leaves. Returns the number of the latter.
    pub fn destroy_vm(&mut self, vm: &MoId) -> Result<u64, Refused> {
        let chain = self.events.new_chain();
        self.vm_mut(vm)?.chain = chain;
        self.post_vm(vm, EventKind::Removed)?;
        let gone = self.vms.remove(vm).ok_or(Refused::NoSuchVm)?;
        self.vm_names.remove(&gone.name);
        self.changes.touch(&gone.host, &["vm"]);
        Ok(self.changes.touch(vm, &[EVERYTHING]))
    }

    /// The user's permission on a VM is withdrawn: it leaves without an event, and goes on running.
    pub fn vanish_vm(&mut self, vm: &MoId) -> Result<u64, Refused> {
        self.vm_mut(vm)?.hidden = true;
        Ok(self.changes.touch(vm, &[EVERYTHING]))
    }

    /// The user's permission on a VM comes back.
    pub fn unvanish_vm(&mut self, vm: &MoId) -> Result<u64, Refused> {
        self.vm_mut(vm)?.hidden = false;
        Ok(self.changes.touch(vm, &[EVERYTHING]))
    }

    /// A VM's configuration is no longer readable: it stays in view, and `config` moves to the missing set.
    pub fn deny_config(&mut self, vm: &MoId) -> Result<u64, Refused> {
        self.vm_mut(vm)?.denied = true;
        Ok(self.changes.touch(vm, &["config"]))
    }

    /// Moves a vnic to another port group.
    pub fn set_vnic_port_group(&mut self, vm: &MoId, key: i32, to: SimBacking) -> Result<u64, Refused> {
        if let SimBacking::Distributed(group) = &to {
            self.port_groups.get(group).ok_or(Refused::NoSuchPortGroup)?;
        }
        let port = self.port(&to, None)?;
        let chain = self.events.new_chain();
        let machine = self.vm_mut(vm)?;
        machine.chain = chain;
        let vnic = machine.vnics.iter_mut().find(|vnic| vnic.key == key).ok_or(Refused::NoSuchAdapter)?;
        (vnic.backing, vnic.port) = (to, port);
        self.reconfigured(vm)
    }

    /// Plugs a vnic in, now and at every power-on.
    pub fn connect_vnic(&mut self, vm: &MoId, key: i32) -> Result<u64, Refused> {
        self.plug(vm, key, true)
    }

    /// Unplugs a vnic, now and at every power-on.
    pub fn disconnect_vnic(&mut self, vm: &MoId, key: i32) -> Result<u64, Refused> {
        self.plug(vm, key, false)
    }

    fn plug(&mut self, vm: &MoId, key: i32, connected: bool) -> Result<u64, Refused> {
        let machine = self.vm_mut(vm)?;
        let vnic = machine.vnics.iter_mut().find(|vnic| vnic.key == key).ok_or(Refused::NoSuchAdapter)?;
        (vnic.connected, vnic.start_connected) = (connected, connected);
        self.reconfigured(vm)
    }

    pub(super) fn reconfigured(&mut self, vm: &MoId) -> Result<u64, Refused> {
        let changed = self.changes.touch(vm, &["config.hardware.device", "network"]);
        self.post_vm(vm, EventKind::Reconfigured)?;
        Ok(changed)
    }

    pub(super) fn vm_mut(&mut self, vm: &MoId) -> Result<&mut SimVm, Refused> {
        self.vms.get_mut(vm).ok_or(Refused::NoSuchVm)
    }

    pub(super) fn named_host(&self, host: &MoId) -> Option<Named> {
        self.hosts.get(host).map(|host| Named { id: host.id.clone(), name: host.name.clone() })
    }

    /// Posts an event about a VM and the host it now is on.
    pub(super) fn post_vm(&mut self, vm: &MoId, kind: EventKind) -> Result<u64, Refused> {
        let machine = self.vms.get(vm).ok_or(Refused::NoSuchVm)?;
        let named = Named { id: vm.clone(), name: machine.name.clone() };
        let (host, chain) = (self.named_host(&machine.host), machine.chain);
        Ok(self.post(kind, chain, Some(named), host))
    }

    pub(super) fn post(&mut self, kind: EventKind, chain: i32, vm: Option<Named>, host: Option<Named>) -> u64 {
        let number = self.changes.next();
        self.events.post(SimEvent { number, key: 0, chain, at: self.clock, kind, vm, host });
        number
    }
}
