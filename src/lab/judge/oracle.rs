//! How many writes a controller with no reaction time of its own would have sent.
//!
//! It hears what the real one hears, when it hears it; needs every leg at once and withdraws one when it was not needed
//! for the hold-down; has one write in flight per switch, and puts everything that is pending into the next. Each write
//! takes the device's service time. It has no pace and asks for no MAC addresses: it is a bound, not a proposal.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use vmtracker_core::net::{InterfaceName, SwitchName, VcenterName, VlanId};

use crate::lab::model::{LabTime, dataplane::Leg};

type Line = (InterfaceName, VlanId);

/// The ideal controller.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    write_time: Duration,
    hold_down: Duration,
    untold: BTreeMap<VcenterName, Vec<(u64, Leg, bool)>>,
    desks: BTreeMap<SwitchName, Desk>,
}

/// Its side of one switch.
#[derive(Debug, Default)]
struct Desk {
    standing: BTreeSet<Line>,
    to_add: BTreeMap<Line, LabTime>,
    to_remove: BTreeMap<Line, LabTime>,
    busy_until: LabTime,
    writes: u64,
}

impl Oracle {
    /// A controller on switches that take `write_time` for a write, with this `hold_down`.
    pub(super) fn new(write_time: Duration, hold_down: Duration) -> Self {
        Self { write_time, hold_down, ..Self::default() }
    }

    /// Change `upto` of `vcenter` made `leg` needed (`true`) or released it; the controller hears of it when told.
    pub(super) fn changed(&mut self, vcenter: &VcenterName, upto: u64, leg: Leg, needed: bool) {
        self.untold.entry(vcenter.clone()).or_default().push((upto, leg, needed));
    }

    /// Every change of `vcenter` up to `upto` is known from `now` on.
    pub(super) fn told(&mut self, vcenter: &VcenterName, upto: u64, now: LabTime) {
        let Some(untold) = self.untold.get_mut(vcenter) else { return };
        let known = untold.iter().take_while(|(number, _, _)| *number <= upto).count();
        for (_, leg, needed) in untold.drain(..known).collect::<Vec<_>>() {
            let desk = self.desks.entry(leg.place.switch).or_default();
            desk.advance(now, self.write_time);
            let line = (leg.place.interface, leg.vlan);
            if needed { desk.need(line, now) } else { desk.release(line, now + self.hold_down) }
        }
    }

    /// Writes begun before `now`.
    pub(super) fn writes(&mut self, now: LabTime) -> u64 {
        for desk in self.desks.values_mut() {
            desk.advance(now, self.write_time);
        }
        self.desks.values().map(|desk| desk.writes).sum()
    }

    /// Counts anew from `now`; what stands stays.
    pub(super) fn restart(&mut self, now: LabTime) {
        self.writes(now);
        for desk in self.desks.values_mut() {
            desk.writes = 0;
        }
    }
}

impl Desk {
    fn need(&mut self, line: Line, now: LabTime) {
        self.to_remove.remove(&line);
        if !self.standing.contains(&line) {
            self.to_add.entry(line).or_insert(now);
        }
    }

    fn release(&mut self, line: Line, due: LabTime) {
        self.to_add.remove(&line);
        if self.standing.contains(&line) {
            self.to_remove.entry(line).or_insert(due);
        }
    }

    /// Begins every write that begins before `until`: at `until` itself more may still come to go with it.
    fn advance(&mut self, until: LabTime, write_time: Duration) {
        while let Some(pending) = self.to_add.values().chain(self.to_remove.values()).min() {
            let start = self.busy_until.max(*pending);
            if start >= until {
                return;
            }
            self.write(start);
            self.busy_until = start + write_time;
        }
    }

    fn write(&mut self, start: LabTime) {
        self.writes += 1;
        let (now, later) = std::mem::take(&mut self.to_add).into_iter().partition(|(_, since)| *since <= start);
        self.to_add = later;
        self.standing.extend::<BTreeSet<Line>>(BTreeMap::into_keys(now).collect());
        let (now, later): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.to_remove).into_iter().partition(|(_, due)| *due <= start);
        self.to_remove = later;
        self.standing.retain(|line| !now.contains_key(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::judge::tests::leg;

    /// Needs (`+`) and releases (`-`) of VLANs on one port, each told at its millisecond; writes take 100 ms, the
    /// hold-down is 1 s.
    fn check(timeline: &[(u64, char, u16)], until_ms: u64, writes: u64) {
        let mut oracle = Oracle::new(Duration::from_millis(100), Duration::from_secs(1));
        let vcenter = VcenterName::from("vc");
        for (number, (at, sign, vlan)) in (1..).zip(timeline) {
            oracle.changed(&vcenter, number, leg("a", 1, *vlan), *sign == '+');
            oracle.told(&vcenter, number, Duration::from_millis(*at));
        }
        assert_eq!(oracle.writes(Duration::from_millis(until_ms)), writes, "{timeline:?}");
    }

    #[test]
    fn what_comes_together_goes_together() {
        check(&[(0, '+', 10), (0, '+', 11)], 500, 1);
    }

    #[test]
    fn what_comes_during_a_write_goes_into_the_next() {
        check(&[(0, '+', 10), (20, '+', 11), (90, '+', 12)], 500, 2);
    }

    #[test]
    fn what_comes_after_a_write_is_a_write_of_its_own() {
        check(&[(0, '+', 10), (150, '+', 11)], 500, 2);
    }

    #[test]
    fn a_lapse_is_written_after_the_hold_down() {
        check(&[(0, '+', 10), (200, '-', 10)], 1200, 1);
        check(&[(0, '+', 10), (200, '-', 10)], 1201, 2);
    }

    #[test]
    fn a_need_that_returns_within_the_hold_down_costs_nothing() {
        check(&[(0, '+', 10), (200, '-', 10), (900, '+', 10)], 5000, 1);
    }

    #[test]
    fn a_need_that_ends_before_its_write_began_costs_nothing() {
        check(&[(0, '+', 10), (20, '+', 11), (30, '-', 11)], 5000, 1);
    }

    #[test]
    fn what_was_not_told_is_not_known() {
        let mut oracle = Oracle::new(Duration::from_millis(100), Duration::from_secs(1));
        oracle.changed(&"vc".into(), 5, leg("a", 1, 10), true);
        oracle.told(&"vc".into(), 4, Duration::ZERO);
        assert_eq!(oracle.writes(Duration::from_secs(9)), 0);
        oracle.told(&"vc".into(), 5, Duration::from_secs(9));
        assert_eq!(oracle.writes(Duration::from_secs(10)), 1);
    }
}
