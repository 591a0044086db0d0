//! vPC: two switches that look like one to whoever hangs on both.
//!
//! A VLAN passes a vPC only where both peers have it active, allow it on both legs, and on the peer-link on both
//! (facts: NX-OS §4.5). Without adjacency nobody knows the peer's configuration, and each goes by its own.

use std::collections::BTreeMap;

use vmtracker_core::net::{InterfaceName, VlanSet};

use super::Switches;
use crate::lab::model::{
    LabTime,
    dataplane::Place,
    switch::{Held, PairView, Port, PortMode, Power, Role, Standing, Switch, VpcDomain},
};

/// Two switches with the same domain whose peer-links are cabled to each other.
struct Pair {
    names: [String; 2],
    peer_links: [InterfaceName; 2],
}

/// What holds between the two at a moment.
#[derive(Clone, Copy)]
struct Bond {
    adjacent: bool,
    alive: bool,
}

/// Gives both switches of every pair their roles, holds legs down, and suspends VLANs.
pub(super) fn settle(switches: &mut Switches, standings: &mut BTreeMap<String, Standing>, now: LabTime) {
    for pair in pairs(switches) {
        let bond = bond(&pair, switches);
        remember(&pair, bond, switches, now);
        for side in [0, 1] {
            hold(&pair, side, bond, switches, standings, now);
        }
        if bond.adjacent {
            suspend(&pair, switches, standings);
        }
    }
    hold_extenders(switches, standings);
}

/// Whether the two switches are one for spanning tree: their adjacency stands.
pub(super) fn bonded(switches: &Switches) -> Vec<[String; 2]> {
    let all = pairs(switches).into_iter();
    all.filter(|pair| bond(pair, switches).adjacent).map(|pair| pair.names).collect()
}

/// The other leg of `interface`, when it is one of two.
pub(super) fn twin(switches: &Switches, name: &str, interface: InterfaceName) -> Option<(String, InterfaceName)> {
    let pair = pairs(switches).into_iter().find(|pair| pair.names.iter().any(|one| one == name))?;
    let [a, b] = &pair.names;
    let (first, second) = (switches.get(a)?, switches.get(b)?);
    let here = switches.get(name)?.logical(interface);
    legs(first, second).into_iter().find_map(|(left, right)| match name == a {
        true if left == here => Some((b.clone(), right)),
        false if right == here => Some((a.clone(), left)),
        true | false => None,
    })
}

/// Both legs of every vPC and of every host port of a shared extender, where both switches run.
pub(super) fn paired_legs(switches: &Switches) -> Vec<[Place; 2]> {
    let of = |pair: &Pair| {
        let [first, second] = &pair.names;
        let running = both(pair, switches).filter(|all| all.iter().all(|switch| switch.runs()));
        let found = running.map(|[a, b]| legs(a, b)).unwrap_or_default();
        let places = found.into_iter().map(|(left, right)| [Place::new(first, left), Place::new(second, right)]);
        places.collect::<Vec<_>>()
    };
    pairs(switches).iter().flat_map(of).collect()
}

fn pairs(switches: &Switches) -> Vec<Pair> {
    let mut found = Vec::new();
    for (name, switch) in switches {
        let Some((own, other, theirs)) = peer_of(switches, switch).filter(|(_, other, _)| name < other) else {
            continue;
        };
        found.push(Pair { names: [name.clone(), other], peer_links: [own, theirs] });
    }
    found
}

/// Where the peer-link of a switch ends: its own port-channel, the other switch and its port-channel.
fn peer_of(switches: &Switches, switch: &Switch) -> Option<(InterfaceName, String, InterfaceName)> {
    let domain = switch.domain()?;
    let (own, _) = switch.ports().iter().find(|(_, port)| port.peer_link)?;
    let members = switch.ports().iter().filter(|(name, _)| switch.logical(**name) == *own);
    members.filter_map(|(_, port)| port.far.as_ref()).find_map(|far| {
        let other = switches.get(&far.switch)?;
        let theirs = other.logical(far.interface);
        let fits = other.domain().is_some_and(|there| there.id == domain.id)
            && other.ports().get(&theirs).is_some_and(|port| port.peer_link);
        fits.then(|| (*own, far.switch.clone(), theirs))
    })
}

fn both<'a>(pair: &Pair, switches: &'a Switches) -> Option<[&'a Switch; 2]> {
    let [a, b] = &pair.names;
    Some([switches.get(a)?, switches.get(b)?])
}

