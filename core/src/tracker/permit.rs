//! Whether a required VLAN may be put on a port: policy, the state of the port, what stands in the way.

use std::collections::BTreeSet;

use super::{Act, Allowed, EdgePort, Moment, Place, Port, PortMode, Reason, Tracker, steering::Consent};
use crate::net::{SwitchName, VlanId, VlanSet};

/// Whether a required VLAN may be put on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may.
    Add,
    /// There is nothing to add: a trunk without a list carries every VLAN that exists.
    Everything,
    /// The mode says to watch only.
    ObserveOnly,
    /// Policy or the state of the switch forbids it, for this reason, with what to do.
    Forbidden(String),
    /// Something stands in the way for a while.
    Waits(String),
    /// Somebody takes it away again and again: it is put back later and later.
    Drift(String),
    /// The other leg of the vPC cannot have it, for this reason; so neither gets it.
    OtherLeg(String),
}

impl Tracker {
    /// Whether `vlan`, required for `reasons`, may be put on `port` now. A vPC is one edge port: what is in the way of
    /// one leg is in the way of both.
    pub(super) fn verdict(&self, port: &EdgePort, vlan: VlanId, reasons: &BTreeSet<Reason>, now: Moment) -> Verdict {
        let own = self.leg_verdict(port, vlan, reasons, now);
        match own {
            Verdict::Add | Verdict::Everything => {
                self.other_leg(port, vlan, reasons, now).map_or(own, Verdict::OtherLeg)
            }
            Verdict::ObserveOnly
            | Verdict::Forbidden(_)
            | Verdict::Waits(_)
            | Verdict::Drift(_)
            | Verdict::OtherLeg(_) => own,
        }
    }

    /// What is in the way of the other leg. A peer that is dead, or that we do not reach, gets the VLAN once it is
    /// back, and this leg does not wait for it.
    fn other_leg(&self, port: &EdgePort, vlan: VlanId, reasons: &BTreeSet<Reason>, now: Moment) -> Option<String> {
        let twin = self.fabric.twin(port).filter(|twin| !self.fabric.is_dead(&twin.switch))?;
        let reached = self.fabric.is_live(&twin.switch);
        let why = match self.leg_verdict(&twin, vlan, reasons, now) {
            Verdict::Waits(_) | Verdict::Drift(_) if !reached => return None,
            Verdict::Waits(why) | Verdict::Drift(why) | Verdict::Forbidden(why) | Verdict::OtherLeg(why) => why,
            Verdict::ObserveOnly => "the mode there is observe".to_owned(),
            Verdict::Add | Verdict::Everything => self.tried_first(&twin, port, vlan)?.to_owned(),
        };
        Some(format!("{twin}: {why}"))
    }

    /// What the other leg said when it was last tried. It is tried again before this one, or each attempt would cost an
    /// addition here and its undo.
    fn tried_first(&self, twin: &EdgePort, port: &EdgePort, vlan: VlanId) -> Option<&str> {
        let last = |port: &EdgePort| {
            let places = [Place::VlanDatabase, Place::Interface(port.interface)];
            places.into_iter().find_map(|place| self.obstacles.last(&(port.switch.clone(), place, vlan)))
        };
        let there = self.fabric.switches.get(&twin.switch).is_some_and(|switch| switch.carries(twin.interface, vlan));
        let waits = !there && self.fabric.is_live(&twin.switch) && last(port).is_none();
        last(twin).filter(|_| waits).map(|obstacle| obstacle.text.as_str())
    }

    /// Whether it may be put on one leg, as far as that leg is concerned.
    pub(super) fn leg_verdict(
        &self,
        port: &EdgePort,
        vlan: VlanId,
        reasons: &BTreeSet<Reason>,
        now: Moment,
    ) -> Verdict {
        if let Some(why) = self.outside(port, vlan, reasons).or_else(|| self.impossible(port, vlan)) {
            return Verdict::Forbidden(why);
        }
        let Some(switch) = self.fabric.switches.get(&port.switch) else {
            return Verdict::Waits(format!("switch {} has not been read yet", port.switch));
        };
        let everything = |state: &Port| state.allowed == Allowed::Everything;
        if switch.ports.get(&port.interface).is_some_and(everything) && switch.has(Place::VlanDatabase, vlan) {
            return Verdict::Everything;
        }
        // What stands there, by whose hand ever, needs no addition that something could be in the way of.
        let places = [Place::VlanDatabase, Place::Interface(port.interface)];
        for place in places.into_iter().filter(|place| !switch.has(*place, vlan)) {
            if let Some(obstacle) = self.obstacles.of(&(port.switch.clone(), place, vlan), now) {
                return obstacle.verdict();
            }
        }
        match self.mode_of(port).additions {
            Act::Observe => Verdict::ObserveOnly,
            Act::Enforce if matches!(self.consent(vlan, reasons), Consent::Observe(_)) => Verdict::ObserveOnly,
            Act::Enforce => Verdict::Add,
        }
    }

