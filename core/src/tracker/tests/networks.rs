//! What trunks get for port groups of every kind.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{super::*, bench::*, properties::check_incremental};

const LONG: Duration = Duration::from_secs(24 * 3600);
const WITHDRAWN: Duration = Duration::from_secs(HOLD_DOWN.as_secs() + 5);

/// A bench whose port group `pg-10` has this VLAN; a group that many VLANs are served for is not created by the bench.
fn with(spec: VlanSpec) -> Bench {
    let mut bench = Bench::new();
    tell(&mut bench, PortGroup { vlan: spec, ..group(10) });
    bench
}

fn tell(bench: &mut Bench, group: PortGroup) {
    bench.send(Event::PortGroupSeen(Arc::new(group)));
}

fn ranges(list: &str) -> VlanSpec {
    VlanSpec::Trunk(list.parse().expect("a list"))
}

fn text_of(bench: &mut Bench, kind: FindingKind) -> String {
    let found = bench.findings();
    let mut of_kind = found.iter().filter(|(found, _)| *found == kind);
    let text = of_kind.next().map(|(_, text)| text.clone()).unwrap_or_else(|| panic!("no {kind} among {found:?}"));
    assert_eq!(of_kind.next(), None, "told once");
    text
}

fn change_policy(bench: &mut Bench, change: impl FnOnce(&mut Policy)) {
    change(&mut bench.policy);
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
}

#[test]
fn a_vm_that_tags_by_itself_gets_every_vlan_of_its_ranges_and_loses_them_when_it_is_off() {
    let mut bench = with(ranges("20-22,30"));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!([20, 21, 22, 30].into_iter().all(|number| bench.passes(1, number)) && !bench.passes(1, 23));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(WITHDRAWN);
    assert!(![20, 21, 22, 30].into_iter().any(|number| bench.passes(1, number)), "{:?}", bench.findings());
}

#[test]
fn a_wide_port_group_gets_nothing_without_consent_and_what_stood_before_stays() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    for spec in [ranges("1-4094"), VlanSpec::Guest] {
        tell(&mut bench, PortGroup { vlan: spec, ..group(10) });
        bench.wait(LONG);
        assert!(bench.passes(1, 10) && !bench.passes(1, 11), "{:?}", bench.findings());
        let text = text_of(&mut bench, FindingKind::WideTrunk);
        assert!(text.contains("port group \"net 10\" of vCenter vc") && text.contains("allowed-vlans"), "{text}");
    }
}

#[test]
fn with_consent_a_wide_port_group_gets_what_fabric_and_vcenter_allow() {
    for spec in [ranges("1-4094"), VlanSpec::Guest] {
        let mut bench = with(spec);
        change_policy(&mut bench, |policy| {
            let own = policy.vcenters.get_mut(&"vc".into()).expect("a vCenter");
            *own = VcenterPolicy {
                allowed: "2999-3002".parse().ok(),
                wide_trunks: Some(WideTrunks::AllowedVlans),
                ..VcenterPolicy::default()
            };
        });
        bench.seen(vm(1, 1, 10, PowerState::On));
        assert!(bench.passes(1, 2999) && bench.passes(1, 3000) && !bench.passes(1, 3001), "the fabric allows 2-3000");
        assert!(!bench.finds(FindingKind::WideTrunk) && !bench.finds(FindingKind::NotPermitted));
    }
}

