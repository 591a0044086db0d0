//! `show mac address-table`.

use serde_json::{Value, json};
use vmtracker_core::net::{InterfaceName, VlanId};

use super::{Outcome, Switch, printed};
use crate::lab::model::{LabTime, switch::MacRow};

const HEAD: &str = "Legend: \n        * - primary entry, G - Gateway MAC, (R) - Routed MAC, O - Overlay MAC\n        age - \
                    seconds since last seen,+ - primary entry using vPC Peer-Link,\n        (T) - True, (F) - False, \
                    C - ControlPlane MAC, ~ - vsan\n   VLAN     MAC Address      Type      age     Secure NTFY Ports\n\
                    ---------+-----------------+--------+---------+------+----+------------------\n";

/// `show mac address-table [interface X] [vlan N]`. The Ports column is spelled short on a terminal and long in JSON (facts: NX-OS §2.10).
pub(super) fn table(switch: &Switch, interface: Option<InterfaceName>, vlan: Option<VlanId>, now: LabTime) -> Outcome {
    let here = |row: &MacRow| interface.is_none_or(|name| row.interface == name);
    let wanted = |row: &MacRow| here(row) && vlan.is_none_or(|vlan| row.vlan == vlan);
    let rows: Vec<_> = switch.macs.rows(now).filter(wanted).collect();
    let lines: String = rows.iter().map(line).collect();
    printed(format!("{HEAD}{lines}"), super::table("mac_address", rows.iter().map(row).collect()))
}

fn row(row: &MacRow) -> Value {
    json!({
        "disp_mac_addr": row.mac.dotted(),
        "disp_type": "* ",
        "disp_vlan": row.vlan.to_string(),
        "disp_is_static": "disabled",
        "disp_age": row.age.as_secs().to_string(),
        "disp_is_secure": "disabled",
        "disp_is_ntfy": "disabled",
        "disp_port": row.interface.to_string(),
    })
}

fn line(row: &MacRow) -> String {
    let (vlan, mac, age) = (row.vlan.get(), row.mac.dotted(), row.age.as_secs());
    format!("* {vlan:>4}     {mac}   dynamic  {age:<10}F      F    {}\n", super::short(row.interface))
}
