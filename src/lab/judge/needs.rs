//! Which VLANs are needed where, which of them stand, and which of ours nobody needs.

use std::collections::BTreeMap;

use vmtracker_core::net::{InterfaceName, SwitchName, VlanId, VlanSet};

use super::integral::Integral;
use crate::lab::model::{
    LabTime,
    dataplane::{Fabric, Leg, Place},
};

/// Reference counts of needs, with what the fabric makes of each.
#[derive(Debug, Default)]
pub(super) struct Needs {
    by_switch: BTreeMap<SwitchName, BTreeMap<(InterfaceName, VlanId), Need>>,
    lists: BTreeMap<Place, Lists>,
    surplus: Integral,
    unmet: u64,
    added: u64,
    withdrawn: u64,
}

#[derive(Clone, Copy, Debug)]
struct Need {
    count: usize,
    stands: bool,
}

/// A trunk's list as it was before the controller came, and what was added since.
#[derive(Debug, Default)]
struct Lists {
    initial: VlanSet,
    now: VlanSet,
    ours: VlanSet,
}

impl Needs {
    /// Watches the lists of `places`; what they allow now was there before the controller.
    pub(super) fn watch(&mut self, places: impl IntoIterator<Item = Place>, fabric: &dyn Fabric) {
        for place in places {
            let initial = fabric.allowed(&place);
            self.lists.insert(place, Lists { now: initial.clone(), initial, ours: VlanSet::EMPTY });
        }
    }

    /// One more reason for `leg`. True when it is the first.
    pub(super) fn take(&mut self, leg: &Leg, fabric: &dyn Fabric, now: LabTime) -> bool {
        let needs = self.by_switch.entry(leg.place.switch.clone()).or_default();
        let key = (leg.place.interface, leg.vlan);
        if let Some(need) = needs.get_mut(&key) {
            need.count += 1;
            return false;
        }
        let stands = fabric.forwards(leg);
        needs.insert(key, Need { count: 1, stands });
        self.unmet += u64::from(!stands);
        if self.is_ours(leg) {
            self.surplus.step(false, now);
        }
        true
    }

    /// One reason less for `leg`. True when it was the last.
    pub(super) fn release(&mut self, leg: &Leg, now: LabTime) -> bool {
        let key = (leg.place.interface, leg.vlan);
        let Some(needs) = self.by_switch.get_mut(&leg.place.switch) else { return false };
        let Some(need) = needs.get_mut(&key) else { return false };
        need.count -= 1;
        if need.count > 0 {
            return false;
        }
        self.unmet -= u64::from(!need.stands);
        needs.remove(&key);
        if self.is_ours(leg) {
            self.surplus.step(true, now);
        }
        true
    }

    /// Whether `leg` is needed and forwards.
    pub(super) fn stands(&self, leg: &Leg) -> bool {
        self.need(leg).is_some_and(|need| need.stands)
    }

    /// Looks at a switch that changed: returns the needed legs that began (`true`) or ceased to stand.
    pub(super) fn look(&mut self, switch: &SwitchName, fabric: &dyn Fabric, now: LabTime) -> Vec<(Leg, bool)> {
        self.look_at_lists(switch, fabric, now);
        let mut changed = Vec::new();
        let Some(needs) = self.by_switch.get_mut(switch) else { return changed };
        for ((interface, vlan), need) in needs {
            let leg = Leg { place: Place { switch: switch.clone(), interface: *interface }, vlan: *vlan };
            let stands = fabric.forwards(&leg);
            if stands != need.stands {
                need.stands = stands;
                changed.push((leg, stands));
            }
        }
        let (up, down) =
            changed.iter().fold((0, 0), |(up, down), (_, on)| (up + u64::from(*on), down + u64::from(!on)));
        self.unmet = self.unmet + down - up;
        changed
    }

    fn look_at_lists(&mut self, switch: &SwitchName, fabric: &dyn Fabric, now: LabTime) {
        let empty = BTreeMap::new();
        let needs = self.by_switch.get(switch).unwrap_or(&empty);
        let mut surplus = self.surplus.count();
        for (place, lists) in self.lists.iter_mut().filter(|(place, _)| place.switch == *switch) {
            let allowed = fabric.allowed(place);
            if allowed == lists.now {
                continue;
            }
            self.added += allowed.difference(&lists.now).len() as u64;
            self.withdrawn += lists.now.difference(&allowed).len() as u64;
            surplus -= idle(&lists.ours, place.interface, needs);
            lists.ours = allowed.difference(&lists.initial);
            surplus += idle(&lists.ours, place.interface, needs);
            lists.now = allowed;
        }
        self.surplus.set(surplus, now);
    }

    fn need(&self, leg: &Leg) -> Option<&Need> {
        self.by_switch.get(&leg.place.switch)?.get(&(leg.place.interface, leg.vlan))
    }

    fn is_ours(&self, leg: &Leg) -> bool {
        self.lists.get(&leg.place).is_some_and(|lists| lists.ours.contains(leg.vlan))
    }

    /// How many needed legs do not stand.
    pub(super) const fn unmet(&self) -> u64 {
        self.unmet
    }

    /// How many legs are needed.
    pub(super) fn len(&self) -> u64 {
        self.by_switch.values().map(|needs| needs.len() as u64).sum()
    }

    /// Whether `leg`'s VLAN was allowed before the controller came.
    pub(super) fn was_there(&self, leg: &Leg) -> bool {
        self.lists.get(&leg.place).is_some_and(|lists| lists.initial.contains(leg.vlan))
    }

    /// Port-VLANs that are ours and that nobody needs, over time.
    pub(super) const fn surplus(&self) -> &Integral {
        &self.surplus
    }

    /// VLANs added to and withdrawn from the watched lists.
    pub(super) const fn written(&self) -> (u64, u64) {
        (self.added, self.withdrawn)
    }

    /// Counts anew from `now`; what is needed and what stands stays.
    pub(super) fn restart(&mut self, now: LabTime) {
        self.surplus.restart(now);
        (self.added, self.withdrawn) = (0, 0);
    }
}

/// How many of `ours` at `interface` nobody needs.
fn idle(ours: &VlanSet, interface: InterfaceName, needs: &BTreeMap<(InterfaceName, VlanId), Need>) -> u64 {
    ours.iter().filter(|vlan| !needs.contains_key(&(interface, *vlan))).count() as u64
}
