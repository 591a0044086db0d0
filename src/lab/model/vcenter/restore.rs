//! A vCenter that is restored from a backup, and one whose clock is wrong.

use std::collections::BTreeSet;

use vmtracker_core::net::MoId;

use super::{Vcenter, change::EVERYTHING, event::Events};

/// What a restore brings back.
#[derive(Clone, Debug)]
pub struct Backup {
    vms: BTreeSet<MoId>,
    events: Events,
}

impl Vcenter {
    /// A backup as of now.
    pub fn backup(&self) -> Backup {
        Backup { vms: self.vms.keys().cloned().collect(), events: self.events.clone() }
    }

    /// Restores it under the same instance UUID: sessions are gone, events count on from where they were, and VMs that
    /// were made since are in no inventory and run on. Hosts have said where everything else runs before clients are
    /// let in. VMs that were destroyed since would show as orphaned; here they stay away.
    pub fn restore(&mut self, backup: &Backup) -> u64 {
        self.sessions.clear();
        self.events = backup.events.clone();
        let unknown: Vec<MoId> = self.vms.keys().filter(|vm| !backup.vms.contains(*vm)).cloned().collect();
        for vm in &unknown {
            if let Some(machine) = self.vms.get_mut(vm) {
                machine.hidden = true;
                self.changes.touch(vm, &[EVERYTHING]);
            }
        }
        self.changes.next()
    }

    /// Its clock is wrong by so many milliseconds more.
    pub fn skew_clock(&mut self, ms: i64) {
        self.epoch_unix_ms = self.epoch_unix_ms.saturating_add_signed(ms);
    }
}
