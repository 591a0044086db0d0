//! Hosts that die, sleep, are isolated or come back, and what HA makes of their VMs.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

const LONG: Duration = Duration::from_secs(3600 * 4);
const SHORT: Duration = Duration::from_secs(5);

fn away(number: u16) -> Event {
    Event::HostSeen(Arc::new(Host { connection: HostConnection::NotResponding, ..host(number) }))
}

fn back(number: u16) -> Event {
    Event::HostSeen(Arc::new(host(number)))
}

/// VM 1 in VLAN 10 runs on host 1, which is isolated; HA restarts it on host 2.
fn failed_over() -> Bench {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(away(1));
    bench.seen(vm(1, 2, 10, PowerState::On));
    bench
}

#[test]
fn an_ha_restart_is_followed_at_once_though_nobody_announced_it() {
    let bench = failed_over();
    assert!(bench.passes(2, 10));
}

#[test]
fn in_a_split_brain_both_sides_are_served_until_the_isolated_host_is_back() {
    let mut bench = failed_over();
    bench.wait(LONG);
    assert!(bench.passes(1, 10) && bench.passes(2, 10), "the VM may still run on the isolated host");
    bench.send(back(1));
    bench.wait(HOLD_DOWN - SHORT);
    assert!(bench.passes(1, 10), "it shows nothing, and gets a whole hold-down");
    bench.wait(HOLD_DOWN);
    assert!(!bench.passes(1, 10) && bench.passes(2, 10), "{:?}", bench.findings());
}

#[test]
fn a_host_that_is_away_again_before_the_hold_down_ends_keeps_what_it_has() {
    let mut bench = failed_over();
    for _ in 0..5 {
        bench.send(back(1));
        bench.wait(HOLD_DOWN - SHORT);
        bench.send(away(1));
        bench.wait(HOLD_DOWN * 3);
        assert!(bench.passes(1, 10), "{:?}", bench.findings());
    }
}

#[test]
fn a_host_that_sleeps_or_is_off_keeps_what_its_ports_have() {
    for power in [HostPower::StandBy, HostPower::Off] {
        let mut bench = Bench::new();
        bench.seen(vm(1, 1, 10, PowerState::On));
        bench.send(Event::HostSeen(Arc::new(Host { power, ..host(1) })));
        bench.seen(vm(1, 2, 10, PowerState::On));
        bench.wait(LONG);
        assert!(bench.passes(1, 10) && bench.finds(FindingKind::AbsentHost), "{power:?}");
        bench.send(back(1));
        bench.wait(LONG);
        assert!(!bench.passes(1, 10), "{power:?} {:?}", bench.findings());
    }
}

#[test]
fn a_storage_vmotion_and_a_move_of_a_vm_that_is_off_prepare_nothing() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.seen(vm(2, 1, 11, PowerState::Off));
    let writes = |bench: &Bench| bench.switches.values().map(|switch| switch.writes).sum::<usize>();
    let before = writes(&bench);
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(1)) });
    bench.send(Event::MigrationStarted { vm: vm_id(2), to: Destination::Host(host_id(2)) });
    assert_eq!(writes(&bench), before);
    bench.seen(vm(2, 2, 11, PowerState::Off));
    assert_eq!(writes(&bench), before);
    bench.seen(vm(2, 2, 11, PowerState::On));
    assert!(bench.passes(2, 11));
}

#[test]
fn a_move_to_another_cluster_where_the_network_is_unknown_is_prepared_by_its_vlan() {
    let mut bench = Bench::new();
    let mut stranger = host(3);
    stranger.cluster = Some(ObjectId::new(&vc(), "domain-c2"));
    for proxy in stranger.network.iter_mut().flat_map(|network| &mut network.proxy_switches) {
        proxy.dvs_uuid = "dvs-2".into();
    }
    bench.send(Event::HostSeen(Arc::new(stranger)));
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(3)) });
    assert!(bench.passes(3, 10), "a port group of that VLAN is there");
}
