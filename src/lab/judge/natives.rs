//! Places where VMs' frames go without a tag, and whether they pass there. Nobody here writes native VLANs, so these are
//! no needs: they make a VM dark, and that is all.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::SwitchName;

use super::books::Key;
use crate::lab::model::dataplane::{Fabric, Place};

/// Every place in use, whether untagged frames pass, and whose they are.
#[derive(Debug, Default)]
pub(super) struct Natives(BTreeMap<Place, Native>);

#[derive(Debug, Default)]
struct Native {
    passes: bool,
    users: BTreeSet<Key>,
}

impl Natives {
    /// The frames of `key` pass through `places` from now on.
    pub(super) fn join(&mut self, key: &Key, places: &BTreeSet<Place>, fabric: &dyn Fabric) {
        for place in places {
            let native = self.0.entry(place.clone()).or_default();
            native.passes = fabric.untagged(place).is_some();
            native.users.insert(key.clone());
        }
    }

    /// They no longer do.
    pub(super) fn leave(&mut self, key: &Key, places: &BTreeSet<Place>) {
        for place in places {
            let Some(native) = self.0.get_mut(place) else { continue };
            native.users.remove(key);
            if native.users.is_empty() {
                self.0.remove(place);
            }
        }
    }

    /// Whether untagged frames pass at every one of `places`.
    pub(super) fn pass(&self, places: &BTreeSet<Place>) -> bool {
        places.iter().all(|place| self.0.get(place).is_some_and(|native| native.passes))
    }

    /// Looks at a switch that changed: whose frames began or ceased to pass.
    pub(super) fn look(&mut self, switch: &SwitchName, fabric: &dyn Fabric) -> BTreeSet<Key> {
        let mut concerned = BTreeSet::new();
        for (place, native) in self.0.iter_mut().filter(|(place, _)| place.switch == *switch) {
            let passes = fabric.untagged(place).is_some();
            if std::mem::replace(&mut native.passes, passes) != passes {
                concerned.extend(native.users.iter().cloned());
            }
        }
        concerned
    }
}
