//! A vPC pair without sockets, as a real one behaves: half a VLAN passes nothing while both peers live.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{super::*, bench::*};
use crate::net::{InterfaceName, SwitchName, VlanId, VlanSet};

/// How often a switch is read (rule 12), at first.
const POLL: Duration = Duration::from_secs(60);
/// From the start of a kernel to the first answer.
const BOOT: Duration = Duration::from_secs(60);
pub(super) const NAMES: [&str; 2] = ["leafa", "leafb"];

/// One switch of the pair.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) switch: FakeSwitch,
    /// It runs.
    pub(super) alive: bool,
    /// We reach it.
    pub(super) reached: bool,
    /// Its legs are up; after a start that takes as long as `delay restore`.
    pub(super) legs_up: bool,
    /// It does what it was told only when it is read next.
    pub(super) slow: bool,
    /// It drops every write, and nobody can tell what came of it.
    pub(super) deaf: bool,
    /// What its peer-link allows.
    pub(super) link: VlanSet,
    /// When its kernel started.
    pub(super) booted: Moment,
    /// Kept over a reload.
    startup: FakeSwitch,
}

/// Hosts 1 to 3 hang on vPC 1 to 3 (`port-channel11` and up on leafa, 21 and up on leafb), vmnic0 on leafa and vmnic1 on
/// leafb. Host 4 hangs with both on the two parents of FEX 101, host 5 on plain ports of both.
pub(super) struct PairBench {
    pub(super) tracker: Tracker,
    pub(super) now: Moment,
    pub(super) leaves: BTreeMap<SwitchName, Leaf>,
    pub(super) policy: Policy,
    pub(super) peer_link_up: bool,
    /// Whether switches save when they are told to; else nothing is heard of it.
    pub(super) saves: bool,
    /// Lines of somebody else.
    pub(super) foreign: BTreeSet<(SwitchName, InterfaceName, VlanId)>,
    store: Vec<Record>,
    slots: BTreeMap<SwitchName, Arc<Configure>>,
    poll: Moment,
    /// How often a switch is read.
    pub(super) pace: Duration,
}

/// The edge port of host `n` on a switch.
pub(super) fn port(name: &str, host: u16) -> InterfaceName {
    match host {
        1..=3 if name == "leafa" => InterfaceName::PortChannel(10 + host),
        1..=3 => InterfaceName::PortChannel(20 + host),
        4 => InterfaceName::EthernetLane(101, 1, 4),
        _ => InterfaceName::Ethernet(1, host),
    }
}

/// The physical port of host `n` on a switch.
pub(super) fn socket(host: u16) -> InterfaceName {
    match host {
        4 => InterfaceName::EthernetLane(101, 1, 4),
        _ => InterfaceName::Ethernet(1, host),
    }
}

impl PairBench {
    /// Five hosts, no VM, both switches read; VLAN 5 is foreign on every port.
    pub(super) fn new() -> Self {
        Self::of(policy())
    }

    pub(super) fn of(policy: Policy) -> Self {
        let leaf = |name: &&str| {
            let ports = (1..=5).map(|host| (port(name, host), VlanSet::from(vlan(5)))).collect();
            let switch = FakeSwitch { ports, vlans: "1,5".parse().expect("a list"), ..FakeSwitch::default() };
            let startup = switch.clone();
            Leaf {
                switch,
                alive: true,
                reached: true,
                legs_up: true,
                slow: false,
                deaf: false,
                link: VlanSet::all(),
                booted: Moment::default(),
                startup,
            }
        };
        let foreign = |name: &&str| {
            let name = (*name).to_owned();
            (1..=5).map(move |host| (name.as_str().into(), port(&name, host), vlan(5)))
        };
        let now = Moment::from_unix_ms(1_000_000);
        let mut bench = Self {
            tracker: Tracker::new(Arc::new(policy.clone()), &[], false, None),
            now,
            leaves: NAMES.iter().map(|name| ((*name).into(), leaf(name))).collect(),
            policy,
            peer_link_up: true,
            saves: false,
            foreign: NAMES.iter().flat_map(foreign).collect(),
            store: Vec::new(),
            slots: BTreeMap::new(),
            poll: now,
            pace: POLL,
        };
        bench.read_all();
        bench.list(&[]);
        bench
    }

    /// A whole listing of vCenter, with what each host hears.
    pub(super) fn list(&mut self, vms: &[Vm]) {
        self.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
        self.send(Event::ResyncBegan(vc()));
        (10..40).for_each(|number| self.send(Event::PortGroupSeen(Arc::new(group(number)))));
        (1..=5).for_each(|number| self.send(Event::HostSeen(Arc::new(host(number)))));
        vms.iter().for_each(|vm| self.send(Event::VmSeen(Arc::new(vm.clone()))));
        self.send(Event::ResyncEnded(vc()));
        (1..=5).for_each(|number| self.hear(number, &[0, 1]));
    }

