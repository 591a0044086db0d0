//! What a vCenter still has to do and to tell, in the order of time.
//!
//! What happens to a VM happens at once, for the data plane and whoever else asks the model; vCenter tells it later, by
//! its [`Delays`]. A VM that comes into the inventory or leaves it is told at once.

use std::collections::BTreeMap;

use vmtracker_core::net::MoId;

use super::{Vcenter, event::Named, event_kind::EventKind, inventory::SimPower};
use crate::lab::model::LabTime;

/// How long after something happened vCenter tells it. All zero: at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From the begin of an operation to its start event: 2 s on a lightly loaded vCenter (facts: vCenter §C).
    pub start_event: LabTime,
    /// From a change of a VM's host or power to the update of the property.
    pub property: LabTime,
    /// From that change to the end event; no event of an operation comes before an earlier one.
    pub end_event: LabTime,
}

/// What vCenter shows of a VM that happens elsewhere than in vCenter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) host: MoId,
    pub(super) power: SimPower,
}

/// An event that is not posted yet.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) kind: EventKind,
    pub(super) chain: i32,
    pub(super) vm: Option<Named>,
    pub(super) host: Option<Named>,
}

/// What is due.
#[derive(Debug)]
pub(super) enum Later {
    /// An event is posted.
    Posts(Box<Draft>),
    /// vCenter shows a VM so.
    Shows(MoId, Seen),
    /// The task of this chain ends, with the reason when it failed.
    TaskEnds(i32, Result<(), String>),
    /// The copy of the operation with this chain is complete.
    Arrives(MoId, i32),
    /// HA restarts a VM of a host that failed.
    Restarts(MoId),
    /// A host has booted.
    Boots(MoId),
}

/// Everything that is due, by time and in the order in which it was decided.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: BTreeMap<(LabTime, u64), Later>,
    next: u64,
    /// When the last event of an operation that still has one to come is due.
    chains: BTreeMap<i32, LabTime>,
}

impl Agenda {
    pub(super) fn add(&mut self, at: LabTime, what: Later) {
        self.next += 1;
        self.due.insert((at, self.next), what);
    }

    fn pop(&mut self, now: LabTime) -> Option<(LabTime, Later)> {
        let first = self.due.first_entry().filter(|first| first.key().0 <= now)?;
        let ((at, _), what) = first.remove_entry();
        if let Later::Posts(draft) = &what
            && self.chains.get(&draft.chain) == Some(&at)
        {
            self.chains.remove(&draft.chain);
        }
        Some((at, what))
    }
}

impl Vcenter {
    /// When something is due: an event or a property to be told, a copy to end, a host to be back.
    pub fn next_deadline(&self) -> Option<LabTime> {
        self.agenda.due.keys().next().map(|(at, _)| *at)
    }

    /// Does everything that is due by `now`, each thing at its own time.
    pub fn finish_due(&mut self, now: LabTime) {
        while let Some((at, what)) = self.agenda.pop(now) {
            self.advance(at);
            self.carry_out(what);
        }
        self.advance(now);
    }

    fn carry_out(&mut self, what: Later) {
        match what {
            Later::Posts(draft) => drop(self.post_now(*draft)),
            Later::Shows(vm, seen) => drop(self.shows(&vm, seen)),
            Later::TaskEnds(chain, result) => self.task_ends(chain, result),
            Later::Arrives(vm, chain) => self.arrives(&vm, chain),
            Later::Restarts(vm) => self.restarts(&vm),
            // A host that was removed meanwhile has nobody to tell.
            Later::Boots(host) => drop(self.power_up_host(&host)),
        }
    }

    /// `what` is due `after` from now.
    pub(super) fn later(&mut self, after: LabTime, what: Later) {
        self.agenda.add(self.clock.saturating_add(after), what);
    }

    /// Posts an event `after` from now, and never before an earlier one of its chain. Returns the number of the newest
    /// change: the event's own when it is posted at once.
    pub(super) fn tell(&mut self, after: LabTime, draft: Draft) -> u64 {
        let due = self.due_in_chain(after, draft.chain);
        if due <= self.clock {
            return self.post_now(draft);
        }
        self.agenda.chains.insert(draft.chain, due);
        self.agenda.add(due, Later::Posts(Box::new(draft)));
        self.revision()
    }

    /// The task of `chain` ends with its end event, if there is one.
    pub(super) fn end_task(&mut self, chain: i32, result: Result<(), String>) {
        let due = self.due_in_chain(self.delays.end_event, chain);
        if due <= self.clock {
            self.task_ends(chain, result);
        } else {
            self.agenda.add(due, Later::TaskEnds(chain, result));
        }
    }

    fn due_in_chain(&self, after: LabTime, chain: i32) -> LabTime {
        let earlier = self.agenda.chains.get(&chain).copied().unwrap_or_default();
        self.clock.saturating_add(after).max(earlier)
    }

    fn post_now(&mut self, draft: Draft) -> u64 {
        let Draft { kind, chain, vm, host } = draft;
        self.post(kind, chain, vm, host)
    }
}
