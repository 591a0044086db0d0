//! How platforms differ: one row each, and no platform's name anywhere else.

use std::str::FromStr;

use vmtracker_core::net::VlanId;

/// A platform the lab can play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// A Nexus 93180YC-EX with NX-OS 9.3(5).
    #[default]
    N9k,
    /// A Nexus 9000 with NX-OS 10.3.
    N9k10,
    /// A Nexus 9000 with NX-OS 7.0(3).
    N9k7,
    /// A Nexus 7000 with NX-OS 6.2.
    N7k,
    /// A Nexus 6000 with NX-OS 7.0.
    N6k,
    /// A Nexus 5500 with NX-OS 7.1.
    N5k,
    /// A Nexus 3000 with NX-OS 6.0(2).
    N3k,
}

/// What `remove` of a trunk's last VLAN leaves behind; sources conflict (facts: NX-OS §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRemove {
    /// The list becomes `none`.
    None,
    /// The list is gone: the trunk allows all.
    All,
}

/// Under which keys `show version` tells the version (facts: NX-OS §2.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionKeys {
    /// `nxos_ver_str`.
    Nxos,
    /// `sys_ver_str` and `kickstart_ver_str`.
    System,
    /// Only `kickstart_ver_str`.
    Kickstart,
}

/// How `show vlan` numbers a VLAN in JSON (facts: NX-OS §2.3). NAPALM's report of swapped bytes came from an image of 2016.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VlanKeys {
    /// `vlanshowbr-vlanid`, and `-utf` with the same.
    Both,
    /// `vlanshowbr-vlanid` with its bytes swapped, and `-utf` with the number.
    Swapped,
    /// `vlanshowbr-vlanid` alone: cisco.nxos, which serves every family, cannot read that, so only one family does it
    /// here.
    Plain,
}

/// The structured forms that a terminal can ask for; each platform knows those before its own, too. From which image
/// on is in the facts for `native` (NX-OS §2.16) and nearly so for `json-pretty` (§2.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Structured {
    /// No form at all.
    None,
    /// `| xml`.
    Xml,
    /// `| json`.
    Json,
    /// `| json-pretty`.
    Pretty,
    /// `| json native`.
    Native,
}

/// How one platform behaves and what it calls itself.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `chassis_id` of `show version`.
    pub chassis: &'static str,
    /// The model as CDP and the inventory name it.
    pub model: &'static str,
    /// The NX-OS version.
    pub version: &'static str,
    /// The image file.
    pub image: &'static str,
    /// The keys of the version.
    pub version_keys: VersionKeys,
    /// The ranges of reserved VLANs, first and last (facts: NX-OS §4.3).
    pub reserved: &'static [(u16, u16)],
    /// How a reserved VLAN is refused (facts: NX-OS §4.3).
    pub reserved_error: &'static str,
    /// How `remove` of the last VLAN ends.
    pub last_remove: LastRemove,
    /// Longest list, in characters, on one line of the running-config (facts: NX-OS §4.2).
    pub list_width: usize,
    /// A VLAN is made when its sub-mode is left (facts: NX-OS §4.3, which name no platform).
    pub vlans_on_exit: bool,
    /// What a configuration line says is printed in a success, not raised as an error (facts: NX-OS §1.4).
    pub errors_printed: bool,
    /// `msg` of a configuration line that ins_api refuses (facts: NX-OS §1.4).
    pub config_error_msg: &'static str,
    /// The structured forms behind `|`.
    pub structured: Structured,
    /// `show vlan` has a structured form (facts: NX-OS §2.13).
    pub vlan_structured: bool,
    /// `show vlan` comes twice over NX-API (facts: NX-OS §2.13).
    pub vlan_twice: bool,
    /// The keys of a VLAN's number.
    pub vlan_keys: VlanKeys,
    /// `vlanshowinfo-media-type` (facts: NX-OS §2.13).
    pub media: &'static str,
    /// Names in one piece of `vlanshowplist-ifidx` before it becomes a list (facts: NX-OS §2.17).
    pub names_per_piece: usize,
    /// Requests served at once; the rest is turned away (facts: NX-OS §1.6).
    pub workers: usize,
    /// Terminals at once; the rest is turned away (facts: NX-OS §4.7, remembered).
    pub vtys: u16,
    /// The newest `version` of ins_api it takes: 0.1, 1.0 or 1.2 (facts: NX-OS §1.4).
    pub ins_api_version: &'static str,
    /// Whether ins_api knows `cli_show_array`: since NX-OS 9 (facts: NX-OS §1.4).
    pub show_array: bool,
    /// Whether a show without a structured form gets an empty body instead of code 501 (facts: NX-OS §1.4).
    pub unsupported_is_empty: bool,
    /// Whether a whole `cli_conf` gets one entry, as the guide of the Nexus 5000 says, and not one for every line, as in
    /// every capture (facts: NX-OS §1.4).
    pub one_conf_entry: bool,
    /// Whether ins_api trips over an `input` that stands before `type` and has that word in it (facts: NX-OS §1.1).
    pub wants_type_first: bool,
    /// Longest reply of NX-API in bytes; 10 MB, from memory only (facts: NX-OS §1.6 \[M\]).
    pub largest_reply: usize,
}

