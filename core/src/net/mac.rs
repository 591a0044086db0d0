//! MAC addresses in every spelling the field uses.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A MAC address. Prints as vCenter does (`00:50:56:ab:cd:ef`); [`MacAddr::dotted`] prints as NX-OS does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddr([u8; 6]);

/// A text that is no MAC address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a MAC address")]
pub struct ParseMacError(String);

impl MacAddr {
    /// The address with these octets.
    pub const fn new(octets: [u8; 6]) -> Self {
        Self(octets)
    }

    /// The six octets.
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// As NX-OS prints it: `0050.56ab.cdef`.
    pub fn dotted(self) -> String {
        let [a, b, c, d, e, f] = self.0;
        format!("{a:02x}{b:02x}.{c:02x}{d:02x}.{e:02x}{f:02x}")
    }
}

/// `00:50:56:ab:cd:ef`, `00-50-56-AB-CD-EF` and Cisco's `0050.56ab.cdef`.
impl FromStr for MacAddr {
    type Err = ParseMacError;

    fn from_str(text: &str) -> Result<Self, ParseMacError> {
        let text = text.trim();
        octets(text).map(Self).ok_or_else(|| ParseMacError(text.chars().take(40).collect()))
    }
}

fn octets(text: &str) -> Option<[u8; 6]> {
    let separator = text.chars().find(|letter| !letter.is_ascii_hexdigit())?;
    let width = match separator {
        ':' | '-' => 2,
        '.' => 4,
        _ => return None,
    };
    let groups: Vec<&str> = text.split(separator).collect();
    let whole = groups.iter().all(|group| group.len() == width && group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !whole || groups.len() * width != 12 {
        return None;
    }
    let number = u64::from_str_radix(&groups.concat(), 16).ok()?;
    let [_, _, rest @ ..] = number.to_be_bytes();
    Some(rest)
}

impl TryFrom<String> for MacAddr {
    type Error = ParseMacError;

    fn try_from(text: String) -> Result<Self, ParseMacError> {
        text.parse()
    }
}

impl From<MacAddr> for String {
    fn from(mac: MacAddr) -> Self {
        mac.to_string()
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(out, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_what_is_no_address() {
        for text in ["", "00:50:56", "005056abcdef", "0050:56ab:cdef", "00:50:56:ab:cd:eg", "00:50-56:ab:cd:ef", "é"] {
            assert!(text.parse::<MacAddr>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parse_of_print_is_identity_in_every_spelling(octets: [u8; 6]) {
            let mac = MacAddr::new(octets);
            prop_assert_eq!(mac.to_string().parse(), Ok(mac));
            prop_assert_eq!(mac.dotted().parse(), Ok(mac));
            prop_assert_eq!(mac.to_string().replace(':', "-").to_uppercase().parse(), Ok(mac));
        }

        #[test]
        fn never_panics(text in ".{0,20}") {
            drop(text.parse::<MacAddr>());
        }
    }
}
