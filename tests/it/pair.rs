//! Pairs over the real protocols: what is saved, and a peer that dies and returns.

use std::time::Duration;

use toml::Value;
use vmtracker::lab::model::{switch::Switch, world::World};

use crate::site::{Site, moves, small};

const LEAVES: [&str; 4] = ["leaf1a", "leaf1b", "leaf2a", "leaf2b"];

/// The small data centre, saved so long after the last change.
fn site(save: &str) -> Site {
    let mut site = Site::new(&small());
    site.configure(|table| {
        let fabric = table.get_mut("fabric").and_then(Value::as_table_mut).expect("a fabric");
        fabric.insert("save".to_owned(), save.into());
    });
    site.start();
    site.wait_right();
    site
}

fn is_saved(site: &Site, leaf: &str) -> bool {
    site.world.look(|world: &World, _| world.switches.get(leaf).is_some_and(Switch::is_saved))
}

fn type_lines(site: &Site, leaf: &str, lines: &[&str]) {
    site.switch(leaf, |switch, now| drop(switch.type_lines("ann", lines, now)));
}

#[test]
fn changes_are_saved_once_it_is_quiet_and_never_with_lines_of_somebody_else() {
    let mut site = site("after 1s");
    site.wait_until("every switch is saved", |site| LEAVES.iter().all(|leaf| is_saved(site, leaf)));

    let described = ["configure terminal", "interface Ethernet1/1", "description by ann"];
    type_lines(&site, "leaf1a", &described);
    site.begin(moves(4.0));
    site.wait_until("something moved", |site| site.in_flight() > 2);
    site.finish();
    site.wait_finding("unsaved", "switch leaf1a", &["ann", "copy running-config startup-config"]);
    assert!(!is_saved(&site, "leaf1a"), "ann's line is not saved for her");
    site.wait_right();
    site.wait_until("the others are saved again", |site| LEAVES.iter().skip(1).all(|leaf| is_saved(site, leaf)));
    assert!(LEAVES.iter().skip(1).all(|leaf| site.findings_on("unsaved", &format!("switch {leaf}")).is_empty()));
}

#[test]
fn moves_go_on_while_a_peer_is_dead_and_it_returns_with_every_vlan() {
    let mut site = site("after 1s");
    site.wait_until("leaf1b is saved", |site| is_saved(site, "leaf1b"));
    let paired = |site: &Site, leaf: &str| {
        let row = site.status().and_then(|status| status.switches.into_iter().find(|row| row.name == leaf));
        row.and_then(|row| row.vpc).unwrap_or_default()
    };
    assert_eq!(paired(&site, "leaf1a"), "primary with leaf1b");
    site.switch("leaf1b", |switch, _| {
        switch.boot_time = Duration::from_secs(20);
        switch.power_off();
    });
    site.wait_finding("switch-lost", "switch leaf1b", &["leaf1b"]);
    site.begin(moves(4.0));
    site.wait_until("something moved", |site| site.in_flight() > 2);
    site.finish();
    site.switch("leaf1b", Switch::power_on);
    site.wait_mended("switch-lost", "switch leaf1b");
    site.wait_right();
}
