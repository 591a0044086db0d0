//! Which switches are a pair, and which ports are legs of one edge port: tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    super::{fabric::Fabric, *},
    bench::*,
    pair_bench::*,
};
use crate::net::InterfaceName;

const MINUTES: Duration = Duration::from_secs(180);

/// A fabric in which leafa and leafb spoke, after `change` made of that what it likes.
fn fabric(told: Option<&str>, change: impl Fn(&str, &mut Observation)) -> Fabric {
    let bench = PairBench::new();
    let mut policy = policy();
    policy.switches.get_mut(&"leafa".into()).expect("leafa").vpc_peer = told.map(Into::into);
    let mut fabric = Fabric::of(&policy);
    for name in NAMES {
        let mut observation = bench.observation(&name.into(), None);
        change(name, &mut observation);
        fabric.observe(&observation);
        fabric.judge_pairs();
    }
    fabric
}

fn domain(observation: &mut Observation) -> &mut VpcDomain {
    match &mut observation.vpc {
        Some(Vpc::Domain(domain)) => domain,
        Some(Vpc::None) | None => panic!("the bench has a domain"),
    }
}

fn silent(observation: &mut Observation) {
    observation.neighbors.iter_mut().flatten().for_each(|neighbor| neighbor.system_name = None);
}

#[test]
fn a_pair_needs_one_domain_and_both_voices_or_a_persons_word_that_nobody_contradicts() {
    let check = |told: Option<&str>, change: &dyn Fn(&str, &mut Observation), dispute: Option<&str>| {
        let fabric = fabric(told, change);
        let paired = NAMES.map(|name| fabric.peer(&name.into()).is_some());
        assert_eq!(paired, [dispute.is_none(); 2], "{told:?} {dispute:?}");
        let said: Vec<&String> = fabric.pairs.disputes().map(|(_, why)| why).collect();
        assert!(dispute.is_none_or(|part| said.iter().any(|why| why.contains(part))), "{said:?}");
        assert_eq!(said.is_empty(), dispute.is_none(), "{said:?}");
    };
    let mute = |at: &'static str| {
        move |name: &str, seen: &mut Observation| {
            if at.contains(name) {
                silent(seen)
            }
        }
    };
    check(None, &|_, _| {}, None);
    check(Some("leafb"), &|_, _| {}, None);
    check(None, &mute("leafa"), Some("its peer is not known"));
    check(None, &mute("leafa leafb"), Some("its peer is not known"));
    check(Some("leafb"), &mute("leafa leafb"), None);
    check(Some("leafc"), &|_, _| {}, Some("by the configuration, and over its peer-link it hears leafb"));
    let other = |name: &str, seen: &mut Observation| domain(seen).id = if name == "leafa" { 7 } else { 8 };
    check(None, &other, Some("and its peer leafb in 8"));
    check(Some("leafb"), &other, Some("and its peer leafb in 8"));
    let without = |name: &str, seen: &mut Observation| {
        seen.vpc = (name == "leafa").then(|| seen.vpc.clone()).flatten().or(Some(Vpc::None))
    };
    check(Some("leafb"), &without, Some("its peer leafb is in none"));
    let elsewhere = |_: &str, seen: &mut Observation| domain(seen).peer_link = None;
    check(None, &elsewhere, Some("its peer is not known"));
}

#[test]
fn the_other_leg_is_the_same_vpc_or_the_same_port_of_the_same_fex() {
    let check =
        |change: &dyn Fn(&str, &mut Observation), at: InterfaceName, twin: Option<InterfaceName>, known: bool| {
            let fabric = fabric(None, change);
            let port = EdgePort { switch: "leafa".into(), interface: at };
            assert_eq!(fabric.twin(&port).map(|twin| twin.interface), twin, "{at}");
            assert_eq!(fabric.is_half_known(&port), !known, "{at}");
        };
    let (channel, fex) = (port("leafa", 1), port("leafa", 4));
    check(&|_, _| {}, channel, Some(port("leafb", 1)), true);
    check(&|_, _| {}, fex, Some(fex), true);
    check(&|_, _| {}, port("leafa", 5), None, true);
    let gone = |name: &str, seen: &mut Observation| {
        domain(seen).legs.retain(|_, leg| name == "leafa" || leg.id != 1);
    };
    check(&gone, channel, None, false);
    let own = |name: &str, seen: &mut Observation| {
        seen.fexes = Some(BTreeMap::from([(101, Fex { serial: name.into(), online: true })]));
    };
    check(&own, fex, None, true);
    check(&|_, seen| seen.fexes = None, fex, None, false);
    let bundle = InterfaceName::PortChannel(90);
    let bundled = |name: &str, seen: &mut Observation| {
        let number = if name == "leafa" { 90 } else { 91 };
        let channels = seen.port_channels.get_or_insert_default();
        channels.insert(InterfaceName::PortChannel(number), BTreeSet::from([fex]));
    };
    check(&bundled, bundle, Some(InterfaceName::PortChannel(91)), true);
}

#[test]
fn only_the_survivor_tells_whether_a_peer_is_dead() {
    let check = |adjacent: bool, alive: bool, live: bool, dead: bool| {
        let mut fabric = fabric(None, |_, seen| {
            domain(seen).adjacent = adjacent;
            domain(seen).alive = alive;
        });
        fabric.switches.get_mut(&"leafb".into()).expect("leafb").live = live;
        assert_eq!(fabric.is_dead(&"leafb".into()), dead, "{adjacent} {alive} {live}");
        assert!(!fabric.is_dead(&"leafa".into()));
    };
    check(true, true, false, false);
    check(false, true, false, false);
    check(true, false, false, false);
    check(false, false, false, true);
    check(false, false, true, false);
}

#[test]
fn nothing_is_withdrawn_from_a_vpc_whose_other_leg_is_not_known() {
    let mut bench = PairBench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 5, 11, PowerState::On));
    let told = bench.policy.switches.get_mut(&"leafb".into()).expect("leafb");
    told.vpc_peer = Some("leafc".into());
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.seen(vm(2, 5, 11, PowerState::Off));
    bench.wait(HOLD_DOWN * 60);
    assert!(NAMES.iter().all(|name| bench.has(name, 1, 10)), "{:?}", bench.findings());
    bench.policy.switches.get_mut(&"leafb".into()).expect("leafb").vpc_peer = Some("leafa".into());
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench.wait(MINUTES);
    assert!(!NAMES.iter().any(|name| bench.has(name, 1, 10) || bench.has(name, 5, 11)), "{:?}", bench.findings());
}
