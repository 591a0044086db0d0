//! When running-config is saved, and when it is not.

use std::{collections::BTreeSet, time::Duration};

use super::{super::*, bench::*, link_bench::*};

const SPAN: Duration = Duration::from_secs(300);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn bench(save: Save, pairs: &[(u16, u16)]) -> LinkBench {
    LinkBench::new(Policy { save, ..link_policy(2, LinkPolicy::Verify) }, &[], pairs)
}

fn after() -> LinkBench {
    bench(Save::After(SPAN), &[])
}

/// The switches that were asked to save since the last time.
fn saves(bench: &mut LinkBench) -> Vec<String> {
    std::mem::take(&mut bench.saves).into_iter().map(|(_, switch)| switch.to_string()).collect()
}

fn saved(bench: &mut LinkBench, switch: u16, outcome: SaveOutcome) {
    let at = bench.now;
    bench.send(Event::Saved { switch: name(switch), at, outcome });
}

#[test]
fn a_change_is_saved_once_nothing_changed_for_a_while_and_then_no_more() {
    let mut bench = after();
    bench.wait(HOUR);
    assert!(saves(&mut bench).is_empty(), "nothing of ours is unsaved");
    bench.run(1, 1, 10);
    bench.wait(SPAN - MINUTE);
    bench.run(2, 1, 11);
    bench.wait(SPAN - MINUTE);
    assert!(saves(&mut bench).is_empty(), "the second change puts it off");
    bench.wait(2 * MINUTE);
    assert_eq!(saves(&mut bench), ["s1"], "and of s2 nothing is unsaved");
    saved(&mut bench, 1, SaveOutcome::Saved);
    bench.wait(DAY);
    assert!(saves(&mut bench).is_empty());
}

#[test]
fn what_was_changed_after_a_save_began_is_saved_again() {
    let mut bench = after();
    bench.run(1, 1, 10);
    bench.wait(SPAN + MINUTE);
    assert_eq!(saves(&mut bench), ["s1"]);
    let at = bench.now;
    bench.wait(MINUTE);
    bench.run(2, 1, 11);
    bench.wait(Duration::from_secs(2));
    bench.send(Event::Saved { switch: name(1), at, outcome: SaveOutcome::Saved });
    bench.wait(SPAN + MINUTE);
    assert_eq!(saves(&mut bench), ["s1"]);
}

#[test]
fn both_switches_of_a_pair_are_saved_once_both_have_been_quiet() {
    let mut bench = bench(Save::After(SPAN), &[(1, 2)]);
    bench.run(1, 1, 10);
    bench.wait(SPAN - MINUTE);
    // The VLAN exists on one of them only by our hand: the other is changed alone.
    bench.switch(1).ports.get_mut(&crate::net::InterfaceName::PortChannel(11)).expect("a leg").insert(vlan(11));
    bench.switch(1).vlans.insert(vlan(11));
    bench.read_all();
    bench.run(2, 2, 11);
    bench.wait(SPAN - MINUTE);
    assert!(saves(&mut bench).is_empty(), "s2 was changed just now");
    bench.wait(2 * MINUTE);
    assert_eq!(saves(&mut bench), ["s1", "s2"]);
}

#[test]
fn somebody_elses_unsaved_line_is_a_finding_and_is_tried_again_later_and_later() {
    let check = |outcome: SaveOutcome, words: &str| {
        let mut bench = after();
        bench.run(1, 1, 10);
        bench.wait(SPAN + MINUTE);
        let mut rests = Vec::new();
        for _ in 0..6 {
            assert_eq!(saves(&mut bench), ["s1"]);
            saved(&mut bench, 1, outcome.clone());
            let text = bench.texts(FindingKind::Unsaved).join("\n");
            assert!(text.contains("switch s1") && text.contains(words), "{text}");
            let failed = bench.now;
            while bench.saves.is_empty() {
                let next = bench.tracker.next_deadline(bench.now).expect("it is tried again");
                assert!(next > bench.now, "no busy loop");
                bench.wait(next.since(bench.now));
            }
            rests.push(bench.now.since(failed).as_secs() / 60);
        }
        assert_eq!(rests, [5, 10, 20, 40, 60, 60]);
        saved(&mut bench, 1, SaveOutcome::Saved);
        assert!(bench.texts(FindingKind::Unsaved).is_empty());
    };
    check(SaveOutcome::ForeignUnsaved("interface Ethernet1/9".into()), "interface Ethernet1/9");
    check(SaveOutcome::Refused("ERROR: no space".into()), "ERROR: no space");
    check(SaveOutcome::Unknown("the connection broke".into()), "the connection broke");
}

#[test]
fn one_save_at_a_time_and_one_of_which_nothing_is_heard_has_failed() {
    let mut bench = after();
    bench.run(1, 1, 10);
    bench.wait(SPAN + MINUTE);
    assert_eq!(saves(&mut bench), ["s1"]);
    bench.run(2, 1, 11);
    bench.wait(3 * MINUTE);
    assert!(saves(&mut bench).is_empty(), "one is under way");
    bench.wait(2 * MINUTE);
    assert!(bench.texts(FindingKind::Unsaved).join("").contains("nothing was heard of it"));
    bench.wait(10 * MINUTE);
    assert_eq!(saves(&mut bench), ["s1"]);
}

