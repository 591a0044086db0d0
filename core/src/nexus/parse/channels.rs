//! `show port-channel summary`: every port-channel and its members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{ParseError, required, rows};
use crate::net::InterfaceName;

pub(super) fn parse(body: &Value) -> Result<BTreeMap<InterfaceName, BTreeSet<InterfaceName>>, ParseError> {
    let mut channels = BTreeMap::new();
    for row in rows(body, "TABLE_channel", "ROW_channel")? {
        let name = interface("port-channel", &required(row, "port-channel")?)?;
        // A port-channel without members has no table of them (facts: NX-OS §2.8).
        let members = rows(row, "TABLE_member", "ROW_member")?.into_iter();
        let ports = members.map(|member| interface("port", &required(member, "port")?)).collect::<Result<_, _>>()?;
        channels.insert(name, ports);
    }
    Ok(channels)
}

fn interface(key: &'static str, text: &str) -> Result<InterfaceName, ParseError> {
    text.parse().map_err(|_| ParseError::value(key, text))
}
