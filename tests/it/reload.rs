//! What a reload changes, and that it touches nothing else.

use std::fs;

use vmtracker::config::{Changed, Changes, Config, diff};

const BASE: &str = "[fabric]\nallowed_vlans = '100-199'\n\
    [[vcenter]]\nname = 'vc1'\nurl = 'https://vc1'\nusername = 'u'\npassword_file = 'p'\n\
    [[switch]]\nname = 'leaf-1'\nurl = 'https://leaf-1'\nusername = 'u'\npassword_file = 'p'\n";
const SECOND: &str = "[[switch]]\nname = 'leaf-2'\nurl = 'https://leaf-2'\nusername = 'u'\npassword_file = 'p'\n";

fn parse(text: &str, password: &str) -> Config {
    let folder = tempfile::tempdir().expect("a directory");
    fs::write(folder.path().join("p"), password).expect("writes");
    Config::parse(text, &folder.path().join("c.toml")).expect("valid").0
}

fn check(old: &str, new: &str, expected: &Changes) {
    assert_eq!(&diff(&parse(old, "a"), &parse(new, "a")), expected, "{old}\n->\n{new}");
}

#[test]
fn the_same_file_changes_nothing() {
    check(BASE, BASE, &Changes::default());
}

#[test]
fn a_switch_that_comes_or_goes_disturbs_no_other() {
    let two = format!("{BASE}{SECOND}");
    let with = |switches| Changes { switches, policy_changed: true, ..Changes::default() };
    check(BASE, &two, &with(Changed { added: vec!["leaf-2".into()], ..Changed::default() }));
    check(&two, BASE, &with(Changed { removed: vec!["leaf-2".into()], ..Changed::default() }));
}

#[test]
fn a_narrower_range_is_policy_and_needs_no_new_session() {
    let narrow = BASE.replace("100-199", "100-150");
    check(BASE, &narrow, &Changes { policy_changed: true, ..Changes::default() });
}

#[test]
fn another_address_or_password_needs_a_new_session() {
    let moved = BASE.replace("https://vc1", "https://vc2");
    let vcenters = Changed { changed: vec!["vc1".into()], ..Changed::default() };
    // The address is policy, too: by it the VM is found that is this vCenter.
    check(BASE, &moved, &Changes { vcenters, policy_changed: true, ..Changes::default() });
    let changes = diff(&parse(BASE, "a"), &parse(BASE, "b"));
    assert_eq!((changes.vcenters.changed.len(), changes.switches.changed.len()), (1, 1));
}

#[test]
fn what_only_a_restart_can_change_is_named() {
    let metrics = format!("[service]\nmetrics = '127.0.0.1:1'\nlog = 'debug'\n{BASE}");
    let needs_restart = vec!["service.metrics", "service.log"];
    check(&format!("[service]\n{BASE}"), &metrics, &Changes { needs_restart, ..Changes::default() });
}
