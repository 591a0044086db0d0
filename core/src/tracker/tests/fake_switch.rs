//! A switch for the benches: no sessions, no time, only lists.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::*, bench::vlan};
use crate::net::{InterfaceName, MacAddr, VlanId, VlanSet};

/// A switch that does at once what it is told, and keeps what it was told.
#[derive(Clone, Debug, Default)]
pub(super) struct FakeSwitch {
    pub(super) ports: BTreeMap<InterfaceName, VlanSet>,
    pub(super) vlans: VlanSet,
    pub(super) refuses: VlanSet,
    pub(super) macs: BTreeSet<(InterfaceName, VlanId, MacAddr)>,
    /// The native VLAN of every port.
    pub(super) native: Option<VlanId>,
    pub(super) writes: usize,
    pub(super) removed: Vec<(InterfaceName, VlanId)>,
}

impl FakeSwitch {
    pub(super) fn passes(&self, port: u16, number: u16) -> bool {
        self.vlans.contains(vlan(number)) && self.ports[&InterfaceName::Ethernet(1, port)].contains(vlan(number))
    }

    pub(super) fn apply(&mut self, place: Place, vlan: VlanId, add: bool) -> Outcome {
        if self.refuses.contains(vlan) {
            return Outcome { place, vlan, result: StepResult::Refused("ERROR: no".into()) };
        }
        let list = match place {
            Place::VlanDatabase => &mut self.vlans,
            Place::Interface(interface) => self.ports.get_mut(&interface).expect("a port"),
        };
        match (add, place) {
            (true, _) => drop(list.insert(vlan)),
            (false, Place::Interface(interface)) => {
                list.remove(vlan);
                self.removed.push((interface, vlan));
            }
            (false, Place::VlanDatabase) => panic!("the VLAN database is add-only"),
        }
        Outcome { place, vlan, result: if add { StepResult::Added } else { StepResult::Removed } }
    }
}

/// `present − reading` and `absent ∩ reading`, as the session would plan.
pub(super) fn steps(intent: &Configure, switch: &FakeSwitch, now: Moment) -> Vec<(Place, VlanId, bool)> {
    let list = |place: &Place| match place {
        Place::VlanDatabase => switch.vlans.clone(),
        Place::Interface(interface) => switch.ports.get(interface).cloned().unwrap_or_default(),
    };
    let adds = intent.present.iter().flat_map(|(place, vlans)| {
        let missing: Vec<_> = vlans.difference(&list(place)).iter().collect();
        missing.into_iter().map(|vlan| (*place, vlan, true))
    });
    let goes = intent.absent.iter().filter(|(_, goes)| goes.until > now).flat_map(|(place, goes)| {
        let there: Vec<_> = goes.vlans.intersection(&list(place)).iter().collect();
        there.into_iter().map(|vlan| (*place, vlan, false))
    });
    adds.chain(goes).collect()
}
