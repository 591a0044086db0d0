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
    tracker::{Event, Moment, Place, SaveOutcome, Scope},
};

/// Everything is read once an hour (design rule 12).
const WHOLE: Duration = Duration::from_secs(60 * 60);
/// Links and neighbours.
const LINKS: Duration = Duration::from_secs(60);
/// The allowed lists of managed ports.
const LISTS: Duration = Duration::from_secs(5 * 60);
/// The accounting log, while there is something to settle.
const ACCOUNTING: Duration = Duration::from_secs(10);
/// What changed by itself is told at once, but a port that flaps does not keep the lane busy.
const RECHECK: Duration = Duration::from_secs(2);
/// How many ports are looked at in one go, so that no look takes long.
const LOOKS: usize = 20;

/// What a whole reading asks of vPC, spanning tree, FEX and other owners. A switch without one of these refuses the
/// question, once an hour.
const FABRIC: [Query; 8] = [
    Query::Trunks,
    Query::Vpc,
    Query::Fex,
    Query::Features,
    Query::FeatureSets,
    Query::Vtp,
    Query::SystemMode,
    Query::SwitchProfiles,
];

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
        let changed = (!self.changed_ports().is_empty()).then(|| self.timers.recheck.due(RECHECK));
        let always = [self.whole_due(), self.timers.links.due(LINKS)];
        always.into_iter().chain(settling).chain(lists).chain(changed).chain(self.awaited.due()).min()
    }

    /// Somebody who moved a member to another port-channel may have made that one, too: everything is read anew.
    fn whole_due(&self) -> Moment {
        self.timers.whole.due(if self.rebundled { LINKS } else { WHOLE })
    }

    /// The ports that changed by themselves and that the tracker does not know of yet.
    fn changed_ports(&self) -> BTreeSet<InterfaceName> {
        let changed = self.flapped.union(&self.shifted).copied();
        changed.filter(|interface| self.known.port(*interface).is_some()).collect()
    }

    fn due_recheck(&mut self, now: Moment) -> Option<Job> {
        let mut ports = self.awaited_ports(now);
        if self.timers.recheck.due(RECHECK) <= now {
            ports.append(&mut self.changed_ports());
            self.flapped.clear();
            self.shifted.clear();
        }
        (!ports.is_empty()).then_some(Job::Recheck(ports))
    }

    fn due_job(&mut self, now: Moment) -> Option<Job> {
        self.due_recheck(now).or_else(|| self.due_reading(now)).or_else(|| self.saving_job(now))
    }

    fn due_reading(&mut self, now: Moment) -> Option<Job> {
        // A port that is not known is not asked for its addresses, and must not be told to have none.
        self.looks.retain(|interface| self.known.port(*interface).is_some());
        if !self.looks.is_empty() {
            let some: BTreeSet<_> = self.looks.iter().copied().take(LOOKS).collect();
            self.looks.retain(|interface| !some.contains(interface));
            return Some(Job::Look(some));
        }
        if !self.settling.is_empty() && self.timers.accounting.due(ACCOUNTING) <= now {
            return Some(Job::Accounting);
        }
        if self.whole_due() <= now {
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
                let first = [Query::Version, Query::Config, Query::Vlans, Query::PortChannels];
                first.into_iter().chain(links).chain(FABRIC).collect()
            }
            Job::Links => links.into_iter().chain([Query::PortChannels]).chain(self.state_queries(true)).collect(),
            Job::Lists(some) => {
                let ports = self.port_queries(some).into_iter().chain([Query::Vlans]);
                ports.chain(self.state_queries(false)).collect()
            }
            Job::Recheck(some) => {
                // What changed by itself may have changed because somebody suspended or deleted a VLAN.
                let by_itself = some.iter().any(|interface| !self.awaited.awaits(*interface));
                let ports = self.port_queries(some).into_iter().chain(by_itself.then_some(Query::Vlans));
                ports.chain(self.state_queries(true)).collect()
            }
            Job::Look(some) => {
                let both = |interface: &InterfaceName| [Query::PortConfig(*interface), Query::Macs(*interface)];
                some.iter().flat_map(both).collect()
            }
            Job::Accounting | Job::SaveCheck => vec![Query::AccountingLog],
            Job::Save => vec![Query::Save],
        }
    }

    fn port_queries(&self, some: &BTreeSet<InterfaceName>) -> Vec<Query> {
        // Many ports in one answer cost the switch less than as many answers.
        if some.len() > 8 {
            return vec![Query::Ports, Query::Config];
        }
        std::iter::once(Query::Ports).chain(some.iter().copied().map(Query::PortConfig)).collect()
    }

    /// What passes now, as far as the switch is known to tell.
    fn state_queries(&self, with_vpc: bool) -> impl Iterator<Item = Query> + use<> {
        let trunks = self.known.trunks.is_some().then_some(Query::Trunks);
        let domain = self.known.vpc.as_ref().and_then(|(_, vpc)| vpc.domain());
        let vpc = domain.filter(|_| with_vpc).map(|_| Query::Vpc);
        trunks.into_iter().chain(vpc)
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
            // The copy may go on for minutes although nobody waits for it; whether the switch is lost, the next reading
            // tells.
            Err(failure) if job == Job::Save => return self.saved(began, SaveOutcome::Unknown(failure.why)),
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
            Job::Save => self.saved(began, SaveOutcome::Refused(words.to_owned())),
            Job::SaveCheck => self.save_checked(began, &[]),
            // A port is gone, perhaps; the next whole reading tells.
            Job::Recheck(_) => self.looked_at_forwarding(now),
            Job::Links | Job::Lists(_) | Job::Look(_) | Job::Accounting => {}
        }
    }

    fn release_held(&mut self, now: Moment) {
        if self.is_writing() {
            return;
        }
        if let Some((began, answered, job, pieces)) = self.slow.held.take() {
            self.ran(&job, began, answered);
            // A log that takes long would never be fresh enough for a save if its age counted from the question.
            let at = if job == Job::SaveCheck { answered } else { began };
            self.learn(job, at, pieces, now);
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
            Job::Recheck(_) => self.timers.recheck.ran(began, now),
            Job::Look(_) | Job::SaveCheck | Job::Save => {}
        }
    }

    fn learn(&mut self, job: Job, at: Moment, pieces: Vec<Piece>, now: Moment) {
        match job {
            Job::SaveCheck => return self.save_checked(at, &pieces),
            Job::Save => return self.save_answered(at, &pieces),
            Job::Whole | Job::Links | Job::Lists(_) | Job::Look(_) | Job::Accounting | Job::Recheck(_) => {}
        }
        let read = self.learn_pieces(at, pieces, job == Job::Whole);
        match job {
            Job::Whole => {
                self.connected();
                self.report_reading(at, Scope::Whole, read);
                self.settle_claims(now);
            }
            Job::Links => self.report_reading(at, Scope::Interfaces(BTreeSet::new()), read),
            Job::Lists(some) | Job::Look(some) => {
                self.dirty = true;
                self.report_reading(at, Scope::Interfaces(some), read);
            }
            Job::Recheck(some) => {
                self.dirty = true;
                self.looked_at_forwarding(now);
                self.report_reading(at, Scope::Interfaces(some), read);
            }
            Job::Accounting => self.settle_by_log(at, &read.accounting),
            Job::SaveCheck | Job::Save => {}
        }
    }

    pub(super) fn report_reading(&mut self, at: Moment, scope: Scope, read: Read) {
        let observation = self.observation(at, scope, read);
        self.report(Event::Observed(observation.into()));
    }
}
