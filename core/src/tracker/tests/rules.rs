//! The safety rules: what must not happen.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};
use crate::net::InterfaceName;

const LONG: Duration = Duration::from_secs(24 * 3600);

/// A bench with VM 1 on host 1 in VLAN 10 and VM 2 on host 2 in VLAN 11.
fn running() -> Bench {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 2, 11, PowerState::On));
    bench
}

/// Nothing at all was withdrawn, and the finding stands.
fn check_kept(mut bench: Bench, finding: FindingKind) {
    bench.wait(LONG);
    for switch in bench.switches.values() {
        assert_eq!(switch.removed, Vec::new(), "{:?}", bench.tracker.findings(bench.now));
    }
    assert!(bench.finds(finding), "{finding} is not among {:?}", bench.findings());
}

#[test]
fn a_vm_that_leaves_without_a_cause_keeps_its_vlan() {
    let mut bench = running();
    bench.send(Event::VmLeft(vm_id(1)));
    check_kept(bench, FindingKind::Orphan);
}

#[test]
fn an_empty_listing_withdraws_nothing_and_pulls_the_brake() {
    let mut bench = running();
    bench.list(&[], &[]);
    check_kept(bench, FindingKind::Brake);
}

#[test]
fn a_host_that_leaves_the_inventory_keeps_what_its_ports_have() {
    let mut bench = running();
    bench.send(Event::VmDestroyed(vm_id(1)));
    bench.send(Event::VmLeft(vm_id(1)));
    bench.send(Event::HostLeft(host_id(1)));
    check_kept(bench, FindingKind::AbsentHost);
}

#[test]
fn a_running_vm_that_an_absent_host_takes_along_is_not_believed_destroyed() {
    let mut bench = running();
    bench.send(Event::HostSeen(Arc::new(Host { connection: HostConnection::Disconnected, ..host(1) })));
    bench.send(Event::VmDestroyed(vm_id(1)));
    bench.send(Event::VmLeft(vm_id(1)));
    check_kept(bench, FindingKind::Orphan);
}

#[test]
fn an_absent_host_keeps_its_vlans_though_its_vms_run_elsewhere() {
    let check = |away: Host| {
        let mut bench = running();
        bench.send(Event::HostSeen(Arc::new(away)));
        bench.seen(vm(1, 3, 10, PowerState::On));
        assert!(bench.passes(3, 10));
        check_kept(bench, FindingKind::AbsentHost);
    };
    check(Host { connection: HostConnection::NotResponding, ..host(1) });
    check(Host { connection: HostConnection::Disconnected, ..host(1) });
    check(Host { connection: HostConnection::Unknown, ..host(1) });
    check(Host { maintenance: true, ..host(1) });
}

#[test]
fn a_lost_vcenter_freezes_withdrawals_and_not_additions_of_others() {
    let mut bench = running();
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.send(Event::VcenterLost { vcenter: "vc".into(), why: "connection refused".into() });
    check_kept(bench, FindingKind::VcenterLost);
}

#[test]
fn a_vcenter_that_never_let_us_in_is_a_finding_until_it_does() {
    let mut bench = Bench::unconnected();
    let why = "vCenter vc refuses the user name or the password".to_owned();
    bench.send(Event::VcenterLost { vcenter: "vc".into(), why });
    assert!(bench.findings().iter().any(|(_, text)| text.contains("vCenter vc: vCenter vc refuses")));
    assert_eq!(bench.tracker.snapshot(bench.now).vcenters.len(), 1);
    bench.list(&[], &[]);
    assert!(!bench.finds(FindingKind::VcenterLost));
}

#[test]
fn a_pnic_has_one_finding_and_none_while_its_switch_does_not_answer() {
    let mut bench = Bench::unconnected();
    bench.list(&[1], &[vm(1, 1, 10, PowerState::On)]);
    let switch = |name: &str| Event::SwitchLost { switch: name.into(), why: format!("{name} cannot be reached") };
    bench.send(switch("leafa"));
    bench.send(switch("leafb"));
    bench.hear(1, ["leafa", "leafx"]);
    let kinds: Vec<_> = bench.findings().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [FindingKind::SwitchLost, FindingKind::SwitchLost, FindingKind::UnknownSwitch]);
}

