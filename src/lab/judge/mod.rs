//! The judge: integrates over time what the data plane lets pass, from the lab's own truth.
//!
//! It watches the world as an observer. A vCenter says which of its objects changed since a number, a switch whether it
//! changed at all; only these are looked at again.

mod books;
mod integral;
mod latency;
mod natives;
mod needs;
mod oracle;
mod readiness;
mod score;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use books::State;
use books::{Books, Key};
use oracle::Oracle;
pub use score::{DarkSeconds, Leads, Quantiles, Score, SwitchRequests};
use vmtracker_core::net::{MoId, SwitchName, VcenterName};

use super::model::{
    LabTime,
    dataplane::{self, Cabling},
    switch::Switch,
    vcenter::Vcenter,
    world::Observer,
};

/// The judge. A clone is another handle of the same: one goes among the world's observers, one asks for the score.
#[derive(Clone, Debug)]
pub struct Judge(Arc<Mutex<Court>>);

#[derive(Debug)]
struct Court {
    cabling: Arc<Cabling>,
    books: Books,
    revisions: BTreeMap<SwitchName, u64>,
    vcenters: BTreeMap<VcenterName, Seen>,
}

/// What was seen of one vCenter: up to which change, and which VM was where.
#[derive(Debug, Default)]
struct Seen {
    number: u64,
    hosts: BTreeMap<MoId, MoId>,
    residents: BTreeMap<MoId, BTreeSet<MoId>>,
}

impl Judge {
    /// A judge over `switches` as they are before the controller comes. `write_time` is how long a switch takes over a
    /// write and `hold_down` the controller's: the bound on the number of writes goes by them.
    pub fn new(
        switches: &BTreeMap<String, Switch>,
        cabling: Arc<Cabling>,
        write_time: Duration,
        hold_down: Duration,
    ) -> Self {
        let books = Books::new(Oracle::new(write_time, hold_down), cabling.places(), switches);
        Self(Arc::new(Mutex::new(Court { cabling, books, revisions: BTreeMap::new(), vcenters: BTreeMap::new() })))
    }

    /// The run begins now: forgets what happened so far, and keeps what is so.
    pub fn restart(&self, now: LabTime) {
        self.lock().books.restart(now);
    }

    /// The score from the beginning of the run to `now`.
    pub fn score(&self, now: LabTime) -> Score {
        self.lock().books.score(now)
    }

    /// What is so at this moment.
    pub fn state(&self) -> State {
        self.lock().books.state()
    }

    fn lock(&self) -> MutexGuard<'_, Court> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Judge {
    fn changed(&mut self, switches: &BTreeMap<String, Switch>, vcenters: &BTreeMap<String, Vcenter>, now: LabTime) {
        let mut court = self.lock();
        court.look(switches, now);
        for vcenter in vcenters.values() {
            court.visit(vcenter, switches, now);
        }
    }

    fn served(&mut self, switch: &str, write: bool, began: bool, now: LabTime) {
        self.lock().books.served(&switch.into(), write, began, now);
    }

    fn told(&mut self, vcenter: &str, upto: u64, now: LabTime) {
        self.lock().books.told(&vcenter.into(), upto, now);
    }
}

impl Court {
    fn look(&mut self, switches: &BTreeMap<String, Switch>, now: LabTime) {
        for (name, switch) in switches {
            let revision = Some(switch.revision());
            let name = SwitchName::from(name.as_str());
            if self.revisions.get(&name).copied() != revision {
                self.books.look(&name, switches, now);
                self.revisions.extend(revision.map(|revision| (name, revision)));
            }
        }
    }

    fn visit(&mut self, vcenter: &Vcenter, switches: &BTreeMap<String, Switch>, now: LabTime) {
        let name = VcenterName::from(vcenter.name());
        let upto = vcenter.revision();
        let dirty = match self.vcenters.get(&name) {
            Some(seen) if seen.number == upto => return,
            Some(seen) => seen.dirty(vcenter),
            None => everything(vcenter),
        };
        for id in dirty {
            self.see(&(name.clone(), id), vcenter, switches, now);
        }
        self.vcenters.entry(name).or_default().number = upto;
    }

    fn see(&mut self, key: &Key, vcenter: &Vcenter, switches: &BTreeMap<String, Switch>, now: LabTime) {
        let (name, id) = key;
        let vm = vcenter.vm(id);
        self.vcenters.entry(name.clone()).or_default().locate(id, vm.map(|vm| &vm.host));
        let truth = match (vm, vcenter.host(id)) {
            (Some(vm), _) => dataplane::truth(vcenter, &self.cabling, vm),
            (None, Some(host)) => Some(dataplane::kernel(vcenter, &self.cabling, host)),
            (None, None) => None,
        };
        self.books.see(key, truth, vcenter.revision(), switches, now);
    }
}

impl Seen {
    /// What must be looked at again. A change of a port group, rare, concerns whoever may be plugged into it.
    fn dirty(&self, vcenter: &Vcenter) -> BTreeSet<MoId> {
        let mut dirty = BTreeSet::new();
        for (_, id) in vcenter.dirty_since(self.number) {
            if vcenter.port_group(id).is_some() {
                return self.hosts.keys().cloned().chain(everything(vcenter)).collect();
            }
            dirty.extend(self.residents.get(id).into_iter().flatten().cloned());
            dirty.insert(id.clone());
        }
        dirty
    }

    fn locate(&mut self, vm: &MoId, host: Option<&MoId>) {
        if self.hosts.get(vm) == host {
            return;
        }
        if let Some(residents) = self.hosts.remove(vm).and_then(|old| self.residents.get_mut(&old)) {
            residents.remove(vm);
        }
        if let Some(host) = host {
            self.hosts.insert(vm.clone(), host.clone());
            self.residents.entry(host.clone()).or_default().insert(vm.clone());
        }
    }
}

fn everything(vcenter: &Vcenter) -> BTreeSet<MoId> {
    let vms = vcenter.vms().map(|vm| vm.id.clone());
    vms.chain(vcenter.hosts().map(|host| host.id.clone())).collect()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world_tests;
