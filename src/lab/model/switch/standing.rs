//! What everything around a switch makes of it: computed for all switches together, kept in each for its answers.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::vpc::{Held, PairView, Role};
use crate::lab::model::LabTime;

/// Whether a switch runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It runs; since when, and whether it has booted since the lab began.
    On {
        /// When it came up.
        since: LabTime,
        /// Whether that was after the lab began.
        booted: bool,
    },
    /// It has no power.
    Off,
    /// It boots, until then.
    Booting(LabTime),
}

/// The state of a switch among its neighbours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lab::model) struct Standing {
    /// Ports whose other end is dark.
    pub(in crate::lab::model) unlit: BTreeSet<InterfaceName>,
    /// Ports that are kept down though they have a link.
    pub(in crate::lab::model) held: BTreeMap<InterfaceName, Held>,
    /// The VLANs that a trunk allows and does not pass: suspended, blocked or still learning.
    pub(in crate::lab::model) stopped: BTreeMap<InterfaceName, VlanSet>,
    /// Its pair, when it is one of two.
    pub(in crate::lab::model) pair: Option<PairView>,
}

impl Standing {
    pub(super) fn stops(&self, logical: InterfaceName, vlan: VlanId) -> bool {
        self.stopped.get(&logical).is_some_and(|stopped| stopped.contains(vlan))
    }

    pub(in crate::lab::model) fn stop(&mut self, logical: InterfaceName, vlans: &VlanSet) {
        if !vlans.is_empty() {
            let stopped = self.stopped.entry(logical).or_default();
            *stopped = stopped.union(vlans);
        }
    }
}

/// What a switch remembers from one moment to the next; a reload forgets it.
#[derive(Clone, Debug, Default)]
pub(in crate::lab::model) struct Memory {
    /// Whether anything was computed before: at the beginning of the lab all has converged.
    pub(in crate::lab::model) settled: bool,
    /// The standing that was told last.
    pub(in crate::lab::model) standing: Option<Standing>,
    /// The revision that the standing was computed for.
    pub(in crate::lab::model) revision: Option<u64>,
    /// Its part in the pair.
    pub(in crate::lab::model) role: Option<Role>,
    /// Whether the adjacency stood.
    pub(in crate::lab::model) adjacent: bool,
    /// Whether its legs were kept down for want of the peer.
    pub(in crate::lab::model) waited: bool,
    /// `delay restore` runs until then.
    pub(in crate::lab::model) restore_at: Option<LabTime>,
    /// Spanning tree on trunks that are neither edge nor network ports.
    pub(in crate::lab::model) learning: BTreeMap<InterfaceName, Learning>,
    /// When something changes by time alone.
    pub(in crate::lab::model) next: Option<LabTime>,
}

/// Which VLANs of a trunk forward, and which begin to at which time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lab::model) struct Learning {
    pub(in crate::lab::model) forwarding: VlanSet,
    pub(in crate::lab::model) waiting: BTreeMap<LabTime, VlanSet>,
}
