//! Whether frames really pass: on a port, and on both legs of a vPC.

use super::{EdgePort, Moment, PortMode, fabric::Fabric, fabric::Switch};
use crate::net::{InterfaceName, VlanId};

/// What a switch's own eyes saw: when it was asked, and whether the VLAN passed.
type Sight = (Moment, bool);

impl Fabric {
    /// Whether frames of `vlan` really pass an edge port: on every leg allowed, created and active, on a switch that
    /// answers, and not suspended on the legs that are up. A peer that its survivor says is dead does not count.
    pub(super) fn ready(&self, port: &EdgePort, vlan: VlanId) -> bool {
        let mut legs = Vec::new();
        for leg in self.legs(port).filter(|leg| !self.is_dead(&leg.switch)) {
            let Some(switch) = self.switches.get(&leg.switch) else { return false };
            if !switch.live || !switch.carries(leg.interface, vlan) {
                return false;
            }
            legs.push((switch, leg.interface));
        }
        // A vPC passes a VLAN on both legs or on none, so the newest sight of either is the truth of both: one that was
        // read before the other leg had the VLAN says nothing any more.
        let sights = legs.iter().filter_map(|(switch, interface)| switch.sight(*interface, vlan));
        !legs.is_empty() && sights.max().is_none_or(|(_, passes)| passes)
    }
}

impl Switch {
    /// Whether `interface` is set up for `vlan`: a trunk that allows it, and it exists and is active.
    pub(super) fn carries(&self, interface: InterfaceName, vlan: VlanId) -> bool {
        let allowed =
            self.ports.get(&interface).is_some_and(|port| port.mode == PortMode::Trunk && port.allowed.contains(vlan));
        allowed && self.vlans.active.contains(vlan)
    }

    /// Whether the switch saw `vlan` pass `interface`, by the port's own state or by that of its vPC, the newer of
    /// both; none: not read, or the link is down and nothing passes anyhow.
    pub(super) fn sight(&self, interface: InterfaceName, vlan: VlanId) -> Option<Sight> {
        let port = self.ports.get(&interface)?;
        if port.up == Some(false) {
            return None;
        }
        let at = self.ports_at.get(&interface).copied().unwrap_or_default();
        let own = port.forwarding.as_ref().map(|forwarding| (at, forwarding.contains(vlan)));
        let leg = self.vpc.as_ref().and_then(|(at, vpc)| {
            let leg = vpc.domain()?.legs.get(&interface).filter(|leg| leg.up)?;
            Some((*at, leg.vlans.contains(vlan)))
        });
        match (own, leg) {
            (Some(own), Some(leg)) if own.0 == leg.0 => Some((own.0, own.1 && leg.1)),
            (own, leg) => own.max(leg),
        }
    }
}
