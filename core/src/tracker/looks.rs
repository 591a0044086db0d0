//! Switches asked which MAC addresses they see: to confirm a cable, and before a withdrawal.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Cause, EdgePort, Intent, Moment, Observation, Tracker,
    attachment::Trouble,
    requirement::Key,
    withdrawal::{AGAIN, Lapse, UNANSWERED, Wait},
};
use crate::net::{InterfaceName, SwitchName};

/// A switch is asked again after this for addresses that confirm a cable; as often as for its neighbours (rule 12).
const WITNESS: Duration = Duration::from_secs(60);
/// A withdrawal is good for this long after the switch showed no address (design, the core's contract).
const GOOD_FOR: Duration = Duration::from_secs(60);

impl Tracker {
    /// Asks switches which addresses they see where a host says it hangs and the switch has heard nothing of it.
    pub(super) fn seek_witnesses(&mut self, now: Moment, intents: &mut Vec<Intent>) {
        if self.confirm > now {
            return;
        }
        let mut questions: BTreeMap<SwitchName, BTreeSet<InterfaceName>> = BTreeMap::new();
        for EdgePort { switch, interface } in self.unconfirmed() {
            questions.entry(switch).or_default().insert(interface);
        }
        if !questions.is_empty() {
            self.confirm = now + WITNESS;
        }
        intents.extend(questions.into_iter().map(|(switch, interfaces)| Intent::Observe { switch, interfaces }));
    }

    /// The ports of live switches where a host says it hangs, unconfirmed.
    pub(super) fn unconfirmed(&self) -> Vec<EdgePort> {
        let sockets = self.attachments.troubles().filter_map(|(_, trouble)| match trouble {
            Trouble::Unconfirmed(socket) => Some(socket),
            Trouble::UnknownSwitch(_) | Trouble::Ambiguous(_) | Trouble::UnknownPort(_) => None,
        });
        let live = |name: &SwitchName| self.fabric.switches.get(name).is_some_and(|switch| switch.live);
        sockets.filter(|(switch, _)| live(switch)).map(|(switch, at)| self.fabric.edge_port(switch, *at)).collect()
    }

    /// A switch showed the addresses on some ports: what was asked about there may go, or not.
    pub(super) fn judge_looks(&mut self, observation: &Observation, now: Moment) {
        if observation.identity.is_some() {
            self.lapse_unrequired(&observation.switch, now);
        }
        let Some(macs) = &observation.macs else { return };
        let asked = |key: &Key, lapse: &Lapse| {
            key.0.switch == observation.switch
                && observation.scope.covers(key.0.interface)
                && lapse.approved.is_none()
                && lapse.asked.is_some_and(|asked| asked <= observation.at)
        };
        let answered: Vec<Key> =
            self.lapses.iter().filter(|(key, lapse)| asked(key, lapse)).map(|(key, _)| key.clone()).collect();
        for key in answered {
            let here = macs.iter().filter(|entry| entry.interface == key.0.interface && entry.vlan == key.1);
            let stranger = here.map(|entry| entry.mac).find(|mac| !self.sites.knows_mac(*mac, now));
            let verdict = match stranger {
                Some(mac) => {
                    let seen = format!("the switch sees address {} there, which no vCenter knows", mac.dotted());
                    Err(Wait::For(seen))
                }
                None => self.may_go(&key),
            };
            self.approve(&key, verdict, now);
        }
    }

    fn approve(&mut self, key: &Key, verdict: Result<Cause, Wait>, now: Moment) {
        let Some(lapse) = self.lapses.get_mut(key) else { return };
        match verdict {
            Ok(cause) => {
                let until = now + GOOD_FOR;
                *lapse = Lapse { due: until, approved: Some(until), waits: None, cause, ..lapse.clone() };
                self.restraint.spend(&key.0.switch, now);
                self.dirty.switches.insert(key.0.switch.clone());
            }
            Err(why) => {
                *lapse = Lapse { due: now + AGAIN.max(UNANSWERED), asked: None, waits: Some(why), ..lapse.clone() }
            }
        }
    }

    /// What may go from a switch now, and until when.
    pub(super) fn approved(&self, switch: &SwitchName, now: Moment) -> impl Iterator<Item = (Key, Moment)> {
        let mine = self.lapses.iter().filter(move |(key, _)| key.0.switch == *switch);
        mine.filter_map(move |(key, lapse)| Some((key.clone(), lapse.approved.filter(|until| *until > now)?)))
    }
}
