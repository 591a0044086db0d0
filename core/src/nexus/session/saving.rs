//! Saving: running-config to startup-config, never over lines of somebody else that are unsaved.
//!
//! ```text
//!        Save            log is due         only ours unsaved        no write under way
//!   Idle ─────▶ Asked ─────────────▶ Checking ───────────▶ Checked ─────────────────▶ Running
//!    ▲            ▲                    │ foreign line          │ too long ago            │
//!    │            └────────────────────┼───────────────────────┘                         │
//!    └◀── Saved ◀──────────────────────┴◀────────────────────────────────────────────────┘
//! ```

use std::time::Duration;

use super::{
    super::{Piece, parse::accounting::only_ours_unsaved},
    Session,
    lanes::{Job, Link, Writes},
};
use crate::tracker::{Event, Moment, SaveOutcome};

/// How long the look at the log holds: somebody may have typed a line since.
const CHECK: Duration = Duration::from_secs(5);

/// How far a save has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saving {
    Idle,
    Asked,
    /// The accounting log is being read.
    Checking,
    /// Only ours was unsaved when the log was asked for.
    Checked(Moment),
    /// The switch copies.
    Running,
}

impl Session {
    pub(super) fn take_save(&mut self, now: Moment) {
        if self.link != Link::Up {
            return self.saved(now, SaveOutcome::Unknown(format!("{} is not connected", self.switch)));
        }
        // One that is under way answers for both.
        if self.saving == Saving::Idle {
            self.saving = Saving::Asked;
        }
    }

    /// The next job of a save, if its time is now.
    pub(super) fn saving_job(&mut self, now: Moment) -> Option<Job> {
        let quiet = matches!(self.writes, Writes::Idle | Writes::Held(_));
        match self.saving {
            Saving::Idle | Saving::Checking | Saving::Running => None,
            Saving::Checked(at) if quiet && now.since(at) < CHECK => {
                self.saving = Saving::Running;
                Some(Job::Save)
            }
            Saving::Asked | Saving::Checked(_) => quiet.then(|| {
                self.saving = Saving::Checking;
                Job::SaveCheck
            }),
        }
    }

    /// The log, asked for at `at`, was read.
    pub(super) fn save_checked(&mut self, at: Moment, pieces: &[Piece]) {
        if self.saving != Saving::Checking {
            return;
        }
        let log = pieces.iter().find_map(|piece| if let Piece::Accounting(log) = piece { Some(log) } else { None });
        match only_ours_unsaved(log.map_or(&[], Vec::as_slice), &self.username) {
            Ok(()) => self.saving = Saving::Checked(at),
            Err(line) => self.saved(at, SaveOutcome::ForeignUnsaved(line)),
        }
    }

    /// The switch answered to a save that began at `at`.
    pub(super) fn save_answered(&mut self, at: Moment, pieces: &[Piece]) {
        let said =
            pieces.iter().find_map(|piece| if let Piece::Saved(said) = piece { Some(said.clone()) } else { None });
        let outcome = match said {
            Some(Ok(())) => SaveOutcome::Saved,
            Some(Err(words)) => SaveOutcome::Refused(words),
            None => SaveOutcome::Unknown("the switch did not answer to the save".to_owned()),
        };
        self.saved(at, outcome);
    }

    /// The session is lost: what was not begun is not begun any more.
    pub(super) fn abandon_save(&mut self, why: &str, now: Moment) {
        match self.saving {
            Saving::Idle | Saving::Running => {}
            Saving::Asked | Saving::Checking | Saving::Checked(_) => {
                self.saved(now, SaveOutcome::Unknown(why.to_owned()));
            }
        }
    }

    pub(super) fn saved(&mut self, at: Moment, outcome: SaveOutcome) {
        self.saving = Saving::Idle;
        self.report(Event::Saved { switch: self.switch.clone(), at, outcome });
    }
}
