//! Something a person should mend.

use std::{collections::BTreeSet, fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{HostId, Moment, VmId};

/// Something a person should mend, with the evidence and the team it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of trouble.
    pub kind: FindingKind,
    /// Who can mend it.
    pub team: Team,
    /// What it is about: a host and pnic, a switch and port, a vCenter.
    pub subject: String,
    /// What is wrong, on whose evidence, and what to do; one line.
    pub text: String,
    /// Since when.
    pub since: Moment,
    /// Which VMs and hosts suffer from it.
    #[serde(default)]
    pub about: BTreeSet<Entity>,
}

/// What of a vCenter a finding may be about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Entity {
    /// A virtual machine.
    Vm(VmId),
    /// An ESXi host.
    Host(HostId),
}

/// Who can mend a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Team {
    /// The people of the switches.
    Network,
    /// The people of the servers.
    Systems,
}

impl fmt::Display for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Network => "network",
            Self::Systems => "systems",
        })
    }
}

/// Switches are asked for their neighbours every 60 s, and speak CDP as often.
const NEIGHBORS: Duration = Duration::from_secs(60);

impl FindingKind {
    /// How long it must stand before it is told: what the next reading mends by itself is no trouble. A VLAN that is new
    /// on a link waits two forward delays (30 s) before the next reading finds it forwarding.
    pub(super) const fn patience(self) -> Duration {
        if matches!(self, Self::Island) {
            return Duration::from_secs(2 * NEIGHBORS.as_secs());
        }
        // A VM that moves to another vCenter may be in both inventories for a moment.
        if matches!(self, Self::DuplicateVm) {
            return Duration::from_secs(5 * NEIGHBORS.as_secs());
        }
        let settles = matches!(
            self,
            Self::Unattached
                | Self::Unconfirmed
                | Self::Suspended
                | Self::PairMismatch
                | Self::LinkLacks
                | Self::UnreadPort
                | Self::NativeVlan
        );
        if settles { NEIGHBORS } else { Duration::ZERO }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $team:ident;)*) => {
        /// What kind of trouble a finding is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum FindingKind {
            $($(#[$doc])* $kind,)*
        }

        impl FindingKind {
            /// Who can mend it.
            pub const fn team(self) -> Team {
                match self { $(Self::$kind => Team::$team,)* }
            }
        }

        impl fmt::Display for FindingKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$kind => $name,)* })
            }
        }
    };
}

kinds! {
    /// No session with a vCenter: its facts are stale, nothing of its VMs is withdrawn.
    VcenterLost = "vcenter-lost", Systems;
    /// A switch does not answer or refuses us: it is not written.
    SwitchLost = "switch-lost", Network;
    /// A pnic hears a switch that the configuration does not name.
    UnknownSwitch = "unknown-switch", Network;
    /// What a pnic hears leads to no port.
    UnknownPort = "unknown-port", Network;
    /// The switch has not confirmed what a pnic hears.
    Unconfirmed = "unconfirmed", Network;
    /// Two witnesses of a cable disagree.
    Conflict = "conflict", Network;
    /// A pnic that a VM or adapter uses hangs on no known port.
    Unattached = "unattached", Network;
    /// It cannot be told what an adapter needs.
    UnknownNeed = "unknown-need", Systems;
    /// A port of a distributed switch may need something else than its group, and cannot be read.
    UnreadPort = "unread-port", Systems;
    /// A port group lets more VLANs through than are served without consent.
    WideTrunk = "wide-trunk", Systems;
    /// VMs on a network whose frames leave in an overlay's tunnel: they are not tracked by VLAN.
    OverlayNetwork = "overlay-network", Systems;
    /// VMs with PCI pass-through devices: what these carry is not known.
    PassThrough = "pass-through", Systems;
    /// A VM is protected by another one that is not in the inventory: what that needs is not known.
    UnseenSecondary = "unseen-secondary", Systems;
    /// Frames leave a host untagged, and the native VLAN of its port does not pass them.
    NativeVlan = "native-vlan", Network;
    /// A VLAN is needed tagged, and is the port's native one: the switch sends it untagged.
    NativeTagged = "native-tagged", Network;
    /// A custom attribute of a port group cannot be read: what the port group needs is not added.
    BadAttribute = "bad-attribute", Systems;
    /// Findings cannot be written into a vCenter, which the configuration asks for.
    Feedback = "feedback", Systems;
    /// Policy or the switch's state forbids a VLAN that is needed.
    NotPermitted = "not-permitted", Network;
    /// One leg of a vPC has, or could have, a VLAN that the other cannot get now.
    HalfPair = "half-pair", Network;
    /// A VLAN is allowed on a port, or on both legs of a vPC, and does not pass there.
    Suspended = "suspended", Network;
    /// What the two switches of a vPC pair, or the configuration, say of the pair does not fit together.
    PairMismatch = "pair-mismatch", Network;
    /// A VLAN is needed on several switches, and the links between them do not pass it from one side to the other.
    Island = "island", Network;
    /// A link between switches lacks a VLAN that it needs, and others may pass it meanwhile.
    LinkLacks = "link-lacks", Network;
    /// Somebody else's machinery owns a switch's configuration: it is left alone.
    ForeignOwner = "foreign-owner", Network;
    /// What we changed on a switch is not in its startup-config.
    Unsaved = "unsaved", Network;
    /// A switch refused a command.
    Refused = "refused", Network;
    /// Somebody takes away what we put there.
    Drift = "drift", Network;
    /// A trunk without a list carries every VLAN.
    EveryVlan = "every-vlan", Network;
    /// A VLAN is needed, and the mode says to watch only.
    ObserveOnly = "observe-only", Network;
    /// A host with VLANs is away: its ports keep what they have.
    AbsentHost = "absent-host", Systems;
    /// A VM left without a cause: what it needed stays until a person closes it.
    Orphan = "orphan", Systems;
    /// VMs of two vCenters run under one instance UUID.
    DuplicateVm = "duplicate-vm", Systems;
    /// A withdrawal waits for something that a person may have to mend.
    WithdrawalBlocked = "withdrawal-blocked", Network;
    /// Withdrawals are stopped until a person releases the brake.
    Brake = "brake", Systems;
    /// A claim whose outcome could not be proved: what stands there is taken for foreign.
    Unproved = "unproved", Network;
}
