//! The controller ends, in order or not, and comes again.

use rustix::process::Signal;
use vmtracker::lab::model::{dataplane::Verdict, vcenter::SimPower};
use vmtracker_core::net::{InterfaceName, VlanId};

use crate::site::{Site, moves, small};

/// What was cut off is settled from the switch's accounting log; that is the moment to be cut off at.
#[test]
fn killed_in_the_middle_of_moves_it_converges_and_repeats_nothing() {
    let mut site = Site::running(&small());
    site.begin(moves(6.0));
    for round in 1..=3 {
        let lines = site.lines_written();
        site.wait_until("lines are written", |site| site.in_flight() > 4 && site.lines_written() > lines + 3);
        site.wait_until("a write is under way", Site::is_writing);
        site.kill();
        site.start();
        site.wait_until("it knows all its devices again", |site| site.knows_all());
        assert_eq!(site.counts("vc1").logins, round + 1);
    }
    site.finish();
    site.wait_right();
    let state = site.state();
    assert_eq!((state.dark, state.unmet, state.surplus), (0, 0, 0), "{}", site.report());
    site.assert_nothing_lost();
    site.assert_no_line_twice();
    assert!(!site.withdrawn().is_empty(), "the test is void: nothing had to be withdrawn");
}

/// While it is gone a VM is powered off and an operator allows a VLAN: the VM's goes, the operator's stays.
#[test]
fn what_changed_while_it_was_gone_is_made_good() {
    let mut site = Site::running(&small());
    site.kill();
    site.vcenter("vc1", |vcenter, _| {
        let on = vcenter.vms().find(|vm| vm.power == SimPower::On).map(|vm| vm.id.clone()).expect("a VM");
        vcenter.power_off(&on).expect("powered off");
    });
    site.operator_allows("leaf1a", InterfaceName::Ethernet(1, 1), VlanId::new(163).expect("a VLAN"));
    let lines = site.lines_written();
    site.start();
    site.wait_right();
    assert!(!site.withdrawn().is_empty() && site.lines_written() > lines);
    site.assert_nothing_lost();
    site.assert_no_line_twice();
}

fn check_orderly(signal: Signal) {
    let mut site = Site::running(&small());
    site.begin(moves(4.0));
    site.wait_until("moves are under way", |site| site.in_flight() > 3);
    let status = site.end(signal);
    assert_eq!(status.code(), Some(0), "{}", site.report());
    for vcenter in ["vc1", "vc2"] {
        let counts = site.counts(vcenter);
        assert_eq!((counts.logins, counts.logouts), (1, 1), "{vcenter}\n{}", site.report());
        assert_eq!(site.world.look(|world, _| world.vcenters[vcenter].sessions()), 0);
    }
    let lines = site.lines_written();
    site.start();
    site.finish();
    site.wait_right();
    assert!(site.lines_written() > lines, "the test is void: nothing was left to do");
    site.assert_nothing_lost();
    site.assert_no_line_twice();
}

#[test]
fn sigterm_stops_it_in_order() {
    check_orderly(Signal::TERM);
}

#[test]
fn sigint_stops_it_in_order() {
    check_orderly(Signal::INT);
}

/// Needs a VLAN that stands nowhere near: a VM that is off, to be powered on at its host.
#[test]
fn a_pause_outlives_a_restart_and_resume_catches_up() {
    let mut topology = small();
    let late = topology.vms.first_mut().expect("a VM");
    late.on = false;
    let name = late.name.clone();
    let mut site = Site::running(&topology);
    assert_eq!(site.command(&["pause"]).code, Some(0));
    let lines = site.lines_written();
    site.vcenter("vc1", |vcenter, _| {
        let id = vcenter.vm_named(&name).expect("there").clone();
        vcenter.power_on(&id).expect("powered on");
    });
    check_paused(&mut site, lines);
    assert!(site.end(Signal::TERM).success());
    site.start();
    check_paused(&mut site, lines);
    assert!(matches!(site.verdict("vc1", &name), Verdict::Dark(_)), "nobody may have written");
    assert_eq!(site.metric("vmtracker_paused"), Some(1.0));
    assert_eq!(site.command(&["resume"]).code, Some(0));
    site.wait_right();
    assert_eq!(site.verdict("vc1", &name), Verdict::Passes);
    check_history(&site);
}

/// The controller knows what is needed, says that it is paused, and writes nothing for some hold-downs.
fn check_paused(site: &mut Site, lines: usize) {
    site.wait_until("it knows what is needed, and is paused", |site| {
        site.status().is_some_and(|status| status.paused && status.unmet > 0) && site.knows_all()
    });
    site.outlast(2);
    assert_eq!(site.lines_written(), lines, "{}", site.report());
}

fn check_history(site: &Site) {
    let uid = format!("uid {}", rustix::process::getuid().as_raw());
    let by_person: Vec<String> =
        site.history().into_iter().filter(|row| row.actor == uid).map(|row| row.what).collect();
    assert_eq!(by_person, ["resume", "pause"], "newest first");
}
