//! What people do by hand meanwhile: mend, delete, make anew. What they mended counts at once, and what they made is theirs.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*, pair_bench::*};

const LONG: Duration = Duration::from_secs(24 * 3600);

/// A bench where leafb refuses VLAN 10 so often that it is tried again much later only.
fn refused() -> PairBench {
    let mut bench = PairBench::new();
    bench.refuse("leafb", "10");
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.wait(Duration::from_secs(2000));
    assert!(!bench.passes(1, 10) && !bench.has("leafa", 1, 10));
    bench
}

#[test]
fn what_a_person_adds_where_it_was_refused_lets_the_other_leg_have_it_at_once() {
    let mut bench = refused();
    bench.leaf("leafb").switch.vlans.insert(vlan(10));
    bench.add_by_hand("leafb", 1, 10);
    bench.read_all();
    assert!(bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_vlan_that_stays_because_its_withdrawal_was_refused_is_needed_again_and_passes_at_once() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.refuse("leafb", "10");
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert_eq!(NAMES.map(|name| bench.has(name, 1, 10)), [false, true]);
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn what_stands_on_a_port_channel_that_was_deleted_and_made_anew_is_foreign() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    let mut deleted = bench.observation(&"leafa".into(), None);
    deleted.ports.remove(&port("leafa", 1));
    deleted.port_channels.as_mut().map(|channels| channels.remove(&port("leafa", 1)));
    bench.now = bench.now + Duration::from_millis(1);
    bench.send(Event::Observed(Arc::new(Observation { at: bench.now, ..deleted })));
    bench.wait(LONG);
    assert_eq!(NAMES.map(|name| bench.has(name, 1, 10)), [true, false], "{:?}", bench.findings());
}

#[test]
fn what_stood_before_is_not_undone_after_a_reload_that_proved_it_ours_once_more() {
    let mut bench = PairBench::new();
    bench.saves = true;
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.wait(Duration::from_secs(900));
    bench.refuse("leafb", "10");
    bench.leaf("leafb").switch.ports.get_mut(&port("leafb", 1)).map(|list| list.remove(vlan(10)));
    bench.wait(Duration::from_secs(900));
    bench.live("leafa", false);
    bench.wait(Duration::from_secs(120));
    bench.live("leafa", true);
    bench.wait(Duration::from_secs(900));
    assert_eq!(NAMES.map(|name| bench.has(name, 1, 10)), [true, false], "{:?}", bench.findings());
}

#[test]
fn a_trunk_without_a_list_gets_the_vlan_into_the_database() {
    let mut bench = PairBench::new();
    let mut observation = bench.observation(&"leafa".into(), None);
    if let Some(state) = observation.ports.get_mut(&port("leafa", 5)) {
        state.allowed = Allowed::Everything;
    }
    bench.now = bench.now + Duration::from_millis(1);
    bench.leaf("leafa").slow = true;
    bench.send(Event::Observed(Arc::new(Observation { at: bench.now, ..observation })));
    bench.seen(vm(1, 5, 10, PowerState::On));
    let wanted = bench.told("leafa").and_then(|told| told.present.get(&Place::VlanDatabase).cloned());
    assert!(wanted.is_some_and(|vlans| vlans.contains(vlan(10))), "{:?}", bench.findings());
}

#[test]
fn a_vlan_that_nobody_needs_may_be_deleted_again_and_again() {
    let mut bench = Bench::new();
    for _ in 0..3 {
        bench.seen(vm(1, 1, 10, PowerState::On));
        assert!(bench.passes(1, 10), "{:?}", bench.findings());
        bench.seen(vm(1, 1, 10, PowerState::Off));
        bench.wait(HOLD_DOWN + Duration::from_secs(5));
        assert!(!bench.passes(1, 10));
        for switch in bench.switches.values_mut() {
            switch.vlans.remove(vlan(10));
        }
        bench.now = bench.now + Duration::from_millis(1);
        bench.read_switches();
    }
}

#[test]
fn the_pace_holds_while_a_switch_is_slow_to_show_its_addresses() {
    let mut bench = Bench::new();
    let power = |bench: &mut Bench, power| (10..40).for_each(|number| bench.seen(vm(number, 1, number, power)));
    power(&mut bench, PowerState::On);
    power(&mut bench, PowerState::Off);
    bench.now = bench.now + HOLD_DOWN;
    for _ in 0..10 {
        bench.now = bench.now + Duration::from_secs(2);
        let _asked = bench.tracker.handle(Event::Woke, bench.now);
    }
    bench.now = bench.now + Duration::from_millis(1);
    for name in NAMES {
        let shown = bench.observation(&name.into(), false);
        let shown = Observation { macs: Some(Vec::new()), vlans: None, ..shown };
        bench.send(Event::Observed(Arc::new(shown)));
    }
    let removed = |name: &str| bench.switches[&name.into()].removed.len();
    assert_eq!(NAMES.map(removed), [20, 20], "20 go out within ten minutes");
}

#[test]
fn a_vlan_that_is_shut_down_is_told_on_a_trunk_without_a_list_too() {
    for host in [1, 5] {
        let mut bench = PairBench::new();
        bench.seen(vm(1, host, 10, PowerState::On));
        for name in NAMES {
            bench.now = bench.now + Duration::from_millis(1);
            let mut seen = bench.observation(&name.into(), None);
            if let Some(state) = seen.ports.get_mut(&port(name, host)) {
                state.allowed = Allowed::Everything;
            }
            seen.vlans.as_mut().map(|vlans| vlans.active.remove(vlan(10)));
            bench.send(Event::Observed(Arc::new(seen)));
        }
        bench.findings();
        bench.now = bench.now + Duration::from_secs(60);
        assert!(bench.finds(FindingKind::Suspended), "host {host}: {:?}", bench.findings());
    }
}

#[test]
fn a_look_for_addresses_concerns_the_hosts_on_those_ports_only() {
    let mut bench = PairBench::new();
    let some = std::collections::BTreeSet::from([port("leafa", 1)]);
    let entry = MacEntry { vlan: vlan(5), mac: mac(9, 9, 9), interface: port("leafa", 1) };
    let seen = bench.observation(&"leafa".into(), Some(some));
    let look = Observation { macs: Some(vec![entry]), ports: Default::default(), vlans: None, ..seen };
    bench.tracker.observed(&look, bench.now, &mut Vec::new());
    let hosts = bench.tracker.dirty.units.iter().filter(|unit| matches!(unit, reason::Unit::Host(_)));
    assert_eq!(hosts.collect::<Vec<_>>(), [&reason::Unit::Host(host_id(1))]);
}

#[test]
fn a_survivor_whose_peer_nobody_heard_yet_is_not_said_to_lack_a_switch() {
    let mut bench = PairBench::new();
    bench.live("leafb", false);
    bench.restart();
    bench.findings();
    bench.now = bench.now + Duration::from_secs(60);
    let told = bench.findings().into_iter().find(|(kind, _)| *kind == FindingKind::PairMismatch);
    assert!(told.as_ref().is_some_and(|(_, text)| text.contains("peer-link is down")), "{told:?}");
}
