//! `show interface trunk`: the VLANs that spanning tree forwards on each trunk (facts: NX-OS §2, skeletons).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ParseError, is_empty, required, rows_of, vlan_list};
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
