//! `show vlan`, `show vlan brief` and `show vlan id`.

use serde_json::{Map, Value, json};
use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{Outcome, Switch, merged, printed, short, table};
use crate::lab::model::switch::{PortMode, Vlan, VlanKeys};

/// `show vlan`.
pub(super) fn vlan(switch: &Switch) -> Outcome {
    let all = switch.vlans.keys().copied().collect();
    let types: String = switch.vlans.keys().map(|vlan| type_line(switch, *vlan)).collect();
    let text = format!("{}{TYPES}{types}", screen(switch, &all));
    if !switch.profile.vlan_structured {
        return Outcome::text(text);
    }
    let media = table("mtuinfo", switch.vlans.keys().map(|vlan| medium(switch, *vlan)).collect());
    printed(text, merged(table("vlanbrief", rows(switch, &all)), media))
}

/// `show vlan brief`.
pub(super) fn brief(switch: &Switch) -> Outcome {
    let all = switch.vlans.keys().copied().collect();
    printed(screen(switch, &all), table("vlanbriefxbrief", rows(switch, &all)))
}

/// `show vlan id LIST`. What a real switch says of a VLAN that is not there is not in the facts.
pub(super) fn of_ids(switch: &Switch, only: &VlanSet) -> Outcome {
    let there = || only.iter().filter(|vlan| switch.vlans.contains_key(vlan));
    if there().next().is_none() {
        return Outcome::said(&format!("VLAN {only} not found in current VLAN database"));
    }
    let types: String = there().map(|vlan| type_line(switch, vlan)).collect();
    let media = table("mtuinfoid", there().map(|vlan| medium(switch, vlan)).collect());
    let body = merged(table("vlanbriefid", rows(switch, only)), media);
    let body = merged(body, json!({ "vlanshowrspan-vlantype": "notrspan" }));
    printed(format!("{}{TYPES}{types}", screen(switch, only)), body)
}

const TYPES: &str = "\nVLAN Type         Vlan-mode\n---- -----        ----------\n";

fn type_line(switch: &Switch, vlan: VlanId) -> String {
    format!("{:<4} {:<12} CE\n", vlan.get(), switch.profile.media)
}

fn medium(switch: &Switch, vlan: VlanId) -> Value {
    json!({
        "vlanshowinfo-vlanid": vlan.to_string(),
        "vlanshowinfo-media-type": switch.profile.media,
        "vlanshowinfo-vlanmode": "ce-vlan",
    })
}

/// The VLANs of the database that are asked for.
fn chosen<'a>(switch: &'a Switch, only: &'a VlanSet) -> impl Iterator<Item = (VlanId, &'a Vlan)> + 'a {
    switch.vlans.iter().map(|(vlan, entry)| (*vlan, entry)).filter(|(vlan, _)| only.contains(*vlan))
}

fn rows(switch: &Switch, only: &VlanSet) -> Vec<Value> {
    chosen(switch, only).map(|(vlan, entry)| row(switch, vlan, entry)).collect()
}

fn row(switch: &Switch, vlan: VlanId, entry: &Vlan) -> Value {
    let number = match switch.profile.vlan_keys {
        VlanKeys::Both | VlanKeys::Plain => u32::from(vlan.get()),
        VlanKeys::Swapped => u32::from(vlan.get()).swap_bytes(),
    };
    let names: Vec<_> = ports(switch, vlan).map(|name| name.to_string()).collect();
    let mut row = Map::new();
    let mut put = |key: &str, value: Value| row.insert(key.to_owned(), value);
    put("vlanshowbr-vlanid", json!(number.to_string()));
    if switch.profile.vlan_keys != VlanKeys::Plain {
        put("vlanshowbr-vlanid-utf", json!(vlan.to_string()));
    }
    put("vlanshowbr-vlanname", json!(entry.name(vlan)));
    put("vlanshowbr-vlanstate", json!(if entry.suspended { "suspend" } else { "active" }));
    put("vlanshowbr-shutstate", json!(if entry.shutdown { "shutdown" } else { "noshutdown" }));
    if let Some(list) = pieces(&names, switch.profile.names_per_piece) {
        put("vlanshowplist-ifidx", list);
    }
    Value::Object(row)
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
fn screen(switch: &Switch, only: &VlanSet) -> String {
    let mut text =
        "\nVLAN Name                             Status    Ports\n---- -------------------------------- --------- \
                    -------------------------------\n"
            .to_owned();
    for (vlan, entry) in chosen(switch, only) {
        let status = if entry.suspended { "suspended" } else { "active" };
        let names: Vec<_> = ports(switch, vlan).map(short).collect();
        let mut lines = wrapped(&names, 31).into_iter();
        let first = lines.next().unwrap_or_default();
        let head = format!("{:<4} {:<32} {status:<9} {first}", vlan.get(), entry.name(vlan));
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