#[test]
fn no_save_while_a_vm_is_on_its_way_to_the_switch() {
    let mut bench = after();
    bench.run(1, 1, 10);
    bench.run(2, 2, 10);
    let here = Destination::Host(host_id(1));
    bench.send(Event::MigrationStarted { vm: vm_id(2), to: here });
    bench.wait(SPAN + MINUTE);
    assert_eq!(saves(&mut bench), ["s2"], "nothing comes to s2");
    saved(&mut bench, 2, SaveOutcome::Saved);
    bench.wait(HOUR);
    assert!(saves(&mut bench).is_empty());
    bench.send(Event::MigrationEnded { vm: vm_id(2), outcome: Err("cancelled".into()) });
    bench.wait(Duration::from_secs(11));
    assert_eq!(saves(&mut bench), ["s1"]);
}

#[test]
fn no_save_while_a_vlan_is_still_to_be_added() {
    let mut bench = after();
    bench.run(1, 1, 10);
    // It takes nothing for a while, and nobody knows that yet.
    bench.away.insert(1);
    bench.run(2, 1, 11);
    bench.wait(HOUR);
    assert!(saves(&mut bench).is_empty());
    bench.away.clear();
    bench.read_all();
    bench.wait(SPAN + MINUTE);
    assert_eq!(saves(&mut bench), ["s1"]);
}

#[test]
fn nothing_is_saved_while_paused_or_watching_or_away_or_when_policy_says_never() {
    let check = |change: &dyn Fn(&mut LinkBench), back: &dyn Fn(&mut LinkBench)| {
        let mut bench = after();
        bench.run(1, 1, 10);
        change(&mut bench);
        bench.wait(DAY);
        assert!(saves(&mut bench).is_empty());
        back(&mut bench);
        bench.wait(SPAN + MINUTE);
        assert_eq!(saves(&mut bench), ["s1"]);
    };
    check(&|bench| bench.send(Event::Paused(true)), &|bench| bench.send(Event::Paused(false)));
    let mode = |bench: &mut LinkBench, act: Act| {
        bench.set_policy(|policy| policy.switches.values_mut().for_each(|switch| switch.mode = Mode::both(act)));
    };
    check(&|bench| mode(bench, Act::Observe), &|bench| mode(bench, Act::Enforce));
    let away = |bench: &mut LinkBench, away: &[u16]| {
        bench.away = away.iter().copied().collect();
        bench.read_all();
    };
    check(&|bench| away(bench, &[1]), &|bench| away(bench, &[]));
    check(&|bench| bench.set_policy(|policy| policy.save = Save::Never), &|bench| {
        bench.set_policy(|policy| policy.save = Save::After(SPAN))
    });
    let owner = |bench: &mut LinkBench, owners: &[ForeignOwner]| {
        bench.owners.insert(1, owners.iter().copied().collect::<BTreeSet<_>>());
        bench.read_all();
    };
    check(&|bench| owner(bench, &[ForeignOwner::Maintenance]), &|bench| owner(bench, &[]));
}

#[test]
fn at_a_time_of_day_it_is_saved_once_a_day_if_anything_of_ours_is_unsaved() {
    let mut bench = bench(Save::At(3 * HOUR), &[]);
    bench.wait(2 * DAY);
    assert!(saves(&mut bench).is_empty());
    bench.run(1, 1, 10);
    while bench.saves.is_empty() {
        bench.wait(MINUTE);
    }
    let (at, switch) = bench.saves.remove(0);
    assert_eq!((at.unix_ms() % 86_400_000 / 1000, switch, bench.saves.len()), (3 * 3600, name(1), 0));
    saved(&mut bench, 1, SaveOutcome::Saved);
    bench.wait(3 * DAY);
    assert!(saves(&mut bench).is_empty());
}

#[test]
fn after_a_restart_what_is_ours_is_saved_once_more() {
    let mut bench = after();
    bench.run(1, 1, 10);
    bench.restart();
    bench.run(1, 1, 10);
    bench.wait(SPAN + MINUTE);
    assert_eq!(saves(&mut bench), ["s1"], "nobody knows whether it was");
    saved(&mut bench, 1, SaveOutcome::Saved);
    bench.read_all();
    bench.wait(DAY);
    assert!(saves(&mut bench).is_empty());
}

#[test]
fn what_changes_without_a_rest_is_saved_all_the_same() {
    let mut bench = after();
    for round in 0..20 {
        bench.run(1, 1, 10 + round % 2);
        bench.wait(SPAN - MINUTE);
    }
    assert!(saves(&mut bench).contains(&"s1".to_owned()));
}

#[test]
fn what_moves_under_way_keep_from_being_saved_for_long_is_a_finding() {
    let mut bench = after();
    bench.run(1, 1, 10);
    for hours in 0..3 {
        bench.send(Event::MigrationStarted { vm: vm_id(2), to: Destination::Host(host_id(1)) });
        bench.wait(HOUR);
        let told = bench.tracker.findings(bench.now).iter().any(|finding| finding.kind == FindingKind::Unsaved);
        assert_eq!((told, saves(&mut bench).len()), (hours > 0, 0), "{hours}");
    }
}
