//! What a pnic hears from the switch at the other end of its cable.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::net::{InterfaceName, MacAddr};

/// What a pnic hears from the switch at the other end of its cable (`QueryNetworkHint`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// The pnic that hears it, such as `vmnic2`.
    pub pnic: String,
    /// How it was heard.
    pub protocol: Discovery,
    /// The switch's own name: CDP `systemName`, else `devId` without the serial; LLDP `System Name`.
    pub system_name: Option<String>,
    /// The serial number in parentheses behind a CDP `devId` of NX-OS.
    pub serial: Option<String>,
    /// LLDP `chassisId`, if it is a MAC address.
    pub chassis: Option<MacAddr>,
    /// `portId` as heard.
    pub port: String,
    /// `portId`, if it names a Nexus interface.
    pub interface: Option<InterfaceName>,
}

/// A discovery protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Discovery {
    /// Cisco Discovery Protocol.
    Cdp,
    /// IEEE 802.1AB.
    Lldp,
}

impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cdp => "CDP",
            Self::Lldp => "LLDP",
        })
    }
}
