//! Port groups that let the guest tag: how many VLANs are served without a word of consent, and which with one.

use super::{
    Policy, WideTrunks,
    needs::{Need, Wide},
};
use crate::net::{VcenterName, VlanSet};

/// What is done about trunks of one vCenter's port groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trunks {
    /// A port group with more VLANs than these is wide.
    pub(super) wide: u16,
    /// The VLANs of a wide one that are served; none: none of them, without consent.
    pub(super) consent: Option<VlanSet>,
}

impl Trunks {
    /// What the policy says for a vCenter. Consent without a range that bounds it is none.
    pub(super) fn of(policy: &Policy, vcenter: Option<&VcenterName>) -> Self {
        let own = vcenter.and_then(|name| policy.vcenters.get(name));
        let word = own.and_then(|own| own.wide_trunks).unwrap_or(policy.wide_trunks);
        let bound = || match (policy.allowed.as_ref(), own.and_then(|own| own.allowed.as_ref())) {
            (Some(fabric), Some(own)) => Some(fabric.intersection(own)),
            (Some(range), None) | (None, Some(range)) => Some(range.clone()),
            (None, None) => None,
        };
        Self {
            wide: own.and_then(|own| own.wide_trunk).unwrap_or(policy.wide_trunk),
            consent: match word {
                WideTrunks::Refuse => None,
                WideTrunks::AllowedVlans => bound(),
            },
        }
    }

    /// The VLANs that a port group with `ranges` is served.
    pub(super) fn serve(&self, ranges: &VlanSet, group: &str) -> Result<VlanSet, Need> {
        if !self.bounds(ranges) {
            return Ok(ranges.clone());
        }
        let what = || format!("trunks {} VLANs ({ranges}), more than {}", ranges.len(), self.wide);
        let served = self.consent.as_ref().map(|allowed| ranges.intersection(allowed));
        served.ok_or_else(|| Need::Wide(Wide { group: group.to_owned(), what: what() }))
    }

    /// Whether of these VLANs only those are served that the configuration allows.
    pub(super) fn bounds(&self, ranges: &VlanSet) -> bool {
        ranges.len() > usize::from(self.wide)
    }

    /// The VLANs that a standard port group with VLAN 4095 is served.
    pub(super) fn serve_guest(&self, group: &str) -> Result<VlanSet, Need> {
        let what = || "lets the guest use every VLAN (4095)".to_owned();
        self.consent.clone().ok_or_else(|| Need::Wide(Wide { group: group.to_owned(), what: what() }))
    }
}
