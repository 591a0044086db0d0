//! The session with one switch, as a pure machine: inputs and the time go in, actions come out.
//!
//! ```text
//!        refused, broken ┌──────────┐ retry is due ┌────────────┐ whole reading ┌────┐
//!      ┌────────────────▶│   Down   │─────────────▶│ Connecting │──────────────▶│ Up │──┐
//!      │                 └──────────┘              └────────────┘               └────┘  │
//!      └────────────────────────────────────────────────────────────────────────────────┘
//!
//!   The lane of writes, while Up:
//!
//!          intent        differs from the last reading      differs still        permit
//!   Idle ─────────▶ planned ─────────▶ Reading ─────▶ planned ─────▶ Claiming ─────▶ Writing
//!    ▲                 │                                               ▲                │ answered, or cut off
//!    │ nothing to do   │      urgent, and read less than 5 min ago     │                ▼
//!    ├◀────────────────┴───────────────────────────────────────────────┘           ReadingBack
//!    └◀── Done, Observed ───────────────────────────────────────────────────────────────┘
//! ```
//!
//! Beside it runs the slow lane: at most one reading (whole, links, lists, MAC addresses, accounting log, what is
//! forwarded after a write), or a save, which begins only while the lane of writes is idle.
//!
//! Call [`Session::handle`] with whatever happened, do every [`Action`] in order, and come back with
//! [`Input::Woke`] at [`Session::next_deadline`]. Answers carry the ticket of their question; late ones are ignored.

mod forwarding;
mod lanes;
mod link;
mod outcome;
mod owners;
mod readings;
mod saving;
mod settle;
mod slow;
mod writes;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
    time::Duration,
};

use super::{Batch, Guard, Piece, Query, Reading, parse::ports::PortStatus};
use crate::{
    net::{InterfaceName, SwitchName, VlanId},
    tracker::{Configure, Event, Identity, Moment, Permit, Place, Record},
};
use forwarding::Awaited;
use lanes::{Link, Resolved, Slow, Timers, Unproved, Writes};
use owners::Clues;
use saving::Saving;

/// The question that an answer belongs to.
pub type Ticket = u64;

/// The answers to questions, one result each: a piece, or the switch's words of refusal; or no answer at all.
pub type Answers = Result<Vec<Result<Piece, String>>, Failure>;

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A newer desired state.
    Intent(Arc<Configure>),
    /// The policy changed.
    Guard(Guard),
    /// Look for MAC addresses on these ports.
    Look(BTreeSet<InterfaceName>),
    /// Copy running-config to startup-config, if nothing of somebody else is unsaved.
    Save,
    /// Questions were answered, one result each: a piece, or the switch's words of refusal.
    Read(Ticket, Answers),
    /// A claim is durable, or why not.
    Claimed(Ticket, Result<Permit, String>),
    /// A batch was answered: the words of refusal by step, or no answer at all.
    Wrote(Ticket, Result<BTreeMap<usize, String>, Failure>),
    /// A deadline was reached.
    Woke,
    /// Begin nothing more.
    Stop,
}

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Ask the switch.
    Read(Ticket, Vec<Query>),
    /// Make these durable.
    Claim(Ticket, Vec<Record>),
    /// Send this, once.
    Write(Ticket, Batch),
    /// Tell the tracker.
    Report(Event),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure; it alone drives the retry.
    pub class: Class,
    /// One line for people, naming switch and command, without secrets.
    pub why: String,
}

/// The kinds of failure, also a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The login was refused.
    Auth,
    /// No answer in time.
    Timeout,
    /// No connection, or it broke.
    Refused,
    /// The answer is not what the protocol says.
    Protocol,
    /// The switch answered that it will not.
    Device,
}

impl Class {
    /// The metric's label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
            Self::Device => "device",
        }
    }
}

/// The session with one switch.
#[derive(Debug)]
pub struct Session {
    switch: SwitchName,
    username: String,
    guard: Guard,
    identity: Option<Identity>,
    link: Link,
    /// The class last told of, so that one failure is told once.
    lost: Option<Class>,
    intent: Option<Arc<Configure>>,
    /// The intent was not compared with the reading since one of them changed.
    dirty: bool,
    known: Reading,
    /// What the switch last said of each kind of owner.
    clues: Clues,
    status: BTreeMap<InterfaceName, PortStatus>,
    writes: Writes,
    slow: Slow,
    timers: Timers,
    looks: BTreeSet<InterfaceName>,
    /// Ports whose link went up or down and that were not told of since.
    flapped: BTreeSet<InterfaceName>,
    /// Ports on which spanning tree forwards other VLANs than were told.
    shifted: BTreeSet<InterfaceName>,
    /// Port-channels have other members than in the last whole reading.
    rebundled: bool,
    awaited: Awaited,
    saving: Saving,
    resolved: BTreeMap<(Place, VlanId), Resolved>,
    /// What stands and waits for the accounting log, since when.
    settling: BTreeMap<(Place, VlanId), Moment>,
    unproved: BTreeMap<(Place, VlanId), Unproved>,
    /// Claims of an earlier process that were taken over already.
    inherited: BTreeSet<(Place, VlanId)>,
    /// Ports that the switch did not know, and when it said so.
    missing: BTreeMap<InterfaceName, Moment>,
    epoch: u64,
    ticket: Ticket,
    stopping: bool,
    actions: Vec<Action>,
}

