//! `QueryNetworkHint`: what each pnic hears from the switch at the other end (facts: vCenter §B5).

use super::VimValue;
use crate::tracker::{Discovery, Hint};

/// The hints of an answer to `QueryNetworkHint`, at most one of each protocol per pnic. A pnic that hears nothing
/// gives none.
pub fn hints(response: &VimValue) -> Vec<Hint> {
    response.all("returnval").flat_map(of_pnic).collect()
}

fn of_pnic(info: &VimValue) -> Vec<Hint> {
    let Some(pnic) = info.text_at(&["device"]) else { return Vec::new() };
    let cdp = info.child("connectedSwitchPort").and_then(|heard| cdp(pnic, heard));
    let lldp = info.child("lldpInfo").and_then(|heard| lldp(pnic, heard));
    cdp.into_iter().chain(lldp).collect()
}

/// `PhysicalNicCdpInfo`. Some devices give no `systemName`; then the name is `devId` without `(SERIAL)`.
fn cdp(pnic: &str, heard: &VimValue) -> Option<Hint> {
    let port = heard.text_at(&["portId"])?;
    let (device, serial) = heard.text_at(&["devId"]).map_or((None, None), split_device_id);
    let system_name = heard.text_at(&["systemName"]).map(str::to_owned).or(device);
    Some(Hint {
        pnic: pnic.to_owned(),
        protocol: Discovery::Cdp,
        system_name,
        serial,
        chassis: None,
        port: port.to_owned(),
        interface: port.parse().ok(),
    })
}

/// `leaf0a.example(FDO2345000A)` into the name and the serial number.
fn split_device_id(id: &str) -> (Option<String>, Option<String>) {
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    match id.strip_suffix(')').and_then(|id| id.rsplit_once('(')) {
        Some((name, serial)) => (filled(name), filled(serial)),
        None => (filled(id), None),
    }
}

/// `LinkLayerDiscoveryProtocolInfo`: the name is among the parameters.
fn lldp(pnic: &str, heard: &VimValue) -> Option<Hint> {
    let port = heard.text_at(&["portId"])?;
    let parameter = |key: &str| {
        let found = heard.all("parameter").find(|one| one.text_at(&["key"]) == Some(key))?;
        found.text_at(&["value"]).map(|text| text.trim().to_owned())
    };
    Some(Hint {
        pnic: pnic.to_owned(),
        protocol: Discovery::Lldp,
        system_name: parameter("System Name").filter(|name| !name.is_empty()),
        serial: None,
        chassis: heard.text_at(&["chassisId"]).and_then(|chassis| chassis.parse().ok()),
        port: port.to_owned(),
        interface: port.parse().ok(),
    })
}
