//! Switches with links between them, without sockets: what one is told, it does at once.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::{super::*, bench::*};
use crate::net::{InterfaceName, SwitchName, VlanId, VlanSet};

pub(super) const PEER_LINK: InterfaceName = InterfaceName::PortChannel(1);
const LEG: InterfaceName = InterfaceName::PortChannel(11);

/// Host `n` hangs with its only pnic on `s<n> Ethernet1/1`; on a switch of a pair that is the member of a leg.
pub(super) struct LinkBench {
    pub(super) tracker: Tracker,
    pub(super) now: Moment,
    pub(super) policy: Policy,
    pub(super) switches: BTreeMap<SwitchName, FakeSwitch>,
    /// The two switches of each cable; cable `k` is in `Ethernet1/<50+k>` on both.
    pub(super) cables: Vec<(u16, u16)>,
    /// Switches that hear nothing.
    pub(super) deaf: BTreeSet<u16>,
    /// Switches that do not answer.
    pub(super) away: BTreeSet<u16>,
    /// What spanning tree blocks, by switch and cable.
    pub(super) blocked: BTreeMap<(u16, u16), VlanSet>,
    pub(super) owners: BTreeMap<u16, BTreeSet<ForeignOwner>>,
    /// Every save that was asked for.
    pub(super) saves: Vec<(Moment, SwitchName)>,
    /// Somebody reads no more, but what was written stays.
    pub(super) store: Vec<Record>,
    pairs: BTreeSet<(u16, u16)>,
    slots: BTreeMap<SwitchName, Arc<Configure>>,
}

pub(super) fn name(number: u16) -> SwitchName {
    format!("s{number}").as_str().into()
}

/// The port of a cable.
pub(super) fn at(cable: u16) -> InterfaceName {
    InterfaceName::Ethernet(1, 50 + cable)
}

fn number(name: &SwitchName) -> u16 {
    name.as_str().trim_start_matches('s').parse().expect("a number")
}

/// A policy for switches 1 to `count`.
pub(super) fn link_policy(count: u16, links: LinkPolicy) -> Policy {
    let switch =
        SwitchPolicy { mode: Mode::both(Act::Enforce), allowed: None, interfaces: BTreeMap::new(), vpc_peer: None };
    let switches = (1..=count).map(|number| (name(number), switch.clone())).collect();
    Policy { switches, links, save: Save::Never, ..policy() }
}

impl LinkBench {
    /// Every trunk has VLAN 5, of somebody else; the hosts are listed and run nothing.
    pub(super) fn new(policy: Policy, cables: &[(u16, u16)], pairs: &[(u16, u16)]) -> Self {
        let count = u16::try_from(policy.switches.len()).expect("a few");
        let switch = |number: u16| {
            let mine =
                cables.iter().zip(0..).filter(|((a, b), _)| [*a, *b].contains(&number)).map(|(_, cable)| at(cable));
            let host = [InterfaceName::Ethernet(1, 1), LEG, PEER_LINK];
            let ports = mine.chain(host).map(|interface| (interface, VlanSet::from(vlan(5)))).collect();
            FakeSwitch { ports, vlans: "1,5".parse().expect("a list"), ..FakeSwitch::default() }
        };
        let mut bench = Self {
            tracker: Tracker::new(Arc::new(policy.clone()), &[], false, None),
            now: Moment::from_unix_ms(1_000_000),
            switches: (1..=count).map(|number| (name(number), switch(number))).collect(),
            policy,
            cables: cables.to_vec(),
            deaf: BTreeSet::new(),
            away: BTreeSet::new(),
            blocked: BTreeMap::new(),
            owners: BTreeMap::new(),
            saves: Vec::new(),
            store: Vec::new(),
            pairs: pairs.iter().copied().collect(),
            slots: BTreeMap::new(),
        };
        bench.read_all();
        bench.list();
        bench
    }

    fn list(&mut self) {
        self.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
        self.send(Event::ResyncBegan(vc()));
        (10..20).for_each(|number| self.send(Event::PortGroupSeen(Arc::new(group(number)))));
        let hosts = u16::try_from(self.switches.len()).expect("a few");
        for number in 1..=hosts {
            let mut host = host(number);
            if let Some(network) = &mut host.network {
                network.pnics.truncate(1);
                network.proxy_switches[0].uplinks.truncate(1);
            }
            self.send(Event::HostSeen(Arc::new(host)));
        }
        self.send(Event::ResyncEnded(vc()));
        (1..=hosts).for_each(|number| self.hear(number));
    }

    fn hear(&mut self, number: u16) {
        let hint = Hint {
            pnic: "vmnic0".into(),
            protocol: Discovery::Lldp,
            system_name: Some(name(number).to_string()),
            serial: None,
            chassis: None,
            port: "Ethernet1/1".into(),
            interface: Some(InterfaceName::Ethernet(1, 1)),
        };
        self.send(Event::HintsSeen { host: host_id(number), hints: vec![hint] });
    }

