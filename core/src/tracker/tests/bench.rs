//! A whole small data centre without sockets: what is asserted is what a VM's frames would do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::super::*;
pub(super) use super::{
    fake_switch::{FakeSwitch, steps},
    inventory::*,
};
use crate::net::{InterfaceName, SwitchName, VlanId, VlanSet};

pub(super) const HOLD_DOWN: Duration = Duration::from_secs(60);

/// The bench. Host `n` hangs with vmnic0 on `leafa Ethernet1/n` and with vmnic1 on `leafb Ethernet1/n`.
pub(super) struct Bench {
    pub(super) tracker: Tracker,
    pub(super) now: Moment,
    pub(super) switches: BTreeMap<SwitchName, FakeSwitch>,
    pub(super) store: Vec<Record>,
    pub(super) policy: Policy,
    heard: BTreeSet<SwitchName>,
    slots: BTreeMap<SwitchName, Arc<Configure>>,
}

pub(super) fn policy() -> Policy {
    let switch = |name: &str| {
        let policy =
            SwitchPolicy { mode: Mode::both(Act::Enforce), allowed: None, interfaces: BTreeMap::new(), vpc_peer: None };
        (name.into(), policy)
    };
    Policy {
        hold_down: HOLD_DOWN,
        pace: Pace::Guarded,
        allowed: "2-3000".parse().ok(),
        vcenters: BTreeMap::from([("vc".into(), VcenterPolicy::default())]),
        switches: BTreeMap::from([switch("leafa"), switch("leafb")]),
        ..Policy::default()
    }
}

impl Bench {
    /// Three hosts, no VM, both switches read; VLAN 5 is foreign on every port.
    pub(super) fn new() -> Self {
        let mut bench = Self::unconnected();
        bench.read_switches();
        bench.list(&[1, 2, 3], &[]);
        bench
    }

    pub(super) fn unconnected() -> Self {
        let ports = (1..=3).map(|port| (InterfaceName::Ethernet(1, port), VlanSet::from(vlan(5)))).collect();
        let switch = FakeSwitch { ports, vlans: "1,5".parse().expect("a list"), ..FakeSwitch::default() };
        let policy = policy();
        Self {
            tracker: Tracker::new(Arc::new(policy.clone()), &[], false, None),
            now: Moment::from_unix_ms(1_000_000),
            switches: ["leafa", "leafb"].into_iter().map(|name| (name.into(), switch.clone())).collect(),
            store: Vec::new(),
            policy,
            heard: ["leafa", "leafb"].into_iter().map(Into::into).collect(),
            slots: BTreeMap::new(),
        }
    }

    /// A new controller on the same store and the same switches.
    pub(super) fn restart(&mut self) {
        self.tracker = Tracker::new(Arc::new(self.policy.clone()), &self.store, false, None);
        self.read_switches();
    }

    /// A whole listing of vCenter, with what each host hears.
    pub(super) fn list(&mut self, hosts: &[u16], vms: &[Vm]) {
        self.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
        self.send(Event::ResyncBegan(vc()));
        for number in 10..40 {
            self.send(Event::PortGroupSeen(Arc::new(group(number))));
        }
        for number in hosts {
            self.send(Event::HostSeen(Arc::new(host(*number))));
        }
        for vm in vms {
            self.send(Event::VmSeen(Arc::new(vm.clone())));
        }
        self.send(Event::ResyncEnded(vc()));
        for number in hosts {
            self.hear(*number, ["leafa", "leafb"]);
        }
    }

    /// What the two pnics of a host hear.
    pub(super) fn hear(&mut self, number: u16, switches: [&str; 2]) {
        let hint = |(nic, switch): (usize, &str)| Hint {
            pnic: format!("vmnic{nic}"),
            protocol: Discovery::Lldp,
            system_name: Some(switch.to_owned()),
            serial: None,
            chassis: None,
            port: format!("Ethernet1/{number}"),
            interface: Some(InterfaceName::Ethernet(1, number)),
        };
        let hints = switches.into_iter().enumerate().map(hint).collect();
        self.send(Event::HintsSeen { host: host_id(number), hints });
    }

    pub(super) fn read_switches(&mut self) {
        for name in ["leafa", "leafb"] {
            let observation = self.observation(&name.into(), true);
            self.send(Event::Observed(Arc::new(observation)));
        }
    }

