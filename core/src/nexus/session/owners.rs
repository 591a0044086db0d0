//! Whose hands but ours hold the whole switch's configuration (design rule 9), from the switch's several answers.

use std::collections::BTreeSet;

use crate::tracker::ForeignOwner;

/// What the answers of one reading said; none: nothing.
#[derive(Debug, Default)]
pub(super) struct Clues {
    /// The features that are enabled.
    pub(super) features: Option<BTreeSet<String>>,
    /// The feature sets that are enabled. Most switches have none and tell nothing.
    pub(super) sets: BTreeSet<String>,
    /// It is a VTP server or client.
    pub(super) vtp: Option<bool>,
    pub(super) maintenance: Option<bool>,
    pub(super) switch_profile: Option<bool>,
}

impl Clues {
    /// The owners; none where the switch does not tell its features and nothing else shows an owner.
    pub(super) fn owners(&self) -> Option<BTreeSet<ForeignOwner>> {
        let is = |names: &[&str]| names.iter().any(|name| self.has(name));
        let shown = [
            (ForeignOwner::VmTracker, is(&["vmtracker"])),
            (ForeignOwner::FabricPath, is(&["fabricpath"])),
            // The command's word, and the one that `show feature` is remembered to print.
            (ForeignOwner::Vxlan, is(&["vn-segment-vlan-based", "vnseg_vlan"])),
            // With the feature on and a mode that cannot be read, the worse is believed.
            (ForeignOwner::Vtp, self.vtp.unwrap_or_else(|| self.has("vtp"))),
            (ForeignOwner::Maintenance, self.maintenance == Some(true)),
            (ForeignOwner::SwitchProfile, self.switch_profile == Some(true)),
        ];
        let owners: BTreeSet<_> = shown.into_iter().filter_map(|(owner, is)| is.then_some(owner)).collect();
        (self.features.is_some() || !owners.is_empty()).then_some(owners)
    }

    fn has(&self, feature: &str) -> bool {
        self.features.as_ref().is_some_and(|features| features.contains(feature)) || self.sets.contains(feature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(features: Option<&[&str]>, clues: Clues, expected: Option<&[ForeignOwner]>) {
        let features = features.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let found = Clues { features, ..clues }.owners();
        assert_eq!(found, expected.map(|owners| owners.iter().copied().collect()));
    }

    #[test]
    fn each_owner_is_told_by_its_own_answer() {
        let none = Clues::default;
        check(Some(&["lacp"]), none(), Some(&[]));
        check(Some(&["vmtracker"]), none(), Some(&[ForeignOwner::VmTracker]));
        check(Some(&["fabricpath"]), none(), Some(&[ForeignOwner::FabricPath]));
        check(Some(&["vnseg_vlan"]), none(), Some(&[ForeignOwner::Vxlan]));
        check(Some(&[]), Clues { maintenance: Some(true), ..none() }, Some(&[ForeignOwner::Maintenance]));
        check(Some(&[]), Clues { switch_profile: Some(true), ..none() }, Some(&[ForeignOwner::SwitchProfile]));
        check(Some(&["vtp"]), Clues { vtp: Some(false), ..none() }, Some(&[]));
    }

    #[test]
    fn what_is_not_told_is_not_known_and_a_vtp_mode_that_cannot_be_read_is_the_worse() {
        check(None, Clues::default(), None);
        check(None, Clues { sets: BTreeSet::from(["fex".to_owned()]), ..Clues::default() }, None);
        let sets = BTreeSet::from(["fabricpath".to_owned()]);
        check(None, Clues { sets, ..Clues::default() }, Some(&[ForeignOwner::FabricPath]));
        check(None, Clues { maintenance: Some(true), ..Clues::default() }, Some(&[ForeignOwner::Maintenance]));
        check(Some(&["vtp"]), Clues::default(), Some(&[ForeignOwner::Vtp]));
    }
}
