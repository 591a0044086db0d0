//! The simulation on virtual time: the product's pure machines against the lab's pure models, without sockets, threads
//! or a clock.
//!
//! ```text
//! Vcenter (lab) ─SOAP text─▶ Watcher ─Event─▶ Tracker ─Intent─▶ Session ─NX-API text─▶ Switch (lab)
//!      ▲                                                                                  │
//!      └── operations of a case          judge, hands: what frames would do, whose line ◀─┘
//! ```
//!
//! A case is a shape and a list of operations; a property test makes cases up, and `tests/scenarios/NAME/case.toml`
//! keeps those that once failed. A failure tells its seed and the folder with its case.

mod breaks;
mod cables;
mod case;
mod check;
mod controller;
mod driver;
mod ends;
mod fabric;
mod hands;
mod life;
mod names;
mod networks;
mod nexus;
mod operate;
mod vcenter;

use std::{fs, path::Path};

use proptest::prelude::*;

use breaks::Break;
use case::{Case, Op, Shape};
use check::check;

fn shape(pairs: bool) -> impl Strategy<Value = Shape> {
    let sizes = (1usize..=2, prop_oneof![Just(2usize), Just(4)], 2usize..=6, 2usize..=8, 2u16..=6);
    sizes.prop_map(move |(vcenters, switches, hosts, vms, groups)| Shape {
        vcenters,
        switches,
        pairs,
        hosts,
        vms,
        groups,
    })
}

/// What happens in every data centre.
fn daily() -> impl Strategy<Value = Op> {
    let (vm, host, group, vlan) = (0usize..8, 0usize..6, 0u16..6, 0u16..8);
    let copy = 2_000u64..6_000;
    prop_oneof![
        6 => (10u64..20_000).prop_map(|ms| Op::Wait { ms }),
        6 => (vm.clone(), host.clone(), copy.clone()).prop_map(|(vm, host, copy_ms)| Op::Move { vm, host, copy_ms }),
        1 => (vm.clone(), host.clone(), copy).prop_map(|(vm, host, copy_ms)| Op::FailMove { vm, host, copy_ms }),
        2 => vm.clone().prop_map(|vm| Op::PowerOn { vm }),
        2 => vm.clone().prop_map(|vm| Op::PowerOff { vm }),
        1 => (host.clone(), group.clone()).prop_map(|(host, group)| Op::Create { host, group }),
        1 => vm.clone().prop_map(|vm| Op::Destroy { vm }),
        2 => (vm, group).prop_map(|(vm, group)| Op::Plug { vm, group }),
        1 => host.clone().prop_map(|host| Op::Disconnect { host }),
        1 => host.clone().prop_map(|host| Op::Reconnect { host }),
        1 => (0usize..4, host, vlan).prop_map(|(switch, port, vlan)| Op::AddByHand { switch, port, vlan }),
    ]
}

/// What goes wrong.
fn fault() -> impl Strategy<Value = Op> {
    let (switch, vlan, span) = (0usize..4, 0u16..8, 100u64..60_000);
    prop_oneof![
        (0usize..8).prop_map(|vm| Op::Vanish { vm }),
        (0u16..6, vlan.clone()).prop_map(|(group, vlan)| Op::Retag { group, vlan }),
        (0usize..6).prop_map(|host| Op::Die { host }),
        (0usize..2).prop_map(|vcenter| Op::EndSessions { vcenter }),
        (0usize..2, span.clone()).prop_map(|(vcenter, ms)| Op::VcenterDown { vcenter, ms }),
        (0usize..2).prop_map(|vcenter| Op::CutUpdates { vcenter }),
        (1u64..5_000).prop_map(|down_ms| Op::Crash { down_ms }),
        (100u64..20_000).prop_map(|ms| Op::StoreFails { ms }),
        (switch.clone(), vlan.clone(), 1u32..4, any::<bool>()).prop_map(|(switch, vlan, times, hidden)| Op::Refuse {
            switch,
            vlan,
            times,
            hidden
        }),
        (switch.clone(), 1u32..4).prop_map(|(switch, times)| Op::LoseReplies { switch, times }),
        (switch.clone(), 100u64..4_000).prop_map(|(switch, ms)| Op::Slow { switch, ms }),
        (switch.clone(), span).prop_map(|(switch, ms)| Op::Unreachable { switch, ms }),
        (switch, 0usize..6, vlan).prop_map(|(switch, port, vlan)| Op::RemoveByHand { switch, port, vlan }),
    ]
}

/// What breaks between switches and hosts.
fn broken() -> impl Strategy<Value = Op> {
    let (switch, span) = (0usize..4, 1_000u64..400_000);
    let what = prop_oneof![
        2 => (switch.clone(), span.clone()).prop_map(|(switch, ms)| Break::Power { switch, ms }),
        1 => (0usize..2, span.clone()).prop_map(|(pair, ms)| Break::PeerLink { pair, ms }),
        1 => (0usize..2, span.clone()).prop_map(|(pair, ms)| Break::Keepalive { pair, ms }),
        1 => (0usize..2, span.clone()).prop_map(|(link, ms)| Break::Link { link, ms }),
        2 => (0usize..12, span).prop_map(|(cable, ms)| Break::Cable { cable, ms }),
        1 => (switch.clone(), 0u16..8).prop_map(|(switch, vlan)| Break::VlanOfLink { switch, vlan }),
        1 => switch.prop_map(|switch| Break::Save { switch }),
    ];
    what.prop_map(Op::Break)
}

fn case(pairs: bool, op: impl Strategy<Value = Op>) -> impl Strategy<Value = Case> {
    let ops = prop::collection::vec(op, 1..25);
    (shape(pairs), ops).prop_map(|(shape, ops)| Case { about: String::new(), shape, ops })
}

/// How many cases an ordinary run plays; `PROPTEST_CASES` asks for more.
fn cases(ordinary: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(ordinary),
        failure_persistence: None,
        max_shrink_time: 60_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(60))]
    #[test]
    fn announced_moves_find_their_vlans_and_quiet_makes_it_exact(case in case(false, daily())) {
        check(&case);
    }
}

proptest! {
    #![proptest_config(cases(120))]
    #[test]
    fn whatever_goes_wrong_the_rules_hold_and_quiet_makes_it_exact(case in case(false, prop_oneof![2 => daily(), 1 => fault()])) {
        check(&case);
    }
}

proptest! {
    #![proptest_config(cases(60))]
    #[test]
    fn pairs_are_moved_across_without_a_dark_vm(case in case(true, daily())) {
        check(&case);
    }
}

proptest! {
    #![proptest_config(cases(120))]
    #[test]
    fn whatever_goes_wrong_in_a_fabric_of_pairs_quiet_makes_it_exact(
        case in case(true, prop_oneof![4 => daily(), 1 => fault(), 2 => broken()])
    ) {
        check(&case);
    }
}

#[test]
fn scenarios_that_once_failed_do_not_fail_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut names: Vec<_> =
        fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    assert!(!names.is_empty(), "no scenario in {}", folder.display());
    for name in names {
        let text = fs::read_to_string(name.join("case.toml")).expect("a case");
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", name.display()));
        check(&case);
    }
}
