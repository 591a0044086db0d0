//! A VM that runs, and of which vCenter does not show the adapters.

use std::collections::BTreeSet;

use super::{HostConnection, PowerState, Tracker, VmId, reason::Unit, units::Puzzle};

impl Tracker {
    /// What stands for a unit of which too little is known stays; people hear of it where nothing but a permission, or
    /// the VM's own state, is in the way. What a host that is away hides comes back with the host.
    pub(super) fn unread(&mut self, unit: Unit) {
        let Unit::Vm(id) = &unit else { return };
        if let Some(name) = self.unread_vm(id) {
            let text = format!(
                "{name}: vCenter does not show its adapters; give the account the role Read-only on it, or repair the VM \
                 if it is inaccessible"
            );
            self.puzzles.insert(unit, BTreeSet::from([Puzzle::Need(text)]));
        }
    }

    fn unread_vm(&self, id: &VmId) -> Option<String> {
        let vm = self.sites.vms.get(id).filter(|vm| vm.power == PowerState::On && vm.vnics.is_none())?;
        let host = self.sites.hosts.get(vm.host.as_ref()?)?;
        let here = !self.sites.left.contains(id) && host.connection == HostConnection::Connected;
        here.then(|| vm.name.clone())
    }
}
