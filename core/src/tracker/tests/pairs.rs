//! A vPC is one edge port: what must and must not happen on a pair.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*, pair_bench::*};

const MINUTES: Duration = Duration::from_secs(180);
const LONG: Duration = Duration::from_secs(24 * 3600);
const BOTH: [&str; 2] = ["leafa", "leafb"];

fn has(bench: &PairBench, host: u16, number: u16) -> [bool; 2] {
    BOTH.map(|name| bench.has(name, host, number))
}

/// The requirements of a host's edge port that are not met.
fn unmet(bench: &mut PairBench) -> usize {
    bench.tracker.snapshot(bench.now).requirements.iter().filter(|required| !required.ready).count()
}

fn text_of(bench: &mut PairBench, kind: FindingKind) -> String {
    bench
        .findings()
        .into_iter()
        .filter(|(found, _)| *found == kind)
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_pair_is_found_from_what_both_switches_say_and_both_intents_know_it() {
    let bench = PairBench::new();
    let twin = |name: &str, host: u16| {
        let port = EdgePort { switch: name.into(), interface: port(name, host) };
        bench.tracker.fabric.twin(&port).map(|twin| twin.to_string())
    };
    assert_eq!(twin("leafa", 1), Some("leafb port-channel21".into()));
    assert_eq!(twin("leafb", 1), Some("leafa port-channel11".into()));
    assert_eq!(twin("leafa", 4), Some("leafb Ethernet101/1/4".into()));
    assert_eq!(twin("leafa", 5), None);
    assert!(BOTH.iter().all(|name| bench.told(name).is_some_and(|intent| intent.paired)));
}

#[test]
fn a_vlan_stands_on_both_legs_though_the_host_is_heard_on_one_only() {
    for host in [1, 4] {
        let mut bench = PairBench::new();
        bench.restart();
        bench.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
        for number in 10..12 {
            bench.send(Event::PortGroupSeen(Arc::new(group(number))));
        }
        bench.send(Event::HostSeen(Arc::new(super::bench::host(host))));
        bench.hear(host, &[0]);
        bench.seen(vm(1, host, 10, PowerState::On));
        assert_eq!(has(&bench, host, 10), [true, true], "host {host}");
        assert!(bench.passes(host, 10));
        bench.wait(MINUTES);
        assert_eq!(unmet(&mut bench), 0, "{:?}", bench.findings());
    }
}

#[test]
fn both_legs_get_a_vlan_at_once_and_lose_it_in_the_same_settle() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10));
    assert_eq!(unmet(&mut bench), 0, "both are ready by their own read-back: {:?}", bench.findings());
    bench.seen(vm(1, 2, 10, PowerState::On));
    bench.wait(HOLD_DOWN + Duration::from_secs(3));
    assert_eq!((has(&bench, 1, 10), has(&bench, 2, 10)), ([false, false], [true, true]), "{:?}", bench.findings());
    assert_eq!(bench.leaves.values().map(|leaf| leaf.switch.writes).collect::<Vec<_>>(), [3, 3]);
}

#[test]
fn a_stranger_on_either_leg_blocks_both() {
    for stranger in BOTH {
        let mut bench = PairBench::new();
        bench.seen(vm(1, 1, 10, PowerState::On));
        bench.leaf(stranger).switch.macs.insert((port(stranger, 1), vlan(10), mac(9, 9, 9)));
        bench.seen(vm(1, 1, 10, PowerState::Off));
        bench.wait(LONG);
        assert_eq!(has(&bench, 1, 10), [true, true]);
        assert!(text_of(&mut bench, FindingKind::WithdrawalBlocked).contains(stranger));
        bench.leaf(stranger).switch.macs.clear();
        bench.wait(Duration::from_secs(300));
        assert_eq!(has(&bench, 1, 10), [false, false], "{:?}", bench.findings());
    }
}

#[test]
fn a_leg_where_the_vlan_is_foreign_keeps_it() {
    let mut bench = PairBench::new();
    bench.add_by_hand("leafb", 1, 10);
    bench.read_all();
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert_eq!(has(&bench, 1, 10), [false, true], "{:?}", bench.findings());
}

#[test]
fn a_dead_peer_does_not_hold_up_the_survivor_and_gets_its_part_when_it_is_back() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.live("leafb", false);
    for number in 11..31 {
        bench.seen(vm(number, 1, number, PowerState::On));
        assert!(bench.passes(1, number), "the survivor serves VLAN {number}");
    }
    bench.wait(MINUTES);
    assert_eq!(unmet(&mut bench), 0, "the survivor's word counts: {:?}", bench.findings());
    assert!(!bench.finds(FindingKind::HalfPair), "{:?}", bench.findings());
    bench.live("leafb", true);
    for number in 10..31 {
        assert_eq!(has(&bench, 1, number), [true, true], "VLAN {number} is there before its legs come up");
        assert!(bench.passes(1, number));
    }
    bench.wait(MINUTES);
    assert_eq!(unmet(&mut bench), 0, "{:?}", bench.findings());
}

