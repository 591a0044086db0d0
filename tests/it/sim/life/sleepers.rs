//! Hosts that are isolated, sleep, are emptied, go and come back, and HA.

use std::time::Duration;

use vmtracker_core::{
    net::MoId,
    tracker::{FindingKind, VcenterPolicy},
};

use super::{
    super::{driver::Sim, fabric::secs},
    FIRST, SITE, site,
};

const VM: &str = "vm00001";
const HOME: &str = "esx001.lab";
const AWAY: &str = "esx003.lab";
const HOME_PORT: &str = "Ethernet1/1";
const ITS_VLAN: u16 = 100;
/// After a restart by HA, vCenter's update and a switch's write.
const FOLLOWED: Duration = Duration::from_secs(3);

fn begun() -> Sim {
    site(&SITE.topology(), SITE, &VcenterPolicy::default()).begun()
}

fn stands(sim: &Sim, port: &str, number: u16) -> [bool; 2] {
    ["leaf1a", "leaf1b"].map(|leaf| sim.allows(leaf, port, number))
}

/// The VM, and the two hosts.
fn things(sim: &Sim) -> (MoId, MoId, MoId) {
    (sim.vm_of_name(FIRST, VM), sim.host_of_name(FIRST, HOME), sim.host_of_name(FIRST, AWAY))
}

#[test]
fn a_restart_by_ha_is_followed_as_soon_as_vcenter_tells() {
    let mut sim = begun();
    let (vm, home, away) = things(&sim);
    sim.operate_on(FIRST, |vcenter| vcenter.fail_host(&home));
    sim.run(secs(20));
    sim.operate_on(FIRST, |vcenter| vcenter.restart_elsewhere(&vm, &away));
    sim.until("it passes where it was restarted", FOLLOWED, |sim| sim.passes(0));
    assert_eq!(sim.dark(0, secs(60)), Duration::ZERO);
}

#[test]
fn in_a_split_brain_both_copies_pass_until_the_isolated_host_is_back() {
    let mut sim = begun();
    let (vm, home, away) = things(&sim);
    sim.operate_on(FIRST, |vcenter| vcenter.isolate_host(&home));
    sim.run(secs(20));
    sim.operate_on(FIRST, |vcenter| vcenter.restart_elsewhere(&vm, &away));
    sim.run(FOLLOWED);
    let (_, ways) = sim.copies_pass(FIRST, VM);
    assert!(ways >= 2, "it runs twice");
    for _ in 0..10 {
        assert!(sim.copies_pass(FIRST, VM).0, "{}", sim.told());
        sim.run(secs(60));
    }
    sim.operate_on(FIRST, |vcenter| {
        vcenter.set_host_connection(&home, vmtracker::lab::model::vcenter::SimConnection::Connected)
    });
    sim.run(secs(10));
    assert_eq!(stands(&sim, HOME_PORT, ITS_VLAN), [true; 2], "a whole hold-down from its return");
    sim.until("then it lapses", secs(300), |sim| stands(sim, HOME_PORT, ITS_VLAN) == [false; 2]);
    assert!(sim.passes(0));
    sim.assert_rules();
}

#[test]
fn a_host_in_standby_keeps_its_vlans_and_passes_the_moment_it_wakes() {
    let mut sim = begun();
    let (vm, home, away) = things(&sim);
    sim.operate_on(FIRST, |vcenter| vcenter.start_migration(&vm, &away));
    sim.run(secs(5));
    sim.operate_on(FIRST, |vcenter| vcenter.finish_migration(&vm));
    sim.operate_on(FIRST, |vcenter| vcenter.enter_standby(&home));
    sim.hours(1);
    assert_eq!(stands(&sim, HOME_PORT, ITS_VLAN), [true; 2], "it was still there when the host went to sleep");
    assert!(sim.says(FindingKind::AbsentHost, &[HOME]), "{}", sim.told());
    sim.operate_on(FIRST, |vcenter| vcenter.exit_standby(&home));
    sim.until("its adapters pass", secs(1), |sim| sim.kernels_pass(FIRST, HOME));
    sim.until("what nobody needs there lapses", secs(300), |sim| stands(sim, HOME_PORT, ITS_VLAN) == [false; 2]);
    assert!(sim.passes(0) && sim.kernels_pass(FIRST, HOME));
    sim.assert_rules();
}

#[test]
fn an_evacuation_for_maintenance_leaves_no_vm_dark_and_the_host_as_it_was() {
    let mut sim = begun();
    let (vm, home, _) = things(&sim);
    for vcenter in sim.world.vcenters.values_mut() {
        vcenter.copy_phase = secs(5);
        vcenter.delays.start_event = secs(2);
    }
    sim.operate_on(FIRST, |vcenter| vcenter.start_maintenance(&home));
    assert_eq!(sim.dark(0, secs(60)), Duration::ZERO, "{}", sim.told());
    assert_ne!(sim.vcenter(FIRST).vm(&vm).map(|vm| vm.host.clone()), Some(home.clone()));
    sim.hours(1);
    assert_eq!(stands(&sim, HOME_PORT, ITS_VLAN), [true; 2], "{}", sim.told());
    sim.operate_on(FIRST, |vcenter| vcenter.set_maintenance(&home, false));
    sim.until("it lapses once the host is at home", secs(300), |sim| stands(sim, HOME_PORT, ITS_VLAN) == [false; 2]);
    sim.assert_rules();
}

#[test]
fn a_host_that_is_removed_releases_nothing_and_is_the_same_once_it_is_added_again() {
    let mut sim = begun();
    let (_, home, _) = things(&sim);
    sim.operate_on(FIRST, |vcenter| vcenter.remove_host(&home));
    sim.hours(1);
    assert_eq!(stands(&sim, HOME_PORT, ITS_VLAN), [true; 2], "its VMs run on unseen");
    assert!(sim.says(FindingKind::Orphan, &[VM]) && sim.says(FindingKind::AbsentHost, &[HOME]), "{}", sim.told());
    sim.operate_on(FIRST, |vcenter| vcenter.add_host_back(HOME));
    sim.until("it is taken for what it was", secs(60), |sim| {
        sim.findings(FindingKind::Orphan).is_empty() && sim.findings(FindingKind::AbsentHost).is_empty()
    });
    assert!(sim.vm_passes(FIRST, VM) && sim.kernels_pass(FIRST, HOME));
    // The brake counts VMs that left; a person looked and released it.
    let again = sim.vm_of_name(FIRST, VM);
    sim.feed(vmtracker_core::tracker::Event::BrakeReleased);
    sim.operate_on(FIRST, |vcenter| vcenter.power_off(&again));
    sim.until("the VM's new self may let it go", secs(300), |sim| stands(sim, HOME_PORT, ITS_VLAN) == [false; 2]);
    assert!(sim.kernels_pass(FIRST, HOME), "{}", sim.told());
    sim.assert_rules();
}
