//! Checkpoints, the way back, and who must wait.

use super::*;
use crate::lab::model::switch::{Author, Session};

fn session() -> Session {
    Session::terminal(Author { origin: "console0".to_owned(), user: "ann".to_owned() })
}

fn say(session: &mut Session, switch: &mut Switch, line: &str) -> String {
    session.type_line(switch, line, NOW).on_screen()
}

#[test]
fn a_rollback_brings_everything_back_but_the_cables() {
    let mut switch = switch();
    let before = switch.running_config();
    switch.learn(MAC, vlan(10), eth(1), NOW);
    let changes = [
        "checkpoint file bootflash:rollback_config.txt",
        "conf t",
        "vlan 77",
        "no vlan 30",
        "hostname other",
        "feature vpc",
        "interface e1/1",
        "switchport trunk allowed vlan remove 20",
        "interface po9",
        "int e1/4",
        "no channel-group",
        "end",
    ];
    assert_eq!(switch.type_lines("ann", &changes, NOW).concat(), "");
    switch.set_link(eth(2), false);
    let (changed, revision) = (switch.running_config(), switch.revision());
    let said = switch.type_lines("ann", &["rollback running-config file rollback_config.txt"], NOW).concat();
    assert!(said.to_lowercase().contains("completed"), "{said}");
    assert_ne!(changed, before);
    assert_eq!(switch.running_config(), before);
    assert!(switch.revision() > revision);
    assert!(!switch.is_up(eth(2)));
    assert_eq!(switch.macs().rows(NOW).count(), 1);
}

#[test]
fn a_rollback_forgets_what_is_no_longer_carried() {
    let mut switch = switch();
    let lines = ["checkpoint before", "conf t", "int e1/1", "sw tr al vl add 30"];
    assert_eq!(switch.type_lines("ann", &lines, NOW).concat(), "");
    assert!(switch.learn(MAC, vlan(30), eth(1), NOW));
    switch.type_lines("ann", &["rollback running-config checkpoint before atomic"], NOW);
    assert_eq!(switch.macs().rows(NOW).count(), 0);
}

#[test]
fn a_checkpoint_that_is_there_is_overwritten_only_without_questions() {
    let (mut switch, mut session) = (switch(), session());
    let denied = "Permission denied. Cannot overwrite existing file.";
    for (line, expected) in [
        ("checkpoint file kept", ""),
        ("checkpoint file kept", denied),
        ("terminal dont-ask", ""),
        ("checkpoint file kept", ""),
        ("no terminal dont-ask", ""),
        ("checkpoint file bootflash:///kept", denied),
        ("checkpoint one", ""),
        ("checkpoint one", denied),
        ("no checkpoint one", ""),
        ("checkpoint one", ""),
        ("delete kept", ""),
        ("delete kept", "No such file or directory"),
        ("checkpoint file kept", ""),
    ] {
        assert_eq!(say(&mut session, &mut switch, line), expected, "{line}");
    }
}

#[test]
fn ten_checkpoints_are_kept() {
    let mut switch = switch();
    let lines: Vec<_> = (0..11).map(|number| format!("checkpoint c{number}")).collect();
    let said = switch.type_lines("ann", &lines.iter().map(String::as_str).collect::<Vec<_>>(), NOW);
    let refused: Vec<_> = said.iter().map(|text| !text.is_empty()).collect();
    assert_eq!(refused, [[false; 10].as_slice(), &[true]].concat());
    let summary = switch.type_lines("ann", &["show checkpoint summary"], NOW).concat();
    assert_eq!(summary.matches("Size is").count(), 10);
    assert!(!switch.type_lines("ann", &[&format!("checkpoint {}", "n".repeat(81))], NOW).concat().is_empty());
}

#[test]
fn one_user_at_a_time_saves_or_goes_back() {
    let mut switch = switch();
    switch.type_lines("ann", &["checkpoint one"], NOW);
    switch.saving_until = Some(NOW + Duration::from_secs(1));
    let lines = ["checkpoint two", "rollback running-config checkpoint one", "copy run start"];
    let busy = |text: &String| text.contains("in progress");
    assert!(switch.type_lines("ann", &lines, NOW).iter().all(busy));
    assert!(!switch.type_lines("ann", &lines, NOW + Duration::from_secs(1)).iter().any(busy));
}

#[test]
fn a_rollback_to_nothing_fails() {
    let mut switch = switch();
    let check = |switch: &mut Switch, line: &str, expected: &str| {
        assert_eq!(switch.type_lines("ann", &[line], NOW).concat(), expected, "{line}");
    };
    check(&mut switch, "rollback running-config file nothing", "Rollback failed.");
    check(
        &mut switch,
        "rollback running-config startup-config",
        "                        ^\n% Invalid command at '^' marker.",
    );
    check(&mut switch, "dir nothing", "No such file or directory\n");
    switch.type_lines("ann", &["checkpoint file something"], NOW);
    let entry = switch.type_lines("ann", &["dir bootflash:something"], NOW).concat();
    assert!(entry.contains("Jan  1 00:01:00 2026  something\n"), "{entry}");
    let text = switch.type_lines("ann", &["show file something"], NOW).concat();
    assert_eq!(text, switch.running_config());
}

#[test]
fn the_difference_of_two_configurations_leads_from_one_to_the_other() {
    let mut switch = switch();
    let lines =
        ["checkpoint file old", "conf t", "vlan 40", "name web", "no vlan 30", "int e1/1", "sw tr al vl 10", "shut"];
    assert_eq!(switch.type_lines("ann", &lines, NOW).concat(), "");
    let mut diff = |line: &str| switch.type_lines("ann", &[line], NOW).concat();
    let patch = diff("show diff rollback-patch file old running-config");
    let expected = "Generating Rollback Patch\n!!\nno vlan 30\nvlan 40\ninterface Ethernet1/1\n  no switchport trunk \
                    allowed vlan 10,20\n  switchport trunk allowed vlan 10\n  shutdown\nvlan 40\n  name web\n";
    assert_eq!(patch, expected);
    assert!(diff("show diff rollback-patch file old file old").contains("Rollback Patch is Empty"));
}

#[test]
fn a_reload_keeps_checkpoints() {
    let mut switch = switch();
    let before = switch.running_config();
    switch.type_lines("ann", &["checkpoint one", "conf t", "no vlan 30", "end", "copy run start"], NOW);
    switch.boot_time = Duration::ZERO;
    switch.reload(NOW);
    switch.boot(NOW);
    assert_ne!(switch.running_config(), before);
    switch.type_lines("ann", &["rollback running-config checkpoint one"], NOW);
    assert_eq!(switch.running_config(), before);
}
