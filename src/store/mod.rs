//! What outlives a restart: the ledger's records, the history for people, and whether a person paused all writing.
//!
//! One trait, so that several controllers can later share a store; [`SqliteStore`] keeps one machine's. A store that
//! cannot be written means that no switch is (design rule 11): every fault is an error, none is papered over.

mod lock;
mod prune;
mod schema;
mod sqlite;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use vmtracker_core::tracker::{Moment, Record};

pub use sqlite::SqliteStore;

/// The durable part of the controller. Every method that changes something returns after it is on the disk.
pub trait Store: Send {
    /// Every record that still counts, oldest first; for the ledger's fold at start.
    ///
    /// # Errors
    /// The store cannot be read, or what it holds makes no sense.
    fn load(&mut self) -> Result<Vec<Record>, StoreError>;

    /// Makes all of these durable, or none: one commit, one sync.
    ///
    /// # Errors
    /// It is not known that they are durable.
    fn append(&mut self, records: &[Record]) -> Result<(), StoreError>;

    /// Deletes what the ledger's fold no longer needs, and the history's oldest lines.
    ///
    /// # Errors
    /// The store cannot be written.
    fn prune(&mut self) -> Result<(), StoreError>;

    /// Writes a line into the history.
    ///
    /// # Errors
    /// It is not known that it is durable.
    fn note(&mut self, entry: &Entry) -> Result<(), StoreError>;

    /// The newest lines of the history, newest first, at most `limit`.
    ///
    /// # Errors
    /// The store cannot be read.
    fn history(&mut self, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Whether a person paused all writing to switches.
    ///
    /// # Errors
    /// The store cannot be read.
    fn paused(&mut self) -> Result<bool, StoreError>;

    /// Pauses or resumes, and says so in the history, in one commit.
    ///
    /// # Errors
    /// It is not known that it is durable.
    fn set_paused(&mut self, paused: bool, entry: &Entry) -> Result<(), StoreError>;

    /// Why withdrawals are stopped until a person releases the brake, if they are.
    ///
    /// # Errors
    /// The store cannot be read.
    fn brake(&mut self) -> Result<Option<String>, StoreError>;

    /// Pulls or releases the brake, and says so in the history, in one commit.
    ///
    /// # Errors
    /// It is not known that it is durable.
    fn set_brake(&mut self, brake: Option<&str>, entry: &Entry) -> Result<(), StoreError>;

    /// How often this store was opened for writing; a permit of another epoch is void.
    fn epoch(&self) -> u64;
}

/// One line of the history: who did what, where and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// Who: `controller`, or `uid 1000` for a person's command.
    pub actor: String,
    /// What: `claimed`, `owned`, `released`, `withdrawing`, `withdrawn`, `pause`, `resume`, `brake`,
    /// `release-brake`, `close`, `retry`.
    pub what: String,
    /// The switch, where there is one.
    pub switch: Option<String>,
    /// The place on it, where there is one.
    pub place: Option<String>,
    /// The VLAN, where there is one.
    pub vlan: Option<u16>,
    /// Why, for people.
    pub text: String,
}

impl Entry {
    /// A line about what the controller did by itself.
    pub fn of_controller(at: Moment, what: &str, text: &str) -> Self {
        Self::new(at, "controller".to_owned(), what, text)
    }

    /// A line about a person's command.
    pub fn of_person(at: Moment, who: impl std::fmt::Display, what: &str, text: &str) -> Self {
        Self::new(at, who.to_string(), what, text)
    }

    fn new(at: Moment, actor: String, what: &str, text: &str) -> Self {
        Self { at, actor, what: what.to_owned(), switch: None, place: None, vlan: None, text: text.to_owned() }
    }
}

/// Why the store cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another controller has it.
    #[error("the store {} is in use by another controller", .0.display())]
    InUse(PathBuf),
    /// The lock beside it cannot be taken.
    #[error("cannot lock the store {}", path.display())]
    Lock {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is damaged: nothing is written to switches until a person restores or removes it.
    #[error("the store {} is damaged ({found}); restore it, or move it away to start with nothing owned", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        found: String,
    },
    /// The file was written by a newer version.
    #[error("the store {} has schema {found}, and this version knows {known}", path.display())]
    Schema {
        /// Which file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// SQLite does not keep the durability that was asked for.
    #[error("the store {} does not keep {setting}", path.display())]
    NotDurable {
        /// Which file.
        path: PathBuf,
        /// Which setting.
        setting: &'static str,
    },
    /// A step failed.
    #[error("cannot {step} the store {}: {source}", path.display())]
    Sqlite {
        /// Which step.
        step: &'static str,
        /// Which file.
        path: PathBuf,
        /// SQLite's reason.
        source: rusqlite::Error,
    },
    /// A record cannot be written as text; a defect of ours.
    #[error("a record cannot be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}
