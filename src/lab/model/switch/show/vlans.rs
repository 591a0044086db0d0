//! `show vlan` and `show vlan brief`.

use serde_json::{Value, json};
use vmtracker_core::net::{InterfaceName, VlanId};

use super::{Outcome, Switch, merged, printed, short, table};
use crate::lab::model::switch::{PortMode, Vlan};

/// `show vlan`.
pub(super) fn vlan(switch: &Switch) -> Outcome {
    let mtu = |vlan: &VlanId| {
        json!({
            "vlanshowinfo-vlanid": vlan.to_string(),
            "vlanshowinfo-media-type": "enet",
            "vlanshowinfo-vlanmode": "ce-vlan",
        })
    };
    let media = table("mtuinfo", switch.vlans.keys().map(mtu).collect());
    let types: String = switch.vlans.keys().map(|vlan| format!("{:<4} enet         CE\n", vlan.get())).collect();
    let text = format!("{}\nVLAN Type         Vlan-mode\n---- -----        ----------\n{types}", screen(switch));
    printed(text, merged(table("vlanbrief", rows(switch)), media))
}

/// `show vlan brief`.
pub(super) fn brief(switch: &Switch) -> Outcome {
    printed(screen(switch), table("vlanbriefxbrief", rows(switch)))
}

fn rows(switch: &Switch) -> Vec<Value> {
    switch.vlans.iter().map(|(vlan, entry)| row(switch, *vlan, entry)).collect()
}

fn row(switch: &Switch, vlan: VlanId, entry: &Vlan) -> Value {
    let mut row = json!({
        "vlanshowbr-vlanid": vlan.to_string(),
        "vlanshowbr-vlanid-utf": vlan.to_string(),
        "vlanshowbr-vlanname": entry.name(vlan),
        "vlanshowbr-vlanstate": if entry.suspended { "suspend" } else { "active" },
        "vlanshowbr-shutstate": if entry.shutdown { "shutdown" } else { "noshutdown" },
    });
    let names: Vec<_> = ports(switch, vlan).map(|name| name.to_string()).collect();
    if let (Some(list), Some(object)) = (pieces(&names, switch.profile.names_per_piece), row.as_object_mut()) {
        object.insert("vlanshowplist-ifidx".to_owned(), list);
    }
    row
}

/// Absent without ports, a string, or a list of strings when long (facts: NX-OS §2.4, §2.17).
fn pieces(names: &[String], per_piece: usize) -> Option<Value> {
    let pieces: Vec<_> = names.chunks(per_piece.max(1)).map(|piece| piece.join(",")).collect();
    match pieces.as_slice() {
        [] => None,
        [only] => Some(json!(only)),
        several => Some(json!(several)),
    }
}

/// The ports of a VLAN: access ports in it, and trunks that are up and allow it.
fn ports(switch: &Switch, vlan: VlanId) -> impl Iterator<Item = InterfaceName> + '_ {
    let carries = move |name: InterfaceName| {
        switch.effective(name).is_some_and(|port| match port.mode {
            PortMode::Access => port.access == vlan,
            PortMode::Trunk => port.allowed.as_ref().is_none_or(|list| list.contains(vlan)) && switch.is_up(name),
            PortMode::Routed | PortMode::FexFabric => false,
        })
    };
    switch.ports.keys().copied().filter(move |name| carries(*name))
}

/// The table of a terminal; the ports wrap after 31 columns.
fn screen(switch: &Switch) -> String {
    let mut text =
        "\nVLAN Name                             Status    Ports\n---- -------------------------------- --------- \
                    -------------------------------\n"
            .to_owned();
    for (vlan, entry) in &switch.vlans {
        let status = if entry.suspended { "suspended" } else { "active" };
        let names: Vec<_> = ports(switch, *vlan).map(short).collect();
        let mut lines = wrapped(&names, 31).into_iter();
        let first = lines.next().unwrap_or_default();
        let head = format!("{:<4} {:<32} {status:<9} {first}", vlan.get(), entry.name(*vlan));
        text.push_str(head.trim_end());
        text.push('\n');
        for more in lines {
            text.push_str(&format!("{:48}{more}\n", ""));
        }
    }
    text
}

fn wrapped(names: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for name in names {
        match lines.last_mut() {
            Some(line) if line.len() + 2 + name.len() <= width => {
                line.push_str(", ");
                line.push_str(name);
            }
            _ => lines.push(name.clone()),
        }
    }
    lines
}
