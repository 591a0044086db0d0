//! Who talks to whom:
//!
//! ```text
//! VcenterActor ──Fact──▶ TrackerActor ──watch slot: Configure (newest wins)──▶ SwitchActor
//!                            ▲   │  └────────── Look, SaveConfig ───────────────▶ │  │ Claim ▼ ▲ Permit
//!                            │   └─ Commit ─▶ JournalActor ◀──────────────────────┼──┘
//!                            └──────────── Fact (Observed, Done, Recorded) ◀──────┘
//! ```
//!
//! Every message is sent with `send().await`, so that pressure reaches back to vCenter's long poll.

use std::{collections::BTreeSet, sync::Arc};

use actix::Message;
use thiserror::Error;
use tokio::sync::watch;
use vmtracker_core::{
    net::InterfaceName,
    tracker::{Configure, Event, Permit, Record},
};

/// To the tracker: something happened.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Fact(pub Event);

/// To the journal, from a switch's actor: make these claims durable. The permit is the only way to write.
#[derive(Debug, Message)]
#[rtype(result = "Result<Permit, ClaimError>")]
pub struct Claim(pub Vec<Record>);

/// To the journal, from the tracker: make these durable; they come back as `Event::Recorded`.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ClaimError>")]
pub struct Commit(pub Vec<Record>);

/// To a switch's actor: read the MAC addresses on these ports, beside whatever else goes on.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Look(pub BTreeSet<InterfaceName>);

/// To a switch's actor: copy running-config to startup-config, if nothing of somebody else is unsaved. What came of it
/// is told to the tracker.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct SaveConfig;

/// To a vCenter's or a switch's actor: end the session in order (log out, finish or abandon what is in flight).
/// Answered when that is done.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Stop;

/// The slot in which the newest intent for a switch lies.
pub type IntentSlot = watch::Receiver<Option<Arc<Configure>>>;

/// Why a claim is not durable; then nothing may be sent to any switch.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the store cannot be written, so no switch is: {0}")]
pub struct ClaimError(pub String);
