//! From requirements to the whole desired state of a switch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Cause, Configure, EdgePort, Intent, Moment, Place, Reason, Record, Tracker, What, Withdrawal, permit::Verdict,
    requirement::Key,
};
use crate::net::{SwitchName, VlanId, VlanSet};

/// What was last asked of a switch.
#[derive(Clone, Debug, Default)]
pub(super) struct Desired {
    generation: u64,
    ports: BTreeMap<EdgePort, Arc<VlanSet>>,
    last: Option<Arc<Configure>>,
    /// The switch strayed from it: ask once more, even if nothing else changed.
    pub(super) again: bool,
}

impl Desired {
    /// Whether it was last asked that a VLAN exists.
    pub(super) fn creates(&self, vlan: VlanId) -> bool {
        let database = self.last.as_ref().and_then(|last| last.present.get(&Place::VlanDatabase));
        database.is_some_and(|vlans| vlans.contains(vlan))
    }
}

impl Tracker {
    /// Says what changed: purposes first, so that they are durable before any claim can be.
    pub(super) fn express(&mut self, now: Moment, intents: &mut Vec<Intent>) {
        let purposes = self.purposes(now);
        if !purposes.is_empty() {
            intents.push(Intent::Journal(purposes));
        }
        let mut switches = std::mem::take(&mut self.dirty.switches);
        // What is in the way of one leg is in the way of the other.
        let peers: Vec<SwitchName> = switches.iter().filter_map(|switch| self.fabric.peer(switch)).cloned().collect();
        switches.extend(peers);
        let ports = std::mem::take(&mut self.dirty.ports);
        for switch in &switches {
            let all: Vec<EdgePort> = self.requirements.ports_of(switch).cloned().collect();
            let known = self.desired.get(switch).into_iter().flat_map(|desired| desired.ports.keys().cloned());
            let all: BTreeSet<EdgePort> = known.chain(all).collect();
            all.iter().for_each(|port| self.set_port(port, now));
        }
        for port in ports.iter().filter(|port| !switches.contains(&port.switch)) {
            self.set_port(port, now);
        }
        let linked = self.review_links(&switches, now);
        switches.extend(ports.into_iter().map(|port| port.switch).chain(linked));
        intents.extend(switches.iter().filter_map(|switch| self.configure(switch, now)).map(Intent::Configure));
    }

    /// Brings the cached set of one port up to date; unchanged sets stay shared.
    fn set_port(&mut self, port: &EdgePort, now: Moment) {
        let judged = self.requirements.on(port);
        let judged: Vec<(VlanId, Verdict)> =
            judged.map(|(vlan, reasons)| (vlan, self.verdict(port, vlan, reasons, now))).collect();
        let wanted: VlanSet =
            judged.iter().filter(|(_, verdict)| *verdict == Verdict::Add).map(|(vlan, _)| *vlan).collect();
        self.note_use(port, &judged);
        let ports = &mut self.desired.entry(port.switch.clone()).or_default().ports;
        match wanted.is_empty() {
            true => drop(ports.remove(port)),
            false if ports.get(port).is_some_and(|set| **set == wanted) => {}
            false => drop(ports.insert(port.clone(), Arc::new(wanted))),
        }
    }

    /// Whether a VLAN is asked for on a port now.
    pub(super) fn is_wanted(&self, port: &EdgePort, vlan: VlanId) -> bool {
        let set = self.desired.get(&port.switch).and_then(|desired| desired.ports.get(port));
        set.is_some_and(|set| set.contains(vlan))
    }

    /// The intent for one switch, if it says anything new.
    fn configure(&mut self, name: &SwitchName, now: Moment) -> Option<Arc<Configure>> {
        let identity = self.fabric.switches.get(name)?.identity.clone()?;
        self.policy.switches.get(name)?;
        self.desired.entry(name.clone()).or_default();
        let desired = self.desired.get(name)?;
        let mut next = Configure {
            switch: name.clone(),
            serial: identity.serial,
            generation: desired.generation,
            present: BTreeMap::new(),
            absent: BTreeMap::new(),
            urgent: BTreeMap::new(),
            unsettled: BTreeSet::new(),
            causes: BTreeMap::new(),
            peer_link: None,
            links: BTreeSet::new(),
            paired: self.fabric.peer(name).is_some(),
        };
        self.fill(&mut next, desired, now);
        if !desired.again && desired.last.as_ref().is_some_and(|last| says_the_same(last, &next)) {
            return None;
        }
        let desired = self.desired.get_mut(name)?;
        desired.generation += 1;
        desired.again = false;
        next.generation = desired.generation;
        let next = Arc::new(next);
        desired.last = Some(next.clone());
        Some(next)
    }

    /// Fills in what must be there and what goes; while paused, nothing.
    fn fill(&self, next: &mut Configure, desired: &Desired, now: Moment) {
        if self.paused {
            return;
        }
        let mut database = self.needed_by_peer(&next.switch);
        for (port, vlans) in &desired.ports {
            database = database.union(vlans);
            next.present.insert(Place::Interface(port.interface), vlans.clone());
            self.explain(next, port, vlans);
        }
        database = database.union(&self.fill_links(next));
        let creatable = self.creatable(&next.switch);
        let creatable = database.intersection(&creatable);
        if !creatable.is_empty() {
            self.explain_database(next, &creatable);
            next.present.insert(Place::VlanDatabase, Arc::new(creatable));
        }
        for ((port, vlan), until) in self.approved(&next.switch, now) {
            let goes = next.absent.entry(Place::Interface(port.interface));
            let goes = goes.or_insert_with(|| Withdrawal { vlans: VlanSet::EMPTY, until });
            goes.vlans.insert(vlan);
            goes.until = goes.until.min(until);
            let cause =
                self.undo_cause(&(port.clone(), vlan)).unwrap_or_else(|| self.lapse_cause(&(port.clone(), vlan)));
            next.causes.insert((Place::Interface(port.interface), vlan), cause);
        }
        let unsettled = self.inherited.iter().filter(|(serial, _, _)| *serial == next.serial);
        next.unsettled = unsettled.map(|(_, place, vlan)| (*place, *vlan)).collect();
    }