    /// A VM `number` with `vlan` runs on the host of each switch.
    pub(super) fn run(&mut self, number: u16, switch: u16, vlan: u16) {
        self.send(Event::VmSeen(Arc::new(vm(number, switch, vlan, PowerState::On))));
    }

    /// A new controller on the same store, which lists the same VMs later.
    pub(super) fn restart(&mut self) {
        self.tracker = Tracker::new(Arc::new(self.policy.clone()), &self.store, false, None);
        self.slots.clear();
        self.read_all();
        self.list();
    }

    pub(super) fn set_policy(&mut self, change: impl FnOnce(&mut Policy)) {
        change(&mut self.policy);
        self.send(Event::PolicyChanged(Arc::new(self.policy.clone())));
    }

    pub(super) fn switch(&mut self, number: u16) -> &mut FakeSwitch {
        self.switches.get_mut(&name(number)).expect("a switch")
    }

    /// Somebody adds VLANs to a link port by hand, and creates them.
    pub(super) fn by_hand(&mut self, switch: u16, interface: InterfaceName, vlans: &str) {
        let vlans: VlanSet = vlans.parse().expect("a list");
        let switch = self.switch(switch);
        switch.vlans = switch.vlans.union(&vlans);
        let list = switch.ports.entry(interface).or_default();
        *list = list.union(&vlans);
    }

    /// Whether a VLAN stands on a port and exists there.
    pub(super) fn has(&self, switch: u16, interface: InterfaceName, number: u16) -> bool {
        let switch = &self.switches[&name(switch)];
        switch.vlans.contains(vlan(number)) && switch.ports[&interface].contains(vlan(number))
    }

    /// What a switch was last told.
    pub(super) fn told(&self, switch: u16) -> &Configure {
        &self.slots[&name(switch)]
    }

    pub(super) fn read_all(&mut self) {
        let names: Vec<SwitchName> = self.switches.keys().cloned().collect();
        names.iter().for_each(|name| self.read(name));
    }

    fn read(&mut self, name: &SwitchName) {
        self.now = self.now + Duration::from_millis(1);
        if self.away.contains(&number(name)) {
            self.send(Event::SwitchLost { switch: name.clone(), why: "it does not answer".into() });
            return;
        }
        let observation = self.observation(name, None);
        self.send(Event::Observed(Arc::new(observation)));
        if let Some(intent) = self.slots.get(name).cloned() {
            self.configure(&intent).into_iter().for_each(|event| self.send(event));
        }
    }

    pub(super) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.tracker.next_deadline(self.now).filter(|next| *next <= end) {
            self.now = next.max(self.now + Duration::from_millis(1));
            self.send(Event::Woke);
        }
        self.now = end.max(self.now);
        self.send(Event::Woke);
    }

    pub(super) fn send(&mut self, event: Event) {
        let mut queue = VecDeque::from([event]);
        while let Some(event) = queue.pop_front() {
            for intent in self.tracker.handle(event, self.now) {
                match intent {
                    Intent::Configure(intent) => {
                        self.slots.insert(intent.switch.clone(), intent.clone());
                        queue.extend(self.configure(&intent));
                    }
                    Intent::Observe { switch, interfaces } => queue.extend(self.look(&switch, interfaces)),
                    Intent::Journal(records) => {
                        self.store.extend(records.clone());
                        queue.push_back(Event::Recorded(records));
                    }
                    Intent::Save { switch } => self.saves.push((self.now, switch)),
                    Intent::Brake(_) | Intent::Met { .. } => {}
                }
            }
        }
    }

    fn configure(&mut self, intent: &Configure) -> Vec<Event> {
        let switch = self.switches.get_mut(&intent.switch).expect("a switch");
        let steps = steps(intent, switch, self.now);
        if steps.is_empty() || self.away.contains(&number(&intent.switch)) {
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
        switch.writes += 1;
        let results = steps.iter().map(|(place, vlan, add)| switch.apply(*place, *vlan, *add)).collect();
        self.now = self.now + Duration::from_millis(1);
        let touched = switch.ports.keys().copied().collect();
        let observation = self.observation(&at, Some(touched));
        let done = Done { switch: at, serial: intent.serial.clone(), generation: intent.generation, results };
        vec![Event::Recorded(claims), Event::Observed(Arc::new(observation)), Event::Done(done)]
    }

    fn look(&self, name: &SwitchName, interfaces: BTreeSet<InterfaceName>) -> Option<Event> {
        let observation = Observation {
            macs: Some(Vec::new()),
            ports: BTreeMap::new(),
            vlans: None,
            ..self.observation(name, Some(interfaces))
        };
        (!self.away.contains(&number(name))).then(|| Event::Observed(Arc::new(observation)))
    }

    /// The texts of one kind of finding, once it stood long enough to be told.
    pub(super) fn texts(&mut self, kind: FindingKind) -> Vec<String> {
        self.tracker.findings(self.now);
        let later = self.now + Duration::from_secs(121);
        let found = self.tracker.findings(later).into_iter().filter(|finding| finding.kind == kind);
        found.map(|finding| format!("{}: {}", finding.subject, finding.text)).collect()
    }
}