    /// What these pnics of a host hear: vmnic0 leafa, vmnic1 leafb.
    pub(super) fn hear(&mut self, number: u16, pnics: &[u8]) {
        let hint = |nic: &u8| Hint {
            pnic: format!("vmnic{nic}"),
            protocol: Discovery::Lldp,
            system_name: Some(NAMES[usize::from(*nic)].to_owned()),
            serial: None,
            chassis: None,
            port: socket(number).to_string(),
            interface: Some(socket(number)),
        };
        self.send(Event::HintsSeen { host: host_id(number), hints: pnics.iter().map(hint).collect() });
    }

    /// A new controller on the same store.
    pub(super) fn restart(&mut self) {
        self.slots.clear();
        self.tracker = Tracker::new(Arc::new(self.policy.clone()), &self.store, false, None);
        self.read_all();
    }

    pub(super) fn leaf(&mut self, name: &str) -> &mut Leaf {
        self.leaves.get_mut(&name.into()).expect("a leaf")
    }

    /// What a switch was last told.
    pub(super) fn told(&self, name: &str) -> Option<&Configure> {
        self.slots.get(&name.into()).map(AsRef::as_ref)
    }

    /// Reads every switch that we reach; what cannot be reached is lost.
    pub(super) fn read_all(&mut self) {
        for name in NAMES {
            self.read(name);
        }
    }

    pub(super) fn read(&mut self, name: &str) {
        self.now = self.now + Duration::from_millis(1);
        if !self.leaves[&name.into()].answers() {
            self.send(Event::SwitchLost { switch: name.into(), why: "it does not answer".into() });
            return;
        }
        let observation = self.observation(&name.into(), None);
        self.send(Event::Observed(Arc::new(observation)));
        if let Some(intent) = self.slots.get(&name.into()).cloned() {
            self.configure(&intent).into_iter().for_each(|event| self.send(event));
        }
    }

    pub(super) fn seen(&mut self, vm: Vm) {
        self.send(Event::VmSeen(Arc::new(vm)));
    }

    /// A switch dies, or starts with its startup-config; its legs stay down until they are brought up.
    pub(super) fn live(&mut self, name: &str, alive: bool) {
        if alive && !self.leaf(name).alive {
            self.boot(name);
        }
        self.leaf(name).alive = alive;
        self.read_all();
    }

    fn boot(&mut self, name: &str) {
        let started = self.now;
        self.now = self.now + BOOT;
        let leaf = self.leaf(name);
        let (writes, removed) = (leaf.switch.writes, leaf.switch.removed.clone());
        leaf.switch = FakeSwitch { writes, removed, refuses: leaf.switch.refuses.clone(), ..leaf.startup.clone() };
        (leaf.legs_up, leaf.booted) = (false, started);
        let there = leaf.switch.ports.clone();
        self.foreign.retain(|(at, port, vlan)| at.as_str() != name || there[port].contains(*vlan));
    }

    pub(super) fn reach(&mut self, name: &str, reached: bool) {
        self.leaf(name).reached = reached;
        self.read_all();
    }

    pub(super) fn refuse(&mut self, name: &str, vlans: &str) {
        self.leaf(name).switch.refuses = if vlans.is_empty() { VlanSet::EMPTY } else { vlans.parse().expect("a list") };
    }

    /// Somebody adds a VLAN by hand, if it is not there.
    pub(super) fn add_by_hand(&mut self, name: &str, host: u16, number: u16) {
        let at = port(name, host);
        let leaf = self.leaf(name);
        if leaf.alive && leaf.switch.ports.get_mut(&at).is_some_and(|list| list.insert(vlan(number))) {
            self.foreign.insert((name.into(), at, vlan(number)));
        }
    }

