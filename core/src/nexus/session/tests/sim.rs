//! A switch of two trunks, a clock, a journal, and a session between them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{
    super::{Action, Class, Failure, Input, Session, Ticket},
    fabric::Fabric,
};
use crate::{
    net::{InterfaceName, SwitchName, VlanId, VlanSet},
    nexus::{
        Answer, Batch, Guard, Piece, Query, Step,
        parse::{accounting, config::PortConfig, piece, piece_when_refused, ports::PortStatus},
    },
    tracker::{
        Act, Configure, Event, Identity, Mode, Moment, Pace, Permit, Place, Policy, PortMode, Record, SaveOutcome,
        StepResult, SwitchPolicy, VlanDatabase, What, Withdrawal,
    },
};

/// How long the switch has been running, whenever it is asked.
pub(super) const UPTIME: Duration = Duration::from_secs(100);
pub(super) const PORT: InterfaceName = InterfaceName::Ethernet(1, 1);
pub(super) const OTHER: InterfaceName = InterfaceName::Ethernet(1, 2);

pub(super) fn set(text: &str) -> VlanSet {
    text.parse().unwrap()
}

pub(super) fn vlan(number: u16) -> VlanId {
    VlanId::new(number).unwrap()
}

/// What goes wrong with the next write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// The switch refuses this VLAN.
    Refuse(u16),
    /// It does it, and the connection breaks before the answer.
    CutAfter,
    /// The connection breaks before it does anything.
    CutBefore,
    /// The same, every time.
    AlwaysCut,
    /// Nothing answers any more, this read-back included.
    Dead,
}

#[derive(Debug)]
pub(super) struct Sim {
    pub(super) session: Session,
    pub(super) now: Moment,
    pub(super) ports: BTreeMap<InterfaceName, VlanSet>,
    pub(super) vlans: VlanSet,
    pub(super) log: String,
    pub(super) fault: Fault,
    pub(super) alive: bool,
    pub(super) store_works: bool,
    pub(super) serial: &'static str,
    pub(super) platform: &'static str,
    pub(super) claimed: BTreeSet<(Place, VlanId)>,
    pub(super) claims: usize,
    pub(super) writes: Vec<Vec<String>>,
    pub(super) reads: Vec<Vec<Query>>,
    pub(super) events: Vec<Event>,
    pub(super) queue: VecDeque<Action>,
    pub(super) fabric: Fabric,
    /// A save that the switch is still busy with, if it is told to take its time.
    pub(super) copying: Option<Ticket>,
    pub(super) copies_slowly: bool,
    generation: u64,
}

pub(super) fn policy() -> Policy {
    let own =
        SwitchPolicy { mode: Mode::both(Act::Enforce), allowed: None, interfaces: BTreeMap::new(), vpc_peer: None };
    Policy {
        hold_down: Duration::from_secs(5),
        pace: Pace::Unlimited,
        allowed: Some(set("2-4094")),
        switches: BTreeMap::from([(SwitchName::from("leaf1"), own)]),
        ..Policy::default()
    }
}

impl Sim {
    /// A switch whose two trunks allow VLAN 100 by somebody else's hand, and a session that has not begun.
    pub(super) fn new() -> Self {
        let now = Moment::from_unix_ms(1_700_000_000_000);
        let name = SwitchName::from("leaf1");
        let guard = Guard::new(&policy(), &name);
        Self {
            session: Session::new(name, "us".to_owned(), guard, now),
            now,
            ports: BTreeMap::from([(PORT, set("100")), (OTHER, set("100"))]),
            vlans: set("1-200"),
            log: String::new(),
            fault: Fault::None,
            alive: true,
            store_works: true,
            serial: "S1",
            platform: "N9K",
            claimed: BTreeSet::new(),
            claims: 0,
            writes: Vec::new(),
            reads: Vec::new(),
            events: Vec::new(),
            queue: VecDeque::new(),
            fabric: Fabric::default(),
            copying: None,
            copies_slowly: false,
            generation: 0,
        }
    }

    /// The same, connected.
    pub(super) fn up() -> Self {
        Self::with(|_| {})
    }

    /// A connected switch that `make` set up before.
    pub(super) fn with(make: impl FnOnce(&mut Self)) -> Self {
        let mut sim = Self::new();
        make(&mut sim);
        sim.feed(Input::Woke);
        assert!(sim.session.is_up());
        sim.events.clear();
        sim.reads.clear();
        sim
    }

    pub(super) fn feed(&mut self, input: Input) {
        self.push(input);
        while self.step() {}
    }

    pub(super) fn push(&mut self, input: Input) {
        self.queue.extend(self.session.handle(input, self.now));
    }

    /// Does one action; false when there is none.
    pub(super) fn step(&mut self) -> bool {
        let Some(action) = self.queue.pop_front() else {
            return false;
        };
        self.now = self.now + Duration::from_millis(20);
        match action {
            Action::Read(ticket, queries) => self.read(ticket, queries),
            Action::Claim(ticket, records) => self.claim(ticket, &records),
            Action::Write(ticket, batch) => self.write(ticket, &batch),
            Action::Report(event) => self.events.push(event),
        }
        true
    }

