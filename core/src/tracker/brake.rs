//! Pace and brake: withdrawals are never urgent, and those that nobody can explain stop.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{Moment, Pace, Record, What, sites::Gone};
use crate::net::SwitchName;

/// The window of the pace (design rule 5).
const PACE_WINDOW: Duration = Duration::from_secs(600);
/// The window of the brake (design rule 5).
const BRAKE_WINDOW: Duration = Duration::from_secs(3600);
/// An inventory that loses this part of its hosts or VMs between two reads is not believed: one in ten.
const SHRINK: usize = 10;

/// What holds withdrawals back.
#[derive(Clone, Debug, Default)]
pub(super) struct Restraint {
    sent: BTreeMap<SwitchName, VecDeque<Moment>>,
    unexplained: VecDeque<Moment>,
    brake: Option<String>,
}

impl Restraint {
    /// As it was before a restart: what went out lately counts, and the brake stays.
    pub(super) fn restored(records: &[Record], brake: Option<String>) -> Self {
        let mut restraint = Self { brake, ..Self::default() };
        let gone = records.iter().filter(|record| record.what == What::Withdrawn);
        gone.for_each(|record| restraint.spend(&record.switch, record.at));
        restraint
    }

    /// How many withdrawals may still go out on `switch` now.
    pub(super) fn room(&mut self, switch: &SwitchName, owned: usize, pace: Pace, now: Moment) -> usize {
        let most = match pace {
            Pace::Unlimited => return usize::MAX,
            Pace::Guarded => (owned / 20).max(20),
        };
        let sent = self.sent.entry(switch.clone()).or_default();
        forget(sent, PACE_WINDOW, now);
        most.saturating_sub(sent.len())
    }

    /// One withdrawal goes out.
    pub(super) fn spend(&mut self, switch: &SwitchName, now: Moment) {
        self.sent.entry(switch.clone()).or_default().push_back(now);
    }

    /// Requirements lapsed without a cause.
    pub(super) fn unexplained(&mut self, count: usize, owned: usize, now: Moment) {
        self.unexplained.extend(std::iter::repeat_n(now, count));
        forget(&mut self.unexplained, BRAKE_WINDOW, now);
        let most = (owned / 100).max(10);
        if self.unexplained.len() > most {
            let lapsed = self.unexplained.len();
            self.pull(format!("{lapsed} requirements lapsed without a cause within an hour (more than {most})"));
        }
    }

    /// A listing ended: it is not believed if too much of the inventory is missing from it.
    pub(super) fn listed(&mut self, vcenter: &str, gone: &Gone) {
        for (what, shrink) in [("hosts", gone.hosts), ("VMs", gone.vms)] {
            if shrink.gone > 0 && shrink.gone * SHRINK >= shrink.before {
                self.pull(format!(
                    "vCenter {vcenter} lost {} of {} {what} between two reads",
                    shrink.gone, shrink.before
                ));
            }
        }
    }

    fn pull(&mut self, why: String) {
        self.brake.get_or_insert(why);
    }

    /// Puts the brake back as it was before a restart, or releases it on a person's word.
    pub(super) fn set_brake(&mut self, brake: Option<String>) {
        self.brake = brake;
        self.unexplained.clear();
    }

    /// Why withdrawals are stopped, if they are.
    pub(super) fn brake(&self) -> Option<&str> {
        self.brake.as_deref()
    }
}

fn forget(times: &mut VecDeque<Moment>, window: Duration, now: Moment) {
    while times.front().is_some_and(|at| now.since(*at) >= window) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::super::sites::Shrink;
    use super::*;

    fn minute(count: u64) -> Moment {
        Moment::from_unix_ms(count * 60_000)
    }

    #[test]
    fn the_pace_lets_twenty_or_five_percent_out_in_ten_minutes() {
        let check = |owned: usize, pace: Pace, sent: usize, at: Moment, expected: usize| {
            let mut restraint = Restraint::default();
            for _ in 0..sent {
                restraint.spend(&"leaf1".into(), minute(0));
            }
            assert_eq!(restraint.room(&"leaf1".into(), owned, pace, at), expected);
            assert!(restraint.room(&"leaf2".into(), owned, pace, at) >= 20);
        };
        check(0, Pace::Guarded, 0, minute(0), 20);
        check(1000, Pace::Guarded, 0, minute(0), 50);
        check(0, Pace::Guarded, 20, minute(9), 0);
        check(0, Pace::Guarded, 20, minute(10), 20);
        check(0, Pace::Unlimited, 5000, minute(0), usize::MAX);
    }

    #[test]
    fn the_brake_is_pulled_by_lapses_without_a_cause() {
        let check = |lapses: &[(usize, u64)], owned: usize, pulled: bool| {
            let mut restraint = Restraint::default();
            for (count, at) in lapses {
                restraint.unexplained(*count, owned, minute(*at));
            }
            assert_eq!(restraint.brake().is_some(), pulled, "{lapses:?} of {owned}");
        };
        check(&[(10, 0)], 100, false);
        check(&[(11, 0)], 100, true);
        check(&[(6, 0), (6, 59)], 100, true);
        check(&[(6, 0), (6, 60)], 100, false);
        check(&[(30, 0)], 3000, false);
        check(&[(31, 0)], 3000, true);
    }

    #[test]
    fn the_brake_is_pulled_by_an_inventory_that_shrinks() {
        let check = |before: usize, gone: usize, pulled: bool| {
            let mut restraint = Restraint::default();
            let vms = Shrink { before, gone };
            restraint.listed("vc1", &Gone { objects: Vec::new(), hosts: Shrink { before: 8, gone: 0 }, vms });
            assert_eq!(restraint.brake().is_some(), pulled, "{gone} of {before}");
        };
        check(0, 0, false);
        check(100, 0, false);
        check(100, 9, false);
        check(100, 10, true);
        check(100, 100, true);
    }
}
