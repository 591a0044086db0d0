//! `show lldp neighbors detail` and `show cdp neighbors detail`.
//!
//! ```text
//! Chassis id: 0050.5600.0001            ----------------------------------------
//! Port id: 0050.5600.0002               Device ID:leaf2(SAL00000000)
//! Local Port id: Eth1/1                 System Name: leaf2
//! Port Description: vmnic2              Platform: N9K-C9372TX, Capabilities: Switch
//! System Name: esx1                     Interface: Ethernet1/1, Port ID (outgoing port): Ethernet1/2
//! System Description: …                 Holdtime: 157 sec
//! Time remaining: 97 seconds            …
//! ```

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    ParseError,
    json::{required, rows_of_only, string},
    table::labelled,
};
use crate::tracker::{Discovery, Neighbor};

pub(super) fn parse_lldp(body: &Value) -> Result<Vec<Neighbor>, ParseError> {
    let mut neighbors = Vec::new();
    let rows = rows_of_only(body, "TABLE_nbor_detail", "ROW_nbor_detail")?;
    // Without neighbours the short form is printed: `{"neigh_count":"0"}`.
    if rows.is_empty() && string(body, "neigh_count").is_some_and(|count| count != "0") {
        return Err(ParseError::Missing("TABLE_nbor_detail"));
    }
    for row in rows {
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
    for row in rows_of_only(body, "TABLE_cdp_neighbor_detail_info", "ROW_cdp_neighbor_detail_info")? {
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

/// Blocks from `Chassis id:` to `Time remaining:`. The description that a neighbour gives of itself may hold anything,
/// also lines that look like another neighbour: where the switch counts them at the end, the count must be right.
pub(super) fn parse_lldp_text(text: &str) -> Result<Vec<Neighbor>, ParseError> {
    let mut within = false;
    let (head, blocks) = blocks(text, |line| {
        let begins = !within && line.starts_with("Chassis id:");
        within = begins || within && !line.starts_with("Time remaining:");
        begins
    });
    let counted = text.lines().rev().find_map(|line| line.trim().strip_prefix("Total entries displayed:"));
    if blocks.is_empty() && counted.is_none() && !head.contains("Capability codes") {
        return Err(ParseError::Missing("the list of neighbours"));
    }
    if counted.is_some_and(|count| count.trim().parse() != Ok(blocks.len())) {
        return Err(ParseError::Missing("a neighbour that is counted"));
    }
    blocks.iter().filter_map(|block| lldp(block).transpose()).collect()
}

fn lldp(block: &str) -> Result<Option<Neighbor>, ParseError> {
    if labelled(block, "Time remaining:").is_none() {
        return Err(ParseError::Cut);
    }
    let value = |label| labelled(block, label).filter(|text| told(text)).map(str::to_owned);
    let port = value("Port id:").unwrap_or_default();
    let spoken = [value("Chassis id:"), Some(port.clone())];
    let local = value("Local Port id:").ok_or(ParseError::Missing("Local Port id"))?;
    Ok(local.parse().ok().map(|interface| Neighbor {
        interface,
        protocol: Discovery::Lldp,
        system_name: value("System Name:"),
        macs: spoken.into_iter().flatten().filter_map(|text| text.parse().ok()).collect(),
        port: port_name(port, value("Port Description:")),
    }))
}

/// Blocks from `Device ID:` on. Their `Mgmt address(es)` and what else follows the hold time is not needed; whether the text
/// tells the neighbour's MAC address is not documented.
pub(super) fn parse_cdp_text(text: &str) -> Result<Vec<Neighbor>, ParseError> {
    let (_, blocks) = blocks(text, |line| line.starts_with("Device ID:"));
    if blocks.is_empty() {
        return Err(ParseError::Missing("the list of neighbours"));
    }
    blocks.iter().filter_map(|block| cdp(block).transpose()).collect()
}

fn cdp(block: &str) -> Result<Option<Neighbor>, ParseError> {
    if labelled(block, "Holdtime:").is_none() {
        return Err(ParseError::Cut);
    }
    let line = labelled(block, "Interface:").ok_or(ParseError::Missing("Interface"))?;
    let (local, remote) = line.split_once(',').ok_or_else(|| ParseError::value("Interface", line))?;
    let value = |label| labelled(block, label).filter(|text| told(text));
    let device = value("System Name:").or_else(|| value("Device ID:"));
    Ok(local.parse().ok().map(|interface| Neighbor {
        interface,
        protocol: Discovery::Cdp,
        system_name: device.map(|text| without_serial(text.to_owned())),
        port: remote.split_once(':').map(|(_, port)| port.trim().to_owned()).unwrap_or_default(),
        macs: BTreeSet::new(),
    }))
}

fn told(text: &str) -> bool {
    !text.is_empty() && text != "null" && text != "not advertised"
}

/// What stands before the first line that begins a block, and the blocks.
fn blocks(text: &str, mut begins: impl FnMut(&str) -> bool) -> (String, Vec<String>) {
    let mut head = String::new();
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        if begins(line) {
            blocks.push(String::new());
        }
        let block = blocks.last_mut().unwrap_or(&mut head);
        block.push_str(line);
        block.push('\n');
    }
    (head, blocks)
}
