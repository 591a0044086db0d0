//! Random lives with attributes on port groups: they keep things from being added, and nothing else.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{
    super::*,
    bench::*,
    properties::{check_incremental, lists},
};

#[derive(Clone, Debug)]
enum Op {
    Power(u16, bool),
    Move(u16, u16),
    Plug(u16, u16),
    Steer(u16, Steering),
    Leave(u16),
    Wait(u64),
}

fn steering() -> impl Strategy<Value = Steering> {
    let unread = || Steering { unread: vec!["?".to_owned()], ..Steering::default() };
    let allowed = |list: &str| Steering { allowed: list.parse().ok(), ..Steering::default() };
    prop_oneof![
        2 => Just(Steering::default()),
        1 => Just(Steering { observe: true, ..Steering::default() }),
        1 => Just(unread()),
        1 => Just(allowed("10-12")),
        1 => Just(allowed("none")),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let (vm, host, vlan) = (1u16..=4, 1u16..=3, 10u16..=13);
    prop_oneof![
        3 => (vm.clone(), any::<bool>()).prop_map(|(vm, on)| Op::Power(vm, on)),
        3 => (vm.clone(), host).prop_map(|(vm, host)| Op::Move(vm, host)),
        2 => (vm, vlan.clone()).prop_map(|(vm, vlan)| Op::Plug(vm, vlan)),
        4 => (vlan.clone(), steering()).prop_map(|(vlan, steering)| Op::Steer(vlan, steering)),
        1 => vlan.prop_map(Op::Leave),
        3 => (1u64..200).prop_map(Op::Wait),
    ]
}

/// Each VM's host, VLAN and power; each port group's attributes, from VLAN 10 on.
struct Truth {
    vms: Vec<(u16, u16, bool)>,
    groups: Vec<Steering>,
}

impl Truth {
    fn needed(&self) -> BTreeSet<(u16, u16)> {
        self.vms.iter().filter(|(_, _, on)| *on).map(|(host, vlan, _)| (*host, *vlan)).collect()
    }

    /// What may be added: a port group's attributes bound what is in it, and here each VLAN is in one.
    fn may_have(&self, number: u16) -> bool {
        let steering = &self.groups[usize::from(number - 10)];
        let inside = steering.allowed.as_ref().is_none_or(|range| range.contains(vlan(number)));
        inside && !steering.observe && steering.unread.is_empty()
    }

    fn tell(&self, bench: &mut Bench, number: u16) {
        let (host, vlan, on) = self.vms[usize::from(number - 1)];
        bench.seen(vm(number, host, vlan, if on { PowerState::On } else { PowerState::Off }));
    }

    fn act(&mut self, bench: &mut Bench, op: &Op) {
        match op {
            Op::Power(number, on) => {
                self.vms[usize::from(*number - 1)].2 = *on;
                self.tell(bench, *number);
            }
            Op::Move(number, to) => {
                bench.send(Event::MigrationStarted { vm: vm_id(*number), to: Destination::Host(host_id(*to)) });
                self.vms[usize::from(*number - 1)].0 = *to;
                self.tell(bench, *number);
                bench.send(Event::MigrationEnded { vm: vm_id(*number), outcome: Ok(None) });
            }
            Op::Plug(number, vlan) => {
                self.vms[usize::from(*number - 1)].1 = *vlan;
                self.tell(bench, *number);
            }
            Op::Steer(number, steering) => {
                self.groups[usize::from(*number - 10)] = steering.clone();
                let group = PortGroup { steering: steering.clone(), ..group(*number) };
                bench.send(Event::PortGroupSeen(Arc::new(group)));
            }
            Op::Leave(number) => {
                bench.send(Event::PortGroupLeft(group(*number).id));
                let steering = self.groups[usize::from(*number - 10)].clone();
                bench.send(Event::PortGroupSeen(Arc::new(PortGroup { steering, ..group(*number) })));
            }
            Op::Wait(seconds) => bench.wait(Duration::from_secs(*seconds)),
        }
    }
}

proptest! {
    #![proptest_config(super::cases(200))]

    #[test]
    fn attributes_keep_things_from_being_added_and_nothing_else(ops in prop::collection::vec(op(), 1..40)) {
        let mut bench = Bench::new();
        let mut truth = Truth { vms: (0..4).map(|number| (number % 3 + 1, 10 + number, true)).collect(), groups: vec![Steering::default(); 4] };
        (1..=4).for_each(|number| truth.tell(&mut bench, number));
        for op in &ops {
            let before = lists(&bench);
            truth.act(&mut bench, op);
            let after = lists(&bench);
            let needed = truth.needed();
            let moving = matches!(op, Op::Move(..));
            for (switch, port, vlan) in after.difference(&before) {
                prop_assert!(moving || needed.contains(&(*port, *vlan)), "{switch} {port} {vlan}");
                prop_assert!(truth.may_have(*vlan), "{switch} {port} {vlan} though {:?}", truth.groups);
            }
            for (switch, port, vlan) in before.difference(&after) {
                prop_assert!(!needed.contains(&(*port, *vlan)), "{switch} {port} {vlan} went and is needed");
            }
            let missing = needed.iter().filter(|(port, vlan)| !bench.passes(*port, *vlan));
            prop_assert!(missing.into_iter().all(|(_, vlan)| !truth.may_have(*vlan)), "{:?}", bench.findings());
            check_incremental(&bench.tracker);
        }
        (10..14).for_each(|number| truth.act(&mut bench, &Op::Steer(number, Steering::default())));
        bench.wait(Duration::from_secs(4 * 3600));
        let expected: BTreeSet<_> = truth.needed();
        let there: BTreeSet<_> = lists(&bench).into_iter().map(|(_, port, vlan)| (port, vlan)).collect();
        prop_assert_eq!(expected, there);
    }
}
