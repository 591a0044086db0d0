//! Which switches hang together: the cables between them, and the links made of cables.
//!
//! A cable is known once each of two configured switches hears the other's port at its own. Like the cable of a host it
//! ends by contradiction, never by silence: a switch that reloads is heard no more, and hangs where it hung. What one
//! end alone hears is no link: nothing is written there, and nothing is said to be missing there.
//!
//! A link is every port that must have a VLAN together: the two ends of a trunk or port-channel, all legs of a vPC
//! between two pairs, both ends of a peer-link.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    EdgePort, PortMode,
    attachment::Socket,
    fabric::{Fabric, Switch, same_host},
    paths::{Paths, Union},
};
use crate::net::{InterfaceName, SwitchName};

/// Two ends of a cable, the smaller one first.
pub(super) type Cable = (EdgePort, EdgePort);

/// Every cable between switches.
#[derive(Clone, Debug, Default)]
pub(super) struct Cables {
    /// Which port of which switch each switch hears where.
    heard: BTreeMap<SwitchName, BTreeSet<(InterfaceName, Socket)>>,
    known: BTreeSet<(Socket, Socket)>,
    /// The ends that may be links, and whether they were trunks.
    trunks: BTreeMap<EdgePort, bool>,
    /// The links must be found anew.
    pub(super) stale: bool,
    pub(super) links: Vec<Link>,
    of_end: BTreeMap<EdgePort, usize>,
    /// Cables between switches that one end alone hears.
    pub(super) unverified: BTreeSet<Cable>,
    /// The blocks of the graph in which a pair is one switch.
    pub(super) paths: Paths,
}

/// Ports that must have a VLAN together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) ends: BTreeSet<EdgePort>,
    pub(super) cables: BTreeSet<Cable>,
    /// It is the peer-link of a pair.
    pub(super) peer: bool,
    /// The blocks of the graph that it is a part of; of a peer-link, those that its pair is a part of.
    pub(super) blocks: BTreeSet<usize>,
}

impl Cables {
    /// The link that a port is an end of.
    pub(super) fn link_at(&self, end: &EdgePort) -> Option<usize> {
        self.of_end.get(end).copied()
    }

    /// Every end on one switch, and its link.
    pub(super) fn ends_of(&self, switch: &SwitchName) -> impl Iterator<Item = (&EdgePort, usize)> + use<'_> {
        on_switch(&self.of_end, switch).map(|(end, link)| (end, *link))
    }

    /// Every known cable between two trunks, and every peer-link.
    pub(super) fn cables(&self) -> impl Iterator<Item = &Cable> {
        self.links.iter().flat_map(|link| &link.cables)
    }
}

fn on_switch<'a, T>(
    map: &'a BTreeMap<EdgePort, T>,
    switch: &SwitchName,
) -> impl Iterator<Item = (&'a EdgePort, &'a T)> + use<'a, T> {
    let first = EdgePort { switch: switch.clone(), interface: InterfaceName::Ethernet(0, 0) };
    let switch = switch.clone();
    map.range(first..).take_while(move |(end, _)| end.switch == switch)
}

fn in_order(one: EdgePort, other: EdgePort) -> Cable {
    if one <= other { (one, other) } else { (other, one) }
}

impl Fabric {
    /// A switch's neighbours or its own name changed: who hears whom.
    pub(super) fn listen(&mut self, name: &SwitchName, renamed: bool) {
        let by_label = self.labels();
        let concerned: Vec<SwitchName> = match renamed {
            true => self.switches.keys().cloned().collect(),
            false => vec![name.clone()],
        };
        for switch in concerned {
            let heard = self.heard_on(&switch, &by_label);
            if self.cables.heard.get(&switch).is_none_or(|before| *before != heard) {
                self.cables.heard.insert(switch, heard);
                self.cables.stale = true;
            }
        }
    }

    /// The switches by the first label of their name.
    fn labels(&self) -> BTreeMap<String, Vec<SwitchName>> {
        let mut labels: BTreeMap<String, Vec<SwitchName>> = BTreeMap::new();
        for (name, switch) in &self.switches {
            labels.entry(label(host_name(name, switch))).or_default().push(name.clone());
        }
        labels
    }