#[test]
fn what_the_configuration_allows_no_more_of_a_wide_port_group_is_not_withdrawn_by_itself() {
    let allow = |list: &str| {
        let own = VcenterPolicy {
            allowed: list.parse().ok(),
            wide_trunks: Some(WideTrunks::AllowedVlans),
            ..VcenterPolicy::default()
        };
        move |policy: &mut Policy| drop(policy.vcenters.insert("vc".into(), own))
    };
    let mut bench = with(ranges("1-4094"));
    change_policy(&mut bench, allow("100-102"));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 102));
    change_policy(&mut bench, allow("100-101"));
    bench.wait(LONG);
    assert!(bench.passes(1, 101) && bench.passes(1, 102), "{:?}", bench.findings());
    assert!(bench.finds(FindingKind::WithdrawalBlocked));
    bench.seen(vm(1, 2, 10, PowerState::On));
    bench.wait(WITHDRAWN);
    assert!(!bench.passes(1, 101) && !bench.passes(1, 102) && bench.passes(2, 101), "{:?}", bench.findings());
}

#[test]
fn what_is_wide_is_a_matter_of_policy() {
    let mut bench = with(ranges("100-139"));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(!bench.passes(1, 100));
    change_policy(&mut bench, |policy| policy.wide_trunk = 40);
    assert!((100..140).all(|number| bench.passes(1, number)) && !bench.finds(FindingKind::WideTrunk));
}

fn dvs(rows: &[(u16, u16, PvlanKind)]) -> Event {
    let row = |(primary, secondary, kind): &(u16, u16, PvlanKind)| Pvlan {
        primary: vlan(*primary),
        secondary: vlan(*secondary),
        kind: *kind,
    };
    Event::DvsSeen(Arc::new(Dvs {
        id: ObjectId::new(&vc(), "dvs-1"),
        uuid: "dvs".into(),
        name: "DSwitch".into(),
        pvlans: rows.iter().map(row).collect(),
        lags: Vec::new(),
    }))
}

#[test]
fn a_private_vlan_is_served_with_its_primary_once_the_map_is_known() {
    let mut bench = with(VlanSpec::Private(vlan(101)));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(text_of(&mut bench, FindingKind::UnknownNeed).contains("private VLAN 101"));
    bench.send(dvs(&[
        (100, 100, PvlanKind::Promiscuous),
        (100, 101, PvlanKind::Isolated),
        (100, 102, PvlanKind::Community),
    ]));
    assert!(bench.passes(1, 100) && bench.passes(1, 101) && !bench.passes(1, 102), "{:?}", bench.findings());
    assert!(!bench.finds(FindingKind::UnknownNeed));
    tell(&mut bench, PortGroup { vlan: VlanSpec::Private(vlan(100)), ..group(11) });
    bench.seen(vm(2, 2, 11, PowerState::On));
    assert!([100, 101, 102].into_iter().all(|number| bench.passes(2, number)), "a promiscuous port hears all");
}

#[test]
fn a_map_of_private_vlans_that_shrinks_takes_nothing_away() {
    let mut bench = with(VlanSpec::Private(vlan(101)));
    bench.send(dvs(&[(100, 101, PvlanKind::Isolated)]));
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(dvs(&[]));
    bench.wait(LONG);
    assert!(bench.passes(1, 100) && bench.passes(1, 101));
    assert!(bench.finds(FindingKind::UnknownNeed));
}

#[test]
fn a_lag_has_its_vlan_on_every_member() {
    let mut bench = Bench::new();
    let mut bundled = host(1);
    let uplinks =
        bundled.network.iter_mut().flat_map(|network| &mut network.proxy_switches).flat_map(|proxy| &mut proxy.uplinks);
    uplinks.for_each(|uplink| uplink.name = "lag1".into());
    bench.send(Event::HostSeen(Arc::new(bundled)));
    let teaming = Teaming { active: vec!["lag1".into()], policy: TeamingPolicy::IpHash, ..Teaming::default() };
    tell(&mut bench, PortGroup { teaming: Some(teaming), ..group(10) });
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10), "on both legs: {:?}", bench.findings());
}

fn port(number: u16, spec: Option<u16>) -> DvPort {
    DvPort {
        key: number.to_string(),
        group: "pg-10".into(),
        connectee: Some(Connectee { entity: vm_id(number).moid, nic: "4000".into() }),
        vlan: Some(VlanSpec::Access(vlan(spec.unwrap_or(10)))),
        vlan_inherited: spec.is_none(),
        teaming: None,
    }
}

