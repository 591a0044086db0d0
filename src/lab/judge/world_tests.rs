//! The judge over the real models and the real load, on virtual time, against the data plane's verdict on every VM.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
    time::Duration,
};

use proptest::prelude::*;

use vmtracker_core::net::InterfaceName;

use super::Judge;
use crate::lab::{
    load::{CopyPhase, Load, LoadSpec, Shares},
    model::{
        LabTime,
        dataplane::{Cabling, Chatter, Fabric, Verdict, kernel, truth, verdict},
        plant,
        switch::Switch,
        vcenter::Vcenter,
        world::{Observer, World},
    },
    topology::{Layout, Size, Topology},
};

const STEP: Duration = Duration::from_millis(250);
const USER: &str = "operator";

struct Bench {
    world: World,
    cabling: Arc<Cabling>,
    judge: Judge,
    load: Load,
    chatter: Chatter,
    now: LabTime,
}

impl Bench {
    fn new(seed: u64) -> Self {
        Self::laid_out(Layout::Leaves, seed)
    }

    fn laid_out(layout: Layout, seed: u64) -> Self {
        let some = |count| NonZeroUsize::new(count).expect("not zero");
        let topology =
            Topology::laid_out(layout, Size { vcenters: some(2), switches: some(4), hosts: some(6), vms: 24 }, seed);
        let world = World {
            switches: topology.switches(0),
            vcenters: topology.vcenters(0).expect("vCenters"),
            observers: Vec::new(),
        };
        let cabling = Arc::new(topology.cabling());
        let judge = Judge::new(&world.switches, Arc::clone(&cabling), Duration::ZERO, Duration::from_secs(5));
        let spec = LoadSpec {
            moves_per_second: 4.0,
            powers_per_second: 1.0,
            births_per_second: 1.0,
            copy_phase: CopyPhase { shortest: Duration::from_secs(1), longest: Duration::from_secs(3) },
            failures_per_minute: 2.0,
            shares: Shares { drs: 0.3, encrypted: 0.2, other_cluster: 0.1, failing: 0.1 },
            seed,
            ..LoadSpec::default()
        };
        let load = Load::new(spec, &world.vcenters, LabTime::ZERO);
        let chatter = Chatter::new(Arc::clone(&cabling));
        let mut bench = Self { world, cabling, judge, load, chatter, now: LabTime::ZERO };
        bench.look();
        bench
    }

    fn look(&mut self) {
        plant::settle(&mut self.world.switches, self.now);
        self.judge.changed(&self.world.switches, &self.world.vcenters, self.now);
        for (name, vcenter) in &self.world.vcenters {
            self.judge.told(name, vcenter.revision(), self.now);
        }
    }

    fn step(&mut self) {
        self.now += STEP;
        self.load.act(&mut self.world.vcenters, self.now);
        self.look();
    }

    fn dark(&self) -> u64 {
        let dark = |vcenter: &Vcenter, switches: &BTreeMap<String, Switch>| {
            let verdicts = vcenter.vms().map(|vm| verdict(vcenter, &self.cabling, switches, &vm.id));
            verdicts.filter(|verdict| matches!(verdict, Verdict::Dark(_))).count() as u64
        };
        self.world.vcenters.values().map(|vcenter| dark(vcenter, &self.world.switches)).sum()
    }

    /// What an ideal controller does at once: adds whatever is needed and does not stand.
    fn provide(&mut self) {
        let truths = self.world.vcenters.values().flat_map(|vcenter| {
            let guests = vcenter.vms().filter_map(|vm| truth(vcenter, &self.cabling, vm));
            guests.chain(vcenter.hosts().map(|host| kernel(vcenter, &self.cabling, host))).collect::<Vec<_>>()
        });
        let needed = truths.flat_map(|truth| {
            let target = truth.moving.map(|(_, legs)| legs).unwrap_or_default();
            truth.requires.into_iter().chain(target)
        });
        for leg in needed.collect::<BTreeSet<_>>() {
            let lines = [
                "configure terminal".to_owned(),
                format!("interface {}", leg.place.interface),
                format!("switchport trunk allowed vlan add {}", leg.vlan),
            ];
            let lines = lines.each_ref().map(String::as_str);
            if !self.world.switches.forwards(&leg) {
                let switch = self.world.switches.get_mut(leg.place.switch.as_str()).expect("a switch");
                switch.type_lines(USER, &lines, self.now);
            }
        }
        self.look();
    }

    /// A leaf's power, or the peer-link of its pair, fails or comes back; hosts notice.
    fn break_something(&mut self, number: usize, power: bool) {
        let names: Vec<String> = self.world.switches.keys().cloned().collect();
        let (one, other) = (&names[number], &names[number ^ 1]);
        let switch = self.world.switches.get_mut(one).expect("a leaf");
        switch.boot_time = STEP;
        match power {
            true if switch.runs() => switch.power_off(),
            true => switch.power_on(self.now),
            false => {
                let up = switch.is_up(InterfaceName::PortChannel(1));
                plant::set_cables(&mut self.world.switches, one, other, !up);
            }
        }
        self.chatter.speak(&mut self.world, self.now);
        self.look();
    }

