//! `show vpc`: the switch's part in a vPC domain (facts: NX-OS §2.11).
//!
//! ```text
//! vPC domain id                     : 10
//! Peer status                       : peer adjacency formed ok
//! vPC keep-alive status             : peer is alive
//! vPC role                          : primary
//! Number of vPCs configured         : 1
//!
//! vPC Peer-link status
//! ---------------------------------------------------------------------
//! id    Port   Status Active vlans
//! --    ----   ------ -------------------------------------------------
//! 1     Po100  up     1-501
//!
//! vPC status
//! ----------------------------------------------------------------------------
//! Id    Port          Status Consistency Reason                Active vlans
//! --    ----          ------ ----------- ------                ---------------
//! 11    Po1           up     success     success               1-100,302-501
//! 12    Po2           down*  Not         Consistency Check Not -
//!                            Applicable  Performed
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ParseError,
    json::{is_empty, required, rows, string, vlan_list},
    table::{Row, Table, joined, tables},
};
use crate::{
    net::{InterfaceName, VlanSet},
    tracker::{PeerLink, Vpc, VpcDomain, VpcLeg, VpcRole},
};

/// None: nothing was answered, as where the command has no structured output (facts: NX-OS §1.4).
pub(super) fn parse(body: &Value) -> Result<Option<Vpc>, ParseError> {
    if is_empty(body) {
        return Ok(None);
    }
    let id = required(body, "vpc-domain-id")?;
    if id.eq_ignore_ascii_case("not configured") {
        return Ok(Some(Vpc::None));
    }
    let domain = VpcDomain {
        id: number("vpc-domain-id", &id)?,
        role: role(&required(body, "vpc-role")?),
        adjacent: required(body, "vpc-peer-status")? == "peer-ok",
        alive: required(body, "vpc-peer-keepalive-status")? == "peer-alive",
        peer_link: peer_link(body)?,
        legs: legs(body)?,
    };
    Ok(Some(Vpc::Domain(Box::new(domain))))
}

/// A switch whose acting role differs from its elected one is told as `primary, operational secondary`: the last word
/// is the acting one.
fn role(text: &str) -> VpcRole {
    let text = text.to_ascii_lowercase();
    match (text.rfind("primary"), text.rfind("secondary")) {
        (None, None) => VpcRole::Unknown,
        (primary, secondary) if primary > secondary => VpcRole::Primary,
        (_, _) => VpcRole::Secondary,
    }
}

fn peer_link(body: &Value) -> Result<Option<PeerLink>, ParseError> {
    let rows = rows(body, "TABLE_peerlink", "ROW_peerlink")?;
    // Before a peer-link is configured its row has no interface.
    let Some((row, name)) = rows.into_iter().find_map(|row| Some((row, string(row, "peerlink-ifindex")?))) else {
        return Ok(None);
    };
    Ok(Some(PeerLink {
        interface: interface("peerlink-ifindex", &name)?,
        up: is_up(row, "peer-link-port-state")?,
        vlans: vlan_list(row, "peer-up-vlan-bitset")?,
    }))
}

fn legs(body: &Value) -> Result<BTreeMap<InterfaceName, VpcLeg>, ParseError> {
    let counted = string(body, "num-of-vpcs").and_then(|text| text.parse::<u16>().ok()).unwrap_or_default();
    let mut legs = BTreeMap::new();
    for row in rows(body, "TABLE_vpc", "ROW_vpc")? {
        let name = interface("vpc-ifindex", &required(row, "vpc-ifindex")?)?;
        let leg = VpcLeg {
            id: number("vpc-id", &required(row, "vpc-id")?)?,
            up: is_up(row, "vpc-port-state")?,
            // A leg that is down may be told as neither.
            consistent: !matches!(required(row, "vpc-consistency")?.as_str(), "inconsistent" | "failed"),
            vlans: vlan_list(row, "up-vlan-bitset")?,
        };
        legs.insert(name, leg);
    }
    if counted > 0 && legs.is_empty() { Err(ParseError::Missing("TABLE_vpc")) } else { Ok(legs) }
}

/// `1` and `0` here, `Up` and `Down` there (facts: NX-OS §2.11).
fn is_up(row: &Value, key: &'static str) -> Result<bool, ParseError> {
    let state = required(row, key)?;
    Ok(state == "1" || state.eq_ignore_ascii_case("up"))
}

fn number(key: &'static str, text: &str) -> Result<u16, ParseError> {
    text.parse().map_err(|_| ParseError::value(key, text))
}

fn interface(key: &'static str, text: &str) -> Result<InterfaceName, ParseError> {
    let name = text.parse().ok().filter(|name: &InterfaceName| name.can_trunk());
    name.ok_or_else(|| ParseError::value(key, text))
}

