//! Whether frames get from one edge port to another.

use std::collections::BTreeSet;

use vmtracker_core::net::{InterfaceName, VlanId};

use super::{Switches, pair};
use crate::lab::model::dataplane::Place;

/// Whether frames of `vlan` that a host sends into `a` come out at `b`. A host that hangs on both switches of a pair
/// may send over any leg that is up, so the frames must get through from each of them; any leg of the other host takes
/// them.
pub fn reaches(switches: &Switches, a: &Place, b: &Place, vlan: VlanId) -> bool {
    let open = |place: &Place| {
        switches.get(place.switch.as_str()).is_some_and(|switch| switch.forwards(place.interface, vlan))
    };
    let (from, to) = (live(switches, a), live(switches, b));
    let ends: BTreeSet<String> = to.iter().filter(|place| open(place)).map(|place| place.switch.to_string()).collect();
    let gets_there = |place: &Place| open(place) && !flood(switches, place.switch.as_str(), vlan).is_disjoint(&ends);
    !from.is_empty() && from.iter().all(gets_there)
}

/// The legs of the edge port at `place` that are up.
fn live(switches: &Switches, place: &Place) -> Vec<Place> {
    let twin = pair::twin(switches, place.switch.as_str(), place.interface);
    let legs = [Some(place.clone()), twin.map(|(switch, interface)| Place::new(&switch, interface))];
    let up = |place: &Place| switches.get(place.switch.as_str()).is_some_and(|switch| switch.is_up(place.interface));
    legs.into_iter().flatten().filter(up).collect()
}

/// The switches that a frame of `vlan` gets to from `start`.
fn flood(switches: &Switches, start: &str, vlan: VlanId) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([start.to_owned()]);
    let mut edge = vec![start.to_owned()];
    while let Some(name) = edge.pop() {
        let Some(switch) = switches.get(&name) else { continue };
        let passes = |(interface, port): (&InterfaceName, &crate::lab::model::switch::Port)| {
            let far = port.far.as_ref()?;
            let other = switches.get(&far.switch)?;
            let open = switch.is_up(*interface) && other.is_up(far.interface);
            let both = switch.forwards(*interface, vlan) && other.forwards(far.interface, vlan);
            (open && both).then(|| far.switch.clone())
        };
        let next: Vec<String> = switch.ports().iter().filter_map(passes).collect();
        edge.extend(next.into_iter().filter(|name| reached.insert(name.clone())));
    }
    reached
}
