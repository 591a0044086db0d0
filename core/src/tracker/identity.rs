//! What is one thing under several ids: a VM that was registered anew or moved to another vCenter, a host that was
//! added again.
//!
//! A managed object id is good for one vCenter and one registration. A VM keeps its instance UUID (facts: vCenter §B4),
//! a host its name and the addresses of its pnics. An heir explains where its predecessor went: what stood for that one
//! is judged by the heir from then on.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    EdgePort, FindingKind, HostId, Tracker, Vm, VmId, account::Account, findings::Found, reason::Unit,
    requirement::Key, sites::Departed, units::Answer,
};
use crate::net::{VcenterId, VcenterName, VlanId};

impl Tracker {
    /// The same VM under other ids, as long as these are in an inventory.
    fn heirs(&self, id: &VmId, uuid: Option<&str>, may_be: impl Fn(&VmId) -> bool) -> impl Iterator<Item = &VmId> {
        let others = uuid.into_iter().flat_map(|uuid| self.sites.with_uuid(uuid));
        others.filter(move |other| *other != id && may_be(other) && !self.sites.left.contains(*other))
    }

    /// A VM that left without a cause and is registered anew in the same vCenter.
    pub(super) fn registered_anew(&self, id: &VmId) -> Option<&VmId> {
        let vm = self.sites.vms.get(id).filter(|_| self.sites.left.contains(id))?;
        self.heirs(id, vm.instance_uuid.as_deref(), |other| other.vcenter == id.vcenter).next()
    }

    /// A VM came: those that left without a cause and are this one are explained.
    pub(super) fn explain_predecessors(&mut self, vm: &Vm) {
        let Some(uuid) = &vm.instance_uuid else { return };
        let left = self.sites.with_uuid(uuid).filter(|other| self.sites.left.contains(*other));
        let left: Vec<VmId> = left.cloned().collect();
        for id in left {
            self.count_vm(&id);
            self.dirty.units.insert(Unit::Vm(id));
        }
    }

    /// What is known of the end of a VM that is in no inventory any more, by its vCenter's own word.
    pub(super) fn departed_accounted(
        &self,
        id: &VmId,
        departed: &Departed,
        (port, vlan): (&EdgePort, VlanId),
    ) -> Account {
        let name = self.sites.vm_name(id);
        if !departed.migrated {
            return Account::Over(format!("{name} was destroyed"));
        }
        // A copy that is off may have the same UUID: every one of them counts.
        let mut accounts: Vec<Account> =
            self.heirs_elsewhere(id, departed).map(|heir| self.vm_accounted(heir, port, vlan)).collect();
        let open = accounts.iter().position(|account| !account.is_over()).unwrap_or_default();
        match accounts.is_empty() {
            false => accounts.swap_remove(open),
            // It may be on its way into an inventory that is not known now.
            true if !self.others_trusted(&id.vcenter) => Account::Waits,
            true => Account::Over(format!("{name} moved to another vCenter")),
        }
    }

    /// What a VM that moved to another vCenter may be there.
    fn heirs_elsewhere(&self, id: &VmId, departed: &Departed) -> impl Iterator<Item = &VmId> {
        self.heirs(id, departed.uuid.as_deref(), |other| other.vcenter != id.vcenter)
    }

    /// Whether a VM moved to another vCenter, and neither `to` shows it nor does it run in any other: it may run where its
    /// move was prepared.
    pub(super) fn arrived_unseen(&self, id: &VmId, to: &VcenterId) -> bool {
        let shown =
            |heir: &VmId| heir.vcenter == *to || self.sites.vms.get(heir).is_some_and(|vm| vm.runs() == Some(true));
        let departed = self.sites.departed(id).filter(|departed| departed.migrated);
        departed.is_some_and(|departed| !self.heirs_elsewhere(id, departed).any(shown))
    }

    /// Nobody knows whether such a VM runs where its move was prepared.
    pub(super) fn unseen(&self, id: &VmId) -> Account {
        let name = self.sites.vm_name(id);
        Account::Never(format!("{name} moved to another vCenter and is not seen there; close it if it is not here"))
    }

    fn others_trusted(&self, vcenter: &VcenterId) -> bool {
        let mine = self.sites.by_id.get(vcenter).map(|site| &site.name);
        let trusted = |name: &VcenterName| self.sites.by_id.values().any(|site| site.name == *name && site.complete);
        self.policy.vcenters.keys().filter(|name| Some(*name) != mine).all(trusted)
    }