#[test]
fn a_listing_that_never_ended_withdraws_nothing() {
    let mut bench = running();
    bench.send(Event::VcenterLost { vcenter: "vc".into(), why: "cut".into() });
    bench.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
    bench.send(Event::ResyncBegan(vc()));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    check_kept(bench, FindingKind::WithdrawalBlocked);
}

#[test]
fn a_stranger_behind_the_port_blocks_the_withdrawal() {
    let mut bench = running();
    for switch in bench.switches.values_mut() {
        switch.macs.insert((InterfaceName::Ethernet(1, 1), vlan(10), mac(9, 9, 9)));
    }
    bench.seen(vm(1, 1, 10, PowerState::Off));
    check_kept(bench, FindingKind::WithdrawalBlocked);
}

#[test]
fn the_address_of_a_vm_just_destroyed_is_no_stranger() {
    let check = |idle: Duration, goes: bool| {
        let mut bench = running();
        bench.send(Event::VmDestroyed(vm_id(2)));
        bench.send(Event::VmLeft(vm_id(2)));
        bench.wait(idle);
        for switch in bench.switches.values_mut() {
            switch.macs.insert((InterfaceName::Ethernet(1, 1), vlan(10), mac(2, 2, 0)));
        }
        bench.seen(vm(1, 1, 10, PowerState::Off));
        bench.wait(HOLD_DOWN + Duration::from_secs(5));
        assert_eq!(!bench.passes(1, 10), goes, "{:?}", bench.findings());
    };
    check(Duration::ZERO, true);
    // No switch remembers it for so long: somebody speaks with it now.
    check(Duration::from_secs(1900), false);
}

#[test]
fn a_vm_that_is_not_ready_where_it_runs_now_keeps_its_old_vlan() {
    let mut bench = running();
    for switch in bench.switches.values_mut() {
        switch.ports.remove(&InterfaceName::Ethernet(1, 3));
    }
    bench.read_switches();
    bench.seen(vm(1, 3, 10, PowerState::On));
    check_kept(bench, FindingKind::NotPermitted);
}

#[test]
fn a_withdrawal_that_was_allowed_is_taken_back_when_what_allowed_it_is_no_longer_so() {
    let check = |event: Event| {
        let mut bench = running();
        bench.listen("leafb", false);
        bench.seen(vm(1, 1, 10, PowerState::Off));
        bench.wait(HOLD_DOWN + Duration::from_secs(3));
        bench.send(event.clone());
        bench.listen("leafb", true);
        assert_eq!(bench.switches[&"leafb".into()].removed, Vec::new(), "{event:?}");
        assert!(!bench.switches[&"leafa".into()].removed.is_empty(), "leafa did it at once");
    };
    check(Event::VcenterLost { vcenter: "vc".into(), why: "cut".into() });
    check(Event::ResyncBegan(vc()));
    check(Event::HostSeen(Arc::new(Host { connection: HostConnection::NotResponding, ..host(1) })));
    check(Event::HostLeft(host_id(1)));
}

#[test]
fn the_pace_holds_over_a_restart() {
    let mut bench = Bench::new();
    let power = |bench: &mut Bench, power| (10..40).for_each(|number| bench.seen(vm(number, 1, number, power)));
    power(&mut bench, PowerState::On);
    power(&mut bench, PowerState::Off);
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert_eq!(bench.switches[&"leafa".into()].removed.len(), 20);
    bench.restart();
    let off: Vec<Vm> = (10..40).map(|number| vm(number, 1, number, PowerState::Off)).collect();
    bench.list(&[1, 2, 3], &off);
    bench.wait(HOLD_DOWN * 5);
    assert_eq!(bench.switches[&"leafa".into()].removed.len(), 20, "20 went out within ten minutes");
    bench.wait(HOLD_DOWN * 10);
    assert_eq!(bench.switches[&"leafa".into()].removed.len(), 30);
}

