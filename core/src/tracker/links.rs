//! Which VLANs each link between switches needs, and which of them are put there (rule 7).
//!
//! A VLAN that edge ports of several switches need is needed on every link that lies on some path between them, so that
//! it is there whichever path spanning tree takes, per VLAN or per instance; and a VLAN of a vPC is needed on the
//! peer-link of its pair in any case. Links are add-only: nothing of this file ever reaches `absent`. A link is one
//! unit: what one of its ends cannot have, none gets.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Act, Allowed, Configure, EdgePort, LinkPolicy, Moment, Place, PortMode, Tracker, cables::Link, fabric::Fabric,
    permit::Verdict,
};
use crate::net::{InterfaceName, SwitchName, VlanId, VlanSet};

/// What links need, kept up to date by what changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// The VLANs in use on each edge port, and whether it is a leg of a vPC.
    ports: BTreeMap<EdgePort, (VlanSet, bool)>,
    by_vlan: BTreeMap<VlanId, BTreeMap<SwitchName, Count>>,
    stale: BTreeSet<VlanId>,
    /// What each link needs, in the order of the cables' links.
    wanted: Vec<VlanSet>,
    /// What each end has, or may get.
    open: BTreeMap<EdgePort, VlanSet>,
}

/// How many edge ports of one switch need a VLAN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    ports: usize,
    /// Of them, legs of a vPC.
    legs: usize,
}

impl Links {
    /// What is in use on an edge port now.
    fn uses(&mut self, port: &EdgePort, vlans: VlanSet, leg: bool) {
        let (before, was_leg) = self.ports.remove(port).unwrap_or_default();
        if before != vlans || was_leg != leg {
            let concerned = if was_leg == leg {
                before.union(&vlans).difference(&before.intersection(&vlans))
            } else {
                before.union(&vlans)
            };
            for vlan in concerned.iter() {
                self.count(port, vlan, (before.contains(vlan), was_leg), (vlans.contains(vlan), leg));
            }
        }
        if !vlans.is_empty() {
            self.ports.insert(port.clone(), (vlans, leg));
        }
    }

    fn count(&mut self, port: &EdgePort, vlan: VlanId, before: (bool, bool), after: (bool, bool)) {
        let switches = self.by_vlan.entry(vlan).or_default();
        let was = switches.get(&port.switch).copied().unwrap_or_default();
        let moved =
            |count: usize, before: bool, after: bool| (count + usize::from(after)).saturating_sub(usize::from(before));
        let now = Count {
            ports: moved(was.ports, before.0, after.0),
            legs: moved(was.legs, before.0 && before.1, after.0 && after.1),
        };
        match now.ports {
            0 => drop(switches.remove(&port.switch)),
            _ => drop(switches.insert(port.switch.clone(), now)),
        }
        if switches.is_empty() {
            self.by_vlan.remove(&vlan);
        }
        if (was.ports > 0, was.legs > 0) != (now.ports > 0, now.legs > 0) {
            self.stale.insert(vlan);
        }
    }

    /// The switches whose edge ports need each VLAN.
    pub(super) fn needs(&self) -> impl Iterator<Item = (VlanId, impl Iterator<Item = &SwitchName>)> {
        self.by_vlan.iter().map(|(vlan, switches)| (*vlan, switches.keys()))
    }

    /// What a link needs.
    pub(super) fn wanted(&self, link: usize) -> &VlanSet {
        const NONE: &VlanSet = &VlanSet::EMPTY;
        self.wanted.get(link).unwrap_or(NONE)
    }

    /// What one end of a link has, or may get.
    pub(super) fn open_on(&self, end: &EdgePort) -> VlanSet {
        self.open.get(end).cloned().unwrap_or_default()
    }

    /// What every end of a link has, or may get.
    pub(super) fn open(&self, link: &Link) -> VlanSet {
        let ends = link.ends.iter().map(|end| self.open_on(end));
        ends.reduce(|all, end| all.intersection(&end)).unwrap_or_default()
    }

    /// All of it from scratch: what changed step by step must come to the same.
    #[cfg(test)]
    pub(super) fn anew(&self, fabric: &Fabric) -> Self {
        let mut all = Self { wanted: vec![VlanSet::EMPTY; fabric.cables.links.len()], ..Self::default() };
        self.ports.iter().for_each(|(port, (vlans, leg))| all.uses(port, vlans.clone(), *leg));
        for vlan in std::mem::take(&mut all.stale) {
            all.refresh(vlan, fabric);
        }
        Self { open: self.open.clone(), ..all }
    }

