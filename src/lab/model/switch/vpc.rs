//! A switch's part in a vPC domain: what is configured, and what it remembers of its peer.

use std::time::Duration;

use vmtracker_core::net::{InterfaceName, VlanSet};

use crate::lab::model::LabTime;

/// `vpc domain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VpcDomain {
    /// Its number, 1–1000.
    pub id: u16,
    /// `role priority`: the lower one becomes primary.
    pub priority: u16,
    /// `delay restore`: how long after the adjacency a returning switch keeps its legs down.
    pub delay_restore: Duration,
    /// `auto-recovery reload-delay`: how long a switch that boots alone waits for its peer.
    pub auto_recovery: Duration,
}

impl VpcDomain {
    /// Domain `id` with NX-OS's defaults, as the capture of `show vpc` tells them.
    pub const fn new(id: u16) -> Self {
        Self { id, priority: 32_667, delay_restore: Duration::from_secs(30), auto_recovery: Duration::from_secs(240) }
    }
}

/// The part a switch plays in its pair now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It keeps its legs when the peer-link breaks.
    Primary,
    /// It suspends its legs when the peer-link breaks and the peer is alive.
    Secondary,
}

/// Why a port that has a link is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The peer-link is down, the peer is alive, and it is the secondary.
    NoPeerLink,
    /// Its adjacency is back, and `delay restore` runs.
    DelayRestore,
    /// It booted and does not see its peer.
    Alone,
    /// A type-1 parameter differs, and it is the secondary.
    Inconsistent,
    /// The fabric extender cannot be reached.
    FexOffline,
}

/// What a switch knows of its pair at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairView {
    /// Its part now; none while none was elected.
    pub role: Option<Role>,
    /// The part that priorities give it.
    pub elected: Role,
    /// The adjacency over the peer-link stands.
    pub adjacent: bool,
    /// The peer is heard over the keepalive link.
    pub alive: bool,
    /// The VLANs that both have active and allow on the peer-link; none while there is no adjacency.
    pub common: Option<VlanSet>,
    /// Port-channels of which a type-1 parameter differs from the peer's.
    pub inconsistent: Vec<InterfaceName>,
    /// The legs are down until then by `delay restore`.
    pub restore_at: Option<LabTime>,
}
