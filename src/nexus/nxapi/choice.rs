//! What was learned of how a switch wants to be asked: in which dialect, how much at a time, and for which
//! commands it has only text.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use vmtracker_core::nexus::{
    Answer, Encoding, Query, Reply,
    nxapi::{Dialect, READS_PER_REQUEST, Replies},
};

/// What is known of one switch.
#[derive(Debug)]
pub(super) struct Choice {
    /// What the configuration says; it is never doubted.
    configured: Option<Dialect>,
    learned: Mutex<Learned>,
}

#[derive(Debug)]
struct Learned {
    dialect: Option<Dialect>,
    texts: BTreeSet<String>,
    /// How many questions it answers in time.
    width: usize,
}

impl Learned {
    const NOTHING: Self = Self { dialect: None, texts: BTreeSet::new(), width: READS_PER_REQUEST };
}

impl Choice {
    pub(super) const fn new(configured: Option<Dialect>) -> Self {
        Self { configured, learned: Mutex::new(Learned::NOTHING) }
    }

    /// The dialect to speak; none: it is to be found out.
    pub(super) fn dialect(&self) -> Option<Dialect> {
        self.configured.or_else(|| self.learned().dialect)
    }

    /// The switch answered in it.
    pub(super) fn settle(&self, dialect: Dialect) {
        self.learned().dialect = Some(dialect);
    }

    /// The switch is not what it was, perhaps after an upgrade.
    pub(super) fn forget(&self) {
        *self.learned() = Learned::NOTHING;
    }

    /// So many questions were not answered within the limit: half as many next time. Where each takes 16 s (facts:
    /// performance, NX-OS), ten at once would never be answered.
    pub(super) fn too_slow(&self, count: usize) {
        self.learned().width = (count / 2).max(1);
    }

    /// So many answers `took` so long: where twice as many as now would be far from the limit, more can be asked. One
    /// answer that came in time says nothing of ten.
    pub(super) fn in_time(&self, count: usize, took: Duration, limit: Duration) {
        let mut learned = self.learned();
        let more = (learned.width * 2).min(READS_PER_REQUEST);
        if took.as_secs_f64() / count.max(1) as f64 * (more as f64) < limit.as_secs_f64() / 2.0 {
            learned.width = more;
        }
    }

    /// The commands that are asked at once, as text where the switch has nothing else.
    pub(super) fn wished(&self, commands: &[(Encoding, String)]) -> Vec<(Encoding, String)> {
        let learned = self.learned();
        let encoding = |encoding, line| if learned.texts.contains(kind(line)) { Encoding::Text } else { encoding };
        let some = commands.iter().take(learned.width);
        some.map(|(wish, line)| (encoding(*wish, line), line.clone())).collect()
    }

    /// The replies up to the first command that has only text, which is kept in mind.
    pub(super) fn learn(&self, replies: Replies, asked: &[(Encoding, String)]) -> Vec<Reply> {
        let Replies { mut said, text_only } = replies;
        let blank = said.iter().zip(asked).position(|(reply, (_, line))| is_empty(reply) && !may_be_empty(line));
        let first = blank.or_else(|| text_only.then_some(said.len()));
        if let Some((position, (_, line))) = first.and_then(|position| Some((position, asked.get(position)?))) {
            self.learned().texts.insert(kind(line).to_owned());
            said.truncate(position);
        }
        said
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No table at all: so some releases say that they have no structured output (facts: NX-OS §1.3, §1.4).
fn is_empty(reply: &Reply) -> bool {
    match reply {
        Ok(Answer::Structured(Value::Null)) => true,
        Ok(Answer::Structured(Value::String(text))) => text.trim().is_empty(),
        Ok(Answer::Structured(Value::Object(map))) => map.is_empty(),
        Ok(Answer::Structured(Value::Bool(_) | Value::Number(_) | Value::Array(_)) | Answer::Text(_)) | Err(_) => false,
    }
}

/// The command that asks for addresses, whatever the port.
const MACS: &str = "show mac address-table";

/// What one command says of itself holds for this.
fn kind(line: &str) -> &str {
    if line.starts_with(MACS) { MACS } else { line }
}

/// Every switch has a version, interfaces and VLAN 1. That there are no addresses lets a VLAN be withdrawn, so that it
/// must not be the silence of a release without tables. Whatever else may truly be empty.
fn may_be_empty(line: &str) -> bool {
    kind(line) != MACS && ![Query::Version, Query::Ports, Query::Vlans].iter().any(|query| query.to_string() == line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    /// Asks so many questions of a switch that takes `each` for one, as many at a time as it was found to answer; how
    /// often that takes too long.
    fn time_outs(choice: &Choice, each: Duration, questions: usize) -> usize {
        let questions = vec![(Encoding::Text, "show version".to_owned()); questions];
        let (mut left, mut late) = (questions.as_slice(), 0);
        while !left.is_empty() {
            let count = choice.wished(left).len();
            let took = each * count as u32;
            if took > LIMIT {
                late += 1;
                choice.too_slow(count);
            } else {
                choice.in_time(count, took, LIMIT);
                left = left.get(count..).unwrap_or_default();
            }
        }
        late
    }

    #[test]
    fn a_slow_switch_is_found_out_once_however_few_or_many_questions_follow() {
        for seconds in 1..=60 {
            let (choice, each) = (Choice::new(None), Duration::from_secs(seconds));
            let found_out = time_outs(&choice, each, 15);
            assert!(found_out <= 4, "{seconds} s: {found_out} time-outs");
            let later: usize = [1, 1, 1, 15, 2, 1, 1, 1, 1, 15].map(|some| time_outs(&choice, each, some)).iter().sum();
            assert_eq!(later, 0, "{seconds} s: it was known");
        }
    }

    #[test]
    fn a_switch_that_is_quick_again_is_asked_as_much_as_ever() {
        let choice = Choice::new(None);
        assert!(time_outs(&choice, Duration::from_secs(16), 15) > 0);
        assert_eq!(time_outs(&choice, Duration::from_millis(20), 15), 0);
        assert_eq!(choice.wished(&vec![(Encoding::Text, String::new()); 15]).len(), READS_PER_REQUEST);
    }
}
