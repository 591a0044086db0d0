//! The lines of one request, typed into one session.

use super::{HttpRequest, Kind, Switch};
use crate::lab::model::{
    LabTime,
    switch::{
        Author, Outcome, Session,
        grammar::{self, Action, Mode},
    },
};

/// What follows an error; without a word it is the first (facts: NX-OS §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnError {
    Stop,
    Continue,
    Undo,
}

impl OnError {
    /// The value of `rollback`.
    pub(super) fn named(word: Option<&str>) -> Self {
        match word {
            Some("continue-on-error") => Self::Continue,
            Some("rollback-on-error") => Self::Undo,
            Some(_) | None => Self::Stop,
        }
    }
}

/// Who asks, and when.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    author: Author,
    now: LabTime,
}

impl Caller {
    /// How NX-API sessions name themselves in the accounting log is not known (facts: NX-OS §4.6b); the user is.
    pub(super) fn new(user: &str, request: &HttpRequest, now: LabTime) -> Self {
        Self { author: Author { origin: format!("{}@nginx", request.peer), user: user.to_owned() }, now }
    }

    /// Types one exec command, with whatever pipes behind it, into a session of its own.
    pub(super) fn exec(&self, switch: &mut Switch, line: &str) -> Outcome {
        let command = line.split_once('|').map_or(line, |(command, _)| command);
        match grammar::parse(&Mode::Exec, command) {
            Ok(_) => Session::nxapi(self.author.clone()).type_line(switch, line, self.now),
            Err(rejection) => Outcome::Rejected(rejection),
        }
    }

    /// Types lines into one session: the configuration context is kept from line to line and ends with the batch. One
    /// outcome for every line typed; where an error stops the batch, later lines are not. Nobody types `end` for the
    /// client: on releases that make a VLAN when its sub-mode is left, a batch without it leaves none (facts: NX-OS §4.3).
    pub(super) fn type_all<'a>(
        &self,
        switch: &mut Switch,
        lines: impl Iterator<Item = (&'a str, OnError)> + Clone,
    ) -> Vec<Outcome> {
        let mut session = Session::nxapi(self.author.clone());
        let undo = lines.clone().any(|(_, on_error)| on_error == OnError::Undo);
        let before = undo.then(|| (switch.vlans.clone(), switch.ports.clone()));
        let mut outcomes = Vec::new();
        let mut failed = false;
        for (line, on_error) in lines {
            let outcome = session.type_line(switch, line, self.now);
            let accepted = outcome.accepted();
            outcomes.push(outcome);
            failed |= !accepted;
            if !accepted && on_error != OnError::Continue {
                break;
            }
        }
        if let (true, Some((vlans, ports))) = (failed, before) {
            (switch.vlans, switch.ports) = (vlans, ports);
            switch.revision += 1;
        }
        outcomes
    }
}

/// A write when any line configures, else a save when any saves, else a read.
pub(super) fn kind<'a>(lines: impl Iterator<Item = &'a str>) -> Kind {
    let kinds: Vec<_> = lines.map(line_kind).collect();
    let first = |kind: Kind| kinds.contains(&kind).then_some(kind);
    first(Kind::Write).or_else(|| first(Kind::Save)).unwrap_or(Kind::Read)
}

/// Whether a line begins with `show`, spelled out or not.
pub(super) fn is_show(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    first.len() >= 2 && "show".starts_with(&first)
}

/// A show is a read even when it is none that the switch knows.
pub(super) fn line_kind(line: &str) -> Kind {
    match grammar::parse(&Mode::Exec, line) {
        Ok(parsed) if parsed.action == Action::Save => Kind::Save,
        Ok(parsed) if !parsed.action.configures() => Kind::Read,
        Ok(_) => Kind::Write,
        Err(_) if is_show(line) => Kind::Read,
        Err(_) => Kind::Write,
    }
}
