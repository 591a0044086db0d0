//! Which of vCenter's own events are news, and when they may be told.

use std::collections::BTreeSet;

use super::{
    VimValue,
    cache::Cache,
    motion::{Motion, What, motions},
};
use crate::{
    net::{MoId, VcenterId},
    tracker::{Event, ObjectId},
};

/// How old a start may be on the first page of a session and still count: an hour. A vMotion takes seconds to minutes;
/// what began longer ago and has no end on the page lost its end, and would hold its target's VLANs for nothing.
const START_AGE_MS: i64 = 3_600_000;

/// The news from vCenter's own events. Their keys grow; a page comes whole whenever it changes.
#[derive(Debug, Default)]
pub(super) struct History {
    /// The highest key that was told, over sessions: what happened meanwhile is news too.
    told: Option<i32>,
    /// The newest moment of what was told, by vCenter's clock, in milliseconds since 1970.
    told_at: Option<i64>,
    /// Something was told, be it by a listing that never ended.
    spoke: bool,
    /// The highest key in `waiting`.
    read: Option<i32>,
    /// The newest moment in `waiting`.
    read_at: Option<i64>,
    /// The first page of this session was not told yet.
    first: bool,
    /// A page came since the last telling; it may have been empty.
    arrived: bool,
    /// vCenter's clock when the session began.
    server_ms: Option<i64>,
    waiting: Vec<Motion>,
}

impl History {
    /// A session began, at this moment of vCenter's clock.
    pub(super) fn begin(&mut self, server_ms: Option<i64>) {
        let Self { told, told_at, spoke, .. } = *self;
        *self = Self { told, told_at, spoke, first: true, server_ms, ..Self::default() };
    }

    /// All is listed anew in the same session: the page comes whole once more, with all that is long over.
    pub(super) fn begin_again(&mut self) {
        self.begin(self.server_ms);
    }

    /// What was read of a set that was cut off does not count: the page comes again.
    pub(super) fn forget_unfinished(&mut self) {
        (self.read, self.read_at) = (None, None);
        self.arrived = false;
        self.waiting.clear();
    }

    /// Reads `latestPage`.
    pub(super) fn read(&mut self, page: &VimValue) {
        let all = motions(page);
        let newest = all.last().map(|motion| motion.key);
        if self.counts_anew(&all) {
            (self.told, self.told_at) = (None, None);
            self.first = true;
        }
        let known = self.read.max(self.told);
        let news: Vec<Motion> = all.iter().filter(|motion| Some(motion.key) > known).cloned().collect();
        let counts = |motion: &Motion| !self.first || self.counts_on_first_page(motion, &all);
        let counting: Vec<Motion> = news.into_iter().filter(counts).collect();
        self.waiting.extend(counting);
        self.read = newest.max(self.read);
        self.read_at = all.iter().filter_map(|motion| motion.at).max().max(self.read_at);
        self.arrived = true;
    }

    /// A vCenter that was restored from a backup gives keys out a second time: its page ends before what was told, or
    /// a key that was told belongs to an event that is younger than all that was.
    fn counts_anew(&self, all: &[Motion]) -> bool {
        let ends_before = all.last().is_some_and(|newest| Some(newest.key) < self.told);
        let younger =
            |motion: &Motion| Some(motion.key) <= self.told && self.told_at.is_some_and(|at| motion.at > Some(at));
        ends_before || all.iter().any(younger)
    }

    /// The first page of a session goes back for hours. A start counts only when no end of the same VM follows it and
    /// it is younger than an hour by vCenter's own clock: anything else is over. An end counts only when its start may
    /// have been told before. A removal, or a move to another vCenter, always does: it is a cause that outlives us.
    fn counts_on_first_page(&self, motion: &Motion, all: &[Motion]) -> bool {
        let over = || {
            let later = all.iter().filter(|other| other.vm == motion.vm && other.key > motion.key);
            later.into_iter().any(|other| !matches!(other.what, What::Started(_)))
        };
        let young = || match (self.server_ms, motion.at) {
            (Some(now), Some(at)) => now.saturating_sub(at) < START_AGE_MS,
            (None, _) | (_, None) => false,
        };
        match motion.what {
            What::Started(_) => young() && !over(),
            What::Ended(_) => self.spoke || self.told.is_some(),
            What::Removed | What::MigratedAway => true,
        }
    }

    /// How many things are held.
    #[cfg(test)]
    pub(super) const fn held(&self) -> usize {
        self.waiting.len()
    }

    /// A set is complete: what it said becomes news. While a listing runs, only what concerns a VM that was already
    /// listed is told; the rest waits for the listing's end.
    pub(super) fn tell(&mut self, vcenter: &VcenterId, cache: &Cache, listed: bool) -> Told {
        let (now, later): (Vec<Motion>, _) =
            std::mem::take(&mut self.waiting).into_iter().partition(|motion| listed || cache.knows_vm(&motion.vm));
        self.waiting = later;
        self.spoke |= !now.is_empty();
        if std::mem::take(&mut self.arrived) {
            self.first = false;
        }
        if listed {
            self.told = self.read.max(self.told);
            self.told_at = self.read_at.max(self.told_at);
        }
        split(now, vcenter, cache)
    }
}

/// What was told, by its place in the order of events.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Before the objects that leave.
    pub(super) departed: Vec<Event>,
    /// After everything that was seen.
    pub(super) moved: Vec<Event>,
}

fn split(motions: Vec<Motion>, vcenter: &VcenterId, cache: &Cache) -> Told {
    let mut told = Told::default();
    let mut gone = BTreeSet::new();
    for motion in motions {
        let vm = ObjectId { vcenter: vcenter.clone(), moid: motion.vm.clone() };
        match motion.what {
            What::Started(target) => {
                told.moved.push(Event::MigrationStarted { vm, to: target.destination(vcenter) });
            }
            What::Ended(outcome) => {
                let at = motion.host.map(|moid| ObjectId { vcenter: vcenter.clone(), moid });
                told.moved.push(Event::MigrationEnded { vm, outcome: outcome.map(|()| at) });
            }
            What::Removed if is_cause(&motion.vm, motion.host.as_ref(), cache) && gone.insert(motion.vm.clone()) => {
                told.departed.push(Event::VmDestroyed(vm));
            }
            What::Removed => {}
            What::MigratedAway if gone.insert(motion.vm) => told.departed.push(Event::VmMigratedAway(vm)),
            What::MigratedAway => {}
        }
    }
    told
}

/// A VM that was removed from the inventory while its host does not answer, or together with its host, may run on: that
/// is no cause (design rule 4). vCenter destroys and unregisters only what is powered off on a host that answers.
fn is_cause(vm: &MoId, named: Option<&MoId>, cache: &Cache) -> bool {
    let host = cache.host_of(vm).or(named);
    host.is_none_or(|host| cache.connected(host))
}
