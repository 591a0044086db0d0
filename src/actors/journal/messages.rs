//! What else the journal is asked, beside claims and commits.

use actix::Message;

use crate::{actors::messages::ClaimError, store::Entry};

/// Write a line into the history: a person's command.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ClaimError>")]
pub struct Note(pub Entry);

/// The newest lines of the history, newest first.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<Vec<Entry>, ClaimError>")]
pub struct ReadHistory {
    /// At most so many.
    pub limit: usize,
}

/// Keep this over a restart, and say so in the history. The tracker is told by the caller, after the answer.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ClaimError>")]
pub struct Keep {
    /// What is kept.
    pub what: Kept,
    /// The history's line.
    pub entry: Entry,
}

/// What survives a restart beside the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A person paused (or resumed) all writing.
    Paused(bool),
    /// Why withdrawals are stopped, if they are.
    Brake(Option<String>),
}
