//! Which two switches are a vPC pair, and which two ports are the legs of one edge port.
//!
//! A pair is found from what both switches say: the same domain, and each hears the other over its peer-link; or a
//! person says so and no switch says otherwise. Like a cable it ends by contradiction, never by silence: a peer that
//! is dead is heard no more, and is the peer still.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    EdgePort, Policy, VpcDomain,
    fabric::{Fabric, Switch, same_host},
};
use crate::net::{InterfaceName, SwitchName};

/// Every pair, and why others that should be are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    peers: BTreeMap<SwitchName, SwitchName>,
    /// What people say, from both sides.
    told: BTreeMap<SwitchName, BTreeSet<SwitchName>>,
    /// The switches whose peer is not known though they have one, and why.
    disputes: BTreeMap<SwitchName, String>,
}

impl Pairs {
    /// What the configuration says.
    pub(super) fn tell(&mut self, policy: &Policy) {
        self.told.clear();
        for (name, switch) in &policy.switches {
            if let Some(peer) = &switch.vpc_peer {
                self.told.entry(name.clone()).or_default().insert(peer.clone());
                self.told.entry(peer.clone()).or_default().insert(name.clone());
            }
        }
    }

    /// Every switch that should have a peer and has none, and why.
    pub(super) fn disputes(&self) -> impl Iterator<Item = (&SwitchName, &String)> {
        self.disputes.iter()
    }
}

impl Fabric {
    /// The other switch of a pair.
    pub(super) fn peer(&self, switch: &SwitchName) -> Option<&SwitchName> {
        self.pairs.peers.get(switch)
    }

    /// Judges every pair anew.
    pub(super) fn judge_pairs(&mut self) {
        let sought: BTreeMap<&SwitchName, Result<Option<SwitchName>, String>> =
            self.switches.keys().map(|name| (name, self.sought(name))).collect();
        let mut peers = BTreeMap::new();
        let mut disputes = BTreeMap::new();
        for (name, found) in &sought {
            match found {
                Ok(None) => {}
                Ok(Some(peer)) if sought.get(peer) == Some(&Ok(Some((*name).clone()))) => {
                    peers.insert((*name).clone(), peer.clone());
                }
                Ok(Some(peer)) => {
                    let why = format!("its vPC peer {peer} does not take it for its own; compare both switches");
                    disputes.insert((*name).clone(), why);
                }
                Err(why) => drop(disputes.insert((*name).clone(), why.clone())),
            }
        }
        self.cables.stale |= self.pairs.peers != peers;
        (self.pairs.peers, self.pairs.disputes) = (peers, disputes);
    }

    /// The peer that a switch has, seen from its side; an error: it should have one, and which is not known.
    fn sought(&self, name: &SwitchName) -> Result<Option<SwitchName>, String> {
        let told = self.pairs.told.get(name);
        if told.is_some_and(|told| told.len() > 1) {
            return Err("the configuration gives it several vPC peers; name one".to_owned());
        }
        let told = told.and_then(BTreeSet::first);
        let heard = self.heard_peer(name);
        if let (Some(told), Some(heard)) = (told, heard)
            && told != heard
        {
            return Err(format!(
                "its vPC peer is {told} by the configuration, and over its peer-link it hears {heard}"
            ));
        }
        let kept = self.pairs.peers.get(name);
        let known = |peer: &SwitchName| self.heard_peer(peer) == Some(name) || kept == Some(peer);
        let heard = heard.or(kept).filter(|peer| known(peer));
        match told.or(heard) {
            Some(peer) => self.agree(name, peer).map(|()| Some(peer.clone())),
            None => self.alone(name),
        }
    }

