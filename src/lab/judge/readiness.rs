//! How long before a VM arrived, or after, its VLANs stood at the target: the margin of make before break.
//!
//! Only moves count whose target ports lacked a VLAN when they began. A VLAN that stands and is lost again before the
//! arrival counts from when it stands once more.

use std::collections::{BTreeMap, BTreeSet};

use super::{books::Key, score::Leads};
use crate::lab::model::{LabTime, dataplane::Leg};

/// The moves under way, those that arrived too early, and the margins so far.
#[derive(Debug, Default)]
pub(super) struct Readiness {
    moves: BTreeMap<Key, Move>,
    by_leg: BTreeMap<Leg, BTreeSet<Key>>,
    /// Microseconds; negative: the VM was there first.
    leads: Vec<i64>,
    never: u64,
}

#[derive(Debug)]
struct Move {
    legs: BTreeSet<Leg>,
    missing: BTreeSet<Leg>,
    ready: Option<LabTime>,
    arrived: Option<LabTime>,
}

impl Readiness {
    /// A move to ports on `legs` began, of which some are `missing`.
    pub(super) fn begin(&mut self, key: &Key, legs: &BTreeSet<Leg>, missing: BTreeSet<Leg>) {
        self.end(key);
        for leg in legs {
            self.by_leg.entry(leg.clone()).or_default().insert(key.clone());
        }
        self.moves.insert(key.clone(), Move { legs: legs.clone(), missing, ready: None, arrived: None });
    }

    /// The VM is at the target.
    pub(super) fn arrive(&mut self, key: &Key, now: LabTime) {
        let Some(one) = self.moves.get_mut(key) else { return };
        match one.ready {
            None => one.arrived = Some(now),
            Some(ready) => {
                self.leads.push(micros(now.saturating_sub(ready)));
                self.forget(key);
            }
        }
    }

    /// A leg stands from now on, or no longer.
    pub(super) fn look(&mut self, leg: &Leg, stands: bool, now: LabTime) {
        for key in self.by_leg.get(leg).cloned().unwrap_or_default() {
            let Some(one) = self.moves.get_mut(&key) else { continue };
            if stands {
                one.missing.remove(leg);
            } else {
                one.missing.insert(leg.clone());
            }
            one.ready = one.missing.is_empty().then_some(now);
            if let Some(arrived) = one.arrived.filter(|_| one.missing.is_empty()) {
                self.leads.push(-micros(now.saturating_sub(arrived)));
                self.forget(&key);
            }
        }
    }

    /// The move is over without an arrival, or what the VM needs is no longer what it was. One that had arrived was never
    /// ready.
    pub(super) fn end(&mut self, key: &Key) {
        let one = self.forget(key);
        self.never += u64::from(one.is_some_and(|one| one.arrived.is_some()));
    }

    fn forget(&mut self, key: &Key) -> Option<Move> {
        let one = self.moves.remove(key)?;
        for leg in &one.legs {
            if let Some(keys) = self.by_leg.get_mut(leg) {
                keys.remove(key);
                if keys.is_empty() {
                    self.by_leg.remove(leg);
                }
            }
        }
        Some(one)
    }

    /// The margins so far.
    pub(super) fn leads(&self) -> Leads {
        let waiting = self.moves.values().filter(|one| one.arrived.is_some()).count();
        Leads::of_micros(&self.leads, self.never + waiting as u64)
    }

    /// Forgets the margins and the moves under way.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }
}

fn micros(span: LabTime) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vmtracker_core::net::MoId;

    use super::*;
    use crate::lab::judge::tests::leg;

    const fn ms(count: u64) -> LabTime {
        Duration::from_millis(count)
    }

    fn key() -> Key {
        ("vc".into(), MoId::from("vm-1"))
    }

    /// A move to two legs of which one is missing; the script says what happens.
    fn check(script: impl FnOnce(&mut Readiness, &Leg), leads: &[i64], never: u64) {
        let (held, lacking) = (leg("a", 1, 10), leg("b", 1, 10));
        let mut readiness = Readiness::default();
        readiness.begin(&key(), &[held, lacking.clone()].into(), [lacking.clone()].into());
        script(&mut readiness, &lacking);
        assert_eq!(readiness.leads, leads);
        assert_eq!(readiness.leads().never, never);
    }

    #[test]
    fn ready_before_the_arrival_is_a_margin_and_after_it_a_debt() {
        check(
            |readiness, leg| {
                readiness.look(leg, true, ms(300));
                readiness.arrive(&key(), ms(1000));
            },
            &[700_000],
            0,
        );
        check(
            |readiness, leg| {
                readiness.arrive(&key(), ms(1000));
                readiness.look(leg, true, ms(1250));
                readiness.look(leg, false, ms(2000));
            },
            &[-250_000],
            0,
        );
    }

    #[test]
    fn a_vlan_that_is_lost_again_counts_from_when_it_stands_once_more() {
        check(
            |readiness, leg| {
                readiness.look(leg, true, ms(100));
                readiness.look(leg, false, ms(200));
                readiness.look(leg, true, ms(900));
                readiness.arrive(&key(), ms(1000));
            },
            &[100_000],
            0,
        );
    }

    #[test]
    fn a_move_that_fails_is_none_and_one_that_is_never_ready_is_said_to_be() {
        check(|readiness, _| readiness.end(&key()), &[], 0);
        check(|readiness, _| readiness.arrive(&key(), ms(1000)), &[], 1);
        check(
            |readiness, leg| {
                readiness.arrive(&key(), ms(1000));
                readiness.end(&key());
                readiness.look(leg, true, ms(2000));
            },
            &[],
            1,
        );
    }
}
