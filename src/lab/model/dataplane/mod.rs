//! What a frame of a VM would do: host up, VM on, adapter connected, uplink cabled, VLAN forwarded by the switch port.
//!
//! The cabling is the lab's own truth; it is never learned from what devices say about each other. Where frames enter
//! the fabric is a [`Place`]: the port whose configuration counts, which for a member of a port-channel is the channel.

mod cabling;
mod chatter;
mod power;
mod recable;
#[cfg(test)]
mod tests;
mod truth;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::{InterfaceName, MoId, SwitchName, VlanId, VlanSet};

pub use cabling::{Cabling, End};
pub use chatter::Chatter;
pub use power::{appliance, appliance_answers, kernel_verdict};
pub use recable::recable;
pub use truth::{kernel, truth, verdict};
pub use ways::{Frame, frames};

use super::switch::{PortMode, Switch};

/// A logical switch port, where a trunk's configuration stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The switch.
    pub switch: SwitchName,
    /// The port, or the port-channel that it is a member of.
    pub interface: InterfaceName,
}

impl Place {
    /// The port `interface` of `switch`.
    pub fn new(switch: &str, interface: InterfaceName) -> Self {
        Self { switch: switch.into(), interface }
    }
}

/// One VLAN at one place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Leg {
    /// Where.
    pub place: Place,
    /// Which VLAN.
    pub vlan: VlanId,
}

/// What a judge asks of the simulated switches.
pub trait Fabric {
    /// Whether frames tagged with the leg's VLAN pass there now, both ways: those of the native VLAN would come out
    /// without their tag.
    fn forwards(&self, leg: &Leg) -> bool;
    /// The VLAN that frames without a tag pass in there now; none: they do not pass.
    fn untagged(&self, place: &Place) -> Option<VlanId>;
    /// The native VLAN of the place's trunk, whether it passes or not.
    fn native(&self, place: &Place) -> Option<VlanId>;
    /// The list that the place's trunk allows.
    fn allowed(&self, place: &Place) -> VlanSet;
    /// Whether the place has a link and is not kept down.
    fn is_up(&self, place: &Place) -> bool;
}

/// The simulated switches by name.
impl Fabric for BTreeMap<String, Switch> {
    fn forwards(&self, leg: &Leg) -> bool {
        let switch = self.get(leg.place.switch.as_str());
        let passes = switch.is_some_and(|switch| switch.forwards(leg.place.interface, leg.vlan));
        passes && self.native(&leg.place) != Some(leg.vlan)
    }

    fn untagged(&self, place: &Place) -> Option<VlanId> {
        self.get(place.switch.as_str())?.untagged(place.interface)
    }

    fn native(&self, place: &Place) -> Option<VlanId> {
        let switch = self.get(place.switch.as_str())?;
        let port = switch.ports().get(&switch.logical(place.interface))?;
        (port.mode == PortMode::Trunk).then_some(port.native)
    }

    fn allowed(&self, place: &Place) -> VlanSet {
        self.get(place.switch.as_str()).map(|switch| switch.allowed(place.interface)).unwrap_or_default()
    }

    fn is_up(&self, place: &Place) -> bool {
        self.get(place.switch.as_str()).is_some_and(|switch| switch.is_up(place.interface))
    }
}

/// A powered-on VM as it is. A host's vmkernel adapters are one that uses nothing, so that it is never dark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Where it runs.
    pub host: MoId,
    /// What must stand for it: its VLANs on every uplink that it may use.
    pub requires: BTreeSet<Leg>,
    /// What its frames pass through now: every leg of a bundle that has a link, because answers come over any of them.
    pub uses: BTreeSet<Leg>,
    /// Where its frames without a tag pass through now. What these need of a switch is its native VLAN, which nobody
    /// here writes: there is nothing to require.
    pub untagged: BTreeSet<Place>,
    /// An adapter has no way out at all.
    pub blocked: bool,
    /// Where a vMotion takes it, and what must stand there.
    pub moving: Option<(MoId, BTreeSet<Leg>)>,
}

/// Whether a VM's frames pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Frames of every connected adapter pass.
    Passes,
    /// There is nothing to pass: the VM does not run.
    Idle(Idle),
    /// Frames are lost.
    Dark(Dark),
}

/// Why there is nothing to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// The VM is unknown.
    Unknown,
    /// The VM is powered off or suspended.
    Off,
    /// Its host is dead.
    HostDown,
    /// It is the secondary of a pair: its primary speaks for it.
    Secondary,
}

/// Why frames are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dark {
    /// No uplink that the port group may use has a link.
    NoUplink,
    /// The uplink in use is cabled to nothing that the lab knows.
    NotCabled {
        /// The pnic in use.
        device: String,
    },
    /// The switch does not pass the VLAN there.
    NotForwarded(Leg),
    /// Its VLAN is the native one there: what the switch sends in it has no tag, and gets into another port group or
    /// none.
    IsNative(Leg),
    /// The switch does not pass its native VLAN there, or has none.
    NoNative(Place),
    /// It is in a network of tunnels, and its host has none.
    NoTunnel,
}
