//! What VMs of a cluster are plugged into, apart from any one VM: what a prepared cluster is prepared for.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::Backing;

/// A network as a host knows it: what it needs there is resolved on each host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Network {
    /// A distributed port group.
    Distributed {
        /// `switchUuid` of the distributed switch.
        dvs_uuid: Arc<str>,
        /// `portgroupKey`.
        port_group_key: Arc<str>,
    },
    /// A port group of standard switches, by its name.
    Standard {
        /// The name; hosts of one cluster that have it mean the same.
        port_group: Arc<str>,
    },
}

impl Network {
    /// The network that an adapter is plugged into; none: nothing of the physical network, or it cannot be told.
    pub(super) fn of(backing: &Backing) -> Option<Self> {
        match backing {
            Backing::Distributed { dvs_uuid, port_group_key } => {
                let (dvs_uuid, port_group_key) = (dvs_uuid.as_str().into(), port_group_key.as_str().into());
                Some(Self::Distributed { dvs_uuid, port_group_key })
            }
            Backing::Standard { port_group } => Some(Self::Standard { port_group: port_group.as_str().into() }),
            Backing::Opaque { .. } | Backing::Unknown { .. } => None,
        }
    }

    /// An adapter that is plugged into it.
    pub(super) fn backing(&self) -> Backing {
        match self {
            Self::Distributed { dvs_uuid, port_group_key } => {
                Backing::Distributed { dvs_uuid: dvs_uuid.to_string(), port_group_key: port_group_key.to_string() }
            }
            Self::Standard { port_group } => Backing::Standard { port_group: port_group.to_string() },
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distributed { port_group_key, .. } => f.write_str(port_group_key),
            Self::Standard { port_group } => write!(f, "{}", port_group.escape_debug()),
        }
    }
}
