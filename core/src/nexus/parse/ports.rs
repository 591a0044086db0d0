//! `show interface brief`: mode and link of every port.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ParseError, required, rows_of, string};
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

fn mode(word: String) -> PortMode {
    match word.as_str() {
        "trunk" => PortMode::Trunk,
        "access" => PortMode::Access,
        "routed" => PortMode::Routed,
        "fex-fabric" => PortMode::FexFabric,
        _ => PortMode::Other(word.chars().take(40).collect()),
    }
}
