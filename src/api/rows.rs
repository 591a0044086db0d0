//! The rows that the service gives out.

use serde::{Deserialize, Serialize};

use crate::store::Entry;

/// How the service stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether a person paused all writing to switches.
    pub paused: bool,
    /// Why withdrawals are stopped until a person releases the brake, if they are.
    #[serde(default)]
    pub brake: Option<String>,
    /// Every vCenter of the configuration.
    pub vcenters: Vec<VcenterRow>,
    /// Every switch of the configuration.
    pub switches: Vec<SwitchRow>,
    /// How many port-VLANs are needed and do not stand.
    pub unmet: usize,
    /// Some of them, the oldest first.
    #[serde(default)]
    pub requirements: Vec<Unmet>,
    /// What a person should mend.
    pub findings: Vec<FindingRow>,
}

/// A vCenter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VcenterRow {
    /// Its name in the configuration.
    pub name: String,
    /// `watching`, `listing`, or `lost: why`.
    pub state: String,
    /// How many VMs it has.
    pub vms: usize,
    /// How many hosts it has.
    pub hosts: usize,
}

/// A switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchRow {
    /// Its name in the configuration.
    pub name: String,
    /// `up`, `reading`, or `lost: why`.
    pub state: String,
    /// Its serial number, once read.
    pub serial: Option<String>,
    /// Its platform, once read.
    pub platform: Option<String>,
    /// Its NX-OS version, once read.
    pub version: Option<String>,
    /// Its part in a vPC pair, and how its peer is; none: it is in no pair.
    #[serde(default)]
    pub vpc: Option<String>,
    /// How many port-VLANs there are ours.
    pub owned: usize,
    /// How many are on their way.
    pub pending: usize,
}

/// A port-VLAN that is needed and does not stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmet {
    /// On which switch.
    pub switch: String,
    /// On which port.
    pub interface: String,
    /// Which VLAN.
    pub vlan: u16,
    /// For whom, and why it does not stand.
    pub why: String,
}

/// Something that a person should mend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// What kind of thing, in one word.
    pub kind: String,
    /// Whose it is: `network` or `systems`.
    pub team: String,
    /// What it is about.
    #[serde(default)]
    pub subject: String,
    /// What is wrong, with the evidence and what to do, in one line.
    pub text: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who: `controller`, or a caller such as `uid 1000`.
    pub actor: String,
    /// What happened.
    pub what: String,
    /// The switch, where there is one.
    pub switch: Option<String>,
    /// The place on it, where there is one.
    pub place: Option<String>,
    /// The VLAN, where there is one.
    pub vlan: Option<u16>,
    /// Why, for people.
    pub text: String,
}

impl From<Entry> for HistoryRow {
    fn from(entry: Entry) -> Self {
        Self {
            at_ms: entry.at.unix_ms(),
            actor: entry.actor,
            what: entry.what,
            switch: entry.switch,
            place: entry.place,
            vlan: entry.vlan,
            text: entry.text,
        }
    }
}
