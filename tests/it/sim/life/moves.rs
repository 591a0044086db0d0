//! Moves inside one vCenter, of every kind, as late as a real vCenter tells of them.

use std::time::Duration;

use vmtracker::lab::model::vcenter::{Delays, Failure, MigrationClass, MoveKind};
use vmtracker_core::tracker::{FindingKind, Prepare, VcenterPolicy};

use super::{
    super::{driver::Sim, fabric::secs},
    FIRST, SITE, site,
};

/// A lightly loaded vCenter tells of a start after about this long (facts: vCenter §C).
const LATE: Duration = Duration::from_secs(2);
const COPY: Duration = Duration::from_secs(5);
/// The first VM, where it runs and where it goes.
const VM: &str = "vm00001";
const HOME: &str = "esx001.lab";
const AWAY: &str = "esx003.lab";
/// The ports of both, on both leaves.
const HOME_PORT: &str = "Ethernet1/1";
const AWAY_PORT: &str = "Ethernet1/3";
const ITS_VLAN: u16 = 100;

fn begun(policy: &VcenterPolicy) -> Sim {
    let mut sim = site(&SITE.topology(), SITE, policy).begun();
    for vcenter in sim.world.vcenters.values_mut() {
        vcenter.delays = Delays { start_event: LATE, property: Duration::from_millis(300), end_event: secs(1) };
        vcenter.copy_phase = COPY;
    }
    sim
}

fn stands(sim: &Sim, port: &str) -> [bool; 2] {
    ["leaf1a", "leaf1b"].map(|leaf| sim.allows(leaf, port, ITS_VLAN))
}

#[test]
fn no_kind_of_move_leaves_a_vm_dark() {
    for kind in [MoveKind::VMotion, MoveKind::Drs, MoveKind::Encrypted, MoveKind::Relocation] {
        let mut sim = begun(&VcenterPolicy::default());
        let (vm, to) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, AWAY));
        sim.operate_on(FIRST, |vcenter| vcenter.run_move(&vm, &to, kind));
        assert_eq!(sim.dark(0, COPY + secs(30)), Duration::ZERO, "{kind:?} {}", sim.told());
        assert_eq!(sim.vcenter(FIRST).vm(&vm).map(|vm| &vm.host), Some(&to));
        sim.until("what it left is withdrawn", secs(300), |sim| stands(sim, HOME_PORT) == [false; 2]);
        assert!(sim.passes(0));
        sim.assert_rules();
    }
}

#[test]
fn a_move_that_fails_in_any_way_lapses() {
    let ways = [
        (MoveKind::VMotion, Failure::Operation),
        (MoveKind::Relocation, Failure::Operation),
        (MoveKind::Drs, Failure::Migration(MigrationClass::Error)),
        (MoveKind::Encrypted, Failure::Migration(MigrationClass::Host)),
        (MoveKind::VMotion, Failure::Migration(MigrationClass::Resource)),
    ];
    for (kind, failure) in ways {
        let mut sim = begun(&VcenterPolicy::default());
        let (vm, to) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, AWAY));
        sim.operate_on(FIRST, |vcenter| vcenter.start_move(&vm, &to, kind));
        sim.until("it is prepared", LATE + secs(5), |sim| stands(sim, AWAY_PORT) == [true; 2]);
        sim.operate_on(FIRST, |vcenter| vcenter.fail_move(&vm, failure, "no"));
        sim.until("it lapses", secs(300), |sim| stands(sim, AWAY_PORT) == [false; 2]);
        assert!(sim.passes(0) && stands(&sim, HOME_PORT) == [true; 2], "{}", sim.told());
        sim.assert_rules();
    }
}

#[test]
fn a_storage_vmotion_changes_nothing() {
    let mut sim = begun(&VcenterPolicy::default());
    let (vm, here) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, HOME));
    let before = sim.sent.len();
    let lists = |sim: &Sim| -> Vec<_> {
        sim.world
            .switches
            .values()
            .map(|switch| {
                format!("{:?}", switch.trunk_interfaces().into_iter().map(|at| switch.allowed(at)).collect::<Vec<_>>())
            })
            .collect()
    };
    let all = lists(&sim);
    sim.operate_on(FIRST, |vcenter| vcenter.run_move(&vm, &here, MoveKind::Relocation));
    assert_eq!(sim.dark(0, secs(60)), Duration::ZERO);
    assert_eq!(lists(&sim), all);
    assert!(sim.sent.len() > before, "switches were read meanwhile");
}

#[test]
fn a_recommended_move_finds_its_vlans_though_it_takes_no_time() {
    let mut sim = begun(&VcenterPolicy { drs_recommendations: true, ..VcenterPolicy::default() });
    let (vm, to) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, AWAY));
    let (key, _) = sim.operate_on(FIRST, |vcenter| vcenter.recommend(&vm, &to));
    sim.until("it is prepared", secs(5), |sim| stands(sim, AWAY_PORT) == [true; 2]);
    sim.operate_on(FIRST, |vcenter| vcenter.apply_recommendation(&key));
    sim.operate_on(FIRST, |vcenter| vcenter.finish_migration(&vm));
    assert_eq!(sim.dark(0, secs(60)), Duration::ZERO, "{}", sim.told());
    assert_eq!(sim.vcenter(FIRST).vm(&vm).map(|vm| &vm.host), Some(&to));
}

#[test]
fn a_recommendation_that_is_withdrawn_lapses() {
    let mut sim = begun(&VcenterPolicy { drs_recommendations: true, ..VcenterPolicy::default() });
    let (vm, to) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, AWAY));
    let (key, _) = sim.operate_on(FIRST, |vcenter| vcenter.recommend(&vm, &to));
    sim.until("it is prepared", secs(5), |sim| stands(sim, AWAY_PORT) == [true; 2]);
    sim.operate_on(FIRST, |vcenter| vcenter.cancel_recommendation(&key));
    sim.until("it lapses", secs(300), |sim| stands(sim, AWAY_PORT) == [false; 2]);
    assert!(sim.passes(0));
}

#[test]
fn in_a_prepared_cluster_no_move_and_no_restart_waits_for_anybody() {
    let mut sim = begun(&VcenterPolicy { prepare: Prepare::Cluster, ..VcenterPolicy::default() });
    assert_eq!(stands(&sim, AWAY_PORT), [true; 2]);
    for vcenter in sim.world.vcenters.values_mut() {
        vcenter.copy_phase = Duration::from_millis(1);
    }
    let (vm, to) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, AWAY));
    sim.operate_on(FIRST, |vcenter| vcenter.run_move(&vm, &to, MoveKind::VMotion));
    assert_eq!(sim.dark(0, secs(30)), Duration::ZERO, "a move without a copy phase");
    // Its host dies; HA restarts it on the fourth, of which nobody was told.
    let refuge = sim.host_of_name(FIRST, "esx004.lab");
    sim.operate_on(FIRST, |vcenter| vcenter.fail_host(&to));
    sim.run(secs(30));
    sim.operate_on(FIRST, |vcenter| vcenter.restart_elsewhere(&vm, &refuge));
    assert_eq!(sim.dark(0, secs(60)), Duration::ZERO, "{}", sim.told());
    sim.operate_on(FIRST, |vcenter| vcenter.power_off(&vm));
    sim.run(secs(600));
    assert!(sim.says(FindingKind::AbsentHost, &[AWAY]), "{}", sim.told());
    assert_eq!(
        (stands(&sim, HOME_PORT), stands(&sim, AWAY_PORT)),
        ([false; 2], [true; 2]),
        "the dead host keeps its own"
    );
    sim.assert_rules();
}
