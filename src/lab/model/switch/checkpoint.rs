//! Configurations that are kept: checkpoints by name, checkpoint files, the startup-config, and the way back to them
//! (facts: NX-OS §4.6).

use std::collections::BTreeMap;

use super::{Outcome, Rejection, Switch, accounting::timestamp, grammar::Saved};
use crate::lab::model::LabTime;

/// How many checkpoints by name a switch keeps.
const KEPT: usize = 10;
/// The longest name.
const NAME: usize = 80;

/// A configuration as text, and when it was written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) text: String,
    unix_s: u64,
}

/// Everything kept on a switch besides the startup-config; a reload does not lose it.
#[derive(Clone, Debug, Default)]
pub(super) struct Checkpoints {
    pub(super) named: BTreeMap<String, Written>,
    pub(super) files: BTreeMap<String, Written>,
}

/// `copy running-config startup-config`.
pub(super) fn save(switch: &mut Switch, now: LabTime) -> Outcome {
    if let Err(busy) = free(switch, now) {
        return Outcome::Rejected(busy);
    }
    switch.save();
    let progress = "[########################################] 100%";
    let words = "Copy complete, now saving to disk (please wait)...\nCopy complete.";
    Outcome::text(format!("{progress}\n{words}\n"))
}

/// `checkpoint NAME`, `checkpoint file FILE`. One that is there is overwritten only when questions count as answered.
pub(super) fn make(switch: &mut Switch, target: &Saved, dont_ask: bool, now: LabTime) -> Result<(), Rejection> {
    free(switch, now)?;
    let written = Written { text: switch.running_config(), unix_s: switch.unix_s(now) };
    let (kept, name, most) = match target {
        Saved::Checkpoint(name) => (&mut switch.checkpoints.named, name.as_str(), KEPT),
        Saved::File(name) => (&mut switch.checkpoints.files, base(name), usize::MAX),
        Saved::Running | Saved::Startup => return Err(Rejection::Invalid(0)),
    };
    if name.len() > NAME {
        return Err(said("% String exceeded max length of (80)"));
    }
    if kept.contains_key(name) && !dont_ask {
        return Err(said("Permission denied. Cannot overwrite existing file."));
    }
    if kept.len() >= most && !kept.contains_key(name) {
        // Whether the oldest makes room on a real switch, and the words if not, are not in the facts.
        return Err(said("ERROR: the maximum of 10 checkpoints is reached"));
    }
    kept.insert(name.to_owned(), written);
    Ok(())
}

/// `no checkpoint NAME`, `delete FILE`.
pub(super) fn delete(switch: &mut Switch, target: &Saved) -> Result<(), Rejection> {
    let (removed, words) = match target {
        Saved::Checkpoint(name) => (switch.checkpoints.named.remove(name), "ERROR: no such checkpoint"),
        Saved::File(name) => (switch.checkpoints.files.remove(base(name)), "No such file or directory"),
        Saved::Running | Saved::Startup => return Err(Rejection::Invalid(0)),
    };
    removed.map(drop).ok_or_else(|| said(words))
}

/// `rollback running-config …`: back to a configuration, with everything that anybody changed since.
pub(super) fn roll_back(switch: &mut Switch, source: &Saved, now: LabTime) -> Outcome {
    if let Err(busy) = free(switch, now) {
        return Outcome::Rejected(busy);
    }
    let Some(text) = text(switch, source) else { return Outcome::said("Rollback failed.") };
    if text != switch.running_config() {
        switch.replace_config(&text, now);
        switch.revision += 1;
    }
    Outcome::text("Generating Rollback Patch\nRollback completed successfully.\n".to_owned())
}

/// The text of a kept configuration; none when there is none of that name.
pub(super) fn text(switch: &Switch, source: &Saved) -> Option<String> {
    let kept = &switch.checkpoints;
    match source {
        Saved::Running => Some(switch.running_config()),
        Saved::Startup => switch.startup_config().map(str::to_owned),
        Saved::Checkpoint(name) => kept.named.get(name).map(|written| written.text.clone()),
        Saved::File(name) => kept.files.get(base(name)).map(|written| written.text.clone()),
    }
}

impl Written {
    /// A line of `dir`.
    pub(super) fn entry(&self, name: &str) -> String {
        let stamp = timestamp(self.unix_s);
        let day = stamp.split_once(' ').map_or("", |(_, rest)| rest);
        format!("{:>9}    {day}  {name}\n", self.text.len())
    }
}

/// The name of a file without the disk in front: `bootflash:///x` is `x`.
pub(super) fn base(path: &str) -> &str {
    path.rsplit([':', '/']).next().unwrap_or(path)
}

/// One user at a time saves, makes a checkpoint or rolls back (facts: NX-OS §4.6, which has no words for it).
fn free(switch: &Switch, now: LabTime) -> Result<(), Rejection> {
    match switch.saving_until {
        Some(until) if until > now => {
            Err(said("ERROR: copy running-config startup-config is in progress, try again later"))
        }
        Some(_) | None => Ok(()),
    }
}

fn said(text: &str) -> Rejection {
    Rejection::Said(text.to_owned())
}
