//! VMs whose end nobody can hear: destroyed, and their host went away before vCenter told of it. With the host away a
//! removal is no cause (it looks like a host that is lost with VMs that run on), so what they needed stays.

use std::collections::BTreeSet;

use vmtracker::lab::model::vcenter::Vcenter;
use vmtracker_core::net::MoId;

/// Who was destroyed, and whose end was not heard.
#[derive(Debug, Default)]
pub(super) struct Ends {
    destroyed: Vec<End>,
    /// As findings call them.
    unheard: BTreeSet<String>,
}

#[derive(Debug)]
struct End {
    vcenter: String,
    host: MoId,
    /// The number of the change.
    number: u64,
    who: String,
}

impl Ends {
    /// The VM that findings call `who` was destroyed on a host, with the change of this number.
    pub(super) fn destroyed(&mut self, vcenter: &Vcenter, host: MoId, number: u64, who: String) {
        self.destroyed.push(End { vcenter: vcenter.name().to_owned(), host, number, who });
    }

    /// A host goes away: what vCenter did not tell of it yet, it tells too late.
    pub(super) fn host_goes(&mut self, vcenter: &Vcenter, host: &MoId) {
        let told = vcenter.told_upto();
        let late = self.destroyed.iter().filter(|end| end.vcenter == vcenter.name() && end.host == *host);
        self.unheard.extend(late.filter(|end| Some(end.number) > told).map(|end| end.who.clone()));
    }

    /// Whether a finding is about the orphan that such a VM left.
    pub(super) fn is_orphan(&self, subject: &str) -> bool {
        subject.strip_prefix("VM ").is_some_and(|who| self.unheard.contains(who))
    }

    /// Whether a withdrawal waits for the cause of such a VM's end.
    pub(super) fn blocks(&self, text: &str) -> bool {
        self.unheard.iter().any(|who| text.contains(&format!("but {who} left the inventory without a cause")))
    }
}
