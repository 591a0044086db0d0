//! The driver: one queue of what is to happen, one virtual clock, the lab's models, and one controller between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use vmtracker::lab::{
    judge::Judge,
    model::{
        LabTime,
        dataplane::{Cabling, Chatter, End, Place},
        plant,
        switch::{Arrival, Delays, HttpRequest, Ticket},
        vcenter::Vcenter,
        world::{Observer, World},
    },
    topology::Topology,
};
use vmtracker_core::{
    net::MoId,
    nexus::session::{Action, Input, Ticket as Question},
    tracker::{Event, Intent, Moment, Permit, Policy, Record},
};

use super::{
    breaks::Broken,
    case::Shape,
    controller::{Controller, HOLD_DOWN, Store, policy},
    ends::Ends,
    hands::{Hands, Line, Lists, lists},
    nexus::{Exchange, Step},
    vcenter::Polled,
};

/// What the clock of the world shows at the beginning.
const EPOCH_MS: u64 = 1_700_000_000_000;
/// A switch that has nothing else to do answers like this.
pub(super) const QUICK: Delays = Delays { read: Duration::from_millis(15), write: Duration::from_millis(40) };
/// From one actor to another, or over a short wire.
const HOP: Duration = Duration::from_millis(1);
/// A commit with its sync.
const COMMIT: Duration = Duration::from_millis(2);
/// A commit that failed is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a permit is good.
const PERMIT: Duration = Duration::from_secs(30);
/// From a change in vCenter to the answer of the long poll.
const NEWS: Duration = Duration::from_millis(5);
/// More steps than any case needs: a controller that goes in circles without time passing.
const STEPS: u64 = 300_000;

/// What is to happen.
pub(super) enum Happening {
    /// The poll with this number of a vCenter.
    Poll(u64, String, u64),
    Fact(u64, Event),
    Input(u64, String, Input),
    /// A commit, and the claim that waits for it.
    Commit(u64, Vec<Record>, Option<(String, Question)>),
    /// A request's time on the switch is over.
    Serve(String, Box<HttpRequest>, Ticket, Exchange),
    /// A vMotion ends, well or not.
    Arrive(String, MoId, bool),
    /// A controller starts.
    Boot,
    /// Something that failed for a while works again.
    Mended(Mended),
    /// The same, between switches and hosts.
    Unbroken(Broken),
}

/// What works again.
pub(super) enum Mended {
    Store,
    Switch(String),
    Vcenter(String),
}

/// The whole simulation.
pub(super) struct Sim {
    pub(super) now: LabTime,
    queue: BTreeMap<(LabTime, u64), Happening>,
    number: u64,
    pub(super) world: World,
    pub(super) cabling: Arc<Cabling>,
    pub(super) judge: Judge,
    chatter: Chatter,
    pub(super) hands: Hands,
    /// The lists of switches that lost their power, as they were then.
    pub(super) dark: BTreeMap<String, Lists>,
    pub(super) ends: Ends,
    pub(super) roster: Vec<(String, MoId)>,
    pub(super) store: Store,
    pub(super) controller: Option<Controller>,
    pub(super) life: u64,
    pub(super) shape: Shape,
    policy: Arc<Policy>,
    /// The bodies of all requests to switches.
    pub(super) sent: Vec<Vec<u8>>,
}

impl Sim {
    /// The data centre, and a controller that starts now.
    pub(super) fn new(shape: Shape) -> Self {
        Self::of(&shape.topology(), shape, |_| {})
    }

    /// A data centre that a test built from a shape, with what it decides otherwise.
    pub(super) fn of(topology: &Topology, shape: Shape, decide: impl FnOnce(&mut Policy)) -> Self {
        let mut switches = topology.switches(EPOCH_MS);
        switches.values_mut().for_each(|switch| switch.delays = QUICK);
        let vcenters = topology.vcenters(EPOCH_MS).expect("a consistent topology");
        let cabling = Arc::new(topology.cabling());
        let judge = Judge::new(&switches, Arc::clone(&cabling), QUICK.write, HOLD_DOWN);
        let names = vcenters.iter().flat_map(|(name, vcenter)| vcenter.vms().map(|vm| (name.clone(), vm.id.clone())));
        let roster = names.collect();
        let world = World { switches, vcenters, observers: Vec::new() };
        let mut policy = policy(&world);
        decide(&mut policy);
        let mut sim = Self {
            now: LabTime::ZERO,
            queue: BTreeMap::new(),
            number: 0,
            roster,
            world,
            chatter: Chatter::new(Arc::clone(&cabling)),
            cabling,
            judge,
            hands: Hands::default(),
            dark: BTreeMap::new(),
            ends: Ends::default(),
            store: Store::default(),
            controller: None,
            life: 0,
            shape,
            policy: Arc::new(policy),
            sent: Vec::new(),
        };
        sim.boot();
        sim
    }

