//! What stands between switches: cables, vPC pairs, fabric extenders, spanning tree.
//!
//! Each switch knows its own configuration and what is at the other end of its cables ([`Far`]).
//! [`settle`] looks at all of them together at one moment and gives each its standing: which ports have no light or are
//! kept down, which VLANs a trunk allows and does not pass. What a switch shows and forwards goes by that. Time is an
//! argument; [`next_deadline`] says when time alone changes something.

mod pair;
mod reach;
mod stp;

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::{InterfaceName, MacAddr};

pub use reach::reaches;

use super::{
    LabTime,
    dataplane::{Fabric, Leg, Place},
    switch::{Far, Neighbor, Power, Standing, Switch},
};

/// The simulated switches by the lab's names.
pub type Switches = BTreeMap<String, Switch>;

/// Brings every switch to what its configuration, its neighbours and the time make of it. Does nothing when neither a
/// switch changed nor a deadline passed.
pub fn settle(switches: &mut Switches, now: LabTime) {
    switches.values_mut().for_each(|switch| switch.boot(now));
    let changed = |switch: &Switch| switch.memory.revision != Some(switch.revision());
    if !switches.values().any(changed) && next_deadline(switches).is_none_or(|at| at > now) {
        return;
    }
    switches.values_mut().for_each(|switch| switch.standing = Standing::default());
    let mut standings = BTreeMap::new();
    shade(switches, &mut standings);
    switches.values_mut().for_each(|switch| switch.memory.next = None);
    pair::settle(switches, &mut standings, now);
    put(switches, &standings);
    // A leg that a pair keeps down is dark for whoever is at its other end.
    shade(switches, &mut standings);
    stp::block(switches, &mut standings);
    put(switches, &standings);
    stp::learn(switches, &mut standings, now);
    put(switches, &standings);
    switches.values_mut().for_each(Switch::settled);
}

/// When time alone changes something next.
pub fn next_deadline(switches: &Switches) -> Option<LabTime> {
    let booting = |switch: &Switch| match switch.power {
        Power::Booting(until) => Some(until),
        Power::On { .. } | Power::Off => None,
    };
    switches.values().flat_map(|switch| [booting(switch), switch.memory.next]).flatten().min()
}

fn put(switches: &mut Switches, standings: &BTreeMap<String, Standing>) {
    for (name, switch) in switches {
        if let Some(standing) = standings.get(name) {
            switch.standing.clone_from(standing);
        }
    }
}

/// Finds the ports without light, as things stand.
fn shade(switches: &mut Switches, standings: &mut BTreeMap<String, Standing>) {
    for (name, switch) in switches.iter() {
        standings.entry(name.clone()).or_default().unlit = unlit(switches, switch);
    }
    put(switches, standings);
}

/// The ports of a switch whose other end sends no light.
fn unlit(switches: &Switches, switch: &Switch) -> BTreeSet<InterfaceName> {
    let dark = |far: &Far| {
        let other = switches.get(&far.switch);
        !other.is_some_and(|other| {
            let port = other.ports().get(&far.interface);
            let held = other.standing.held.contains_key(&other.logical(far.interface));
            other.runs() && !held && port.is_some_and(|port| port.link && !port.shutdown)
        })
    };
    switch.ports().iter().filter(|(_, port)| port.far.as_ref().is_some_and(dark)).map(|(name, _)| *name).collect()
}

/// Joins two ports by a cable; both switches hear each other over it.
pub fn join(switches: &mut Switches, a: (&str, InterfaceName), b: (&str, InterfaceName)) {
    for ((name, interface), (other, far)) in [(a, b), (b, a)] {
        let Some(neighbor) = switches.get(other).map(|other| neighbor(other, far)) else { continue };
        if let Some(switch) = switches.get_mut(name) {
            switch.set_neighbor(interface, Some(neighbor));
            switch.set_far(interface, Some(Far { switch: other.to_owned(), interface: far }));
        }
    }
}

/// What a switch says of itself on one of its ports.
fn neighbor(switch: &Switch, interface: InterfaceName) -> Neighbor {
    let mac = switch.serial().bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let [a, b, c, d] = mac.to_be_bytes();
    let port = interface.to_string();
    let serial = Some(switch.serial().to_owned());
    Neighbor { serial, ..Neighbor::new(switch.hostname(), &port, MacAddr::new([0x02, 0x5c, a, b, c, d])) }
}

/// The cable between two switches, or all of them, is cut (`up` false) or mended.
pub fn set_cables(switches: &mut Switches, a: &str, b: &str, up: bool) {
    for (name, other) in [(a, b), (b, a)] {
        let Some(switch) = switches.get_mut(name) else { continue };
        let there = switch.ports().iter().filter(|(_, port)| port.far.as_ref().is_some_and(|far| far.switch == other));
        for interface in there.map(|(interface, _)| *interface).collect::<Vec<_>>() {
            switch.set_link(interface, up);
        }
    }
}

/// The legs of pairs, both of which run, whose lists differ: a VLAN that only one of them allows is suspended on both.
pub fn uneven(switches: &Switches) -> Vec<[Place; 2]> {
    let allowed = |place: &Place| switches.allowed(place);
    pair::paired_legs(switches).into_iter().filter(|[one, two]| allowed(one) != allowed(two)).collect()
}

/// A frame was heard: its address is learned where it came in, and on the other leg of a vPC, which the pair tells each
/// other.
pub fn learn(switches: &mut Switches, mac: MacAddr, leg: &Leg, now: LabTime) {
    let name = leg.place.switch.as_str();
    let twin = pair::twin(switches, name, leg.place.interface);
    let Some(switch) = switches.get_mut(name) else { return };
    let heard = switch.learn(mac, leg.vlan, leg.place.interface, now);
    if let Some((peer, interface)) = twin.filter(|_| heard)
        && let Some(peer) = switches.get_mut(&peer)
    {
        peer.learn(mac, leg.vlan, interface, now);
    }
}

#[cfg(test)]
mod tests;
