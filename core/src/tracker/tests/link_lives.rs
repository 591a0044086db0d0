//! Random lives of a fabric with links: nothing ever leaves a link, both ends have what it needs, and what is kept step
//! by step is what comes out from scratch.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;

use super::{super::*, bench::*, link_bench::*};
use crate::net::{SwitchName, VlanSet};

/// Pairs 1 2 and 3 4, a pair 5 6 above both, and switches 7 and 8 in a ring with 5.
const CABLES: [(u16, u16); 11] =
    [(1, 5), (1, 6), (2, 5), (2, 6), (3, 5), (3, 6), (4, 5), (4, 6), (5, 7), (7, 8), (8, 5)];
const PAIRS: [(u16, u16); 3] = [(1, 2), (3, 4), (5, 6)];

#[derive(Clone, Debug)]
enum Op {
    Run(u16, u16, u16),
    Stop(u16),
    Away(u16, bool),
    Deaf(u16, bool),
    Own(u16, bool),
    Refuse(u16, bool),
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let (vm, switch) = (1u16..=6, 1u16..=8);
    prop_oneof![
        5 => (vm.clone(), switch.clone(), 10u16..=12).prop_map(|(vm, switch, vlan)| Op::Run(vm, switch, vlan)),
        2 => vm.prop_map(Op::Stop),
        1 => (switch.clone(), any::<bool>()).prop_map(|(switch, away)| Op::Away(switch, away)),
        1 => (switch.clone(), any::<bool>()).prop_map(|(switch, deaf)| Op::Deaf(switch, deaf)),
        1 => (switch.clone(), any::<bool>()).prop_map(|(switch, own)| Op::Own(switch, own)),
        1 => (switch, any::<bool>()).prop_map(|(switch, refuses)| Op::Refuse(switch, refuses)),
        2 => (1u64..100).prop_map(Op::Wait),
    ]
}

fn act(bench: &mut LinkBench, op: &Op) {
    let set =
        |set: &mut BTreeSet<u16>, switch: u16, on: bool| if on { set.insert(switch) } else { set.remove(&switch) };
    match *op {
        Op::Run(number, switch, vlan) => bench.run(number, switch, vlan),
        Op::Stop(number) => {
            bench.send(Event::VmSeen(std::sync::Arc::new(vm(number, 1, 10, PowerState::Off))));
        }
        Op::Away(switch, away) => drop(set(&mut bench.away, switch, away)),
        Op::Deaf(switch, deaf) => drop(set(&mut bench.deaf, switch, deaf)),
        Op::Own(switch, own) => {
            let owner = own.then_some(ForeignOwner::Maintenance);
            bench.owners.insert(switch, owner.into_iter().collect());
        }
        Op::Refuse(switch, refuses) => {
            bench.switch(switch).refuses = if refuses { "11".parse().expect("a list") } else { VlanSet::EMPTY };
        }
        Op::Wait(seconds) => bench.wait(Duration::from_secs(seconds)),
    }
    if matches!(op, Op::Away(..) | Op::Deaf(..) | Op::Own(..)) {
        bench.read_all();
    }
}

/// What stands on every end of every link.
fn standing(bench: &LinkBench) -> Vec<(SwitchName, VlanSet)> {
    let ends = bench.tracker.fabric.cables.links.iter().flat_map(|link| &link.ends);
    ends.map(|end| (end.switch.clone(), bench.switches[&end.switch].ports[&end.interface].clone())).collect()
}

fn check(bench: &LinkBench, before: &[(SwitchName, VlanSet)]) {
    let after = standing(bench);
    assert!(before.iter().zip(&after).all(|((_, before), (_, after))| before.is_subset(after)), "{before:?} {after:?}");
    let links = &bench.tracker.links;
    assert_eq!(*links, links.anew(&bench.tracker.fabric), "step by step and from scratch");
}

proptest! {
    #![proptest_config(super::cases(48))]

    #[test]
    fn links_only_gain_and_both_ends_have_what_is_needed_once_it_is_quiet(ops in prop::collection::vec(op(), 1..40)) {
        let mut bench = LinkBench::new(link_policy(8, LinkPolicy::Provision), &CABLES, &PAIRS);
        let mut before = standing(&bench);
        prop_assert_eq!(before.len(), 2 * (CABLES.len() + PAIRS.len()));
        for op in &ops {
            act(&mut bench, op);
            check(&bench, &before);
            before = standing(&bench);
        }
        bench.away.clear();
        bench.deaf.clear();
        bench.owners.clear();
        bench.switches.values_mut().for_each(|switch| switch.refuses = VlanSet::EMPTY);
        bench.read_all();
        bench.wait(Duration::from_secs(2 * 3600));
        bench.read_all();
        check(&bench, &before);
        // What stood on one end while the other was away, and is needed no more, stays there alone.
        for (link, at) in bench.tracker.fabric.cables.links.iter().zip(0..) {
            for end in &link.ends {
                let list = &bench.switches[&end.switch].ports[&end.interface];
                prop_assert!(bench.tracker.links.wanted(at).is_subset(list), "{} has {}", end, list);
            }
        }
        for kind in [FindingKind::Island, FindingKind::LinkLacks] {
            prop_assert_eq!(bench.texts(kind), Vec::<String>::new());
        }
    }
}
