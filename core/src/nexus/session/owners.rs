//! Whose hands but ours hold the whole switch's configuration (design rule 9), from the switch's several answers.

use std::collections::BTreeSet;

use crate::tracker::ForeignOwner;

/// What the answers said; none: nothing.
#[derive(Debug, Default)]
pub(super) struct Clues {
    /// The features that are enabled.
    pub(super) features: Option<BTreeSet<String>>,
    /// The feature sets that are enabled. Most switches have none and tell nothing.
    pub(super) sets: Option<BTreeSet<String>>,
    /// It is a VTP server or client.
    pub(super) vtp: Option<bool>,
    pub(super) maintenance: Option<bool>,
    pub(super) switch_profile: Option<bool>,
}

impl Clues {
    /// Takes what a newer reading said. What it did not tell stays as it was; but without the feature, the VTP mode of
    /// before says nothing.
    pub(super) fn learn(&mut self, newer: Self) {
        let vtp = newer.vtp.or_else(|| self.vtp.filter(|_| newer.features.is_none()));
        *self = Self {
            features: newer.features.or_else(|| self.features.take()),
            sets: newer.sets.or_else(|| self.sets.take()),
            vtp,
            maintenance: newer.maintenance.or(self.maintenance),
            switch_profile: newer.switch_profile.or(self.switch_profile),
        };
    }

    /// Whether anything was said.
    pub(super) const fn is_empty(&self) -> bool {
        let Self { features, sets, vtp, maintenance, switch_profile } = self;
        features.is_none() && sets.is_none() && vtp.is_none() && maintenance.is_none() && switch_profile.is_none()
    }

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
        [&self.features, &self.sets].into_iter().flatten().any(|names| names.contains(feature))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nexus::{Answer, Piece, Query, parse::piece};

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
        check(None, Clues { sets: Some(BTreeSet::from(["fex".to_owned()])), ..Clues::default() }, None);
        let sets = Some(BTreeSet::from(["fabricpath".to_owned()]));
        check(None, Clues { sets, ..Clues::default() }, Some(&[ForeignOwner::FabricPath]));
        check(None, Clues { maintenance: Some(true), ..Clues::default() }, Some(&[ForeignOwner::Maintenance]));
        check(Some(&["vtp"]), Clues::default(), Some(&[ForeignOwner::Vtp]));
    }

    #[test]
    fn a_question_that_stays_silent_clears_no_owner() {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
        let after = |before: Clues, newer: Clues| {
            let mut clues = before;
            clues.learn(newer);
            clues.owners().map(|owners| owners.into_iter().collect::<Vec<_>>())
        };
        let told = || Clues { features: names(&["lacp"]), ..Clues::default() };
        let busy = || Clues { maintenance: Some(true), ..told() };
        assert_eq!(after(busy(), told()), Some(vec![ForeignOwner::Maintenance]));
        assert_eq!(after(busy(), Clues { maintenance: Some(false), ..told() }), Some(vec![]));
        let path = Clues { sets: names(&["fabricpath"]), ..told() };
        assert_eq!(after(path, told()), Some(vec![ForeignOwner::FabricPath]));
        let tracked = Clues { features: names(&["vmtracker"]), ..Clues::default() };
        let both = Some(vec![ForeignOwner::VmTracker, ForeignOwner::Maintenance]);
        assert_eq!(after(tracked, Clues { maintenance: Some(true), ..Clues::default() }), both);
        let server = || Clues { vtp: Some(true), ..Clues::default() };
        assert_eq!(
            after(server(), Clues { switch_profile: Some(false), ..Clues::default() }),
            Some(vec![ForeignOwner::Vtp])
        );
        assert_eq!(after(server(), told()), Some(vec![]), "the feature is off");
    }

    /// What the answers of a switch, in the shapes that NX-OS prints, come to.
    fn told(answers: &[(Query, &str)]) -> Option<Vec<ForeignOwner>> {
        let mut clues = Clues::default();
        for (query, text) in answers {
            let found = piece(*query, &Answer::Text((*text).to_owned())).unwrap();
            if let Piece::Features(names) = found {
                clues.features = Some(names);
            } else if let Piece::FeatureSets(names) = found {
                clues.sets = Some(names);
            } else if let Piece::Vtp(is) = found {
                clues.vtp = Some(is);
            } else if let Piece::Maintenance(is) = found {
                clues.maintenance = Some(is);
            } else if let Piece::SwitchProfile(is) = found {
                clues.switch_profile = Some(is);
            } else {
                panic!("{query}: {found:?}");
            }
        }
        clues.owners().map(|owners| owners.into_iter().collect())
    }

    fn features(rows: &str) -> String {
        format!(
            "Feature Name          Instance  State\n--------------------  --------  --------\nlacp                   1          enabled\n{rows}"
        )
    }

    #[test]
    fn each_owner_is_recognised_in_what_the_switch_prints() {
        let sets = "Feature Set Name      ID        State\n--------------------  --------  --------\n";
        let on = |feature: &str| features(&format!("{feature:<22} 1          enabled\n"));
        let check = |answers: &[(Query, &str)], expected: &[ForeignOwner]| {
            assert_eq!(told(answers).as_deref(), Some(expected), "{answers:?}");
        };
        let plain =
            features("vmtracker              1          disabled\nvnseg_vlan             1          disabled\n");
        check(&[(Query::Features, &plain)], &[]);
        check(&[(Query::Features, &on("vmtracker"))], &[ForeignOwner::VmTracker]);
        // A VXLAN leaf has both; `nve` alone maps no VLAN.
        let leaf = on("nve") + "vnseg_vlan             1          enabled\n";
        check(&[(Query::Features, &leaf)], &[ForeignOwner::Vxlan]);
        check(&[(Query::Features, &on("nve"))], &[]);
        for (state, expected) in
            [("enabled", vec![ForeignOwner::FabricPath]), ("installed", vec![]), ("uninstalled", vec![])]
        {
            let sets =
                format!("{sets}fabricpath            2         {state}\nfex                   3         enabled\n");
            check(&[(Query::Features, &plain), (Query::FeatureSets, &sets)], &expected);
        }
    }

    #[test]
    fn a_mode_is_recognised_in_what_the_switch_prints() {
        let check = |query: Query, text: &str, expected: &[ForeignOwner]| {
            assert_eq!(told(&[(Query::Features, &features("")), (query, text)]).as_deref(), Some(expected), "{text:?}");
        };
        for (mode, expected) in [
            ("Server", vec![ForeignOwner::Vtp]),
            ("Client", vec![ForeignOwner::Vtp]),
            ("Transparent", vec![]),
            ("Off", vec![]),
        ] {
            let text = format!(
                "VTP Status Information\n----------------------\nVTP Version                     : 2 (capable)\n\
                Configuration Revision          : 0\nVTP Operating Mode              : {mode}\nVTP Domain Name                 : lab\n"
            );
            check(Query::Vtp, &text, &expected);
        }
        check(Query::SystemMode, "System Mode: Maintenance\n", &[ForeignOwner::Maintenance]);
        check(Query::SystemMode, "System Mode: Normal\n", &[]);
        let profile = "!Command: show running-config switch-profile\n\nversion 7.1(4)N1(1)\nswitch-profile pair\n  sync-peers destination 192.0.2.1\n";
        check(Query::SwitchProfiles, profile, &[ForeignOwner::SwitchProfile]);
        check(Query::SwitchProfiles, "!Command: show running-config switch-profile\n\nversion 7.1(4)N1(1)\n", &[]);
    }
}
