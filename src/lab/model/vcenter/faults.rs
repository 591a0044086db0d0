//! What a simulated vCenter is made to do wrong, and what its clients did.

use std::{collections::BTreeMap, time::Duration};

/// Faults, set by whoever runs the lab, through `SharedWorld::with`, so that servers notice.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// No connection is served, and those that are open are closed.
    pub down: bool,
    /// The next so many calls are answered with HTTP 503.
    pub unavailable: u32,
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