impl Platform {
    /// Every platform, and what a topology calls it.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::N9k, "n9k"),
        (Self::N9k10, "n9k-10"),
        (Self::N9k7, "n9k-7"),
        (Self::N7k, "n7k"),
        (Self::N6k, "n6k"),
        (Self::N5k, "n5k"),
        (Self::N3k, "n3k"),
    ];

    /// The platform's row.
    pub const fn profile(self) -> Profile {
        match self {
            Self::N9k => N9K,
            Self::N9k10 => N9K_10,
            Self::N9k7 => N9K_7,
            Self::N7k => N7K,
            Self::N6k => N6K,
            Self::N5k => N5K,
            Self::N3k => N3K,
        }
    }

    /// What a topology calls it.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(platform, _)| *platform == self).map_or("n9k", |(_, name)| name)
    }
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(|(_, name)| name).join(", ");
        let found = Self::ALL.into_iter().find(|(_, name)| *name == text);
        found.map(|(platform, _)| platform).ok_or_else(|| format!("platform is one of {known}, not {text:?}"))
    }
}

const NEW_RESERVED: &[(u16, u16)] = &[(3968, 4094)];
const OLD_RESERVED: &[(u16, u16)] = &[(3968, 4047), (4094, 4094)];

const N9K: Profile = Profile {
    chassis: "Nexus9000 93180YC-EX chassis",
    model: "N9K-C93180YC-EX",
    version: "9.3(5)",
    image: "bootflash:///nxos.9.3.5.bin",
    version_keys: VersionKeys::Nxos,
    reserved: NEW_RESERVED,
    reserved_error: "% Invalid value/range",
    last_remove: LastRemove::None,
    list_width: 48,
    vlans_on_exit: false,
    errors_printed: false,
    config_error_msg: "CLI execution error",
    structured: Structured::Native,
    vlan_structured: true,
    vlan_twice: false,
    vlan_keys: VlanKeys::Both,
    media: "enet",
    names_per_piece: 64,
    workers: 4,
    vtys: 32,
    ins_api_version: "1.2",
    show_array: true,
    unsupported_is_empty: false,
    one_conf_entry: false,
    wants_type_first: false,
    largest_reply: 10_000_000,
};

/// Which image swaps the bytes of a VLAN's number is not in the facts; here it is this one.
const N9K_10: Profile = Profile {
    chassis: "Nexus9000 C93180YC-FX chassis",
    model: "N9K-C93180YC-FX",
    version: "10.3(3)",
    image: "bootflash:///nxos64-cs.10.3.3.F.bin",
    list_width: 80,
    ..N9K
};

const N9K_7: Profile = Profile {
    chassis: "Nexus9000 C9372PX chassis",
    model: "N9K-C9372PX",
    version: "7.0(3)I7(8)",
    image: "bootflash:///nxos.7.0.3.I7.8.bin",
    version_keys: VersionKeys::Kickstart,
    structured: Structured::Pretty,
    show_array: false,
    vlan_keys: VlanKeys::Swapped,
    ..N9K
};

/// What the families with a system and a kickstart image have in common. Which of them commit VLANs on leaving, print
/// errors, leave out `-utf` or know no `| json` is not in the facts: the lab deals it out so that each can be met.
const OLD: Profile = Profile {
    version_keys: VersionKeys::System,
    vlans_on_exit: true,
    errors_printed: true,
    config_error_msg: "Input CLI command error",
    structured: Structured::Json,
    vlan_keys: VlanKeys::Plain,
    show_array: false,
    ..N9K
};

const N7K: Profile = Profile {
    chassis: "Nexus7000 C7009 (9 Slot) Chassis",
    model: "N7K-C7009",
    version: "6.2(16)",
    image: "bootflash:///n7000-s2-dk9.6.2.16.bin",
    vlan_structured: false,
    vlan_twice: true,
    media: "trnet",
    ..OLD
};

const N6K: Profile = Profile {
    chassis: "Nexus 6001 Chassis",
    model: "N6K-C6001-64P",
    version: "7.0(2)N1(1)",
    image: "bootflash:///n6000-uk9.7.0.2.N1.1.bin",
    last_remove: LastRemove::All,
    list_width: 80,
    names_per_piece: 16,
    unsupported_is_empty: true,
    ..OLD
};

const N5K: Profile = Profile {
    chassis: "Nexus 5548 Chassis",
    model: "N5K-C5548UP",
    version: "7.1(0)N1(1a)",
    image: "bootflash:///n5000-uk9.7.1.0.N1.1a.bin",
    reserved: OLD_RESERVED,
    structured: Structured::Xml,
    list_width: 80,
    unsupported_is_empty: true,
    one_conf_entry: true,
    ..OLD
};

const N3K: Profile = Profile {
    chassis: "Nexus3048 Chassis",
    model: "N3K-C3048TP-1GE",
    version: "6.0(2)U5(1)",
    image: "bootflash:///n3000-uk9.6.0.2.U5.1.bin",
    config_error_msg: N9K.config_error_msg,
    errors_printed: false,
    vlans_on_exit: false,
    list_width: 31,
    workers: 2,
    ins_api_version: "1.0",
    vlan_keys: VlanKeys::Plain,
    ..OLD
};

impl Profile {
    /// Whether the platform keeps `vlan` for itself.
    pub fn reserves(&self, vlan: VlanId) -> bool {
        self.reserved.iter().any(|(first, last)| (*first..=*last).contains(&vlan.get()))
    }
}
