//! vCenter fails, and nothing is withdrawn that should not be.

use std::collections::BTreeMap;

use vmtracker::lab::model::vcenter::{SimPower, Vcenter};
use vmtracker_core::net::MoId;

use crate::site::{Site, moves, small};

/// Two running VMs of a vCenter.
fn two_vms(vcenter: &Vcenter) -> [MoId; 2] {
    let mut vms = vcenter.vms().filter(|vm| vm.power == SimPower::On).map(|vm| vm.id.clone());
    [vms.next().expect("a VM"), vms.next().expect("another")]
}

/// Some host that the VM is not at.
fn elsewhere(vcenter: &Vcenter, vm: &MoId) -> MoId {
    let here = &vcenter.vm(vm).expect("there").host;
    vcenter.hosts().find(|host| host.id != *here).expect("another host").id.clone()
}

fn logins(site: &Site) -> BTreeMap<&'static str, u64> {
    ["vc1", "vc2"].into_iter().map(|name| (name, site.counts(name).logins)).collect()
}

#[test]
fn while_vcenter_is_down_nothing_is_withdrawn_and_afterwards_all_is_right() {
    let mut site = Site::running(&small());
    let before = site.withdrawn().len();
    site.vcenter("vc1", |vcenter, _| vcenter.faults.down = true);
    site.wait_until("the controller knows that vc1 is lost", |site| site.vcenter_state("vc1").starts_with("lost"));
    site.vcenter("vc1", |vcenter, _| {
        let [off, moving] = two_vms(vcenter);
        vcenter.power_off(&off).expect("powered off");
        let to = elsewhere(vcenter, &moving);
        vcenter.start_migration(&moving, &to).expect("started");
        vcenter.finish_migration(&moving).expect("moved");
    });
    site.outlast(5);
    assert_eq!(site.withdrawn().len(), before, "{}", site.report());
    let lost = site.findings().into_iter().find(|finding| finding.kind == "vcenter-lost");
    assert!(lost.is_some_and(|finding| finding.subject.contains("vc1")), "{}", site.report());
    assert!(!site.wrong_trunks().is_empty(), "the test is void: nothing had to change");
    site.vcenter("vc1", |vcenter, _| vcenter.faults.down = false);
    site.wait_right();
    site.assert_nothing_lost();
    site.assert_no_line_twice();
    assert!(site.withdrawn().len() > before, "what was needed no more is gone");
}

#[test]
fn a_session_that_an_administrator_ended_is_followed_by_one_other() {
    let mut site = Site::running(&small());
    assert_eq!(logins(&site), BTreeMap::from([("vc1", 1), ("vc2", 1)]));
    site.begin(moves(4.0));
    site.wait_until("moves are under way", |site| site.in_flight() > 3);
    site.vcenter("vc1", |vcenter, _| vcenter.terminate_sessions());
    site.wait_until("it logged in again", |site| site.counts("vc1").logins > 1);
    site.finish();
    site.wait_right();
    site.assert_nothing_lost();
    site.assert_no_line_twice();
    assert_eq!(logins(&site), BTreeMap::from([("vc1", 2), ("vc2", 1)]));
}

#[test]
fn update_sets_that_are_cut_in_the_middle_withdraw_nothing() {
    let mut site = Site::running(&small());
    site.begin(moves(4.0));
    for round in 0..3 {
        let arrived = site.score().moves;
        site.vcenter("vc1", |vcenter, _| vcenter.faults.cut_update_sets = 1 + round);
        site.wait_until("update sets were cut and moves arrived", |site| {
            let left = site.world.look(|world, _| world.vcenters["vc1"].faults.cut_update_sets);
            left == 0 && site.score().moves > arrived
        });
    }
    site.finish();
    site.wait_right();
    site.assert_nothing_lost();
    site.assert_no_line_twice();
}

#[test]
fn an_inventory_that_is_cut_in_the_middle_withdraws_nothing() {
    let mut site = Site::running(&small());
    let before = site.withdrawn().len();
    site.vcenter("vc1", |vcenter, _| {
        vcenter.faults.cut_update_sets = 2;
        vcenter.terminate_sessions();
    });
    site.wait_until("two listings were cut", |site| {
        site.world.look(|world, _| world.vcenters["vc1"].faults.cut_update_sets == 0)
    });
    assert!(site.log().contains("vCenter vc1 broke off its answer"), "{}", site.report());
    site.outlast(3);
    site.wait_right();
    assert_eq!(site.withdrawn().len(), before, "{}", site.report());
}
