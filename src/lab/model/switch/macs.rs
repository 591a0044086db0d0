//! The MAC address table: who was heard where, and when.

use std::{collections::BTreeMap, time::Duration};

use vmtracker_core::net::{InterfaceName, MacAddr, VlanId};

use crate::lab::model::LabTime;

/// NX-OS's default aging time.
pub const AGING: Duration = Duration::from_secs(1800);

/// The MAC address table.
#[derive(Clone, Debug, Default)]
pub struct MacTable {
    entries: BTreeMap<(VlanId, MacAddr), (InterfaceName, LabTime)>,
}

/// One row that has not aged out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacRow {
    /// The VLAN it was heard on.
    pub vlan: VlanId,
    /// The address.
    pub mac: MacAddr,
    /// Where it was heard last.
    pub interface: InterfaceName,
    /// How long ago.
    pub age: Duration,
}

impl MacTable {
    /// A frame from `mac` came in.
    pub fn learn(&mut self, mac: MacAddr, vlan: VlanId, interface: InterfaceName, now: LabTime) {
        self.entries.insert((vlan, mac), (interface, now));
    }

    /// Forgets `mac` on every VLAN.
    pub fn forget(&mut self, mac: MacAddr) {
        self.entries.retain(|(_, known), _| *known != mac);
    }

    /// Forgets what was learned on `interface` and is not (any longer) carried there.
    pub fn flush(&mut self, interface: InterfaceName, carried: impl Fn(VlanId) -> bool) {
        self.entries.retain(|(vlan, _), (at, _)| *at != interface || carried(*vlan));
    }

    /// Forgets what is not (any longer) carried where it was learned.
    pub fn retain(&mut self, carried: impl Fn(InterfaceName, VlanId) -> bool) {
        self.entries.retain(|(vlan, _), (at, _)| carried(*at, *vlan));
    }

    /// The rows that have not aged out, by VLAN and address.
    pub fn rows(&self, now: LabTime) -> impl Iterator<Item = MacRow> + '_ {
        self.entries.iter().filter_map(move |((vlan, mac), (interface, heard))| {
            let age = now.saturating_sub(*heard);
            (age < AGING).then_some(MacRow { vlan: *vlan, mac: *mac, interface: *interface, age })
        })
    }
}
