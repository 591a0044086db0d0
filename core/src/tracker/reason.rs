//! Why a VLAN must be on a port.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ClusterId, HostId, Network, VmId};
use crate::net::{InterfaceName, SwitchName, VcenterId};

/// The logical port a host hangs on: an interface, or the port-channel that it is a member of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EdgePort {
    /// On which switch.
    pub switch: SwitchName,
    /// Which port or port-channel there.
    pub interface: InterfaceName,
}

impl fmt::Display for EdgePort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.switch, self.interface)
    }
}

/// One reason for a VLAN on an edge port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// This virtual NIC of this powered-on VM.
    Vnic {
        /// The VM.
        vm: VmId,
        /// The device key of the virtual NIC.
        key: i32,
    },
    /// A VM that is about to run on a host behind the port.
    Move {
        /// The VM.
        vm: VmId,
        /// Where it goes.
        to: HostId,
    },
    /// A vmkernel adapter: always on, withdrawn only by a person.
    Vmkernel {
        /// Its host.
        host: HostId,
        /// Its device, such as `vmk0`.
        device: String,
    },
    /// The floor of a cluster: always on.
    Floor {
        /// The cluster.
        cluster: ClusterId,
        /// Its host behind the port.
        host: HostId,
    },
    /// A VM that DRS would like to run on a host behind the port, while it says so.
    Recommended {
        /// The VM.
        vm: VmId,
        /// Where it would go.
        to: HostId,
    },
    /// VMs of a prepared cluster, which may run on any host of it.
    Prepared {
        /// The cluster.
        cluster: ClusterId,
        /// Its host behind the port.
        host: HostId,
        /// What VMs of the cluster are plugged into.
        network: Network,
    },
}

impl Reason {
    /// The VM whose state tells whether this reason is over; none for what only a person ends.
    pub const fn vm(&self) -> Option<&VmId> {
        match self {
            Self::Vnic { vm, .. } | Self::Move { vm, .. } | Self::Recommended { vm, .. } => Some(vm),
            Self::Vmkernel { .. } | Self::Floor { .. } | Self::Prepared { .. } => None,
        }
    }

    /// The vCenter that asks.
    pub const fn vcenter(&self) -> &VcenterId {
        match self {
            Self::Vnic { vm, .. } | Self::Move { vm, .. } | Self::Recommended { vm, .. } => &vm.vcenter,
            Self::Vmkernel { host, .. } | Self::Floor { host, .. } | Self::Prepared { host, .. } => &host.vcenter,
        }
    }

    /// Who stands behind it.
    pub(super) fn unit(&self) -> Unit {
        match self {
            Self::Vnic { vm, .. } => Unit::Vm(vm.clone()),
            Self::Move { vm, .. } => Unit::Move(vm.clone()),
            Self::Vmkernel { host, .. } | Self::Floor { host, .. } => Unit::Host(host.clone()),
            Self::Recommended { vm, .. } => Unit::Advice(vm.clone()),
            Self::Prepared { host, network, .. } => Unit::Prepared(host.clone(), network.clone()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vnic { vm, key } => write!(f, "{vm} vNIC {key}"),
            Self::Move { vm, to } => write!(f, "{vm} moves to {to}"),
            Self::Vmkernel { host, device } => write!(f, "{host} {device}"),
            Self::Floor { cluster, .. } => write!(f, "floor of {cluster}"),
            Self::Recommended { vm, to } => write!(f, "{vm} recommended to {to}"),
            Self::Prepared { cluster, network, .. } => write!(f, "{network} prepared in {cluster}"),
        }
    }
}

/// Who stands behind reasons; what is computed anew as one when a fact about it changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    /// A VM where it runs.
    Vm(VmId),
    /// A VM where it is about to run.
    Move(VmId),
    /// A host's vmkernel adapters and floors.
    Host(HostId),
    /// A VM where DRS recommends to run it.
    Advice(VmId),
    /// What VMs of a prepared cluster are plugged into, on one of its hosts.
    Prepared(HostId, Network),
}

impl Unit {
    /// Of which vCenter it is.
    pub(super) const fn vcenter(&self) -> &VcenterId {
        match self {
            Self::Vm(id) | Self::Move(id) | Self::Advice(id) | Self::Host(id) | Self::Prepared(id, _) => &id.vcenter,
        }
    }
}
