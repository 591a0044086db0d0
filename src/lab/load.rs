//! What happens in the simulated data centre: moves, power on and off, creation and destruction, from a seed.
//!
//! On the caller's time: [`Load::act`] does everything that is due. A move is announced once vCenter's start event has
//! come, which on a real vCenter is up to 2 s after the copy began (facts: vCenter §C); so the controller sees the copy
//! phase less that delay.

mod spec;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use spec::chance;
pub use spec::{CopyPhase, LoadSpec, Shares};
use vmtracker_core::net::MoId;

use super::model::{
    LabTime,
    vcenter::{Refused, SimBacking, SimHost, SimPower, SimVm, Vcenter, VmSpec, VnicSpec},
};

/// How long after a host failed HA restarts its VMs. The facts give no number.
const HA_AFTER: Duration = Duration::from_secs(10);
/// How long a host that failed is away.
const AWAY: Duration = Duration::from_secs(45);
/// Of the VMs, at most this share is kept powered off by the load.
const OFF_SHARE: usize = 20;
/// VMs that the load keeps alive of those that it created.
const CREATED: usize = 8;
/// How often a random VM is tried before the load lets one occasion pass.
const TRIES: usize = 16;

/// The load.
#[derive(Debug)]
pub struct Load {
    spec: LoadSpec,
    rng: StdRng,
    /// When the next operation of each kind is due, in the order of [`OPERATIONS`].
    due: [Option<LabTime>; 4],
    arrivals: BTreeSet<(LabTime, VmId)>,
    /// Hosts that failed, and when they are back.
    repairs: BTreeSet<(LabTime, String, MoId)>,
    roster: Vec<VmId>,
    off: BTreeSet<VmId>,
    created: Vec<VmId>,
    places: BTreeMap<String, Places>,
    born: u64,
}

type VmId = (String, MoId);

/// Where VMs of one vCenter can be.
#[derive(Debug)]
struct Places {
    hosts: Vec<MoId>,
    groups: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Move,
    Power,
    Birth,
    Failure,
}

const OPERATIONS: [Operation; 4] = [Operation::Move, Operation::Power, Operation::Birth, Operation::Failure];

impl Load {
    /// A load on `vcenters` that begins at `now`.
    pub fn new(spec: LoadSpec, vcenters: &BTreeMap<String, Vcenter>, now: LabTime) -> Self {
        let roster = vcenters.iter().flat_map(|(name, vcenter)| vcenter.vms().map(|vm| (name.clone(), vm.id.clone())));
        let mut load = Self {
            spec,
            rng: StdRng::seed_from_u64(spec.seed),
            due: [None; 4],
            arrivals: BTreeSet::new(),
            repairs: BTreeSet::new(),
            roster: roster.collect(),
            off: BTreeSet::new(),
            created: Vec::new(),
            places: vcenters.iter().map(|(name, vcenter)| (name.clone(), Places::of(vcenter))).collect(),
            born: 0,
        };
        load.due = OPERATIONS.map(|operation| load.next(operation, now));
        load
    }

    /// When something is due next.
    pub fn next_deadline(&self) -> Option<LabTime> {
        let arrival = self.arrivals.first().map(|(at, _)| *at);
        let repair = self.repairs.first().map(|(at, _, _)| *at);
        self.due.iter().copied().flatten().chain(arrival).chain(repair).min()
    }

    /// Begins nothing any more; moves under way arrive, and hosts come back.
    pub const fn stop(&mut self) {
        self.due = [None; 4];
    }

    /// Moves under way.
    pub fn in_flight(&self) -> usize {
        self.arrivals.len()
    }

    /// Does everything that is due.
    pub fn act(&mut self, vcenters: &mut BTreeMap<String, Vcenter>, now: LabTime) {
        vcenters.values_mut().for_each(|vcenter| vcenter.finish_due(now));
        self.repair(vcenters, now);
        while let Some((at, _)) = self.arrivals.first()
            && *at <= now
            && let Some((_, vm)) = self.arrivals.pop_first()
        {
            // Somebody else may have ended it meanwhile; then there is nothing to end.
            self.arrive(vcenters, &vm).unwrap_or_default();
        }
        for (index, operation) in OPERATIONS.into_iter().enumerate() {
            while let Some(Some(at)) = self.due.get(index).copied()
                && at <= now
            {
                // A refused operation is an occasion that passed.
                self.begin(operation, vcenters, now).unwrap_or_default();
                let next = self.next(operation, at);
                self.due.iter_mut().skip(index).take(1).for_each(|due| *due = next);
            }
        }
    }

