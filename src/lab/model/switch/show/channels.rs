//! `show port-channel summary`.

use serde_json::{Value, json};
use vmtracker_core::net::InterfaceName;

use super::{Outcome, Switch, merged, printed, short, table};
use crate::lab::model::switch::{Bundling, PortMode};

/// `show port-channel summary`. A port-channel without members has no member table (facts: NX-OS §2.8).
pub(super) fn summary(switch: &Switch) -> Outcome {
    let numbers = || {
        switch
            .ports
            .keys()
            .filter_map(|name| if let InterfaceName::PortChannel(number) = name { Some(*number) } else { None })
    };
    let rows = numbers().map(|number| row(switch, number)).collect();
    let lines: String = numbers().map(|number| line(switch, number)).collect();
    let rule = "-".repeat(80);
    let head = format!(
        "Flags:  D - Down        P - Up in port-channel (members)\n        S - Switched    R - Routed\n        \
         U - Up (port-channel)\n{rule}\nGroup Port-       Type     Protocol  Member Ports\n      Channel\n{rule}\n"
    );
    printed(format!("{head}{lines}"), table("channel", rows))
}

fn row(switch: &Switch, number: u16) -> Value {
    let name = InterfaceName::PortChannel(number);
    let member =
        |member: InterfaceName| json!({ "port": member.to_string(), "port-status": member_status(switch, member) });
    let channel = json!({
        "group": number.to_string(),
        "port-channel": name.to_string(),
        "layer": layer(switch, name),
        "status": if switch.is_up(name) { "U" } else { "D" },
        "type": "Eth",
        "prtcl": protocol(switch, number),
    });
    merged(channel, table("member", switch.members(number).map(member).collect()))
}

fn layer(switch: &Switch, name: InterfaceName) -> &'static str {
    let routed = switch.ports.get(&name).is_some_and(|port| port.mode == PortMode::Routed);
    if routed { "R" } else { "S" }
}

/// A port-channel without members is taken for LACP.
fn protocol(switch: &Switch, number: u16) -> &'static str {
    let bundling = |member| switch.ports.get(&member).map(|port| port.bundling);
    match switch.members(number).find_map(bundling).unwrap_or_default() {
        Bundling::Lacp => "LACP",
        Bundling::Static => "NONE",
    }
}

/// A member with a link whose port-channel is kept down is suspended.
fn member_status(switch: &Switch, member: InterfaceName) -> &'static str {
    match switch.is_up(member) {
        true => "P",
        false if switch.physical_up(member) => "s",
        false => "D",
    }
}

fn line(switch: &Switch, number: u16) -> String {
    let name = InterfaceName::PortChannel(number);
    let flags = format!("{}({}{})", short(name), layer(switch, name), if switch.is_up(name) { "U" } else { "D" });
    let member =
        |member: InterfaceName| format!("{:<13}", format!("{}({})", short(member), member_status(switch, member)));
    let members: String = switch.members(number).map(member).collect();
    format!("{number:<5} {flags:<11} Eth      {:<9} {}\n", protocol(switch, number), members.trim_end())
}