#[test]
fn a_configured_switch_that_has_not_answered_yet_is_not_unknown() {
    let mut bench = Bench::unconnected();
    bench.list(&[1], &[]);
    bench.wait(Duration::from_secs(120));
    assert!(!bench.finds(FindingKind::UnknownSwitch), "{:?}", bench.findings());
    bench.hear(1, ["leafa", "stranger"]);
    assert!(bench.finds(FindingKind::UnknownSwitch), "{:?}", bench.findings());
}

#[test]
fn pause_stops_every_write_and_resume_catches_up() {
    let mut bench = running();
    bench.send(Event::Paused(true));
    bench.seen(vm(3, 3, 12, PowerState::On));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert!(!bench.passes(3, 12) && bench.passes(1, 10));
    bench.send(Event::Paused(false));
    bench.wait(Duration::from_secs(10));
    assert!(bench.passes(3, 12) && !bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn observe_says_only_and_every_level_may_say_otherwise() {
    let check = |switch: Act, port: Option<Act>, adds: bool| {
        let mut bench = Bench::new();
        for policy in bench.policy.switches.values_mut() {
            policy.mode = Mode::both(switch);
            let own = InterfacePolicy { mode: port.map(Mode::both), allowed: None };
            policy.interfaces.insert(InterfaceName::Ethernet(1, 1), own);
        }
        bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
        bench.seen(vm(1, 1, 10, PowerState::On));
        assert_eq!(bench.passes(1, 10), adds, "{switch:?} {port:?}");
        assert_eq!(bench.finds(FindingKind::ObserveOnly), !adds);
    };
    check(Act::Observe, None, false);
    check(Act::Enforce, None, true);
    check(Act::Observe, Some(Act::Enforce), true);
    check(Act::Enforce, Some(Act::Observe), false);
}

#[test]
fn allowed_ranges_bound_everything_and_narrowing_them_withdraws_nothing() {
    let mut bench = running();
    bench.policy.allowed = "11-3000".parse().ok();
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench.seen(vm(3, 3, 10, PowerState::On));
    assert!(!bench.passes(3, 10) && bench.passes(1, 10));
    check_kept(bench, FindingKind::NotPermitted);
}

#[test]
fn reserved_vlans_and_vlan_1_are_never_written() {
    let mut bench = Bench::new();
    bench.policy.allowed = None;
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    for (number, vlan_id) in [(1, 1), (2, 3968), (3, 20)] {
        let group = PortGroup { id: ObjectId::new(&vc(), "pg-x"), name: "x".into(), teaming: None, ..group(vlan_id) };
        bench.send(Event::PortGroupSeen(Arc::new(group)));
        bench.seen(vm(number, 1, vlan_id, PowerState::On));
    }
    assert!(bench.switches.values().all(|switch| switch.writes == 0), "no range is configured: no VLAN is created");
    assert_eq!(bench.findings().iter().filter(|(kind, _)| *kind == FindingKind::NotPermitted).count(), 6);
}

#[test]
fn a_refused_withdrawal_that_is_told_twice_does_not_disown_the_vlan() {
    let mut bench = running();
    for switch in bench.switches.values_mut() {
        switch.refuses = vlan(10).into();
    }
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(bench.passes(1, 10), "both switches refuse to withdraw it");
    for name in ["leafa", "leafb"] {
        let place = Place::Interface(InterfaceName::Ethernet(1, 1));
        let results = vec![Outcome { place, vlan: vlan(10), result: StepResult::Refused("ERROR: no".into()) }];
        let (switch, serial) = (name.into(), format!("S-{name}"));
        bench.send(Event::Done(Done { switch, serial, generation: 1, results }));
    }
    for switch in bench.switches.values_mut() {
        switch.refuses = crate::net::VlanSet::EMPTY;
    }
    bench.wait(Duration::from_secs(3600));
    assert!(!bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn what_a_switch_refuses_is_a_finding_and_is_not_tried_again_at_once() {
    let mut bench = Bench::new();
    for switch in bench.switches.values_mut() {
        switch.refuses = vlan(10).into();
    }
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 1, 11, PowerState::On));
    assert!(bench.finds(FindingKind::Refused) && bench.passes(1, 11));
    let writes = bench.switches[&"leafa".into()].writes;
    bench.wait(Duration::from_secs(20));
    assert_eq!(bench.switches[&"leafa".into()].writes, writes);
    for switch in bench.switches.values_mut() {
        switch.refuses = crate::net::VlanSet::EMPTY;
    }
    bench.wait(Duration::from_secs(60));
    assert!(bench.passes(1, 10));
}

#[test]
fn a_vlan_of_ours_that_somebody_removes_is_put_back_once_and_then_later_and_later() {
    let mut bench = running();
    for times in 1..=3 {
        bench
            .switches
            .get_mut(&"leafa".into())
            .expect("leafa")
            .ports
            .insert(InterfaceName::Ethernet(1, 1), vlan(5).into());
        bench.now = bench.now + Duration::from_secs(1);
        bench.read_switches();
        assert_eq!(bench.passes(1, 10), times == 1, "time {times}");
        assert_eq!(bench.finds(FindingKind::Drift), times > 1, "{:?}", bench.findings());
        bench.wait(Duration::from_secs(3600));
        assert!(bench.passes(1, 10));
    }
}

#[test]
fn a_removal_that_is_seen_twice_before_the_ledger_knows_counts_once() {
    let mut bench = running();
    let leafa = bench.switches.get_mut(&"leafa".into()).expect("leafa");
    leafa.ports.insert(InterfaceName::Ethernet(1, 1), vlan(5).into());
    bench.now = bench.now + Duration::from_secs(1);
    let seen = Event::Observed(bench.observation(&"leafa".into(), true).into());
    let journalled: Vec<Intent> = bench.tracker.handle(seen.clone(), bench.now);
    bench.tracker.handle(seen, bench.now);
    for intent in journalled {
        if let Intent::Journal(records) = intent {
            bench.send(Event::Recorded(records));
        }
    }
    assert!(!bench.finds(FindingKind::Drift), "{:?}", bench.findings());
}

#[test]
fn a_person_closes_what_only_a_person_ends() {
    let mut bench = running();
    bench.send(Event::VmLeft(vm_id(1)));
    for switch in ["leafa", "leafb"] {
        let interface = InterfaceName::Ethernet(1, 1);
        bench.send(Event::Closed { switch: switch.into(), interface, vlan: vlan(10) });
    }
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert!(!bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_person_closes_what_a_host_left_behind() {
    let mut bench = running();
    bench.send(Event::VmLeft(vm_id(1)));
    bench.send(Event::HostLeft(host_id(1)));
    let interface = InterfaceName::Ethernet(1, 1);
    bench.send(Event::Closed { switch: "leafa".into(), interface, vlan: vlan(10) });
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    let lists = |name: &str| bench.switches[&name.into()].passes(1, 10);
    assert!(!lists("leafa") && lists("leafb"), "only what was closed goes");
}

#[test]
fn an_unknown_need_keeps_what_stands() {
    let mut bench = running();
    bench.seen(Vm { vnics: None, ..vm(1, 1, 10, PowerState::On) });
    bench.wait(LONG);
    assert!(bench.passes(1, 10));
    let mut odd = vm(1, 1, 10, PowerState::On);
    odd.vnics.iter_mut().flatten().for_each(|vnic| vnic.backing = Backing::Unknown { class: "nsx".into() });
    bench.seen(odd);
    check_kept(bench, FindingKind::UnknownNeed);
}
