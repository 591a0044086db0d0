//! What differs between the platforms that speak NX-OS and cannot be asked of them, one row for each step of family and
//! version. Where the facts are silent, the row takes what does least harm.
//!
//! Everything else is asked or learned: a port's mode from `show interface brief`, and which commands have no structured
//! output from the switch's own answer to them.

use crate::{
    net::{VlanId, VlanSet},
    tracker::Identity,
};

/// A family of switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Nexus 3000.
    N3K,
    /// Nexus 5000 and 5500, 5600.
    N5K,
    /// Nexus 6000.
    N6K,
    /// Nexus 7000 and 7700.
    N7K,
    /// Nexus 9000.
    N9K,
    /// One whose name tells no family, such as the virtual `NX-OSv`.
    Unknown,
}

/// What a switch of some family and version is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its family.
    pub family: Family,
    /// The VLANs that it keeps for itself (facts: NX-OS §4.3), unless `system vlan … reserve` moved them: the format of
    /// `show system vlan reserved` is not documented.
    reserved: &'static [(u16, u16)],
}

const NEW: &[(u16, u16)] = &[(3968, 4094)];
const OLD: &[(u16, u16)] = &[(3968, 4047), (4094, 4094)];

/// The rows: a switch is of the last one of its family whose version is not above its own.
const ROWS: [((u16, u16, u16), Platform); 7] = [
    // Its reserved VLANs are not documented: the larger block.
    ((0, 0, 0), row(Family::N3K, NEW)),
    ((0, 0, 0), row(Family::N5K, OLD)),
    ((0, 0, 0), row(Family::N6K, OLD)),
    ((0, 0, 0), row(Family::N7K, OLD)),
    ((5, 2, 1), row(Family::N7K, NEW)),
    ((0, 0, 0), row(Family::N9K, NEW)),
    ((0, 0, 0), row(Family::Unknown, NEW)),
];

const fn row(family: Family, reserved: &'static [(u16, u16)]) -> Platform {
    Platform { family, reserved }
}

impl Platform {
    /// The row for a switch, by its chassis and its version as `show version` tells them.
    pub fn of(identity: &Identity) -> Self {
        let family = Family::named(&identity.platform);
        // A version that cannot be read is taken for the newest.
        let version = version(&identity.version).unwrap_or((u16::MAX, 0, 0));
        let rows = ROWS.iter().filter(|(since, row)| row.family == family && *since <= version);
        rows.map(|(_, row)| *row).next_back().unwrap_or(row(family, NEW))
    }

    /// The VLANs that it keeps for itself; none may be created.
    pub fn reserved(&self) -> VlanSet {
        self.reserved.iter().flat_map(|(first, last)| *first..=*last).filter_map(VlanId::new).collect()
    }
}

impl Family {
    /// `Nexus9000 C93180YC-EX chassis`, `Nexus 5596 Chassis`, `N9K-C9372TX`: the first digit behind the name.
    fn named(platform: &str) -> Self {
        let behind = platform.split_once("Nexus").map(|(_, rest)| rest.trim_start());
        let number = behind
            .or_else(|| platform.split_once('N').map(|(_, rest)| rest).filter(|rest| rest.get(1..2) == Some("K")));
        match number.and_then(|text| text.chars().next()) {
            Some('3') => Self::N3K,
            Some('5') => Self::N5K,
            Some('6') => Self::N6K,
            Some('7') => Self::N7K,
            Some('9') => Self::N9K,
            Some(_) | None => Self::Unknown,
        }
    }
}

/// The three numbers of `5.2(1)` and `7.0(3)I7(4)`.
fn version(text: &str) -> Option<(u16, u16, u16)> {
    let (major, rest) = text.split_once('.')?;
    let (minor, rest) = rest.split_once('(')?;
    let maintenance: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?, maintenance.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{super::query::reserved_by_default, *};

    fn platform(chassis: &str, version: &str) -> Platform {
        let text = |text: &str| text.to_owned();
        let serial = text("S1");
        Platform::of(&Identity { hostname: text("leaf"), serial, platform: text(chassis), version: text(version) })
    }

    #[test]
    fn the_family_is_in_the_name_of_the_chassis() {
        let check = |chassis: &str, family| assert_eq!(platform(chassis, "7.0(3)").family, family, "{chassis}");
        check("Nexus9000 C93180YC-EX chassis", Family::N9K);
        check("Nexus9000 C9508 (8 Slot) Chassis", Family::N9K);
        check("N9K-C9372TX", Family::N9K);
        check("N5K", Family::N5K);
        check("Nexus7700 C7706 (6 Slot) Chassis", Family::N7K);
        check("Nexus 5596 Chassis", Family::N5K);
        check("Nexus5548 Chassis", Family::N5K);
        check("Nexus 6001 Chassis", Family::N6K);
        check("Nexus 3172 Chassis", Family::N3K);
        check("NX-OSv Chassis", Family::Unknown);
        check("", Family::Unknown);
    }

    #[test]
    fn facts_4_3_the_reserved_vlans_depend_on_family_and_version() {
        let check = |chassis: &str, version: &str, expected: &str| {
            assert_eq!(platform(chassis, version).reserved(), expected.parse().unwrap(), "{chassis} {version}");
        };
        check("Nexus9000 C9372PX chassis", "7.0(3)I4(3)", "3968-4094");
        check("Nexus9000 C93108TC-EX chassis", "10.3(6)", "3968-4094");
        check("Nexus7000 C7009 (9 Slot) Chassis", "5.2(1)", "3968-4094");
        check("Nexus7000 C7009 (9 Slot) Chassis", "5.1(6)", "3968-4047,4094");
        check("Nexus7000 C7009 (9 Slot) Chassis", "unreadable", "3968-4094");
        check("Nexus 5596 Chassis", "7.1(4)N1(1)", "3968-4047,4094");
        check("Nexus 6001 Chassis", "7.0(2)N1(1)", "3968-4047,4094");
        check("Nexus 3172 Chassis", "6.0(2)U5(1)", "3968-4094");
        check("NX-OSv Chassis", "7.3(0)D1(1)", "3968-4094");
        assert_eq!(platform("x", "y").reserved(), reserved_by_default());
    }
}
