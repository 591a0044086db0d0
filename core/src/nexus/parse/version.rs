//! `show version`. The keys of the version differ by platform (facts: NX-OS §2.14).

use std::time::Duration;

use serde_json::Value;

use super::{
    ParseError,
    json::{required, string},
    table::labelled,
};
use crate::tracker::Identity;

pub(super) fn parse(body: &Value) -> Result<(Identity, Option<Duration>), ParseError> {
    if ["kick_file_name", "isan_file_name", "nxos_file_name"].iter().filter_map(|key| string(body, key)).any(is_aci) {
        return Err(ParseError::Aci);
    }
    Ok((identity(body)?, uptime(body)))
}

fn identity(body: &Value) -> Result<Identity, ParseError> {
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

/// "Kernel uptime is 2 day(s), 3 hour(s), 4 minute(s), 5 second(s)": four numbers, or nothing is known.
fn uptime(body: &Value) -> Option<Duration> {
    let units = [("kern_uptm_days", 86_400), ("kern_uptm_hrs", 3600), ("kern_uptm_mins", 60), ("kern_uptm_secs", 1)];
    let seconds = units.into_iter().try_fold(0u64, |sum, (key, unit)| {
        let count: u64 = string(body, key)?.parse().ok()?;
        sum.checked_add(count.checked_mul(unit)?)
    });
    seconds.map(Duration::from_secs)
}

/// ```text
///   NXOS: version 10.3(4a) [Maintenance Release]
///   NXOS image file is: bootflash:///nxos64-cs.10.3.4a.M.bin
/// Hardware
///   cisco Nexus9000 C93180YC-EX chassis
///   Processor Board ID FDO00000000
///   Device name: leaf1
/// Kernel uptime is 2 day(s), 3 hour(s), 4 minute(s), 5 second(s)
/// ```
pub(super) fn parse_text(text: &str) -> Result<(Identity, Option<Duration>), ParseError> {
    if !names_nexus(text) {
        return Err(ParseError::NotNexus);
    }
    if text.lines().filter(|line| line.contains("image file is")).any(|line| is_aci(line.to_owned())) {
        return Err(ParseError::Aci);
    }
    let version = ["NXOS:", "system:", "kickstart:"].iter().find_map(|label| labelled(text, label));
    let version = version.and_then(|rest| rest.strip_prefix("version")?.split_whitespace().next());
    let chassis = text.lines().find_map(|line| line.trim().strip_prefix("cisco ").filter(|rest| names_nexus(rest)));
    let identity = Identity {
        hostname: labelled(text, "Device name:").ok_or(ParseError::Missing("Device name"))?.to_owned(),
        serial: filled(labelled(text, "Processor Board ID"), "Processor Board ID")?,
        // The supervisor's name behind it is not part of `chassis_id`.
        platform: filled(chassis.and_then(|text| text.split(" (\"").next()), "the chassis")?,
        version: filled(version, "the version")?,
    };
    // The last line that is needed: with it, nothing that was is cut off.
    let uptime = labelled(text, "Kernel uptime is").ok_or(ParseError::Missing("Kernel uptime"))?;
    Ok((identity, uptime_text(uptime)))
}

fn filled(value: Option<&str>, name: &'static str) -> Result<String, ParseError> {
    value.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).ok_or(ParseError::Missing(name))
}

fn uptime_text(text: &str) -> Option<Duration> {
    let units = [("day(s)", 86_400), ("hour(s)", 3600), ("minute(s)", 60), ("second(s)", 1)];
    let mut parts = text.split(',').map(str::trim);
    let seconds = units.into_iter().try_fold(0u64, |sum, (word, unit)| {
        let count: u64 = parts.next()?.strip_suffix(word)?.trim().parse().ok()?;
        sum.checked_add(count.checked_mul(unit)?)
    });
    seconds.map(Duration::from_secs)
}

/// By the names of ACI's images: `kickstart image file is: /bootflash/aci-n9000-dk9.14.2.7f.bin`.
fn is_aci(image: String) -> bool {
    image.rsplit(['/', ':', ' ']).next().is_some_and(|name| name.starts_with("aci-"))
}

fn names_nexus(text: &str) -> bool {
    ["Nexus", "NX-OS", "NX-OSv"].iter().any(|word| text.contains(word))
}