/// What a switch says of itself.
impl LinkBench {
    fn peer(&self, number: u16) -> Option<u16> {
        let pair = self.pairs.iter().find(|(one, other)| [*one, *other].contains(&number))?;
        Some(if pair.0 == number { pair.1 } else { pair.0 })
    }

    fn observation(&self, name: &SwitchName, some: Option<BTreeSet<InterfaceName>>) -> Observation {
        let (switch, whole, me) = (&self.switches[name], some.is_none(), number(name));
        let scope = some.map_or(Scope::Whole, Scope::Interfaces);
        let paired = self.peer(me).is_some();
        let exists = |interface: &InterfaceName| paired || !matches!(interface, InterfaceName::PortChannel(_));
        let ports = switch.ports.iter().filter(|(interface, _)| exists(interface) && scope.covers(**interface));
        let identity = Identity {
            hostname: name.to_string(),
            serial: format!("S-{name}"),
            platform: "N9K".into(),
            version: "10".into(),
        };
        let member = |channel, port| (channel, BTreeSet::from([InterfaceName::Ethernet(1, port)]));
        let channels = if paired { vec![member(PEER_LINK, 49), member(LEG, 1)] } else { Vec::new() };
        let database = |present: &VlanSet| VlanDatabase {
            present: present.clone(),
            active: present.clone(),
            reserved: "3968-4094".parse().expect("a list"),
        };
        Observation {
            switch: name.clone(),
            at: self.now,
            ports: ports.map(|(interface, list)| (*interface, self.port(me, *interface, list))).collect(),
            scope,
            identity: whole.then_some(identity),
            booted: whole.then(Moment::default),
            vlans: Some(database(&switch.vlans)),
            port_channels: whole.then(|| channels.into_iter().collect()),
            neighbors: whole.then(|| self.neighbors(me)),
            macs: None,
            vpc: whole.then(|| self.vpc(me)),
            fexes: whole.then(BTreeMap::new),
            owners: whole.then(|| self.owners.get(&me).cloned().unwrap_or_default()),
        }
    }

    fn port(&self, switch: u16, interface: InterfaceName, list: &VlanSet) -> Port {
        let blocked = self.blocked.iter().find(|((by, cable), _)| (*by, at(*cable)) == (switch, interface));
        Port {
            mode: PortMode::Trunk,
            allowed: Allowed::List(list.clone()),
            native: None,
            up: Some(true),
            forwarding: blocked.map(|(_, vlans)| list.difference(vlans)),
            edge: true,
        }
    }

    fn neighbors(&self, me: u16) -> Vec<Neighbor> {
        let heard = |interface: InterfaceName, system_name: Option<String>, port: String, macs| Neighbor {
            interface,
            protocol: Discovery::Lldp,
            system_name,
            port,
            macs,
        };
        let host = heard(InterfaceName::Ethernet(1, 1), None, String::new(), BTreeSet::from([mac(1, me, 0)]));
        let cables = self.cables.iter().zip(0..).filter_map(|((one, other), cable)| {
            let far = if *one == me { other } else { one };
            let mine = [*one, *other].contains(&me) && !self.away.contains(far);
            mine.then(|| heard(at(cable), Some(name(*far).to_string()), at(cable).to_string(), BTreeSet::new()))
        });
        let peer = self.peer(me).map(|peer| {
            let port = InterfaceName::Ethernet(1, 49);
            heard(port, Some(name(peer).to_string()), port.to_string(), BTreeSet::new())
        });
        let switches = cables.chain(peer).filter(|_| !self.deaf.contains(&me));
        switches.chain([host]).collect()
    }

    fn vpc(&self, me: u16) -> Vpc {
        let Some(peer) = self.peer(me) else { return Vpc::None };
        let both = [me, peer].map(|number| &self.switches[&name(number)]);
        let common = |port: InterfaceName| {
            both.iter()
                .fold(VlanSet::all(), |all, switch| all.intersection(&switch.ports[&port]).intersection(&switch.vlans))
        };
        let leg = VpcLeg { id: 11, up: true, consistent: true, vlans: common(LEG).intersection(&common(PEER_LINK)) };
        Vpc::Domain(Box::new(VpcDomain {
            id: me.min(peer),
            role: if me < peer { VpcRole::Primary } else { VpcRole::Secondary },
            adjacent: !self.away.contains(&peer),
            alive: !self.away.contains(&peer),
            peer_link: Some(PeerLink { interface: PEER_LINK, up: true, vlans: common(PEER_LINK) }),
            legs: BTreeMap::from([(LEG, leg)]),
        }))
    }
}