    /// The mode in force on a port.
    pub(super) fn mode_of(&self, port: &EdgePort) -> super::Mode {
        let policy = self.policy.switches.get(&port.switch);
        let own = policy.and_then(|switch| switch.interfaces.get(&port.interface)).and_then(|own| own.mode);
        own.or(policy.map(|switch| switch.mode)).unwrap_or(super::Mode::both(Act::Observe))
    }

    /// What policy says against it.
    fn outside(&self, port: &EdgePort, vlan: VlanId, reasons: &BTreeSet<Reason>) -> Option<String> {
        if vlan == VlanId::MIN {
            return Some("VLAN 1 is never touched; give the port group another VLAN".to_owned());
        }
        let Some(switch) = self.policy.switches.get(&port.switch) else {
            return Some(format!("switch {} is not in the configuration", port.switch));
        };
        let interface = switch.interfaces.get(&port.interface).and_then(|own| own.allowed.as_ref());
        let bounds = [
            ("of the fabric", self.policy.allowed.as_ref()),
            ("of this switch", switch.allowed.as_ref()),
            ("of this interface", interface),
        ];
        let outside = bounds.iter().find(|(_, range)| range.is_some_and(|range| !range.contains(vlan)));
        if let Some((whose, Some(range))) = outside {
            return Some(format!(
                "VLAN {vlan} is outside allowed_vlans {whose} ({range}); widen it or change the port group"
            ));
        }
        match self.consent(vlan, reasons) {
            Consent::Refused(why) => Some(why),
            Consent::Given | Consent::Observe(_) => None,
        }
    }

    /// What the switch's own state says against it.
    fn impossible(&self, port: &EdgePort, vlan: VlanId) -> Option<String> {
        if let Some(owner) = self.owner_forbids(&port.switch) {
            return Some(owner);
        }
        let switch = self.fabric.switches.get(&port.switch).filter(|switch| switch.identity.is_some())?;
        if switch.vlans.reserved.contains(vlan) {
            return Some(format!(
                "the switch reserves VLAN {vlan} for itself ({}); use another VLAN",
                switch.vlans.reserved
            ));
        }
        let Some(state) = switch.ports.get(&port.interface) else {
            return Some("the switch has no such port; check the attachment".to_owned());
        };
        let wanted = "make it a trunk: switchport mode trunk";
        match &state.mode {
            PortMode::Trunk => {}
            PortMode::Access => return Some(format!("the port is an access port; {wanted}")),
            PortMode::Routed => return Some(format!("the port is routed (no switchport); {wanted}")),
            PortMode::FexFabric => return Some("the port is the fabric side of a FEX and is never touched".to_owned()),
            PortMode::Other(mode) => return Some(format!("the port is in mode {mode:?}; {wanted}")),
        }
        let creatable = self.creatable(&port.switch).contains(vlan);
        let missing = !switch.vlans.present.contains(vlan) && !creatable;
        missing.then(|| {
            let owner = self.owner_of_vlans(&port.switch);
            let why = owner.unwrap_or_else(|| "allowed_vlans does not let us create it".to_owned());
            format!("VLAN {vlan} does not exist there and {why}; create it: vlan {vlan}")
        })
    }

    /// The VLANs that may be created on a switch: inside an allowed range that the configuration names, or none; and none
    /// where somebody else's machinery does it.
    pub(super) fn creatable(&self, switch: &SwitchName) -> VlanSet {
        if self.owner_of_vlans(switch).is_some() {
            return VlanSet::EMPTY;
        }
        let own = self.policy.switches.get(switch).and_then(|policy| policy.allowed.as_ref());
        match (self.policy.allowed.as_ref(), own) {
            (Some(fabric), Some(own)) => fabric.intersection(own),
            (Some(range), None) | (None, Some(range)) => range.clone(),
            (None, None) => VlanSet::EMPTY,
        }
    }
}
