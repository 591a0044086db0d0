//! `show interface switchport` and `show interface brief`.

use serde_json::{Value, json};
use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{Outcome, Switch, chosen, missing, printed, short, table};
use crate::lab::model::switch::{Bundling, Port, PortMode};

/// `show interface [X] switchport`.
pub(super) fn switchport(switch: &Switch, only: &[InterfaceName]) -> Outcome {
    if let Some(refused) = missing(switch, only) {
        return refused;
    }
    let ports = || chosen(switch, only).filter_map(|name| Some((name, switch.effective(name)?)));
    let rows = ports().map(|(name, port)| switchport_row(switch, name, port)).collect();
    let text: String = ports().map(|(name, port)| switchport_text(switch, name, port)).collect();
    printed(text, table("interface", rows))
}

fn switchport_row(switch: &Switch, name: InterfaceName, port: &Port) -> Value {
    if port.mode == PortMode::Routed {
        return json!({ "interface": name.to_string(), "switchport": "Disabled" });
    }
    json!({
        "interface": name.to_string(),
        "switchport": "Enabled",
        "switchport_monitor": "Not enabled",
        "oper_mode": oper_mode(port),
        "access_vlan": port.access.to_string(),
        "access_vlan_name": vlan_name(switch, port.access),
        "native_vlan": port.native.to_string(),
        "native_vlan_name": vlan_name(switch, port.native),
        "trunk_vlans": allowed(port),
    })
}

fn switchport_text(switch: &Switch, name: InterfaceName, port: &Port) -> String {
    if port.mode == PortMode::Routed {
        return format!("Name: {name}\n  Switchport: Disabled\n");
    }
    let (access, native) = (vlan_name(switch, port.access), vlan_name(switch, port.native));
    format!(
        "Name: {name}\n  Switchport: Enabled\n  Switchport Monitor: Not enabled\n  Operational Mode: {}\n  \
         Access Mode VLAN: {} ({access})\n  Trunking Native Mode VLAN: {} ({native})\n  \
         Trunking VLANs Allowed: {}\n  Voice VLAN: none\n",
        oper_mode(port),
        port.access,
        port.native,
        allowed(port)
    )
}

const fn oper_mode(port: &Port) -> &'static str {
    match port.mode {
        PortMode::Access => "access",
        PortMode::Trunk => "trunk",
        PortMode::Routed => "routed",
        PortMode::FexFabric => "fex-fabric",
    }
}

/// `1-4094` without a list, `none` for the empty one (facts: NX-OS §4.1).
fn allowed(port: &Port) -> String {
    port.allowed.as_ref().map_or_else(|| VlanSet::all().to_string(), VlanSet::to_string)
}

/// A VLAN's name, or that it is not there (facts: NX-OS §4.3).
fn vlan_name(switch: &Switch, vlan: VlanId) -> String {
    switch.vlans.get(&vlan).map_or_else(|| "Vlan not created".to_owned(), |entry| entry.name(vlan))
}

/// `show interface [X] brief`. The management port comes first.
pub(super) fn brief(switch: &Switch, only: &[InterfaceName]) -> Outcome {
    if let Some(refused) = missing(switch, only) {
        return refused;
    }
    let management = json!({
        "interface": "mgmt0", "state": "up", "ip_addr": "192.0.2.1", "speed": "1000", "mtu": 1500
    });
    let mut rows = if only.is_empty() { vec![management] } else { Vec::new() };
    rows.extend(chosen(switch, only).filter_map(|name| brief_row(switch, name)));
    printed(brief_text(switch, only), table("interface", rows))
}

fn brief_row(switch: &Switch, name: InterfaceName) -> Option<Value> {
    let (own, port) = (switch.ports.get(&name)?, switch.effective(name)?);
    let mut row = json!({
        "interface": name.to_string(),
        "vlan": brief_vlan(port),
        "type": "eth",
        "portmode": brief_mode(port),
        "state": if switch.is_up(name) { "up" } else { "down" },
        "state_rsn_desc": reason(switch, name, own),
        "speed": if switch.is_up(name) { "10G" } else { "auto" },
        "ratemode": "D",
    });
    if let Some(object) = row.as_object_mut() {
        if let Some(channel) = own.channel {
            object.insert("portchan".to_owned(), json!(channel));
        }
        if let InterfaceName::PortChannel(number) = name {
            object.insert("proto".to_owned(), json!(protocol(switch, number)));
        }
    }
    Some(row)
}

