//! Which distributed port groups are to be asked for their ports: ports are no property, nobody tells when one changes
//! (facts: vCenter §B4).

use std::collections::{BTreeMap, BTreeSet};

use super::MoRef;
use crate::net::VcenterId;

/// A port group whose ports are to be asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortTarget {
    /// Of which vCenter.
    pub vcenter: VcenterId,
    /// Whom to ask.
    pub dvs: MoRef,
    /// The group's key.
    pub group: String,
}

/// A port that an adapter is plugged into: the group's key, its own, and whether that counts now.
pub(super) type PlugIn = (String, Option<String>, bool);

/// The groups whose ports may differ from them, and those where something changed.
#[derive(Debug, Default)]
pub(super) struct Asking {
    groups: BTreeMap<String, MoRef>,
    wanted: BTreeSet<String>,
    /// Those that were to be asked and are not any more: whoever asks must forget them.
    retired: BTreeSet<String>,
}

impl Asking {
    /// Forgets every group; a new listing names those that are there.
    pub(super) fn emptied(self) -> Self {
        let retired = self.retired.into_iter().chain(self.groups.into_keys()).collect();
        Self { retired, ..Self::default() }
    }

    /// A port group changed; its ports may have settings of their own if a switch is to be asked for them.
    pub(super) fn group(&mut self, key: &str, dvs: Option<&MoRef>) {
        match dvs {
            Some(dvs) => {
                self.groups.insert(key.to_owned(), dvs.clone());
                self.wanted.insert(key.to_owned());
                self.retired.remove(key);
            }
            None if self.groups.remove(key).is_some() => drop(self.retired.insert(key.to_owned())),
            None => {}
        }
    }

    /// Adapters changed: what is plugged in elsewhere now, or by somebody else, is asked for anew.
    pub(super) fn plugged(&mut self, before: &[PlugIn], after: &[PlugIn]) {
        let news = after.iter().filter(|plug| !before.contains(plug));
        self.wanted.extend(news.map(|(group, ..)| group.clone()).filter(|group| self.groups.contains_key(group)));
    }

    /// The groups that are not to be asked any more, since this was last called.
    pub(super) fn take_retired(&mut self) -> Vec<String> {
        std::mem::take(&mut self.retired).into_iter().collect()
    }

    /// The groups to ask since this was last called.
    pub(super) fn take(&mut self, vcenter: &VcenterId) -> Vec<PortTarget> {
        let wanted = std::mem::take(&mut self.wanted).into_iter();
        let target = |group: String| {
            let dvs = self.groups.get(&group)?.clone();
            Some(PortTarget { vcenter: vcenter.clone(), dvs, group })
        };
        wanted.filter_map(target).collect()
    }
}