    /// Time passes; switches are read as often as they are, and their legs come up after the first minute.
    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let due = self.tracker.next_deadline(self.now).map_or(self.poll, |next| next.min(self.poll));
            if due > end {
                break;
            }
            self.now = due.max(self.now + Duration::from_millis(1));
            match self.now >= self.poll {
                true => self.poll(),
                false => self.send(Event::Woke),
            }
        }
        self.now = end.max(self.now);
        self.send(Event::Woke);
    }

    fn poll(&mut self) {
        self.poll = self.now + self.pace;
        self.read_all();
        self.leaves.values_mut().for_each(|leaf| leaf.legs_up = leaf.alive);
    }

    /// Hands one fact in and does all that comes out of it, at once.
    pub(super) fn send(&mut self, event: Event) {
        let mut queue = VecDeque::from([event]);
        while let Some(event) = queue.pop_front() {
            for intent in self.tracker.handle(event, self.now) {
                match intent {
                    Intent::Configure(intent) => {
                        self.slots.insert(intent.switch.clone(), intent.clone());
                        if !self.leaves[&intent.switch].slow {
                            queue.extend(self.configure(&intent));
                        }
                    }
                    Intent::Observe { switch, interfaces } => queue.extend(self.look(&switch, interfaces)),
                    Intent::Journal(records) => {
                        self.store.extend(records.clone());
                        queue.push_back(Event::Recorded(records));
                    }
                    Intent::Save { switch } => queue.extend(self.save(&switch)),
                    Intent::Brake(_) | Intent::Met { .. } => {}
                }
            }
        }
    }

    fn configure(&mut self, intent: &Configure) -> Vec<Event> {
        let leaf = self.leaves.get_mut(&intent.switch).expect("a leaf");
        let steps = steps(intent, &leaf.switch, self.now);
        if !leaf.answers() || steps.is_empty() {
            return Vec::new();
        }
        let (at, now) = (intent.switch.clone(), self.now);
        let claim = |(place, vlan, add): &(Place, VlanId, bool)| {
            let cause = String::new();
            let what = if *add { What::Claimed { cause } } else { What::Withdrawing { cause } };
            Record { at: now, switch: at.clone(), serial: intent.serial.clone(), place: *place, vlan: *vlan, what }
        };
        let claims: Vec<Record> = steps.iter().map(claim).collect();
        self.store.extend(claims.clone());
        leaf.switch.writes += 1;
        let unknown = |place: Place, vlan| Outcome { place, vlan, result: StepResult::Unknown("cut off".into()) };
        let results = steps.iter().map(|(place, vlan, add)| match leaf.deaf {
            true => unknown(*place, *vlan),
            false => leaf.switch.apply(*place, *vlan, *add),
        });
        let results = results.collect();
        self.now = self.now + Duration::from_millis(1);
        let touched = steps.iter().filter_map(|(place, _, _)| match place {
            Place::Interface(interface) => Some(*interface),
            Place::VlanDatabase => None,
        });
        let observation = self.observation(&at, Some(touched.collect()));
        let done = Done { switch: at, serial: intent.serial.clone(), generation: intent.generation, results };
        vec![Event::Recorded(claims), Event::Observed(Arc::new(observation)), Event::Done(done)]
    }

    /// Copies running-config to startup-config, where this bench does.
    fn save(&mut self, name: &SwitchName) -> Option<Event> {
        let leaf = self.leaves.get_mut(name).filter(|leaf| self.saves && leaf.answers())?;
        leaf.startup = leaf.switch.clone();
        Some(Event::Saved { switch: name.clone(), at: self.now, outcome: SaveOutcome::Saved })
    }

    fn look(&self, name: &SwitchName, interfaces: BTreeSet<InterfaceName>) -> Option<Event> {
        let leaf = self.leaves[name].answers().then(|| &self.leaves[name])?;
        let macs = leaf.switch.macs.iter().filter(|(interface, _, _)| interfaces.contains(interface));
        let macs = macs.map(|(interface, vlan, mac)| MacEntry { vlan: *vlan, mac: *mac, interface: *interface });
        let observation = Observation {
            macs: Some(macs.collect()),
            ports: BTreeMap::new(),
            vlans: None,
            ..self.observation(name, Some(interfaces))
        };
        Some(Event::Observed(Arc::new(observation)))
    }

    pub(super) fn findings(&mut self) -> Vec<(FindingKind, String)> {
        let found = self.tracker.findings(self.now).into_iter();
        found.map(|finding| (finding.kind, format!("{}: {}", finding.subject, finding.text))).collect()
    }

    pub(super) fn finds(&mut self, kind: FindingKind) -> bool {
        self.findings().iter().any(|(found, _)| *found == kind)
    }

    /// Whether a host's edge port on this switch is set up for a VLAN.
    pub(super) fn has(&self, name: &str, host: u16, number: u16) -> bool {
        let switch = &self.leaves[&name.into()].switch;
        switch.vlans.contains(vlan(number)) && switch.ports[&port(name, host)].contains(vlan(number))
    }

    /// Whether the peers stand side by side over the peer-link.
    pub(super) fn adjacent(&self) -> bool {
        self.peer_link_up && self.leaves.values().all(|leaf| leaf.alive)
    }

    /// What the data plane does: whether frames of a VLAN pass between host and fabric.
    pub(super) fn passes(&self, host: u16, number: u16) -> bool {
        NAMES.iter().any(|name| self.forwards(name, host, number))
    }

    /// Whether one switch forwards a VLAN on a host's port: on a vPC only what both peers have, legs and peer-link alike.
    pub(super) fn forwards(&self, name: &str, host: u16, number: u16) -> bool {
        let leaf = &self.leaves[&name.into()];
        let other = NAMES.iter().find(|other| **other != name).expect("a peer");
        let linked = self.leaves.values().all(|leaf| leaf.link.contains(vlan(number)));
        let common = !self.adjacent() || host > 4 || (self.has(other, host, number) && linked);
        // With the peer-link down and the primary in service, the secondary takes its legs down.
        let primary = &self.leaves[&"leafa".into()];
        let suspended = !self.peer_link_up && name == "leafb" && primary.alive && primary.legs_up && host <= 4;
        leaf.alive && (leaf.legs_up || host > 4) && self.has(name, host, number) && common && !suspended
    }
}

impl Leaf {
    fn answers(&self) -> bool {
        self.alive && self.reached
    }
}
