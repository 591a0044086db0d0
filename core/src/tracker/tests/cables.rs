//! Cables of hosts: followed when they move, kept when they are silent, and disputed when two say otherwise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{super::*, bench::*};
use crate::net::InterfaceName;

const LONG: Duration = Duration::from_secs(24 * 3600);
const SETTLED: Duration = Duration::from_secs(120);

fn port(number: u16) -> InterfaceName {
    InterfaceName::Ethernet(1, number)
}

/// Who a switch hears on a port: this pnic of a host.
fn hears(number: u16, host: u16, nic: u8) -> Neighbor {
    let macs = BTreeSet::from([mac(1, host, nic)]);
    Neighbor { interface: port(number), protocol: Discovery::Lldp, system_name: None, port: String::new(), macs }
}

/// Another device on a port.
fn device(number: u16, name: &str) -> Neighbor {
    Neighbor {
        interface: port(number),
        protocol: Discovery::Cdp,
        system_name: Some(name.into()),
        port: "vmnic0".into(),
        macs: BTreeSet::new(),
    }
}

/// A whole reading of a switch that hears these, with these port-channels.
fn read_with(bench: &mut Bench, name: &str, neighbors: &[Neighbor], channels: &[(u16, u16)], up: bool) {
    bench.now = bench.now + Duration::from_millis(1);
    let name = name.into();
    let mut reading = bench.observation(&name, false);
    reading.ports.values_mut().for_each(|port| port.up = Some(up));
    let channel =
        |(number, member): &(u16, u16)| (InterfaceName::PortChannel(*number), BTreeSet::from([port(*member)]));
    let observation = Observation {
        scope: Scope::Whole,
        identity: Some(Identity {
            hostname: name.to_string(),
            serial: format!("S-{name}"),
            platform: "N9K".into(),
            version: "10".into(),
        }),
        neighbors: Some(neighbors.to_vec()),
        port_channels: Some(channels.iter().map(channel).collect()),
        vpc: Some(Vpc::None),
        ..reading
    };
    bench.send(Event::Observed(Arc::new(observation)));
}

fn read(bench: &mut Bench, name: &str, neighbors: &[Neighbor]) {
    read_with(bench, name, neighbors, &[], true);
}

/// What vmnic0 and vmnic1 of a host hear.
fn hear(bench: &mut Bench, host: u16, heard: &[(u8, &str, u16)]) {
    let hint = |(nic, switch, number): &(u8, &str, u16)| Hint {
        pnic: format!("vmnic{nic}"),
        protocol: Discovery::Lldp,
        system_name: Some((*switch).to_owned()),
        serial: None,
        chassis: None,
        port: port(*number).to_string(),
        interface: Some(port(*number)),
    };
    bench.send(Event::HintsSeen { host: host_id(host), hints: heard.iter().map(hint).collect() });
}

/// VM 1 with VLAN 10 on host 1; every switch has a spare port 7, and port-channels 10 and 20.
fn running() -> Bench {
    let mut bench = Bench::unconnected();
    bench.read_switches();
    bench.list(&[1, 2], &[vm(1, 1, 10, PowerState::On)]);
    for switch in bench.switches.values_mut() {
        for spare in [port(7), InterfaceName::PortChannel(10), InterfaceName::PortChannel(20)] {
            switch.ports.insert(spare, vlan(5).into());
        }
    }
    assert!(bench.passes(1, 10));
    bench
}

fn has(bench: &Bench, name: &str, interface: InterfaceName, number: u16) -> bool {
    bench.switches[&name.into()].ports[&interface].contains(vlan(number))
}

fn conflicts(bench: &mut Bench) -> Vec<String> {
    let all = bench.findings().into_iter();
    all.filter(|(kind, _)| *kind == FindingKind::Conflict).map(|(_, text)| text).collect()
}

#[test]
fn a_host_in_another_port_is_followed_at_once_and_its_old_port_released_after_the_hold_down() {
    let mut bench = running();
    hear(&mut bench, 1, &[(0, "leafa", 7), (1, "leafb", 1)]);
    assert!(!has(&bench, "leafa", port(7), 10), "the host alone says so");
    read(&mut bench, "leafa", &[hears(7, 1, 0), hears(2, 2, 0)]);
    assert!(has(&bench, "leafa", port(7), 10), "{:?}", bench.findings());
    bench.wait(HOLD_DOWN - Duration::from_secs(1));
    assert!(has(&bench, "leafa", port(1), 10));
    bench.wait(SETTLED);
    assert!(!has(&bench, "leafa", port(1), 10), "{:?}", bench.findings());
    assert!(has(&bench, "leafa", port(1), 5), "what is not ours stays");
    assert!(has(&bench, "leafb", port(1), 10), "its other pnic did not move");
}

#[test]
fn a_host_that_leaves_a_silent_switch_for_another_is_followed_and_released_when_the_switch_speaks() {
    let mut bench = running();
    bench.send(Event::SwitchLost { switch: "leafa".into(), why: "it does not answer".into() });
    hear(&mut bench, 1, &[(0, "leafb", 7), (1, "leafb", 1)]);
    read(&mut bench, "leafb", &[hears(1, 1, 1), hears(7, 1, 0), hears(2, 2, 1)]);
    assert!(has(&bench, "leafb", port(7), 10));
    bench.wait(LONG);
    assert!(has(&bench, "leafa", port(1), 10), "a switch that does not answer is not written");
    read(&mut bench, "leafa", &[hears(2, 2, 0)]);
    bench.wait(HOLD_DOWN + SETTLED);
    assert!(!has(&bench, "leafa", port(1), 10), "{:?}", bench.findings());
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
}

