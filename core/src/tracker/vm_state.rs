//! What is special about some VMs: states in which vCenter cannot say much, fault tolerance, SR-IOV.

use serde::{Deserialize, Serialize};

use super::{PowerState, Vm, VmId};

/// `runtime.connectionState` of a VM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VmConnection {
    /// `connected`, or vCenter did not say.
    #[default]
    Connected,
    /// `disconnected`: its host is; the VM runs on, and what is said of it is the last that was known.
    Disconnected,
    /// `orphaned`: vCenter knows it, and its host does not.
    Orphaned,
    /// `inaccessible`: its files cannot be read.
    Inaccessible,
    /// `invalid`: its configuration cannot be understood.
    Invalid,
}

impl VmConnection {
    /// Whether vCenter can say how the VM is configured (facts: vCenter §B4).
    pub const fn is_readable(self) -> bool {
        match self {
            Self::Connected | Self::Disconnected => true,
            Self::Orphaned | Self::Inaccessible | Self::Invalid => false,
        }
    }

    /// vCenter's word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Orphaned => "orphaned",
            Self::Inaccessible => "inaccessible",
            Self::Invalid => "invalid",
        }
    }
}

/// A VM's part in fault tolerance (`config.ftInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultTolerance {
    /// It is protected: `FaultTolerancePrimaryConfigInfo`.
    Primary {
        /// `secondaries`.
        secondaries: Vec<VmId>,
    },
    /// It stands in for another: `FaultToleranceSecondaryConfigInfo`. Its adapters take over at once when the primary's
    /// host dies.
    Secondary {
        /// `primaryVM`.
        primary: VmId,
    },
}

/// How an SR-IOV adapter leaves its host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sriov {
    /// `sriovBacking.physicalFunctionBacking.id`: the PCI address of its pnic; none: vCenter did not say.
    pub function: Option<String>,
}

impl Vm {
    /// Whether it runs, so that its ports are needed; none: it cannot be told. What is said of the power of a VM that
    /// cannot be read is believed only when it says that the VM runs.
    pub fn runs(&self) -> Option<bool> {
        match self.power {
            PowerState::On => Some(!self.template),
            PowerState::Off | PowerState::Suspended => self.connection.is_readable().then_some(false),
            PowerState::Unknown => None,
        }
    }

    /// Whether it stands in for another VM.
    pub const fn is_secondary(&self) -> bool {
        matches!(self.fault_tolerance, Some(FaultTolerance::Secondary { .. }))
    }
}