fn read(bench: &mut Bench, ports: Vec<DvPort>) {
    bench.send(Event::PortsSeen { vcenter: vc(), groups: vec!["pg-10".into()], ports });
}

fn overriding() -> PortGroup {
    PortGroup { overrides: Overrides { vlan: true, teaming: false }, ..group(10) }
}

#[test]
fn a_port_that_was_not_read_gets_what_its_group_says_and_then_what_is_its_own() {
    let mut bench = Bench::new();
    tell(&mut bench, overriding());
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10));
    assert!(!bench.finds(FindingKind::UnreadPort), "it is read within a minute");
    bench.wait(Duration::from_secs(61));
    assert!(bench.finds(FindingKind::UnreadPort));
    read(&mut bench, vec![port(1, Some(55))]);
    assert!(bench.passes(1, 55) && !bench.finds(FindingKind::UnreadPort));
    bench.wait(WITHDRAWN);
    assert!(bench.passes(1, 55) && !bench.passes(1, 10), "{:?}", bench.findings());
    read(&mut bench, vec![port(1, None)]);
    bench.wait(WITHDRAWN);
    assert!(bench.passes(1, 10) && !bench.passes(1, 55), "{:?}", bench.findings());
}

#[test]
fn what_a_port_had_of_its_own_is_not_withdrawn_before_it_was_read_anew() {
    let mut bench = Bench::new();
    tell(&mut bench, overriding());
    read(&mut bench, vec![port(1, Some(55))]);
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 55) && !bench.passes(1, 10));
    bench.restart();
    bench.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
    bench.send(Event::ResyncBegan(vc()));
    tell(&mut bench, overriding());
    (1..=3).for_each(|number| bench.send(Event::HostSeen(Arc::new(host(number)))));
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::ResyncEnded(vc()));
    (1..=3).for_each(|number| bench.hear(number, ["leafa", "leafb"]));
    bench.wait(LONG);
    assert!(bench.passes(1, 55), "{:?}", bench.findings());
    read(&mut bench, vec![port(1, None)]);
    bench.wait(WITHDRAWN);
    assert!(bench.passes(1, 10) && !bench.passes(1, 55), "{:?}", bench.findings());
}

#[test]
fn a_port_that_somebody_else_had_says_nothing_of_its_next_user() {
    let mut bench = Bench::new();
    tell(&mut bench, overriding());
    read(&mut bench, vec![port(1, Some(55))]);
    let mut next = vm(2, 2, 10, PowerState::On);
    next.vnics.iter_mut().flatten().for_each(|vnic| vnic.port_key = Some("1".into()));
    bench.seen(next);
    assert!(bench.passes(2, 10) && !bench.passes(2, 55));
}

#[test]
fn an_untagged_port_group_changes_nothing_and_says_what_its_native_vlan_lacks() {
    let mut bench = with(VlanSpec::Untagged);
    bench.switches.values_mut().for_each(|switch| switch.native = Some(vlan(1)));
    bench.read_switches();
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(!bench.finds(FindingKind::NativeVlan), "the next reading may mend it");
    bench.wait(Duration::from_secs(61));
    let told = bench.findings();
    let told: Vec<_> = told.iter().filter(|(kind, _)| *kind == FindingKind::NativeVlan).collect();
    assert_eq!(told.len(), 2, "one for each port: {told:?}");
    let line = "interface Ethernet1/1 ; switchport trunk allowed vlan add 1";
    assert!(told.iter().all(|(_, text)| text.contains(line) && text.contains("native VLAN 1")), "{told:?}");
    assert!(bench.switches.values().all(|switch| switch.writes == 0));
    for list in bench.switches.values_mut().flat_map(|switch| switch.ports.values_mut()) {
        list.insert(vlan(1));
    }
    bench.read_switches();
    assert!(!bench.finds(FindingKind::NativeVlan), "{:?}", bench.findings());
    for switch in bench.switches.values_mut() {
        switch.vlans.remove(vlan(1));
    }
    bench.read_switches();
    assert!(!bench.finds(FindingKind::NativeVlan));
    bench.wait(Duration::from_secs(61));
    assert!(bench.findings().iter().any(|(_, text)| text.contains("create it: vlan 1")), "{:?}", bench.findings());
}

