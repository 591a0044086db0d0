//! When running-config is copied to startup-config: some time after our last change, daily, or never.
//!
//! A switch of a pair that returns with an old startup-config suspends VLANs on the survivor too. So both are saved, each
//! once both have been quiet. What is unsaved is only counted, not read: the session that saves looks whether somebody
//! else's lines are unsaved, and then it does not save.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Act, EdgePort, FindingKind, HostId, Intent, Moment, Observation, Save, SaveOutcome, Tracker, findings::Found,
};
use crate::net::SwitchName;

/// A save that has to wait is looked at again after this.
const AGAIN: Duration = Duration::from_secs(10);
/// A save of which nothing is heard for this long is taken for failed: `copy running-config startup-config` takes
/// seconds to a few minutes.
const UNANSWERED: Duration = Duration::from_secs(5 * 60);
/// A change is saved after this at the latest, though others follow it without a rest; and a save that has to wait
/// for longer is a finding.
const LATEST: Duration = Duration::from_secs(3600);
/// After the first failure; each further one doubles it.
const FIRST: Duration = Duration::from_secs(5 * 60);
/// Never longer than this.
const LONGEST: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What is unsaved on every switch, and what came of trying.
#[derive(Clone, Debug, Default)]
pub(super) struct Saving {
    switches: BTreeMap<SwitchName, State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// Our first and our last change that may be unsaved.
    unsaved: Option<(Moment, Moment)>,
    /// A save is under way until this is over.
    asked: Option<Moment>,
    /// When it is due, as far as is known.
    due: Option<Moment>,
    /// It had to wait, and is not looked at before this.
    waits: Option<Moment>,
    /// Since when it had to wait.
    held: Option<Moment>,
    failed: Option<Failure>,
    /// The switch was read since we started.
    met: bool,
}

#[derive(Clone, Debug)]
struct Failure {
    kind: SaveOutcome,
    count: u32,
    /// Not tried again before this.
    until: Moment,
}

impl Saving {
    /// We changed something.
    pub(super) fn changed(&mut self, switch: &SwitchName, at: Moment) {
        let state = self.switches.entry(switch.clone()).or_default();
        let first = state.unsaved.map_or(at, |(first, _)| first);
        state.unsaved = Some((first, state.unsaved.map_or(at, |(_, last)| last.max(at))));
    }

    /// What came of a save that was begun `at` a moment: what was changed later is not in it.
    pub(super) fn answered(&mut self, switch: &SwitchName, at: Moment, outcome: SaveOutcome, now: Moment) {
        let state = self.switches.entry(switch.clone()).or_default();
        state.asked = None;
        match outcome {
            SaveOutcome::Saved => {
                state.failed = None;
                state.unsaved = state.unsaved.filter(|(_, last)| *last > at).map(|(_, last)| (last, last));
            }
            SaveOutcome::ForeignUnsaved(_) | SaveOutcome::Refused(_) | SaveOutcome::Unknown(_) => {
                state.fail(outcome, now)
            }
        }
    }

    /// The switch is lost, and a save under way with it.
    pub(super) fn lost(&mut self, switch: &SwitchName) {
        if let Some(state) = self.switches.get_mut(switch) {
            state.asked = None;
        }
    }

    /// When the next save is due, or to be given up.
    pub(super) fn next(&self) -> Option<Moment> {
        self.switches.values().filter_map(|state| state.asked.map(|at| at + UNANSWERED).or(state.due)).min()
    }

    fn last_change(&self, switch: &SwitchName) -> Option<Moment> {
        self.switches.get(switch)?.unsaved.map(|(_, last)| last)
    }
}

impl State {
    /// A save of which nothing is heard has failed.
    fn give_up(&mut self, now: Moment) {
        if self.asked.is_some_and(|asked| asked + UNANSWERED <= now) {
            self.asked = None;
            self.fail(SaveOutcome::Unknown("nothing was heard of it".to_owned()), now);
        }
    }

    fn fail(&mut self, kind: SaveOutcome, now: Moment) {
        let count = self.failed.as_ref().map_or(0, |before| before.count) + 1;
        let rest = FIRST.saturating_mul(1 << (count - 1).min(10)).min(LONGEST);
        self.failed = Some(Failure { kind, count, until: now + rest });
    }
}

impl Tracker {
    /// A switch is read for the first time since we started: nobody knows whether what is ours there was saved.
    pub(super) fn meet(&mut self, observation: &Observation, now: Moment) {
        let Some(identity) = &observation.identity else { return };
        let state = self.saving.switches.entry(observation.switch.clone()).or_default();
        if !std::mem::replace(&mut state.met, true)
            && self.ledger.of(&identity.serial).any(|(_, _, entry)| entry.is_ours())
        {
            self.saving.changed(&observation.switch, now);
        }
    }

