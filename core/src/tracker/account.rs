//! What is known of the end of everything that a VLAN stood for: a cause for each, or it stays.

use super::{
    Cause, EdgePort, Place, PowerState, Reason, Tracker, VmId,
    needs::Plug,
    reason::Unit,
    units::{Puzzle, connected},
    withdrawal::Wait,
};
use crate::net::VlanId;

/// What is known of the end of one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// It is over, for this cause.
    Over(String),
    /// It cannot be told yet, or it is not over.
    Waits,
    /// Only a person ends it.
    Never(String),
}

impl Account {
    pub(super) const fn is_over(&self) -> bool {
        matches!(self, Self::Over(_))
    }
}

impl Tracker {
    /// The causes of the end of everything that a VLAN stood for; an error while one of them has none.
    pub(super) fn explained(&self, serial: &str, port: &EdgePort, vlan: VlanId) -> Result<Cause, Wait> {
        if self.closed.contains(&(port.clone(), vlan)) {
            return Ok("closed by a person".into());
        }
        let purpose = self.ledger.purpose(serial, Place::Interface(port.interface), vlan);
        let Some(reasons) = purpose else {
            let why = "nobody knows what it stood for; close it if it is needed no more";
            return Err(Wait::For(why.to_owned()));
        };
        if reasons.is_empty() {
            return Ok("every VM that it stood for was destroyed".into());
        }
        let mut causes = Vec::new();
        for reason in reasons {
            match self.accounted(reason, port, vlan) {
                Account::Over(cause) => causes.push(cause),
                // A move, an addition or a question under way ends by itself, or has its own finding.
                Account::Waits => return Err(Wait::Known),
                Account::Never(why) => return Err(Wait::For(why)),
            }
        }
        let more = causes.len() - 1;
        let first = causes.swap_remove(0);
        Ok(if more == 0 { first.into() } else { format!("{first} and {more} more").into() })
    }

    /// What is known of the end of one reason for `vlan` on `port`.
    pub(super) fn accounted(&self, reason: &Reason, port: &EdgePort, vlan: VlanId) -> Account {
        match reason {
            Reason::Move { vm, to } if to.vcenter != vm.vcenter && self.arrived_unseen(vm, &to.vcenter) => {
                self.unseen(vm)
            }
            // Our own configuration is no cause.
            Reason::Recommended { vm, .. } if !self.heeds_advice(&vm.vcenter) => Account::Never(format!(
                "it was prepared for {}, which DRS recommended to move here, and drs_recommendations is off now; close it \
                 if it is to go",
                self.sites.vm_name(vm)
            )),
            Reason::Vnic { vm, .. } | Reason::Move { vm, .. } | Reason::Recommended { vm, .. } => {
                self.vm_accounted(vm, port, vlan)
            }
            Reason::Prepared { cluster, host, network } => {
                self.preparation_accounted((cluster, network), host, (port, vlan))
            }
            Reason::Vmkernel { host, .. } | Reason::Floor { host, .. } => {
                let name = self.sites.host_name(host);
                let taken = || self.taken_over(host, &(port.clone(), vlan));
                let never =
                    || Account::Never(format!("it stood for {reason} of host {name}, which only a person ends"));
                self.hangs_elsewhere(host, port).or_else(taken).unwrap_or_else(never)
            }
        }
    }

    pub(super) fn vm_accounted(&self, id: &VmId, port: &EdgePort, vlan: VlanId) -> Account {
        let name = self.sites.vm_name(id);
        let gone = |name| Account::Never(format!("{name} left the inventory without a cause; close it if it is gone"));
        let vm = match self.sites.vms.get(id) {
            None => {
                let departed = self.sites.departed(id);
                return departed.map_or_else(|| gone(name), |how| self.departed_accounted(id, how, (port, vlan)));
            }
            Some(vm) if self.sites.left.contains(id) && vm.power != PowerState::Off => {
                let heir = self.registered_anew(id);
                return heir.map_or_else(|| gone(name), |heir| self.vm_accounted(heir, port, vlan));
            }
            Some(vm) => vm,
        };
        if !self.sites.trusted(&id.vcenter) {
            return Account::Waits;
        }
        if self.moves.contains_key(id) {
            return Account::Waits;
        }
        match vm.runs() {
            Some(false) => Account::Over(format!("{name} is not powered on")),
            None => Account::Waits,
            Some(true) => self.running_accounted(id, &name, port, vlan),
        }
    }

    /// A VM that runs no longer needs a VLAN here once all that it needs now is ready where it is.
    fn running_accounted(&self, id: &VmId, name: &str, port: &EdgePort, vlan: VlanId) -> Account {
        let unit = Unit::Vm(id.clone());
        if self.puzzles.get(&unit).into_iter().flatten().any(Puzzle::is_open) {
            return Account::Waits;
        }
        if let Some(vm) = self.sites.vms.get(id)
            && let Some(host) = &vm.host
            && connected(vm).any(|vnic| self.only_refused(host, &Plug::vnic(vm, vnic), (port, vlan)))
        {
            let why = format!("a wide port group of {name} still lets it through, and allowed_vlans names it no more");
            return Account::Never(format!("{why}; close it if it is to go"));
        }
        let needs: Vec<_> = self.requirements.of(&unit).collect();
        if needs.iter().any(|(at, needed)| at == port && *needed == vlan) {
            return Account::Waits;
        }
        match needs.iter().all(|(at, needed)| self.fabric.ready(at, *needed)) {
            false => Account::Waits,
            true => {
                let host =
                    self.sites.vms.get(id).and_then(|vm| vm.host.as_ref()).map(|host| self.sites.host_name(host));
                Account::Over(format!("{name} needs it no more; it runs on {}", host.unwrap_or_default()))
            }
        }
    }
}
