//! What the show commands print, as text and structured (facts: NX-OS §2).

mod channels;
mod fabric;
mod interface;
mod inventory;
mod macs;
mod neighbors;
mod ports;
mod saved;
mod trunks;
mod version;
mod vlans;
mod vpc;

use serde_json::{Value, json};
use vmtracker_core::net::InterfaceName;

use super::{Outcome, Rejection, Switch, grammar::Show, running};
use crate::lab::model::LabTime;

/// Runs one show command.
pub(super) fn show(switch: &Switch, what: &Show, now: LabTime) -> Outcome {
    match what {
        Show::Version => version::version(switch, now),
        Show::Hostname => version::hostname(switch),
        // No structured form: method `cli` gives null (facts: NX-OS §1.3).
        Show::Running(only) if only.is_empty() => Outcome::text(switch.running_config()),
        Show::Running(only) => Outcome::text(running::interface_config(switch, only)),
        Show::RunningVlans => Outcome::text(running::vlan_config(switch)),
        Show::Inventory => inventory::inventory(switch),
        Show::Hosts => inventory::hosts(),
        Show::License => inventory::license(switch),
        Show::Startup => Outcome::text(switch.startup_config().unwrap_or_default().to_owned()),
        Show::Vlan => vlans::vlan(switch),
        Show::VlanBrief => vlans::brief(switch),
        Show::VlanId(only) => vlans::of_ids(switch, only),
        Show::Interface(only) => interface::interface(switch, only),
        Show::Status(only) => interface::status(switch, only),
        Show::Switchport(only) => ports::switchport(switch, only),
        Show::Brief(only) => ports::brief(switch, only),
        Show::Trunk(only) => trunks::trunk(switch, only),
        Show::Channels => channels::summary(switch),
        Show::Lldp => neighbors::lldp(switch),
        Show::Cdp => neighbors::cdp(switch),
        Show::Macs(interface, vlan) => macs::table(switch, *interface, *vlan, now),
        Show::Vpc => vpc::vpc(switch),
        Show::Fex => fabric::fex(switch),
        Show::Feature => fabric::feature(switch),
        Show::FeatureSet => fabric::feature_set(switch),
        Show::Vtp => fabric::vtp(switch),
        Show::SystemMode => fabric::system_mode(switch),
        Show::SwitchProfiles => fabric::switch_profiles(switch),
        Show::Checkpoints => saved::summary(switch),
        Show::Diff(from, to) => saved::diff(switch, from, to),
        Show::File(name) => saved::file(switch, name),
        Show::Directory(name) => saved::directory(switch, name.as_deref()),
        Show::Accounting => {
            Outcome::text(switch.accounting.entries().map(|entry| format!("{entry}\n")).collect::<String>())
        }
    }
}

/// A table as NX-OS makes it: an object when there is one row, a list for several, nothing at all for none
/// (facts: NX-OS §2.1).
fn table(name: &str, mut rows: Vec<Value>) -> Value {
    let (table, row) = (format!("TABLE_{name}"), format!("ROW_{name}"));
    match rows.len() {
        0 => json!({}),
        1 => json!({ table: { row: rows.remove(0) } }),
        _ => json!({ table: { row: rows } }),
    }
}

/// Puts the members of both objects into one.
fn merged(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Object(mut left), Value::Object(right)) => {
            left.extend(right);
            Value::Object(left)
        }
        (left, _) => left,
    }
}

fn printed(text: String, body: Value) -> Outcome {
    Outcome::Printed { text, body: Some(body) }
}

/// The short spelling that tables use: `Eth1/6`, `Po10`.
fn short(name: InterfaceName) -> String {
    let long = name.to_string();
    match name {
        InterfaceName::Ethernet(..) | InterfaceName::EthernetLane(..) => long.replacen("Ethernet", "Eth", 1),
        InterfaceName::PortChannel(_) => long.replacen("port-channel", "Po", 1),
        InterfaceName::Loopback(_) => long.replacen("loopback", "Lo", 1),
        InterfaceName::Vlan(_) | InterfaceName::Mgmt(_) | InterfaceName::Nve(_) => long,
    }
}

/// The interfaces asked for, or all; physical ports first, port-channels last, as NX-OS lists them.
fn chosen<'a>(switch: &'a Switch, only: &'a [InterfaceName]) -> impl Iterator<Item = InterfaceName> + 'a {
    switch.ports.keys().copied().filter(|name| only.is_empty() || only.contains(name))
}

/// Whether every interface asked for exists; a range may name some that do not.
fn missing(switch: &Switch, only: &[InterfaceName]) -> Option<Outcome> {
    let none = !only.is_empty() && chosen(switch, only).next().is_none();
    none.then(|| Outcome::said("% Invalid interface format"))
}
