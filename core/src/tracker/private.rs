//! Private VLANs: which VLANs of the trunk a port in one needs (facts: vCenter §B4).

use super::{Dvs, PvlanKind};
use crate::net::{VlanId, VlanSet};

/// The VLANs that a port in the private VLAN `secondary` needs. What it sends leaves in its secondary, what it is sent
/// comes in the primary; a promiscuous port hears every secondary. For a Nexus these are VLANs like any: whether it
/// knows them as private ones is not checked.
pub(super) fn vlans(secondary: VlanId, group: &str, dvs: Option<&Dvs>) -> Result<VlanSet, String> {
    let dvs = dvs.ok_or_else(|| {
        format!(
            "port group {group:?} is the private VLAN {secondary}, and its distributed switch is not in the inventory"
        )
    })?;
    let row = dvs.pvlans.iter().find(|row| row.secondary == secondary);
    let row = row.ok_or_else(|| {
        let name = &dvs.name;
        format!("port group {group:?} is the private VLAN {secondary}, which distributed switch {name:?} does not list")
    })?;
    let all = || dvs.pvlans.iter().filter(|other| other.primary == row.primary).map(|other| other.secondary);
    let pair = [row.primary, row.secondary];
    match row.kind {
        PvlanKind::Promiscuous => Ok(pair.into_iter().chain(all()).collect()),
        PvlanKind::Community | PvlanKind::Isolated | PvlanKind::Unknown if row.primary == row.secondary => {
            Ok(pair.into_iter().chain(all()).collect())
        }
        PvlanKind::Community | PvlanKind::Isolated => Ok(pair.into_iter().collect()),
        PvlanKind::Unknown => Err(format!("private VLAN {secondary} of port group {group:?} is of an unknown type")),
    }
}
