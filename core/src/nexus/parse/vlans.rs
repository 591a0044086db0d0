//! `show vlan`: the VLAN database.

use serde_json::Value;

use super::{super::query::reserved_by_default, ParseError, required, rows, string};
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
