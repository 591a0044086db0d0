//! `show lldp neighbors detail` and `show cdp neighbors detail`.

use serde_json::{Value, json};
use vmtracker_core::net::InterfaceName;

use super::{Outcome, Switch, merged, printed, short, table};
use crate::lab::model::switch::Neighbor;

/// What ESXi calls itself in both protocols.
const SOFTWARE: &str = "VMware ESX Releasebuild-24022510";

/// Who is heard: on physical ports with a link only.
fn heard(switch: &Switch, speaks: fn(&Neighbor) -> bool) -> Vec<(InterfaceName, &Neighbor)> {
    let ports = switch.ports.iter().filter(|(name, _)| switch.physical_up(**name));
    let neighbors = ports.filter_map(|(name, port)| Some((*name, port.neighbor.as_ref()?)));
    neighbors.filter(|(_, neighbor)| speaks(neighbor)).collect()
}

/// `show lldp neighbors detail`. The local port is spelled short (facts: NX-OS §2.10). ESXi gives the vmnic as chassis
/// and the MAC address as port.
pub(super) fn lldp(switch: &Switch) -> Outcome {
    let neighbors = heard(switch, |neighbor| neighbor.lldp);
    let rows = neighbors.iter().map(|(name, neighbor)| lldp_row(*name, neighbor)).collect();
    let text: String = neighbors.iter().map(|(name, neighbor)| lldp_text(*name, neighbor)).collect();
    let count = json!({ "neigh_count": neighbors.len().to_string() });
    let total = format!("Total entries displayed: {}\n", neighbors.len());
    let body = if neighbors.is_empty() {
        count
    } else {
        merged(json!({ "neigh_hdr": "neigh_hdr" }), merged(table("nbor_detail", rows), count))
    };
    printed(format!("{text}{total}"), body)
}

/// A switch gives its MAC address as chassis and the name of the port as port.
fn lldp_row(name: InterfaceName, neighbor: &Neighbor) -> Value {
    let (mac, pnic) = (neighbor.mac.dotted(), neighbor.pnic.clone());
    let [chassis_type, port_type] = match &neighbor.serial {
        Some(_) => ["Mac Address", "Interface Name"],
        None => ["Interface Name", "Mac Address"],
    };
    let [chassis, port] = if neighbor.serial.is_some() { [mac, pnic] } else { [pnic, mac] };
    json!({
        "chassis_type": chassis_type,
        "chassis_id": chassis,
        "port_type": port_type,
        "port_id": port,
        "l_port_id": short(name),
        "port_desc": "null",
        "sys_name": neighbor.host,
        "sys_desc": software(neighbor),
        "ttl": "114",
        "system_capability": "B",
        "enabled_capability": "B",
        "mgmt_addr_type": "Address not advertised",
        "mgmt_addr": "not advertised",
        "mgmt_addr_ipv6_type": "Address not advertised",
        "mgmt_addr_ipv6": "not advertised",
        "vlan_id": "not advertised",
    })
}

fn software(neighbor: &Neighbor) -> &'static str {
    if neighbor.serial.is_some() { "Cisco Nexus Operating System (NX-OS) Software 9.3(5)" } else { SOFTWARE }
}

/// A switch adds its serial number in brackets.
fn device_id(neighbor: &Neighbor) -> String {
    neighbor.serial.as_ref().map_or(neighbor.host.clone(), |serial| format!("{}({serial})", neighbor.host))
}

fn lldp_text(name: InterfaceName, neighbor: &Neighbor) -> String {
    let software = software(neighbor);
    let [chassis, port] = match &neighbor.serial {
        Some(_) => [neighbor.mac.dotted(), neighbor.pnic.clone()],
        None => [neighbor.pnic.clone(), neighbor.mac.dotted()],
    };
    format!(
        "Chassis id: {}\nPort id: {}\nLocal Port id: {}\nPort Description: null\nSystem Name: {}\nSystem Description: \
         {software}\nTime remaining: 114 seconds\nSystem Capabilities: B\nEnabled Capabilities: B\nManagement Address: \
         not advertised\nManagement Address IPV6: not advertised\nVlan ID: not advertised\n\n\n",
        chassis,
        port,
        short(name),
        neighbor.host
    )
}

/// `show cdp neighbors detail`. Ports are spelled long (facts: NX-OS §2.10).
pub(super) fn cdp(switch: &Switch) -> Outcome {
    let neighbors = heard(switch, |neighbor| neighbor.cdp);
    let rows = neighbors.iter().map(|(name, neighbor)| cdp_row(*name, neighbor)).collect();
    let text: String = neighbors.iter().map(|(name, neighbor)| cdp_text(*name, neighbor)).collect();
    printed(text, table("cdp_neighbor_detail_info", rows))
}

fn cdp_row(name: InterfaceName, neighbor: &Neighbor) -> Value {
    json!({
        "ifindex": ifindex(name).to_string(),
        "device_id": device_id(neighbor),
        "sysname": neighbor.host,
        "numaddr": "0",
        "platform_id": platform(neighbor),
        "capability": capability(neighbor),
        "intf_id": name.to_string(),
        "port_id": neighbor.pnic,
        "ttl": "157",
        "version": software(neighbor),
        "version_no": "v2",
        "duplexmode": "full",
        "mtu": "1500",
        "num_mgmtaddr": "0",
        "local_intf_mac": "00:3a:9c:00:00:01",
        "remote_intf_mac": neighbor.mac.to_string(),
        "dc_uuid": null,
    })
}

/// The SNMP index of an Ethernet port as NX-OS numbers it: 0x1A000000 + slot and port.
fn ifindex(name: InterfaceName) -> u32 {
    match name {
        InterfaceName::Ethernet(slot, port) => {
            436_207_616 + u32::from(slot.saturating_sub(1)) * 524_288 + u32::from(port.saturating_sub(1)) * 512
        }
        InterfaceName::EthernetLane(fex, slot, port) => {
            520_093_696 + u32::from(fex) * 65_536 + u32::from(slot) * 4096 + u32::from(port) * 64
        }
        InterfaceName::PortChannel(number) => 369_098_752 + u32::from(number),
        InterfaceName::Vlan(number)
        | InterfaceName::Loopback(number)
        | InterfaceName::Mgmt(number)
        | InterfaceName::Nve(number) => 83_886_080 + u32::from(number),
    }
}

/// A string for one, a list for several (facts: NX-OS §2.7).
fn capability(neighbor: &Neighbor) -> Value {
    if neighbor.serial.is_some() { json!(["router", "switch", "Supports-STP-Dispute"]) } else { json!("switch") }
}

fn platform(neighbor: &Neighbor) -> &'static str {
    if neighbor.serial.is_some() { "N9K-C93180YC-EX" } else { "VMware ESX" }
}

fn cdp_text(name: InterfaceName, neighbor: &Neighbor) -> String {
    let (platform, software, id) = (platform(neighbor), software(neighbor), device_id(neighbor));
    format!(
        "----------------------------------------\nDevice ID:{id}\nSystem Name: {0}\n\nInterface address(es):\nPlatform: \
         {platform}, Capabilities: Switch\nInterface: {name}, Port ID (outgoing port): {1}\nHoldtime: 157 sec\n\n\
         Version:\n{software}\n\nAdvertisement Version: 2\nDuplex: full\nMTU: 1500\n",
        neighbor.host, neighbor.pnic
    )
}
