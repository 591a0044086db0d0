//! What is special about a VM.

use vmtracker_core::net::MoId;

/// What vCenter can say about a VM; `runtime.connectionState` where that does not follow from its host's
/// (facts: vCenter §B4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SimVmState {
    /// It is where vCenter thinks.
    #[default]
    Known,
    /// Its files cannot be reached: there is no configuration to tell.
    Inaccessible,
    /// Its configuration cannot be read: there is none to tell.
    Invalid,
    /// Its host knows nothing of it: it does not run there.
    Orphaned,
}

impl SimVmState {
    /// Whether there is a configuration to tell.
    pub const fn has_config(self) -> bool {
        match self {
            Self::Known | Self::Orphaned => true,
            Self::Inaccessible | Self::Invalid => false,
        }
    }
}

/// A VM's part in fault tolerance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SimFaultTolerance {
    /// None.
    #[default]
    None,
    /// Its frames count; this is its secondary.
    Primary(MoId),
    /// It runs in step with this primary, with the same addresses, and sends nothing.
    Secondary(MoId),
}
