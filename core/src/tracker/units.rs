//! What each VM, move and host asks for, from the facts as they are now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Attachment, Backing, EdgePort, Host, HostConnection, HostId, Reason, Tracker, Vm, VmId, Vnic,
    native::Untagged,
    needs::{Known, Lookup, Need, Overlay, Plug, Wide},
    reason::Unit,
    requirement::{Asked, Key},
    wide::Trunks,
};
use crate::net::VlanId;

/// What a unit asks for, and what about it cannot be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) asked: Asked,
    /// Whose frames leave untagged, and on which ports.
    pub(super) untagged: Untagged,
    pub(super) puzzles: BTreeSet<Puzzle>,
}

/// Something about a unit that cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Puzzle {
    /// What an adapter needs.
    Need(String),
    /// What a VM needs on a host that is away: it comes back with the host, and nobody has to look.
    Hidden,
    /// Whether its port of a distributed switch needs something else than this port group.
    Unread(String),
    /// Which of very many VLANs it uses.
    Wide(Wide),
    /// Where a pnic that it uses hangs.
    Unattached(HostId, String),
    /// Nothing is open: on this host it uses a network whose frames leave in an overlay's tunnel.
    Overlay(HostId, Overlay),
}

impl Puzzle {
    /// Whether it leaves open what is needed, so that nothing may be taken away for it.
    pub(super) const fn is_open(&self) -> bool {
        match self {
            Self::Need(_) | Self::Hidden | Self::Unread(_) | Self::Wide(_) | Self::Unattached(..) => true,
            Self::Overlay(..) => false,
        }
    }
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
        let readable = (vm.host.as_ref(), vm.vnics.as_ref());
        let host = match (vm.runs(), readable) {
            (Some(false), _) => return Some(Answer::default()),
            (Some(true), (Some(host), Some(_))) => host,
            (Some(true) | None, _) => return Some(self.as_it_stands(vm)),
        };
        let mut answer = Answer::default();
        for vnic in connected(vm) {
            let reason = Reason::Vnic { vm: id.clone(), key: vnic.key };
            let who = format!("vNIC {}", vnic.key);
            let keys = self.on_host(host, &Plug::vnic(vm, vnic), (&who, &reason), &mut answer);
            answer.asked.insert(reason, keys);
        }
        Some(answer)
    }

    /// What stands for a VM of which vCenter does not say enough. One that does not seem to run, and for which nothing
    /// stands, is no news.
    fn as_it_stands(&self, vm: &Vm) -> Answer {
        let unit = Unit::Vm(vm.id.clone());
        let standing = self.requirements.asked(&unit).into_iter().flatten();
        let asked: Asked = standing.map(|(reason, _)| (reason.clone(), None)).collect();
        let why = match (vm.connection.is_readable(), &vm.host, vm.runs()) {
            (false, _, _) => format!("vCenter cannot read its configuration: it is {}", vm.connection.word()),
            (true, _, None) => "vCenter does not say whether it runs".to_owned(),
            (true, None, Some(_)) => "vCenter does not say on which host it runs".to_owned(),
            (true, Some(_), Some(_)) => {
                "vCenter does not show its adapters; give the account the role Read-only on it".to_owned()
            }
        };
        let news = !asked.is_empty() || vm.runs().is_some();
        let host = vm.host.as_ref().and_then(|host| self.sites.hosts.get(host));
        let puzzle = match host.is_none_or(|host| host.connection == HostConnection::Connected) {
            true => Puzzle::Need(why),
            false => Puzzle::Hidden,
        };
        let puzzles = news.then_some(puzzle).into_iter().collect();
        Answer { asked, untagged: self.untagged.get(&unit).cloned().unwrap_or_default(), puzzles }
    }

    fn host_answer(&self, id: &HostId, unit: &Unit) -> Option<Answer> {
        let host = self.sites.hosts.get(id)?;
        if self.sites.left.contains(id) {
            return self.departed_host_answer(id);
        }
        let mut answer = Answer::default();
        for adapter in host.network.iter().flat_map(|network| &network.vmkernels) {
            let reason = Reason::Vmkernel { host: id.clone(), device: adapter.device.clone() };
            let keys = self.on_host(id, &Plug::kernel(id, adapter), (&adapter.label(), &reason), &mut answer);
            answer.asked.insert(reason, keys);
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

    /// The VLANs that any adapter in a network needs on the edge ports of `host`; none: it cannot be told.
    pub(super) fn on_network(&self, host: &HostId, backing: &Backing) -> Option<BTreeSet<Key>> {
        self.network_at(host, backing).map(|(keys, _)| keys)
    }

    /// The same, and which of its pnics hang nowhere that is known.
    pub(super) fn network_at(&self, host: &HostId, backing: &Backing) -> Option<(BTreeSet<Key>, BTreeSet<Puzzle>)> {
        match self.lookup(host)?.need(&Plug::network(backing)) {
            Need::Known(known) => Some(self.at_ports(host, &known)),
            Need::Overlay(_) => Some(Default::default()),
            Need::Unknown(_) | Need::Wide(_) => None,
        }
    }

    /// Whether a wide port group still lets a VLAN through on a port, and only the configuration allows it no more.
    pub(super) fn only_refused(&self, host: &HostId, plug: &Plug<'_>, (port, vlan): (&EdgePort, VlanId)) -> bool {
        let Some(Need::Known(known)) = self.lookup(host).map(|lookup| lookup.need(plug)) else { return false };
        let through = known.within.as_ref().is_some_and(|ranges| ranges.contains(vlan));
        through && !known.vlans.contains(vlan) && self.ports_of(host, &known).any(|at| at == *port)
    }

    /// Where the needs of a host's adapters are looked up; none: its network is not known.
    pub(super) fn lookup(&self, host: &HostId) -> Option<Lookup<'_>> {
        let known = self.sites.hosts.get(host)?;
        let site = self.sites.by_id.get(&known.id.vcenter).map(|site| &site.name);
        let trunks = Trunks::of(&self.policy, site);
        Some(Lookup { sites: &self.sites, vcenter: &known.id.vcenter, network: known.network.as_ref()?, trunks })
    }

    /// The VLANs that an adapter needs on the edge ports of `host`; none: it cannot be told. `for_whom` is the adapter, for
    /// people, and the reason.
    pub(super) fn on_host(
        &self,
        id: &HostId,
        plug: &Plug<'_>,
        for_whom: (&str, &Reason),
        answer: &mut Answer,
    ) -> Option<BTreeSet<Key>> {
        let (who, reason) = for_whom;
        let Some(lookup) = self.lookup(id) else {
            let host = self.sites.host_name(id);
            let why = format!("{who}: vCenter did not tell the network of its host {host}");
            answer.puzzles.insert(Puzzle::Need(why));
            return None;
        };
        match lookup.need(plug) {
            Need::Unknown(why) => {
                answer.puzzles.insert(Puzzle::Need(format!("{who}: {why}")));
                None
            }
            Need::Wide(wide) => {
                answer.puzzles.insert(Puzzle::Wide(wide));
                None
            }
            Need::Overlay(overlay) => {
                answer.puzzles.insert(Puzzle::Overlay(id.clone(), overlay));
                Some(BTreeSet::new())
            }
            Need::Known(known) => {
                let (mut keys, unattached) = self.at_ports(id, &known);
                answer.puzzles.extend(unattached);
                if known.untagged {
                    answer.untagged.entry(reason.clone()).or_default().extend(self.ports_of(id, &known));
                }
                // Its port may need less than the group, or something else: what stands for it stays until that is known.
                if let Some(group) = known.unread {
                    answer.puzzles.insert(Puzzle::Unread(group));
                    let standing = self.requirements.asked(&reason.unit()).and_then(|asked| asked.get(reason));
                    keys.extend(standing.into_iter().flatten().cloned());
                }
                Some(keys)
            }
        }
    }

    /// What is known of an adapter's needs, on the edge ports where its pnics hang, and which of these hang nowhere.
    fn at_ports(&self, id: &HostId, known: &Known) -> (BTreeSet<Key>, BTreeSet<Puzzle>) {
        let ports = self.ports_of(id, known);
        let keys = ports.flat_map(|port| known.vlans.iter().map(move |vlan| (port.clone(), vlan))).collect();
        let loose = known.pnics.iter().filter(|pnic| self.attachments.of(id, pnic).is_none());
        (keys, loose.map(|pnic| Puzzle::Unattached(id.clone(), pnic.clone())).collect())
    }

    fn ports_of<'a>(&'a self, id: &'a HostId, known: &'a Known) -> impl Iterator<Item = EdgePort> + 'a {
        let attached = known.pnics.iter().filter_map(|pnic| self.attachments.of(id, pnic));
        attached.flat_map(|at| self.legs_at(at))
    }
}

/// The virtual NICs that pass frames, or will: those of a VM that stands in for another are not connected until it has to.
pub(super) fn connected(vm: &Vm) -> impl Iterator<Item = &Vnic> {
    vm.vnics.iter().flatten().filter(|vnic| vnic.connected || vm.is_secondary())
}
