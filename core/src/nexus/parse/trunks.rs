//! `show interface trunk`: the VLANs that spanning tree forwards on each trunk (facts: NX-OS §2, skeletons).
//!
//! ```text
//! --------------------------------------------------------------------------------
//! Port          STP Forwarding
//! --------------------------------------------------------------------------------
//! Eth1/7        none
//! Po8           1,10-20,33
//! --------------------------------------------------------------------------------
//! ```

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    ParseError,
    json::{is_empty, required, rows_of, vlan_list},
    table::{Row, joined, tables},
};
use crate::net::{InterfaceName, VlanSet};

/// None: nothing was answered, as where the command has no structured output (facts: NX-OS §1.4).
pub(super) fn parse(body: &Value) -> Result<Option<BTreeMap<InterfaceName, VlanSet>>, ParseError> {
    if is_empty(body) {
        return Ok(None);
    }
    let mut trunks = BTreeMap::new();
    for row in rows_of(body, "TABLE_stp_forward", "ROW_stp_forward")? {
        let vlans = vlan_list(row, "stpfwd_vlans")?;
        // A kind of interface that is never managed is passed over.
        if let Some(interface) =
            required(row, "interface")?.parse().ok().filter(|name: &InterfaceName| name.can_trunk())
        {
            trunks.insert(interface, vlans);
        }
    }
    Ok(Some(trunks))
}

/// A list may go on in the next line; whether one is ever cut short is not documented. The section is not the last one:
/// what follows it is its end.
pub(super) fn parse_text(text: &str) -> Result<Option<BTreeMap<InterfaceName, VlanSet>>, ParseError> {
    let tables = tables(text, "the section STP Forwarding", |line| line.contains("STP Forwarding"))?;
    if tables.iter().any(|table| !table.closed) {
        return Err(ParseError::Cut);
    }
    let rows = tables.iter().flat_map(|table| &table.rows).map(trunk).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(rows.into_iter().flatten().collect()))
}

fn trunk(row: &Row<'_>) -> Result<Option<(InterfaceName, VlanSet)>, ParseError> {
    let mut words = row.words();
    let name = words.next().unwrap_or_default();
    let list = joined(&words.collect::<Vec<_>>()).filter(|list| !list.is_empty());
    let vlans = list.and_then(|list| list.parse().ok()).ok_or_else(|| ParseError::value("STP Forwarding", row.line))?;
    Ok(name.parse().ok().filter(|name: &InterfaceName| name.can_trunk()).map(|name| (name, vlans)))
}