    /// An operator opens every trunk, or closes them to what stood at first.
    fn type_everywhere(&mut self, line: &str) {
        for switch in self.world.switches.values_mut() {
            for interface in switch.trunk_interfaces() {
                switch.type_lines(USER, &["configure terminal", &format!("interface {interface}"), line], self.now);
            }
        }
        self.look();
    }
}

#[test]
fn on_open_trunks_nobody_is_dark_and_no_move_needs_a_write() {
    let mut bench = Bench::new(1);
    assert_eq!(bench.judge.state().dark, 24, "nothing is configured yet");
    bench.type_everywhere("switchport trunk allowed vlan 10-200");
    bench.judge.restart(bench.now);
    (0..80).for_each(|_| bench.step());
    let score = bench.judge.score(bench.now);
    assert!(score.moves > 30, "{score:?}");
    assert_eq!((score.moves_needing_a_write, score.dark_vm_seconds.planned), (0, 0.0));
    assert_eq!(score.dark_vm_seconds.unplanned, 0.0);
    assert!(!score.is_meaningful(), "no move needed a write");
}

#[test]
fn an_ideal_controller_is_never_late() {
    let mut bench = Bench::new(5);
    bench.provide();
    bench.judge.restart(bench.now);
    for _ in 0..80 {
        bench.step();
        bench.provide();
    }
    let score = bench.judge.score(bench.now);
    assert!(score.is_meaningful() && score.is_clean(), "{score:?}");
    assert_eq!(score.moves_ready_before_arrival, score.moves_needing_a_write);
    assert_eq!(score.dark_vm_seconds.unplanned, 0.0, "it takes no time");
    assert_eq!(score.event_to_configured_ms.p99, Some(0.0));
    assert!(score.surplus_vlan_seconds > 0.0 && score.vlans_added > 0, "it never withdraws");
}

#[test]
fn without_a_controller_moves_need_writes_and_are_dark() {
    let mut bench = Bench::new(2);
    bench.judge.restart(bench.now);
    (0..80).for_each(|_| bench.step());
    let score = bench.judge.score(bench.now);
    assert_eq!((score.moves_needing_a_write, score.moves_ready_before_arrival), (score.moves, 0));
    assert!(score.dark_vm_seconds.planned > 0.0 && score.is_meaningful() && !score.is_clean(), "{score:?}");
    assert!(score.switch_requests.writes_minimum > 0, "the bound counts what nobody wrote");
}

#[test]
fn a_switch_learns_where_a_vm_speaks_only_where_its_frames_pass() {
    let mut bench = Bench::new(3);
    bench.chatter.speak(&mut bench.world, bench.now);
    let learned = |bench: &Bench| {
        let rows = bench.world.switches.values().map(|switch| switch.macs().rows(bench.now).count());
        rows.sum::<usize>()
    };
    assert_eq!(learned(&bench), 0);
    bench.type_everywhere("switchport trunk allowed vlan 10-200");
    bench.now += Duration::from_secs(1);
    bench.chatter.speak(&mut bench.world, bench.now);
    assert_eq!(learned(&bench), 24, "those that were not heard speak again");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut bench = Bench::new(4);
        (0..40).for_each(|_| bench.step());
        bench.judge.score(bench.now)
    };
    assert_eq!(run(), run());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_judge_agrees_with_the_verdict_on_every_vm(seed: u64, opened in proptest::collection::vec(0..4u8, 1..40)) {
        let mut bench = Bench::new(seed);
        for action in opened {
            match action {
                0 => bench.type_everywhere("switchport trunk allowed vlan add 100-120"),
                1 => bench.type_everywhere("switchport trunk allowed vlan remove 105-150"),
                _ => bench.step(),
            }
            prop_assert_eq!(bench.judge.state().dark, bench.dark());
        }
    }

    #[test]
    fn the_judge_agrees_with_the_verdict_while_pairs_break(
        seed: u64,
        actions in proptest::collection::vec((0..6u8, 0..4usize), 1..40),
    ) {
        let mut bench = Bench::laid_out(Layout::Pairs, seed);
        for (action, number) in actions {
            match action {
                0 => bench.type_everywhere("switchport trunk allowed vlan add 100-140"),
                1 => bench.type_everywhere("switchport trunk allowed vlan remove 105-130"),
                2 => bench.break_something(number, false),
                3 => bench.break_something(number, true),
                _ => bench.step(),
            }
            prop_assert_eq!(bench.judge.state().dark, bench.dark());
        }
    }
}
