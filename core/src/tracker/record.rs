//! What is kept: ledger records, folded in one place, and the permit that a claim earns.

use serde::{Deserialize, Serialize};

use super::{Moment, Place, Reason};
use crate::net::{SwitchName, VlanId};

/// One durable fact. The ledger is a fold over these: over the store at start, over what comes back as events after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub at: Moment,
    /// The switch's name then; for people.
    pub switch: SwitchName,
    /// The switch itself.
    pub serial: String,
    /// Where.
    pub place: Place,
    /// Which VLAN.
    pub vlan: VlanId,
    /// What happened.
    pub what: What,
}

/// What happened to a VLAN in a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// We are about to add it, for this cause.
    Claimed {
        /// Why.
        cause: String,
    },
    /// Added by us and read back: ours.
    Owned,
    /// The claim ended with nothing of ours there (refused, or it was there already, or proof is missing).
    Released {
        /// Why.
        why: String,
    },
    /// We are about to withdraw it, for this cause.
    Withdrawing {
        /// Why.
        cause: String,
    },
    /// Withdrawn by us, and seen gone.
    Withdrawn,
    /// What it stands for, by VM or adapter id; so that after a restart it may go once all are accounted for.
    StandsFor {
        /// The reasons.
        reasons: Vec<Reason>,
    },
}

/// The journal's word that a claim is durable. Nothing is sent to a switch without one.
///
/// Only the journal may call [`Permit::grant`], after its commit returned; `tests/it/tidy.rs` holds that.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    epoch: u64,
    until: Moment,
}

impl Permit {
    /// For the journal, after its commit returned.
    pub const fn grant(epoch: u64, until: Moment) -> Self {
        Self { epoch, until }
    }

    /// Which journal granted it: another epoch's permit is void.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Nothing is sent after this.
    pub const fn until(&self) -> Moment {
        self.until
    }
}
