//! `show accounting log`: who typed what, and whether that proves a VLAN ours (facts: NX-OS §4.6b).
//!
//! ```text
//! Mon Feb 10 09:30:45 2020:type=update:id=192.0.2.8@pts/3:user=ann:cmd=configure terminal ; interface Ethernet1/10 ; switchport trunk allowed vlan add 7 (SUCCESS)
//! ```
//!
//! The form of lines that came by NX-API is not documented; what cannot be parsed proves nothing.

use crate::{
    net::{InterfaceName, VlanId, VlanSet},
    tracker::Place,
};

/// One line of the log that changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub user: String,
    /// The commands, from `configure terminal` on, without it.
    pub path: Vec<String>,
    /// Whether it says that it succeeded.
    pub success: bool,
}

/// What one line does to a VLAN in a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Adds,
    Removes,
    Nothing,
    /// It may do either.
    Unclear,
}

/// Every entry; what is none is passed over.
pub fn parse(text: &str) -> Vec<Entry> {
    text.lines().filter_map(|line| entry(line).or_else(|| unreadable(line))).collect()
}

/// A line that is an entry and cannot be read: nobody's, so it proves nothing, and it may have changed anything.
fn unreadable(line: &str) -> Option<Entry> {
    let path = vec![line.trim().chars().take(200).collect()];
    line.contains(":type=").then(|| Entry { user: String::new(), path, success: true })
}

fn entry(line: &str) -> Option<Entry> {
    let (_, after) = line.split_once(":user=")?;
    let (user, command) = after.split_once(":cmd=")?;
    let command = command.trim();
    let success = !command.ends_with("(FAILURE)");
    let command = command.trim_end_matches("(SUCCESS)").trim_end_matches("(FAILURE)");
    let parts = command.split(" ;").map(str::trim).filter(|part| !part.is_empty());
    let path = parts.filter(|part| *part != "configure terminal").map(str::to_owned).collect();
    Some(Entry { user: user.to_owned(), path, success })
}

/// Whether the log shows that `user` put `vlan` there: its own line adds it, and no line of anybody else may have done
/// so since the VLAN was last absent. The lines are folded in their order, never compared by time.
pub fn proves(log: &[Entry], user: &str, place: Place, vlan: VlanId) -> bool {
    let mut by_us = None;
    for entry in log {
        let ours = entry.user == user;
        match effect(&entry.path, place, vlan) {
            Effect::Nothing => {}
            Effect::Removes if entry.success => by_us = None,
            Effect::Adds if ours && entry.success => by_us = by_us.or(Some(true)),
            Effect::Unclear if ours => {}
            Effect::Adds | Effect::Unclear if entry.success => by_us = Some(false),
            Effect::Adds | Effect::Removes | Effect::Unclear => {}
        }
    }
    by_us == Some(true)
}

/// Whether a save keeps nothing but lines of `user`: nobody else changed anything since the last copy to startup-config.
///
/// # Errors
/// The line of somebody else, or that nobody can tell.
pub fn only_ours_unsaved(log: &[Entry], user: &str) -> Result<(), String> {
    if log.is_empty() {
        return Err("nobody can tell what is unsaved: show accounting log tells nothing".to_owned());
    }
    let unsaved = log.rsplit(|entry| entry.success && is_save(&entry.path)).next().unwrap_or_default();
    let foreign = unsaved.iter().find(|entry| entry.success && entry.user != user && !is_harmless(&entry.path));
    match foreign {
        Some(entry) if entry.user.is_empty() => Err(format!("a line that cannot be read: {}", entry.path.join(" ; "))),
        Some(entry) => Err(format!("{}: {}", entry.user, entry.path.join(" ; "))),
        None => Ok(()),
    }
}

/// `copy running-config startup-config`, also shortened.
fn is_save(path: &[String]) -> bool {
    let [command] = path else { return false };
    let words: Vec<&str> = command.split_whitespace().collect();
    matches!(words.as_slice(), ["copy", from, to]
        if from.len() > 2 && to.len() > 2 && "running-config".starts_with(from) && "startup-config".starts_with(to))
}

/// What changes no configuration: looking, moving about, the beginning and the end of a login.
fn is_harmless(path: &[String]) -> bool {
    let words = ["show", "terminal", "exit", "end", "where"];
    let is = |command: &String| {
        command.starts_with("shell terminated") || {
            let first = command.split_whitespace().next().unwrap_or_default();
            words.contains(&first)
        }
    };
    path.last().is_none_or(is)
}

