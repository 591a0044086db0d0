//! Frames that leave a host untagged, and the native VLAN of the port where they arrive.
//!
//! VLAN 0 of a port group needs the native VLAN allowed, created and active, and changes nothing on a switch: the native
//! VLAN of a port is the network team's. What is wrong with it is a finding, with the line that mends it.

use std::collections::{BTreeMap, BTreeSet};

use super::{EdgePort, FindingKind, Port, PortMode, Reason, Tracker, fabric::Switch, findings::Found};
use crate::net::VlanId;

/// Whose frames leave untagged, and on which ports.
pub(super) type Untagged = BTreeMap<Reason, BTreeSet<EdgePort>>;

impl Tracker {
    /// What native VLANs keep from passing.
    pub(super) fn native_findings(&self) -> Vec<Found> {
        let mut ports: BTreeMap<&EdgePort, BTreeSet<&Reason>> = BTreeMap::new();
        for (reason, at) in self.untagged.values().flatten() {
            for port in at {
                ports.entry(port).or_default().insert(reason);
            }
        }
        let untagged = ports.into_iter().filter_map(|(port, reasons)| self.untagged_finding(port, &reasons));
        let tagged = self.requirements.iter().filter_map(|(port, vlan, reasons)| {
            let (_, native) = self.native(port).filter(|(_, native)| *native == vlan)?;
            let who = reasons.first().map(|reason| self.why(reason)).unwrap_or_default();
            let text = format!(
                "{who} needs it tagged, and it is the native VLAN there: the switch sends it untagged, and the host drops that; \
                 interface {} ; switchport trunk native vlan NUMBER, with one that nobody needs",
                port.interface
            );
            Some((FindingKind::NativeTagged, format!("{port} VLAN {native}"), text))
        });
        untagged.chain(tagged).collect()
    }

    /// A port's state and native VLAN, where it is a trunk of a switch that answers.
    fn native(&self, port: &EdgePort) -> Option<(&Port, VlanId)> {
        let switch = self.fabric.switches.get(&port.switch).filter(|switch| switch.live)?;
        let state = switch.ports.get(&port.interface).filter(|state| state.mode == PortMode::Trunk)?;
        Some((state, state.native?))
    }

    fn untagged_finding(&self, port: &EdgePort, reasons: &BTreeSet<&Reason>) -> Option<Found> {
        let (state, native) = self.native(port)?;
        let switch = self.fabric.switches.get(&port.switch)?;
        let why = stopped(port, state, switch, native)?;
        let first = reasons.first().map(|reason| self.why(reason)).unwrap_or_default();
        let who = match reasons.len() {
            0 | 1 => first,
            count => format!("{first} and {} more", count - 1),
        };
        let text =
            format!("frames of {who} leave untagged (VLAN 0) and are in its native VLAN {native} here, but {why}");
        Some((FindingKind::NativeVlan, port.to_string(), text))
    }
}

/// What keeps the native VLAN from passing a port, and the line that mends it.
fn stopped(port: &EdgePort, state: &Port, switch: &Switch, native: VlanId) -> Option<String> {
    let (name, interface) = (&port.switch, port.interface);
    if !state.allowed.contains(native) {
        return Some(format!(
            "its allowed list lacks that; interface {interface} ; switchport trunk allowed vlan add {native}"
        ));
    }
    if !switch.vlans.present.contains(native) {
        return Some(format!("that does not exist on {name}; create it: vlan {native}"));
    }
    if !switch.vlans.active.contains(native) {
        return Some(format!("that is suspended or shut down on {name}; vlan {native} ; state active ; no shutdown"));
    }
    let passes = switch.sight(interface, native).is_none_or(|(_, passes)| passes);
    (!passes).then(|| format!("that does not forward there; look at: show spanning-tree vlan {native}"))
}
