//! `show interface brief`: mode and link of every port.
//!
//! ```text
//! --------------------------------------------------------------------------------
//! Ethernet      VLAN    Type Mode   Status  Reason                   Speed     Port
//! Interface                                                                    Ch #
//! --------------------------------------------------------------------------------
//! Eth1/1        1       eth  trunk  up      none                        10G(D) 5
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ParseError,
    json::{required, rows_of, string},
    table::{Row, tables},
};
use crate::{net::InterfaceName, tracker::PortMode};

/// One row of `show interface brief`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortStatus {
    /// `portmode`, where the row has one.
    pub mode: Option<PortMode>,
    /// `state`.
    pub up: bool,
}

pub(super) fn parse(body: &Value) -> Result<BTreeMap<InterfaceName, PortStatus>, ParseError> {
    let mut ports = BTreeMap::new();
    for row in rows_of(body, "TABLE_interface", "ROW_interface")? {
        let name = required(row, "interface")?;
        // A kind of interface that is never managed, such as a sub-interface `Ethernet1/1.10`, is passed over.
        // So is what can be no trunk: a `Vlan` row has other keys.
        let Some(interface) = name.parse().ok().filter(|name: &InterfaceName| name.can_trunk()) else { continue };
        let state = required(row, "state")?;
        ports.insert(interface, PortStatus { mode: string(row, "portmode").map(mode), up: state == "up" });
    }
    Ok(ports)
}

pub(super) fn parse_text(text: &str) -> Result<BTreeMap<InterfaceName, PortStatus>, ParseError> {
    // The tables of Ethernet ports and of port-channels; those of other kinds have no mode.
    let is_head = |line: &str| ["VLAN", "Mode", "Status"].iter().all(|word| line.contains(word));
    let tables = tables(text, "the table of Ethernet interfaces", is_head)?;
    let rows = tables.iter().flat_map(|table| &table.rows);
    rows.filter_map(|row| port(row).transpose()).collect()
}

/// Name, VLAN, type, mode, state, and what is not needed.
fn port(row: &Row<'_>) -> Result<Option<(InterfaceName, PortStatus)>, ParseError> {
    let words: Vec<&str> = row.line.split_whitespace().collect();
    let [name, _, _, mode_word, state, _, ..] = *words.as_slice() else {
        return Err(ParseError::value("interface", row.line));
    };
    let up = match state {
        "up" => true,
        "down" => false,
        _ => return Err(ParseError::value("state", row.line)),
    };
    let interface = name.parse().ok().filter(|name: &InterfaceName| name.can_trunk());
    Ok(interface.map(|name| (name, PortStatus { mode: Some(mode(mode_word.to_owned())), up })))
}

fn mode(word: String) -> PortMode {
    match word.as_str() {
        "trunk" => PortMode::Trunk,
        "access" => PortMode::Access,
        "routed" => PortMode::Routed,
        // The second is the text's word.
        "fex-fabric" | "fabric" => PortMode::FexFabric,
        _ => PortMode::Other(word.chars().take(40).collect()),
    }
}