fn effect(path: &[String], place: Place, vlan: VlanId) -> Effect {
    let Some(first) = path.first() else {
        return Effect::Nothing;
    };
    if ["rollback", "configure", "copy", "default"].iter().any(|word| first.starts_with(word)) {
        return wholesale(first);
    }
    match place {
        Place::VlanDatabase => in_database(path, vlan),
        Place::Interface(interface) => on_interface(path, interface, vlan),
    }
}

/// Commands that replace more than one line.
fn wholesale(command: &str) -> Effect {
    let harmless =
        command.starts_with("copy") && command.contains("startup-config") && !command.ends_with("running-config");
    if harmless { Effect::Nothing } else { Effect::Unclear }
}

fn in_database(path: &[String], vlan: VlanId) -> Effect {
    let Some(last) = path.iter().rev().find(|part| part.contains("vlan ")) else {
        return Effect::Nothing;
    };
    if let Some(list) = last.strip_prefix("no vlan ") {
        return named(list, vlan, Effect::Removes);
    }
    last.strip_prefix("vlan ").map_or(Effect::Nothing, |list| named(list, vlan, Effect::Adds))
}

fn on_interface(path: &[String], interface: InterfaceName, vlan: VlanId) -> Effect {
    let Some((opened, rest)) = path.split_first() else {
        return Effect::Nothing;
    };
    let Some(name) = opened.strip_prefix("interface ").or_else(|| opened.strip_prefix("int ")) else {
        return Effect::Nothing;
    };
    match name.parse::<InterfaceName>() {
        Ok(named) if named != interface => Effect::Nothing,
        Ok(_) => rest.last().map_or(Effect::Nothing, |command| on_trunk(command, vlan)),
        // A range or an abbreviation that may name the interface.
        Err(_) => rest.last().map_or(Effect::Nothing, |command| match on_trunk(command, vlan) {
            Effect::Nothing => Effect::Nothing,
            Effect::Adds | Effect::Removes | Effect::Unclear => Effect::Unclear,
        }),
    }
}

fn on_trunk(command: &str, vlan: VlanId) -> Effect {
    let Some(list) = command.strip_prefix("switchport trunk allowed vlan ") else {
        let switchport = command.trim_start_matches("no ").starts_with("sw");
        let other = ["switchport mode ", "switchport trunk native ", "switchport access "];
        let known = other.iter().any(|words| command.starts_with(words));
        return if switchport && !known { Effect::Unclear } else { Effect::Nothing };
    };
    if let Some(list) = list.strip_prefix("add ") {
        return named(list, vlan, Effect::Adds);
    }
    if let Some(list) = list.strip_prefix("remove ") {
        return named(list, vlan, Effect::Removes);
    }
    // A bare list replaces: what it does not name is gone.
    match list.trim().parse::<VlanSet>() {
        Ok(set) if set.contains(vlan) => Effect::Adds,
        Ok(_) => Effect::Removes,
        Err(_) => Effect::Unclear,
    }
}