#[test]
fn a_vlan_that_is_needed_tagged_and_is_native_there_is_a_finding() {
    let mut bench = Bench::new();
    bench.switches.values_mut().for_each(|switch| switch.native = Some(vlan(10)));
    bench.read_switches();
    bench.seen(vm(1, 1, 11, PowerState::On));
    assert!(!bench.finds(FindingKind::NativeTagged));
    bench.seen(vm(2, 1, 10, PowerState::On));
    let told = bench.findings();
    let told: Vec<_> = told.iter().filter(|(kind, _)| *kind == FindingKind::NativeTagged).collect();
    assert!(told.len() == 2 && told.iter().all(|(_, text)| text.contains("Ethernet1/1 VLAN 10")), "{told:?}");
}

#[derive(Clone, Debug)]
enum Op {
    Group(u8, bool),
    Ports(Vec<(u16, Option<u16>)>),
    Map(bool),
    Vm(u16, u16, bool),
    Host(u16, bool),
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0u8..6, any::<bool>()).prop_map(|(spec, own)| Op::Group(spec, own)),
        prop::collection::vec((1u16..=4, prop::option::of(50u16..53)), 0..4).prop_map(Op::Ports),
        any::<bool>().prop_map(Op::Map),
        (1u16..=4, 1u16..=3, any::<bool>()).prop_map(|(vm, host, on)| Op::Vm(vm, host, on)),
        (1u16..=3, any::<bool>()).prop_map(|(host, whole)| Op::Host(host, whole)),
        (1u64..200).prop_map(Op::Wait),
    ]
}

fn act(bench: &mut Bench, op: &Op) {
    match op {
        Op::Group(spec, own) => {
            let specs = [
                VlanSpec::Access(vlan(10)),
                VlanSpec::Untagged,
                ranges("20-22"),
                VlanSpec::Guest,
                VlanSpec::Private(vlan(101)),
                VlanSpec::Unknown,
            ];
            let vlan = specs[usize::from(*spec)].clone();
            tell(bench, PortGroup { vlan, overrides: Overrides { vlan: *own, teaming: false }, ..group(10) });
        }
        Op::Ports(ports) => read(bench, ports.iter().map(|(number, spec)| port(*number, *spec)).collect()),
        Op::Map(known) => {
            let rows = [(100, 100, PvlanKind::Promiscuous), (100, 101, PvlanKind::Isolated)];
            bench.send(dvs(if *known { &rows } else { &[] }));
        }
        Op::Vm(number, on_host, on) => {
            bench.seen(vm(*number, *on_host, 10, if *on { PowerState::On } else { PowerState::Off }));
        }
        Op::Host(number, whole) => {
            let network = host(*number).network.filter(|_| *whole);
            bench.send(Event::HostSeen(Arc::new(Host { network, ..host(*number) })));
        }
        Op::Wait(seconds) => bench.wait(Duration::from_secs(*seconds)),
    }
}

proptest! {
    #![proptest_config(super::cases(200))]

    #[test]
    fn whatever_networks_become_what_was_kept_up_to_date_is_what_is_computed_anew(ops in prop::collection::vec(op(), 1..30)) {
        let mut bench = Bench::new();
        for op in &ops {
            act(&mut bench, op);
            check_incremental(&bench.tracker);
            assert!(bench.switches.values().all(|switch| switch.ports.values().all(|list| list.contains(vlan(5)))));
        }
    }
}