    /// The same VLAN on every port of the bundle that a line's port belongs to.
    pub(super) fn legs(&self, line: &Line) -> BTreeSet<Line> {
        let place = Place::new(&line.0, line.1);
        let ends: Vec<End> = self.cabling.cables().into_iter().map(|(_, _, end)| end).collect();
        let mine = ends.iter().find(|end| end.places.contains(&place)).and_then(|end| end.bundle.as_ref());
        let bundle = ends.iter().filter(|end| mine.is_some() && end.bundle.as_ref() == mine);
        let places = bundle.flat_map(|end| &end.places).chain([&place]);
        places.map(|place| (place.switch.to_string(), place.interface, line.2)).collect()
    }

    pub(super) const fn moment(&self) -> Moment {
        Moment::from_unix_ms(EPOCH_MS + self.now.as_millis() as u64)
    }

    pub(super) fn after(&mut self, span: Duration, what: Happening) {
        self.number += 1;
        self.queue.insert((self.now + span, self.number), what);
    }

    /// Lets time pass, and everything happen that is due.
    pub(super) fn run(&mut self, span: Duration) {
        let until = self.now + span;
        for _ in 0..STEPS {
            match self.next().filter(|at| *at <= until) {
                Some(at) => self.now = self.now.max(at),
                None => {
                    self.now = until;
                    return;
                }
            }
            self.step();
            self.notice();
        }
        panic!("the controller goes in circles at {:?}", self.now);
    }

    fn next(&self) -> Option<LabTime> {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let woken = self.controller.as_ref().and_then(Controller::next_wake).map(|at| self.time_of(at));
        let devices = self.world.vcenters.values().filter_map(Vcenter::next_deadline);
        queued.into_iter().chain(woken).chain(devices).chain(plant::next_deadline(&self.world.switches)).min()
    }

    /// A tick after a deadline: it has passed when somebody looks.
    fn time_of(&self, at: Moment) -> LabTime {
        (Duration::from_millis(at.unix_ms().saturating_sub(EPOCH_MS)) + HOP).max(self.now)
    }

    fn step(&mut self) {
        let now = self.now;
        self.world.vcenters.values_mut().for_each(|vcenter| vcenter.advance(now));
        let queued = self.queue.first_entry().filter(|first| first.key().0 <= self.now);
        match queued.map(|first| first.remove()) {
            Some(what) => self.happen(what),
            // Time alone changed something on the devices: they are looked at after every step.
            None if self.pass() => {}
            None => self.wake(),
        }
    }

    /// Does what is due on vCenters and switches; whether there was something.
    fn pass(&mut self) -> bool {
        let now = self.now;
        let is_due = |at: Option<LabTime>| at.is_some_and(|at| at <= now);
        let mut was_due = is_due(plant::next_deadline(&self.world.switches));
        for vcenter in self.world.vcenters.values_mut() {
            was_due |= is_due(vcenter.next_deadline());
            vcenter.finish_due(now);
        }
        was_due
    }

    fn wake(&mut self) {
        let Some(woken) = self.controller.as_ref().and_then(Controller::first_to_wake) else { return };
        match woken {
            None => self.feed_tracker(Event::Woke),
            Some(switch) => self.feed_session(&switch, Input::Woke),
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Poll(life, vcenter, number) if life == self.life => self.poll(&vcenter, number),
            Happening::Fact(life, event) if life == self.life => self.feed_tracker(event),
            Happening::Input(life, switch, input) if life == self.life => self.feed_session(&switch, input),
            Happening::Commit(life, records, claim) if life == self.life => self.commit(records, claim),
            // Whom this was for has died.
            Happening::Poll(..) | Happening::Fact(..) | Happening::Input(..) | Happening::Commit(..) => {}
            Happening::Serve(switch, request, ticket, exchange) => self.serve(&switch, &request, &ticket, exchange),
            Happening::Arrive(vcenter, vm, well) => self.arrive(&vcenter, &vm, well),
            Happening::Boot => self.boot(),
            Happening::Mended(what) => self.mend(what),
            Happening::Unbroken(what) => self.unbreak(&what),
        }
    }

    /// After every step: guests speak on links as they are, the judge looks, and vCenters that changed answer their long polls.
    pub(super) fn notice(&mut self) {
        self.chatter.speak(&mut self.world, self.now);
        self.notice_boots();
        self.judge.changed(&self.world.switches, &self.world.vcenters, self.now);
        let Some(controller) = &mut self.controller else { return };
        for (name, number) in controller.changed(&self.world.vcenters) {
            self.after(NEWS, Happening::Poll(self.life, name, number));
        }
    }

    /// A controller starts on the same store.
    pub(super) fn boot(&mut self) {
        let now = self.moment();
        let controller = Controller::start(&self.world, Arc::clone(&self.policy), &self.store, now);
        for switch in self.world.switches.keys().cloned().collect::<Vec<_>>() {
            self.after(HOP, Happening::Input(self.life, switch, Input::Woke));
        }
        for vcenter in self.world.vcenters.keys().cloned().collect::<Vec<_>>() {
            self.after(HOP, Happening::Poll(self.life, vcenter, 0));
        }
        self.controller = Some(controller);
    }

