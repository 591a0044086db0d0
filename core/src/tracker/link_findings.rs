//! What a person should mend of the links between switches.
//!
//! A VLAN is contiguous if all switches whose edge ports need it reach each other over links that pass it. Only known
//! links are judged: where none leads from one switch to another, there may be a device between that nobody configured,
//! and unknown is not empty. A cable that one end alone hears may pass what both its ends are set up for.

use std::collections::BTreeMap;

use super::{
    Allowed, EdgePort, FindingKind, LinkPolicy, Moment, Place, PortMode, Tracker,
    cables::{Cable, Link},
    fabric::{Fabric, Switch},
    findings::Found,
    paths::Union,
};
use crate::net::{SwitchName, VlanId, VlanSet};

/// So many links are named in one finding.
const NAMED: usize = 3;

impl Tracker {
    /// Everything about links that a person should mend.
    pub(super) fn link_findings(&self, now: Moment) -> Vec<Found> {
        let (mut found, islands) = self.islands();
        found.extend(self.lacks(&islands, now));
        found
    }

    /// Every VLAN that is not contiguous, and all of them.
    fn islands(&self) -> (Vec<Found>, VlanSet) {
        let map = Map::of(&self.fabric);
        let together = map.parts(|road| road.verified);
        let suspects = self.suspects();
        let mut found = Vec::new();
        let mut islands = VlanSet::EMPTY;
        for (vlan, needing) in self.links.needs().filter(|(vlan, _)| suspects.contains(*vlan)) {
            let reach = map.parts(|road| road.passes.contains(vlan));
            for sides in map.torn(needing, &together, &reach) {
                islands.insert(vlan);
                found.push((FindingKind::Island, format!("VLAN {vlan}"), self.island_text(vlan, &sides)));
            }
        }
        (found, islands)
    }

    /// The VLANs that some link needs and does not pass: all others are contiguous.
    fn suspects(&self) -> VlanSet {
        let links = self.fabric.cables.links.iter().enumerate();
        links.fold(VlanSet::EMPTY, |all, (at, link)| {
            let passes = link.cables.iter().map(|cable| self.fabric.passing(cable));
            let passes = passes.reduce(|all, one| all.intersection(&one)).unwrap_or_default();
            all.union(&self.links.wanted(at).difference(&passes))
        })
    }

    fn island_text(&self, vlan: VlanId, sides: &[Vec<&SwitchName>]) -> String {
        let side = |side: &Vec<&SwitchName>| side.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sides = sides.iter().map(side).collect::<Vec<_>>().join(" | ");
        let links = self.fabric.cables.links.iter().enumerate();
        let wanting = links.filter(|(at, _)| self.links.wanted(*at).contains(vlan)).flat_map(|(_, link)| &link.ends);
        let lacking: Vec<String> = wanting.filter_map(|end| self.fabric.lacks(end, vlan)).collect();
        let more = lacking.len().saturating_sub(NAMED);
        let named = lacking.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
        let named = if named.is_empty() { "every link allows it, look whether they are up".to_owned() } else { named };
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        format!("it is needed on switches that do not reach each other in it ({sides}): {named}{more}")
    }

    /// The links that lack VLANs though every switch reaches every other over the rest.
    fn lacks(&self, islands: &VlanSet, now: Moment) -> Vec<Found> {
        let links = self.fabric.cables.links.iter().enumerate();
        let mut found = Vec::new();
        for (at, link) in links {
            let wanted = self.links.wanted(at).difference(islands);
            let coming = match self.policy.links {
                LinkPolicy::Provision if !self.paused => self.links.open(link).difference(&self.refused_on(link)),
                LinkPolicy::Provision | LinkPolicy::Verify => VlanSet::EMPTY,
            };
            for end in &link.ends {
                let missing = wanted.difference(&self.fabric.set_up(end)).difference(&coming);
                found.extend(missing.iter().next().map(|first| self.lack(link, end, &missing, first, now)));
            }
        }
        found
    }

    fn lack(&self, link: &Link, end: &EdgePort, missing: &VlanSet, first: VlanId, now: Moment) -> Found {
        let what = if link.peer { "peer-link" } else { "link between switches" };
        let why = match self.policy.links {
            LinkPolicy::Verify => String::new(),
            LinkPolicy::Provision => link
                .ends
                .iter()
                .find_map(|end| self.bars(end, first, now))
                .map(|why| format!(" (not added by us: {why})"))
                .unwrap_or_default(),
        };
        let remedy = self.fabric.lacks(end, first).unwrap_or_default();
        let text = format!("this {what} needs VLANs {missing} and does not have them: {remedy}{why}");
        (FindingKind::LinkLacks, end.to_string(), text)
    }

    /// The VLANs that an end of a link said no to when they were last tried: that they are tried again is no news.
    fn refused_on(&self, link: &Link) -> VlanSet {
        let here = |end: &EdgePort, switch: &SwitchName, place: Place| {
            end.switch == *switch && [Place::VlanDatabase, Place::Interface(end.interface)].contains(&place)
        };
        let refusals = self.obstacles.refusals();
        let mine = refusals.filter(|(switch, place, _)| link.ends.iter().any(|end| here(end, switch, *place)));
        mine.map(|(_, _, vlan)| *vlan).collect()
    }

