//! A reload: a switch returns with its startup-config, and not all that stands there then is ours.
//!
//! What we added and nobody saved is lost in a reload. If it stands there afterwards, somebody else put it there. So a VLAN
//! of ours from before the boot is ours only where it was certainly in the startup-config: a save of ours that succeeded
//! was begun after the VLAN became ours, and before the boot. Anything else is foreign, and a finding. What a person
//! saved, or what we saved before the service was started anew, is not known and proves nothing.
//!
//! After an upgrade without disruption (ISSU), or when a standby supervisor took over, the configuration is older than the
//! kernel. That looks like a reload: what cannot be proved is foreign then too, which is harmless.

use std::{collections::BTreeMap, time::Duration};

use super::{
    EdgePort, Moment, Observation, Place, Record, SaveOutcome, Scope, Tracker, What,
    ledger::{Entry, State},
    reconcile::ended,
};
use crate::net::{SwitchName, VlanId};

/// Between a switch's last answer and the start of its new kernel, and from there to its next answer, a minute passes at
/// the least. In between lies room for clocks that do not agree.
const MARGIN: Duration = Duration::from_secs(15);
/// Two readings of one boot differ by no more than this: an answer takes a while, and clocks drift. Two boots lie further
/// apart.
const JITTER: Duration = Duration::from_secs(60);

/// What is known of each switch's boots and of its startup-config, by serial number.
#[derive(Clone, Debug, Default)]
pub(super) struct Boots {
    known: BTreeMap<String, Known>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    /// The last boot, as first computed and as computed last.
    boot: Option<(Moment, Moment)>,
    /// When our last save that succeeded was begun.
    saved: Option<Moment>,
    /// What of ours is in the startup-config, and was withdrawn since: when.
    withdrawn: BTreeMap<(Place, VlanId), Moment>,
}

impl Known {
    /// A switch tells when it booted; whether it booted since it told that last.
    fn tell(&mut self, booted: Moment) -> bool {
        let before = self.boot;
        let same = |(first, last): (Moment, Moment)| {
            let apart = booted.since(last).max(last.since(booted));
            (apart <= JITTER).then_some((first, booted))
        };
        let kept = before.and_then(same);
        self.boot = Some(kept.unwrap_or((booted, booted)));
        before.is_some() && kept.is_none()
    }

    /// Whether something of this moment is from before the last boot.
    fn predates(&self, at: Moment) -> bool {
        self.boot.is_some_and(|(boot, _)| at < boot + MARGIN)
    }

    /// Whether a VLAN of ours was in the startup-config at the last boot, or since it was about to go.
    fn kept(&self, entry: &Entry) -> bool {
        let (Some((boot, _)), Some(saved)) = (self.boot, self.saved) else { return false };
        let lasted = match entry.state {
            State::Owned => true,
            // Nobody knows whether it was still there when it was saved.
            State::Withdrawing => saved < entry.since,
            State::Claimed => false,
        };
        lasted && entry.owned < saved && saved < boot
    }
}

impl Tracker {
    /// A reading may tell when the switch booted; whether it booted since it told that last.
    pub(super) fn note_boot(&mut self, observation: &Observation) -> bool {
        let (Some(identity), Some(booted)) = (&observation.identity, observation.booted) else { return false };
        self.boots.known.entry(identity.serial.clone()).or_default().tell(booted)
    }

    /// What came of a save that was begun `at` a moment.
    pub(super) fn saved(&mut self, switch: &SwitchName, at: Moment, outcome: SaveOutcome, now: Moment) {
        let identity = self.fabric.switches.get(switch).and_then(|known| known.identity.as_ref());
        if let (SaveOutcome::Saved, Some(identity)) = (&outcome, identity) {
            let known = self.boots.known.entry(identity.serial.clone()).or_default();
            known.saved = known.saved.max(Some(at));
            known.withdrawn.retain(|_, since| *since > at);
        }
        self.saving.answered(switch, at, outcome, now);
    }

