//! Custom attributes of a port group: they narrow what is added, and take nothing away.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{super::*, bench::*};

const LONG: Duration = Duration::from_secs(24 * 3600);

fn steer(bench: &mut Bench, number: u16, steering: Steering) {
    bench.send(Event::PortGroupSeen(Arc::new(PortGroup { steering, ..group(number) })));
}

fn observe() -> Steering {
    Steering { observe: true, ..Steering::default() }
}

fn allowed(vlans: &str) -> Steering {
    Steering { allowed: vlans.parse().ok(), ..Steering::default() }
}

fn unread() -> Steering {
    Steering { unread: vec!["vmtracker.mode is \"x\": use observe or enforce".to_owned()], ..Steering::default() }
}

/// A VM in a port group of its own that has VLAN 10 as well, and no attributes.
fn elsewhere(number: u16, on_host: u16) -> Vm {
    let backing = Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: "pg-other".into() };
    let other = vm(number, on_host, 10, PowerState::On);
    let vnics = other.vnics.into_iter().flatten().map(|vnic| Vnic { backing: backing.clone(), ..vnic });
    Vm { vnics: Some(vnics.collect()), ..vm(number, on_host, 10, PowerState::On) }
}

fn text(bench: &mut Bench, kind: FindingKind) -> String {
    let found = bench.findings().into_iter().find(|(found, _)| *found == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {:?}", bench.findings())).1
}

#[test]
fn what_an_attribute_narrows_is_a_finding_and_not_added_until_it_is_taken_back() {
    let check = |steering: Steering, kind: FindingKind, words: &[&str]| {
        let mut bench = Bench::new();
        steer(&mut bench, 10, steering);
        bench.seen(vm(1, 1, 10, PowerState::On));
        bench.seen(vm(2, 2, 11, PowerState::On));
        assert!(!bench.passes(1, 10) && bench.passes(2, 11), "{words:?}");
        let found = text(&mut bench, kind);
        assert!(words.iter().all(|word| found.contains(word)), "{found}");
        steer(&mut bench, 10, Steering::default());
        assert!(bench.passes(1, 10), "{words:?}");
        assert_eq!(bench.findings(), Vec::new());
    };
    let group = "port group \"net 10\"";
    check(observe(), FindingKind::ObserveOnly, &["vmtracker.mode", group, "web;1"]);
    check(allowed("20-30"), FindingKind::NotPermitted, &["vmtracker.allowed", group, "(20-30)", "web;1"]);
    check(allowed("none"), FindingKind::NotPermitted, &["vmtracker.allowed", group]);
    check(unread(), FindingKind::ObserveOnly, &["cannot be read", group]);
    check(unread(), FindingKind::BadAttribute, &[group, "of vCenter vc", "use observe or enforce", "not added"]);
}

#[test]
fn an_attribute_that_allows_more_than_the_configuration_widens_nothing() {
    let mut bench = Bench::new();
    bench.policy.allowed = "11".parse().ok();
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    steer(&mut bench, 10, allowed("all"));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(!bench.passes(1, 10));
    assert!(text(&mut bench, FindingKind::NotPermitted).contains("of the fabric"));
}

#[test]
fn one_who_may_have_a_vlan_is_enough() {
    for steering in [observe(), allowed("20"), unread()] {
        let mut bench = Bench::new();
        bench.send(Event::PortGroupSeen(Arc::new(PortGroup { key: "pg-other".into(), ..group(10) })));
        steer(&mut bench, 10, steering);
        bench.seen(vm(1, 1, 10, PowerState::On));
        assert!(!bench.passes(1, 10));
        bench.seen(elsewhere(2, 1));
        assert!(bench.passes(1, 10), "{:?}", bench.findings());
    }
}

#[test]
fn an_attribute_withdraws_nothing_while_it_is_needed_and_keeps_nothing_that_is_not() {
    for steering in [observe(), allowed("20"), unread()] {
        let mut bench = Bench::new();
        bench.seen(vm(1, 1, 10, PowerState::On));
        steer(&mut bench, 10, steering);
        bench.wait(LONG);
        assert!(bench.passes(1, 10));
        assert!(bench.switches.values().all(|switch| switch.removed.is_empty()));
        bench.seen(vm(1, 1, 10, PowerState::Off));
        bench.wait(LONG);
        assert!(!bench.passes(1, 10), "{:?}", bench.findings());
    }
}

#[test]
fn a_move_asks_for_no_more_than_the_vm() {
    for (steering, passes) in [(observe(), false), (allowed("20"), false), (allowed("10"), true)] {
        let mut bench = Bench::new();
        steer(&mut bench, 10, steering);
        bench.seen(vm(1, 1, 10, PowerState::On));
        bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(2)) });
        assert_eq!(bench.passes(2, 10), passes, "{:?}", bench.findings());
    }
}