#[test]
fn a_peer_out_of_reach_leaves_the_requirement_unmet_and_is_a_finding() {
    let mut bench = PairBench::new();
    bench.reach("leafb", false);
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert_eq!(has(&bench, 1, 10), [true, false], "the reachable leg is written");
    bench.wait(MINUTES);
    assert!(!bench.passes(1, 10) && unmet(&mut bench) > 0);
    let text = text_of(&mut bench, FindingKind::HalfPair);
    assert!(text.contains("leafa port-channel11 VLAN 10: leafb is out of our reach"), "{text}");
    bench.reach("leafb", true);
    assert!(bench.passes(1, 10));
    bench.wait(MINUTES);
    assert_eq!((unmet(&mut bench), bench.finds(FindingKind::HalfPair)), (0, false), "{:?}", bench.findings());
}

#[test]
fn nothing_is_withdrawn_while_a_peer_is_away() {
    let check = |away: fn(&mut PairBench, bool)| {
        let mut bench = PairBench::new();
        bench.seen(vm(1, 1, 10, PowerState::On));
        away(&mut bench, true);
        bench.seen(vm(1, 1, 10, PowerState::Off));
        bench.wait(LONG);
        assert!(bench.has("leafa", 1, 10), "{:?}", bench.findings());
        away(&mut bench, false);
        bench.wait(Duration::from_secs(300));
        assert_eq!(has(&bench, 1, 10), [false, false], "{:?}", bench.findings());
    };
    check(|bench, away| bench.live("leafb", !away));
    check(|bench, away| bench.reach("leafb", !away));
}

#[test]
fn a_withdrawal_that_was_allowed_is_taken_back_on_both_legs_when_a_peer_is_lost() {
    for foreign in [false, true] {
        let mut bench = PairBench::new();
        if foreign {
            bench.add_by_hand("leafb", 1, 10);
            bench.read_all();
        }
        bench.seen(vm(1, 1, 10, PowerState::On));
        BOTH.iter().for_each(|name| bench.leaf(name).slow = true);
        bench.seen(vm(1, 1, 10, PowerState::Off));
        let going = |bench: &PairBench| BOTH.map(|name| bench.told(name).is_some_and(|told| !told.absent.is_empty()));
        while going(&bench) == [false, false] {
            bench.wait(Duration::from_millis(500));
        }
        assert_eq!(going(&bench), [true, !foreign]);
        bench.send(Event::SwitchLost { switch: "leafb".into(), why: "it does not answer".into() });
        assert_eq!(going(&bench), [false, false]);
    }
}

#[test]
fn who_may_not_withdraw_on_one_leg_withdraws_on_neither() {
    let mut policy = policy();
    policy.switches.get_mut(&"leafb".into()).expect("leafb").mode.withdrawals = Act::Observe;
    let mut bench = PairBench::of(policy);
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert_eq!(has(&bench, 1, 10), [true, true]);
}

#[test]
fn what_one_leg_refuses_is_undone_on_the_other_at_once_and_comes_when_it_is_taken() {
    for refusing in BOTH {
        let mut bench = PairBench::new();
        bench.refuse(refusing, "10");
        bench.seen(vm(1, 1, 10, PowerState::On));
        bench.seen(vm(2, 1, 11, PowerState::On));
        assert_eq!((has(&bench, 1, 10), has(&bench, 1, 11)), ([false, false], [true, true]), "{:?}", bench.findings());
        let text = text_of(&mut bench, FindingKind::HalfPair);
        assert!(text.contains(refusing) && text.contains("ERROR: no"), "{text}");
        let removed = |bench: &PairBench| bench.leaves.values().map(|leaf| leaf.switch.removed.len()).sum::<usize>();
        bench.wait(Duration::from_secs(600));
        assert!(removed(&bench) <= 1, "it is tried again where it was refused, and nowhere else");
        bench.refuse(refusing, "");
        bench.wait(Duration::from_secs(3600));
        assert!(bench.passes(1, 10), "{:?}", bench.findings());
        assert_eq!((unmet(&mut bench), bench.finds(FindingKind::HalfPair)), (0, false), "{:?}", bench.findings());
    }
}

#[test]
fn what_was_ready_on_both_legs_is_not_undone_when_one_loses_it_and_refuses_it() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.wait(MINUTES);
    bench.refuse("leafb", "10");
    bench.leaf("leafb").switch.ports.get_mut(&port("leafb", 1)).map(|list| list.remove(vlan(10)));
    bench.wait(LONG);
    assert_eq!(has(&bench, 1, 10), [true, false]);
    assert!(text_of(&mut bench, FindingKind::HalfPair).contains("it stands here and not on the other leg"));
}