fn bond(pair: &Pair, switches: &Switches) -> Bond {
    let Some([a, b]) = both(pair, switches) else { return Bond { adjacent: false, alive: false } };
    let running = a.runs() && b.runs();
    let linked = a.is_up(pair.peer_links[0]) && b.is_up(pair.peer_links[1]);
    Bond { adjacent: running && linked, alive: running && a.keepalive() && b.keepalive() }
}

/// What each of the two makes of the bond: its role, and how long it waits.
fn remember(pair: &Pair, bond: Bond, switches: &mut Switches, now: LabTime) {
    for name in &pair.names {
        if let Some(switch) = switches.get_mut(name) {
            alone_or_not(switch, bond, now);
        }
    }
    if bond.adjacent {
        elect(pair, switches);
    }
}

fn alone_or_not(switch: &mut Switch, bond: Bond, now: LabTime) {
    let Some(domain) = switch.domain() else { return };
    let Power::On { since, booted } = switch.power else { return };
    let memory = &mut switch.memory;
    if bond.adjacent {
        if !memory.adjacent && (memory.waited || booted && memory.role.is_none()) {
            memory.restore_at = Some(now + domain.delay_restore);
        }
        (memory.adjacent, memory.waited) = (true, false);
        return;
    }
    (memory.adjacent, memory.restore_at) = (false, None);
    // A peer that is silent on both links is dead for whoever has seen it; who booted alone waits for auto-recovery.
    let recovered = !booted || now >= since + domain.auto_recovery;
    if !bond.alive && (memory.role.is_some() || recovered) {
        memory.role = Some(Role::Primary);
    }
    memory.waited = memory.role != Some(Role::Primary);
}

/// A switch that is primary stays it; else the lower priority decides, then the name.
fn elect(pair: &Pair, switches: &mut Switches) {
    let Some([a, b]) = both(pair, switches) else { return };
    let first = match (a.memory.role, b.memory.role) {
        (Some(Role::Primary), Some(Role::Secondary) | None) | (Some(Role::Secondary), Some(Role::Primary)) => {
            a.memory.role == Some(Role::Primary)
        }
        (None, Some(Role::Primary)) => false,
        (Some(Role::Primary), Some(Role::Primary)) | (Some(Role::Secondary) | None, Some(Role::Secondary) | None) => {
            prefers_first(a, b)
        }
    };
    let roles = if first { [Role::Primary, Role::Secondary] } else { [Role::Secondary, Role::Primary] };
    for (name, role) in pair.names.iter().zip(roles) {
        if let Some(switch) = switches.get_mut(name) {
            switch.memory.role = Some(role);
        }
    }
}

fn prefers_first(a: &Switch, b: &Switch) -> bool {
    let priority = |switch: &Switch| switch.domain().map(|domain| domain.priority);
    priority(a) <= priority(b)
}

/// Writes down what the switch sees of its pair, and keeps its legs down where it must.
fn hold(
    pair: &Pair,
    side: usize,
    bond: Bond,
    switches: &mut Switches,
    standings: &mut BTreeMap<String, Standing>,
    now: LabTime,
) {
    let (Some(name), Some([a, b])) = (pair.names.get(side), both(pair, switches)) else { return };
    let inconsistent: Vec<(InterfaceName, InterfaceName)> = match bond.adjacent {
        true => legs(a, b).into_iter().filter(|(left, right)| differs(a, *left, b, *right)).collect(),
        false => Vec::new(),
    };
    let inconsistent = inconsistent.into_iter().map(|(left, right)| if side == 0 { left } else { right }).collect();
    let elected = if prefers_first(a, b) == (side == 0) { Role::Primary } else { Role::Secondary };
    let common = bond.adjacent.then(|| common(pair, [a, b]));
    let Some(switch) = switches.get_mut(name).filter(|switch| switch.runs()) else { return };
    let view = PairView {
        role: switch.memory.role,
        elected,
        adjacent: bond.adjacent,
        alive: bond.alive,
        common,
        inconsistent,
        restore_at: switch.memory.restore_at.filter(|at| *at > now),
    };
    switch.memory.next = view.restore_at.or_else(|| recovery(switch).filter(|at| *at > now));
    let Some(standing) = standings.get_mut(name) else { return };
    for (leg, _) in switch.ports().iter().filter(|(_, port)| port.vpc.is_some()) {
        if let Some(why) = held(switch, &view, *leg) {
            standing.held.insert(*leg, why);
        }
    }
    standing.pair = Some(view);
}

/// When a switch that booted alone gives up waiting.
fn recovery(switch: &Switch) -> Option<LabTime> {
    match switch.power {
        Power::On { since, booted: true } if switch.memory.role.is_none() => {
            switch.domain().map(|domain: VpcDomain| since + domain.auto_recovery)
        }
        Power::On { .. } | Power::Off | Power::Booting(_) => None,
    }
}

