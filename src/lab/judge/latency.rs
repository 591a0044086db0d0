//! How long it took from vCenter's word to the last needed line.
//!
//! A wait opens when a change in vCenter makes legs needed that do not stand. It starts when the bytes that carry the
//! change have left the simulator, and ends when the last of its legs stands. A wait whose legs stood before the bytes
//! left, or were no longer needed before they stood, gives no sample: nobody was waited for.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::{SwitchName, VcenterName};

use super::{integral::Integral, score::Quantiles};
use crate::lab::model::{LabTime, dataplane::Leg};

/// The open waits and the samples so far.
#[derive(Debug, Default)]
pub(super) struct Latency {
    next: u64,
    open: BTreeMap<u64, Wait>,
    by_leg: BTreeMap<Leg, BTreeSet<u64>>,
    untold: BTreeMap<VcenterName, BTreeSet<(u64, u64)>>,
    outstanding: BTreeMap<SwitchName, Outstanding>,
    total: Vec<u64>,
    share: Vec<u64>,
}

#[derive(Debug)]
struct Wait {
    missing: BTreeSet<Leg>,
    /// When the bytes left, and for how long each switch had been busy with our requests by then.
    told: Option<(LabTime, BTreeMap<SwitchName, u128>)>,
}

/// Requests in service on one switch: how many, and for how long there was at least one.
#[derive(Debug, Default)]
struct Outstanding {
    requests: u64,
    busy: Integral,
}

impl Latency {
    /// A change of `vcenter`, part of its change number `upto`, made `missing` needed.
    pub(super) fn open(&mut self, vcenter: &VcenterName, upto: u64, missing: BTreeSet<Leg>) {
        if missing.is_empty() {
            return;
        }
        let id = self.next;
        self.next += 1;
        for leg in &missing {
            self.by_leg.entry(leg.clone()).or_default().insert(id);
        }
        self.untold.entry(vcenter.clone()).or_default().insert((upto, id));
        self.open.insert(id, Wait { missing, told: None });
    }

    /// The bytes that carry every change up to `upto` have left `vcenter`.
    pub(super) fn told(&mut self, vcenter: &VcenterName, upto: u64, now: LabTime) {
        let Some(untold) = self.untold.get_mut(vcenter) else { return };
        while let Some(&(number, id)) = untold.first()
            && number <= upto
        {
            untold.pop_first();
            if let Some(wait) = self.open.get_mut(&id) {
                let switches = wait.missing.iter().map(|leg| leg.place.switch.clone());
                let busy = switches.map(|switch| {
                    let nanos = self.outstanding.get(&switch).map_or(0, |at| at.busy.nanos(now));
                    (switch, nanos)
                });
                wait.told = Some((now, busy.collect()));
            }
        }
    }

    /// `leg` stands.
    pub(super) fn stands(&mut self, leg: &Leg, now: LabTime) {
        for id in self.by_leg.remove(leg).unwrap_or_default() {
            let Some(wait) = self.open.get_mut(&id) else { continue };
            wait.missing.remove(leg);
            if wait.missing.is_empty()
                && let Some(wait) = self.open.remove(&id)
                && let Some((told, busy)) = wait.told
            {
                self.sample(leg, told, &busy, now);
            }
        }
    }

    fn sample(&mut self, last: &Leg, told: LabTime, busy: &BTreeMap<SwitchName, u128>, now: LabTime) {
        let total = now.saturating_sub(told).as_nanos();
        let switch = &last.place.switch;
        let before = busy.get(switch).copied().unwrap_or(0);
        let after = self.outstanding.get(switch).map_or(0, |at| at.busy.nanos(now));
        let device = after.saturating_sub(before);
        self.total.push(micros(total));
        self.share.push(micros(total.saturating_sub(device)));
    }

