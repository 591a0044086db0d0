//! Random lives of a pair: peers die, return with an old configuration, fall out of reach and refuse, people write by
//! hand; nothing foreign is lost, and quiet makes both legs equal and exact.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;

use super::{super::*, bench::*, pair_bench::*, properties::check_incremental};

#[derive(Clone, Debug)]
enum Op {
    Power(u16, bool),
    Move(u16, u16),
    Plug(u16, u16),
    Alive(usize, bool),
    Reach(usize, bool),
    Refuse(usize, bool),
    Slow(usize, bool),
    Deaf(usize, bool),
    PeerLink(bool),
    ByHand(usize, u16, u16),
    Hear(u16, bool),
    Restart,
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let (vm, host, vlan, leaf) = (1u16..=6, 1u16..=5, 10u16..=15, 0usize..2);
    prop_oneof![
        3 => (vm.clone(), any::<bool>()).prop_map(|(vm, on)| Op::Power(vm, on)),
        5 => (vm.clone(), host.clone()).prop_map(|(vm, host)| Op::Move(vm, host)),
        2 => (vm, vlan.clone()).prop_map(|(vm, vlan)| Op::Plug(vm, vlan)),
        2 => (leaf.clone(), any::<bool>()).prop_map(|(leaf, alive)| Op::Alive(leaf, alive)),
        2 => (leaf.clone(), any::<bool>()).prop_map(|(leaf, reached)| Op::Reach(leaf, reached)),
        2 => (leaf.clone(), any::<bool>()).prop_map(|(leaf, refuses)| Op::Refuse(leaf, refuses)),
        2 => (leaf.clone(), any::<bool>()).prop_map(|(leaf, slow)| Op::Slow(leaf, slow)),
        1 => (leaf.clone(), any::<bool>()).prop_map(|(leaf, deaf)| Op::Deaf(leaf, deaf)),
        1 => any::<bool>().prop_map(Op::PeerLink),
        1 => (leaf, host.clone(), vlan).prop_map(|(leaf, host, vlan)| Op::ByHand(leaf, host, vlan)),
        1 => (host, any::<bool>()).prop_map(|(host, both)| Op::Hear(host, both)),
        1 => Just(Op::Restart),
        4 => (1u64..200).prop_map(Op::Wait),
    ]
}

/// The truth that the bench's vCenter tells: host, VLAN, power.
struct Truth {
    vms: Vec<(u16, u16, bool)>,
}

impl Truth {
    fn vm(&self, number: u16) -> Vm {
        let (host, vlan, on) = self.vms[usize::from(number) - 1];
        vm(number, host, vlan, if on { PowerState::On } else { PowerState::Off })
    }

    fn list(&self, bench: &mut PairBench) {
        let vms: Vec<Vm> = (1..=6).map(|number| self.vm(number)).collect();
        bench.list(&vms);
    }

    fn act(&mut self, bench: &mut PairBench, op: &Op) {
        match *op {
            Op::Power(number, on) => {
                self.vms[usize::from(number) - 1].2 = on;
                bench.seen(self.vm(number));
            }
            Op::Plug(number, vlan) => {
                self.vms[usize::from(number) - 1].1 = vlan;
                bench.seen(self.vm(number));
            }
            Op::Move(number, host) => {
                bench.send(Event::MigrationStarted { vm: vm_id(number), to: Destination::Host(host_id(host)) });
                self.vms[usize::from(number) - 1].0 = host;
                bench.seen(self.vm(number));
                bench.send(Event::MigrationEnded { vm: vm_id(number), outcome: Ok(None) });
            }
            Op::Alive(leaf, alive) => bench.live(NAMES[leaf], alive),
            Op::Reach(leaf, reached) => bench.reach(NAMES[leaf], reached),
            Op::Refuse(leaf, refuses) => bench.refuse(NAMES[leaf], if refuses { "12-13" } else { "" }),
            Op::Slow(leaf, slow) => bench.leaf(NAMES[leaf]).slow = slow,
            Op::Deaf(leaf, deaf) => bench.leaf(NAMES[leaf]).deaf = deaf,
            Op::PeerLink(up) => bench.peer_link_up = up,
            Op::ByHand(leaf, host, vlan) => bench.add_by_hand(NAMES[leaf], host, vlan),
            Op::Hear(host, both) => bench.hear(host, if both { &[0, 1] } else { &[1] }),
            Op::Restart => {
                bench.restart();
                self.list(bench);
            }
            Op::Wait(seconds) => bench.wait(Duration::from_secs(seconds)),
        }
    }
}

