//! How platforms differ: one row each, and no platform's name anywhere else.

use vmtracker_core::net::VlanId;

/// A platform the lab can play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// A Nexus 93180YC-EX with NX-OS 9.3(5).
    #[default]
    N9k,
}

/// What `remove` of a trunk's last VLAN leaves behind; sources conflict (facts: NX-OS §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastRemove {
    /// The list becomes `none`.
    None,
    /// The list is gone: the trunk allows all.
    All,
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
    /// The reserved VLANs, first and last (facts: NX-OS §4.3).
    pub reserved: (u16, u16),
    /// How `remove` of the last VLAN ends.
    pub last_remove: LastRemove,
    /// Longest list, in characters, on one line of the running-config (facts: NX-OS §4.2).
    pub list_width: usize,
    /// Names in one piece of `vlanshowplist-ifidx` before it becomes a list (facts: NX-OS §2.17).
    pub names_per_piece: usize,
    /// Requests served at once; the rest is turned away (facts: NX-OS §1.6).
    pub workers: usize,
    /// How a reserved VLAN is refused (facts: NX-OS §4.3).
    pub reserved_error: &'static str,
    /// `msg` of a configuration line that ins_api refuses (facts: NX-OS §1.4).
    pub config_error_msg: &'static str,
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
    /// The platform's row.
    pub const fn profile(self) -> Profile {
        match self {
            Self::N9k => N9K,
        }
    }
}

const N9K: Profile = Profile {
    chassis: "Nexus9000 93180YC-EX chassis",
    model: "N9K-C93180YC-EX",
    version: "9.3(5)",
    image: "bootflash:///nxos.9.3.5.bin",
    reserved: (3968, 4094),
    last_remove: LastRemove::None,
    list_width: 48,
    names_per_piece: 64,
    workers: 4,
    reserved_error: "% Invalid value/range",
    config_error_msg: "CLI execution error",
    ins_api_version: "1.2",
    show_array: true,
    unsupported_is_empty: false,
    one_conf_entry: false,
    wants_type_first: false,
    largest_reply: 10_000_000,
};

impl Profile {
    /// Whether the platform keeps `vlan` for itself.
    pub const fn reserves(&self, vlan: VlanId) -> bool {
        vlan.get() >= self.reserved.0 && vlan.get() <= self.reserved.1
    }
}
