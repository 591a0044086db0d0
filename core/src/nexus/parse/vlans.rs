//! `show vlan`: the VLAN database.
//!
//! ```text
//! VLAN Name                             Status    Ports
//! ---- -------------------------------- --------- -------------------------------
//! 1    default                          active    Eth1/1, Eth1/2, Eth1/3, Eth1/4
//!                                                 Eth1/5
//! 20   VLAN0020                         suspended
//! ```

use serde_json::Value;

use super::{
    super::query::reserved_by_default,
    ParseError,
    json::{required, rows, string},
    table::{Row, tables},
};
use crate::{
    net::{VlanId, VlanSet},
    tracker::VlanDatabase,
};

/// Names of the table and its rows: `show vlan`, and `show vlan brief`.
const TABLES: [(&str, &str); 2] =
    [("TABLE_vlanbrief", "ROW_vlanbrief"), ("TABLE_vlanbriefxbrief", "ROW_vlanbriefxbrief")];

pub(super) fn parse(body: &Value) -> Result<VlanDatabase, ParseError> {
    let mut database = VlanDatabase { reserved: reserved_by_default(), ..VlanDatabase::default() };
    for (table, row_name) in TABLES {
        for row in rows(body, table, row_name)? {
            let vlan = number(row)?;
            database.present.insert(vlan);
            if is_active(row)? {
                database.active.insert(vlan);
            }
        }
    }
    // VLAN 1 always exists and cannot be deleted: a database without it was cut off or is something else.
    if database.present == VlanSet::EMPTY { Err(ParseError::Missing("TABLE_vlanbrief")) } else { Ok(database) }
}

/// The table ends with an empty line: one that does not was cut off. Some switches print it twice (facts: NX-OS §2.13).
pub(super) fn parse_text(text: &str) -> Result<VlanDatabase, ParseError> {
    let is_head = |line: &str| ["VLAN", "Name", "Status"].iter().all(|word| line.contains(word));
    let tables = tables(text, "the table of VLANs", is_head)?;
    if tables.iter().any(|table| !table.closed) {
        return Err(ParseError::Cut);
    }
    let mut database = VlanDatabase { reserved: reserved_by_default(), ..VlanDatabase::default() };
    for row in tables.iter().flat_map(|table| &table.rows) {
        let (vlan, active) = vlan_row(row)?;
        database.present.insert(vlan);
        if active {
            database.active.insert(vlan);
        }
    }
    if database.present.is_empty() { Err(ParseError::Missing("VLAN 1")) } else { Ok(database) }
}

fn vlan_row(row: &Row<'_>) -> Result<(VlanId, bool), ParseError> {
    let wrong = || ParseError::value("vlan", row.line);
    let mut words = row.line.split_whitespace();
    let vlan = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
    // Behind the name, which is a word at least and may be a state's word, too.
    let state = words.skip(1).filter_map(is_active_state).last();
    state.map(|active| (vlan, active)).ok_or_else(wrong)
}

/// Whether a state is that of an active VLAN; none: it is no state. One that is shut down shows it here; its words
/// (`act/lshut`, `act/unsup`, `sus/ishut`) are remembered only.
fn is_active_state(word: &str) -> Option<bool> {
    match word {
        "active" => Some(true),
        "suspend" | "suspended" => Some(false),
        _ => word.strip_prefix("act/").or_else(|| word.strip_prefix("sus/")).map(|_| false),
    }
}

fn is_active(row: &Value) -> Result<bool, ParseError> {
    let state = required(row, "vlanshowbr-vlanstate")?;
    let shut = string(row, "vlanshowbr-shutstate");
    Ok(state == "active" && shut.is_none_or(|word| word == "noshutdown"))
}

/// `-utf` where it is there; else `-vlanid`, which some images print with its bytes swapped: 16777216 is VLAN 1
/// (facts: NX-OS §2.3).
fn number(row: &Value) -> Result<VlanId, ParseError> {
    if let Some(vlan) = string(row, "vlanshowbr-vlanid-utf").and_then(|text| text.parse().ok()) {
        return Ok(vlan);
    }
    let text = required(row, "vlanshowbr-vlanid")?;
    let number = text.parse::<u32>().map_err(|_| ParseError::value("vlanshowbr-vlanid", &text))?;
    let straight = if number > 4094 { number.swap_bytes() } else { number };
    let vlan = u16::try_from(straight).ok().and_then(VlanId::new);
    vlan.ok_or_else(|| ParseError::value("vlanshowbr-vlanid", &text))
}