    pub(super) fn seen(&mut self, vm: Vm) {
        self.send(Event::VmSeen(Arc::new(vm)));
    }

    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.tracker.next_deadline(self.now).filter(|next| *next <= end) {
            self.now = next.max(self.now + Duration::from_millis(1));
            self.send(Event::Woke);
        }
        self.now = end;
        self.send(Event::Woke);
    }

    /// Hands one fact in and does all that comes out of it, at once.
    pub(super) fn send(&mut self, event: Event) {
        let mut queue = std::collections::VecDeque::from([event]);
        while let Some(event) = queue.pop_front() {
            for intent in self.tracker.handle(event, self.now) {
                match intent {
                    Intent::Configure(intent) => {
                        self.slots.insert(intent.switch.clone(), intent.clone());
                        queue.extend(self.configure(&intent));
                    }
                    Intent::Observe { switch, interfaces } => queue.push_back(self.look(&switch, interfaces)),
                    Intent::Journal(records) => {
                        self.store.extend(records.clone());
                        queue.push_back(Event::Recorded(records));
                    }
                    Intent::Brake(_) | Intent::Met { .. } | Intent::Save { .. } => {}
                }
            }
        }
    }

    pub(super) fn listens(&self, name: &SwitchName) -> bool {
        self.heard.contains(name)
    }

    /// A switch stops listening, or reads itself and does what lies in its slot.
    pub(super) fn listen(&mut self, name: &str, listens: bool) {
        if !listens {
            self.heard.remove(&name.into());
            return;
        }
        self.heard.insert(name.into());
        self.now = self.now + Duration::from_millis(1);
        self.read_switches();
        if let Some(intent) = self.slots.get(&name.into()).cloned() {
            self.configure(&intent).into_iter().for_each(|event| self.send(event));
        }
    }

    fn configure(&mut self, intent: &Configure) -> Vec<Event> {
        if !self.heard.contains(&intent.switch) {
            return Vec::new();
        }
        let steps = steps(intent, &self.switches[&intent.switch], self.now);
        let adds = steps.iter().filter(|(_, _, add)| *add);
        let records = adds
            .map(|(place, vlan, _)| self.record(intent, *place, *vlan, What::Claimed { cause: String::new() }))
            .collect();
        let goes = steps.iter().filter(|(_, _, add)| !*add);
        let gone: Vec<Record> = goes
            .map(|(place, vlan, _)| self.record(intent, *place, *vlan, What::Withdrawing { cause: String::new() }))
            .collect();
        let claims: Vec<Record> = Vec::into_iter(records).chain(gone).collect();
        if claims.is_empty() {
            return Vec::new();
        }
        self.store.extend(claims.clone());
        let switch = self.switches.get_mut(&intent.switch).expect("a switch");
        switch.writes += 1;
        let results = steps.iter().map(|(place, vlan, add)| switch.apply(*place, *vlan, *add)).collect();
        self.now = self.now + Duration::from_millis(1);
        let (name, serial) = (intent.switch.clone(), intent.serial.clone());
        let observation = self.observation(&name, false);
        let done = Done { switch: name, serial, generation: intent.generation, results };
        vec![Event::Recorded(claims), Event::Observed(Arc::new(observation)), Event::Done(done)]
    }

    fn record(&self, intent: &Configure, place: Place, vlan: VlanId, what: What) -> Record {
        Record { at: self.now, switch: intent.switch.clone(), serial: intent.serial.clone(), place, vlan, what }
    }

    fn look(&self, name: &SwitchName, interfaces: BTreeSet<InterfaceName>) -> Event {
        let macs = self.switches[name].macs.iter();
        let macs = macs.map(|(interface, vlan, mac)| MacEntry { vlan: *vlan, mac: *mac, interface: *interface });
        let macs = Some(macs.collect());
        let scope = Scope::Interfaces(interfaces);
        Event::Observed(Arc::new(Observation {
            scope,
            macs,
            ports: BTreeMap::new(),
            vlans: None,
            ..self.observation(name, false)
        }))
    }

    pub(super) fn observation(&self, name: &SwitchName, whole: bool) -> Observation {
        let switch = &self.switches[name];
        let port = |list: &VlanSet| Port {
            mode: PortMode::Trunk,
            allowed: Allowed::List(list.clone()),
            native: switch.native,
            up: Some(true),
            forwarding: None,
            edge: true,
        };
        let identity = Identity {
            hostname: name.to_string(),
            serial: format!("S-{name}"),
            platform: "N9K".into(),
            version: "10".into(),
        };
        let nic = u8::from(name.as_str() == "leafb");
        let neighbor = |interface: &InterfaceName| {
            let InterfaceName::Ethernet(_, number) = *interface else { panic!("the bench has plain ports") };
            let macs = BTreeSet::from([mac(1, number, nic)]);
            Neighbor { interface: *interface, protocol: Discovery::Lldp, system_name: None, port: String::new(), macs }
        };
        Observation {
            switch: name.clone(),
            at: self.now,
            scope: if whole { Scope::Whole } else { Scope::Interfaces(switch.ports.keys().copied().collect()) },
            identity: whole.then_some(identity),
            booted: whole.then(Moment::default),
            ports: switch.ports.iter().map(|(interface, list)| (*interface, port(list))).collect(),
            vlans: Some(VlanDatabase {
                present: switch.vlans.clone(),
                active: switch.vlans.clone(),
                reserved: "3968-4094".parse().expect("a list"),
            }),
            port_channels: whole.then(BTreeMap::new),
            neighbors: whole.then(|| switch.ports.keys().map(neighbor).collect()),
            macs: None,
            vpc: None,
            fexes: None,
            owners: None,
        }
    }

    /// Whether frames of VLAN `number` pass port `port` on both switches.
    pub(super) fn passes(&self, port: u16, number: u16) -> bool {
        self.switches.values().all(|switch| switch.passes(port, number))
    }

    pub(super) fn findings(&mut self) -> Vec<(FindingKind, String)> {
        self.tracker
            .findings(self.now)
            .into_iter()
            .map(|finding| (finding.kind, format!("{}: {}", finding.subject, finding.text)))
            .collect()
    }

    pub(super) fn finds(&mut self, kind: FindingKind) -> bool {
        self.findings().iter().any(|(found, _)| *found == kind)
    }
}
