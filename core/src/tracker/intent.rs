//! What the core wants true, and what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{Moment, Record};
use crate::net::{InterfaceName, SwitchName, VlanId, VlanSet};

/// What the shell is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Bring a switch to this; the newest wins, losing or repeating one is harmless.
    Configure(Arc<Configure>),
    /// Look which MAC addresses stand on these ports, before a withdrawal.
    Observe {
        /// On which switch.
        switch: SwitchName,
        /// On which ports.
        interfaces: BTreeSet<InterfaceName>,
    },
    /// Copy running-config to startup-config, unless lines that are not ours are unsaved; `Event::Saved` tells.
    Save {
        /// On which switch.
        switch: SwitchName,
    },
    /// Commit these to the store; they come back as `Event::Recorded`.
    Journal(Vec<Record>),
    /// The brake was pulled, for this reason, or released: keep that over a restart.
    Brake(Option<String>),
    /// A requirement now passes frames, this long after the fact that asked for it reached the core; for the metrics.
    Met {
        /// On which switch.
        switch: SwitchName,
        /// How long it was unmet.
        waited: Duration,
    },
}

/// The whole desired state of one switch. What is in neither map is foreign, and no step can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configure {
    /// Which switch.
    pub switch: SwitchName,
    /// The switch's serial number, as the core knows it: a session that reads another one must not write.
    pub serial: String,
    /// Grows by one with every intent for this switch.
    pub generation: u64,
    /// What must be there. Ports that did not change share their sets.
    pub present: BTreeMap<Place, Arc<VlanSet>>,
    /// What is ours and goes, each good until a moment.
    pub absent: BTreeMap<Place, Withdrawal>,
    /// The part of `present` that a move under way waits for: not held up by a reading.
    pub urgent: BTreeMap<Place, VlanSet>,
    /// Claims of an earlier run that nobody settled: look whether they are ours.
    pub unsettled: BTreeSet<(Place, VlanId)>,
    /// Why, for every entry that was not yet observed.
    pub causes: BTreeMap<(Place, VlanId), Cause>,
    /// The vPC peer-link among `present`: add-only, written after the VLAN database.
    pub peer_link: Option<InterfaceName>,
    /// The fabric links of the switch, in `present` or not: add-only, written after the peer-link and before edge ports.
    pub links: BTreeSet<InterfaceName>,
    /// The switch is one of a vPC pair: when it is lost it is looked for every 2 s (design rule 6).
    pub paired: bool,
}

/// VLANs of ours that go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Which.
    pub vlans: VlanSet,
    /// Not after this: 60 s after the switch was asked for MAC addresses there.
    pub until: Moment,
}

/// Where a VLAN stands on a switch. The database sorts first: a VLAN is created before a trunk allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The VLAN database: the VLAN exists.
    VlanDatabase,
    /// The allowed list of a trunk.
    Interface(InterfaceName),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VlanDatabase => f.write_str("VLAN database"),
            Self::Interface(interface) => interface.fmt(f),
        }
    }
}

/// Why a (place, VLAN) is wanted or withdrawn: one line for people, written by the core.
pub type Cause = Arc<str>;

/// What came of an intent, for every (place, VLAN) that a batch named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Which switch.
    pub switch: SwitchName,
    /// Its serial number.
    pub serial: String,
    /// The intent's generation.
    pub generation: u64,
    /// One for each (place, VLAN).
    pub results: Vec<Outcome>,
}

/// What came of one (place, VLAN).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where.
    pub place: Place,
    /// Which VLAN.
    pub vlan: VlanId,
    /// What came of it.
    pub result: StepResult,
}

/// The six things that can come of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepResult {
    /// Seen absent before our write (or proved ours by the accounting log), read back after: it is ours.
    Added,
    /// There, and not provably by us: foreign.
    WasThere,
    /// Withdrawn, and seen gone.
    Removed,
    /// To be withdrawn, but it was gone already.
    WasGone,
    /// The switch said no, in these words.
    Refused(String),
    /// Nobody can tell, for this reason: the connection broke and the read-back failed too.
    Unknown(String),
}

/// What came of a save.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaveOutcome {
    /// The switch said that it is complete.
    Saved,
    /// Nothing was saved: this line of somebody else is unsaved, or nobody can tell whether there is one.
    ForeignUnsaved(String),
    /// The switch said no, in these words.
    Refused(String),
    /// Nobody can tell, for this reason.
    Unknown(String),
}
