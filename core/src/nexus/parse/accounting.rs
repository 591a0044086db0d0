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

/// Every entry that can be read; the rest is passed over.
pub fn parse(text: &str) -> Vec<Entry> {
    text.lines().filter_map(entry).collect()
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
}
