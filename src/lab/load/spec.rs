//! How much happens, and of which kind.

use std::time::Duration;

use rand::{RngExt, rngs::StdRng};

use crate::lab::model::vcenter::MoveKind;

/// How much happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadSpec {
    /// vMotions per second.
    pub moves_per_second: f64,
    /// Power operations per second.
    pub powers_per_second: f64,
    /// Creations and destructions per second.
    pub births_per_second: f64,
    /// Hosts that fail per minute; HA restarts their VMs, and they come back.
    pub failures_per_minute: f64,
    /// How long vMotions copy.
    pub copy_phase: CopyPhase,
    /// How long after the copy began vCenter's start event comes. A shorter copy phase ends before it: then event and
    /// arrival come together, and nothing can be prepared.
    pub event_delay: Duration,
    /// Which moves.
    pub shares: Shares,
    /// The same seed on the same data centre asks for the same operations.
    pub seed: u64,
}

impl Default for LoadSpec {
    /// Nothing happens; moves would take what a small VM's take.
    fn default() -> Self {
        Self {
            moves_per_second: 0.0,
            powers_per_second: 0.0,
            births_per_second: 0.0,
            failures_per_minute: 0.0,
            copy_phase: CopyPhase { shortest: Duration::from_secs(2), longest: Duration::from_secs(6) },
            event_delay: Duration::ZERO,
            shares: Shares::default(),
            seed: 1,
        }
    }
}

/// How long vMotions copy: any time between these two, each as likely as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyPhase {
    /// The shortest.
    pub shortest: Duration,
    /// The longest.
    pub longest: Duration,
}

impl CopyPhase {
    /// Every vMotion takes exactly `span`.
    pub const fn exactly(span: Duration) -> Self {
        Self { shortest: span, longest: span }
    }

    pub(super) fn draw(self, rng: &mut StdRng) -> Duration {
        let more = self.longest.saturating_sub(self.shortest);
        self.shortest + more.mul_f64(rng.random_range(0.0..1.0))
    }
}

/// Which share of all moves, from 0 to 1, is of some kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// DRS makes.
    pub drs: f64,
    /// Travels encrypted, so that the start event tells the destination by name only.
    pub encrypted: f64,
    /// Goes to another cluster, where there is one; the others stay in theirs, if it has another host.
    pub other_cluster: f64,
    /// Fails at its end.
    pub failing: f64,
}

impl Default for Shares {
    /// vMotions inside of clusters, of which one in fifty fails: enough to see one in a minute, too few to matter.
    fn default() -> Self {
        Self { drs: 0.0, encrypted: 0.0, other_cluster: 0.0, failing: 0.02 }
    }
}

impl Shares {
    /// By which operation the next move is made.
    pub(super) fn kind(self, rng: &mut StdRng) -> MoveKind {
        let lot: f64 = rng.random_range(0.0..1.0);
        if lot < self.drs {
            MoveKind::Drs
        } else if lot < self.drs + self.encrypted {
            MoveKind::Encrypted
        } else {
            MoveKind::VMotion
        }
    }
}

/// Whether something with this share comes next.
pub(super) fn chance(share: f64, rng: &mut StdRng) -> bool {
    rng.random_range(0.0..1.0) < share
}
