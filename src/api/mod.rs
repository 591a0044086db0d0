//! What the service gives out and takes: rows (`web` serves them, `cli` reads them) and [`Control`], the little that
//! the web knows of the service behind it.

mod rows;
mod status;

use std::{fmt, future::Future, pin::Pin};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use vmtracker_core::net::{InterfaceName, SwitchName, VlanId};

pub use rows::{FindingRow, HistoryRow, Status, SwitchRow, Unmet, VcenterRow};

/// The service behind the web. Implemented over the actors.
pub trait Control: Send + Sync {
    /// How it stands, from the newest snapshot: never waits for a device.
    fn status(&self) -> Status;

    /// What a person should mend, from the newest snapshot.
    fn findings(&self) -> Vec<FindingRow>;

    /// The newest lines of the history, newest first, at most `limit`.
    fn history(&self, limit: usize) -> Reply<'_, Vec<HistoryRow>>;

    /// Stops all writing to switches, durably: it stays so over a restart.
    fn pause(&self, who: Caller) -> Reply<'_, ()>;

    /// Lets writing go on.
    fn resume(&self, who: Caller) -> Reply<'_, ()>;

    /// A person says that an orphaned requirement is needed no more.
    fn close(&self, who: Caller, what: Close) -> Reply<'_, ()>;

    /// A person looked, and lets withdrawals go on.
    fn release_brake(&self, who: Caller) -> Reply<'_, ()>;

    /// Forgets refused logins and tries every device again.
    fn retry(&self, who: Caller) -> Reply<'_, ()>;
}

/// An answer that may take a moment.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, ControlError>> + 'a>>;

/// Who gives a command; written to the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A user of this machine, as the kernel says (`SO_PEERCRED`).
    Uid(u32),
    /// The kernel did not say.
    Unknown,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "uid {uid}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// A requirement that a person closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// On which switch.
    pub switch: SwitchName,
    /// On which port.
    pub interface: InterfaceName,
    /// Which VLAN.
    pub vlan: VlanId,
}

/// Why a command was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// What it names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// It makes no sense now.
    #[error("{0}")]
    Refused(String),
    /// The service cannot do it now: the store cannot be written, or it is stopping.
    #[error("{0}")]
    Unavailable(String),
}

/// The body of every answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What went wrong, for people.
    pub error: String,
}

/// The body of a command's success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// What was done, for people.
    pub done: String,
}
