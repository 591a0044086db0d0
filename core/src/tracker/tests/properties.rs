//! Random lives of a small data centre: whatever happens, the rules hold, and quiet makes it exact.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::{
    super::{reason::Unit, requirement::Requirements, *},
    bench::*,
};
use crate::net::InterfaceName;

#[derive(Clone, Debug)]
enum Op {
    Power(u16, bool),
    Move(u16, u16),
    Fail(u16, u16),
    Plug(u16, u16),
    Host(u16, bool),
    Destroy(u16),
    Vanish(u16),
    Lose,
    Relist,
    Restart,
    Silence(bool),
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let (vm, host, vlan) = (1u16..=6, 1u16..=3, 10u16..=16);
    prop_oneof![
        3 => (vm.clone(), any::<bool>()).prop_map(|(vm, on)| Op::Power(vm, on)),
        5 => (vm.clone(), host.clone()).prop_map(|(vm, host)| Op::Move(vm, host)),
        1 => (vm.clone(), host.clone()).prop_map(|(vm, host)| Op::Fail(vm, host)),
        2 => (vm.clone(), vlan).prop_map(|(vm, vlan)| Op::Plug(vm, vlan)),
        1 => (host, any::<bool>()).prop_map(|(host, up)| Op::Host(host, up)),
        1 => vm.clone().prop_map(Op::Destroy),
        1 => vm.prop_map(Op::Vanish),
        1 => Just(Op::Lose),
        1 => Just(Op::Relist),
        1 => Just(Op::Restart),
        1 => any::<bool>().prop_map(Op::Silence),
        3 => (1u64..200).prop_map(Op::Wait),
    ]
}

/// The truth that the bench's vCenter tells.
struct Truth {
    vms: Vec<Option<(u16, u16, bool)>>,
    vanished: BTreeSet<u16>,
    away: BTreeSet<u16>,
    up: bool,
    /// The cluster of all three hosts is prepared.
    prepared: bool,
    restarted: bool,
}

impl Truth {
    /// Whether a port needs the VLAN of a VM on a host.
    fn needs(&self, port: u16, host: u16) -> bool {
        self.prepared || port == host
    }

    /// After a restart nobody knows whether every VM of a prepared network is accounted for: its VLAN may stay.
    fn is_exact(&self) -> bool {
        self.vanished.is_empty() && !(self.prepared && self.restarted)
    }

    fn seen(&self, number: u16) -> Option<Vm> {
        let (host, vlan, on) = self.vms[usize::from(number)]?;
        Some(vm(number, host, vlan, if on { PowerState::On } else { PowerState::Off }))
    }

    fn tell(&self, bench: &mut Bench, number: u16) {
        if let Some(vm) = self.seen(number).filter(|_| self.up) {
            bench.seen(vm);
        }
    }

    fn list(&mut self, bench: &mut Bench) {
        let vms: Vec<Vm> = (1..=6).filter_map(|number| self.seen(number)).collect();
        bench.list(&[1, 2, 3], &vms);
        self.away.clear();
        self.up = true;
    }

    fn act(&mut self, bench: &mut Bench, op: &Op) {
        match *op {
            Op::Power(number, on) => {
                if let Some(vm) = &mut self.vms[usize::from(number)] {
                    vm.2 = on;
                }
                self.tell(bench, number);
            }
            Op::Move(number, host) => self.migrate(bench, number, host),
            Op::Fail(number, host) if self.up => {
                bench.send(Event::MigrationStarted { vm: vm_id(number), to: Destination::Host(host_id(host)) });
                bench.send(Event::MigrationEnded { vm: vm_id(number), outcome: Err("failed".into()) });
            }
            Op::Fail(..) => {}
            Op::Plug(number, vlan) => {
                if let Some(vm) = &mut self.vms[usize::from(number)] {
                    vm.1 = vlan;
                }
                self.tell(bench, number);
            }
            Op::Host(number, up) if self.up => {
                match up {
                    true => drop(self.away.remove(&number)),
                    false => drop(self.away.insert(number)),
                }
                let connection = if up { HostConnection::Connected } else { HostConnection::NotResponding };
                bench.send(Event::HostSeen(Arc::new(Host { connection, ..host(number) })));
            }
            Op::Host(..) => {}
            Op::Destroy(number) if self.up => {
                let Some((host, _, _)) = self.vms[usize::from(number)].take() else { return };
                // What an absent host takes along is not believed destroyed.
                self.vanished.extend(self.away.contains(&host).then_some(number));
                bench.send(Event::VmDestroyed(vm_id(number)));
                bench.send(Event::VmLeft(vm_id(number)));
            }
            Op::Destroy(_) => {}
            Op::Vanish(number) if self.vms[usize::from(number)].take().is_some() => {
                self.vanished.insert(number);
                if self.up {
                    bench.send(Event::VmLeft(vm_id(number)));
                }
            }
            Op::Vanish(_) => {}
            Op::Lose => {
                self.up = false;
                bench.send(Event::VcenterLost { vcenter: "vc".into(), why: "cut".into() });
            }
            Op::Relist => self.list(bench),
            Op::Restart => {
                bench.restart();
                self.restarted = true;
                self.up = false;
            }
            Op::Silence(silent) => bench.listen("leafb", !silent),
            Op::Wait(seconds) => bench.wait(Duration::from_secs(seconds)),
        }
    }