#[test]
fn a_cable_that_is_silent_for_a_day_and_dead_for_an_hour_keeps_what_it_has() {
    let mut bench = running();
    hear(&mut bench, 1, &[]);
    for name in ["leafa", "leafb"] {
        read(&mut bench, name, &[]);
    }
    bench.wait(LONG);
    for name in ["leafa", "leafb"] {
        read_with(&mut bench, name, &[], &[], false);
    }
    bench.wait(Duration::from_secs(3600));
    bench.seen(vm(2, 1, 11, PowerState::On));
    assert!(bench.passes(1, 10) && bench.passes(1, 11), "{:?}", bench.findings());
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
    assert!(bench.switches.values().all(|switch| switch.removed.is_empty()));
}

/// VM 1 is gone and nothing of it is withdrawn from host 1's port on leafa; a new need is met all the same.
fn check_disputed(bench: &mut Bench, words: &[&str]) {
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert!(has(bench, "leafa", port(1), 10), "withdrawals are stopped: {:?}", bench.findings());
    let found = conflicts(bench).join("\n");
    assert!(words.iter().all(|word| found.contains(word)), "{found}");
    bench.seen(vm(3, 1, 13, PowerState::On));
    assert!(has(bench, "leafa", port(1), 13), "additions go on");
}

#[test]
fn another_device_where_a_host_hangs_is_a_conflict_until_it_is_gone() {
    let mut bench = running();
    hear(&mut bench, 1, &[]);
    read(&mut bench, "leafa", &[device(1, "firewall\n1"), hears(2, 2, 0)]);
    check_disputed(&mut bench, &["host esx1 vmnic0", "leafa hears another device there, firewall\\n1"]);
    read(&mut bench, "leafa", &[hears(1, 1, 0), hears(2, 2, 0)]);
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
    bench.wait(SETTLED);
    assert!(!has(&bench, "leafa", port(1), 10), "{:?}", bench.findings());
}

#[test]
fn another_name_of_a_host_that_both_sides_vouch_for_is_no_other_device() {
    let mut bench = running();
    read(&mut bench, "leafa", &[device(1, "alias-of-esx1"), hears(1, 1, 0)]);
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
}

#[test]
fn two_hosts_that_claim_one_port_are_both_disputed_until_one_is_found_elsewhere() {
    let mut bench = running();
    hear(&mut bench, 2, &[(0, "leafa", 1), (1, "leafb", 2)]);
    read(&mut bench, "leafa", &[hears(1, 1, 0), hears(1, 2, 0)]);
    check_disputed(&mut bench, &["host esx1 vmnic0", "host esx2 claims", "host esx2 vmnic0", "host esx1 claims"]);
    let snapshot = bench.tracker.snapshot(bench.now);
    assert!(snapshot.attachments[&(host_id(1), "vmnic0".to_owned())].conflict.is_some());
    hear(&mut bench, 2, &[(0, "leafa", 7), (1, "leafb", 2)]);
    read(&mut bench, "leafa", &[hears(1, 1, 0), hears(7, 2, 0)]);
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
    bench.wait(SETTLED);
    assert!(!has(&bench, "leafa", port(1), 10), "{:?}", bench.findings());
}

#[test]
fn hosts_that_people_put_behind_one_port_do_not_dispute_it() {
    let mut bench = running();
    let word = |host: &str| StaticAttachment {
        vcenter: None,
        host: host.into(),
        pnic: "vmnic0".into(),
        switch: "leafa".into(),
        interface: port(7),
    };
    bench.policy.attachments = vec![word("esx1"), word("esx2")];
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    read(&mut bench, "leafa", &[device(7, "chassis")]);
    assert!(has(&bench, "leafa", port(7), 10));
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
}

#[test]
fn a_host_that_left_the_inventory_makes_room_for_the_one_that_hangs_there_now() {
    let mut bench = running();
    bench.send(Event::HostLeft(host_id(1)));
    hear(&mut bench, 2, &[(0, "leafa", 1), (1, "leafb", 2)]);
    read(&mut bench, "leafa", &[hears(1, 2, 0)]);
    assert_eq!(conflicts(&mut bench), Vec::<String>::new());
    bench.wait(LONG);
    assert!(has(&bench, "leafa", port(1), 10), "what its VMs needed stays until a person closes it");
}

#[test]
fn a_member_in_another_port_channel_takes_its_vlans_along_and_the_old_one_lapses() {
    let mut bench = running();
    let (old, new) = (InterfaceName::PortChannel(10), InterfaceName::PortChannel(20));
    let heard = [hears(1, 1, 0), hears(2, 2, 0)];
    read_with(&mut bench, "leafa", &heard, &[(10, 1)], true);
    assert!(has(&bench, "leafa", old, 10), "{:?}", bench.findings());
    bench.switches.get_mut(&"leafa".into()).expect("a switch").ports.get_mut(&old).expect("a port").insert(vlan(12));
    read_with(&mut bench, "leafa", &heard, &[(20, 1)], true);
    assert!(has(&bench, "leafa", new, 10), "the edge port follows");
    assert!(has(&bench, "leafa", old, 10), "and the old one holds on for a while");
    bench.wait(HOLD_DOWN + SETTLED);
    assert!(!has(&bench, "leafa", old, 10), "{:?}", bench.findings());
    assert!(has(&bench, "leafa", old, 12) && has(&bench, "leafa", old, 5), "what is not ours stays");
    let left: BTreeMap<_, _> =
        bench.switches.iter().map(|(name, switch)| (name.clone(), switch.removed.clone())).collect();
    assert_eq!(left[&"leafb".into()], Vec::new());
}
