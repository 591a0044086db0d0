//! The states of a session's parts.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{super::Plan, Ticket};
use crate::{
    net::InterfaceName,
    nexus::Piece,
    tracker::{Moment, Place},
};

/// Whether the switch answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// It does not; the next try is at `retry`.
    Down { retry: Moment, attempts: u32 },
    /// The first whole reading is under way.
    Connecting { attempts: u32 },
    /// It does.
    Up,
}

/// The lane of writes.
#[derive(Debug)]
pub(super) enum Writes {
    Idle,
    /// Nothing before this moment: the store or a permit failed.
    Held(Moment),
    Reading {
        ticket: Ticket,
        at: Moment,
        places: BTreeSet<Place>,
    },
    Claiming {
        ticket: Ticket,
        plan: Plan,
        urgent: bool,
    },
    Writing {
        ticket: Ticket,
        plan: Plan,
        urgent: bool,
    },
    ReadingBack {
        ticket: Ticket,
        at: Moment,
        plan: Plan,
        urgent: bool,
        answer: Answered,
    },
}

/// What the switch said to a batch.
#[derive(Debug)]
pub(super) enum Answered {
    /// Words of refusal by place; empty: it took everything.
    Refusals(BTreeMap<Place, String>),
    /// Nothing, for this reason: what came of it is unknown.
    Nothing(String),
}

/// What is remembered of a (place, VLAN) that a batch or a plan settled, while the intent still names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// It was told; telling it again would only make noise.
    Told,
    /// It was refused or is unknown: not tried again before this, or until the core asked anew.
    Blocked(Moment),
}

/// A claim that stands in the ledger without a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unproved {
    /// From before this process began.
    Ledger,
    /// Sent by a write that was cut off then; the switch may still carry it out.
    Cut(Moment),
}

/// The slow lane: at most one reading, and one that waits for a write to end.
#[derive(Debug, Default)]
pub(super) struct Slow {
    pub(super) job: Option<(Ticket, Moment, Job)>,
    pub(super) held: Option<(Moment, Moment, Job, Vec<Piece>)>,
}

impl Slow {
    pub(super) const fn is_idle(&self) -> bool {
        self.job.is_none() && self.held.is_none()
    }
}

/// A reading of the slow lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Everything.
    Whole,
    /// Neighbours, and which links are up.
    Links,
    /// The configuration of these ports.
    Lists(BTreeSet<InterfaceName>),
    /// The MAC addresses on these ports.
    Look(BTreeSet<InterfaceName>),
    /// The accounting log.
    Accounting,
    /// These ports' whole state: something there changed by itself, or what was added is not forwarded yet.
    Recheck(BTreeSet<InterfaceName>),
    /// The accounting log, before a save.
    SaveCheck,
    /// The save.
    Save,
}

/// When each periodic reading was last asked for, and how long it took.
#[derive(Debug, Default)]
pub(super) struct Timers {
    pub(super) whole: Timer,
    pub(super) links: Timer,
    pub(super) lists: Timer,
    pub(super) accounting: Timer,
    pub(super) recheck: Timer,
}

/// One periodic reading.
#[derive(Debug, Default)]
pub(super) struct Timer {
    last: Moment,
    took: Duration,
}

impl Timer {
    /// It was asked for at `began` and answered at `now`.
    pub(super) const fn ran(&mut self, began: Moment, now: Moment) {
        self.last = began;
        self.took = now.since(began);
    }

    /// When it is due: every `every`, and never oftener than 20 times its own duration (design rule 12).
    pub(super) fn due(&self, every: Duration) -> Moment {
        self.last + every.max(self.took.saturating_mul(20))
    }
}
