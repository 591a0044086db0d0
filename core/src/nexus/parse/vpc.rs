//! `show vpc`: the switch's part in a vPC domain (facts: NX-OS §2.11).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ParseError, is_empty, required, rows, string, vlan_list};
use crate::{
    net::InterfaceName,
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
