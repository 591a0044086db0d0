//! The undo: what one leg of a vPC got by a claim that the other leg's switch then refused goes at once.
//!
//! An undo needs no hold-down, no pace, no look and no cause, because nothing can lose by it: the VLAN never passed a
//! frame there. That is all that makes it harmless, so it holds only while every one of these does:
//!
//! * the VLAN is required there, and has not been ready for a moment since that requirement became unmet: whatever
//!   needs it has never had it from this addition;
//! * it is ours, and became so after that. What stood before, of somebody else or of ours, stays and is a finding; after
//!   a restart that is everything, because nobody knows any more whether it was ever ready;
//! * the other leg's switch said no, is reached, and does not carry the VLAN. A peer that is dead or out of reach refuses
//!   nothing, and an outcome that nobody could tell is tried again within seconds;
//! * this leg's switch does not see it pass there: a leg whose other half is down may pass it alone;
//! * nothing is in the way on this leg, it is no link between switches, and people let us withdraw there.

use std::collections::BTreeSet;

use super::{Act, Cause, EdgePort, Moment, Place, Tracker, looks::GOOD_FOR, requirement::Key};

impl Tracker {
    /// Brings the undos up to date: each is good for a minute and renewed until the VLAN is gone.
    pub(super) fn review_undos(&mut self, now: Moment) {
        let due = self.undoable(now);
        let over: Vec<Key> = self.undos.keys().filter(|key| !due.contains(*key)).cloned().collect();
        for key in over {
            self.undos.remove(&key);
            self.dirty.switches.insert(key.0.switch);
        }
        for key in due {
            if self.undos.get(&key).is_none_or(|until| *until <= now) {
                self.dirty.switches.insert(key.0.switch.clone());
                self.undos.insert(key, now + GOOD_FOR);
            }
        }
    }

    /// Everything that has to be undone now.
    fn undoable(&self, now: Moment) -> BTreeSet<Key> {
        let mut due = BTreeSet::new();
        for (switch, place, vlan) in self.obstacles.refusals() {
            let refusing: Vec<EdgePort> = match place {
                Place::Interface(interface) => vec![EdgePort { switch: switch.clone(), interface: *interface }],
                Place::VlanDatabase => self.requirements.ports_of(switch).cloned().collect(),
            };
            for leg in refusing {
                let key = self.fabric.twin(&leg).map(|twin| (twin, *vlan));
                due.extend(key.filter(|key| self.is_undone(key, &leg, now)));
            }
        }
        due
    }

    /// Whether a leg gives back what it got while the other one refuses it. The rule is in the head of this file.
    fn is_undone(&self, key: &Key, refusing: &EdgePort, now: Moment) -> bool {
        let (port, vlan) = key;
        let live = |port: &EdgePort| self.fabric.switches.get(&port.switch).filter(|switch| switch.live);
        let (Some(mine), Some(other)) = (live(port), live(refusing)) else { return false };
        let Some(unmet) = self.unmet.get(key) else { return false };
        let place = Place::Interface(port.interface);
        let entry = mine.identity.as_ref().and_then(|id| self.ledger.entry(&id.serial, place, *vlan));
        let passes = mine.sight(port.interface, *vlan).is_some_and(|(_, passes)| passes);
        entry.is_some_and(|entry| entry.is_ours() && entry.owned >= *unmet)
            && !other.carries(refusing.interface, *vlan)
            && !passes
            && self.obstacles.of(&(port.switch.clone(), place, *vlan), now).is_none()
            && self.owner_forbids(&port.switch).is_none()
            && !self.fabric.is_link(port)
            && self.mode_of(port).withdrawals == Act::Enforce
    }

    /// Why a VLAN goes, if it is undone.
    pub(super) fn undo_cause(&self, key: &Key) -> Option<Cause> {
        self.undos.contains_key(key).then(|| "undo: the other leg of the vPC refuses it".into())
    }
}
