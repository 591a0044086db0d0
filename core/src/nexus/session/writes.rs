//! The lane of writes: plan, claim, permit, one batch, read back.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
    time::Duration,
};

use super::{
    super::{Batch, Piece, Plan, Query, plan},
    Action, Class, FRESH, Failure, Session, Ticket,
    lanes::{Answered, Link, Resolved, Writes},
    readings::Read,
};
use crate::{
    net::InterfaceName,
    tracker::{Configure, Event, Moment, Permit, Place, Record, Scope, What},
};

/// How long nothing is claimed after the store could not be written.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// How long nothing is claimed after a permit came too late.
const PERMIT_PAUSE: Duration = Duration::from_secs(1);
/// How long a port that the switch does not know is not asked for again.
const MISSING: Duration = Duration::from_secs(60);

impl Session {
    pub(super) fn writes_deadline(&self) -> Option<Moment> {
        match &self.writes {
            Writes::Held(until) if self.dirty => Some(*until),
            Writes::Held(_)
            | Writes::Idle
            | Writes::Reading { .. }
            | Writes::Claiming { .. }
            | Writes::Writing { .. }
            | Writes::ReadingBack { .. } => None,
        }
    }

    /// Starts on the newest intent, if the lane is free and something changed.
    pub(super) fn advance_writes(&mut self, now: Moment) {
        if matches!(self.writes, Writes::Held(until) if until <= now) {
            self.writes = Writes::Idle;
        }
        if self.link != Link::Up || !self.dirty || !matches!(self.writes, Writes::Idle) {
            return;
        }
        let Some(intent) = self.intent.clone() else {
            return;
        };
        if self.is_another_switch(&intent, now) {
            return;
        }
        let plan = self.plan(&intent, now);
        let urgent = self.urgent_part(&intent, &plan, now);
        let unknown = self.unknown_ports(now);
        if !urgent.is_empty() {
            self.claim(&intent, urgent, true, now);
        } else if !plan.is_empty() || !unknown.is_empty() {
            let places = plan.places().chain(unknown.into_iter().map(Place::Interface)).collect();
            self.read_narrowly(places, now);
        } else {
            self.dirty = false;
            self.tell_settled(&intent, plan.settled, now);
        }
    }

    /// A switch is its serial number: behind a name there may be another one than the core decided for.
    fn is_another_switch(&mut self, intent: &Configure, now: Moment) -> bool {
        let serial = self.identity.as_ref().map(|identity| identity.serial.clone()).unwrap_or_default();
        if serial == intent.serial {
            return false;
        }
        let why = format!(
            "{} answers with serial number {serial}, but {} is known: nothing is written until that is settled",
            self.switch, intent.serial
        );
        self.lose(&Failure { class: Class::Device, why }, now);
        if let Link::Down { retry, .. } = &mut self.link {
            *retry = now + Duration::from_secs(60);
        }
        true
    }

    /// The plan, without what was refused a moment ago.
    fn plan(&self, intent: &Configure, now: Moment) -> Plan {
        let mut plan = plan(intent, &self.known, &self.guard, now);
        let blocked = |key| matches!(self.resolved.get(&key), Some(Resolved::Blocked(until)) if *until > now);
        plan.retain(|place, vlan, _| !blocked((place, vlan)));
        plan
    }

    /// The additions that a move waits for, where the last reading is fresh enough to go out on.
    fn urgent_part(&self, intent: &Configure, plan: &Plan, now: Moment) -> Plan {
        let mut urgent = Plan { add: plan.add.clone(), order: plan.order.clone(), ..Plan::default() };
        urgent.retain(|place, vlan, _| {
            let wanted = intent.urgent.get(&place).is_some_and(|vlans| vlans.contains(vlan));
            wanted && self.read_at(place).is_some_and(|at| now.since(at) < FRESH)
        });
        urgent
    }

    fn read_at(&self, place: Place) -> Option<Moment> {
        match place {
            Place::VlanDatabase => self.known.vlans.as_ref().map(|(at, _)| *at),
            Place::Interface(interface) => self.known.ports.get(&interface).map(|(at, _)| *at),
        }
    }

    /// Ports that the intent names and no reading has shown; a port-channel may have been made since the last one.
    fn unknown_ports(&self, now: Moment) -> BTreeSet<InterfaceName> {
        let asked = |interface: &InterfaceName| self.missing.get(interface).is_some_and(|at| now.since(*at) < MISSING);
        let ports = self.managed().into_iter();
        ports.filter(|interface| self.known.port(*interface).is_none() && !asked(interface)).collect()
    }

    fn read_narrowly(&mut self, places: BTreeSet<Place>, now: Moment) {
        let ticket = self.ask(narrow(&places));
        self.writes = Writes::Reading { ticket, at: now, places };
    }

