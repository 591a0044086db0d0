//! What came of a batch: only the read-back says what stands, the switch's words only say why something does not.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    super::{Plan, Step, plan::standing},
    Session,
    lanes::{Answered, Resolved, Unproved},
};
use crate::{
    net::VlanId,
    tracker::{Configure, Moment, Outcome, Place, StepResult},
};

/// How long a refused entry is not tried again while intents from before the refusal still name it; the core's own
/// back-off begins when it hears of it.
const BLOCKED: Duration = Duration::from_secs(30);

/// The words of refusal by place.
pub(super) fn by_place(plan: &Plan, refused: BTreeMap<usize, String>) -> BTreeMap<Place, String> {
    let steps = plan.steps();
    let place = |index| match steps.get(index)? {
        Step::CreateVlans(_) => Some(Place::VlanDatabase),
        Step::Allow { interface, .. } | Step::Remove { interface, .. } => Some(Place::Interface(*interface)),
    };
    refused.into_iter().filter_map(|(index, words)| Some((place(index)?, words))).collect()
}

impl Session {
    pub(super) fn tell_outcomes(
        &mut self,
        plan: &Plan,
        urgent: bool,
        said: &Answered,
        read: &BTreeSet<Place>,
        now: Moment,
    ) {
        let mut results = Vec::new();
        for (place, vlan) in plan.added() {
            let stands = standing(place, &self.known).contains(vlan);
            let result = match (read.contains(&place), stands) {
                (true, true) => self.stands((place, vlan), urgent, said, now),
                (true, false) => self.failed(place, vlan, said, now),
                (false, _) => Some(self.unread(place, vlan, now)),
            };
            results.extend(result.map(|result| Outcome { place, vlan, result }));
        }
        for (place, vlan) in plan.removed() {
            let stands = standing(place, &self.known).contains(vlan);
            let result = match (read.contains(&place), stands) {
                (true, false) => Some(self.told((place, vlan), StepResult::Removed)),
                (true, true) => self.remains((place, vlan), said, now),
                (false, _) => Some(StepResult::Unknown("it could not be read back".to_owned())),
            };
            results.extend(result.map(|result| Outcome { place, vlan, result }));
        }
        self.report_done(self.generation(), results);
    }

    /// It stands. It is ours if it was seen absent just before; else the accounting log has to say so.
    fn stands(&mut self, key: (Place, VlanId), urgent: bool, said: &Answered, now: Moment) -> Option<StepResult> {
        match said {
            Answered::Refusals(_) if !urgent => Some(self.told(key, StepResult::Added)),
            Answered::Refusals(_) | Answered::Nothing(_) => {
                self.settling.insert(key, now);
                self.resolved.insert(key, Resolved::Told);
                None
            }
        }
    }

    /// It was to go and is there. If the switch says that it did all of it, somebody put it back, or nobody can tell:
    /// that it is still ours is not proved.
    fn remains(&mut self, key: (Place, VlanId), said: &Answered, now: Moment) -> Option<StepResult> {
        match said {
            Answered::Refusals(refused) if refused.is_empty() => {
                self.block(key, now);
                Some(StepResult::WasThere)
            }
            Answered::Refusals(_) | Answered::Nothing(_) => self.refusal(key.0, key.1, said, now),
        }
    }

    /// It does not stand. After a write that was cut off it may still come; it is tried once more before it is told.
    fn failed(&mut self, place: Place, vlan: VlanId, said: &Answered, now: Moment) -> Option<StepResult> {
        if matches!(said, Answered::Nothing(_)) && self.unproved.insert((place, vlan), Unproved::Cut(now)).is_none() {
            return None;
        }
        self.refusal(place, vlan, said, now)
    }

    /// Why it is not as it should be; none: the batch stopped before it came to this, so it is tried again.
    fn refusal(&mut self, place: Place, vlan: VlanId, said: &Answered, now: Moment) -> Option<StepResult> {
        let result = match said {
            Answered::Refusals(refused) => match refused.get(&place) {
                Some(words) => StepResult::Refused(words.clone()),
                None if refused.is_empty() => {
                    StepResult::Refused("the switch took the command and did not do it".to_owned())
                }
                None => return None,
            },
            Answered::Nothing(why) => StepResult::Unknown(format!("{why}; read back, it was not done")),
        };
        self.block((place, vlan), now);
        Some(result)
    }