    /// `leg` is needed no longer: whoever still waited for it is not waiting for this any more.
    pub(super) fn abandon(&mut self, leg: &Leg) {
        for id in self.by_leg.remove(leg).unwrap_or_default() {
            let Some(wait) = self.open.remove(&id) else { continue };
            for other in &wait.missing {
                if let Some(ids) = self.by_leg.get_mut(other) {
                    ids.remove(&id);
                }
            }
        }
    }

    /// `switch` began (`true`) or finished to serve a request of ours.
    pub(super) fn served(&mut self, switch: &SwitchName, began: bool, now: LabTime) {
        let at = self.outstanding.entry(switch.clone()).or_default();
        at.requests = if began { at.requests + 1 } else { at.requests.saturating_sub(1) };
        at.busy.set(u64::from(at.requests > 0), now);
    }

    /// From the bytes' leaving to the last needed line, in milliseconds.
    pub(super) fn event_to_configured(&self) -> Quantiles {
        Quantiles::of_micros(&self.total)
    }

    /// The same without the time in which the switch of the last line had a request of ours outstanding.
    pub(super) fn controller_share(&self) -> Quantiles {
        Quantiles::of_micros(&self.share)
    }

    /// Forgets the samples and the open waits; requests in service go on.
    pub(super) fn restart(&mut self) {
        *self = Self { next: self.next, outstanding: std::mem::take(&mut self.outstanding), ..Self::default() };
    }
}

fn micros(nanos: u128) -> u64 {
    u64::try_from(nanos / 1000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lab::judge::tests::leg;

    const fn ms(count: u64) -> LabTime {
        Duration::from_millis(count)
    }

    /// One wait for two legs, told at 100 ms; the script says what happens then.
    fn check(script: impl FnOnce(&mut Latency), total: Option<f64>, share: Option<f64>) {
        let mut latency = Latency::default();
        let vcenter = VcenterName::from("vc");
        latency.open(&vcenter, 7, BTreeSet::from([leg("a", 1, 10), leg("b", 1, 10)]));
        latency.told(&vcenter, 6, ms(50));
        latency.told(&vcenter, 7, ms(100));
        script(&mut latency);
        assert_eq!(latency.event_to_configured().p50, total, "event to configured");
        assert_eq!(latency.controller_share().p99, share, "controller's share");
    }

    #[test]
    fn the_last_line_ends_the_wait_and_only_its_own_switch_is_subtracted() {
        check(
            |latency| {
                latency.served(&"a".into(), true, ms(110));
                latency.served(&"b".into(), true, ms(120));
                latency.stands(&leg("a", 1, 10), ms(150));
                latency.served(&"a".into(), false, ms(150));
                latency.stands(&leg("b", 1, 10), ms(180));
            },
            Some(80.0),
            Some(20.0),
        );
    }

    #[test]
    fn overlapping_requests_on_one_switch_count_once() {
        check(
            |latency| {
                latency.stands(&leg("a", 1, 10), ms(105));
                latency.served(&"b".into(), true, ms(110));
                latency.served(&"b".into(), true, ms(120));
                latency.served(&"b".into(), false, ms(130));
                latency.served(&"b".into(), false, ms(140));
                latency.stands(&leg("b", 1, 10), ms(150));
            },
            Some(50.0),
            Some(20.0),
        );
    }

    #[test]
    fn what_is_no_longer_needed_gives_no_sample() {
        check(
            |latency| {
                latency.stands(&leg("a", 1, 10), ms(150));
                latency.abandon(&leg("b", 1, 10));
                latency.stands(&leg("b", 1, 10), ms(160));
            },
            None,
            None,
        );
    }

    #[test]
    fn what_stood_before_the_bytes_left_gives_no_sample() {
        let mut latency = Latency::default();
        latency.open(&"vc".into(), 1, BTreeSet::from([leg("a", 1, 10)]));
        latency.stands(&leg("a", 1, 10), ms(1));
        latency.told(&"vc".into(), 1, ms(2));
        assert_eq!(latency.event_to_configured(), Quantiles::default());
    }
}
