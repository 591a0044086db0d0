//! `show running-config`, its interface blocks:
//!
//! ```text
//! interface Ethernet1/1
//!   switchport mode trunk
//!   switchport trunk native vlan 2
//!   switchport trunk allowed vlan 10-20,30
//!   switchport trunk allowed vlan add 40
//!   spanning-tree port type edge trunk
//!   channel-group 5 mode active
//! ```

use std::collections::BTreeMap;

use super::{
    super::reading::{PortConfig as Config, default_mode},
    ParseError,
};
use crate::{
    net::{InterfaceName, VlanId, VlanSet},
    tracker::{Allowed, PortMode},
};

pub use super::super::reading::PortConfig;

/// Every interface block.
pub(super) fn parse(text: &str) -> Result<BTreeMap<InterfaceName, Config>, ParseError> {
    let ports = blocks(text)?;
    if ports.is_empty() { Err(ParseError::Missing("any interface in running-config")) } else { Ok(ports) }
}

/// The block of one interface, which must be there.
pub(super) fn parse_one(text: &str, interface: InterfaceName) -> Result<BTreeMap<InterfaceName, Config>, ParseError> {
    let mut ports = blocks(text)?;
    ports.retain(|name, _| *name == interface);
    if ports.is_empty() { Err(ParseError::Missing("the interface in its running-config")) } else { Ok(ports) }
}

fn blocks(text: &str) -> Result<BTreeMap<InterfaceName, Config>, ParseError> {
    let mut ports = BTreeMap::new();
    let mut current = None;
    for line in text.lines().map(str::trim_end) {
        if !line.starts_with([' ', '\t']) {
            // An interface of a kind that is never managed (`interface breakout …`, a sub-interface) opens no block.
            current = line.strip_prefix("interface ").and_then(|name| name.parse().ok());
            if let Some(name) = current {
                ports.entry(name).or_insert_with(Config::default);
            }
        } else if let Some(port) = current.and_then(|name| ports.get_mut(&name)) {
            port_line(port, line.trim())?;
        }
    }
    Ok(ports)
}

fn port_line(port: &mut Config, line: &str) -> Result<(), ParseError> {
    if let Some(list) = line.strip_prefix("switchport trunk allowed vlan ") {
        port.allowed = Some(union(port.allowed.take(), list)?);
    } else if let Some(vlan) = line.strip_prefix("switchport trunk native vlan ") {
        port.native = Some(vlan.parse().map_err(|_| ParseError::value("native vlan", vlan))?);
    } else if let Some(mode) = line.strip_prefix("switchport mode ") {
        port.mode = Some(mode_named(mode));
    } else if line == "no switchport" {
        port.mode = Some(PortMode::Routed);
    } else if line.starts_with("fex associate ") {
        port.fabric = true;
    } else if let Some(group) = line.strip_prefix("channel-group ") {
        port.channel_group = Some(group_number(group)?);
    } else if line.starts_with("inherit port-profile ") {
        port.inherits = true;
    } else if line == "spanning-tree port type edge trunk" {
        port.edge = true;
    }
    Ok(())
}

/// A long list goes on in `add` lines; the list is their union (facts: NX-OS §4.2).
fn union(known: Option<VlanSet>, list: &str) -> Result<VlanSet, ParseError> {
    let list = list.strip_prefix("add ").unwrap_or(list);
    let more = list.parse::<VlanSet>().map_err(|_| ParseError::value("allowed vlan", list))?;
    Ok(known.unwrap_or_default().union(&more))
}

fn mode_named(word: &str) -> PortMode {
    match word {
        "trunk" => PortMode::Trunk,
        "access" => PortMode::Access,
        "fex-fabric" => PortMode::FexFabric,
        other => PortMode::Other(other.chars().take(40).collect()),
    }
}

fn group_number(text: &str) -> Result<u16, ParseError> {
    let number = text.split_whitespace().next().unwrap_or_default();
    number.parse().map_err(|_| ParseError::value("channel-group", text))
}

impl Config {
    /// The port's mode: what the configuration says; where it says nothing (the default differs by platform, facts:
    /// NX-OS §4.4), what `show interface brief` said.
    pub fn mode_or(&self, status: Option<&PortMode>) -> PortMode {
        match (&self.mode, self.fabric, self.inherits) {
            (_, true, _) => PortMode::FexFabric,
            // Somebody else's machinery owns the port: it is read and reported, never written (design rule 9).
            (_, false, true) => PortMode::Other("inherits a port-profile".to_owned()),
            (Some(mode), false, false) => mode.clone(),
            (None, false, false) => default_mode(status),
        }
    }

    /// The allowed list; without a line everything is allowed (facts: NX-OS §4.1).
    pub fn allowed(&self) -> Allowed {
        self.allowed.clone().map_or(Allowed::Everything, Allowed::List)
    }

    /// The native VLAN: VLAN 1 where no line says otherwise.
    pub const fn native(&self) -> Option<VlanId> {
        match self.native {
            Some(vlan) => Some(vlan),
            None => VlanId::new(1),
        }
    }
}
