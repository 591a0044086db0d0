//! What breaks between switches and hosts: power, cables, keepalive links, and hands that take VLANs off links.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vmtracker::lab::model::{plant, switch::Switch};
use vmtracker_core::net::{InterfaceName, VlanId};

use super::{
    case::FIRST_VLAN,
    driver::{Happening, Sim},
    hands::{Lists, lists},
};

/// Something that breaks, and for how long. Numbers count from 0 and wrap around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Break {
    /// A switch loses its power; afterwards it boots with its startup-config.
    Power { switch: usize, ms: u64 },
    /// Every cable between the two switches of a pair.
    PeerLink { pair: usize, ms: u64 },
    /// The keepalive link of a pair.
    Keepalive { pair: usize, ms: u64 },
    /// The cables between two switches that are no pair.
    Link { link: usize, ms: u64 },
    /// One cable of a host.
    Cable { cable: usize, ms: u64 },
    /// An operator takes a VLAN off a trunk between switches.
    VlanOfLink { switch: usize, vlan: u16 },
    /// Nothing breaks: an operator copies running-config to startup-config.
    Save { switch: usize },
}

/// What is broken, to be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Power(String),
    Cables(String, String),
    Keepalive([String; 2]),
    Port(String, InterfaceName),
}

impl Sim {
    /// Breaks something, as far as there is such a thing.
    pub(super) fn break_(&mut self, what: Break) {
        let mended = match what {
            Break::Power { switch, ms } => self.cut_power(switch).map(|broken| (broken, ms)),
            Break::PeerLink { pair, ms } => self.cut_cables(true, pair).map(|broken| (broken, ms)),
            Break::Link { link, ms } => self.cut_cables(false, link).map(|broken| (broken, ms)),
            Break::Keepalive { pair, ms } => self.silence(pair).map(|broken| (broken, ms)),
            Break::Cable { cable, ms } => self.pull(cable).map(|broken| (broken, ms)),
            Break::Save { switch } => {
                nth(self.world.switches.values_mut().filter(|switch| switch.runs()), switch).map(Switch::save);
                None
            }
            Break::VlanOfLink { switch, vlan } => {
                self.take_off_link(switch, vlan);
                None
            }
        };
        if let Some((broken, ms)) = mended {
            self.after(Duration::from_millis(ms), Happening::Unbroken(broken));
        }
    }

    /// What was broken works again.
    pub(super) fn unbreak(&mut self, broken: &Broken) {
        let now = self.now;
        match broken {
            Broken::Power(name) => {
                if let Some(switch) = self.world.switches.get_mut(name) {
                    switch.power_on(now);
                }
            }
            Broken::Cables(a, b) => plant::set_cables(&mut self.world.switches, a, b, true),
            Broken::Keepalive(pair) => self.set_keepalive(pair, true),
            Broken::Port(name, interface) => {
                if let Some(switch) = self.world.switches.get_mut(name) {
                    switch.set_link(*interface, true);
                }
            }
        }
    }

    /// Everything that is broken works again.
    pub(super) fn unbreak_all(&mut self) {
        for broken in self.breakable() {
            self.unbreak(&broken);
        }
    }

    fn breakable(&self) -> Vec<Broken> {
        let names = self.world.switches.keys().cloned();
        let power = names.map(Broken::Power);
        let cables = [true, false].into_iter().flat_map(|peers| self.joined(peers));
        let cables = cables.map(|[a, b]| Broken::Cables(a, b));
        let alive = self.joined(true).into_iter().map(Broken::Keepalive);
        power.chain(cables).chain(alive).chain(self.host_ports()).collect()
    }

    /// The switches that are joined by cables: the two of a pair, or others.
    fn joined(&self, peers: bool) -> Vec<[String; 2]> {
        let mut joined = Vec::new();
        for (name, switch) in &self.world.switches {
            for port in switch.ports().values() {
                let Some(far) = port.far.as_ref().filter(|far| *name < far.switch) else { continue };
                let pair = [name.clone(), far.switch.clone()];
                let other = self.world.switches.get(&far.switch);
                let domain = switch.domain().map(|domain| domain.id);
                let one = domain.is_some() && other.and_then(|other| other.domain()).map(|it| it.id) == domain;
                if one == peers && !joined.contains(&pair) {
                    joined.push(pair);
                }
            }
        }
        joined
    }

    fn host_ports(&self) -> Vec<Broken> {
        let ports = self.cabling.cables().into_iter().flat_map(|(_, _, end)| end.ports);
        ports.map(|port| Broken::Port(port.switch.to_string(), port.interface)).collect()
    }

    fn cut_power(&mut self, number: usize) -> Option<Broken> {
        let (name, switch) = nth(self.world.switches.iter_mut(), number).filter(|(_, switch)| switch.runs())?;
        self.dark.insert(name.clone(), lists(switch));
        switch.power_off();
        Some(Broken::Power(name.clone()))
    }

    fn cut_cables(&mut self, peers: bool, number: usize) -> Option<Broken> {
        let [a, b] = nth(self.joined(peers).into_iter(), number)?;
        plant::set_cables(&mut self.world.switches, &a, &b, false);
        Some(Broken::Cables(a, b))
    }

    fn silence(&mut self, number: usize) -> Option<Broken> {
        let pair = nth(self.joined(true).into_iter(), number)?;
        self.set_keepalive(&pair, false);
        Some(Broken::Keepalive(pair))
    }

    fn set_keepalive(&mut self, pair: &[String; 2], works: bool) {
        for name in pair {
            if let Some(switch) = self.world.switches.get_mut(name) {
                switch.set_keepalive(works);
            }
        }
    }

    fn pull(&mut self, number: usize) -> Option<Broken> {
        let broken = nth(self.host_ports().into_iter(), number)?;
        if let Broken::Port(name, interface) = &broken
            && let Some(switch) = self.world.switches.get_mut(name)
        {
            switch.set_link(*interface, false);
        }
        Some(broken)
    }

    fn take_off_link(&mut self, number: usize, vlan: u16) {
        let Some((name, switch)) = nth(self.world.switches.iter(), number) else { return };
        let links = switch.ports().iter().filter(|(_, port)| port.far.is_some());
        let links: Vec<InterfaceName> = links.map(|(interface, _)| switch.logical(*interface)).collect();
        let (Some(interface), Some(vlan)) = (links.first().copied(), VlanId::new(FIRST_VLAN + vlan)) else { return };
        self.type_on_port(&name.clone(), interface, vlan, "remove");
    }

    /// Notes what the startup-config made of a switch that has booted.
    pub(super) fn notice_boots(&mut self) {
        let runs = |name: &String| self.world.switches.get(name).is_some_and(|switch| switch.runs());
        let booted: Vec<String> = self.dark.keys().filter(|name| runs(name)).cloned().collect();
        for name in booted {
            let before: Lists = self.dark.remove(&name).unwrap_or_default();
            let Some(switch) = self.world.switches.get(&name) else { continue };
            self.hands.reloaded(&name, &before, &lists(switch), self.now);
        }
    }
}

fn nth<T>(items: impl Iterator<Item = T>, number: usize) -> Option<T> {
    let items: Vec<T> = items.collect();
    let count = items.len().max(1);
    items.into_iter().nth(number % count)
}