/// The access VLAN, the native VLAN of a trunk, or `--`.
fn brief_vlan(port: &Port) -> String {
    match port.mode {
        PortMode::Access => port.access.to_string(),
        PortMode::Trunk => port.native.to_string(),
        PortMode::Routed => "--".to_owned(),
        PortMode::FexFabric => VlanId::MIN.to_string(),
    }
}

const fn brief_mode(port: &Port) -> &'static str {
    match port.mode {
        PortMode::Access => "access",
        PortMode::Trunk => "trunk",
        PortMode::Routed => "routed",
        PortMode::FexFabric => "fabric",
    }
}

fn reason(switch: &Switch, name: InterfaceName, own: &Port) -> &'static str {
    match name {
        _ if switch.is_up(name) => "none",
        _ if own.shutdown => "Administratively down",
        _ if switch.standing.held.contains_key(&switch.logical(name)) => {
            switch.standing.held.get(&switch.logical(name)).map_or("none", |why| super::vpc::held(*why))
        }
        InterfaceName::PortChannel(_) => "No operational members",
        InterfaceName::Ethernet(..)
        | InterfaceName::EthernetLane(..)
        | InterfaceName::Vlan(_)
        | InterfaceName::Loopback(_)
        | InterfaceName::Mgmt(_)
        | InterfaceName::Nve(_) => "Link not connected",
    }
}

/// The management port, the physical ones and the port-channels, each kind under a head of its own. The columns of the
/// last are those that clients read.
fn brief_text(switch: &Switch, only: &[InterfaceName]) -> String {
    let section = |head: &str, rows: String| {
        let rule = "-".repeat(80);
        if rows.is_empty() { rows } else { format!("\n{rule}\n{head}\n{rule}\n{rows}") }
    };
    let rows = |bundles: bool| {
        let wanted = |name: &InterfaceName| matches!(name, InterfaceName::PortChannel(_)) == bundles;
        chosen(switch, only).filter(wanted).filter_map(|name| brief_line(switch, name)).collect::<String>()
    };
    let management = if only.is_empty() {
        "mgmt0  --           up     192.0.2.1                               1000     1500\n"
    } else {
        ""
    };
    [
        section("Port   VRF          Status IP Address                              Speed    MTU", management.to_owned()),
        section(
            "Ethernet      VLAN    Type Mode   Status  Reason                   Speed     Port\nInterface                  \
             \u{20}                                                 Ch #",
            rows(false),
        ),
        section(
            "Port-channel VLAN    Type Mode   Status  Reason                   Speed     Protocol\nInterface",
            rows(true),
        ),
    ]
    .concat()
}

/// A row; its last column is the port-channel of a port, or how a port-channel comes together.
fn brief_line(switch: &Switch, name: InterfaceName) -> Option<String> {
    let (own, port) = (switch.ports.get(&name)?, switch.effective(name)?);
    let up = switch.is_up(name);
    let last = match name {
        InterfaceName::PortChannel(number) => protocol(switch, number).to_owned(),
        InterfaceName::Ethernet(..)
        | InterfaceName::EthernetLane(..)
        | InterfaceName::Vlan(_)
        | InterfaceName::Loopback(_)
        | InterfaceName::Mgmt(_)
        | InterfaceName::Nve(_) => own.channel.map_or_else(|| "--".to_owned(), |channel| channel.to_string()),
    };
    Some(format!(
        "{:<13} {:<7} eth  {:<6} {:<7} {:<24} {:<9} {last}\n",
        short(name),
        brief_vlan(port),
        brief_mode(port),
        if up { "up" } else { "down" },
        reason(switch, name, own),
        if up { "10G(D)" } else { "auto(D)" },
    ))
}

fn protocol(switch: &Switch, number: u16) -> &'static str {
    let lacp = |member| switch.ports.get(&member).is_none_or(|port| port.bundling == Bundling::Lacp);
    if switch.members(number).all(lacp) { "lacp" } else { "none" }
}
