//! `show port-channel summary`: every port-channel and its members.
//!
//! ```text
//! Group Port-       Type     Protocol  Member Ports
//!       Channel
//! --------------------------------------------------------------------------------
//! 1     Po1(SU)     Eth      LACP      Eth1/1(P)    Eth1/2(P)
//! 2     Po2(SD)     Eth      NONE      --
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    ParseError,
    json::{required, rows, rows_of_only},
    table::{Row, tables},
};
use crate::net::InterfaceName;

/// Each port-channel's members.
type Channels = BTreeMap<InterfaceName, BTreeSet<InterfaceName>>;

pub(super) fn parse(body: &Value) -> Result<Channels, ParseError> {
    let mut channels = BTreeMap::new();
    for row in rows_of_only(body, "TABLE_channel", "ROW_channel")? {
        let name = interface("port-channel", &required(row, "port-channel")?)?;
        // A port-channel without members has no table of them (facts: NX-OS §2.8).
        let members = rows(row, "TABLE_member", "ROW_member")?.into_iter();
        let ports = members.map(|member| interface("port", &required(member, "port")?)).collect::<Result<_, _>>()?;
        channels.insert(name, ports);
    }
    Ok(channels)
}

pub(super) fn parse_text(text: &str) -> Result<Channels, ParseError> {
    let tables = tables(text, "the table of port-channels", |line| line.contains("Member Ports"))?;
    tables.iter().flat_map(|table| &table.rows).map(channel).collect()
}

fn channel(row: &Row<'_>) -> Result<(InterfaceName, BTreeSet<InterfaceName>), ParseError> {
    let mut words = row.words();
    let (group, name) = (words.next(), words.next().map(flagged));
    let channel = interface("port-channel", name.flatten().unwrap_or(row.line))?;
    // The number stands there twice: a row that contradicts itself is something else.
    if group.and_then(|word| word.parse().ok()).map(InterfaceName::PortChannel) != Some(channel) {
        return Err(ParseError::value("port-channel", row.line));
    }
    // After type and protocol.
    let members = words.skip(2).filter(|word| *word != "--");
    let members = members.map(|word| interface("port", flagged(word).unwrap_or(row.line)));
    Ok((channel, members.collect::<Result<_, _>>()?))
}

/// The name before its state: `Eth1/1(P)`. Two that run into each other are none.
fn flagged(word: &str) -> Option<&str> {
    word.strip_suffix(')')?.split_once('(').filter(|(_, state)| !state.contains('(')).map(|(name, _)| name)
}

fn interface(key: &'static str, text: &str) -> Result<InterfaceName, ParseError> {
    text.parse().map_err(|_| ParseError::value(key, text))
}
