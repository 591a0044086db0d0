//! `show mac address-table`.
//!
//! ```text
//!    VLAN     MAC Address      Type      age     Secure NTFY Ports
//! ---------+-----------------+--------+---------+------+----+------------------
//! *   10     0050.5600.0001   dynamic  0         F      F    Eth1/1
//! G    -     0050.5600.00fe   static   -         F      F    sup-eth1(R)
//! ```

use serde_json::Value;

use super::{
    ParseError,
    json::{required, rows_of_only, string},
};
use crate::{net::MacAddr, tracker::MacEntry};

pub(super) fn parse(body: &Value) -> Result<Vec<MacEntry>, ParseError> {
    let mut entries = Vec::new();
    for row in rows_of_only(body, "TABLE_mac_address", "ROW_mac_address")? {
        let text = required(row, "disp_mac_addr")?;
        let mac = text.parse::<MacAddr>().map_err(|_| ParseError::value("disp_mac_addr", &text))?;
        // The switch's own addresses stand behind `Vlan500(R)`, `sup-eth1(R)`, `Drop` or `nve1(…)`, or in VLAN `-`.
        let vlan = string(row, "disp_vlan").and_then(|text| text.parse().ok());
        let interface = string(row, "disp_port").and_then(|text| text.parse().ok());
        if let (Some(vlan), Some(interface)) = (vlan, interface) {
            entries.push(MacEntry { vlan, mac, interface });
        }
    }
    Ok(entries)
}

/// Rows are known by their address: some begin with a mark, some with a blank, and notes and further heads may stand
/// between them. Without a row there is only the head. Old images have no columns `Secure` and `NTFY`.
pub(super) fn parse_text(text: &str) -> Result<Vec<MacEntry>, ParseError> {
    let mut lines = text.lines();
    let head = lines.find(|line| line.contains("MAC Address") && line.contains("VLAN"));
    let head = head.ok_or(ParseError::Missing("the head of the table of addresses"))?;
    // Address, type and age; secure and notify.
    let before_port = if head.contains("Secure") { 5 } else { 3 };
    let entries = lines.filter_map(|line| entry(line, before_port).transpose());
    Ok(entries.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// A row; within it nothing, where it is one of the switch's own addresses.
fn entry(line: &str, before_port: usize) -> Result<Option<Option<MacEntry>>, ParseError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(at) = words.iter().position(|word| word.parse::<MacAddr>().is_ok()) else { return Ok(None) };
    let (before, rest) = words.split_at_checked(at).unwrap_or_default();
    // The port may be two words.
    let port = rest.get(before_port..).filter(|port| !port.is_empty());
    let (Some(vlan), Some(mac), Some(port)) = (before.last(), rest.first(), port) else {
        return Err(ParseError::value("mac", line));
    };
    let found = (vlan.parse(), mac.parse(), port.join(" ").parse());
    let (Ok(vlan), Ok(mac), Ok(interface)) = found else { return Ok(Some(None)) };
    Ok(Some(Some(MacEntry { vlan, mac, interface })))
}
