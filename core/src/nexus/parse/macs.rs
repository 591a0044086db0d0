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

/// Rows are known by their address: some begin with a mark, some with a blank. Without a row there is only the head.
pub(super) fn parse_text(text: &str) -> Result<Vec<MacEntry>, ParseError> {
    let mut lines = text.lines();
    if !lines.any(|line| line.contains("MAC Address") && line.contains("VLAN")) {
        return Err(ParseError::Missing("the head of the table of addresses"));
    }
    let entries = lines.filter_map(|line| entry(line).transpose());
    Ok(entries.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// A row; within it nothing, where it is one of the switch's own addresses.
fn entry(line: &str) -> Result<Option<Option<MacEntry>>, ParseError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(at) = words.iter().position(|word| word.parse::<MacAddr>().is_ok()) else { return Ok(None) };
    let (before, rest) = words.split_at_checked(at).unwrap_or_default();
    // Address, type, age, secure, notify, and the port, which may be two words.
    let ([.., vlan], [mac, _, _, _, _, port @ ..]) = (before, rest) else {
        return Err(ParseError::value("mac", line));
    };
    if port.is_empty() {
        return Err(ParseError::value("mac", line));
    }
    let found = (vlan.parse(), mac.parse(), port.join(" ").parse());
    let (Ok(vlan), Ok(mac), Ok(interface)) = found else { return Ok(Some(None)) };
    Ok(Some(Some(MacEntry { vlan, mac, interface })))
}