fn named(list: &str, vlan: VlanId, effect: Effect) -> Effect {
    match list.trim().parse::<VlanSet>() {
        Ok(set) if set.contains(vlan) => effect,
        Ok(_) => Effect::Nothing,
        Err(_) => Effect::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place::Interface(InterfaceName::Ethernet(1, 1));

    fn log(lines: &[(&str, &str)]) -> Vec<Entry> {
        let typed = lines.iter().map(|(user, command)| {
            format!("Fri Jan 02 03:04:05 2026:type=update:id=192.0.2.8@pts/3:user={user}:cmd={command}\n")
        });
        parse(&typed.collect::<String>())
    }

    fn check(lines: &[(&str, &str)], place: Place, expected: bool) {
        assert_eq!(proves(&log(lines), "us", place, VlanId::new(7).unwrap()), expected, "{lines:?}");
    }

    const ADD: &str = "configure terminal ; interface Ethernet1/1 ; switchport trunk allowed vlan add 5-8 (SUCCESS)";
    const REMOVE: &str =
        "configure terminal ; interface Ethernet1/1 ; switchport trunk allowed vlan remove 7 (SUCCESS)";

    #[test]
    fn our_own_line_alone_proves() {
        check(&[("us", ADD)], PLACE, true);
        check(&[], PLACE, false);
        check(&[("ann", ADD)], PLACE, false);
        check(&[("us", &ADD.replace("SUCCESS", "FAILURE"))], PLACE, false);
        check(&[("us", &ADD.replace("1/1", "1/2"))], PLACE, false);
    }

    #[test]
    fn somebody_elses_line_that_may_have_added_it_disproves() {
        check(&[("ann", ADD), ("us", ADD)], PLACE, false);
        // Somebody else wants it too, although it was there: it is not ours alone.
        check(&[("us", ADD), ("ann", ADD)], PLACE, false);
        let range = "configure terminal ; interface Ethernet1/1-4 ; switchport trunk allowed vlan add 7 (SUCCESS)";
        check(&[("ann", range), ("us", ADD)], PLACE, false);
        let short = "configure terminal ; interface Ethernet1/1 ; sw tr al vl add 7 (SUCCESS)";
        check(&[("ann", short), ("us", ADD)], PLACE, false);
        check(&[("ann", "rollback running-config checkpoint a (SUCCESS)"), ("us", ADD)], PLACE, false);
    }

    #[test]
    fn what_was_removed_since_counts_no_more() {
        check(&[("ann", ADD), ("us", REMOVE), ("us", ADD)], PLACE, true);
        let bare = "configure terminal ; interface Ethernet1/1 ; switchport trunk allowed vlan 100,300 (SUCCESS)";
        check(&[("ann", bare), ("us", ADD)], PLACE, true);
        check(&[("us", ADD), ("ann", bare)], PLACE, false);
        let description = "configure terminal ; interface Ethernet1/1 ; description \"x\" (SUCCESS)";
        check(&[("ann", description), ("us", ADD)], PLACE, true);
    }

    #[test]
    fn a_created_vlan_is_proved_the_same_way() {
        check(&[("us", "configure terminal ; vlan 7 (SUCCESS)")], Place::VlanDatabase, true);
        let both =
            [("ann", "configure terminal ; vlan 1-10 (SUCCESS)"), ("us", "configure terminal ; vlan 7 (SUCCESS)")];
        check(&both, Place::VlanDatabase, false);
        check(&[("us", "configure terminal ; vlan 8 (SUCCESS)")], Place::VlanDatabase, false);
    }

    fn check_save(lines: &[(&str, &str)], foreign: Option<&str>) {
        let found = only_ours_unsaved(&log(lines), "us").err();
        assert_eq!(found.is_some(), foreign.is_some(), "{lines:?}: {found:?}");
        assert!(found.unwrap_or_default().contains(foreign.unwrap_or_default()), "{lines:?}");
    }

    #[test]
    fn a_save_keeps_only_what_is_ours() {
        const SAVE: &str = "copy running-config startup-config (SUCCESS)";
        let vlan = "configure terminal ; vlan 9 (SUCCESS)";
        check_save(&[("us", ADD)], None);
        check_save(&[("ann", vlan), ("us", ADD)], Some("ann: vlan 9"));
        check_save(&[("ann", vlan), ("bob", SAVE), ("us", ADD)], None);
        check_save(&[("ann", vlan), ("bob", "copy run start (SUCCESS)"), ("us", ADD)], None);
        check_save(&[("us", SAVE), ("us", ADD), ("ann", vlan)], Some("ann"));
        check_save(&[("ann", vlan), ("bob", &SAVE.replace("SUCCESS", "FAILURE"))], Some("ann"));
        check_save(&[("ann", &vlan.replace("SUCCESS", "FAILURE")), ("us", ADD)], None);
        let harmless =
            ["show version (SUCCESS)", "terminal length 0 (SUCCESS)", "configure terminal (SUCCESS)", "end (SUCCESS)"];
        let looked: Vec<_> = harmless.iter().map(|line| ("ann", *line)).collect();
        check_save(&looked, None);
        check_save(&[("ann", "copy bootflash:x running-config (SUCCESS)")], Some("ann"));
        check_save(&[("ann", "copy running-config bootflash:x (SUCCESS)")], Some("ann"));
    }

    #[test]
    fn without_a_log_nobody_can_tell_what_is_unsaved() {
        check_save(&[], Some("nobody can tell"));
        let cut = parse("Fri Jan 02 03:04:05 2026:type=update:id=192.0.2.8@pts/3:us\n");
        assert!(only_ours_unsaved(&cut, "us").is_err_and(|why| why.contains("cannot be read")));
    }
}