    /// The links that need one VLAN.
    fn in_need(&self, vlan: VlanId, fabric: &Fabric) -> BTreeSet<usize> {
        let Some(switches) = self.by_vlan.get(&vlan) else { return BTreeSet::new() };
        let nodes: BTreeSet<SwitchName> = switches.keys().map(|switch| fabric.node(switch)).collect();
        let blocks = fabric.cables.paths.between(nodes.iter());
        let needed = |link: &Link| {
            let between = !link.blocks.is_disjoint(&blocks);
            let ends = || link.ends.iter().map(|end| switches.get(&end.switch));
            let both = ends().all(|count| count.is_some());
            let leg = ends().flatten().any(|count| count.legs > 0);
            between || (link.peer && (both || leg))
        };
        let links = fabric.cables.links.iter().enumerate();
        links.filter(|(_, link)| needed(link)).map(|(at, _)| at).collect()
    }

    /// Brings one VLAN up to date; the links that need it now and did not, or the other way round.
    fn refresh(&mut self, vlan: VlanId, fabric: &Fabric) -> Vec<usize> {
        let needed = self.in_need(vlan, fabric);
        let mut changed = Vec::new();
        for (at, wanted) in self.wanted.iter_mut().enumerate() {
            let news = if needed.contains(&at) { wanted.insert(vlan) } else { wanted.remove(vlan) };
            if news {
                changed.push(at);
            }
        }
        changed
    }
}

impl Tracker {
    /// Notes what is in use on an edge port: what is required and permitted there, or required and there by hand.
    pub(super) fn note_use(&mut self, port: &EdgePort, judged: &[(VlanId, Verdict)]) {
        let switch = self.fabric.switches.get(&port.switch);
        let carries = |vlan: VlanId| switch.is_some_and(|switch| switch.carries(port.interface, vlan));
        let in_use = |(vlan, verdict): &&(VlanId, Verdict)| match verdict {
            Verdict::Add | Verdict::Everything | Verdict::Waits(_) | Verdict::Drift(_) | Verdict::OtherLeg(_) => true,
            Verdict::ObserveOnly => carries(*vlan),
            Verdict::Forbidden(_) => false,
        };
        let vlans: VlanSet = judged.iter().filter(in_use).map(|(vlan, _)| *vlan).collect();
        self.links.uses(port, vlans, self.fabric.twin(port).is_some());
    }

    /// Brings the links up to date; the switches to which something else is to be said. `spoken` are those whose state,
    /// policy or obstacles may have changed.
    pub(super) fn review_links(&mut self, spoken: &BTreeSet<SwitchName>, now: Moment) -> BTreeSet<SwitchName> {
        let mut changed: BTreeSet<usize> = BTreeSet::new();
        let mut spoken = spoken.clone();
        if self.fabric.rewire() {
            let count = self.fabric.cables.links.len();
            self.links.wanted = vec![VlanSet::EMPTY; count];
            self.links.stale.extend(self.links.by_vlan.keys().copied());
            self.links.open.clear();
            changed.extend(0..count);
            spoken.extend(self.fabric.switches.keys().cloned());
        }
        for vlan in std::mem::take(&mut self.links.stale) {
            changed.extend(self.links.refresh(vlan, &self.fabric));
        }
        if self.policy.links == LinkPolicy::Verify {
            return BTreeSet::new();
        }
        changed.extend(spoken.iter().flat_map(|switch| self.review_ends(switch, now)));
        let ends = changed.iter().filter_map(|at| self.fabric.cables.links.get(*at)).flat_map(|link| &link.ends);
        ends.map(|end| end.switch.clone()).collect()
    }

    /// Looks anew at what the ends on one switch may have; the links for which that changed.
    fn review_ends(&mut self, switch: &SwitchName, now: Moment) -> Vec<usize> {
        let ends: Vec<(EdgePort, usize)> =
            self.fabric.cables.ends_of(switch).map(|(end, link)| (end.clone(), link)).collect();
        let mut changed = Vec::new();
        for (end, link) in ends {
            let open = self.open_at(&end, now);
            if self.links.open.get(&end) != Some(&open) {
                self.links.open.insert(end, open);
                changed.push(link);
            }
        }
        changed
    }

    /// The VLANs that an end has, or may get.
    fn open_at(&self, end: &EdgePort, now: Moment) -> VlanSet {
        let Some(switch) = self.fabric.switches.get(&end.switch) else { return VlanSet::EMPTY };
        let Some(port) = switch.ports.get(&end.interface).filter(|port| port.mode == PortMode::Trunk) else {
            return VlanSet::EMPTY;
        };
        let may = self.addable_at(end, now);
        let exists = switch.vlans.present.union(&self.creatable(&end.switch).intersection(&may));
        match &port.allowed {
            Allowed::Everything => exists,
            Allowed::List(list) => list.union(&may).intersection(&exists),
        }
    }

