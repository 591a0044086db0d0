//! The slow lane: what is read periodically or on request, one reading at a time, never in the way of a write.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Class, Failure, Session,
    lanes::{Job, Link},
    readings::Read,
};
use crate::{
    net::InterfaceName,
    nexus::{Piece, Query},
    tracker::{Event, Moment, Place, Scope},
};

/// Everything is read once an hour (design rule 12).
const WHOLE: Duration = Duration::from_secs(60 * 60);
/// Links and neighbours.
const LINKS: Duration = Duration::from_secs(60);
/// The allowed lists of managed ports.
const LISTS: Duration = Duration::from_secs(5 * 60);
/// The accounting log, while there is something to settle.
const ACCOUNTING: Duration = Duration::from_secs(10);
/// How many ports are looked at in one go, so that no look takes long.
const LOOKS: usize = 20;

impl Session {
    pub(super) fn advance_slow(&mut self, now: Moment) {
        self.release_held(now);
        if self.link != Link::Up || !self.slow.is_idle() {
            return;
        }
        if let Some(job) = self.due_job(now) {
            self.begin(job, now);
        }
    }

    pub(super) fn begin(&mut self, job: Job, now: Moment) {
        let queries = self.queries(&job);
        let ticket = self.ask(queries);
        self.slow.job = Some((ticket, now, job));
    }

    pub(super) fn slow_deadline(&self) -> Option<Moment> {
        if !self.slow.is_idle() {
            return None;
        }
        let settling = (!self.settling.is_empty()).then(|| self.timers.accounting.due(ACCOUNTING));
        let lists = (!self.managed().is_empty()).then(|| self.timers.lists.due(LISTS));
        let always = [self.timers.whole.due(WHOLE), self.timers.links.due(LINKS)];
        always.into_iter().chain(settling).chain(lists).min()
    }

    fn due_job(&mut self, now: Moment) -> Option<Job> {
        if !self.looks.is_empty() {
            let some: BTreeSet<_> = self.looks.iter().copied().take(LOOKS).collect();
            self.looks.retain(|interface| !some.contains(interface));
            return Some(Job::Look(some));
        }
        if !self.settling.is_empty() && self.timers.accounting.due(ACCOUNTING) <= now {
            return Some(Job::Accounting);
        }
        if self.timers.whole.due(WHOLE) <= now {
            return Some(Job::Whole);
        }
        let managed = self.managed();
        if !managed.is_empty() && self.timers.lists.due(LISTS) <= now {
            return Some(Job::Lists(managed));
        }
        (self.timers.links.due(LINKS) <= now).then_some(Job::Links)
    }

    /// The ports that the newest intent names.
    pub(super) fn managed(&self) -> BTreeSet<InterfaceName> {
        let places = self.intent.iter().flat_map(|intent| intent.present.keys().chain(intent.absent.keys()));
        places
            .filter_map(|place| match place {
                Place::VlanDatabase => None,
                Place::Interface(interface) => Some(*interface),
            })
            .collect()
    }

    fn queries(&self, job: &Job) -> Vec<Query> {
        let links = [Query::Ports, Query::Lldp, Query::Cdp];
        match job {
            Job::Whole => {
                [Query::Version, Query::Config, Query::Vlans, Query::PortChannels].into_iter().chain(links).collect()
            }
            Job::Links => links.to_vec(),
            // Many ports in one answer cost the switch less than as many answers.
            Job::Lists(some) if some.len() > 8 => vec![Query::Ports, Query::Config],
            Job::Lists(some) => {
                std::iter::once(Query::Ports).chain(some.iter().copied().map(Query::PortConfig)).collect()
            }
            Job::Look(some) => {
                let known = some.iter().copied().filter(|interface| self.known.port(*interface).is_some());
                known.flat_map(|interface| [Query::PortConfig(interface), Query::Macs(interface)]).collect()
            }
            Job::Accounting => vec![Query::AccountingLog],
        }
    }

    /// A reading of the slow lane was answered. While a write is under way it waits: half of it would be older.
    pub(super) fn slow_answered(
        &mut self,
        began: Moment,
        job: Job,
        answer: Result<Vec<Result<Piece, String>>, Failure>,
        now: Moment,
    ) {
        let pieces = match answer.map(|pieces| pieces.into_iter().collect::<Result<Vec<_>, _>>()) {
            Ok(Ok(pieces)) => pieces,
            Ok(Err(words)) => return self.slow_refused(began, &job, &words, now),
            Err(failure) => return self.lose(&failure, now),
        };
        self.slow.held = Some((began, now, job, pieces));
    }

    /// The switch will not answer one of the questions: without a whole reading there is no session; the others come
    /// again at their time.
    fn slow_refused(&mut self, began: Moment, job: &Job, words: &str, now: Moment) {
        self.ran(job, began, now);
        match job {
            Job::Whole => {
                let why = format!("{} refuses to be read: {words}", self.switch);
                self.lose(&Failure { class: Class::Device, why }, now);
            }
            Job::Links | Job::Lists(_) | Job::Look(_) | Job::Accounting => {}
        }
    }

    fn release_held(&mut self, now: Moment) {
        if self.is_writing() {
            return;
        }
        if let Some((began, answered, job, pieces)) = self.slow.held.take() {
            self.ran(&job, began, answered);
            self.learn(job, began, pieces, now);
        }
    }

    fn ran(&mut self, job: &Job, began: Moment, now: Moment) {
        match job {
            Job::Whole => {
                self.timers.whole.ran(began, now);
                self.timers.links.ran(began, began);
                self.timers.lists.ran(began, began);
            }
            Job::Links => self.timers.links.ran(began, now),
            Job::Lists(_) => self.timers.lists.ran(began, now),
            Job::Accounting => self.timers.accounting.ran(began, now),
            Job::Look(_) => {}
        }
    }

    fn learn(&mut self, job: Job, at: Moment, pieces: Vec<Piece>, now: Moment) {
        let whole = job == Job::Whole;
        let read = self.learn_pieces(at, pieces, whole);
        match job {
            Job::Whole => {
                self.connected();
                self.report_reading(at, Scope::Whole, read);
                self.settle_claims(now);
            }
            Job::Links => {
                self.refresh_changed(&read);
                self.report_reading(at, Scope::Interfaces(BTreeSet::new()), read);
            }
            Job::Lists(some) | Job::Look(some) => {
                self.dirty = true;
                self.report_reading(at, Scope::Interfaces(some), read);
            }
            Job::Accounting => self.settle_by_log(at, &read.accounting),
        }
    }

    pub(super) fn report_reading(&mut self, at: Moment, scope: Scope, read: Read) {
        let observation = self.observation(at, scope, read);
        self.report(Event::Observed(observation.into()));
    }
}