    /// The VLANs that the other legs of this switch's vPCs get: they must exist on both switches.
    fn needed_by_peer(&self, switch: &SwitchName) -> VlanSet {
        let peer = self.fabric.peer(switch).and_then(|peer| self.desired.get(peer));
        let ports = peer.into_iter().flat_map(|desired| &desired.ports);
        let shared = ports.filter(|(port, _)| self.fabric.twin(port).is_some());
        shared.fold(VlanSet::EMPTY, |all, (_, vlans)| all.union(vlans))
    }

    /// The causes of what was not yet observed on a port, and what of it a move waits for.
    fn explain(&self, next: &mut Configure, port: &EdgePort, vlans: &VlanSet) {
        let place = Place::Interface(port.interface);
        for (vlan, reasons) in self.requirements.on(port).filter(|(vlan, _)| vlans.contains(*vlan)) {
            if self.fabric.ready(port, vlan) {
                continue;
            }
            next.causes.insert((place, vlan), self.cause(reasons));
            if reasons.iter().any(|reason| matches!(reason, Reason::Move { .. })) {
                next.urgent.entry(place).or_default().insert(vlan);
            }
        }
    }

    /// One reason in words.
    pub(super) fn why(&self, reason: &Reason) -> String {
        match reason {
            Reason::Vnic { vm, key } => format!("{} vNIC {key}", self.sites.vm_name(vm)),
            Reason::Move { vm, to } => format!("{} moves to {}", self.sites.vm_name(vm), self.sites.host_name(to)),
            Reason::Vmkernel { host, device } => self.sites.adapter_name(host, device),
            Reason::Floor { cluster, host } => {
                format!("{} on {}", self.floor_text(cluster), self.sites.host_name(host))
            }
            Reason::Recommended { vm, to } => {
                format!("DRS recommends {} to move to {}", self.sites.vm_name(vm), self.sites.host_name(to))
            }
            Reason::Prepared { cluster, host, network } => {
                format!(
                    "{} is prepared in cluster {} on {}",
                    self.sites.network_name(&cluster.vcenter, network),
                    self.sites.cluster_name(cluster),
                    self.sites.host_name(host)
                )
            }
        }
    }

    fn explain_database(&self, next: &mut Configure, vlans: &VlanSet) {
        let present =
            self.fabric.switches.get(&next.switch).map(|switch| switch.vlans.present.clone()).unwrap_or_default();
        for vlan in vlans.difference(&present).iter() {
            let wanted = next.causes.iter().find(|((_, wanted), _)| *wanted == vlan).map(|(_, cause)| cause.clone());
            next.causes.insert((Place::VlanDatabase, vlan), wanted.unwrap_or_else(|| "needed on this switch".into()));
        }
    }

    /// One line for the history: the first reason by name, and how many more there are.
    fn cause(&self, reasons: &BTreeSet<Reason>) -> Cause {
        let Some(first) = reasons.iter().next() else { return "no reason".into() };
        let text = self.why(first);
        match reasons.len() {
            1 => text.into(),
            count => format!("{text} and {} more", count - 1).into(),
        }
    }

    /// What the changed requirements stand for, for those that are ours or may become so.
    fn purposes(&mut self, now: Moment) -> Vec<Record> {
        let keys = std::mem::take(&mut self.dirty.purposes);
        keys.into_iter().filter_map(|key| self.purpose(key, now)).collect()
    }

    fn purpose(&self, (port, vlan): Key, now: Moment) -> Option<Record> {
        let switch = self.fabric.switches.get(&port.switch)?;
        let serial = switch.identity.as_ref()?.serial.clone();
        let place = Place::Interface(port.interface);
        let ours = self.ledger.entry(&serial, place, vlan).is_some();
        let known = self.ledger.purpose(&serial, place, vlan);
        let required = self.requirements.reasons(&(port.clone(), vlan));
        if (!ours && (required.is_none() || switch.lists(port.interface, vlan)))
            || !self.policy.switches.contains_key(&port.switch)
        {
            return None;
        }
        // Once required by nobody, only the destroyed are struck off: of all others the inventory tells after a restart.
        let over = |reason: &Reason| match required {
            Some(_) => self.accounted(reason, &port, vlan).is_over(),
            None => reason.vm().is_some_and(|vm| self.sites.is_destroyed(vm)),
        };
        let kept = known.into_iter().flatten().filter(|reason| !over(reason));
        let reasons: BTreeSet<Reason> = kept.chain(required.into_iter().flatten()).cloned().collect();
        let news = known != Some(&reasons);
        let what = What::StandsFor { reasons: reasons.into_iter().collect() };
        news.then_some(Record { at: now, switch: port.switch, serial, place, vlan, what })
    }
}

/// Whether an intent says nothing that the last one did not say; causes and urgency are no news when they shrink.
fn says_the_same(last: &Configure, next: &Configure) -> bool {
    let urgent = |place: &Place, vlan: VlanId| last.urgent.get(place).is_some_and(|vlans| vlans.contains(vlan));
    let calmer = next.urgent.iter().all(|(place, vlans)| vlans.iter().all(|vlan| urgent(place, vlan)));
    calmer
        && last.serial == next.serial
        && last.present == next.present
        && last.absent == next.absent
        && last.unsettled == next.unsettled
        && last.paired == next.paired
        && (last.peer_link, &last.links) == (next.peer_link, &next.links)
}
