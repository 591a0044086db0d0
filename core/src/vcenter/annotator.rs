//! What to write next into [`super::FINDINGS_ATTRIBUTE`], so that hosts and VMs show their findings: a machine without
//! a socket or a clock.
//!
//! Level-triggered: what shall stand is compared with what vCenter says that stands, so a lost write, a restart and
//! somebody who changed a value are all mended in the same way. An object that has no finding and nothing of ours is
//! never touched.
//!
//! Calling order: [`Annotator::wants`] and [`Annotator::stands`] whenever either is known anew; [`Annotator::next`] for
//! what to do now; [`Annotator::done`] with what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::tracker::{Entity, Moment};

/// How long a text must be wanted before it is written: what mends itself within seconds, such as at a start, is not
/// worth a change in vCenter's database.
const SETTLED: Duration = Duration::from_secs(10);

/// How long after one order the next one is given: vCenter writes each into its database.
const PACE: Duration = Duration::from_secs(1);

/// How long an object rests after a write.
const REST: Duration = Duration::from_secs(60);

/// How long what vCenter refused rests: a missing privilege is mended by a person.
const REFUSED: Duration = Duration::from_secs(600);

/// So many objects that were refused are named.
const NAMED: usize = 3;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Find out the attribute's number, or define it.
    Define,
    /// Write this text under the attribute's number on this object; an empty one clears it.
    Write(i32, Entity, String),
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The attribute has this number.
    Defined(i32),
    /// It was written.
    Written(Entity, String),
    /// The object is gone.
    Gone(Entity),
    /// Nobody knows what came of it: no answer, or the session is over.
    Failed(Order),
    /// vCenter said no: with which privilege missing, or in what words, one line.
    Refused(Order, String),
}

/// What is to be written, what stands, and what rests.
#[derive(Debug, Default)]
pub struct Annotator {
    number: Option<i32>,
    /// The text that shall stand on each object, and since when.
    wanted: BTreeMap<Entity, (String, Moment)>,
    standing: BTreeMap<Entity, String>,
    written: BTreeMap<Entity, Moment>,
    refused: BTreeMap<Entity, (String, Moment)>,
    /// Why nothing can be written at all, and until when nothing is tried.
    stopped: Option<(String, Moment)>,
    accepted: bool,
    last: Option<Moment>,
}

impl Annotator {
    /// These texts shall stand, and no others.
    pub fn wants(&mut self, texts: &BTreeMap<Entity, String>, now: Moment) {
        let known: BTreeSet<&Entity> = self.wanted.keys().chain(self.standing.keys()).chain(texts.keys()).collect();
        let next = known.into_iter().map(|entity| {
            let text = texts.get(entity).cloned().unwrap_or_default();
            let before = self.wanted.get(entity).filter(|(before, _)| *before == text);
            (entity.clone(), (text, before.map_or(now, |(_, since)| *since)))
        });
        self.wanted = next.collect();
        let Self { wanted, standing, written, refused, .. } = self;
        wanted.retain(|entity, (text, _)| !text.is_empty() || standing.contains_key(entity));
        written.retain(|_, at| now.since(*at) < REST);
        refused.retain(|entity, _| wanted.contains_key(entity));
    }

    /// A new session began: the attribute may have another number now. What rests, rests on.
    pub const fn reconnected(&mut self) {
        self.number = None;
    }

    /// What vCenter says that stands, of all objects.
    pub fn stands(&mut self, standing: BTreeMap<Entity, String>) {
        self.standing = standing;
    }

    /// What to do now, if anything.
    pub fn next(&self, now: Moment) -> Option<Order> {
        let stopped = self.stopped.as_ref().is_some_and(|(_, until)| *until > now);
        if stopped || self.last.is_some_and(|last| now.since(last) < PACE) {
            return None;
        }
        let due = self.wanted.iter().filter(|(entity, (text, since))| self.is_due(entity, text, *since, now));
        let (entity, (text, _)) = due.min_by_key(|(entity, (_, since))| (self.written.get(*entity), *since))?;
        match self.number {
            Some(number) => Some(Order::Write(number, entity.clone(), text.clone())),
            None => Some(Order::Define),
        }
    }

    fn is_due(&self, entity: &Entity, text: &str, since: Moment, now: Moment) -> bool {
        let rests = self.written.get(entity).is_some_and(|at| now.since(*at) < REST);
        let refused = self.refused.get(entity).is_some_and(|(_, until)| *until > now);
        self.lacks(entity, text) && !rests && !refused && now.since(since) >= SETTLED
    }

    /// Whether something else stands on an object than shall.
    fn lacks(&self, entity: &Entity, text: &str) -> bool {
        self.standing.get(entity).map_or("", String::as_str) != text
    }

    /// Takes in what came of an order.
    pub fn done(&mut self, told: Told, now: Moment) {
        self.last = Some(now);
        match told {
            Told::Defined(number) => {
                self.number = Some(number);
                self.stopped = None;
            }
            Told::Written(entity, text) => self.wrote(entity, text, now),
            Told::Gone(entity) => {
                self.standing.remove(&entity);
                self.refused.insert(entity, (String::new(), now + REFUSED));
            }
            Told::Failed(Order::Define) => self.stopped = Some((String::new(), now + REST)),
            Told::Failed(Order::Write(_, entity, _)) => drop(self.written.insert(entity, now)),
            Told::Refused(Order::Define, why) => self.stopped = Some((why, now + REFUSED)),
            Told::Refused(Order::Write(_, entity, _), why) => self.refuse(entity, why, now),
        }
    }

    fn wrote(&mut self, entity: Entity, text: String, now: Moment) {
        self.accepted = true;
        self.stopped = None;
        self.refused.remove(&entity);
        self.written.insert(entity.clone(), now);
        match text.is_empty() {
            true => drop(self.standing.remove(&entity)),
            false => drop(self.standing.insert(entity, text)),
        }
    }

    /// An account that was never let write anything is not tried on every object; and the attribute may have been
    /// removed and defined anew, with another number.
    fn refuse(&mut self, entity: Entity, why: String, now: Moment) {
        self.refused.insert(entity, (why.clone(), now + REFUSED));
        self.number = None;
        if !self.accepted {
            self.stopped = Some((why, now + REFUSED));
        }
    }

    /// What a person has to mend, in one line; none: nothing. `named` says how an object is called.
    pub fn trouble(&self, named: impl Fn(&Entity) -> String) -> Option<String> {
        let refused = self.refused.iter().filter(|(_, (why, _))| !why.is_empty());
        let refused: Vec<(&Entity, &String)> = refused.map(|(entity, (why, _))| (entity, why)).collect();
        let Some((_, why)) = refused.first() else {
            let open = self.wanted.iter().any(|(entity, (text, _))| self.lacks(entity, text));
            return self.stopped.as_ref().filter(|(why, _)| open && !why.is_empty()).map(|(why, _)| why.clone());
        };
        let names: Vec<String> = refused.iter().take(NAMED).map(|(entity, _)| named(entity)).collect();
        let more = match refused.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!("{why} (on {}{more})", names.join(", ")))
    }
}

#[cfg(test)]
#[path = "annotator_tests.rs"]
mod tests;