    fn unread(&mut self, place: Place, vlan: VlanId, now: Moment) -> StepResult {
        self.unproved.insert((place, vlan), Unproved::Cut(now));
        self.block((place, vlan), now);
        StepResult::Unknown("it could not be read back".to_owned())
    }

    /// Nobody can tell: the read-back failed too.
    pub(super) fn tell_unknown(&mut self, plan: &Plan, why: &str, now: Moment) {
        let mut results = Vec::new();
        for (place, vlan) in plan.added().chain(plan.removed()) {
            self.block((place, vlan), now);
            results.push(Outcome { place, vlan, result: StepResult::Unknown(why.to_owned()) });
        }
        self.unproved.extend(plan.added().map(|entry| (entry, Unproved::Cut(now))));
        self.report_done(self.generation(), results);
    }

    /// Claims that are not sent after all: nothing of ours is there.
    pub(super) fn release(&mut self, entries: impl Iterator<Item = (Place, VlanId)>, intent: &Configure) {
        let results = entries.map(|(place, vlan)| Outcome { place, vlan, result: StepResult::WasGone });
        self.report_done(intent.generation, results.collect());
    }

    /// What a plan settled without a write, once for as long as the intent names it.
    pub(super) fn tell_settled(&mut self, intent: &Configure, settled: Vec<Outcome>, now: Moment) {
        let mut results = Vec::new();
        for outcome in settled {
            let key = (outcome.place, outcome.vlan);
            let known = self.resolved.contains_key(&key) || self.settling.contains_key(&key);
            if known || !is_news(intent, &outcome) {
                continue;
            }
            match outcome.result {
                StepResult::WasThere if self.unproved.remove(&key).is_some() => {
                    self.settling.insert(key, now);
                    continue;
                }
                StepResult::Refused(_) => self.block(key, now),
                StepResult::WasThere
                | StepResult::WasGone
                | StepResult::Added
                | StepResult::Removed
                | StepResult::Unknown(_) => drop(self.resolved.insert(key, Resolved::Told)),
            }
            results.push(outcome);
        }
        self.report_done(intent.generation, results);
    }

    /// Forgets what a newer intent does not name any more, and what was blocked long enough.
    pub(super) fn forget_resolved(&mut self, intent: &Configure, now: Moment) {
        let old = self.intent.take();
        self.resolved.retain(|(place, vlan), resolved| {
            let same =
                old.as_ref().is_some_and(|old| direction(old, *place, *vlan) == direction(intent, *place, *vlan));
            let named = same && direction(intent, *place, *vlan).is_some();
            named && !matches!(resolved, Resolved::Blocked(until) if *until <= now)
        });
    }

    pub(super) fn generation(&self) -> u64 {
        self.intent.as_ref().map_or(0, |intent| intent.generation)
    }

    pub(super) fn told(&mut self, key: (Place, VlanId), result: StepResult) -> StepResult {
        self.resolved.insert(key, Resolved::Told);
        self.unproved.remove(&key);
        result
    }

    fn block(&mut self, key: (Place, VlanId), now: Moment) {
        self.resolved.insert(key, Resolved::Blocked(now + BLOCKED));
    }
}

/// Whether the core does not know yet. What stands and is wanted without a cause was observed before.
fn is_news(intent: &Configure, outcome: &Outcome) -> bool {
    let key = (outcome.place, outcome.vlan);
    match outcome.result {
        StepResult::WasThere => intent.causes.contains_key(&key) || direction(intent, key.0, key.1) == Some(false),
        StepResult::Added
        | StepResult::Removed
        | StepResult::WasGone
        | StepResult::Refused(_)
        | StepResult::Unknown(_) => true,
    }
}

/// Whether the intent wants it there (true) or gone (false).
fn direction(intent: &Configure, place: Place, vlan: VlanId) -> Option<bool> {
    let present = intent.present.get(&place).is_some_and(|vlans| vlans.contains(vlan));
    let absent = intent.absent.get(&place).is_some_and(|gone| gone.vlans.contains(vlan));
    if present { Some(true) } else { absent.then_some(false) }
}
