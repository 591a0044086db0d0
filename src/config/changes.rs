//! What a reload changes, so that the rest is not disturbed.

use std::collections::BTreeMap;

use vmtracker_core::net::{SwitchName, VcenterName};

use super::settings::Config;

/// The difference between the running configuration and a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Which vCenters to start, stop and restart.
    pub vcenters: Changed<VcenterName>,
    /// Which switches to start, stop and restart.
    pub switches: Changed<SwitchName>,
    /// The core must hear of the new policy.
    pub policy_changed: bool,
    /// Keys whose change takes effect at the next start only.
    pub needs_restart: Vec<&'static str>,
}

/// Devices that came, went or are reached in another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<N> {
    /// New ones.
    pub added: Vec<N>,
    /// Those that are no longer configured: no longer managed, and nothing is withdrawn from them.
    pub removed: Vec<N>,
    /// Those with another address, login or trust: a new session is needed.
    pub changed: Vec<N>,
}

impl<N> Default for Changed<N> {
    fn default() -> Self {
        Self { added: Vec::new(), removed: Vec::new(), changed: Vec::new() }
    }
}

/// What `new` changes.
pub fn diff(old: &Config, new: &Config) -> Changes {
    let restarts = [
        ("service.store", old.service.store != new.service.store),
        ("service.control", old.service.control != new.service.control),
        ("service.metrics", old.service.metrics != new.service.metrics),
        ("service.log", old.service.log != new.service.log),
    ];
    Changes {
        vcenters: changed(&old.vcenters, &new.vcenters),
        switches: changed(&old.switches, &new.switches),
        policy_changed: old.policy != new.policy,
        needs_restart: restarts.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect(),
    }
}

fn changed<N: Ord + Clone, S: PartialEq>(old: &BTreeMap<N, S>, new: &BTreeMap<N, S>) -> Changed<N> {
    let missing = |from: &BTreeMap<N, S>, of: &BTreeMap<N, S>| {
        of.keys().filter(|name| !from.contains_key(*name)).cloned().collect()
    };
    let differs = |name: &&N| old.get(*name).is_some_and(|before| Some(before) != new.get(*name));
    Changed {
        added: missing(old, new),
        removed: missing(new, old),
        changed: new.keys().filter(differs).cloned().collect(),
    }
}
