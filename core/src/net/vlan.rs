//! One VLAN number.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A VLAN number, 1 to 4094 (IEEE 802.1Q: 0 and 4095 are not VLANs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct VlanId(u16);

/// A number or text that is no VLAN.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a VLAN number from 1 to 4094")]
pub struct ParseVlanError(String);

impl VlanId {
    /// The lowest VLAN number.
    pub const MIN: Self = Self(1);
    /// The highest VLAN number.
    pub const MAX: Self = Self(4094);

    /// The VLAN with this number, if it is one.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 1 && number <= 4094 { Some(Self(number)) } else { None }
    }

    /// The number, 1 to 4094.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for VlanId {
    type Error = ParseVlanError;

    fn try_from(number: u16) -> Result<Self, ParseVlanError> {
        Self::new(number).ok_or_else(|| ParseVlanError(number.to_string()))
    }
}

impl From<VlanId> for u16 {
    fn from(vlan: VlanId) -> Self {
        vlan.0
    }
}

impl FromStr for VlanId {
    type Err = ParseVlanError;

    fn from_str(text: &str) -> Result<Self, ParseVlanError> {
        let digits = text.trim();
        let plain = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain
            .then(|| digits.parse().ok().and_then(Self::new))
            .flatten()
            .ok_or_else(|| ParseVlanError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_1_to_4094_are_vlans() {
        let check = |text: &str, expected: Option<u16>| {
            assert_eq!(text.parse::<VlanId>().ok().map(VlanId::get), expected, "{text:?}");
        };
        check("1", Some(1));
        check("4094", Some(4094));
        check(" 20 ", Some(20));
        check("0", None);
        check("4095", None);
        check("+5", None);
        check("", None);
        check("00020", None);
        check("10 ;no feature nxapi", None);
    }
}
