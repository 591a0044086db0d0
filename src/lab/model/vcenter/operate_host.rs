//! What happens to hosts, port groups and sessions. Every operation returns the number of the last change it made, or
//! says why it made none.

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    event::Named,
    event_kind::EventKind,
    inventory::{SimConnection, SimHost, SimPnic},
    operate::Refused,
    spec::HintSpec,
    spec_network::SimVlan,
};

impl Vcenter {
    /// Changes the VLANs of a distributed port group.
    pub fn set_port_group_vlan(&mut self, group: &MoId, vlan: SimVlan) -> Result<u64, Refused> {
        let found = self.port_groups.get_mut(group).ok_or(Refused::NoSuchPortGroup)?;
        found.vlan = vlan;
        let named = Named { id: group.clone(), name: found.name.clone() };
        let changed = self.changes.touch(group, &["config.defaultPortConfig"]);
        let chain = self.events.new_chain();
        self.post(EventKind::PortGroupReconfigured { group: named }, chain, None, None);
        Ok(changed)
    }

    /// Changes the VLAN (0 to 4095) of a standard port group on one host.
    pub fn set_standard_vlan(&mut self, host: &MoId, name: &str, vlan: u16) -> Result<u64, Refused> {
        let groups = &mut self.host_mut(host)?.port_groups;
        let group = groups.iter_mut().find(|group| group.name == name).ok_or(Refused::NoSuchPortGroup)?;
        group.vlan = vlan;
        Ok(self.changes.touch(host, &["config.network.portgroup"]))
    }

    /// A host is lost, disconnected, or back. Its VMs stay where they are. One that is lost this way has lost its power;
    /// [`Vcenter::isolate_host`] cuts it off from vCenter alone.
    pub fn set_host_connection(&mut self, host: &MoId, to: SimConnection) -> Result<u64, Refused> {
        let found = self.host_mut(host)?;
        found.powered = match to {
            SimConnection::Connected => true,
            SimConnection::Disconnected => found.powered,
            SimConnection::NotResponding => false,
        };
        self.connection_becomes(host, to)
    }

    /// vCenter hears a host, or not. One that is back in touch ends the copies of VMs that HA restarted elsewhere.
    pub(super) fn connection_becomes(&mut self, host: &MoId, to: SimConnection) -> Result<u64, Refused> {
        self.host_mut(host)?.connection = to;
        let changed = self.changes.touch(host, &["runtime", "summary.runtime"]);
        if to == SimConnection::Connected {
            self.end_copies_on(host);
        }
        let kind = match to {
            SimConnection::Connected => EventKind::HostConnected,
            SimConnection::Disconnected => EventKind::HostDisconnected,
            SimConnection::NotResponding => EventKind::HostConnectionLost,
        };
        self.post_host(host, kind);
        let vms = self.residents(host);
        let last = vms.iter().map(|vm| self.changes.touch(vm, &["runtime.connectionState"])).max();
        Ok(last.unwrap_or(changed))
    }

    /// Sets `runtime.inMaintenanceMode`; the VMs are not moved.
    pub fn set_maintenance(&mut self, host: &MoId, maintenance: bool) -> Result<u64, Refused> {
        let found = self.host_mut(host)?;
        (found.maintenance, found.entering) = (maintenance, false);
        let changed = self.changes.touch(host, &["runtime.inMaintenanceMode", "summary.runtime"]);
        self.post_host(host, if maintenance { EventKind::EnteredMaintenance } else { EventKind::ExitMaintenance });
        Ok(changed)
    }

    /// The link of a pnic goes down or comes up.
    pub fn set_pnic_link(&mut self, host: &MoId, device: &str, up: bool) -> Result<u64, Refused> {
        self.pnic_mut(host, device)?.link = up;
        Ok(self.changes.touch(host, &["config.network.pnic"]))
    }

    /// What a pnic hears from now on. Hints are no property: clients learn of it when they ask.
    pub fn set_hint(&mut self, host: &MoId, device: &str, hint: Option<HintSpec>) -> Result<u64, Refused> {
        self.pnic_mut(host, device)?.hint = hint;
        Ok(self.changes.next())
    }

    /// It can be reached from now on, or not: `faults.down`, and everybody looks.
    pub const fn set_reachable(&mut self, reachable: bool) -> u64 {
        self.faults.down = !reachable;
        self.changes.next()
    }

    /// An administrator ends every session.
    pub fn terminate_sessions(&mut self) -> u64 {
        self.sessions.clear();
        self.changes.next()
    }

    pub(super) fn post_host(&mut self, host: &MoId, kind: EventKind) -> u64 {
        let (chain, named) = (self.events.new_chain(), self.named_host(host));
        self.post(kind, chain, None, named)
    }

    pub(super) fn host_mut(&mut self, host: &MoId) -> Result<&mut SimHost, Refused> {
        self.hosts.get_mut(host).ok_or(Refused::NoSuchHost)
    }

    fn pnic_mut(&mut self, host: &MoId, device: &str) -> Result<&mut SimPnic, Refused> {
        let pnics = &mut self.host_mut(host)?.pnics;
        pnics.iter_mut().find(|pnic| pnic.device == device).ok_or(Refused::NoSuchAdapter)
    }
}