/// None: a list of VLANs is not told in full, or there is no peer-link to tell an end by.
pub(super) fn parse_text(text: &str) -> Result<Option<Vpc>, ParseError> {
    let id = field(text, "vPC domain id")?;
    if id.eq_ignore_ascii_case("not configured") {
        return Ok(Some(Vpc::None));
    }
    // `Number of vPC configured` on old images.
    let counted = field(text, "Number of vPCs configured").or_else(|_| field(text, "Number of vPC configured"))?;
    let is_head = |line: &str| line.contains("Port") && line.contains("Active vlans");
    let body = parted(text);
    let Ok(tables) = tables(&body, "the tables of vPC", is_head) else { return Ok(None) };
    let (of_legs, of_link): (Vec<_>, Vec<_>) = tables.into_iter().partition(|table| table.head.contains("Consistency"));
    let (Some(peer_link), Some(legs)) = (text_peer_link(&of_link)?, text_legs(&of_legs)?) else { return Ok(None) };
    if counted.parse() != Ok(legs.len()) {
        return Err(ParseError::value("Number of vPCs configured", counted));
    }
    Ok(Some(Vpc::Domain(Box::new(VpcDomain {
        id: number("vPC domain id", id)?,
        role: role(field(text, "vPC role")?),
        adjacent: field(text, "Peer status")? == "peer adjacency formed ok",
        alive: field(text, "vPC keep-alive status")? == "peer is alive",
        peer_link: Some(peer_link),
        legs,
    }))))
}

/// Some images print an empty line below each row, and none below the table: here a table ends where words begin.
fn parted(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let parted = lines.map(|line| {
        let part = if line.starts_with(char::is_alphabetic) { "\n" } else { "" };
        format!("{part}{line}\n")
    });
    parted.collect()
}

/// What stands behind `name … :`.
fn field<'a>(text: &'a str, name: &'static str) -> Result<&'a str, ParseError> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let value = pairs.find(|(label, _)| label.trim() == name).map(|(_, value)| value.trim());
    value.filter(|text| !text.is_empty()).ok_or(ParseError::Missing(name))
}

fn text_peer_link(tables: &[Table<'_>]) -> Result<Option<PeerLink>, ParseError> {
    let Some(row) = tables.iter().flat_map(|table| &table.rows).next() else { return Ok(None) };
    let (_, name, state) = cells(row)?;
    let Some(vlans) = vlans_in_full(row) else { return Ok(None) };
    Ok(Some(PeerLink { interface: interface("Port", name)?, up: state == "up", vlans }))
}

fn text_legs(tables: &[Table<'_>]) -> Result<Option<BTreeMap<InterfaceName, VpcLeg>>, ParseError> {
    let mut legs = BTreeMap::new();
    for row in tables.iter().flat_map(|table| &table.rows) {
        let (id, name, state) = cells(row)?;
        let Some(vlans) = vlans_in_full(row) else { return Ok(None) };
        let consistency = row.line.split_whitespace().nth(3).unwrap_or_default();
        let consistent = !matches!(consistency, "failed" | "inconsistent");
        legs.insert(interface("Port", name)?, VpcLeg { id: number("id", id)?, up: state == "up", consistent, vlans });
    }
    Ok(Some(legs))
}

/// Number, port, and state; `down*` is one whose traffic goes over the peer-link.
fn cells<'a>(row: &Row<'a>) -> Result<(&'a str, &'a str, &'a str), ParseError> {
    let mut words = row.line.split_whitespace();
    match (words.next(), words.next(), words.next().map(|state| state.trim_end_matches('*'))) {
        (Some(id), Some(name), Some(state @ ("up" | "down"))) => Ok((id, name, state)),
        (_, _, _) => Err(ParseError::value("vpc", row.line)),
    }
}

/// The list at the end of a row. A long one goes on below in the same column, after a comma, and one that is too long
/// ends in `141-...,`; the rest of a reason stands in other columns. None: it is not told in full, or not for certain.
fn vlans_in_full(row: &Row<'_>) -> Option<VlanSet> {
    let is_list = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '-'));
    let column = row.line.rfind(char::is_whitespace)? + 1;
    let (_, first) = row.line.split_at_checked(column)?;
    let mut chunks = vec![first];
    for (line, last) in row.more.iter().filter_map(|line| Some((line, line.split_whitespace().last()?))) {
        if line.len() == column + last.len() {
            chunks.push(last);
        } else if first != "-" && is_list(last) {
            return None;
        }
    }
    match joined(&chunks)?.as_str() {
        "-" => Some(VlanSet::EMPTY),
        list => list.parse().ok().filter(|_| is_list(list)),
    }
}