    /// Gives an answer to the lane that asked; late answers to nobody.
    pub(super) fn take_answer(
        &mut self,
        ticket: Ticket,
        answer: Result<Vec<Result<Piece, String>>, Failure>,
        now: Moment,
    ) {
        if let Some((_, began, job)) = self.slow.job.take_if(|(asked, ..)| *asked == ticket) {
            return self.slow_answered(began, job, answer, now);
        }
        if self.take_adrift(ticket, &answer) {
            return;
        }
        match mem::replace(&mut self.writes, Writes::Idle) {
            Writes::Reading { ticket: asked, at, places } if asked == ticket => {
                self.narrow_answered(at, places, answer, now);
            }
            Writes::ReadingBack { ticket: asked, at, plan, urgent, answer: said } if asked == ticket => {
                self.read_back(at, &plan, urgent, &said, answer, now);
            }
            other @ (Writes::Idle
            | Writes::Held(_)
            | Writes::Reading { .. }
            | Writes::Claiming { .. }
            | Writes::Writing { .. }
            | Writes::ReadingBack { .. }) => self.writes = other,
        }
    }

    fn narrow_answered(
        &mut self,
        at: Moment,
        places: BTreeSet<Place>,
        answer: Result<Vec<Result<Piece, String>>, Failure>,
        now: Moment,
    ) {
        let answers = match answer {
            Ok(answers) => answers,
            Err(failure) => return self.lose(&failure, now),
        };
        let before = self.known.database().cloned();
        let (_, learned) = self.learn_narrowly(at, &places, answers, now);
        // What changed without us is told at once.
        let changed = learned.changed.clone();
        if !changed.is_empty() || self.known.database() != before.as_ref() {
            self.report_reading(at, Scope::Interfaces(changed), learned);
        }
        let Some(intent) = self.intent.clone() else {
            return;
        };
        let mut plan = self.plan(&intent, now);
        // What was not read just now is not written; it has its turn after this.
        plan.retain(|place, _, _| places.contains(&place));
        if !plan.is_empty() {
            self.claim(&intent, plan, false, now);
        }
    }

    /// Learns a narrow reading, one answer for each place and then what passes; a place that the switch does not know is
    /// forgotten.
    fn learn_narrowly(
        &mut self,
        at: Moment,
        places: &BTreeSet<Place>,
        answers: Vec<Result<Piece, String>>,
        now: Moment,
    ) -> (BTreeSet<Place>, Read) {
        let mut read = BTreeSet::new();
        let mut pieces = Vec::new();
        let mut answers = answers.into_iter();
        for (place, answer) in places.iter().zip(answers.by_ref()) {
            match (answer, place) {
                (Ok(piece), _) => {
                    pieces.push(piece);
                    read.insert(*place);
                }
                (Err(_), Place::Interface(interface)) => {
                    self.missing.insert(*interface, now);
                    self.known.ports.remove(interface);
                }
                (Err(_), Place::VlanDatabase) => self.known.vlans = None,
            }
        }
        pieces.extend(answers.flatten());
        let learned = self.learn_pieces(at, pieces, false);
        (read, learned)
    }

    fn claim(&mut self, intent: &Arc<Configure>, plan: Plan, urgent: bool, now: Moment) {
        let cause = |place, vlan| intent.causes.get(&(place, vlan)).map_or_else(String::new, |cause| cause.to_string());
        let record = |place, vlan, what| Record {
            at: now,
            switch: self.switch.clone(),
            serial: intent.serial.clone(),
            place,
            vlan,
            what,
        };
        let added = plan.added().map(|(place, vlan)| (place, vlan, What::Claimed { cause: cause(place, vlan) }));
        let removed =
            plan.removed().map(|(place, vlan)| (place, vlan, What::Withdrawing { cause: cause(place, vlan) }));
        let records = added.chain(removed).map(|(place, vlan, what)| record(place, vlan, what)).collect();
        let ticket = self.next_ticket();
        self.actions.push(Action::Claim(ticket, records));
        self.writes = Writes::Claiming { ticket, plan, urgent };
    }

    pub(super) fn take_permit(&mut self, ticket: Ticket, answer: Result<Permit, String>, now: Moment) {
        let (plan, urgent) = match mem::replace(&mut self.writes, Writes::Idle) {
            Writes::Claiming { ticket: asked, plan, urgent } if asked == ticket => (plan, urgent),
            other @ (Writes::Idle
            | Writes::Held(_)
            | Writes::Reading { .. }
            | Writes::Claiming { .. }
            | Writes::Writing { .. }
            | Writes::ReadingBack { .. }) => {
                self.writes = other;
                return;
            }
        };
        match answer {
            Ok(permit) if permit.epoch() >= self.epoch && permit.until() > now => {
                self.epoch = permit.epoch();
                self.send(plan, urgent, permit, now);
            }
            Ok(_) => self.writes = Writes::Held(now + PERMIT_PAUSE),
            Err(_) => self.writes = Writes::Held(now + STORE_PAUSE),
        }
    }