    /// Whether two switches are in one domain, as far as they have spoken.
    fn agree(&self, name: &SwitchName, peer: &SwitchName) -> Result<(), String> {
        let spoken = |name: &SwitchName| self.switches.get(name).filter(|switch| switch.vpc.is_some());
        let (Some(mine), Some(other)) = (spoken(name), spoken(peer)) else { return Ok(()) };
        match (mine.domain(), other.domain()) {
            (Some(mine), Some(other)) if mine.id == other.id => Ok(()),
            (Some(mine), Some(other)) => {
                Err(format!("it is in vPC domain {}, and its peer {peer} in {}; give both the same", mine.id, other.id))
            }
            (None, _) => Err(format!("its vPC peer is {peer}, and it has no vPC domain itself")),
            (Some(mine), None) => Err(format!("it is in vPC domain {}, and its peer {peer} is in none", mine.id)),
        }
    }

    fn alone(&self, name: &SwitchName) -> Result<Option<SwitchName>, String> {
        let domain = self.switches.get(name).and_then(Switch::domain);
        match domain {
            None => Ok(None),
            Some(domain) if !domain.adjacent => Err(format!(
                "it is in vPC domain {}, and its peer is not known: nobody hears it while the peer or the peer-link is \
                 down; mend that, or add it as a [[switch]] with vpc_peer",
                domain.id
            )),
            Some(domain) => Err(format!(
                "it is in vPC domain {}, and its peer is not known; add the peer as a [[switch]], \
                 and vpc_peer where CDP and LLDP are off on the peer-link",
                domain.id
            )),
        }
    }

    /// The switch that another hears over its peer-link.
    fn heard_peer(&self, name: &SwitchName) -> Option<&SwitchName> {
        let switch = self.switches.get(name)?;
        let link = switch.domain()?.peer_link.as_ref()?.interface;
        let ports = switch.members.get(&link);
        let on_link = |at: InterfaceName| at == link || ports.is_some_and(|ports| ports.contains(&at));
        let heard = switch.neighbors.iter().filter(|neighbor| on_link(neighbor.interface));
        let names: BTreeSet<&str> = heard.filter_map(|neighbor| neighbor.system_name.as_deref()).collect();
        let mut found = self.switches.iter().filter(|(other, switch)| {
            let hostname = switch.identity.as_ref().map_or(other.as_str(), |identity| identity.hostname.as_str());
            *other != name && names.iter().any(|heard| same_host(hostname, heard))
        });
        found.next().map(|(other, _)| other).filter(|_| found.next().is_none())
    }

    /// The other leg of a vPC, or the same port of a FEX with two parents.
    pub(super) fn twin(&self, port: &EdgePort) -> Option<EdgePort> {
        let peer = self.peer(&port.switch)?;
        let (mine, other) = (self.switches.get(&port.switch)?, self.switches.get(peer)?);
        let interface = match mine.domain().and_then(|domain| domain.legs.get(&port.interface)) {
            Some(leg) => *other.domain()?.legs.iter().find(|(_, there)| there.id == leg.id)?.0,
            None => fex_twin(mine, other, port.interface)?,
        };
        Some(EdgePort { switch: peer.clone(), interface })
    }

    /// A port and, if there is one, its other leg: one edge port.
    pub(super) fn legs(&self, port: &EdgePort) -> impl Iterator<Item = EdgePort> + use<> {
        [port.clone()].into_iter().chain(self.twin(port))
    }

    /// Whether a port has, or may have, another leg that is not known: nothing is withdrawn there.
    pub(super) fn is_half_known(&self, port: &EdgePort) -> bool {
        let Some(switch) = self.switches.get(&port.switch) else { return true };
        if self.twin(port).is_some() {
            return false;
        }
        let told_otherwise =
            self.pairs.disputes.contains_key(&port.switch) && self.pairs.told.contains_key(&port.switch);
        let leg = switch.domain().is_some_and(|domain| domain.legs.contains_key(&port.interface));
        let fex = switch.fex_of(port.interface).is_some() && !self.has_one_parent(port);
        let unread = switch.vpc.is_none() && matches!(port.interface, InterfaceName::PortChannel(_));
        told_otherwise || leg || fex || unread
    }

