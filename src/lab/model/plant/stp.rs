//! Spanning tree: which link of several is blocked, and how long a new VLAN waits on a port that is no edge.
//!
//! A pair whose adjacency stands is one bridge. With Rapid-PVST every VLAN has a tree of its own over the links that
//! carry it; with MST all VLANs share one, so a VLAN that only the blocked link allows passes nowhere.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::{InterfaceName, VlanSet};

use super::{Switches, pair};
use crate::lab::model::{
    LabTime,
    switch::{Learning, PortMode, Standing, StpMode, StpType, Switch},
};

/// Two forward delays of 15 s, 802.1D's default: listening and learning, or their like against who does not agree.
pub(super) const FORWARD_DELAY: LabTime = LabTime::from_secs(30);

/// A bridge's identity: its priority and its name; the lowest is root.
type Bridge = (u16, String);

/// One end of a link: a port of a switch, or a vPC of a pair.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Vpc(Bridge, u16),
    Port(Bridge, String, InterfaceName),
}

impl End {
    const fn bridge(&self) -> &Bridge {
        match self {
            Self::Vpc(bridge, _) | Self::Port(bridge, ..) => bridge,
        }
    }
}

/// A link between two bridges: the VLANs that it carries, and the ports of each end.
#[derive(Default)]
struct Link {
    carried: VlanSet,
    ports: BTreeMap<End, BTreeSet<(String, InterfaceName)>>,
}

type Links = BTreeMap<(End, End), Link>;

/// Blocks one end of every link that would close a loop.
pub(super) fn block(switches: &Switches, standings: &mut BTreeMap<String, Standing>) {
    let links = links(switches);
    let mst = switches.values().any(|switch| switch.spanning().mode == StpMode::Mst);
    for (vlans, members) in classes(&links, mst) {
        for (link, end) in blocked(&members) {
            let ports = links.get(&link).and_then(|link| link.ports.get(&end));
            for (name, interface) in ports.into_iter().flatten() {
                if let Some(standing) = standings.get_mut(name) {
                    standing.stop(*interface, &vlans);
                }
            }
        }
    }
}

/// The links that are up, cables of one bundle being one.
fn links(switches: &Switches) -> Links {
    let bridges = bridges(switches);
    let mut links = Links::new();
    for (name, switch) in switches {
        for (interface, port) in switch.ports() {
            let Some(far) = port.far.as_ref().filter(|far| (name, interface) < (&far.switch, &far.interface)) else {
                continue;
            };
            let Some(other) = switches.get(&far.switch) else { continue };
            let (here, there) = (switch.logical(*interface), other.logical(far.interface));
            let up = switch.is_up(*interface) && other.is_up(far.interface) && switch.is_up(here) && other.is_up(there);
            let (Some(one), Some(two)) = (end(&bridges, name, switch, here), end(&bridges, &far.switch, other, there))
            else {
                continue;
            };
            if !up || one.bridge() == two.bridge() || !trunks(switch, here) || !trunks(other, there) {
                continue;
            }
            let key = if one < two { (one.clone(), two.clone()) } else { (two.clone(), one.clone()) };
            let link = links.entry(key).or_default();
            link.carried = link.carried.union(&switch.forwarding(here).intersection(&other.forwarding(there)));
            link.ports.entry(one).or_default().insert((name.clone(), here));
            link.ports.entry(two).or_default().insert((far.switch.clone(), there));
        }
    }
    links
}

fn trunks(switch: &Switch, logical: InterfaceName) -> bool {
    switch.ports().get(&logical).is_some_and(|port| port.mode == PortMode::Trunk)
}

/// The bridge that each running switch is, or is part of.
fn bridges(switches: &Switches) -> BTreeMap<String, Bridge> {
    let running = switches.iter().filter(|(_, switch)| switch.runs());
    let mut bridges: BTreeMap<String, Bridge> =
        running.map(|(name, switch)| (name.clone(), (switch.spanning().priority, name.clone()))).collect();
    for names in pair::bonded(switches) {
        let Some(one) = names.iter().filter_map(|name| bridges.get(name)).min().cloned() else { continue };
        bridges.extend(names.into_iter().map(|name| (name, one.clone())));
    }
    bridges
}

fn end(bridges: &BTreeMap<String, Bridge>, name: &str, switch: &Switch, logical: InterfaceName) -> Option<End> {
    let bridge = bridges.get(name)?.clone();
    Some(match switch.ports().get(&logical)?.vpc {
        Some(vpc) => End::Vpc(bridge, vpc),
        None => End::Port(bridge, name.to_owned(), logical),
    })
}