    /// The last check before sending: the newest generation, no withdrawal out of time, the guard, the permit, and what
    /// was read since the claim: what appeared meanwhile is not ours, and the last VLAN of a trunk stays.
    fn send(&mut self, mut plan: Plan, urgent: bool, permit: Permit, now: Moment) {
        if self.stopping {
            return;
        }
        let Some(intent) = self.intent.clone() else {
            return;
        };
        let claimed: Vec<_> = plan.added().collect();
        let still = self.still_wanted(&intent, now);
        plan.retain(|place, vlan, adding| still.names(place, vlan, adding));
        let sent: BTreeSet<_> = plan.added().collect();
        self.release(claimed.into_iter().filter(|entry| !sent.contains(entry)), &intent);
        if plan.is_empty() {
            return;
        }
        match Batch::permitted(&plan, permit, now) {
            Some(batch) => {
                let ticket = self.next_ticket();
                self.actions.push(Action::Write(ticket, batch));
                self.writes = Writes::Writing { ticket, plan, urgent };
            }
            None => self.writes = Writes::Held(now + PERMIT_PAUSE),
        }
    }

    /// What would be planned now; nothing for another switch than the intent is for.
    fn still_wanted(&self, intent: &Configure, now: Moment) -> Plan {
        let same = self.identity.as_ref().is_some_and(|identity| identity.serial == intent.serial);
        if same { self.plan(intent, now) } else { Plan::default() }
    }

    pub(super) fn take_written(
        &mut self,
        ticket: Ticket,
        answer: Result<BTreeMap<usize, String>, Failure>,
        now: Moment,
    ) {
        let (plan, urgent) = match mem::replace(&mut self.writes, Writes::Idle) {
            Writes::Writing { ticket: asked, plan, urgent } if asked == ticket => (plan, urgent),
            other @ (Writes::Idle
            | Writes::Held(_)
            | Writes::Reading { .. }
            | Writes::Claiming { .. }
            | Writes::Writing { .. }
            | Writes::ReadingBack { .. }) => {
                self.writes = other;
                return;
            }
        };
        let answer = match answer {
            Ok(refused) => Answered::Refusals(super::outcome::by_place(&plan, refused)),
            Err(failure) => Answered::Nothing(failure.why),
        };
        let mut queries = narrow(&plan.places().collect());
        queries.extend(self.forwarding_queries(&plan));
        let ticket = self.ask(queries);
        self.writes = Writes::ReadingBack { ticket, at: now, plan, urgent, answer };
    }

    fn read_back(
        &mut self,
        at: Moment,
        plan: &Plan,
        urgent: bool,
        said: &Answered,
        answer: Result<Vec<Result<Piece, String>>, Failure>,
        now: Moment,
    ) {
        self.dirty = true;
        let places: BTreeSet<Place> = plan.places().collect();
        match answer {
            Ok(answers) => {
                let (read, learned) = self.learn_narrowly(at, &places, answers, now);
                // The outcome comes before the observation: what is seen is then known to be ours.
                self.tell_outcomes(plan, urgent, said, &read, now);
                self.await_forwarding(plan, now);
                // A port that the switch did not tell is unknown, not gone.
                self.report_reading(at, Scope::Interfaces(interfaces(&read)), learned);
            }
            Err(failure) => {
                self.tell_unknown(plan, &failure.why, now);
                self.lose(&failure, now);
            }
        }
    }

    pub(super) fn report_done(&mut self, generation: u64, results: Vec<crate::tracker::Outcome>) {
        let Some(serial) = self.identity.as_ref().map(|identity| identity.serial.clone()) else {
            return;
        };
        if !results.is_empty() {
            let switch = self.switch.clone();
            self.report(Event::Done(crate::tracker::Done { switch, serial, generation, results }));
        }
    }
}

fn interfaces(places: &BTreeSet<Place>) -> BTreeSet<InterfaceName> {
    let interface = |place: &Place| match place {
        Place::VlanDatabase => None,
        Place::Interface(interface) => Some(*interface),
    };
    places.iter().filter_map(interface).collect()
}

/// One question for each place, in the places' order.
fn narrow(places: &BTreeSet<Place>) -> Vec<Query> {
    let query = |place: &Place| match place {
        Place::VlanDatabase => Query::Vlans,
        Place::Interface(interface) => Query::PortConfig(*interface),
    };
    places.iter().map(query).collect()
}