/// Nothing foreign was touched, and what vCenter needs passes unless we were kept off or refused, or no leg is up at all.
fn check_safe(bench: &PairBench, truth: &Truth, wronged: bool) {
    let wronged = wronged || !bench.leaves.values().any(|leaf| leaf.alive && leaf.legs_up);
    for (name, at, vlan) in &bench.foreign {
        assert!(bench.leaves[name].switch.ports[at].contains(*vlan), "{name} {at} lost VLAN {vlan}, which is foreign");
    }
    for (host, vlan, _) in truth.vms.iter().filter(|(_, _, on)| *on && !wronged) {
        assert!(bench.passes(*host, *vlan), "VLAN {vlan} of host {host}");
    }
}

/// After quiet: on every leg what powered-on VMs need and what is foreign, and nothing else.
fn check_exact(bench: &mut PairBench, truth: &Truth) {
    for (name, host) in NAMES.into_iter().flat_map(|name| (1..=5).map(move |host| (name, host))) {
        let at = port(name, host);
        let needed = truth.vms.iter().filter(|(on_host, _, on)| *on && *on_host == host).map(|(_, vlan, _)| *vlan);
        let foreign = bench.foreign.iter().filter(|(leaf, port, _)| leaf.as_str() == name && *port == at);
        let expected: BTreeSet<u16> = needed.chain(foreign.map(|(_, _, vlan)| vlan.get())).collect();
        let list = &bench.leaves[&name.into()].switch.ports[&at];
        let there: BTreeSet<u16> = list.iter().map(crate::net::VlanId::get).collect();
        assert_eq!(there, expected, "{name} {at}: {:#?}", bench.tracker.snapshot(bench.now).findings);
    }
    let unmet: Vec<_> = bench.tracker.snapshot(bench.now).requirements.into_iter().filter(|all| !all.ready).collect();
    assert!(unmet.is_empty(), "{unmet:?}");
    assert!(bench.tracker.unmet.is_empty() && bench.tracker.undos.is_empty());
}

fn live(ops: &[Op]) {
    let mut bench = PairBench::new();
    let mut truth = Truth { vms: (1..=6).map(|number| (number % 5 + 1, 9 + number, number % 2 == 0)).collect() };
    truth.list(&mut bench);
    let mut wronged = false;
    for op in ops {
        wronged |= matches!(op, Op::Reach(..) | Op::Refuse(..) | Op::Slow(..) | Op::Deaf(..));
        truth.act(&mut bench, op);
        check_safe(&bench, &truth, wronged);
        check_incremental(&bench.tracker);
    }
    bench.peer_link_up = true;
    for name in NAMES {
        (bench.leaf(name).slow, bench.leaf(name).deaf) = (false, false);
        bench.live(name, true);
        bench.reach(name, true);
        bench.refuse(name, "");
    }
    (1..=5).for_each(|host| bench.hear(host, &[0, 1]));
    // Four hours, of which most brings nothing new: read less often, that takes a third of the time.
    bench.wait(Duration::from_secs(1800));
    bench.pace = Duration::from_secs(600);
    bench.wait(Duration::from_secs(4 * 3600 - 1800));
    check_safe(&bench, &truth, false);
    check_exact(&mut bench, &truth);
    check_incremental(&bench.tracker);
}

proptest! {
    #![proptest_config(super::cases(150))]

    #[test]
    fn whatever_happens_to_a_pair_nothing_foreign_is_lost_and_quiet_makes_both_legs_equal(
        ops in prop::collection::vec(op(), 1..40)
    ) {
        live(&ops);
    }
}

#[test]
fn a_reload_that_nobody_saw_makes_nothing_foreign_ours() {
    live(&[Op::Move(4, 1), Op::Reach(0, false), Op::Alive(0, false), Op::Alive(0, true), Op::ByHand(0, 5, 13)]);
}
