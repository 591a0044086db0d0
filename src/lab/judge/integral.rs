//! A count, integrated over time.

use crate::lab::model::LabTime;

/// How many things there are now, and the sum over time of how many there were, in exact integer arithmetic.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Integral {
    count: u64,
    unit_nanos: u128,
    since: LabTime,
}

impl Integral {
    /// From `now` on there are `count`. Time never goes back; a `now` before the last one counts as the last one.
    pub(super) fn set(&mut self, count: u64, now: LabTime) {
        self.unit_nanos = self.nanos(now);
        self.since = self.since.max(now);
        self.count = count;
    }

    /// One more (`true`) or one less from `now` on; less than none is none.
    pub(super) fn step(&mut self, up: bool, now: LabTime) {
        let count = if up { self.count + 1 } else { self.count.saturating_sub(1) };
        self.set(count, now);
    }

    /// How many there are now.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// Unit × nanoseconds up to `now`.
    pub(super) fn nanos(&self, now: LabTime) -> u128 {
        self.unit_nanos + u128::from(self.count) * now.saturating_sub(self.since).as_nanos()
    }

    /// Unit × seconds up to `now`.
    pub(super) fn seconds(&self, now: LabTime) -> f64 {
        self.nanos(now) as f64 / 1e9
    }

    /// Starts the sum anew at `now`; the count stays.
    pub(super) fn restart(&mut self, now: LabTime) {
        *self = Self { count: self.count, unit_nanos: 0, since: self.since.max(now) };
    }
}