/// VLANs that are carried by the same links share a tree; with MST all do, over every link.
fn classes(links: &Links, mst: bool) -> Vec<(VlanSet, Vec<(End, End)>)> {
    if mst {
        return vec![(VlanSet::all(), links.keys().cloned().collect())];
    }
    let mut classes = vec![(VlanSet::all(), Vec::new())];
    for (key, link) in links {
        let split = |(vlans, members): (VlanSet, Vec<(End, End)>)| {
            let (with, without) = (vlans.intersection(&link.carried), vlans.difference(&link.carried));
            let joined = members.iter().cloned().chain([key.clone()]).collect();
            [(with, joined), (without, members)]
        };
        classes = classes.into_iter().flat_map(split).filter(|(vlans, _)| !vlans.is_empty()).collect();
    }
    classes
}

/// The ends that block: of each link that leads nobody to the root, the one that is farther from it.
fn blocked(members: &[(End, End)]) -> Vec<((End, End), End)> {
    let distances = distances(members);
    let far = |end: &End| (distances.get(end.bridge()).copied().unwrap_or_default(), end.bridge().clone());
    let mut root_ports: BTreeMap<&Bridge, (usize, Bridge, &(End, End))> = BTreeMap::new();
    for link in members {
        for (own, other) in [(&link.0, &link.1), (&link.1, &link.0)] {
            let (distance, bridge) = far(other);
            if distance < far(own).0 {
                let offer = (distance, bridge, link);
                let best = root_ports.entry(own.bridge()).or_insert_with(|| offer.clone());
                if offer < *best {
                    *best = offer;
                }
            }
        }
    }
    let leads = |link: &&(End, End)| root_ports.values().any(|(_, _, best)| best == link);
    let idle = members.iter().filter(|link| !leads(link));
    idle.map(|link| (link.clone(), if far(&link.0) > far(&link.1) { link.0.clone() } else { link.1.clone() })).collect()
}

/// How many links each bridge is away from the root of its part of the network.
fn distances(members: &[(End, End)]) -> BTreeMap<Bridge, usize> {
    let all: BTreeSet<&Bridge> = members.iter().flat_map(|(one, two)| [one.bridge(), two.bridge()]).collect();
    let mut found: BTreeMap<Bridge, usize> = BTreeMap::new();
    for root in all {
        if found.contains_key(root) {
            continue;
        }
        let mut edge = vec![root.clone()];
        found.insert(root.clone(), 0);
        for distance in 1.. {
            let near = |end: &End| edge.contains(end.bridge());
            let next = members.iter().flat_map(|(one, two)| [(one, two), (two, one)]);
            let next = next.filter(|(own, _)| near(own)).map(|(_, other)| other.bridge().clone());
            let next: BTreeSet<Bridge> = next.filter(|bridge| !found.contains_key(bridge)).collect();
            if next.is_empty() {
                break;
            }
            found.extend(next.iter().map(|bridge| (bridge.clone(), distance)));
            edge = next.into_iter().collect();
        }
    }
    found
}

/// Stops what has not waited long enough on trunks that are neither edge nor network ports. At the beginning of the lab
/// everything has converged.
pub(super) fn learn(switches: &mut Switches, standings: &mut BTreeMap<String, Standing>, now: LabTime) {
    for (name, switch) in switches {
        let mut known = std::mem::take(&mut switch.memory.learning);
        let delay = if switch.memory.settled { FORWARD_DELAY } else { LabTime::ZERO };
        for interface in switch.trunk_interfaces() {
            let waits = switch.ports().get(&interface).is_some_and(|port| match port.stp {
                StpType::Normal | StpType::Edge => true,
                StpType::EdgeTrunk | StpType::Network => false,
            });
            // Host ports of a fabric extender are always edge ports (facts: NX-OS §4.4).
            if !waits || interface.fex().is_some() || !switch.is_up(interface) {
                continue;
            }
            let mut learning = known.remove(&interface).unwrap_or_default();
            let passes = learning.advance(&switch.forwarding(interface), now, delay);
            if let Some(standing) = standings.get_mut(name) {
                standing.stop(interface, &switch.forwarding(interface).difference(&passes));
            }
            let next = learning.waiting.keys().next().copied();
            switch.memory.next = [switch.memory.next, next].into_iter().flatten().min();
            switch.memory.learning.insert(interface, learning);
        }
    }
}

impl Learning {
    /// Takes note of what may forward at `now`; what does.
    fn advance(&mut self, eligible: &VlanSet, now: LabTime, delay: LabTime) -> VlanSet {
        self.forwarding = self.forwarding.intersection(eligible);
        let mut pending = VlanSet::EMPTY;
        for (at, vlans) in std::mem::take(&mut self.waiting) {
            let left = vlans.intersection(eligible);
            if at <= now {
                self.forwarding = self.forwarding.union(&left);
            } else if !left.is_empty() {
                pending = pending.union(&left);
                self.waiting.insert(at, left);
            }
        }
        let new = eligible.difference(&self.forwarding).difference(&pending);
        if delay.is_zero() {
            self.forwarding = self.forwarding.union(&new);
        } else if !new.is_empty() {
            self.waiting.insert(now + delay, new);
        }
        self.forwarding.clone()
    }
}