fn held(switch: &Switch, view: &PairView, leg: InterfaceName) -> Option<Held> {
    if switch.memory.waited {
        return Some(if view.alive { Held::NoPeerLink } else { Held::Alone });
    }
    if view.restore_at.is_some() {
        return Some(Held::DelayRestore);
    }
    let loses = view.inconsistent.contains(&leg) && view.role == Some(Role::Secondary);
    loses.then_some(Held::Inconsistent)
}

/// Type-1 parameters: the mode, the native VLAN, the port type. The allowed list is none (facts: NX-OS §4.5).
fn differs(a: &Switch, left: InterfaceName, b: &Switch, right: InterfaceName) -> bool {
    let parameters = |port: &Port| (port.mode, port.native, port.stp);
    a.ports().get(&left).map(parameters) != b.ports().get(&right).map(parameters)
}

/// The VLANs that both have active and allow on the peer-link.
fn common(pair: &Pair, [a, b]: [&Switch; 2]) -> VlanSet {
    let of = |switch: &Switch, link| switch.active().intersection(&switch.allowed(link));
    of(a, pair.peer_links[0]).intersection(&of(b, pair.peer_links[1]))
}

/// What is not common is suspended on both, on the peer-link as on the legs.
fn suspend(pair: &Pair, switches: &Switches, standings: &mut BTreeMap<String, Standing>) {
    let Some([a, b]) = both(pair, switches) else { return };
    let common = common(pair, [a, b]);
    let (paired, [first, second]) = (legs(a, b), &pair.names);
    for (left, right) in &paired {
        let shared = common.intersection(&a.allowed(*left)).intersection(&b.allowed(*right));
        let shared = if differs(a, *left, b, *right) { common.clone() } else { shared };
        stop(standings, first, *left, &a.allowed(*left).difference(&shared));
        stop(standings, second, *right, &b.allowed(*right).difference(&shared));
    }
    for (name, switch, link) in [(first, a, pair.peer_links[0]), (second, b, pair.peer_links[1])] {
        stop(standings, name, link, &switch.allowed(link).difference(&common));
        let matched = |leg: &InterfaceName| paired.iter().any(|(left, right)| left == leg || right == leg);
        for (leg, _) in switch.ports().iter().filter(|(leg, port)| port.vpc.is_some() && !matched(leg)) {
            stop(standings, name, *leg, &switch.allowed(*leg).difference(&common));
        }
    }
}

fn stop(standings: &mut BTreeMap<String, Standing>, name: &str, leg: InterfaceName, vlans: &VlanSet) {
    if let Some(standing) = standings.get_mut(name) {
        standing.stop(leg, vlans);
    }
}

/// The legs of both switches that belong together: port-channels with the same `vpc N`, and host ports of a fabric
/// extender that hangs on both.
fn legs(a: &Switch, b: &Switch) -> Vec<(InterfaceName, InterfaceName)> {
    let numbered = |switch: &Switch| -> BTreeMap<u16, InterfaceName> {
        switch.ports().iter().filter_map(|(name, port)| Some((port.vpc?, *name))).collect()
    };
    let there = numbered(b);
    let bundles = numbered(a).into_iter().filter_map(|(vpc, left)| Some((left, *there.get(&vpc)?)));
    let shared = |name: &&InterfaceName| {
        let fex = name.fex();
        fex.is_some_and(|fex| extends(a, fex) && extends(b, fex)) && b.ports().contains_key(name)
    };
    let extended = a.ports().keys().filter(shared).map(|name| (*name, *name));
    bundles.chain(extended).collect()
}

/// Whether the switch is one of two parents of a FEX: its fabric port is a leg.
fn extends(switch: &Switch, fex: u16) -> bool {
    switch.ports().values().any(|port| port.fex == Some(fex) && port.vpc.is_some())
}

/// A host port of a fabric extender is down while the fabric port is.
fn hold_extenders(switches: &mut Switches, standings: &mut BTreeMap<String, Standing>) {
    super::put(switches, standings);
    for (name, switch) in switches.iter() {
        let reached = |fex: u16| {
            let fabric = |port: &Port| port.mode == PortMode::FexFabric && port.fex == Some(fex);
            switch.ports().iter().any(|(name, port)| fabric(port) && switch.is_up(*name))
        };
        let lost = switch.ports().keys().filter(|name| name.fex().is_some_and(|fex| !reached(fex)));
        let lost: Vec<InterfaceName> = lost.copied().collect();
        if let Some(standing) = standings.get_mut(name) {
            standing.held.extend(lost.into_iter().map(|leg| (leg, Held::FexOffline)));
        }
    }
}