/// How fresh a reading must be for an urgent addition to go out on it.
const FRESH: Duration = Duration::from_secs(5 * 60);

impl Session {
    /// A session that is not connected yet. `username` is the login by which the accounting log knows us.
    pub fn new(switch: SwitchName, username: String, guard: Guard, now: Moment) -> Self {
        Self {
            switch,
            username,
            guard,
            identity: None,
            link: Link::Down { retry: now, attempts: 0 },
            lost: None,
            intent: None,
            dirty: false,
            known: Reading::default(),
            clues: Clues::default(),
            status: BTreeMap::new(),
            writes: Writes::Idle,
            slow: Slow::default(),
            timers: Timers::default(),
            looks: BTreeSet::new(),
            flapped: BTreeSet::new(),
            shifted: BTreeSet::new(),
            rebundled: false,
            awaited: Awaited::default(),
            saving: Saving::Idle,
            resolved: BTreeMap::new(),
            settling: BTreeMap::new(),
            unproved: BTreeMap::new(),
            inherited: BTreeSet::new(),
            missing: BTreeMap::new(),
            epoch: 0,
            ticket: 0,
            stopping: false,
            actions: Vec::new(),
        }
    }

    /// Takes what happened; returns what is to be done, in order.
    pub fn handle(&mut self, input: Input, now: Moment) -> Vec<Action> {
        match input {
            Input::Intent(intent) => self.take_intent(intent, now),
            Input::Guard(guard) => self.take_guard(guard),
            Input::Look(interfaces) => self.looks.extend(interfaces),
            Input::Save => self.take_save(now),
            Input::Read(ticket, answer) => self.take_answer(ticket, answer, now),
            Input::Claimed(ticket, answer) => self.take_permit(ticket, answer, now),
            Input::Wrote(ticket, answer) => self.take_written(ticket, answer, now),
            Input::Woke => {}
            Input::Stop => self.stopping = true,
        }
        if !self.stopping {
            self.connect_if_due(now);
            self.advance_writes(now);
            self.advance_slow(now);
        }
        mem::take(&mut self.actions)
    }

    /// When to come back with [`Input::Woke`] at the latest; none: not before something happens.
    pub fn next_deadline(&self) -> Option<Moment> {
        if self.stopping {
            return None;
        }
        match self.link {
            Link::Down { retry, .. } => self.slow.is_idle().then_some(retry),
            Link::Connecting { .. } => None,
            Link::Up => [self.writes_deadline(), self.slow_deadline()].into_iter().flatten().min(),
        }
    }

    /// Whether a command is with the switch whose outcome is not known yet.
    pub const fn is_writing(&self) -> bool {
        matches!(self.writes, Writes::Writing { .. } | Writes::ReadingBack { .. })
    }

    /// Whether the switch answers.
    pub const fn is_up(&self) -> bool {
        matches!(self.link, Link::Up)
    }

    fn take_intent(&mut self, intent: Arc<Configure>, now: Moment) {
        // The newest wins; a slot never goes back, but a repeated one is harmless.
        if self.intent.as_ref().is_some_and(|known| known.generation > intent.generation) {
            return;
        }
        self.forget_resolved(&intent, now);
        self.take_claims(&intent.unsettled, now);
        self.intent = Some(intent);
        self.dirty = true;
    }

    fn take_guard(&mut self, guard: Guard) {
        self.dirty |= self.guard != guard;
        self.guard = guard;
    }

    const fn next_ticket(&mut self) -> Ticket {
        self.ticket += 1;
        self.ticket
    }

    fn ask(&mut self, queries: Vec<Query>) -> Ticket {
        let ticket = self.next_ticket();
        self.actions.push(Action::Read(ticket, queries));
        ticket
    }

    fn report(&mut self, event: Event) {
        self.actions.push(Action::Report(event));
    }
}

#[cfg(test)]
mod tests;