    /// Whether a finding tells why the other leg of a port is not known: its switch has no peer, or the peer no such vPC.
    pub(super) fn is_told_apart(&self, port: &EdgePort) -> bool {
        let leg = |switch: &Switch| switch.domain().is_some_and(|domain| domain.legs.contains_key(&port.interface));
        self.pairs.disputes.contains_key(&port.switch) || self.switches.get(&port.switch).is_some_and(leg)
    }

    /// Whether a host interface's FEX hangs on this switch alone, as far as both parents that there may be have spoken.
    fn has_one_parent(&self, port: &EdgePort) -> bool {
        let Some(switch) = self.switches.get(&port.switch).filter(|switch| switch.vpc.is_some()) else { return false };
        let peer = self.peer(&port.switch).and_then(|peer| self.switches.get(peer));
        match (switch.domain(), peer) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some(peer)) => switch.fexes.is_some() && peer.fexes.is_some(),
        }
    }

    /// Whether a switch answers.
    pub(super) fn is_live(&self, name: &SwitchName) -> bool {
        self.switches.get(name).is_some_and(|switch| switch.live)
    }

    /// Whether a switch is dead: we do not reach it, and its peer says that it neither hears it over the keepalive link
    /// nor has an adjacency. Only the survivor can tell that from a switch that is merely out of our reach.
    pub(super) fn is_dead(&self, name: &SwitchName) -> bool {
        let survivor = self.peer(name).and_then(|peer| self.switches.get(peer)).filter(|peer| peer.live);
        let gone = |domain: &VpcDomain| !domain.adjacent && !domain.alive;
        !self.is_live(name) && survivor.and_then(Switch::domain).is_some_and(gone)
    }

    /// What the judgement of pairs and legs rests on; while it stays, they stay.
    pub(super) fn pairing(&self, name: &SwitchName) -> Option<Pairing> {
        let switch = self.switches.get(name)?;
        let legs = switch.domain().map(|domain| {
            let legs = domain.legs.iter().map(|(interface, leg)| (*interface, leg.id)).collect();
            (domain.id, domain.peer_link.as_ref().map(|link| link.interface), legs)
        });
        let fexes = switch
            .fexes
            .as_ref()
            .map(|fexes| fexes.iter().map(|(number, fex)| (*number, fex.serial.clone())).collect());
        Some(Pairing { peer: self.peer(name).cloned(), legs, fexes })
    }
}

/// What makes a switch one of a pair, and its ports legs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pairing {
    pub(super) peer: Option<SwitchName>,
    /// Domain, peer-link, and the vPC of each port-channel.
    legs: Option<(u16, Option<InterfaceName>, BTreeMap<InterfaceName, u16>)>,
    fexes: Option<BTreeMap<u16, String>>,
}

impl Switch {
    /// Its part in a vPC domain, as last read.
    pub(super) fn domain(&self) -> Option<&VpcDomain> {
        self.vpc.as_ref().and_then(|(_, vpc)| vpc.domain())
    }

    /// The FEX that a host interface, or every member of a port-channel, hangs on.
    fn fex_of(&self, interface: InterfaceName) -> Option<u16> {
        interface.fex().or_else(|| self.members.get(&interface)?.first()?.fex())
    }
}

/// The port on the other parent of a FEX with two: of the same name, or the port-channel of the same host interfaces.
fn fex_twin(mine: &Switch, other: &Switch, interface: InterfaceName) -> Option<InterfaceName> {
    let number = mine.fex_of(interface)?;
    let serial = |switch: &Switch| Some(switch.fexes.as_ref()?.get(&number)?.serial.clone());
    if serial(mine)? != serial(other)? {
        return None;
    }
    match mine.members.get(&interface) {
        None => Some(interface),
        Some(members) => members.first().and_then(|member| other.channel_of(*member)),
    }
}
