//! Somebody else's machinery that owns a switch's configuration: read, reported, and not written (rule 9).

use super::{FindingKind, ForeignOwner, Tracker, findings::Found};
use crate::net::SwitchName;

impl Tracker {
    /// Who owns a switch's ports, if somebody else does: then nothing of it is written.
    pub(super) fn owner_forbids(&self, switch: &SwitchName) -> Option<String> {
        let owner = self.owners_of(switch).find(|owner| owner.owns_ports())?;
        Some(format!("{} owns this switch's configuration: left alone; {}", owner, remedy(owner)))
    }

    /// Who owns a switch's VLAN database, if somebody else does: then no VLAN is created there.
    pub(super) fn owner_of_vlans(&self, switch: &SwitchName) -> Option<String> {
        let owner = self.owners_of(switch).next()?;
        Some(format!("{}: VLANs are never created there", owner))
    }

    fn owners_of(&self, switch: &SwitchName) -> impl Iterator<Item = ForeignOwner> {
        self.fabric.switches.get(switch).into_iter().flat_map(|switch| &switch.owners).copied()
    }

    /// Every switch that is somebody else's, once.
    pub(super) fn owner_findings(&self) -> Vec<Found> {
        let found = self.fabric.switches.keys().flat_map(|switch| {
            self.owners_of(switch).map(move |owner| {
                let what = match owner.owns_ports() {
                    true => "nothing is written there",
                    false => "its ports are managed, and VLANs are never created there",
                };
                let text = format!("{} owns its configuration: {what}; {}", owner, remedy(owner));
                (FindingKind::ForeignOwner, format!("switch {switch}"), text)
            })
        });
        found.collect()
    }
}

const fn remedy(owner: ForeignOwner) -> &'static str {
    match owner {
        ForeignOwner::VmTracker => "take one of the two off: no feature vmtracker",
        ForeignOwner::FabricPath => "take the switch out of the configuration, it cannot be managed",
        ForeignOwner::SwitchProfile => {
            "take the ports out of the switch-profile, or the switch out of the configuration"
        }
        ForeignOwner::Maintenance => "it goes on by itself after: no system mode maintenance",
        ForeignOwner::Vtp => "create VLANs on the VTP server, or: vtp mode transparent",
        ForeignOwner::Vxlan => "create VLANs together with their vn-segment by hand",
    }
}