    /// Asks for every save that is due, one at a time on a switch.
    pub(super) fn save(&mut self, now: Moment, intents: &mut Vec<Intent>) {
        let open = self.saving.switches.iter().filter(|(_, state)| state.unsaved.is_some() || state.due.is_some());
        let open: Vec<SwitchName> = open.map(|(switch, _)| switch.clone()).collect();
        for switch in open {
            if let Some(state) = self.saving.switches.get_mut(&switch) {
                state.give_up(now);
            }
            let due = self.save_due(&switch);
            let free = due.is_some_and(|due| due <= now) && self.may_save(&switch, now);
            let Some(state) = self.saving.switches.get_mut(&switch) else { continue };
            state.due = due;
            state.held = state.held.filter(|_| due.is_some());
            if free {
                (state.asked, state.waits, state.held) = (Some(now), None, None);
                intents.push(Intent::Save { switch });
            } else if due.is_some_and(|due| due <= now) {
                state.waits = Some(now + AGAIN);
                state.held.get_or_insert(now);
                state.due = state.waits;
            }
        }
    }

    /// When a switch is to be saved; none: nothing is unsaved, a save is under way, nobody may, or it does not answer.
    fn save_due(&self, switch: &SwitchName) -> Option<Moment> {
        let state = self.saving.switches.get(switch)?;
        let (first, last) = state.unsaved?;
        let policy = self.policy.switches.get(switch)?;
        if state.asked.is_some() || self.paused || !self.fabric.is_live(switch) || policy.mode.additions == Act::Observe
        {
            return None;
        }
        let peer = self.fabric.peer(switch).and_then(|peer| self.saving.last_change(peer));
        let due = match self.policy.save {
            Save::After(span) => {
                let quiet = peer.map_or(last, |peer| peer.max(last)) + span;
                quiet.min(first + span.max(LATEST))
            }
            Save::At(time) => next_at(time, first),
            Save::Never => return None,
        };
        let rested = state.failed.as_ref().map_or(due, |failed| failed.until.max(due));
        Some(state.waits.map_or(rested, |waits| waits.max(rested)))
    }

    /// Whether nothing is under way on a switch that a save would hold up, or would miss.
    fn may_save(&self, switch: &SwitchName, now: Moment) -> bool {
        let here = |port: &EdgePort| port.switch == *switch;
        let comes =
            |host: &HostId| self.attachments.of_host(host).flat_map(|at| self.legs_at(at)).any(|leg| here(&leg));
        let arriving = self.moves.values().any(|motion| motion.to.iter().any(&comes));
        let adding = self.unmet.keys().filter(|(port, _)| here(port)).any(|(port, vlan)| {
            let set_up = self.fabric.switches.get(switch).is_some_and(|known| known.carries(port.interface, *vlan));
            !set_up && self.is_wanted(port, *vlan)
        });
        let going = self.approved(switch, now).next().is_some();
        !arriving && !adding && !going && self.owner_forbids(switch).is_none()
    }

    /// Every switch where a save failed, or has to wait for long.
    pub(super) fn save_findings(&self, now: Moment) -> Vec<Found> {
        let failed = self.saving.switches.iter().filter_map(|(switch, state)| {
            let failed = state.failed.as_ref()?;
            let why = match &failed.kind {
                SaveOutcome::ForeignUnsaved(line) => format!(
                    "somebody else's line is unsaved there too ({line}); look, and save it by hand: copy running-config \
                     startup-config"
                ),
                SaveOutcome::Refused(text) => format!("the switch refused: {text}; mend it there"),
                SaveOutcome::Unknown(text) => format!("it cannot be told whether it was: {text}; look at: show startup-config"),
                SaveOutcome::Saved => return None,
            };
            let text = format!(
                "what we changed is not saved: {why}; it is tried again by itself. After a reload the switch would lack it"
            );
            Some((FindingKind::Unsaved, format!("switch {switch}"), text))
        });
        failed.chain(self.held_saves(now)).collect()
    }

    /// The switches where what is under way leaves no room for a save.
    fn held_saves(&self, now: Moment) -> impl Iterator<Item = Found> {
        let held = self.saving.switches.iter().filter(move |(switch, state)| {
            let long = state.held.is_some_and(|since| now.since(since) >= LATEST);
            long && state.failed.is_none() && self.owner_forbids(switch).is_none()
        });
        held.map(|(switch, _)| {
            let text = "what we changed is not saved: moves, additions or withdrawals have been under way there without \
                        a rest; it is saved once they rest. After a reload the switch would lack it; to save it now: \
                        copy running-config startup-config";
            (FindingKind::Unsaved, format!("switch {switch}"), text.to_owned())
        })
    }
}

/// The first moment after `from` that is `time` after midnight UTC.
fn next_at(time: Duration, from: Moment) -> Moment {
    let day = u64::try_from(DAY.as_millis()).unwrap_or(u64::MAX);
    let midnight = Moment::from_unix_ms(from.unix_ms() / day * day);
    let today = midnight + time;
    if today > from { today } else { today + DAY }
}