    /// Why one end of a link cannot get a VLAN.
    fn bars(&self, end: &EdgePort, vlan: VlanId, now: Moment) -> Option<String> {
        let places = [Place::VlanDatabase, Place::Interface(end.interface)];
        let keys = || places.into_iter().map(|place| (end.switch.clone(), place, vlan));
        let obstacle = keys().find_map(|key| self.obstacles.of(&key, now).or_else(|| self.obstacles.last(&key)));
        if obstacle.is_none() && self.links.open_on(end).contains(vlan) {
            return None;
        }
        let why = obstacle.map(|obstacle| obstacle.text.clone()).or_else(|| self.owner_forbids(&end.switch));
        let why = why.unwrap_or_else(|| {
            "the mode or allowed_vlans there do not let us, or its port is no trunk that we have read".to_owned()
        });
        Some(format!("{end}: {why}"))
    }
}

/// The switches by number, and the cables between them.
struct Map<'a> {
    numbers: BTreeMap<&'a SwitchName, usize>,
    roads: Vec<Road>,
}

/// A cable between two switches by number.
struct Road {
    ends: (usize, usize),
    /// Both its ends hear it.
    verified: bool,
    passes: VlanSet,
}

impl<'a> Map<'a> {
    fn of(fabric: &'a Fabric) -> Self {
        let numbers: BTreeMap<&SwitchName, usize> =
            fabric.switches.keys().enumerate().map(|(at, name)| (name, at)).collect();
        let known = fabric.cables.cables().map(|cable| (cable, true));
        let cables = known.chain(fabric.cables.unverified.iter().map(|cable| (cable, false)));
        let roads = cables.filter_map(|(cable, verified)| {
            let ends = (*numbers.get(&cable.0.switch)?, *numbers.get(&cable.1.switch)?);
            Some(Road { ends, verified, passes: fabric.passing(cable) })
        });
        let roads = roads.collect();
        Self { numbers, roads }
    }

    /// Which switches these cables join, by the one that stands for the rest.
    fn parts(&self, which: impl Fn(&Road) -> bool) -> Vec<usize> {
        let mut union = Union::of(self.numbers.len());
        self.roads.iter().filter(|road| which(road)).for_each(|road| union.join(road.ends.0, road.ends.1));
        (0..self.numbers.len()).map(|at| union.root(at)).collect()
    }

    /// The parts of each known whole that needing switches are in, where they are in several.
    fn torn(
        &self,
        needing: impl Iterator<Item = &'a SwitchName>,
        together: &[usize],
        reach: &[usize],
    ) -> Vec<Vec<Vec<&'a SwitchName>>> {
        let mut wholes: BTreeMap<usize, BTreeMap<usize, Vec<&SwitchName>>> = BTreeMap::new();
        for switch in needing {
            let Some(at) = self.numbers.get(switch).copied() else { continue };
            wholes.entry(together[at]).or_default().entry(reach[at]).or_default().push(switch);
        }
        let torn = wholes.into_values().filter(|parts| parts.len() > 1);
        torn.map(|parts| parts.into_values().collect()).collect()
    }
}

impl Fabric {
    /// The VLANs that pass a cable: at both its ends.
    fn passing(&self, (one, other): &Cable) -> VlanSet {
        self.passing_at(one).intersection(&self.passing_at(other))
    }

    /// The VLANs that pass one end, as it was last read; what was not read is not held against it.
    fn passing_at(&self, end: &EdgePort) -> VlanSet {
        let Some(switch) = self.switches.get(&end.switch) else { return VlanSet::EMPTY };
        let port = switch.ports.get(&end.interface);
        if port.is_some_and(|port| port.up == Some(false)) {
            return VlanSet::EMPTY;
        }
        let link = switch.domain().and_then(|domain| domain.peer_link.as_ref());
        let link = link.filter(|link| link.interface == end.interface);
        let own = port.and_then(|port| port.forwarding.clone()).unwrap_or_else(VlanSet::all);
        let shared = link.map_or_else(VlanSet::all, |link| if link.up { link.vlans.clone() } else { VlanSet::EMPTY });
        self.set_up(end).intersection(&own).intersection(&shared)
    }

    /// The VLANs that an end is set up for: allowed there, and active on its switch.
    fn set_up(&self, end: &EdgePort) -> VlanSet {
        let Some(switch) = self.switches.get(&end.switch) else { return VlanSet::EMPTY };
        match switch.ports.get(&end.interface).map(|port| (&port.mode, &port.allowed)) {
            Some((PortMode::Trunk, Allowed::List(list))) => list.intersection(&switch.vlans.active),
            Some((PortMode::Trunk, Allowed::Everything)) | None => switch.vlans.active.clone(),
            Some((PortMode::Access | PortMode::Routed | PortMode::FexFabric | PortMode::Other(_), _)) => VlanSet::EMPTY,
        }
    }

    /// What an end lacks for a VLAN, and the command that gives it.
    fn lacks(&self, end: &EdgePort, vlan: VlanId) -> Option<String> {
        let switch: &Switch = self.switches.get(&end.switch)?;
        if !switch.vlans.present.contains(vlan) {
            return Some(format!("{} has no VLAN {vlan}: vlan {vlan}", end.switch));
        }
        if !switch.vlans.active.contains(vlan) {
            return Some(format!(
                "VLAN {vlan} is suspended or shut down on {}: vlan {vlan} ; state active ; no shutdown",
                end.switch
            ));
        }
        let port = switch.ports.get(&end.interface)?;
        let interface = end.interface;
        if !port.allowed.contains(vlan) {
            return Some(format!(
                "{end} does not allow it: interface {interface} ; switchport trunk allowed vlan add {vlan}"
            ));
        }
        (port.up == Some(false)).then(|| format!("{end} is down"))
    }
}
