//! Who put which VLAN where: a fold over records, and nothing else changes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Moment, Place, Reason, Record, What};
use crate::net::VlanId;

/// One place on one switch: (serial number, place, VLAN).
pub(super) type Key = (String, Place, VlanId);

/// The ledger. What is not in it is foreign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    entries: BTreeMap<Key, Entry>,
    /// What each stands, or last stood, for; may be known before the claim is.
    purposes: BTreeMap<(VlanId, String, Place), BTreeSet<Reason>>,
}

/// What the ledger knows of one (place, VLAN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it stands in its life.
    pub(super) state: State,
    /// Since when.
    pub(super) since: Moment,
    /// Since when it has been ours without a break; of a claim, since when it is about to be.
    pub(super) owned: Moment,
}

/// The life of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// About to be added; after a crash nobody knows whether it was.
    Claimed,
    /// Ours.
    Owned,
    /// Ours, and about to be withdrawn.
    Withdrawing,
}

impl Ledger {
    /// The fold.
    pub(super) fn apply(&mut self, record: &Record) {
        let key = (record.serial.clone(), record.place, record.vlan);
        let purpose = (record.vlan, record.serial.clone(), record.place);
        let state = match &record.what {
            What::Claimed { .. } => State::Claimed,
            What::Owned => State::Owned,
            What::Withdrawing { .. } => State::Withdrawing,
            What::Released { .. } | What::Withdrawn => {
                self.entries.remove(&key);
                self.purposes.remove(&purpose);
                return;
            }
            What::StandsFor { reasons } => {
                self.purposes.insert(purpose, reasons.iter().cloned().collect());
                return;
            }
        };
        let lasts = |before: &&Entry| before.is_ours() && state != State::Claimed;
        let before = self.entries.get(&key).filter(lasts);
        let owned = before.map_or(record.at, |before| before.owned);
        self.entries.insert(key, Entry { state, since: record.at, owned });
    }

    /// What a VLAN of ours stands, or last stood, for; empty when nobody knows.
    pub(super) fn purpose(&self, serial: &str, place: Place, vlan: VlanId) -> Option<&BTreeSet<Reason>> {
        self.purposes.get(&(vlan, serial.to_owned(), place))
    }

    /// What one VLAN stands, or last stood, for, in every place.
    pub(super) fn purposes_of(&self, vlan: VlanId) -> impl Iterator<Item = &BTreeSet<Reason>> {
        let first = (vlan, String::new(), Place::VlanDatabase);
        self.purposes.range(first..).take_while(move |(key, _)| key.0 == vlan).map(|(_, reasons)| reasons)
    }

    /// What is known of one (place, VLAN); none: foreign, or not there.
    pub(super) fn entry(&self, serial: &str, place: Place, vlan: VlanId) -> Option<&Entry> {
        self.entries.get(&(serial.to_owned(), place, vlan))
    }

    /// Every claim that has no outcome yet.
    pub(super) fn claimed(&self) -> BTreeSet<Key> {
        let open = self.entries.iter().filter(|(_, entry)| entry.state == State::Claimed);
        open.map(|(key, _)| key.clone()).collect()
    }

    /// What is known of one switch.
    pub(super) fn of(&self, serial: &str) -> impl Iterator<Item = (Place, VlanId, &Entry)> {
        let first = (serial.to_owned(), Place::VlanDatabase, VlanId::MIN);
        let serial = serial.to_owned();
        let rest = self.entries.range(first..).take_while(move |(key, _)| key.0 == serial);
        rest.map(|((_, place, vlan), entry)| (*place, *vlan, entry))
    }

    /// How many edge-port VLANs are ours on one switch.
    pub(super) fn owned(&self, serial: &str) -> usize {
        self.of(serial).filter(|(place, _, entry)| matches!(place, Place::Interface(_)) && entry.is_ours()).count()
    }
}

impl Entry {
    /// Whether the VLAN there is ours.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self.state, State::Owned | State::Withdrawing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::InterfaceName;

    #[test]
    fn ownership_follows_the_records() {
        let check = |whats: &[What], expected: Option<State>| {
            let mut ledger = Ledger::default();
            let place = Place::Interface(InterfaceName::Ethernet(1, 1));
            for what in whats {
                let (at, vlan) = (Moment::from_unix_ms(1), VlanId::MAX);
                ledger.apply(&Record {
                    at,
                    switch: "leaf1".into(),
                    serial: "S1".into(),
                    place,
                    vlan,
                    what: what.clone(),
                });
            }
            assert_eq!(ledger.entry("S1", place, VlanId::MAX).map(|entry| entry.state), expected, "{whats:?}");
            assert_eq!(ledger.owned("S1"), usize::from(matches!(expected, Some(State::Owned | State::Withdrawing))));
            assert_eq!(ledger.owned("S2"), 0);
        };
        let claimed = || What::Claimed { cause: String::new() };
        let withdrawing = || What::Withdrawing { cause: String::new() };
        let released = || What::Released { why: String::new() };
        check(&[claimed()], Some(State::Claimed));
        check(&[claimed(), What::Owned], Some(State::Owned));
        check(&[claimed(), released()], None);
        check(&[claimed(), What::Owned, withdrawing()], Some(State::Withdrawing));
        check(&[claimed(), What::Owned, withdrawing(), What::Withdrawn], None);
        check(&[claimed(), What::Owned, withdrawing(), What::Owned], Some(State::Owned));
        check(&[What::StandsFor { reasons: Vec::new() }], None);
    }
}
