//! What frames do between two switches, rule by rule.

mod links;
mod pairs;
mod shows;

use std::{collections::BTreeMap, time::Duration};

use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

use super::{Switches, join, next_deadline, reaches, set_cables, settle, uneven};
use crate::lab::model::{
    LabTime,
    dataplane::Place,
    switch::{Bundling, Held, Port, PortMode, Role, StpType, Switch, SwitchSpec, VpcDomain},
};

/// The peer-link.
const LINK: InterfaceName = InterfaceName::PortChannel(1);
/// The vPC to a host.
const LEG: InterfaceName = InterfaceName::PortChannel(10);
/// An edge trunk of one switch only.
const ORPHAN: InterfaceName = InterfaceName::Ethernet(1, 2);
/// A host port of the FEX.
const EXTENDED: InterfaceName = InterfaceName::EthernetLane(101, 1, 4);

fn eth(port: u16) -> InterfaceName {
    InterfaceName::Ethernet(1, port)
}

fn list(text: &str) -> VlanSet {
    text.parse().expect("a list")
}

fn vlan(number: u16) -> VlanId {
    VlanId::new(number).expect("a VLAN")
}

/// A leaf with the VLANs 10, 20 and 30: port 1 is the member of vPC 10, port 2 an orphan, ports 3 and 4 links to other
/// switches, port 5 the FEX, ports 49 and 50 the peer-link.
fn leaf(name: &str) -> Switch {
    let edge = |allowed| Port { stp: StpType::EdgeTrunk, ..Port::trunk(list(allowed)) };
    let network = Port { stp: StpType::Network, ..Port::open_trunk() };
    let ports = BTreeMap::from([
        (eth(1), Port { bundling: Bundling::Static, ..Port::member(10) }),
        (ORPHAN, edge("10,20")),
        (eth(3), network.clone()),
        (eth(4), network.clone()),
        (eth(5), Port::member(101)),
        (eth(49), Port::member(1)),
        (eth(50), Port::member(1)),
        (EXTENDED, edge("10,20")),
    ]);
    let fabric = Port { mode: PortMode::FexFabric, fex: Some(101), vpc: Some(101), ..Port::open_trunk() };
    let channels = BTreeMap::from([
        (1, Port { peer_link: true, ..network }),
        (10, Port { vpc: Some(10), ..edge("10,20") }),
        (101, fabric),
    ]);
    let features = ["lacp", "lldp", "nxapi", "vpc", "fex"].map(str::to_owned).into();
    Switch::new(SwitchSpec {
        hostname: name.to_owned(),
        serial: format!("LAB{name}"),
        vlans: list("10,20,30"),
        ports,
        channels,
        features,
        domain: Some(VpcDomain::new(10)),
        ..SwitchSpec::default()
    })
}

/// Two pairs `a`, `b` and `c`, `d`; leaf a is linked to c, and b to d.
struct Bench {
    switches: Switches,
    now: LabTime,
}

impl Bench {
    fn new() -> Self {
        let names = ["a", "b", "c", "d"];
        let mut switches: Switches = names.iter().map(|name| ((*name).to_owned(), leaf(name))).collect();
        for (one, two) in [("a", "b"), ("c", "d")] {
            join(&mut switches, (one, eth(49)), (two, eth(49)));
            join(&mut switches, (one, eth(50)), (two, eth(50)));
        }
        join(&mut switches, ("a", eth(3)), ("c", eth(3)));
        join(&mut switches, ("b", eth(3)), ("d", eth(3)));
        switches.values_mut().for_each(Switch::save);
        let mut bench = Self { switches, now: Duration::from_secs(100) };
        bench.look();
        bench
    }

    fn look(&mut self) {
        settle(&mut self.switches, self.now);
    }

    /// Lets time pass, stopping wherever something changes by itself.
    fn wait(&mut self, seconds: u64) -> &mut Self {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(at) = next_deadline(&self.switches).filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.look();
        }
        self.now = until;
        self.look();
        self
    }

    fn at(&mut self, name: &str) -> &mut Switch {
        self.switches.get_mut(name).expect("a switch")
    }

    /// Somebody types configuration on a switch.
    fn types(&mut self, name: &str, lines: &[&str]) -> &mut Self {
        let now = self.now;
        let lines: Vec<&str> = ["configure terminal"].iter().chain(lines).copied().collect();
        let said = self.at(name).type_lines("ann", &lines, now);
        assert!(said.iter().all(String::is_empty), "{said:?}");
        self.look();
        self
    }

    fn cut(&mut self, one: &str, two: &str) -> &mut Self {
        set_cables(&mut self.switches, one, two, false);
        self.look();
        self
    }

    fn mend(&mut self, one: &str, two: &str) -> &mut Self {
        set_cables(&mut self.switches, one, two, true);
        self.look();
        self
    }

    fn power(&mut self, name: &str, on: bool) -> &mut Self {
        let now = self.now;
        if on {
            self.at(name).power_on(now)
        } else {
            self.at(name).power_off()
        }
        self.look();
        self
    }

    fn keepalive(&mut self, name: &str, works: bool) -> &mut Self {
        self.at(name).set_keepalive(works);
        self.look();
        self
    }

    /// Asserts on which of the two switches a port passes a VLAN.
    #[track_caller]
    fn passes(&self, interface: InterfaceName, number: u16, expected: [bool; 2]) {
        let found = ["a", "b"].map(|name| self.switches[name].forwards(interface, vlan(number)));
        assert_eq!(found, expected, "{interface} VLAN {number}");
    }

    #[track_caller]
    fn reach(&self, from: (&str, InterfaceName), to: (&str, InterfaceName), number: u16, expected: bool) {
        let (from, to) = (Place::new(from.0, from.1), Place::new(to.0, to.1));
        let found = reaches(&self.switches, &from, &to, vlan(number));
        assert_eq!(found, expected, "{from:?} to {to:?} VLAN {number}");
    }

    fn held(&self, name: &str, interface: InterfaceName) -> Option<Held> {
        self.switches[name].standing.held.get(&interface).copied()
    }

    fn role(&self, name: &str) -> Option<Role> {
        self.switches[name].pair().and_then(|pair| pair.role)
    }

    /// The rows of a table of a show command of a switch.
    fn show(&mut self, name: &str, command: &str) -> serde_json::Value {
        let now = self.now;
        let body = self.at(name).show_structured(command, now);
        body.unwrap_or_else(|| panic!("{command} has no structured form"))
    }
}

const MAC: MacAddr = MacAddr::new([0, 0x50, 0x56, 1, 2, 3]);
