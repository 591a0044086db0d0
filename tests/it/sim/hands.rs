//! Whose line is whose: what the controller and operators did to the trunks' lists, and what the rules forbid.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use vmtracker::lab::{
    model::{LabTime, switch::Switch},
    topology::USER,
};
use vmtracker_core::{
    net::{InterfaceName, VlanId, VlanSet},
    nexus::{Batch, Step},
};

/// Between the reading on which the controller decides and the end of its write, nobody can tell whose line it was.
const RACE: Duration = Duration::from_secs(10);

/// A VLAN on a trunk of a switch.
pub(super) type Line = (String, InterfaceName, VlanId);

/// The lists of a switch's trunks.
pub(super) type Lists = BTreeMap<InterfaceName, VlanSet>;

/// The books of who did what.
#[derive(Debug, Default)]
pub(super) struct Hands {
    /// What the controller added and nobody took away.
    pub(super) ours: BTreeSet<Line>,
    /// What an operator added or removed, and when last.
    by_hand: BTreeMap<Line, LabTime>,
    /// What the controller sent to be added, and when last.
    sent: BTreeMap<Line, LabTime>,
    /// What the controller withdrew, and when last.
    withdrew: BTreeMap<Line, LabTime>,
    /// What was ours when an operator took it, or raced with an operator: whose it is afterwards cannot be told.
    disputed: BTreeSet<Line>,
    /// What a controller that died meanwhile had sent: its successor may have looked too early.
    late: BTreeSet<Line>,
    /// Rules that were broken.
    pub(super) breaches: Vec<String>,
}

pub(super) fn lists(switch: &Switch) -> Lists {
    switch.trunk_interfaces().into_iter().map(|interface| (interface, switch.allowed(interface))).collect()
}

impl Hands {
    /// The controller sends `batch` to a switch: nothing in it may be there, or be gone, already.
    pub(super) fn sends(&mut self, switch: &Switch, batch: &Batch, now: LabTime) {
        for step in batch.steps() {
            match step {
                Step::Allow { interface, vlans } => {
                    self.needless(switch, *interface, &vlans.intersection(&switch.allowed(*interface)), now);
                    vlans.iter().for_each(|vlan| self.adds((switch.hostname().to_owned(), *interface, vlan), now));
                }
                Step::Remove { interface, vlans } => {
                    self.needless(switch, *interface, &vlans.difference(&switch.allowed(*interface)), now);
                }
                Step::CreateVlans(vlans) => {
                    let there: Vec<VlanId> = vlans.iter().filter(|vlan| switch.vlans().contains_key(vlan)).collect();
                    let late = self.late.iter().any(|(name, ..)| name == switch.hostname());
                    if !there.is_empty() && !late {
                        self.breaches.push(format!("{now:?} {}: creates VLANs {there:?} again", switch.hostname()));
                    }
                }
            }
        }
    }

    fn adds(&mut self, line: Line, now: LabTime) {
        if raced(&self.by_hand, &line, now) {
            self.disputed.insert(line.clone());
        }
        self.sent.insert(line, now);
    }

    fn needless(&mut self, switch: &Switch, interface: InterfaceName, vlans: &VlanSet, now: LabTime) {
        let name = switch.hostname().to_owned();
        for vlan in vlans.iter() {
            let line = (name.clone(), interface, vlan);
            if !self.by_hand.contains_key(&line) && !self.late.contains(&line) {
                self.breaches.push(format!("{now:?} {name} {interface}: VLAN {vlan} is sent without need"));
            }
        }
    }

    /// A write of the controller, alive or `late`, was served.
    pub(super) fn served(&mut self, name: &str, before: &Lists, after: &Lists, alive: bool, now: LabTime) {
        for (line, added) in changes(name, before, after) {
            if raced(&self.by_hand, &line, now) {
                self.disputed.insert(line.clone());
            }
            if !alive {
                self.late.insert(line.clone());
            }
            if !added {
                self.withdrew.insert(line.clone(), now);
            }
            if added {
                self.ours.insert(line);
            } else if !self.ours.remove(&line) && !self.disputed.contains(&line) {
                self.breaches.push(format!("{now:?} {name} {}: foreign VLAN {} was withdrawn", line.1, line.2));
            }
        }
    }

    /// The controller dies. What it withdrew and did not read back, and an operator put there again, looks to the next one
    /// like a withdrawal that was never sent.
    pub(super) fn crashed(&mut self, now: LabTime) {
        let back = self.by_hand.keys().filter(|line| raced(&self.by_hand, line, now));
        self.disputed.extend(back.filter(|line| raced(&self.withdrew, line, now)).cloned());
    }

    /// A switch has booted with what was saved: what it lost is nobody's, and what came back is somebody else's.
    pub(super) fn booted(&mut self, name: &str, before: &Lists, after: &Lists) {
        for (line, added) in changes(name, before, after) {
            if !added {
                self.ours.remove(&line);
            }
            self.disputed.insert(line);
        }
    }

    /// An operator typed something, about these lines.
    pub(super) fn typed(&mut self, line: Line, before: &Lists, after: &Lists, now: LabTime) {
        for (line, _) in changes(&line.0, before, after) {
            if self.ours.remove(&line) {
                self.disputed.insert(line);
            }
        }
        if raced(&self.sent, &line, now) {
            self.disputed.insert(line.clone());
        }
        self.by_hand.insert(line, now);
    }
}

/// Whether the other side had its hand on a line so short a time ago that neither could know.
fn raced(other: &BTreeMap<Line, LabTime>, line: &Line, now: LabTime) -> bool {
    other.get(line).is_some_and(|at| now.saturating_sub(*at) < RACE)
}

/// What differs between two lists of trunks, and whether it came (or went).
fn changes(name: &str, before: &Lists, after: &Lists) -> Vec<(Line, bool)> {
    let none = VlanSet::EMPTY;
    let mut found = Vec::new();
    for (interface, now) in after {
        let then = before.get(interface).unwrap_or(&none);
        let line = |vlan| (name.to_owned(), *interface, vlan);
        found.extend(now.difference(then).iter().map(|vlan| (line(vlan), true)));
        found.extend(then.difference(now).iter().map(|vlan| (line(vlan), false)));
    }
    found
}

/// The controller's lines in the accounting log that no rule allows: a bare list, or a VLAN taken out of the database.
pub(super) fn forbidden(switch: &Switch) -> Vec<String> {
    let ours = format!("user={USER}:");
    let is_allowed = |entry: &str| {
        let command = entry.rsplit(" ; ").next().unwrap_or(entry);
        let list = command.split_once("switchport trunk allowed vlan ").map(|(_, list)| list);
        let bare = list.is_some_and(|list| !list.starts_with("add ") && !list.starts_with("remove "));
        !bare && !command.starts_with("no ")
    };
    let entries = switch.accounting().entries().filter(|entry| entry.contains(&ours));
    entries.filter(|entry| !is_allowed(entry)).map(str::to_owned).collect()
}
