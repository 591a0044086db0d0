//! `show interface` and `show interface status`. Of both the facts have only that clients ask for them; the columns and
//! the keys are those that NAPALM and Ansible read.

use serde_json::{Value, json};
use vmtracker_core::net::InterfaceName;

use super::{Outcome, Switch, chosen, missing, printed, short, table};
use crate::lab::model::switch::{Port, PortMode};

/// `show interface [X]`.
pub(super) fn interface(switch: &Switch, only: &[InterfaceName]) -> Outcome {
    each(
        switch,
        only,
        "",
        |name, own, port| paragraph(switch, name, own, port),
        |name, own, port| {
            json!({
                "interface": name.to_string(),
                "state": state(switch, name),
                "admin_state": admin(own),
                "eth_hw_desc": hardware(name),
                "desc": own.description.clone().unwrap_or_default(),
                "eth_mtu": "1500",
                "eth_bw": 10_000_000,
                "eth_duplex": "full",
                "eth_speed": speed(switch, name),
                "eth_mode": mode(port),
            })
        },
    )
}

/// `show interface [X] status`.
pub(super) fn status(switch: &Switch, only: &[InterfaceName]) -> Outcome {
    let rule = "-".repeat(80);
    let head = format!("\n{rule}\nPort          Name               Status    Vlan      Duplex  Speed   Type\n{rule}\n");
    each(
        switch,
        only,
        &head,
        |name, own, port| status_line(switch, name, own, port),
        |name, own, port| {
            json!({
                "interface": name.to_string(),
                "name": own.description.clone().unwrap_or_else(|| "--".to_owned()),
                "state": connection(switch, name, own),
                "vlan": vlan(port),
                "duplex": "full",
                "speed": speed(switch, name),
                "type": "10Gbase-SR",
            })
        },
    )
}

/// Every interface asked for, as text and as a row.
fn each(
    switch: &Switch,
    only: &[InterfaceName],
    head: &str,
    text: impl Fn(InterfaceName, &Port, &Port) -> String,
    row: impl Fn(InterfaceName, &Port, &Port) -> Value,
) -> Outcome {
    if let Some(refused) = missing(switch, only) {
        return refused;
    }
    let ports =
        || chosen(switch, only).filter_map(|name| Some((name, switch.ports.get(&name)?, switch.effective(name)?)));
    let lines: String = ports().map(|(name, own, port)| text(name, own, port)).collect();
    let rows = ports().map(|(name, own, port)| row(name, own, port)).collect();
    printed(format!("{head}{lines}"), table("interface", rows))
}

fn paragraph(switch: &Switch, name: InterfaceName, own: &Port, port: &Port) -> String {
    let description = own.description.as_ref().map_or_else(String::new, |text| format!("  Description: {text}\n"));
    format!(
        "{name} is {}\nadmin state is {}, Dedicated Interface\n  Hardware: {}, address: 0000.0000.0000 (bia \
         0000.0000.0000)\n{description}  MTU 1500 bytes, BW 10000000 Kbit, DLY 10 usec\n  Port mode is {}\n  \
         full-duplex, {}\n\n",
        state(switch, name),
        admin(own),
        hardware(name),
        mode(port),
        speed(switch, name),
    )
}

fn status_line(switch: &Switch, name: InterfaceName, own: &Port, port: &Port) -> String {
    let text = own.description.as_deref().unwrap_or("--");
    let text: String = text.chars().take(18).collect();
    let (status, vlan) = (connection(switch, name, own), vlan(port));
    let speed = if switch.is_up(name) { "10G" } else { "auto" };
    format!("{:<13} {text:<18} {status:<9} {vlan:<9} full    {speed:<7} 10Gbase-SR\n", short(name))
}

fn state(switch: &Switch, name: InterfaceName) -> &'static str {
    if switch.is_up(name) { "up" } else { "down" }
}

const fn admin(own: &Port) -> &'static str {
    if own.shutdown { "down" } else { "up" }
}

fn connection(switch: &Switch, name: InterfaceName, own: &Port) -> &'static str {
    match () {
        () if switch.is_up(name) => "connected",
        () if own.shutdown => "disabled",
        () => "notconnec",
    }
}

fn speed(switch: &Switch, name: InterfaceName) -> &'static str {
    if switch.is_up(name) { "10 Gb/s" } else { "auto" }
}

const fn hardware(name: InterfaceName) -> &'static str {
    match name {
        InterfaceName::PortChannel(_) => "Port-Channel",
        InterfaceName::Ethernet(..)
        | InterfaceName::EthernetLane(..)
        | InterfaceName::Vlan(_)
        | InterfaceName::Loopback(_)
        | InterfaceName::Mgmt(_)
        | InterfaceName::Nve(_) => "1000/10000 Ethernet",
    }
}

const fn mode(port: &Port) -> &'static str {
    match port.mode {
        PortMode::Access => "access",
        PortMode::Trunk => "trunk",
        PortMode::Routed => "routed",
        PortMode::FexFabric => "fex-fabric",
    }
}

fn vlan(port: &Port) -> String {
    match port.mode {
        PortMode::Access => port.access.to_string(),
        PortMode::Trunk => "trunk".to_owned(),
        PortMode::Routed => "routed".to_owned(),
        PortMode::FexFabric => "1".to_owned(),
    }
}
