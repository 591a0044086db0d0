//! What a person should mend of the pairs.

use std::collections::BTreeSet;

use super::{EdgePort, FindingKind, Place, Tracker, fabric::Switch, findings::Found};
use crate::net::{SwitchName, VlanId};

impl Tracker {
    /// Everything about vPC pairs that a person should mend.
    pub(super) fn pair_findings(&self) -> Vec<Found> {
        let disputes = self.fabric.pairs.disputes().map(|(switch, why)| {
            let text = format!("{why}; until then each leg is served alone and nothing is withdrawn from its vPCs");
            (FindingKind::PairMismatch, format!("switch {switch}"), text)
        });
        let mut found: Vec<Found> = disputes.collect();
        let required: BTreeSet<&EdgePort> = self.requirements.iter().map(|(port, _, _)| port).collect();
        for port in required {
            match self.fabric.twin(port) {
                Some(twin) => found.extend(self.leg_findings(port, &twin)),
                None => found.extend(self.single_leg(port).into_iter().chain(self.stopped(port))),
            }
        }
        found
    }

    /// A vPC whose other leg the known peer does not have.
    fn single_leg(&self, port: &EdgePort) -> Option<Found> {
        let peer = self.fabric.peer(&port.switch)?;
        let id = self.fabric.switches.get(&port.switch)?.domain()?.legs.get(&port.interface)?.id;
        self.fabric.switches.get(peer)?.vpc.as_ref()?;
        let text = format!("vPC {id} is not configured on {peer}; configure it there, or take it off here");
        Some((FindingKind::PairMismatch, port.to_string(), text))
    }

    /// The VLANs that a port alone allows and does not pass.
    fn stopped(&self, port: &EdgePort) -> Vec<Found> {
        let Some(switch) = self.fabric.switches.get(&port.switch).filter(|switch| switch.live) else {
            return Vec::new();
        };
        let vlans = self.requirements.on(port).map(|(vlan, _)| vlan);
        let stopped =
            vlans.filter(|vlan| switch.has(Place::Interface(port.interface), *vlan) && !self.fabric.ready(port, *vlan));
        let told = stopped.map(|vlan| {
            let why = why_inactive(&port.switch, switch, vlan).unwrap_or_else(|| by_spanning_tree(vlan));
            let text = format!("the port allows it, and it does not pass: {why}");
            (FindingKind::Suspended, format!("{port} VLAN {vlan}"), text)
        });
        told.collect()
    }

    fn leg_findings(&self, port: &EdgePort, twin: &EdgePort) -> Vec<Found> {
        let (Some(mine), Some(other)) =
            (self.fabric.switches.get(&port.switch), self.fabric.switches.get(&twin.switch))
        else {
            return Vec::new();
        };
        let vlans = self.requirements.on(port).map(|(vlan, _)| vlan);
        let vlans = vlans.filter(|vlan| mine.live && !self.fabric.ready(port, *vlan));
        let one = |vlan: VlanId| match other.live {
            false => self.out_of_reach(port, twin, vlan),
            true if port < twin => self.suspended(port, twin, vlan),
            true => None,
        };
        vlans.filter_map(one).collect()
    }

    /// A VLAN that only this leg has, because the peer is alive and we cannot reach it. What stood on both passes on.
    fn out_of_reach(&self, port: &EdgePort, twin: &EdgePort, vlan: VlanId) -> Option<Found> {
        let other = self.fabric.switches.get(&twin.switch)?;
        if self.fabric.is_dead(&twin.switch) || other.carries(twin.interface, vlan) {
            return None;
        }
        let text = format!(
            "{} is out of our reach, and {} says that it is alive: the VLAN is suspended on this vPC until it is on {twin} \
             too; mend our way to {}, or add it there by hand",
            twin.switch, port.switch, twin.switch
        );
        Some((FindingKind::HalfPair, format!("{port} VLAN {vlan}"), text))
    }

    /// What is said where the other leg cannot have a VLAN.
    pub(super) fn half_pair_text(&self, port: &EdgePort, vlan: VlanId, why: &str) -> String {
        let allows = |switch: &Switch| switch.has(Place::Interface(port.interface), vlan);
        match self.fabric.switches.get(&port.switch).is_some_and(allows) {
            true => format!("it stands here and not on the other leg, {why}; mend it there: half a vPC passes nothing"),
            false => format!("it is not added here either, because of the other leg, {why}; mend it there"),
        }
    }

    /// A VLAN that both legs allow and neither passes.
    fn suspended(&self, port: &EdgePort, twin: &EdgePort, vlan: VlanId) -> Option<Found> {
        let ends = [port, twin].map(|leg| Some((leg, self.fabric.switches.get(&leg.switch)?)));
        let ends: Vec<(&EdgePort, &Switch)> = ends.into_iter().flatten().collect();
        if !ends.iter().all(|(leg, switch)| switch.has(Place::Interface(leg.interface), vlan)) {
            return None;
        }
        // A VLAN that is not active on one switch passes the other's peer-link neither: the cause goes before the effect.
        let why = ends.iter().find_map(|(leg, switch)| why_inactive(&leg.switch, switch, vlan));
        let why = why.or_else(|| ends.iter().find_map(|(leg, switch)| why_suspended(leg, switch, vlan)));
        let why = why.unwrap_or_else(|| format!("{}, show vpc consistency-parameters vlans", by_spanning_tree(vlan)));
        let text = format!("both legs, {port} and {twin}, allow it, and it does not pass: {why}");
        Some((FindingKind::Suspended, format!("{port} VLAN {vlan}"), text))
    }
}

fn by_spanning_tree(vlan: VlanId) -> String {
    format!("spanning tree does not forward it; look at: show spanning-tree vlan {vlan}")
}

/// Why a VLAN passes nowhere on a switch.
fn why_inactive(name: &SwitchName, switch: &Switch, vlan: VlanId) -> Option<String> {
    if !switch.vlans.present.contains(vlan) {
        return Some(format!("it does not exist on {name}; create it: vlan {vlan}"));
    }
    (!switch.vlans.active.contains(vlan))
        .then(|| format!("it is suspended or shut down on {name}; vlan {vlan} ; state active ; no shutdown"))
}

/// What on one switch of a pair keeps a VLAN from passing its vPCs.
fn why_suspended(leg: &EdgePort, switch: &Switch, vlan: VlanId) -> Option<String> {
    let name: &SwitchName = &leg.switch;
    let domain = switch.domain()?;
    if domain.legs.get(&leg.interface).is_some_and(|leg| leg.up && !leg.consistent) {
        return Some(format!(
            "the vPC is inconsistent on {name}; look at: show vpc consistency-parameters interface {}",
            leg.interface
        ));
    }
    let link = domain.peer_link.as_ref()?;
    if !link.up {
        return Some(format!("the peer-link {} of {name} is down", link.interface));
    }
    (!link.vlans.contains(vlan)).then(|| {
        let link = link.interface;
        format!("it does not pass the peer-link {link} of {name}; interface {link} ; switchport trunk allowed vlan add {vlan}")
    })
}
