//! `show interface trunk`.

use serde_json::{Value, json};
use vmtracker_core::net::InterfaceName;

use super::{Outcome, Switch, chosen, merged, missing, printed, short, table};
use crate::lab::model::switch::PortMode;

/// `show interface [X] trunk`: ports that are trunks, members of port-channels among them.
pub(super) fn trunk(switch: &Switch, only: &[InterfaceName]) -> Outcome {
    if let Some(refused) = missing(switch, only) {
        return refused;
    }
    let is_trunk = |name: &InterfaceName| switch.effective(*name).is_some_and(|port| port.mode == PortMode::Trunk);
    let trunks: Vec<_> = chosen(switch, only).filter(is_trunk).collect();
    let rows = |row: fn(&Switch, InterfaceName) -> Value| trunks.iter().map(|name| row(switch, *name)).collect();
    let body = [
        table("interface", rows(port_row)),
        table("allowed_vlans", rows(allowed_row)),
        table("stp_forward", rows(forward_row)),
    ];
    let body = body.into_iter().fold(json!({}), merged);
    printed(screen(switch, &trunks), body)
}

fn port_row(switch: &Switch, name: InterfaceName) -> Value {
    let native = switch.effective(name).map_or_else(String::new, |port| port.native.to_string());
    let channel = switch.ports.get(&name).and_then(|port| port.channel);
    json!({
        "interface": name.to_string(),
        "native": native,
        "status": status(switch, name),
        "portchannel": channel.map_or_else(|| "--".to_owned(), |channel| format!("Po{channel}")),
    })
}

fn status(switch: &Switch, name: InterfaceName) -> &'static str {
    let member = switch.ports.get(&name).is_some_and(|port| port.channel.is_some());
    match switch.is_up(name) {
        true if member => "trnk-bndl",
        true => "trunking",
        false => "not-trunking",
    }
}

fn allowed_row(switch: &Switch, name: InterfaceName) -> Value {
    json!({ "interface": name.to_string(), "allowedvlans": switch.allowed(name).to_string() })
}

/// What is created, active, not suspended and not blocked (facts: NX-OS §4.3).
fn forward_row(switch: &Switch, name: InterfaceName) -> Value {
    json!({ "interface": name.to_string(), "stpfwd_vlans": switch.forwarding(name).to_string() })
}

fn screen(switch: &Switch, trunks: &[InterfaceName]) -> String {
    let rule = "-".repeat(80);
    let section = |title: &str, row: &dyn Fn(InterfaceName) -> String| {
        let rows: String = trunks.iter().map(|name| format!("{:<13} {}\n", short(*name), row(*name))).collect();
        format!("\n{rule}\nPort          {title}\n{rule}\n{rows}")
    };
    let native = |name: InterfaceName| switch.effective(name).map_or_else(String::new, |port| port.native.to_string());
    let ports = section("Native  Status        Port", &|name| format!("{:<7} {}", native(name), status(switch, name)));
    let allowed = section("Vlans Allowed on Trunk", &|name| switch.allowed(name).to_string());
    let forward = section("STP Forwarding", &|name| switch.forwarding(name).to_string());
    format!("{ports}{allowed}{forward}\nFeature VTP is not enabled\n")
}
