//! What a simulated switch is made from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use vmtracker_core::net::{InterfaceName, VlanSet};

use super::{port::Port, profile::Platform, vpc::VpcDomain};

/// Which spanning tree a switch runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StpMode {
    /// A topology for every VLAN.
    #[default]
    RapidPvst,
    /// One topology for all VLANs: they are all in instance 0.
    Mst,
}

/// How a switch takes part in spanning tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spanning {
    /// `spanning-tree mode`.
    pub mode: StpMode,
    /// The bridge priority: the lowest becomes root.
    pub priority: u16,
}

impl Default for Spanning {
    fn default() -> Self {
        Self { mode: StpMode::RapidPvst, priority: 32_768 }
    }
}

/// What a simulated switch is made from. `Default` is an N9K with no port, VLAN 1 only, and the login `admin`/`admin`.
#[derive(Clone)]
pub struct SwitchSpec {
    /// The host name, as `show hostname` and the neighbours see it.
    pub hostname: String,
    /// The chassis' serial number (`proc_board_id`).
    pub serial: String,
    /// Which model it plays.
    pub platform: Platform,
    /// The VLANs that exist besides VLAN 1.
    pub vlans: VlanSet,
    /// The physical ports.
    pub ports: BTreeMap<InterfaceName, Port>,
    /// The port-channels by number: their own configuration; a member names its channel in [`Port::channel`].
    pub channels: BTreeMap<u16, Port>,
    /// The features that are enabled.
    pub features: BTreeSet<String>,
    /// Its vPC domain.
    pub domain: Option<VpcDomain>,
    /// Its spanning tree.
    pub spanning: Spanning,
    /// The one login the switch knows.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The wall clock when the lab's time is zero, in seconds since 1970; the accounting log tells the time by it.
    pub epoch_unix_s: u64,
}

impl Default for SwitchSpec {
    fn default() -> Self {
        Self {
            hostname: "switch".to_owned(),
            serial: "LAB00000001".to_owned(),
            platform: Platform::default(),
            vlans: VlanSet::EMPTY,
            ports: BTreeMap::new(),
            channels: BTreeMap::new(),
            features: ["lacp", "lldp", "nxapi"].map(str::to_owned).into(),
            domain: None,
            spanning: Spanning::default(),
            user: "admin".to_owned(),
            password: "admin".to_owned(),
            // 2026-01-01T00:00:00Z: any fixed date keeps tests repeatable; the server sets the real one.
            epoch_unix_s: 1_767_225_600,
        }
    }
}

/// Without the password.
impl fmt::Debug for SwitchSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut spec = f.debug_struct("SwitchSpec");
        spec.field("hostname", &self.hostname).field("serial", &self.serial).field("platform", &self.platform);
        spec.field("vlans", &self.vlans).field("ports", &self.ports).field("channels", &self.channels);
        spec.field("user", &self.user).finish_non_exhaustive()
    }
}

/// The one login that a switch knows; never printed.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}
