//! What the load does to vCenters, on virtual time.

use std::num::NonZeroUsize;

use super::*;
use crate::lab::topology::{Size, Topology};

const STEP: Duration = Duration::from_millis(100);

struct Bench {
    vcenters: BTreeMap<String, Vcenter>,
    load: Load,
    now: LabTime,
}

impl Bench {
    fn new(spec: LoadSpec) -> Self {
        let some = |count| NonZeroUsize::new(count).expect("not zero");
        let size = Size { vcenters: some(1), switches: some(2), hosts: some(4), vms: 40 };
        let vcenters = Topology::generated(size, 1).vcenters(0).expect("a vCenter");
        let load = Load::new(spec, &vcenters, LabTime::ZERO);
        Self { vcenters, load, now: LabTime::ZERO }
    }

    fn run(&mut self, span: Duration, mut look: impl FnMut(&BTreeMap<String, Vcenter>, LabTime)) {
        let until = self.now + span;
        while self.now < until {
            self.now += STEP;
            self.load.act(&mut self.vcenters, self.now);
            look(&self.vcenters, self.now);
        }
    }
}

fn moving(vcenters: &BTreeMap<String, Vcenter>) -> BTreeSet<MoId> {
    let vms = vcenters.values().flat_map(Vcenter::vms);
    vms.filter(|vm| vm.is_moving()).map(|vm| vm.id.clone()).collect()
}

#[test]
fn every_move_copies_for_exactly_as_long_as_it_was_told() {
    let copy_phase = CopyPhase::exactly(Duration::from_secs(2));
    let mut bench = Bench::new(LoadSpec { moves_per_second: 1.0, copy_phase, ..LoadSpec::default() });
    let mut since: BTreeMap<MoId, LabTime> = BTreeMap::new();
    let mut took = Vec::new();
    bench.run(Duration::from_secs(60), |vcenters, now| {
        let under_way = moving(vcenters);
        for (_, began) in since.extract_if(.., |vm, _| !under_way.contains(vm)) {
            took.push(now - began);
        }
        for vm in under_way {
            since.entry(vm).or_insert(now);
        }
    });
    // A VM that begins its next move within the step in which it arrived looks like one long move.
    assert!(took.len() > 20, "{} moves", took.len());
    let right = took.iter().filter(|span| **span == Duration::from_secs(2)).count();
    assert!(right + 2 >= took.len(), "{took:?}");
}

#[test]
fn hosts_fail_and_come_back_and_what_ran_there_runs_elsewhere() {
    let mut bench = Bench::new(LoadSpec { failures_per_minute: 2.0, ..LoadSpec::default() });
    let mut failed = BTreeSet::new();
    bench.run(Duration::from_secs(300), |vcenters, _| {
        let dead = vcenters.values().flat_map(Vcenter::hosts).filter(|host| !host.powered);
        failed.extend(dead.map(|host| host.id.clone()));
    });
    assert!(!failed.is_empty());
    bench.load.stop();
    bench.run(Duration::from_secs(120), |_, _| ());
    assert_eq!(bench.load.next_deadline(), None);
    let hosts: Vec<&SimHost> = bench.vcenters.values().flat_map(Vcenter::hosts).collect();
    assert!(hosts.iter().all(|host| host.takes_vms()), "every host is back");
    let mut vms = bench.vcenters.values().flat_map(Vcenter::vms);
    assert!(vms.all(|vm| vm.power == SimPower::On), "HA restarted every VM before its host was back");
}