#[test]
fn a_vm_with_adapters_in_several_port_groups_moves_with_what_each_may_have() {
    let mut bench = Bench::new();
    steer(&mut bench, 10, observe());
    let second = vm(1, 1, 11, PowerState::On).vnics.into_iter().flatten().map(|vnic| Vnic { key: 4001, ..vnic });
    let vnics = vm(1, 1, 10, PowerState::On).vnics.into_iter().flatten().chain(second).collect();
    bench.seen(Vm { vnics: Some(vnics), ..vm(1, 1, 10, PowerState::On) });
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(2)) });
    assert!(bench.passes(2, 11) && !bench.passes(2, 10), "{:?}", bench.findings());
}

#[test]
fn a_prepared_cluster_is_prepared_for_no_more_than_its_port_groups_may_have() {
    let mut bench = Bench::new();
    let policy = VcenterPolicy { prepare: Prepare::Cluster, ..VcenterPolicy::default() };
    bench.policy.vcenters.insert("vc".into(), policy);
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    steer(&mut bench, 10, observe());
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 2, 11, PowerState::On));
    assert!((1..=3).all(|port| bench.passes(port, 11) && !bench.passes(port, 10)), "{:?}", bench.findings());
    steer(&mut bench, 10, Steering::default());
    assert!((1..=3).all(|port| bench.passes(port, 10)), "{:?}", bench.findings());
}

#[test]
fn what_is_out_of_sight_stays_narrowed() {
    let mut bench = Bench::new();
    steer(&mut bench, 10, observe());
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::PortGroupLeft(group(10).id));
    bench.wait(LONG);
    assert!(!bench.passes(1, 10), "its port group left the view");
    steer(&mut bench, 10, observe());
    bench.seen(Vm { vnics: None, ..vm(1, 1, 10, PowerState::On) });
    bench.wait(LONG);
    assert!(!bench.passes(1, 10), "nobody tells in which port group it is");
    assert!(bench.finds(FindingKind::ObserveOnly));
}

#[test]
fn a_finding_names_whom_it_is_about() {
    let mut bench = Bench::new();
    steer(&mut bench, 10, observe());
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 2, 11, PowerState::On));
    bench.send(Event::HostSeen(Arc::new(Host { connection: HostConnection::Disconnected, ..host(3) })));
    let findings = bench.tracker.findings(bench.now);
    let about = |kind: FindingKind| {
        let found = findings.iter().filter(|finding| finding.kind == kind);
        found.flat_map(|finding| finding.about.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(about(FindingKind::ObserveOnly), BTreeSet::from([Entity::Vm(vm_id(1))]));
    assert_eq!(about(FindingKind::AbsentHost), BTreeSet::from([Entity::Host(host_id(3))]));
}

#[test]
fn trouble_with_writing_findings_is_a_finding_until_it_is_over() {
    let mut bench = Bench::new();
    let annotated =
        |trouble: Option<&str>| Event::Annotated { vcenter: "vc".into(), trouble: trouble.map(str::to_owned) };
    bench.send(annotated(Some("no privilege")));
    assert!(text(&mut bench, FindingKind::Feedback).contains("vCenter vc: no privilege"));
    bench.send(annotated(None));
    assert!(!bench.finds(FindingKind::Feedback));
    bench.send(annotated(Some("no privilege")));
    bench.policy.vcenters.clear();
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    assert!(!bench.finds(FindingKind::Feedback), "it is in the configuration no more");
}
