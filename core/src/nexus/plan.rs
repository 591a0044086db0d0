//! The plan: `present − reading` and `absent ∩ reading`. Nothing else can be expressed.

use std::collections::BTreeMap;

use super::{Guard, Reading, Step};
use crate::{
    net::{VlanId, VlanSet},
    tracker::{Allowed, Configure, Moment, Outcome, Place, PortMode, StepResult},
};

/// What would bring a switch from a reading to an intent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is added where.
    pub add: BTreeMap<Place, VlanSet>,
    /// What is withdrawn where.
    pub remove: BTreeMap<Place, VlanSet>,
    /// What needs no write: it is there, it is gone, or it may not be written.
    pub settled: Vec<Outcome>,
    /// The places that come before edge ports, in their order: peer-link, fabric links.
    pub order: Vec<Place>,
}

/// Plans `intent` against what the switch was last read to be. Withdrawals whose time is over at `now` are left out.
pub fn plan(intent: &Configure, reading: &Reading, guard: &Guard, now: Moment) -> Plan {
    let links = intent.peer_link.into_iter().chain(intent.links.iter().copied());
    let mut plan = Plan { order: links.map(Place::Interface).collect(), ..Plan::default() };
    for (place, vlans) in &intent.present {
        plan.additions(*place, vlans, reading, guard, intent);
    }
    for (place, withdrawal) in intent.absent.iter().filter(|(_, withdrawal)| withdrawal.until > now) {
        // What is wanted and withdrawn at once stays: a VLAN too many harms nobody.
        let wanted = intent.present.get(place).map_or(VlanSet::EMPTY, |vlans| (**vlans).clone());
        plan.removals(*place, &withdrawal.vlans.difference(&wanted), reading, guard, intent);
    }
    plan
}

impl Plan {
    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The steps in their order: VLAN database, peer-link, fabric links, edge ports, withdrawals (design rule 7).
    pub fn steps(&self) -> Vec<Step> {
        let mut added: Vec<_> = self.add.iter().collect();
        added.sort_by_key(|(place, _)| self.rank(**place));
        let additions = added.into_iter().map(|(place, vlans)| match place {
            Place::VlanDatabase => Step::CreateVlans(vlans.clone()),
            Place::Interface(interface) => Step::Allow { interface: *interface, vlans: vlans.clone() },
        });
        // A VLAN is never deleted, so a withdrawal from the database has no step.
        let removals = self.remove.iter().filter_map(|(place, vlans)| match place {
            Place::VlanDatabase => None,
            Place::Interface(interface) => Some(Step::Remove { interface: *interface, vlans: vlans.clone() }),
        });
        additions.chain(removals).collect()
    }

    /// A frame is never let in at an edge port before the way on is open.
    fn rank(&self, place: Place) -> usize {
        match place {
            Place::VlanDatabase => 0,
            Place::Interface(_) => {
                let link = self.order.iter().position(|link| *link == place);
                1 + link.unwrap_or(self.order.len())
            }
        }
    }

    /// Every place that a step names.
    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        self.add.keys().chain(self.remove.keys()).copied()
    }

    /// Whether it adds (or else withdraws) `vlan` in `place`.
    pub fn names(&self, place: Place, vlan: VlanId, adding: bool) -> bool {
        let entries = if adding { &self.add } else { &self.remove };
        entries.get(&place).is_some_and(|vlans| vlans.contains(vlan))
    }

    /// Keeps of the additions and withdrawals what `keep` says: place, VLAN, whether it is an addition.
    pub fn retain(&mut self, mut keep: impl FnMut(Place, VlanId, bool) -> bool) {
        for (entries, adding) in [(&mut self.add, true), (&mut self.remove, false)] {
            for (place, vlans) in entries.iter_mut() {
                *vlans = vlans.iter().filter(|vlan| keep(*place, *vlan, adding)).collect();
            }
            entries.retain(|_, vlans| !vlans.is_empty());
        }
    }

    /// Every (place, VLAN) that is added.
    pub fn added(&self) -> impl Iterator<Item = (Place, VlanId)> + '_ {
        self.add.iter().flat_map(|(place, vlans)| vlans.iter().map(|vlan| (*place, vlan)))
    }

    /// Every (place, VLAN) that is withdrawn.
    pub fn removed(&self) -> impl Iterator<Item = (Place, VlanId)> + '_ {
        self.remove.iter().flat_map(|(place, vlans)| vlans.iter().map(|vlan| (*place, vlan)))
    }

    fn additions(&mut self, place: Place, vlans: &VlanSet, reading: &Reading, guard: &Guard, intent: &Configure) {
        let there = standing(place, reading);
        for vlan in vlans.iter() {
            if there.contains(vlan) {
                self.settle(place, vlan, StepResult::WasThere);
            } else if let Err(why) = guard.may_add(place, vlan, reading, intent) {
                self.settle(place, vlan, StepResult::Refused(why));
            } else {
                self.add.entry(place).or_default().insert(vlan);
            }
        }
    }

    fn removals(&mut self, place: Place, vlans: &VlanSet, reading: &Reading, guard: &Guard, intent: &Configure) {
        let there = standing(place, reading);
        let mut left = there.clone();
        for vlan in vlans.iter() {
            if !there.contains(vlan) {
                self.settle(place, vlan, StepResult::WasGone);
            } else if let Err(why) = guard.may_remove(place, vlan, reading, intent) {
                self.settle(place, vlan, StepResult::Refused(why));
            } else if left.len() <= 1 || !is_listed(place, reading) {
                // The last VLAN of a trunk stays and is released as foreign (design rule 1).
                self.settle(place, vlan, StepResult::WasThere);
            } else {
                left.remove(vlan);
                self.remove.entry(place).or_default().insert(vlan);
            }
        }
    }

    fn settle(&mut self, place: Place, vlan: VlanId, result: StepResult) {
        self.settled.push(Outcome { place, vlan, result });
    }
}

/// The VLANs that stand in a place. Only a trunk's list counts: on any other port it has no effect.
pub(super) fn standing(place: Place, reading: &Reading) -> VlanSet {
    let Place::Interface(interface) = place else {
        return reading.database().map_or(VlanSet::EMPTY, |database| database.present.clone());
    };
    match reading.port(interface) {
        Some(port) if port.mode == PortMode::Trunk => match &port.allowed {
            Allowed::Everything => VlanSet::all(),
            Allowed::List(list) => list.clone(),
        },
        Some(_) | None => VlanSet::EMPTY,
    }
}

/// Whether the place has an explicit list: `remove` on a trunk that allows everything would write one.
fn is_listed(place: Place, reading: &Reading) -> bool {
    match place {
        Place::VlanDatabase => false,
        Place::Interface(interface) => {
            reading.port(interface).is_some_and(|port| matches!(port.allowed, Allowed::List(_)))
        }
    }
}

#[cfg(test)]
mod tests;