    /// The next occasion after `now`: a Poisson process.
    fn next(&mut self, operation: Operation, now: LabTime) -> Option<LabTime> {
        let rate = match operation {
            Operation::Move => self.spec.moves_per_second,
            Operation::Power => self.spec.powers_per_second,
            Operation::Birth => self.spec.births_per_second,
            Operation::Failure => self.spec.failures_per_minute / 60.0,
        };
        let unit: f64 = self.rng.random_range(f64::EPSILON..1.0);
        let wait = Duration::try_from_secs_f64(-unit.ln() / rate).ok()?;
        now.checked_add(wait)
    }

    fn begin(
        &mut self,
        operation: Operation,
        vcenters: &mut BTreeMap<String, Vcenter>,
        now: LabTime,
    ) -> Result<u64, Refused> {
        match operation {
            Operation::Move => self.start_move(vcenters, now),
            Operation::Power if self.off.len() * OFF_SHARE < self.roster.len() => self.power_off(vcenters),
            Operation::Power => self.power_on(vcenters),
            Operation::Birth if self.created.len() < CREATED => self.create(vcenters),
            Operation::Birth => self.destroy(vcenters),
            Operation::Failure => self.fail_host(vcenters, now),
        }
    }

    fn start_move(&mut self, vcenters: &mut BTreeMap<String, Vcenter>, now: LabTime) -> Result<u64, Refused> {
        let (name, id) = self.pick_idle(vcenters).ok_or(Refused::NoSuchVm)?;
        let vcenter = vcenters.get_mut(&name).ok_or(Refused::NoSuchVm)?;
        let to = destination(&mut self.rng, self.spec.shares.other_cluster, vcenter, &id).ok_or(Refused::NoSuchHost)?;
        let copy = self.spec.copy_phase.draw(&mut self.rng);
        // The lab takes the time of the event for the begin of the move: until then nobody can know of it.
        let (lead, late) = (copy.saturating_sub(self.spec.event_delay), self.spec.event_delay.saturating_sub(copy));
        (vcenter.delays.start_event, vcenter.delays.end_event) = (late, late);
        let started = vcenter.start_move(&id, &to, self.spec.shares.kind(&mut self.rng))?;
        self.arrivals.insert((now + lead, (name, id)));
        Ok(started)
    }

    fn arrive(&mut self, vcenters: &mut BTreeMap<String, Vcenter>, vm: &VmId) -> Result<u64, Refused> {
        let (name, id) = vm;
        let vcenter = vcenters.get_mut(name).ok_or(Refused::NoSuchVm)?;
        if chance(self.spec.shares.failing, &mut self.rng) {
            return vcenter.fail_migration(id, "the load lets some moves fail");
        }
        vcenter.finish_migration(id)
    }

    /// A host fails, if its cluster has others to take its VMs; HA restarts them.
    fn fail_host(&mut self, vcenters: &mut BTreeMap<String, Vcenter>, now: LabTime) -> Result<u64, Refused> {
        let spared = |vcenter: &Vcenter, host: &SimHost| {
            let others = vcenter.hosts().filter(|other| other.cluster == host.cluster && other.takes_vms());
            host.takes_vms() && others.count() > 1
        };
        let may_fail = vcenters.iter().flat_map(|(name, vcenter)| {
            let hosts = vcenter.hosts().filter(|host| spared(vcenter, host));
            hosts.map(|host| (name.clone(), host.id.clone()))
        });
        let may_fail: Vec<(String, MoId)> = may_fail.collect();
        let (name, host) = pick(&mut self.rng, &may_fail).ok_or(Refused::NoSuchHost)?.clone();
        let failed = vcenters.get_mut(&name).ok_or(Refused::NoSuchHost)?.fail_host_with_ha(&host, HA_AFTER)?;
        self.repairs.insert((now + AWAY, name, host));
        Ok(failed)
    }

    fn repair(&mut self, vcenters: &mut BTreeMap<String, Vcenter>, now: LabTime) {
        while let Some((at, _, _)) = self.repairs.first()
            && *at <= now
            && let Some((_, name, host)) = self.repairs.pop_first()
        {
            // Somebody else may have done it meanwhile.
            vcenters.get_mut(&name).map(|vcenter| vcenter.power_up_host(&host).unwrap_or_default());
        }
    }

    fn power_off(&mut self, vcenters: &mut BTreeMap<String, Vcenter>) -> Result<u64, Refused> {
        let vm = self.pick_idle(vcenters).ok_or(Refused::NoSuchVm)?;
        let done = vcenters.get_mut(&vm.0).ok_or(Refused::NoSuchVm)?.power_off(&vm.1)?;
        self.off.insert(vm);
        Ok(done)
    }