    fn poll(&mut self, name: &str, number: u64) {
        let Some(vcenter) = self.world.vcenters.get_mut(name) else { return };
        let Some(controller) = &mut self.controller else { return };
        let Some(Polled { events, again, .. }) = controller.poll(name, number, vcenter, self.now) else { return };
        if let Some(upto) = vcenter.told_upto() {
            self.judge.told(name, upto, self.now);
        }
        let next = controller.asked(name);
        for event in events {
            self.after(Duration::ZERO, Happening::Fact(self.life, event));
        }
        self.after(again.saturating_sub(self.now), Happening::Poll(self.life, name.to_owned(), next));
    }

    fn feed_tracker(&mut self, event: Event) {
        let now = self.moment();
        let Some(controller) = &mut self.controller else { return };
        for intent in controller.tell(event, now) {
            let life = self.life;
            match intent {
                Intent::Configure(intent) => {
                    let switch = intent.switch.to_string();
                    self.after(HOP, Happening::Input(life, switch, Input::Intent(intent)));
                }
                Intent::Observe { switch, interfaces } => {
                    self.after(HOP, Happening::Input(life, switch.to_string(), Input::Look(interfaces)));
                }
                Intent::Journal(records) => self.after(COMMIT, Happening::Commit(life, records, None)),
                Intent::Brake(brake) => self.store.brake = brake,
                Intent::Save { switch } => {
                    self.after(HOP, Happening::Input(life, switch.to_string(), Input::Save));
                }
                Intent::Met { .. } => {}
            }
        }
    }

    fn feed_session(&mut self, switch: &str, input: Input) {
        let now = self.moment();
        let Some(controller) = &mut self.controller else { return };
        for action in controller.drive(switch, input, now) {
            let life = self.life;
            match action {
                Action::Read(ticket, queries) => self.send(switch, Exchange::read(life, ticket, queries)),
                Action::Claim(ticket, records) => {
                    self.after(COMMIT, Happening::Commit(life, records, Some((switch.to_owned(), ticket))));
                }
                Action::Write(ticket, batch) => {
                    let device = &self.world.switches[switch];
                    self.hands.sends(device, &batch, self.now);
                    self.send(switch, Exchange::write(life, ticket, &batch));
                }
                Action::Report(event) => self.after(Duration::ZERO, Happening::Fact(life, event)),
            }
        }
    }

    /// What is durable is told to the tracker before the permit is out.
    fn commit(&mut self, records: Vec<Record>, claim: Option<(String, Question)>) {
        let life = self.life;
        if self.store.broken {
            match claim {
                Some((switch, ticket)) => {
                    let refused = Input::Claimed(ticket, Err("the disk is full".to_owned()));
                    self.after(HOP, Happening::Input(life, switch, refused));
                }
                None => self.after(AGAIN, Happening::Commit(life, records, None)),
            }
            return;
        }
        self.store.records.extend(records.iter().cloned());
        self.after(Duration::ZERO, Happening::Fact(life, Event::Recorded(records)));
        if let Some((switch, ticket)) = claim {
            let permit = Permit::grant(1, self.moment() + PERMIT);
            self.after(HOP, Happening::Input(life, switch, Input::Claimed(ticket, Ok(permit))));
        }
    }

    fn send(&mut self, switch: &str, exchange: Exchange) {
        let Some(request) = exchange.request(self.moment()) else {
            return self.after(HOP, Happening::Input(self.life, switch.to_owned(), exchange.end()));
        };
        self.sent.push(request.body.clone());
        let Some(device) = self.world.switches.get_mut(switch) else { return };
        match device.arrive(&request, self.now) {
            Arrival::Serve(ticket) => {
                self.judge.served(switch, exchange.is_write(), true, self.now);
                self.after(ticket.takes, Happening::Serve(switch.to_owned(), Box::new(request), ticket, exchange));
            }
            Arrival::Answer(reply) => self.answered(switch, exchange.take(&reply)),
        }
    }

    /// The switch does what it was told, whether or not anybody still waits for it.
    fn serve(&mut self, switch: &str, request: &HttpRequest, ticket: &Ticket, exchange: Exchange) {
        let Some(device) = self.world.switches.get_mut(switch) else { return };
        let before = lists(device);
        let reply = device.serve(request, ticket, self.now);
        let (after, alive) = (lists(device), exchange.life == self.life);
        self.hands.served(switch, &before, &after, alive, self.now);
        self.judge.served(switch, exchange.is_write(), false, self.now);
        if alive {
            self.answered(switch, exchange.take(&reply));
        }
    }

    fn answered(&mut self, switch: &str, step: Step) {
        match step {
            Step::More(exchange) => self.send(switch, exchange),
            Step::Over(input) => self.after(HOP, Happening::Input(self.life, switch.to_owned(), input)),
        }
    }
}
