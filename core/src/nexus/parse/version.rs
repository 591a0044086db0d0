//! `show version`. The keys of the version differ by platform (facts: NX-OS §2.14).

use std::time::Duration;

use serde_json::Value;

use super::{ParseError, required, string};
use crate::tracker::Identity;

pub(super) fn parse(body: &Value) -> Result<Identity, ParseError> {
    let version =
        ["nxos_ver_str", "sys_ver_str", "kickstart_ver_str", "rr_sys_ver"].iter().find_map(|key| string(body, key));
    let nexus = ["header_str", "chassis_id"].iter().filter_map(|key| string(body, key)).any(|text| names_nexus(&text));
    let Some(version) = version.filter(|_| nexus) else {
        return Err(ParseError::NotNexus);
    };
    Ok(Identity {
        hostname: string(body, "host_name").unwrap_or_default(),
        serial: required(body, "proc_board_id")?,
        platform: required(body, "chassis_id")?,
        version,
    })
}

/// "Kernel uptime is 60 day(s), 17 hour(s), 29 minute(s), 10 second(s)": four numbers, or nothing is known.
pub(super) fn uptime(body: &Value) -> Option<Duration> {
    let units = [("kern_uptm_days", 86_400), ("kern_uptm_hrs", 3600), ("kern_uptm_mins", 60), ("kern_uptm_secs", 1)];
    let seconds = units.into_iter().try_fold(0u64, |sum, (key, unit)| {
        let count: u64 = string(body, key)?.parse().ok()?;
        sum.checked_add(count.checked_mul(unit)?)
    });
    seconds.map(Duration::from_secs)
}

fn names_nexus(text: &str) -> bool {
    ["Nexus", "NX-OS", "NX-OSv"].iter().any(|word| text.contains(word))
}
