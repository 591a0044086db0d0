//! What a request or a typed line is to a switch: its kind, how long it takes, and what is counted.

use std::time::Duration;

use super::{
    Kind, Switch,
    grammar::{self, Action, Mode},
};
use crate::lab::model::LabTime;

/// Something that the switch has begun and that takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Service {
    /// What it does.
    pub(super) kind: Kind,
    /// How long it takes.
    pub(super) takes: Duration,
    /// Whether it is the one that saves.
    pub(super) saves: bool,
}

impl Switch {
    /// The switch begins with it: counted, and while it saves nobody else can (facts: NX-OS §4.6).
    pub(super) fn begin(&mut self, kind: Kind, now: LabTime) -> Service {
        match kind {
            Kind::Read => self.counters.reads += 1,
            Kind::Write => self.counters.writes += 1,
            Kind::Save => self.counters.saves += 1,
        }
        let saves = kind == Kind::Save && self.saving_until.is_none_or(|until| until <= now);
        let takes = match kind {
            Kind::Save if saves => self.delays.write.max(self.save_time),
            Kind::Read | Kind::Save => self.delays.read,
            Kind::Write => self.delays.write,
        };
        if saves {
            self.saving_until = Some(now + takes);
        }
        Service { kind, takes, saves }
    }

    /// Its time is over, and it takes effect now: who `saves` may do so.
    pub(super) const fn finish(&mut self, saves: bool) {
        if saves {
            self.saving_until = None;
        }
    }
}

/// What one typed line does in `mode`. None: it only leads somewhere, or the parser refuses it, which takes no time.
/// A show is a read even when it is none that the switch knows.
pub(super) fn line_kind(mode: &Mode, line: &str) -> Option<Kind> {
    let show = line.trim_start().get(..2).is_some_and(|start| start.eq_ignore_ascii_case("sh"));
    match grammar::parse(mode, line) {
        Ok(parsed) if parsed.action == Action::Save => Some(Kind::Save),
        Ok(parsed) if parsed.action.leads() => None,
        Ok(parsed) if parsed.action.configures() => Some(Kind::Write),
        Ok(_) => Some(Kind::Read),
        Err(_) => show.then_some(Kind::Read),
    }
}