    fn power_on(&mut self, vcenters: &mut BTreeMap<String, Vcenter>) -> Result<u64, Refused> {
        let vm = self.off.pop_first().ok_or(Refused::NoSuchVm)?;
        vcenters.get_mut(&vm.0).ok_or(Refused::NoSuchVm)?.power_on(&vm.1)
    }

    fn create(&mut self, vcenters: &mut BTreeMap<String, Vcenter>) -> Result<u64, Refused> {
        let names: Vec<&String> = self.places.keys().collect();
        let name = (*pick(&mut self.rng, &names).ok_or(Refused::NoSuchHost)?).clone();
        let vcenter = vcenters.get_mut(&name).ok_or(Refused::NoSuchHost)?;
        let places = self.places.get(&name).ok_or(Refused::NoSuchHost)?;
        let host = pick(&mut self.rng, &places.hosts).and_then(|id| vcenter.host(id)).ok_or(Refused::NoSuchHost)?;
        let group = pick(&mut self.rng, &places.groups).ok_or(Refused::NoSuchHost)?;
        self.born += 1;
        let spec = VmSpec {
            name: format!("born{:05}", self.born),
            host: host.name.clone(),
            vnics: vec![VnicSpec::new(group)],
            ..VmSpec::default()
        };
        let (id, _) = vcenter.create_vm(&spec)?;
        let done = vcenter.power_on(&id)?;
        self.roster.push((name.clone(), id.clone()));
        self.created.push((name, id));
        Ok(done)
    }

    /// Powers the oldest created VM off and destroys it, unless it is on its way.
    fn destroy(&mut self, vcenters: &mut BTreeMap<String, Vcenter>) -> Result<u64, Refused> {
        let idle = self.created.iter().position(|vm| machine(vcenters, vm).is_some_and(|vm| !vm.is_moving()));
        let vm = self.created.remove(idle.ok_or(Refused::Migrating)?);
        self.roster.retain(|other| *other != vm);
        let was_off = self.off.remove(&vm);
        let vcenter = vcenters.get_mut(&vm.0).ok_or(Refused::NoSuchVm)?;
        if !was_off {
            vcenter.power_off(&vm.1)?;
        }
        vcenter.destroy_vm(&vm.1)
    }

    /// A random VM that runs and is not on its way.
    fn pick_idle(&mut self, vcenters: &BTreeMap<String, Vcenter>) -> Option<VmId> {
        for _ in 0..TRIES {
            let vm = pick(&mut self.rng, &self.roster)?;
            let idle = machine(vcenters, vm).filter(|vm| vm.power == SimPower::On && !vm.is_moving());
            if idle.is_some() {
                return Some(vm.clone());
            }
        }
        None
    }
}

impl Places {
    /// Guests go where no vmkernel adapter is.
    fn of(vcenter: &Vcenter) -> Self {
        let kernels = vcenter.hosts().flat_map(|host| &host.vmkernels).filter_map(|adapter| match &adapter.backing {
            SimBacking::Distributed(group) => Some(group.clone()),
            SimBacking::Standard(_) | SimBacking::Opaque(_) => None,
        });
        let kernels: BTreeSet<MoId> = kernels.collect();
        let groups = vcenter.port_groups().filter(|group| !group.uplink && !group.nsx && !kernels.contains(&group.id));
        let groups = groups.map(|group| group.name.clone()).collect();
        Self { hosts: vcenter.hosts().map(|host| host.id.clone()).collect(), groups }
    }
}

/// A host for a VM to go to: of its cluster, or of another, if there is one.
fn destination(rng: &mut StdRng, other_cluster: f64, vcenter: &Vcenter, vm: &MoId) -> Option<MoId> {
    let here = vcenter.vm(vm).and_then(|vm| vcenter.host(&vm.host))?;
    let there = vcenter.hosts().filter(|host| host.id != here.id && host.takes_vms());
    let (near, far): (Vec<&SimHost>, Vec<&SimHost>) = there.partition(|host| host.cluster == here.cluster);
    let leaves = chance(other_cluster, rng);
    let wanted = if (leaves && !far.is_empty()) || near.is_empty() { far } else { near };
    pick(rng, &wanted).map(|host| host.id.clone())
}

fn machine<'a>(vcenters: &'a BTreeMap<String, Vcenter>, vm: &VmId) -> Option<&'a SimVm> {
    vcenters.get(&vm.0)?.vm(&vm.1)
}

fn pick<'a, T>(rng: &mut StdRng, from: &'a [T]) -> Option<&'a T> {
    if from.is_empty() {
        return None;
    }
    from.get(rng.random_range(0..from.len()))
}

#[cfg(test)]
mod tests;
