//! The types of managed objects.

use std::fmt;

/// The type of a managed object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the VIM API")]
pub enum Kind {
    Folder,
    Datacenter,
    ClusterComputeResource,
    HostSystem,
    VirtualMachine,
    VmwareDistributedVirtualSwitch,
    DistributedVirtualPortgroup,
    Network,
    OpaqueNetwork,
    Task,
    EventHistoryCollector,
    CustomFieldsManager,
}

impl Kind {
    /// Every type.
    pub const ALL: [Self; 11] = [
        Self::Folder,
        Self::Datacenter,
        Self::ClusterComputeResource,
        Self::HostSystem,
        Self::VirtualMachine,
        Self::VmwareDistributedVirtualSwitch,
        Self::DistributedVirtualPortgroup,
        Self::Network,
        Self::OpaqueNetwork,
        Self::Task,
        Self::EventHistoryCollector,
    ];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "Folder",
            Self::Datacenter => "Datacenter",
            Self::ClusterComputeResource => "ClusterComputeResource",
            Self::HostSystem => "HostSystem",
            Self::VirtualMachine => "VirtualMachine",
            Self::VmwareDistributedVirtualSwitch => "VmwareDistributedVirtualSwitch",
            Self::DistributedVirtualPortgroup => "DistributedVirtualPortgroup",
            Self::Network => "Network",
            Self::OpaqueNetwork => "OpaqueNetwork",
            Self::Task => "Task",
            Self::EventHistoryCollector => "EventHistoryCollector",
            Self::CustomFieldsManager => "CustomFieldsManager",
        }
    }

    /// Whether an object of this type is one of `name`: its type or a base type of it.
    pub fn is_a(self, name: &str) -> bool {
        let base: &[&str] = match self {
            Self::ClusterComputeResource => &["ComputeResource", "ManagedEntity"],
            Self::VmwareDistributedVirtualSwitch => &["DistributedVirtualSwitch", "ManagedEntity"],
            Self::DistributedVirtualPortgroup | Self::OpaqueNetwork => &["Network", "ManagedEntity"],
            Self::Folder | Self::Datacenter | Self::HostSystem | Self::VirtualMachine | Self::Network => {
                &["ManagedEntity"]
            }
            Self::EventHistoryCollector => &["HistoryCollector"],
            Self::Task | Self::CustomFieldsManager => &[],
        };
        name == self.as_str() || base.contains(&name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
