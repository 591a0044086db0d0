//! What happens to the networks of a vCenter beyond one VM's or host's own, to ports, and to pairs of fault tolerance. Every
//! operation returns the number of the last change it made, or says why it made none.

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    event::Named,
    event_kind::EventKind,
    inventory::{SimFaultTolerance, SimPort, SimPower, SimVmState},
    operate::Refused,
    properties::DVS,
    properties_dvs::DVS_NAME,
    spec_network::SimVlan,
};

/// No property of the API: it tells the lab's own observers that the port of an adapter changed.
const PORT: &str = "(port)";

impl Vcenter {
    /// Gives the port of a vnic a VLAN of its own, or none any more. Ports are no property: clients learn of it by
    /// `DvsPortReconfiguredEvent`, and when they ask.
    pub fn set_port_vlan(&mut self, vm: &MoId, key: i32, vlan: Option<SimVlan>) -> Result<u64, Refused> {
        let found = self.vm(vm).ok_or(Refused::NoSuchVm)?.vnics.iter().find(|vnic| vnic.key == key);
        if !self.may_override(&found.ok_or(Refused::NoSuchAdapter)?.backing) {
            return Err(Refused::NoOverride);
        }
        let vnic = self.vm_mut(vm)?.vnics.iter_mut().find(|vnic| vnic.key == key).ok_or(Refused::NoSuchAdapter)?;
        vnic.port = SimPort { key: vnic.port.key, vlan };
        let port = vnic.port.key;
        let changed = self.changes.touch(vm, &[PORT]);
        self.port_reconfigured(port);
        Ok(changed)
    }

    /// The same for a vmkernel adapter.
    pub fn set_vmkernel_port_vlan(&mut self, host: &MoId, device: &str, vlan: Option<SimVlan>) -> Result<u64, Refused> {
        let found = self.host(host).ok_or(Refused::NoSuchHost)?.vmkernels.iter().find(|vmk| vmk.device == device);
        if !self.may_override(&found.ok_or(Refused::NoSuchAdapter)?.backing) {
            return Err(Refused::NoOverride);
        }
        let adapters = &mut self.hosts.get_mut(host).ok_or(Refused::NoSuchHost)?.vmkernels;
        let adapter = adapters.iter_mut().find(|vmk| vmk.device == device).ok_or(Refused::NoSuchAdapter)?;
        adapter.port = SimPort { key: adapter.port.key, vlan };
        let port = adapter.port.key;
        let changed = self.changes.touch(host, &[PORT]);
        self.port_reconfigured(port);
        Ok(changed)
    }

    fn port_reconfigured(&mut self, key: u32) {
        let chain = self.events.new_chain();
        let dvs = Named { id: MoId::from(DVS), name: DVS_NAME.to_owned() };
        self.post(EventKind::PortReconfigured { dvs, key }, chain, None, None);
    }

    /// Whether a vnic is plugged in at the next power-on; now nothing changes.
    pub fn set_start_connected(&mut self, vm: &MoId, key: i32, connected: bool) -> Result<u64, Refused> {
        let machine = self.vm_mut(vm)?;
        let vnic = machine.vnics.iter_mut().find(|vnic| vnic.key == key).ok_or(Refused::NoSuchAdapter)?;
        vnic.start_connected = connected;
        self.reconfigured(vm)
    }

    /// vCenter can say less, or more, about a VM. An orphaned one no longer runs at its host; any other goes on.
    pub fn set_vm_state(&mut self, vm: &MoId, state: SimVmState) -> Result<u64, Refused> {
        self.vm_mut(vm)?.state = state;
        Ok(self.changes.touch(vm, &["runtime.connectionState", "summary.runtime", "config", "network"]))
    }

    /// The primary of a pair fails: its secondary takes over where it is, and becomes the primary. The old one is off.
    /// Returns the number of the secondary's change.
    pub fn fail_over(&mut self, primary: &MoId) -> Result<u64, Refused> {
        let SimFaultTolerance::Primary(secondary) = self.vm(primary).ok_or(Refused::NoSuchVm)?.fault_tolerance.clone()
        else {
            return Err(Refused::Unprotected);
        };
        let heir = self.vm(&secondary).ok_or(Refused::NoSuchVm)?;
        if heir.power != SimPower::On {
            return Err(Refused::InvalidPowerState);
        }
        let old = self.vm_mut(primary)?;
        (old.power, old.migrating_to) = (SimPower::Off, None);
        old.fault_tolerance = SimFaultTolerance::Secondary(secondary.clone());
        self.vm_mut(&secondary)?.fault_tolerance = SimFaultTolerance::Primary(primary.clone());
        let paths = ["runtime", "summary.runtime", "config"];
        self.changes.touch(primary, &paths);
        Ok(self.changes.touch(&secondary, &paths))
    }
}
