//! `show lldp neighbors detail` and `show cdp neighbors detail`.

use serde_json::Value;

use super::{ParseError, required, rows, string};
use crate::tracker::{Discovery, Neighbor};

pub(super) fn parse_lldp(body: &Value) -> Result<Vec<Neighbor>, ParseError> {
    let mut neighbors = Vec::new();
    // Without neighbours the short form is printed: `{"neigh_count":"0"}`.
    for row in rows(body, "TABLE_nbor_detail", "ROW_nbor_detail")? {
        let Ok(interface) = required(row, "l_port_id")?.parse() else { continue };
        let port = string(row, "port_id").unwrap_or_default();
        let spoken = [string(row, "chassis_id"), Some(port.clone())];
        neighbors.push(Neighbor {
            interface,
            protocol: Discovery::Lldp,
            system_name: string(row, "sys_name"),
            macs: spoken.into_iter().flatten().filter_map(|text| text.parse().ok()).collect(),
            // ESXi gives its pnic's address as the port id and its name, `vmnic2`, as the description.
            port: port_name(port, string(row, "port_desc")),
        });
    }
    Ok(neighbors)
}

fn port_name(port: String, description: Option<String>) -> String {
    let is_mac = port.parse::<crate::net::MacAddr>().is_ok();
    let named = description.as_deref().and_then(|text| text.split_whitespace().find(|word| word.starts_with("vmnic")));
    match named {
        Some(vmnic) if is_mac => vmnic.to_owned(),
        Some(_) | None => port,
    }
}

pub(super) fn parse_cdp(body: &Value) -> Result<Vec<Neighbor>, ParseError> {
    let mut neighbors = Vec::new();
    for row in rows(body, "TABLE_cdp_neighbor_detail_info", "ROW_cdp_neighbor_detail_info")? {
        let Ok(interface) = required(row, "intf_id")?.parse() else { continue };
        let device = string(row, "sysname").or_else(|| string(row, "device_id"));
        neighbors.push(Neighbor {
            interface,
            protocol: Discovery::Cdp,
            system_name: device.map(without_serial),
            port: string(row, "port_id").unwrap_or_default(),
            macs: string(row, "remote_intf_mac").and_then(|text| text.parse().ok()).into_iter().collect(),
        });
    }
    Ok(neighbors)
}

/// A Nexus calls itself `name(SERIAL)`.
fn without_serial(device: String) -> String {
    match device.split_once('(') {
        Some((name, _)) if !name.is_empty() && device.ends_with(')') => name.to_owned(),
        Some(_) | None => device,
    }
}
