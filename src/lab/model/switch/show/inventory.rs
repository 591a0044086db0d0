//! `show inventory`, `show license host-id` and `show hosts`: what clients ask for besides `show version` to know whom
//! they talk to (facts: NX-OS §5).

use serde_json::json;

use super::{Outcome, Switch, printed, table};

/// `show inventory`. Names are in quotes in the structured form, too (facts: NX-OS §2.18).
pub(super) fn inventory(switch: &Switch) -> Outcome {
    let (profile, serial) = (&switch.profile, switch.serial.as_str());
    let parts = [("Chassis", profile.chassis), ("Slot 1", "Ethernet Module")];
    let row = |(name, desc): &(&str, &str)| {
        json!({
            "name": format!("\"{name}\""),
            "desc": format!("\"{desc}\""),
            "productid": profile.model,
            "vendorid": "V01",
            "serialnum": serial,
        })
    };
    let entry = |(name, desc): &(&str, &str)| {
        format!("NAME: \"{name}\",  DESCR: \"{desc}\"\nPID: {:<19} ,  VID: V01 ,  SN: {serial}\n\n", profile.model)
    };
    let text: String = parts.iter().map(entry).collect();
    printed(text, table("inv", parts.iter().map(row).collect()))
}

/// `show license host-id`.
pub(super) fn license(switch: &Switch) -> Outcome {
    let host = format!("VDH={}", switch.serial);
    printed(format!("License hostid: {host}\n"), json!({ "host_id": host }))
}

/// `show hosts`. NAPALM looks for a default domain; there is none.
pub(super) fn hosts() -> Outcome {
    Outcome::text(
        "DNS lookup enabled\nName servers are 255.255.255.255\n\nHost                    Address\n".to_owned(),
    )
}