    fn heard_on(
        &self,
        name: &SwitchName,
        labels: &BTreeMap<String, Vec<SwitchName>>,
    ) -> BTreeSet<(InterfaceName, Socket)> {
        let neighbors = self.switches.get(name).into_iter().flat_map(|switch| &switch.neighbors);
        let heard = neighbors.filter_map(|neighbor| {
            let port: InterfaceName = neighbor.port.parse().ok()?;
            let heard = neighbor.system_name.as_ref()?;
            let mut named = labels.get(&label(heard)).into_iter().flatten().filter(|other| {
                let switch = self.switches.get(*other);
                switch.is_some_and(|switch| same_host(host_name(other, switch), heard))
            });
            // A name that several switches have names none.
            let other = named.next().filter(|_| named.next().is_none())?;
            (other != name).then(|| (neighbor.interface, (other.clone(), port)))
        });
        heard.collect()
    }

    /// Whether a port that may be the end of a link became a trunk, or is one no more.
    pub(super) fn watch_trunks(&mut self, name: &SwitchName) {
        let changed = on_switch(&self.cables.trunks, name).any(|(end, was)| self.is_trunk(end) != *was);
        self.cables.stale |= changed;
    }

    fn is_trunk(&self, end: &EdgePort) -> bool {
        let port = self.switches.get(&end.switch).and_then(|switch| switch.ports.get(&end.interface));
        port.is_some_and(|port| port.mode == PortMode::Trunk)
    }

    /// Finds the links anew where something about them may have changed; whether it did.
    pub(super) fn rewire(&mut self) -> bool {
        if !std::mem::take(&mut self.cables.stale) {
            return false;
        }
        let before = (std::mem::take(&mut self.cables.links), std::mem::take(&mut self.cables.paths));
        self.find_links();
        before != (self.cables.links.clone(), self.cables.paths.clone())
    }

    fn find_links(&mut self) {
        self.cables.known = self.vouched();
        let candidates: BTreeSet<Cable> =
            self.cables.known.iter().map(|(one, other)| self.edge_cable(one, other)).collect();
        let peer_links = self.peer_links();
        let all: BTreeSet<Cable> = candidates.union(&peer_links).cloned().collect();
        let trunks = all.iter().flat_map(|(one, other)| [one.clone(), other.clone()]);
        self.cables.trunks = trunks.map(|end| (end.clone(), self.is_trunk(&end))).collect();
        let cables: BTreeSet<Cable> = all
            .into_iter()
            .filter(|cable| peer_links.contains(cable) || (self.is_trunk(&cable.0) && self.is_trunk(&cable.1)))
            .collect();
        self.cables.unverified = self.unverified(&cables);
        let node = |end: &EdgePort| self.node(&end.switch);
        self.cables.paths = Paths::of(&cables.iter().map(|(one, other)| (node(one), node(other))).collect());
        self.cables.links = self.join(&cables, &peer_links);
        let ends = self.cables.links.iter().enumerate();
        self.cables.of_end = ends.flat_map(|(at, link)| link.ends.iter().map(move |end| (end.clone(), at))).collect();
    }

    /// The switch, or for a pair the one that stands for both.
    pub(super) fn node(&self, switch: &SwitchName) -> SwitchName {
        self.peer(switch).map_or(switch, |peer| peer.min(switch)).clone()
    }

    /// The cables that both ends hear, and those of before that nobody contradicts.
    fn vouched(&self) -> BTreeSet<(Socket, Socket)> {
        let hears = |at: &Socket, other: &Socket| {
            self.cables.heard.get(&at.0).is_some_and(|heard| heard.contains(&(at.1, other.clone())))
        };
        let mut vouched = BTreeSet::new();
        for (name, heard) in &self.cables.heard {
            for (interface, other) in heard {
                let at = (name.clone(), *interface);
                if at < *other && hears(other, &at) {
                    vouched.insert((at, other.clone()));
                }
            }
        }
        let taken: BTreeSet<Socket> = vouched.iter().flat_map(|(one, other)| [one.clone(), other.clone()]).collect();
        let silent = |(at, other): (&Socket, &Socket)| {
            let neighbors = self.switches.get(&at.0).into_iter().flat_map(|switch| &switch.neighbors);
            !taken.contains(at) && (hears(at, other) || neighbors.into_iter().all(|heard| heard.interface != at.1))
        };
        let kept =
            self.cables.known.iter().filter(|(one, other)| silent((one, other)) && silent((other, one))).cloned();
        let kept: Vec<(Socket, Socket)> = kept.collect();
        vouched.extend(kept);
        vouched
    }