    /// We withdrew a VLAN: a startup-config that still has it may bring it back. To be told before the ledger forgets it.
    pub(super) fn note_withdrawn(&mut self, record: &Record) {
        let Some(entry) = self.ledger.entry(&record.serial, record.place, record.vlan) else { return };
        let Some(known) = self.boots.known.get_mut(&record.serial) else { return };
        if known.saved.is_some_and(|saved| entry.owned < saved && saved < record.at) {
            known.withdrawn.insert((record.place, record.vlan), record.at);
        }
    }

    /// What stands on a switch that booted, and what the ledger says of it from before the boot: proved anew, or foreign.
    pub(super) fn after_boot(&mut self, observation: &Observation, now: Moment) -> Vec<Record> {
        let Some(identity) = observation.identity.as_ref().filter(|_| observation.scope == Scope::Whole) else {
            return Vec::new();
        };
        let Some(known) = self.boots.known.get(&identity.serial) else { return Vec::new() };
        let from_before = self.ledger.of(&identity.serial).filter(|(place, vlan, entry)| {
            entry.is_ours() && known.predates(entry.since) && stands(observation, *place, *vlan)
        });
        let judged: Vec<_> = from_before.map(|(place, vlan, entry)| (place, vlan, known.kept(entry))).collect();
        let mut records = Vec::new();
        for (place, vlan, kept) in judged {
            let why = "the switch was reloaded since, and it cannot be proved that they are still ours";
            let what = if kept { What::Owned } else { What::Released { why: why.to_owned() } };
            let (switch, serial) = (observation.switch.clone(), identity.serial.clone());
            let record = Record { at: now, switch, serial, place, vlan, what };
            if !kept {
                self.give_up(&record, why);
            }
            records.push(record);
        }
        self.tell_returned(observation, &identity.serial);
        records
    }

    /// Something is not ours any more from this moment on, and not only once that is durable: it must not go before.
    fn give_up(&mut self, record: &Record, why: &str) {
        self.ledger.apply(record);
        self.unproved.insert((record.switch.clone(), record.place, record.vlan), why.to_owned());
        if let Place::Interface(interface) = record.place {
            let key = (EdgePort { switch: record.switch.clone(), interface }, record.vlan);
            self.lapses.remove(&key);
            self.undos.remove(&key);
        }
    }

    /// What we withdrew and a reload brought back is a finding: somebody may have put it there as well.
    fn tell_returned(&mut self, observation: &Observation, serial: &str) {
        let Some(known) = self.boots.known.get_mut(serial) else { return };
        let (over, rest) = std::mem::take(&mut known.withdrawn).into_iter().partition(|(_, at)| known.predates(*at));
        known.withdrawn = rest;
        let over: BTreeMap<(Place, VlanId), Moment> = over;
        for (place, vlan) in over.into_keys() {
            if stands(observation, place, vlan) && self.ledger.entry(serial, place, vlan).is_none() {
                let why = "we had withdrawn them, and the switch was reloaded before that was saved";
                self.unproved.insert((observation.switch.clone(), place, vlan), why.to_owned());
            }
        }
    }

    /// What is not there any more needs no proof.
    pub(super) fn forget_unproved(&mut self, observation: &Observation) {
        self.unproved.retain(|(switch, place, vlan), _| {
            *switch != observation.switch || ended(observation, *place, *vlan).is_none()
        });
    }
}

/// Whether a reading shows a VLAN in a place.
fn stands(observation: &Observation, place: Place, vlan: VlanId) -> bool {
    let told = match place {
        Place::VlanDatabase => observation.vlans.is_some(),
        Place::Interface(interface) => observation.ports.contains_key(&interface),
    };
    told && ended(observation, place, vlan).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_of_one_boot_differ_a_little_and_the_first_one_holds() {
        let at = |seconds: u64| Moment::from_unix_ms(seconds * 1000);
        let mut known = Known::default();
        let mut check = |booted: u64, news: bool, predates: [u64; 2]| {
            assert_eq!(known.tell(at(booted)), news, "{booted}");
            assert!(known.predates(at(predates[0])) && !known.predates(at(predates[1])), "{booted}");
        };
        check(1000, false, [1014, 1015]);
        check(1040, false, [1014, 1015]);
        check(1090, false, [1014, 1015]);
        check(1060, false, [1014, 1015]);
        check(1200, true, [1214, 1215]);
        check(1170, false, [1214, 1215]);
        check(900, true, [914, 915]);
    }
}
