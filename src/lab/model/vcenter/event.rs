//! Events as vCenter posts them (facts: vCenter §C), and what an event collector lets through.

use std::collections::VecDeque;

use vmtracker_core::net::MoId;

use super::{event_kind::EventKind, event_query::Scope};
use crate::lab::model::LabTime;

/// How many events a vCenter keeps for its collectors. The real number is a database's; this covers a burst of
/// a thousand moves.
const KEPT: usize = 4000;

/// An event.
#[derive(Clone, Debug)]
pub struct SimEvent {
    /// The change number at which it was posted.
    pub number: u64,
    /// `key`: grows by one.
    pub key: i32,
    /// `chainId`: the same for all events of one operation.
    pub chain: i32,
    /// `createdTime`.
    pub at: LabTime,
    /// What happened.
    pub kind: EventKind,
    /// `vm`, with its name.
    pub vm: Option<Named>,
    /// `host`, with its name.
    pub host: Option<Named>,
}

/// An object and the name it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: MoId,
    /// Its name.
    pub name: String,
}

/// The events that a vCenter remembers, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Events {
    kept: VecDeque<SimEvent>,
    next_key: i32,
    next_chain: i32,
}

impl Default for Events {
    fn default() -> Self {
        Self { kept: VecDeque::new(), next_key: 1001, next_chain: 501 }
    }
}

impl Events {
    /// A chain for the events of a new operation.
    pub(super) const fn new_chain(&mut self) -> i32 {
        self.next_chain = self.next_chain.wrapping_add(1);
        self.next_chain
    }

    /// Posts an event; its key is given here.
    pub(super) fn post(&mut self, event: SimEvent) {
        let key = self.next_key;
        self.next_key = key.wrapping_add(1);
        self.kept.push_back(SimEvent { key, ..event });
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// The key of the newest event; 0 without one.
    pub(super) fn newest_key(&self) -> i32 {
        self.kept.back().map_or(0, |event| event.key)
    }

    /// The events that a filter lets through, newest first.
    pub(super) fn newest_first<'a>(&'a self, wanted: &'a EventFilter) -> impl Iterator<Item = &'a SimEvent> {
        self.kept.iter().rev().filter(|event| wanted.lets_through(event))
    }

    /// Whether one that a filter lets through was posted after change `number`.
    pub(super) fn any_since(&self, wanted: &EventFilter, number: u64) -> bool {
        self.kept.iter().rev().take_while(|event| event.number > number).any(|event| wanted.lets_through(event))
    }
}

/// What an event collector wants, of `EventFilterSpec`.
#[derive(Clone, Debug, Default)]
pub(super) struct EventFilter {
    /// `eventTypeId` and `type`; empty: every event.
    pub(super) types: Vec<String>,
    /// Nothing older than this key.
    pub(super) after_key: Option<i32>,
    /// About what, when, and in which chain.
    pub(super) scope: Scope,
}

impl EventFilter {
    fn lets_through(&self, event: &SimEvent) -> bool {
        self.after_key.is_none_or(|key| event.key > key)
            && self.scope.holds(event)
            && (self.types.is_empty() || self.types.iter().any(|wanted| event.kind.is(wanted)))
    }
}