    /// Lets time pass, waking the session at its deadlines.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..2_000 {
            match self.session.next_deadline() {
                Some(deadline) if deadline <= end => {
                    self.now = self.now.max(deadline);
                    self.feed(Input::Woke);
                }
                Some(_) | None => break,
            }
        }
        self.now = self.now.max(end);
    }

    pub(super) fn intent(&mut self, present: &[(Place, &str)], absent: &[(Place, &str)], urgent: bool) {
        let intent = self.make(present, absent, urgent);
        self.feed(Input::Intent(intent));
    }

    /// The ledger holds claims of an earlier process.
    pub(super) fn inherit(&mut self, claims: &[(Place, u16)]) {
        let unsettled = claims.iter().map(|(place, number)| (*place, vlan(*number))).collect();
        let intent = Configure { unsettled, ..(*self.make(&[], &[], false)).clone() };
        self.feed(Input::Intent(Arc::new(intent)));
    }

    pub(super) fn make(&mut self, present: &[(Place, &str)], absent: &[(Place, &str)], urgent: bool) -> Arc<Configure> {
        self.generation += 1;
        let until = self.now + Duration::from_secs(60);
        let present: BTreeMap<_, _> = present.iter().map(|(place, vlans)| (*place, Arc::new(set(vlans)))).collect();
        let wanted = present.iter().flat_map(|(place, vlans)| vlans.iter().map(|vlan| (*place, vlan)));
        Arc::new(Configure {
            unsettled: BTreeSet::new(),
            peer_link: None,
            links: BTreeSet::new(),
            paired: false,
            switch: SwitchName::from("leaf1"),
            serial: "S1".to_owned(),
            generation: self.generation,
            causes: wanted.map(|key| (key, "web1 arrives".into())).collect(),
            urgent: if urgent {
                present.iter().map(|(place, vlans)| (*place, (**vlans).clone())).collect()
            } else {
                BTreeMap::new()
            },
            present,
            absent: absent.iter().map(|(place, vlans)| (*place, Withdrawal { vlans: set(vlans), until })).collect(),
        })
    }

    pub(super) fn results(&self) -> Vec<(Place, u16, StepResult)> {
        let done = self.events.iter().filter_map(|event| if let Event::Done(done) = event { Some(done) } else { None });
        let results = done.flat_map(|done| &done.results);
        results.map(|outcome| (outcome.place, outcome.vlan.get(), outcome.result.clone())).collect()
    }

    pub(super) fn lost(&self) -> Vec<String> {
        let why = |event: &'_ Event| if let Event::SwitchLost { why, .. } = event { Some(why.clone()) } else { None };
        self.events.iter().filter_map(why).collect()
    }

    /// Somebody types a line, which the accounting log keeps.
    pub(super) fn note(&mut self, user: &str, interface: InterfaceName, verb: &str, vlans: &VlanSet) {
        self.log.push_str(&format!(
            "Fri Jan 02 03:04:05 2026:type=update:id=192.0.2.8@pts/3:user={user}:cmd=configure terminal ; \
             interface {interface} ; switchport trunk allowed vlan {verb} {vlans} (SUCCESS)\n"
        ));
    }

    /// The switch is done with a save, well or not.
    pub(super) fn copied(&mut self) {
        let Some(ticket) = self.copying.take() else { return };
        let answer = self.answer(Query::Save);
        self.feed(Input::Read(ticket, Ok(vec![answer])));
    }

    pub(super) fn saved(&self) -> Vec<SaveOutcome> {
        let outcome =
            |event: &Event| if let Event::Saved { outcome, .. } = event { Some(outcome.clone()) } else { None };
        self.events.iter().filter_map(outcome).collect()
    }

    fn dead(&self) -> Failure {
        Failure { class: Class::Timeout, why: "leaf1 did not answer".to_owned() }
    }

    fn read(&mut self, ticket: Ticket, queries: Vec<Query>) {
        if queries == [Query::Save] {
            let waits = self.queue.iter().any(|action| matches!(action, Action::Claim(..) | Action::Write(..)));
            assert!(!self.session.is_writing() && !waits && self.copying.is_none(), "a save beside a write or a save");
            if self.copies_slowly {
                self.copying = Some(ticket);
                return self.reads.push(queries);
            }
        }
        let answer =
            if self.alive { Ok(queries.iter().map(|query| self.answer(*query)).collect()) } else { Err(self.dead()) };
        self.reads.push(queries);
        self.push(Input::Read(ticket, answer));
    }

    fn answer(&mut self, query: Query) -> Result<Piece, String> {
        let port = |vlans: &VlanSet| PortConfig {
            mode: Some(PortMode::Trunk),
            allowed: Some(vlans.clone()),
            ..PortConfig::default()
        };
        if self.fabric.refuses.contains(&query) {
            let words = "% Permission denied for the role";
            return piece_when_refused(query, words).ok_or_else(|| words.to_owned());
        }
        Ok(match query {
            Query::Version => {
                let identity = Identity {
                    hostname: "leaf1".to_owned(),
                    serial: self.serial.to_owned(),
                    platform: self.platform.to_owned(),
                    version: "9.3".to_owned(),
                };
                Piece::Version(identity, Some(UPTIME))
            }
            Query::Config => Piece::Config(self.ports.iter().map(|(name, vlans)| (*name, port(vlans))).collect()),
            Query::PortConfig(name) => {
                let vlans = self.ports.get(&name).ok_or("% Invalid interface")?;
                Piece::Config(BTreeMap::from([(name, port(vlans))]))
            }
            Query::Ports => {
                let up = PortStatus { mode: Some(PortMode::Trunk), up: true };
                Piece::Ports(self.ports.keys().map(|name| (*name, up.clone())).collect())
            }
            Query::Vlans => Piece::Vlans(VlanDatabase {
                present: self.vlans.clone(),
                active: self.vlans.clone(),
                reserved: set("3968-4094"),
            }),
            Query::PortChannels => Piece::PortChannels(self.fabric.channels.clone()),
            Query::Lldp | Query::Cdp => Piece::Neighbors(Vec::new()),
            Query::Macs(_) => Piece::Macs(Vec::new()),
            Query::AccountingLog => Piece::Accounting(accounting::parse(&self.log)),
            Query::Vpc | Query::Trunks | Query::Fex | Query::Features => {
                self.fabric.answer(query, self.now, &self.ports)
            }
            Query::FeatureSets => Piece::FeatureSets(BTreeSet::new()),
            Query::Vtp | Query::SystemMode | Query::SwitchProfiles => Piece::Silent(query),
            Query::Save => self.fabric.save(&mut self.log),
        })
    }

    fn claim(&mut self, ticket: Ticket, records: &[Record]) {
        self.claims += 1;
        if !self.store_works {
            return self.push(Input::Claimed(ticket, Err("disk full".to_owned())));
        }
        for record in records {
            assert!(matches!(record.what, What::Claimed { .. } | What::Withdrawing { .. }));
            self.claimed.insert((record.place, record.vlan));
        }
        let permit = Permit::grant(1, self.now + Duration::from_secs(10));
        self.push(Input::Claimed(ticket, Ok(permit)));
    }

    fn write(&mut self, ticket: Ticket, batch: &Batch) {
        self.writes.push(batch.lines().into_iter().map(|(_, line)| line).collect());
        let fault = self.fault;
        if fault != Fault::AlwaysCut {
            self.fault = Fault::None;
        }
        let mut refused = BTreeMap::new();
        if !matches!(fault, Fault::CutBefore | Fault::AlwaysCut) && self.alive {
            for (index, step) in batch.steps().iter().enumerate() {
                if matches!(fault, Fault::Refuse(number) if step.vlans().contains(vlan(number))) {
                    refused.insert(index, "ERROR: no".to_owned());
                    break;
                }
                self.apply(step);
            }
        }
        self.alive &= fault != Fault::Dead;
        let cut = matches!(fault, Fault::CutAfter | Fault::CutBefore | Fault::AlwaysCut | Fault::Dead) || !self.alive;
        let answer = if cut { Err(self.dead()) } else { Ok(refused) };
        self.push(Input::Wrote(ticket, answer));
    }

    /// Applies a step, and asserts what must hold of every one: it was claimed.
    fn apply(&mut self, step: &Step) {
        let claimed = |place| step.vlans().iter().all(|vlan| self.claimed.contains(&(place, vlan)));
        match step {
            Step::CreateVlans(vlans) => {
                assert!(claimed(Place::VlanDatabase), "unclaimed {step:?}");
                self.vlans = self.vlans.union(vlans);
            }
            Step::Allow { interface, vlans } => {
                assert!(claimed(Place::Interface(*interface)), "unclaimed {step:?}");
                let list = self.ports.get_mut(interface).unwrap();
                *list = list.union(vlans);
                self.fabric.allowed(*interface, vlans, self.now);
                self.note("us", *interface, "add", vlans);
            }
            Step::Remove { interface, vlans } => {
                assert!(claimed(Place::Interface(*interface)), "unclaimed {step:?}");
                let list = self.ports.get_mut(interface).unwrap();
                *list = list.difference(vlans);
                self.note("us", *interface, "remove", vlans);
            }
        }
    }
}

/// The parsers are part of the picture: the log of this switch is read by the real one.
#[test]
fn the_log_of_the_simulated_switch_can_be_read() {
    let mut sim = Sim::new();
    sim.note("us", PORT, "add", &set("7"));
    let read = piece(Query::AccountingLog, &Answer::Text(sim.log.clone())).unwrap();
    assert!(matches!(read, Piece::Accounting(entries) if entries.len() == 1));
}
