//! What happens every day: everything becomes right, and a move finds its VLAN before it arrives.

use std::time::Duration;

use toml::Value;
use vmtracker::lab::{
    model::switch::{Platform, Switch},
    topology::Topology,
};

use super::{
    VLANS, Way, carries, finish_move, host, is_ours, over_every_way, owned, passes, running, start_move, topology,
};
use crate::site::{Site, moves, small};

over_every_way!(
    everything_becomes_right_and_a_move_finds_its_vlan,
    every_platform_gets_its_vlans,
    a_slow_save_does_not_hold_up_a_move,
    moves_go_on_while_a_peer_is_dead,
);

/// The move lasts until its VLAN is there, so that a slow machine makes nobody dark.
fn move_with_the_vlan(site: &mut Site) {
    start_move(site, "vm30", "esx60");
    site.wait_until("VLAN 30 is at esx60", |site| carries(site, 60, 30));
    finish_move(site, "vm30");
    assert!(passes(site, "vm30"), "{}", site.report());
}

fn everything_becomes_right_and_a_move_finds_its_vlan(way: Way) {
    let mut site = running(&topology(), way);
    for vlan in VLANS {
        assert!(passes(&site, &format!("vm{vlan}")), "{}", site.report());
        assert_eq!(owned(&site, vlan, vlan), 1, "the ledger has it\n{}", site.report());
    }
    // Nothing moves but what the test moves; the score counts from here.
    site.begin(moves(0.0));
    move_with_the_vlan(&mut site);
    site.wait_until("VLAN 30 left esx30", |site| !carries(site, 30, 30));
    site.wait_right();
    let score = site.score();
    assert_eq!((score.moves_needing_a_write, score.dark_vm_seconds.planned), (1, 0.0), "{}", site.report());
    let state = site.state();
    assert_eq!((state.dark, state.unmet, state.surplus), (0, 0, 0), "{}", site.report());
    assert!(site.findings().is_empty(), "{}", site.report());
    site.assert_nothing_lost();
    site.assert_no_line_twice();
    site.assert_log_is_clear(&[]);
    let by_ssh = site.switch("leaf1", |switch, _| (switch.counters().ssh_sessions > 0, ours(switch)));
    assert_eq!(by_ssh, (way == Way::Ssh, way == Way::Ssh), "it went the way that was configured");
}

/// Whether the controller's lines came from a terminal; there must be some.
fn ours(switch: &Switch) -> bool {
    let mut entries = switch.accounting().entries().filter(|entry| is_ours(entry)).peekable();
    assert!(entries.peek().is_some(), "it wrote nothing");
    entries.all(|entry| entry.contains("@pts/"))
}

/// A leaf of each platform with a host: what each platform does otherwise is met on every way.
fn every_platform_gets_its_vlans(way: Way) {
    let mut text = "[[vcenter]]\nname = 'vc1'\n".to_owned();
    for (vlan, (_, platform)) in (30u16..).zip(Platform::ALL) {
        text += &format!(
            "[[switch]]\nname = '{platform}'\nplatform = '{platform}'\nvlans = '1,5'\n\
             port = [{{ name = 'Ethernet1/{vlan}', allowed = '5' }}]\n"
        );
        text += &host(platform, vlan);
    }
    let mut site = running(&Topology::parse(&text).expect("a good file"), way);
    let vms: Vec<String> = (30u16..).zip(Platform::ALL).map(|(vlan, _)| format!("vm{vlan}")).collect();
    site.wait_until("every VM is on the air", |site| vms.iter().all(|vm| passes(site, vm)));
    assert!(site.findings().is_empty(), "{}", site.report());
    site.assert_no_line_twice();
}

fn configure_save(site: &Site) {
    site.configure(|table| {
        let fabric = table.get_mut("fabric").and_then(Value::as_table_mut).expect("a fabric");
        fabric.insert("save".to_owned(), "after 1s".into());
    });
}

fn startup(site: &Site) -> Option<String> {
    site.world.look(|world, _| world.switches["leaf1"].startup_config().map(str::to_owned))
}

fn a_slow_save_does_not_hold_up_a_move(way: Way) {
    let mut site = Site::new(&topology());
    way.configure(&site);
    configure_save(&site);
    let before = startup(&site);
    // It ends long after the test.
    site.switch("leaf1", |switch, _| switch.save_time = Duration::from_secs(120));
    site.start();
    site.wait_until("the save has begun", |site| site.switch("leaf1", |switch, _| switch.counters().saves) == 1);
    site.wait_until("vm30 and vm60 are on the air", |site| passes(site, "vm30") && passes(site, "vm60"));
    move_with_the_vlan(&mut site);
    assert_eq!(startup(&site), before, "the save still goes on");
    site.assert_nothing_lost();
    site.assert_no_line_twice();
}

fn moves_go_on_while_a_peer_is_dead(way: Way) {
    let mut site = Site::new(&small());
    way.configure(&site);
    configure_save(&site);
    site.start();
    site.wait_right();
    site.wait_until("leaf1b is saved", |site| site.switch("leaf1b", |switch, _| switch.is_saved()));
    site.switch("leaf1b", |switch, _| {
        switch.boot_time = Duration::from_secs(5);
        switch.power_off();
    });
    site.wait_finding("switch-lost", "switch leaf1b", &["leaf1b"]);
    site.begin(moves(2.0));
    site.wait_until("something moved", |site| site.in_flight() > 2);
    site.finish();
    site.switch("leaf1b", Switch::power_on);
    site.wait_mended("switch-lost", "switch leaf1b");
    site.wait_right();
}
