//! `show checkpoint summary`, `show diff rollback-patch`, `show file` and `dir` (facts: NX-OS §4.6).

use std::collections::BTreeMap;

use vmtracker_core::net::VlanSet;

use super::{Outcome, Switch};
use crate::lab::model::switch::{checkpoint, grammar::Saved};

/// `show checkpoint summary`. Its layout is not in the facts.
pub(super) fn summary(switch: &Switch) -> Outcome {
    let entries = (1..).zip(&switch.checkpoints.named);
    let line = |(number, (name, written)): (usize, (&String, &checkpoint::Written))| {
        format!("{number}) {name}:\nSize is {} bytes\n", written.text.len())
    };
    Outcome::text(format!("User Checkpoint Summary\n{}\n{}", "-".repeat(80), entries.map(line).collect::<String>()))
}

/// `show file FILE`.
pub(super) fn file(switch: &Switch, name: &str) -> Outcome {
    checkpoint::text(switch, &Saved::File(name.to_owned()))
        .map_or_else(|| Outcome::text(MISSING.to_owned()), Outcome::text)
}

const MISSING: &str = "No such file or directory\n";

/// `dir [FILE]`. A file that is not there is text, not an error: so NAPALM reads it over both transports.
pub(super) fn directory(switch: &Switch, name: Option<&str>) -> Outcome {
    let wanted = |file: &&String| name.is_none_or(|name| checkpoint::base(name) == file.as_str());
    let files = switch.checkpoints.files.iter().filter(|(file, _)| wanted(file));
    let entries: String = files.map(|(file, written)| written.entry(file)).collect();
    if entries.is_empty() && name.is_some() {
        return Outcome::text(MISSING.to_owned());
    }
    let usage = "Usage for bootflash://\n  6211682304 bytes used\n47086837760 bytes free\n53298520064 bytes total\n";
    Outcome::text(format!("{entries}\n{usage}"))
}

/// `show diff rollback-patch A B`: the lines that lead from A to B.
pub(super) fn diff(switch: &Switch, from: &Saved, to: &Saved) -> Outcome {
    let (Some(from), Some(to)) = (checkpoint::text(switch, from), checkpoint::text(switch, to)) else {
        return Outcome::text(MISSING.to_owned());
    };
    let patch = patch(&Config::read(&from), &Config::read(&to));
    let patch = if patch.is_empty() { "Rollback Patch is Empty\n".to_owned() } else { format!("!!\n{patch}") };
    Outcome::text(format!("Generating Rollback Patch\n{patch}"))
}

/// A configuration as its sections and its VLANs.
#[derive(Default)]
struct Config<'a> {
    vlans: VlanSet,
    sections: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Config<'a> {
    fn read(text: &'a str) -> Self {
        let mut config = Self::default();
        let mut head = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with(['!'])) {
            let vlans = line.strip_prefix("vlan ").and_then(|list| list.parse::<VlanSet>().ok());
            match vlans {
                Some(vlans) if vlans.len() > 1 => config.vlans = vlans,
                Some(_) | None if line.starts_with(' ') => config.sections.entry(head).or_default().push(line.trim()),
                Some(_) | None => {
                    head = line;
                    config.sections.entry(head).or_default();
                }
            }
        }
        config
    }
}

fn patch(from: &Config<'_>, to: &Config<'_>) -> String {
    let mut text = String::new();
    let (gone, new) = (from.vlans.difference(&to.vlans), to.vlans.difference(&from.vlans));
    if !gone.is_empty() {
        text.push_str(&format!("no vlan {gone}\n"));
    }
    if !new.is_empty() {
        text.push_str(&format!("vlan {new}\n"));
    }
    for (head, _) in from.sections.iter().filter(|(head, _)| !to.sections.contains_key(*head)) {
        text.push_str(&format!("no {head}\n"));
    }
    for (head, lines) in &to.sections {
        let before = from.sections.get(head);
        text.push_str(&section(head, before.map_or(&[], Vec::as_slice), lines, before.is_none()));
    }
    text
}

/// What changes within a section; nothing when nothing does.
fn section(head: &str, before: &[&str], after: &[&str], is_new: bool) -> String {
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("  no {line}\n"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("  {line}\n"));
    let lines: String = gone.chain(new).collect();
    if lines.is_empty() && !is_new { String::new() } else { format!("{head}\n{lines}") }
}
