//! What a simulated vCenter is made to do wrong, and what its clients did.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rustls::ServerConfig;

/// Faults, set by whoever runs the lab, through `SharedWorld::with`, so that servers notice.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// No connection is served, and those that are open are closed.
    pub down: bool,
    /// The next so many calls are answered with HTTP 503.
    pub unavailable: u32,
    /// What it says with HTTP 503 about when to come back, in seconds.
    pub retry_after: Option<u32>,
    /// The next so many waits for changes since a version are told that there is no such version.
    pub refuse_versions: u32,
    /// Instead of its own certificate it shows this one's. Connections that are open stay open.
    pub certificate: Option<Arc<ServerConfig>>,
    /// The next so many update sets that carry something are cut in the middle, and the connection closed.
    pub cut_update_sets: u32,
    /// How long a method waits before it is handled.
    pub delay: BTreeMap<String, Duration>,
}

/// What clients did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Successful logins.
    pub logins: u64,
    /// Refused logins.
    pub refused_logins: u64,
    /// Logouts.
    pub logouts: u64,
    /// Calls by method.
    pub calls: BTreeMap<String, u64>,
}