    fn migrate(&mut self, bench: &mut Bench, number: u16, to: u16) {
        let Some(vm) = &mut self.vms[usize::from(number)] else { return };
        if self.up {
            bench.send(Event::MigrationStarted { vm: vm_id(number), to: Destination::Host(host_id(to)) });
        }
        vm.0 = to;
        self.tell(bench, number);
        if self.up {
            bench.send(Event::MigrationEnded { vm: vm_id(number), outcome: Ok(None) });
        }
    }
}

/// Nothing foreign was touched, and no needed VLAN is missing where a switch listens.
fn check_safe(bench: &Bench, truth: &Truth) {
    for (name, switch) in &bench.switches {
        assert!(switch.ports.values().all(|list| list.contains(vlan(5))), "{name} lost a foreign VLAN");
        for (host, vlan, on) in truth.vms.iter().flatten() {
            let ports = (1..=3).filter(|port| truth.needs(*port, *host));
            let served = |port: u16| !truth.up || !on || !bench.listens(name) || switch.passes(port, *vlan);
            ports.for_each(|port| assert!(served(port), "{name}: VLAN {vlan} on port {port}"));
        }
    }
}

/// After quiet: exactly what powered-on VMs need, what was there, and what a VM that vanished may still need.
fn check_exact(bench: &mut Bench, truth: &Truth) {
    for (name, switch) in &bench.switches {
        for port in 1..=3u16 {
            let needed: BTreeSet<u16> = truth
                .vms
                .iter()
                .flatten()
                .filter(|(host, _, on)| *on && truth.needs(port, *host))
                .map(|(_, vlan, _)| *vlan)
                .collect();
            let list = &switch.ports[&InterfaceName::Ethernet(1, port)];
            let there: BTreeSet<u16> = list.iter().map(crate::net::VlanId::get).filter(|number| *number != 5).collect();
            assert!(needed.is_subset(&there), "{name} port {port}: {needed:?} {there:?}");
            if truth.is_exact() && bench.tracker.restraint.brake().is_none() {
                assert_eq!(needed, there, "{name} port {port}: {:?}", bench.tracker.snapshot(bench.now).findings);
            }
        }
    }
}

/// All requirements, computed from scratch, are those that were kept up to date.
pub(super) fn check_incremental(tracker: &Tracker) {
    let mut fresh = Requirements::default();
    let units = tracker.sites.vms.keys().map(|vm| Unit::Vm(vm.clone()));
    let hosts = tracker.sites.hosts.keys().map(|host| Unit::Host(host.clone()));
    let moves = tracker.moves.keys().map(|vm| Unit::Move(vm.clone()));
    let prepared = tracker.sites.hosts.keys().flat_map(|host| {
        let networks = tracker.census.all().map(|(_, network)| Unit::Prepared(host.clone(), network.clone()));
        networks.chain(tracker.requirements.prepared_on(host).cloned())
    });
    for unit in units.chain(hosts).chain(moves).chain(prepared.collect::<BTreeSet<_>>()) {
        let kept = tracker.requirements.asked(&unit).cloned().unwrap_or_default();
        let asked = match tracker.answer(&unit).map(|answer| answer.asked) {
            // What cannot be told keeps what stands.
            Some(asked) => {
                asked.into_iter().map(|(reason, keys)| (reason.clone(), keys.or(kept.get(&reason).cloned())))
            }
            None => {
                fresh.replace(unit, kept.into_iter().map(|(reason, keys)| (reason, Some(keys))).collect());
                continue;
            }
        };
        fresh.replace(unit.clone(), asked.collect());
    }
    assert_eq!(fresh, tracker.requirements);
}

proptest! {
    #![proptest_config(super::cases(300))]

    #[test]
    fn whatever_happens_the_rules_hold_and_quiet_makes_it_exact(ops in prop::collection::vec(op(), 1..40), prepared: bool) {
        let mut bench = Bench::new();
        if prepared {
            let policy = VcenterPolicy { prepare: Prepare::Cluster, ..VcenterPolicy::default() };
            bench.policy.vcenters.insert("vc".into(), policy);
            bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
        }
        let first = |number: u16| Some((number % 3 + 1, 10 + number, number.is_multiple_of(2)));
        let mut truth = Truth { vms: (0..=6).map(|number| if number == 0 { None } else { first(number) }).collect(), vanished: BTreeSet::new(), away: BTreeSet::new(), up: true, prepared, restarted: false };
        truth.list(&mut bench);
        for op in &ops {
            truth.act(&mut bench, op);
            check_safe(&bench, &truth);
            check_incremental(&bench.tracker);
        }
        bench.listen("leafb", true);
        truth.list(&mut bench);
        bench.wait(Duration::from_secs(4 * 3600));
        check_exact(&mut bench, &truth);
    }
}

/// Every VLAN of every port but the foreign one: the switch, the port's number, the VLAN.
pub(super) fn lists(bench: &Bench) -> BTreeSet<(String, u16, u16)> {
    let ports = bench.switches.iter().flat_map(|(name, switch)| (1..=3u16).map(move |port| (name, switch, port)));
    let vlans = ports.flat_map(|(name, switch, port)| {
        let list = &switch.ports[&InterfaceName::Ethernet(1, port)];
        list.iter().map(move |vlan| (name.to_string(), port, vlan.get()))
    });
    vlans.filter(|(_, _, vlan)| *vlan != 5).collect()
}