    /// The host that a host which left the inventory is now: same name, same pnics.
    pub(super) fn successor(&self, id: &HostId) -> Option<&HostId> {
        let old = self.sites.hosts.get(id).filter(|_| self.sites.left.contains(id))?;
        let named = self.sites.hosts.iter().filter(|(other, host)| {
            *other != id && !self.sites.left.contains(*other) && host.name.eq_ignore_ascii_case(&old.name)
        });
        named.map(|(other, _)| other).find(|other| self.is_same_machine(id, other))
    }

    /// Those that a host was before it was added again.
    pub(super) fn predecessors(&self, id: &HostId) -> Vec<HostId> {
        let old = self.sites.left.iter().filter(|old| self.sites.hosts.contains_key(*old));
        old.filter(|old| self.successor(old) == Some(id)).cloned().collect()
    }

    /// What a host asks for anew is taken over from those that it was before.
    pub(super) fn hand_over(&mut self, unit: &Unit, gained: bool) {
        let Unit::Host(id) = unit else { return };
        if gained && !self.sites.left.contains(id) {
            self.dirty.units.extend(self.predecessors(id).into_iter().map(Unit::Host));
        }
    }

    /// A host that left keeps what stands for it; once it is added again, only what the new one does not ask for.
    pub(super) fn departed_host_answer(&self, id: &HostId) -> Option<Answer> {
        let successor = self.successor(id)?;
        let taken: BTreeSet<&Key> = self.requirements.of(&Unit::Host(successor.clone())).collect();
        let mut answer = Answer::default();
        for (reason, keys) in self.requirements.asked(&Unit::Host(id.clone())).into_iter().flatten() {
            let kept: BTreeSet<Key> = keys.iter().filter(|key| !taken.contains(key)).cloned().collect();
            answer.asked.insert(reason.clone(), Some(kept));
        }
        Some(answer)
    }

    /// Whether a host's vmkernel or floor VLAN is asked for by the host that it is now.
    pub(super) fn taken_over(&self, id: &HostId, key: &Key) -> Option<Account> {
        let successor = self.successor(id)?;
        let unit = Unit::Host(successor.clone());
        let mut asked = self.requirements.of(&unit);
        let text = || format!("host {} is in the inventory again as {successor}", self.sites.host_name(id));
        asked.any(|taken| taken == key).then(|| Account::Over(text()))
    }

    /// VMs that run in two vCenters at once under one instance UUID.
    pub(super) fn twin_findings(&self) -> Vec<Found> {
        let runs = |id: &&VmId| {
            let vm = self.sites.vms.get(*id).filter(|_| !self.sites.left.contains(*id));
            vm.is_some_and(|vm| vm.runs() == Some(true))
        };
        let one = |(uuid, ids): (&str, &BTreeSet<VmId>)| {
            let mut running = ids.iter().filter(runs);
            let first = running.next()?;
            let other = running.find(|other| other.vcenter != first.vcenter && !self.on_one_machine(first, other))?;
            let text = format!(
                "instance UUID {} runs as {} and as {}: it was copied, or came back where it moved away from; both are \
                 served; stop one of them, or give it a UUID of its own",
                uuid.escape_debug(),
                self.whose(first),
                self.whose(other)
            );
            Some((FindingKind::DuplicateVm, format!("VM {}", self.sites.vm_name(first)), text))
        };
        self.sites.shared_uuids().filter_map(one).collect()
    }

    /// Two vCenters may list one host, and then its VMs are listed twice.
    fn on_one_machine(&self, one: &VmId, other: &VmId) -> bool {
        let host = |id: &VmId| self.sites.vms.get(id).and_then(|vm| vm.host.clone());
        host(one).zip(host(other)).is_some_and(|(one, other)| self.is_same_machine(&one, &other))
    }

    fn whose(&self, id: &VmId) -> String {
        let vm: Option<&Arc<Vm>> = self.sites.vms.get(id);
        let host = vm.and_then(|vm| vm.host.as_ref()).map(|host| self.sites.host_name(host)).unwrap_or_default();
        let site = self.sites.by_id.get(&id.vcenter).map(|site| site.name.to_string()).unwrap_or_default();
        format!("{} on {host} in vCenter {site}", self.sites.vm_name(id))
    }
}
