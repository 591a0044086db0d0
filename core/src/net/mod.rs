//! The vocabulary of the network: VLAN numbers and lists, interface names, MAC addresses, names of devices.

mod interface;
mod mac;
mod name;
mod vlan;
mod vlan_set;

pub use interface::{InterfaceName, ParseInterfaceError};
pub use mac::{MacAddr, ParseMacError};
pub use name::{MoId, SwitchName, VcenterId, VcenterName};
pub use vlan::{ParseVlanError, VlanId};
pub use vlan_set::{ParseVlanSetError, VlanSet};
