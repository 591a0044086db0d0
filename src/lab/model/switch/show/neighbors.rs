//! `show lldp neighbors detail` and `show cdp neighbors detail`.

use serde_json::{Value, json};
use vmtracker_core::net::InterfaceName;

use super::{Outcome, Switch, merged, printed, short, table};
use crate::lab::model::switch::Neighbor;

/// What ESXi calls itself in both protocols.
const SOFTWARE: &str = "VMware ESX Releasebuild-24022510";

/// Who is heard: on physical ports with a link only.
fn heard(switch: &Switch, speaks: fn(&Neighbor) -> bool) -> Vec<(InterfaceName, &Neighbor)> {
    let ports = switch.ports.iter().filter(|(_, port)| port.link && !port.shutdown);
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

fn lldp_row(name: InterfaceName, neighbor: &Neighbor) -> Value {
    json!({
        "chassis_type": "Interface Name",
        "chassis_id": neighbor.pnic,
        "port_type": "Mac Address",
        "port_id": neighbor.mac.dotted(),
        "l_port_id": short(name),
        "port_desc": "null",
        "sys_name": neighbor.host,
        "sys_desc": SOFTWARE,
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

fn lldp_text(name: InterfaceName, neighbor: &Neighbor) -> String {
    format!(
        "Chassis id: {}\nPort id: {}\nLocal Port id: {}\nPort Description: null\nSystem Name: {}\nSystem Description: \
         {SOFTWARE}\nTime remaining: 114 seconds\nSystem Capabilities: B\nEnabled Capabilities: B\nManagement Address: \
         not advertised\nManagement Address IPV6: not advertised\nVlan ID: not advertised\n\n\n",
        neighbor.pnic,
        neighbor.mac.dotted(),
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
        "device_id": neighbor.host,
        "sysname": neighbor.host,
        "numaddr": "0",
        "platform_id": "VMware ESX",
        "capability": "switch",
        "intf_id": name.to_string(),
        "port_id": neighbor.pnic,
        "ttl": "157",
        "version": SOFTWARE,
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

fn cdp_text(name: InterfaceName, neighbor: &Neighbor) -> String {
    format!(
        "----------------------------------------\nDevice ID:{0}\nSystem Name: {0}\n\nInterface address(es):\nPlatform: \
         VMware ESX, Capabilities: Switch\nInterface: {name}, Port ID (outgoing port): {1}\nHoldtime: 157 sec\n\n\
         Version:\n{SOFTWARE}\n\nAdvertisement Version: 2\nDuplex: full\nMTU: 1500\n",
        neighbor.host, neighbor.pnic
    )
}