    fn edge_cable(&self, one: &Socket, other: &Socket) -> Cable {
        in_order(self.edge_port(&one.0, one.1), self.edge_port(&other.0, other.1))
    }

    /// The peer-links of all pairs, as the switches themselves tell them.
    fn peer_links(&self) -> BTreeSet<Cable> {
        let end = |name: &SwitchName| {
            let link = self.switches.get(name).and_then(Switch::domain)?.peer_link.as_ref()?;
            Some(EdgePort { switch: name.clone(), interface: link.interface })
        };
        let pairs = self.switches.keys().filter_map(|name| Some((name, self.peer(name)?)));
        pairs.filter_map(|(name, peer)| Some(in_order(end(name)?, end(peer)?))).collect()
    }

    fn unverified(&self, known: &BTreeSet<Cable>) -> BTreeSet<Cable> {
        let heard =
            self.cables.heard.iter().flat_map(|(name, heard)| heard.iter().map(move |(at, other)| (name, *at, other)));
        let all = heard.map(|(name, at, other)| self.edge_cable(&(name.clone(), at), other));
        all.filter(|cable| !known.contains(cable)).collect()
    }

    /// Makes links of cables: ends that hang together, and the two legs of a vPC.
    fn join(&self, cables: &BTreeSet<Cable>, peer_links: &BTreeSet<Cable>) -> Vec<Link> {
        let ends: BTreeSet<EdgePort> = cables.iter().flat_map(|(one, other)| [one.clone(), other.clone()]).collect();
        let numbers: BTreeMap<&EdgePort, usize> = ends.iter().enumerate().map(|(number, end)| (end, number)).collect();
        let mut union = Union::of(ends.len());
        let twins = ends.iter().filter_map(|end| Some((end, self.twin(end)?)));
        let twins: Vec<(EdgePort, EdgePort)> = twins.map(|(end, twin)| (end.clone(), twin)).collect();
        for (one, other) in cables.iter().chain(&twins) {
            if let (Some(one), Some(other)) = (numbers.get(one), numbers.get(other)) {
                union.join(*one, *other);
            }
        }
        let mut links: BTreeMap<usize, Link> = BTreeMap::new();
        for cable in cables {
            let root = union.root(numbers.get(&cable.0).copied().unwrap_or_default());
            let link = links.entry(root).or_default();
            link.ends.extend([cable.0.clone(), cable.1.clone()]);
            link.peer |= peer_links.contains(cable);
            link.blocks.extend(self.blocks_of(cable));
            link.cables.insert(cable.clone());
        }
        links.into_values().collect()
    }

    fn blocks_of(&self, (one, other): &Cable) -> BTreeSet<usize> {
        let (one, other) = (self.node(&one.switch), self.node(&other.switch));
        match one == other {
            true => self.cables.paths.blocks_of(&one),
            false => self.cables.paths.block(&one, &other).into_iter().collect(),
        }
    }

    /// Whether a port is the end of a link between switches: nothing is ever withdrawn there (rule 7).
    pub(super) fn is_link(&self, port: &EdgePort) -> bool {
        let domain = self.switches.get(&port.switch).and_then(Switch::domain);
        let peer_link = domain.and_then(|domain| domain.peer_link.as_ref());
        self.cables.trunks.contains_key(port) || peer_link.is_some_and(|link| link.interface == port.interface)
    }
}

fn host_name<'a>(name: &'a SwitchName, switch: &'a Switch) -> &'a str {
    switch.identity.as_ref().map_or(name.as_str(), |identity| identity.hostname.as_str())
}

/// The first label of a host name: names that mean one host have it in common.
fn label(name: &str) -> String {
    name.split('.').next().unwrap_or_default().to_ascii_lowercase()
}
