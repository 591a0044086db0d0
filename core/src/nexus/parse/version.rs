//! `show version`. The keys of the version differ by platform (facts: NX-OS §2.14).

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

fn names_nexus(text: &str) -> bool {
    ["Nexus", "NX-OS", "NX-OSv"].iter().any(|word| text.contains(word))
}