    /// The VLANs that policy and the switch would let us add to an end.
    fn addable_at(&self, end: &EdgePort, now: Moment) -> VlanSet {
        let (Some(policy), Some(switch)) =
            (self.policy.switches.get(&end.switch), self.fabric.switches.get(&end.switch))
        else {
            return VlanSet::EMPTY;
        };
        if self.mode_of(end).additions == Act::Observe || self.owner_forbids(&end.switch).is_some() {
            return VlanSet::EMPTY;
        }
        let interface = policy.interfaces.get(&end.interface).and_then(|own| own.allowed.as_ref());
        let bounds = [self.policy.allowed.as_ref(), policy.allowed.as_ref(), interface];
        let mut may = bounds.into_iter().flatten().fold(VlanSet::all(), |all, bound| all.intersection(bound));
        may.remove(VlanId::MIN);
        let places = [Place::VlanDatabase, Place::Interface(end.interface)];
        let barred = places
            .iter()
            .flat_map(|place| self.obstacles.at(&end.switch, *place, now).filter(|vlan| !switch.has(*place, *vlan)));
        may.difference(&switch.vlans.reserved).difference(&barred.collect())
    }

    /// What goes on the links of a switch: into `present`, with its causes; and what must exist there for it.
    pub(super) fn fill_links(&self, next: &mut Configure) -> VlanSet {
        let mut database = VlanSet::EMPTY;
        next.links.extend(self.fabric_links(&next.switch));
        if self.policy.links == LinkPolicy::Verify {
            return database;
        }
        for (end, at) in self.fabric.cables.ends_of(&next.switch) {
            let Some(link) = self.fabric.cables.links.get(at) else { continue };
            let vlans = self.links.wanted(at).intersection(&self.links.open(link));
            if vlans.is_empty() {
                continue;
            }
            database = database.union(&vlans);
            let port = self.fabric.switches.get(&end.switch).and_then(|switch| switch.ports.get(&end.interface));
            if let Some(Allowed::List(list)) = port.map(|port| &port.allowed) {
                self.fill_end(next, end, link, vlans, list);
            }
        }
        self.hurry(next);
        database
    }

    /// The ends of fabric links on a switch, whatever the policy: the guard is to know where nothing is ever taken off.
    fn fabric_links(&self, switch: &SwitchName) -> impl Iterator<Item = InterfaceName> {
        let cables = &self.fabric.cables;
        let ends = cables.ends_of(switch).filter(|(_, at)| cables.links.get(*at).is_some_and(|link| !link.peer));
        ends.map(|(end, _)| end.interface)
    }

    fn fill_end(&self, next: &mut Configure, end: &EdgePort, link: &Link, vlans: VlanSet, list: &VlanSet) {
        let place = Place::Interface(end.interface);
        for vlan in vlans.difference(list).iter() {
            let cause = next.causes.entry((place, vlan));
            cause.or_insert_with(|| self.link_cause(link, vlan).into());
        }
        if link.peer {
            next.peer_link = Some(end.interface);
        }
        let all = next.present.entry(place).or_default();
        *all = Arc::new(all.union(&vlans));
    }

    fn link_cause(&self, link: &Link, vlan: VlanId) -> String {
        let what = if link.peer { "peer-link of a vPC pair" } else { "link" };
        let switches = self.links.by_vlan.get(&vlan).map(BTreeMap::len).unwrap_or_default();
        format!("{what}: {switches} switches need VLAN {vlan}")
    }

    /// What a move waits for on an edge port of this switch, it waits for on the switch's links too.
    fn hurry(&self, next: &mut Configure) {
        let moving = next.urgent.values().fold(VlanSet::EMPTY, |all, vlans| all.union(vlans));
        let links = next.links.iter().chain(&next.peer_link).map(|interface| Place::Interface(*interface));
        for place in links.collect::<Vec<_>>() {
            let new: VlanSet = moving.iter().filter(|vlan| next.causes.contains_key(&(place, *vlan))).collect();
            if !new.is_empty() {
                let urgent = next.urgent.entry(place).or_default();
                *urgent = urgent.union(&new);
            }
        }
    }

    /// Whether a VLAN is meant to stand on the link behind a port.
    pub(super) fn link_wants(&self, port: &EdgePort, vlan: VlanId) -> bool {
        let link = self.fabric.cables.link_at(port);
        self.policy.links == LinkPolicy::Provision && link.is_some_and(|link| self.links.wanted(link).contains(vlan))
    }
}
