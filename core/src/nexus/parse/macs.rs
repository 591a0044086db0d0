//! `show mac address-table`.

use serde_json::Value;

use super::{ParseError, required, rows, string};
use crate::{net::MacAddr, tracker::MacEntry};

pub(super) fn parse(body: &Value) -> Result<Vec<MacEntry>, ParseError> {
    let mut entries = Vec::new();
    for row in rows(body, "TABLE_mac_address", "ROW_mac_address")? {
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
