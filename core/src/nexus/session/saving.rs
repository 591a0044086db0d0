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
    Answers, Session, Ticket,
    lanes::{Job, Link, Writes},
};
use crate::tracker::{Event, Moment, SaveOutcome};

/// How long the look at the log holds, from its answer on: somebody may have typed a line since.
const CHECK: Duration = Duration::from_secs(5);

/// How far a save has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saving {
    Idle,
    Asked,
    /// The accounting log is being read.
    Checking,
    /// Only ours was unsaved when the log was answered.
    Checked(Moment),
    /// The switch copies.
    Running,
    /// The same, begun then, and the session was lost meanwhile: it is not waited for, and no other begins.
    Adrift(Ticket, Moment),
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
            Saving::Idle | Saving::Checking | Saving::Running | Saving::Adrift(..) => None,
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

    /// The log was read, and answered at `at`.
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

    /// Gives an answer to the save that the session was lost under; says whether it was that one's.
    pub(super) fn take_adrift(&mut self, ticket: Ticket, answer: &Answers) -> bool {
        let Saving::Adrift(asked, began) = self.saving else { return false };
        if asked != ticket {
            return false;
        }
        match answer {
            Ok(answers) => match answers.iter().cloned().collect::<Result<Vec<_>, _>>() {
                Ok(pieces) => self.save_answered(began, &pieces),
                Err(words) => self.saved(began, SaveOutcome::Refused(words)),
            },
            Err(failure) => self.saved(began, SaveOutcome::Unknown(failure.why.clone())),
        }
        true
    }

    /// The session is lost: what was not begun is not begun any more, and what was must not keep the switch from being
    /// looked for.
    pub(super) fn abandon_save(&mut self, why: &str, now: Moment) {
        match self.saving {
            Saving::Running => {
                if let Some((ticket, began, _)) = self.slow.job.take_if(|(_, _, job)| *job == Job::Save) {
                    self.saving = Saving::Adrift(ticket, began);
                }
            }
            Saving::Idle | Saving::Adrift(..) => {}
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
