//! Whose is it? Claims that stand without proof are settled from the accounting log, and foreign where it is silent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    super::{
        parse::accounting::{Entry, proves},
        plan::standing,
    },
    Session,
    lanes::{Link, Unproved},
};
use crate::{
    net::VlanId,
    tracker::{Moment, Outcome, Place, StepResult},
};

/// How long a command that was cut off may still be carried out: a switch gives each 300 s (facts: NX-OS §1.6).
const LATE: Duration = Duration::from_secs(300);

impl Session {
    /// Claims of a process before this one, each taken once; they wait for the next whole reading.
    pub(super) fn take_claims(&mut self, claims: &BTreeSet<(Place, VlanId)>, now: Moment) {
        let fresh: Vec<_> = claims.difference(&self.inherited).copied().collect();
        if fresh.is_empty() {
            return;
        }
        self.inherited.extend(&fresh);
        self.unproved.extend(fresh.into_iter().map(|claim| (claim, Unproved::Ledger)));
        if self.link == Link::Up {
            self.settle_claims(now);
        }
    }

    /// After a whole reading: what of the unproved stands goes to the log, the rest of the ledger's is gone.
    pub(super) fn settle_claims(&mut self, now: Moment) {
        let generation = self.generation();
        let mut gone = Vec::new();
        let mut left = std::mem::take(&mut self.unproved);
        left.retain(|(place, vlan), origin| {
            let stands = standing(*place, &self.known).contains(*vlan);
            let may_come = match origin {
                Unproved::Ledger => false,
                Unproved::Cut(at) => now.since(*at) < LATE,
            };
            if stands {
                self.settling.insert((*place, *vlan), now);
            } else if !may_come {
                gone.push(Outcome { place: *place, vlan: *vlan, result: StepResult::WasGone });
            }
            !stands && may_come
        });
        self.unproved = left;
        self.report_done(generation, gone);
    }

    /// The log, asked for at `at`, was read. What was written after that is not in it and waits for the next.
    pub(super) fn settle_by_log(&mut self, at: Moment, log: &[Entry]) {
        let (waiting, later) = std::mem::take(&mut self.settling).into_iter().partition(|(_, since)| *since <= at);
        self.settling = later;
        let waiting: BTreeMap<_, Moment> = waiting;
        let mut results = Vec::new();
        for (place, vlan) in waiting.into_keys() {
            let result = if !standing(place, &self.known).contains(vlan) {
                StepResult::WasGone
            } else if proves(log, &self.username, place, vlan) {
                self.told((place, vlan), StepResult::Added)
            } else {
                self.told((place, vlan), StepResult::WasThere)
            };
            results.push(Outcome { place, vlan, result });
        }
        self.report_done(self.generation(), results);
    }
}
