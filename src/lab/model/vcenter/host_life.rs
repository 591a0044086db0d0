//! Hosts that boot, sleep, are emptied for maintenance, go and come back.

use vmtracker_core::net::MoId;

use super::{
    LabTime, Vcenter,
    agenda::Later,
    change::EVERYTHING,
    event_kind::EventKind,
    inventory::{SimConnection, SimHost, SimPower, SimVm},
    motion::MoveKind,
    operate::Refused,
};

/// A host that was taken out of the inventory, with the VMs that were registered there.
#[derive(Debug)]
pub(super) struct Removed {
    host: SimHost,
    vms: Vec<SimVm>,
}

impl Vcenter {
    /// A host boots, for at least `span`: it has no power, vCenter loses it, and by [`Vcenter::finish_due`] it is back.
    pub fn reboot_host(&mut self, host: &MoId, span: LabTime) -> Result<u64, Refused> {
        self.cut_power(host)?;
        let lost = self.connection_becomes(host, SimConnection::NotResponding)?;
        self.later(span, Later::Boots(host.clone()));
        Ok(lost)
    }

    /// A host has power again and is connected. What ran there when it lost its power, and was not restarted elsewhere,
    /// is powered off now. Returns the number of the newest change.
    pub fn power_up_host(&mut self, host: &MoId) -> Result<u64, Refused> {
        let found = self.host_mut(host)?;
        if found.powered {
            return Err(Refused::InvalidHostState);
        }
        (found.powered, found.standby) = (true, false);
        // The facts name no event by which vCenter tells that a VM died with its host.
        for vm in self.residents(host) {
            let machine = self.vm_mut(&vm)?;
            machine.failover = false;
            if machine.power == SimPower::On {
                machine.power = SimPower::Off;
                self.show(&vm)?;
            }
            self.changes.touch(&vm, &["runtime.vmFailoverInProgress"]);
        }
        self.connection_becomes(host, SimConnection::Connected)
    }

    /// A host without running VMs goes to standby. It sends no heartbeats there, so vCenter does not hear it; that
    /// `connectionState` is then `notResponding` follows from that state's meaning in the API.
    pub fn enter_standby(&mut self, host: &MoId) -> Result<u64, Refused> {
        let found = self.host_mut(host)?;
        if !found.powered {
            return Err(Refused::InvalidHostState);
        }
        if self.runs_vms(host) {
            return Err(Refused::HostInUse);
        }
        self.post_host(host, EventKind::EnteringStandby);
        self.cut_power(host)?;
        let found = self.host_mut(host)?;
        (found.standby, found.connection) = (true, SimConnection::NotResponding);
        let changed = self.changes.touch(host, &["runtime", "summary.runtime"]);
        self.post_host(host, EventKind::EnteredStandby);
        Ok(changed)
    }

    /// A host wakes from standby.
    pub fn exit_standby(&mut self, host: &MoId) -> Result<u64, Refused> {
        if !self.host_mut(host)?.standby {
            return Err(Refused::InvalidHostState);
        }
        self.post_host(host, EventKind::ExitingStandby);
        let back = self.power_up_host(host)?;
        self.post_host(host, EventKind::ExitedStandby);
        Ok(back)
    }

    /// A host is to enter maintenance: DRS moves its running VMs to the cluster's other hosts, in turn, and once the
    /// last of them has left, `runtime.inMaintenanceMode` is set. Without another host it waits.
    pub fn start_maintenance(&mut self, host: &MoId) -> Result<u64, Refused> {
        let found = self.host_mut(host)?;
        if !found.takes_vms() {
            return Err(Refused::InvalidHostState);
        }
        found.entering = true;
        self.post_host(host, EventKind::EnteringMaintenance);
        let refuges = self.refuges(host);
        let idle = |vm: &MoId| self.vms.get(vm).is_some_and(|vm| vm.power == SimPower::On && !vm.is_moving());
        let leaving: Vec<MoId> = self.residents(host).into_iter().filter(idle).collect();
        for (vm, to) in leaving.into_iter().zip(refuges.iter().cycle()) {
            self.run_move(&vm, to, MoveKind::Drs)?;
        }
        self.look_after_maintenance(host);
        Ok(self.revision())
    }

    /// Whether a host that is to enter maintenance is empty now.
    pub(super) fn look_after_maintenance(&mut self, host: &MoId) {
        let entering = self.hosts.get(host).is_some_and(|host| host.entering);
        if entering && !self.runs_vms(host) {
            let entered = self.set_maintenance(host, true);
            debug_assert!(entered.is_ok(), "it is there");
        }
    }

    fn runs_vms(&self, host: &MoId) -> bool {
        self.vms.values().any(|vm| vm.host == *host && vm.power == SimPower::On)
    }

    /// Removes a host from the inventory, and with it its VMs, which go on running unseen. Returns the number of the
    /// host's leaving.
    pub fn remove_host(&mut self, host: &MoId) -> Result<u64, Refused> {
        self.host_mut(host)?;
        self.post_host(host, EventKind::HostRemoved);
        let mut vms = Vec::new();
        for vm in self.residents(host) {
            vms.extend(self.vms.remove(&vm));
            self.changes.touch(&vm, &[EVERYTHING]);
        }
        for vm in &vms {
            self.vm_names.remove(&vm.name);
        }
        if let Some(host) = self.hosts.remove(host) {
            self.host_names.remove(&host.name);
            self.changes.touch(&host.cluster, &["host"]);
            self.removed.insert(host.name.clone(), Removed { host, vms });
        }
        Ok(self.changes.touch(host, &[EVERYTHING]))
    }

    /// Adds a host that was removed: the same name, pnics and vmkernel adapters, and a new id; so with its VMs, which
    /// are as they were. Returns its id and the number of its coming.
    pub fn add_host_back(&mut self, name: &str) -> Result<(MoId, u64), Refused> {
        let Removed { host, vms } = self.removed.remove(name).ok_or(Refused::NoSuchHost)?;
        let id = MoId::from(format!("host-{}", self.next_number()));
        let cluster = host.cluster.clone();
        let connection = SimConnection::Connected;
        self.hosts.insert(id.clone(), SimHost { id: id.clone(), connection, entering: false, ..host });
        self.host_names.insert(name.to_owned(), id.clone());
        self.changes.touch(&cluster, &["host"]);
        let entered = self.changes.touch(&id, &[EVERYTHING]);
        self.post_host(&id, EventKind::HostAdded);
        self.post_host(&id, EventKind::HostConnected);
        for vm in vms {
            self.register(vm, &id);
        }
        Ok((id, entered))
    }

    /// A VM comes into the inventory on `host`, with an id of its own. Returns that, and the number of its coming.
    pub(super) fn register(&mut self, vm: SimVm, host: &MoId) -> (MoId, u64) {
        let id = MoId::from(format!("vm-{}", self.next_number()));
        let mut machine = SimVm { id: id.clone(), host: host.clone(), ..vm };
        (machine.seen.host, machine.seen.power) = (host.clone(), machine.power);
        (machine.motion, machine.migrating_to, machine.failover, machine.copy_on) = (None, None, false, None);
        self.vm_names.insert(machine.name.clone(), id.clone());
        self.vms.insert(id.clone(), machine);
        self.changes.touch(host, &["vm"]);
        let entered = self.changes.touch(&id, &[EVERYTHING]);
        (id, entered)
    }
}
