//! Interface names of NX-OS, long and short spellings being equal.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An interface of a Nexus switch. Prints in NX-OS's long form (`Ethernet1/6`, `port-channel10`), which every
/// command accepts; parses long and short forms alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum InterfaceName {
    /// `Ethernet1/6`: slot (1–99) and port.
    Ethernet(u16, u16),
    /// A breakout lane `Ethernet1/1/1` (slot below 100), or a FEX host interface `Ethernet101/1/4` (FEX 100–199).
    EthernetLane(u16, u16, u16),
    /// `port-channel10`, 1–4096.
    PortChannel(u16),
    /// `Vlan20`, a switched virtual interface.
    Vlan(u16),
    /// `loopback0`.
    Loopback(u16),
    /// `mgmt0`, out of band.
    Mgmt(u16),
    /// `nve1`, a VXLAN tunnel end point.
    Nve(u16),
}

/// A text that names no interface.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not an interface name such as Ethernet1/6, Eth101/1/4 or port-channel10")]
pub struct ParseInterfaceError(String);

impl InterfaceName {
    /// The FEX that this host interface hangs on, 100–199.
    pub const fn fex(self) -> Option<u16> {
        match self {
            Self::EthernetLane(fex, _, _) if fex >= 100 => Some(fex),
            Self::EthernetLane(..)
            | Self::Ethernet(..)
            | Self::PortChannel(_)
            | Self::Vlan(_)
            | Self::Loopback(_)
            | Self::Mgmt(_)
            | Self::Nve(_) => None,
        }
    }

    /// Whether this can be a layer-2 trunk to a host: an Ethernet port or a port-channel.
    pub const fn can_trunk(self) -> bool {
        matches!(self, Self::Ethernet(..) | Self::EthernetLane(..) | Self::PortChannel(_))
    }
}

impl FromStr for InterfaceName {
    type Err = ParseInterfaceError;

    fn from_str(text: &str) -> Result<Self, ParseInterfaceError> {
        parse(text.trim()).ok_or_else(|| ParseInterfaceError(text.chars().take(60).collect()))
    }
}

fn parse(text: &str) -> Option<InterfaceName> {
    let digits = text.find(|letter: char| letter.is_ascii_digit())?;
    let (word, rest) = text.split_at_checked(digits)?;
    let numbers = rest.split('/').map(number).collect::<Option<Vec<u16>>>()?;
    let is = |name: &str, shortest: usize| {
        let word = word.trim_end();
        word.len() >= shortest && name.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    match *numbers.as_slice() {
        [slot, port] if is("ethernet", 2) => Some(InterfaceName::Ethernet(slot, port)),
        [slot, port, lane] if is("ethernet", 2) => Some(InterfaceName::EthernetLane(slot, port, lane)),
        [group] if is("port-channel", 2) => Some(InterfaceName::PortChannel(group)),
        [vlan] if is("vlan", 2) => Some(InterfaceName::Vlan(vlan)),
        [id] if is("loopback", 2) => Some(InterfaceName::Loopback(id)),
        [id] if is("mgmt", 2) => Some(InterfaceName::Mgmt(id)),
        [id] if is("nve", 3) => Some(InterfaceName::Nve(id)),
        _ => None,
    }
}

fn number(text: &str) -> Option<u16> {
    let plain = !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl TryFrom<String> for InterfaceName {
    type Error = ParseInterfaceError;

    fn try_from(text: String) -> Result<Self, ParseInterfaceError> {
        text.parse()
    }
}

impl From<InterfaceName> for String {
    fn from(name: InterfaceName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ethernet(slot, port) => write!(f, "Ethernet{slot}/{port}"),
            Self::EthernetLane(slot, port, lane) => write!(f, "Ethernet{slot}/{port}/{lane}"),
            Self::PortChannel(group) => write!(f, "port-channel{group}"),
            Self::Vlan(vlan) => write!(f, "Vlan{vlan}"),
            Self::Loopback(id) => write!(f, "loopback{id}"),
            Self::Mgmt(id) => write!(f, "mgmt{id}"),
            Self::Nve(id) => write!(f, "nve{id}"),
        }
    }
}

impl fmt::Debug for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_and_short_spellings_are_equal() {
        let check = |text: &str, expected: InterfaceName| assert_eq!(text.parse(), Ok(expected), "{text:?}");
        for text in ["Ethernet1/6", "Eth1/6", "eth1/6", "Et1/6", "Ethernet 1/6", "ethernet1/6"] {
            check(text, InterfaceName::Ethernet(1, 6));
        }
        for text in ["port-channel10", "Po10", "po10", "Port-channel10", "port-channel 10"] {
            check(text, InterfaceName::PortChannel(10));
        }
        check("Ethernet1/1/1", InterfaceName::EthernetLane(1, 1, 1));
        check("Eth101/1/4", InterfaceName::EthernetLane(101, 1, 4));
        check("mgmt0", InterfaceName::Mgmt(0));
        check("Vlan500", InterfaceName::Vlan(500));
    }

    #[test]
    fn refuses_what_is_no_interface() {
        for text in [
            "",
            "1/6",
            "Ethernet",
            "Ethernet1",
            "Ethernet1/",
            "Eth1/6 ;reload",
            "Eth1/6\nreload",
            "vmnic0",
            "GigabitEthernet1/0/1",
        ] {
            assert!(text.parse::<InterfaceName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_fex_host_interface_knows_its_fex() {
        assert_eq!(InterfaceName::EthernetLane(101, 1, 4).fex(), Some(101));
        assert_eq!(InterfaceName::EthernetLane(1, 1, 4).fex(), None);
    }

    fn any_interface() -> impl Strategy<Value = InterfaceName> {
        prop_oneof![
            (1u16..100, 1u16..130).prop_map(|(slot, port)| InterfaceName::Ethernet(slot, port)),
            (1u16..200, 1u16..130, 1u16..50)
                .prop_map(|(slot, port, lane)| InterfaceName::EthernetLane(slot, port, lane)),
            (1u16..=4096).prop_map(InterfaceName::PortChannel),
            (1u16..=4094).prop_map(InterfaceName::Vlan),
            (0u16..1024).prop_map(InterfaceName::Loopback),
            Just(InterfaceName::Mgmt(0)),
            Just(InterfaceName::Nve(1)),
        ]
    }

    proptest! {
        #[test]
        fn parse_of_print_is_identity(name in any_interface()) {
            prop_assert_eq!(name.to_string().parse(), Ok(name));
        }

        #[test]
        fn never_panics(text in ".{0,30}") {
            drop(text.parse::<InterfaceName>());
        }
    }
}
