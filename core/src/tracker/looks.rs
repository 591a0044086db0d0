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
pub(super) const GOOD_FOR: Duration = Duration::from_secs(60);

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
        if observation.macs.is_none() {
            return;
        }
        let about = |port: &EdgePort| {
            let mut legs = self.fabric.legs(port);
            legs.any(|leg| leg.switch == observation.switch && observation.scope.covers(leg.interface))
        };
        let waiting = |lapse: &Lapse| lapse.asked.is_some() && lapse.approved.is_none();
        let asked = self.lapses.iter().filter(|(key, lapse)| waiting(lapse) && about(&key.0));
        let answered: Vec<Key> =
            asked.filter(|(key, lapse)| self.is_answered(key, lapse)).map(|(key, _)| key.clone()).collect();
        let verdicts: Vec<_> = answered.iter().map(|key| self.after_answer(key, now)).collect();
        let whole = |key: &Key| match self.other_lapse(key).and_then(|twin| answered.iter().position(|at| *at == twin))
        {
            Some(at) => verdicts.get(at).is_some_and(Result::is_ok),
            None => self.other_lapse(key).is_none(),
        };
        let whole: Vec<bool> = answered.iter().map(whole).collect();
        for ((key, verdict), whole) in answered.into_iter().zip(verdicts).zip(whole) {
            // Both legs go, or none.
            let verdict = if whole { verdict } else { verdict.and(Err(Wait::Known)) };
            self.approve(&key, verdict, now);
        }
    }

    /// Whether every leg of its edge port has shown its addresses since it was asked.
    fn is_answered(&self, (port, _): &Key, lapse: &Lapse) -> bool {
        let Some(asked) = lapse.asked else { return false };
        let shown = |leg: EdgePort| {
            let switch = self.fabric.switches.get(&leg.switch);
            switch.and_then(|switch| switch.macs.get(&leg.interface)).is_some_and(|(at, _)| *at >= asked)
        };
        self.fabric.legs(port).all(shown)
    }

    /// Whether it may go after what every leg showed.
    fn after_answer(&self, key: &Key, now: Moment) -> Result<Cause, Wait> {
        for leg in self.fabric.legs(&key.0) {
            let shown = self.fabric.switches.get(&leg.switch).and_then(|switch| switch.macs.get(&leg.interface));
            let here = shown.into_iter().flat_map(|(_, entries)| entries).filter(|entry| entry.vlan == key.1);
            if let Some(mac) = here.map(|entry| entry.mac).find(|mac| !self.sites.knows_mac(*mac, now)) {
                let text = format!("{} sees address {} there, which no vCenter knows", leg.switch, mac.dotted());
                return Err(Wait::For(text));
            }
        }
        self.may_go(key)
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
        let lapses = self.lapses.iter().filter_map(|(key, lapse)| Some((key, lapse.approved?)));
        let undos = self.undos.iter().map(|(key, until)| (key, *until));
        let mine = lapses.chain(undos).filter(move |((port, _), until)| port.switch == *switch && *until > now);
        mine.map(|(key, until)| (key.clone(), until))
    }
}