#[test]
fn what_is_prohibited_on_one_leg_is_added_on_neither() {
    let check = |change: fn(&mut SwitchPolicy), kind: FindingKind| {
        let mut policy = policy();
        change(policy.switches.get_mut(&"leafb".into()).expect("leafb"));
        let mut bench = PairBench::of(policy);
        bench.seen(vm(1, 1, 10, PowerState::On));
        assert_eq!(has(&bench, 1, 10), [false, false]);
        assert!(bench.finds(kind) && bench.finds(FindingKind::HalfPair), "{:?}", bench.findings());
    };
    check(|leafb| leafb.mode = Mode::both(Act::Observe), FindingKind::ObserveOnly);
    check(|leafb| leafb.allowed = "11-20".parse().ok(), FindingKind::NotPermitted);
}

#[test]
fn a_vlan_that_the_peer_link_lacks_is_suspended_and_the_finding_says_where() {
    let mut bench = PairBench::new();
    bench.leaf("leafb").link = "1-9".parse().expect("a list");
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.wait(MINUTES);
    bench.findings();
    bench.wait(MINUTES);
    assert!(unmet(&mut bench) > 0 && !bench.passes(1, 10));
    let text = text_of(&mut bench, FindingKind::Suspended);
    assert!(text.contains("does not pass the peer-link port-channel1"), "{text}");
    assert_eq!(text.lines().count(), 1, "one finding for one vPC: {text}");
}

#[test]
fn a_configuration_that_says_otherwise_makes_no_pair_and_stops_withdrawals() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.policy.switches.insert("leafc".into(), bench.policy.switches[&"leafa".into()].clone());
    bench.policy.switches.get_mut(&"leafa".into()).expect("leafa").vpc_peer = Some("leafc".into());
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench.seen(vm(2, 1, 11, PowerState::On));
    assert_eq!(has(&bench, 1, 11), [true, true], "each leg is served alone");
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert_eq!(has(&bench, 1, 10), [true, true]);
    let text = text_of(&mut bench, FindingKind::PairMismatch);
    assert!(text.is_empty(), "it is told after a minute only: {text}");
    bench.wait(MINUTES);
    let text = text_of(&mut bench, FindingKind::PairMismatch);
    assert!(
        text.contains("its vPC peer is leafc by the configuration, and over its peer-link it hears leafb"),
        "{text}"
    );
}

#[test]
fn a_peer_that_falls_silent_is_the_peer_still_and_one_in_another_domain_is_not() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.live("leafb", false);
    bench.wait(LONG);
    assert_eq!(bench.tracker.fabric.peer(&"leafa".into()), Some(&"leafb".into()));
    bench.live("leafb", true);
    let mut observation = bench.observation(&"leafb".into(), None);
    if let Some(Vpc::Domain(domain)) = &mut observation.vpc {
        domain.id = 2;
    }
    bench.send(Event::Observed(Arc::new(observation)));
    assert_eq!(bench.tracker.fabric.peer(&"leafa".into()), None);
    assert!(bench.has("leafa", 1, 10) && bench.has("leafb", 1, 10));
}

#[test]
fn a_broken_peer_link_with_both_peers_alive_is_no_dead_peer() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.peer_link_up = false;
    bench.wait(MINUTES);
    bench.seen(vm(2, 1, 11, PowerState::On));
    assert_eq!(has(&bench, 1, 11), [true, true], "both legs get it all the same");
    assert!(bench.passes(1, 11));
    bench.peer_link_up = true;
    bench.wait(MINUTES);
    assert!(bench.passes(1, 11) && unmet(&mut bench) == 0, "{:?}", bench.findings());
}

#[test]
fn a_vlan_exists_on_both_peers_though_one_leg_allows_everything() {
    let mut bench = PairBench::new();
    let mut observation = bench.observation(&"leafb".into(), None);
    if let Some(state) = observation.ports.get_mut(&port("leafb", 1)) {
        state.allowed = Allowed::Everything;
    }
    bench.now = bench.now + Duration::from_millis(1);
    bench.send(Event::Observed(Arc::new(Observation { at: bench.now, ..observation })));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.leaves[&"leafb".into()].switch.vlans.contains(vlan(10)), "{:?}", bench.findings());
}

#[test]
fn a_person_closes_both_legs_with_one_word() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::VmLeft(vm_id(1)));
    bench.send(Event::Closed { switch: "leafb".into(), interface: port("leafb", 1), vlan: vlan(10) });
    bench.wait(HOLD_DOWN + Duration::from_secs(5));
    assert_eq!(has(&bench, 1, 10), [false, false], "{:?}", bench.findings());
}

#[test]
fn an_orphan_port_is_served_alone() {
    let mut bench = PairBench::new();
    bench.refuse("leafb", "10");
    bench.seen(vm(1, 5, 10, PowerState::On));
    assert_eq!(has(&bench, 5, 10), [true, false]);
    bench.wait(Duration::from_secs(20));
    assert!(bench.passes(5, 10) && !bench.finds(FindingKind::HalfPair));
}
