//! What each VM, move and host asks for, from the facts as they are now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Attachment, Backing, EdgePort, Host, HostId, PowerState, Reason, Tracker, Vm, VmId, Vnic,
    needs::{self, Need},
    reason::Unit,
    requirement::{Asked, Key},
};

/// What a unit asks for, and what about it cannot be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) asked: Asked,
    pub(super) puzzles: BTreeSet<Puzzle>,
}

/// Something about a unit that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Puzzle {
    /// What an adapter needs.
    Need(String),
    /// Where a pnic that it uses hangs.
    Unattached(HostId, String),
}

impl Tracker {
    /// What `unit` asks for now; none: nothing can be told, so what stands for it stays.
    pub(super) fn answer(&self, unit: &Unit) -> Option<Answer> {
        match unit {
            Unit::Vm(id) => self.vm_answer(id),
            Unit::Move(id) => self.move_answer(id),
            Unit::Host(id) => self.host_answer(id, unit),
            Unit::Advice(id) => self.advice_answer(id),
            Unit::Prepared(host, network) => self.prepared_answer(host, network),
        }
    }

    fn vm_answer(&self, id: &VmId) -> Option<Answer> {
        let Some(vm) = self.sites.vms.get(id) else { return Some(Answer::default()) };
        if self.sites.left.contains(id) {
            // What is registered anew asks for itself.
            return self.registered_anew(id).map(|_| Answer::default());
        }
        match vm.power {
            PowerState::Off | PowerState::Suspended => return Some(Answer::default()),
            PowerState::Unknown => return None,
            PowerState::On if vm.template => return Some(Answer::default()),
            PowerState::On => {}
        }
        let (host, vnics) = (vm.host.as_ref()?, vm.vnics.as_ref()?);
        let mut answer = Answer::default();
        for vnic in vnics.iter().filter(|vnic| vnic.connected) {
            let keys = self.on_host(host, &vnic.backing, &vm.name, &mut answer.puzzles);
            answer.asked.insert(Reason::Vnic { vm: id.clone(), key: vnic.key }, keys);
        }
        Some(answer)
    }

    fn host_answer(&self, id: &HostId, unit: &Unit) -> Option<Answer> {
        let host = self.sites.hosts.get(id)?;
        if self.sites.left.contains(id) {
            return self.departed_host_answer(id);
        }
        let mut answer = Answer::default();
        for adapter in host.network.iter().flat_map(|network| &network.vmkernels) {
            let name = format!("{} {}", host.name, adapter.device);
            let keys = self.on_host(id, &adapter.backing, &name, &mut answer.puzzles);
            answer.asked.insert(Reason::Vmkernel { host: id.clone(), device: adapter.device.clone() }, keys);
        }
        for (reason, keys) in self.floors(host).into_iter().chain(self.critical_floor(host)) {
            answer.asked.entry(reason).or_default().get_or_insert_default().extend(keys);
        }
        self.keep_standing(id, unit, &mut answer.asked);
        Some(answer)
    }

    /// What stands for a vmkernel adapter or a floor stays while its host hangs on that port: only a person ends it.
    fn keep_standing(&self, host: &HostId, unit: &Unit, asked: &mut Asked) {
        let ports: BTreeSet<_> = self.attachments.of_host(host).flat_map(|at| self.legs_at(at)).collect();
        for (reason, keys) in self.requirements.asked(unit).into_iter().flatten() {
            let kept = keys.iter().filter(|(port, _)| ports.contains(port)).cloned();
            if let Some(keys) = asked.entry(reason.clone()).or_insert_with(|| Some(BTreeSet::new())) {
                keys.extend(kept);
            }
        }
    }

    fn floors(&self, host: &Arc<Host>) -> BTreeMap<Reason, BTreeSet<Key>> {
        let mut floors: BTreeMap<Reason, BTreeSet<Key>> = BTreeMap::new();
        let Some(cluster) = host.cluster.as_ref().and_then(|id| self.sites.clusters.get(id)) else { return floors };
        let Some(site) = self.sites.by_id.get(&host.id.vcenter) else { return floors };
        let named =
            self.policy.floors.iter().filter(|floor| floor.vcenter == site.name && floor.cluster == cluster.name);
        for floor in named {
            let reason = Reason::Floor { cluster: cluster.id.clone(), host: host.id.clone() };
            for attachment in self.attachments.of_host(&host.id) {
                for port in self.legs_at(attachment) {
                    let keys = floor.vlans.iter().map(|vlan| (port.clone(), vlan));
                    floors.entry(reason.clone()).or_default().extend(keys);
                }
            }
        }
        floors
    }

    /// The edge port that a pnic hangs on, with both legs where it is a vPC: one pnic on one leg is enough for both.
    pub(super) fn legs_at(&self, at: &Attachment) -> impl Iterator<Item = EdgePort> + use<> {
        self.fabric.legs(&self.fabric.edge_port(&at.switch, at.interface))
    }

    /// The VLANs that an adapter needs on the edge ports of `host`; none: it cannot be told.
    pub(super) fn on_host(
        &self,
        id: &HostId,
        backing: &Backing,
        who: &str,
        puzzles: &mut BTreeSet<Puzzle>,
    ) -> Option<BTreeSet<Key>> {
        let Some(network) = self.sites.hosts.get(id).and_then(|host| host.network.as_ref()) else {
            puzzles.insert(Puzzle::Need(format!(
                "{who}: vCenter did not tell the network of its host {}",
                self.sites.host_name(id)
            )));
            return None;
        };
        match needs::of_backing(backing, network, |key| self.sites.group(&id.vcenter, key)) {
            Need::Unknown(why) => {
                puzzles.insert(Puzzle::Need(format!("{who}: {why}")));
                None
            }
            Need::Known { vlans, pnics } => {
                let mut keys = BTreeSet::new();
                for pnic in pnics {
                    let Some(at) = self.attachments.of(id, &pnic) else {
                        puzzles.insert(Puzzle::Unattached(id.clone(), pnic));
                        continue;
                    };
                    let ports = self.legs_at(at);
                    keys.extend(ports.flat_map(|port| vlans.iter().map(move |vlan| (port.clone(), vlan))));
                }
                Some(keys)
            }
        }
    }
}

/// The virtual NICs that count.
pub(super) fn connected(vm: &Vm) -> impl Iterator<Item = &Vnic> {
    vm.vnics.iter().flatten().filter(|vnic| vnic.connected)
}
