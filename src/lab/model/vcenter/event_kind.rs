//! What can happen, by the names of the VIM API (facts: vCenter §C).

use super::event::Named;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the VIM API, without `Vm…Event`")]
pub enum EventKind {
    Starting,
    PoweredOn,
    Stopping,
    PoweredOff,
    Suspended,
    Created,
    Removed,
    Reconfigured,
    /// A running VM; `host` is the source, as in every start event.
    BeingHotMigrated {
        dest: Named,
    },
    /// A VM that does not run.
    BeingMigrated {
        dest: Named,
    },
    /// Also a move of disks only, whose destination is the source.
    BeingRelocated {
        dest: Named,
    },
    /// An EventEx, which tells the destination by name only.
    HotMigratingEncrypted {
        dest: Named,
    },
    Emigrating,
    /// `host` is the destination.
    Migrated {
        source: Named,
        drs: bool,
    },
    /// `host` is the destination.
    Relocated {
        source: Named,
    },
    /// `host` is the source.
    FailedMigrate {
        dest: Named,
        reason: String,
    },
    /// `host` is the source.
    RelocateFailed {
        dest: Named,
        reason: String,
    },
    /// `host` is the source. None: the event does not name the destination.
    MigrationError {
        class: MigrationClass,
        dest: Option<Named>,
        reason: String,
    },
    /// An EventEx at the source: a VM went to another vCenter.
    SourceMigrated,
    /// An EventEx at the destination: a VM came from another vCenter.
    DestinationMigrated,
    /// An EventEx at the source: a VM did not get to another vCenter.
    SourceMigrateFailed {
        reason: String,
    },
    /// An EventEx.
    RestartedByHa,
    /// An EventEx about a host.
    HostFailed,
    HostConnected,
    HostDisconnected,
    HostConnectionLost,
    HostAdded,
    HostRemoved,
    EnteringMaintenance,
    EnteredMaintenance,
    ExitMaintenance,
    EnteringStandby,
    EnteredStandby,
    ExitingStandby,
    ExitedStandby,
    PortGroupReconfigured {
        group: Named,
    },
    /// The port of this key.
    PortReconfigured {
        dvs: Named,
        key: u32,
    },
}

/// The subclasses of `MigrationEvent` that a failed move may end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`MigrationErrorEvent`, `MigrationHostErrorEvent`, `MigrationResourceErrorEvent`")]
pub enum MigrationClass {
    Error,
    Host,
    Resource,
}

impl EventKind {
    /// The event's type and its base types, nearest first.
    pub const fn types(&self) -> &'static [&'static str] {
        match self {
            Self::Starting => &["VmStartingEvent", "VmEvent", "Event"],
            Self::PoweredOn => &["VmPoweredOnEvent", "VmEvent", "Event"],
            Self::Stopping => &["VmStoppingEvent", "VmEvent", "Event"],
            Self::PoweredOff => &["VmPoweredOffEvent", "VmEvent", "Event"],
            Self::Suspended => &["VmSuspendedEvent", "VmEvent", "Event"],
            Self::Created => &["VmCreatedEvent", "VmEvent", "Event"],
            Self::Removed => &["VmRemovedEvent", "VmEvent", "Event"],
            Self::Reconfigured => &["VmReconfiguredEvent", "VmEvent", "Event"],
            Self::BeingHotMigrated { .. } => &["VmBeingHotMigratedEvent", "VmEvent", "Event"],
            Self::BeingMigrated { .. } => &["VmBeingMigratedEvent", "VmEvent", "Event"],
            Self::BeingRelocated { .. } => &["VmBeingRelocatedEvent", "VmRelocateSpecEvent", "VmEvent", "Event"],
            Self::Emigrating => &["VmEmigratingEvent", "VmEvent", "Event"],
            Self::Migrated { drs: false, .. } => &["VmMigratedEvent", "VmEvent", "Event"],
            Self::Migrated { drs: true, .. } => &["DrsVmMigratedEvent", "VmMigratedEvent", "VmEvent", "Event"],
            Self::Relocated { .. } => &["VmRelocatedEvent", "VmRelocateSpecEvent", "VmEvent", "Event"],
            Self::FailedMigrate { .. } => &["VmFailedMigrateEvent", "VmEvent", "Event"],
            Self::RelocateFailed { .. } => &["VmRelocateFailedEvent", "VmRelocateSpecEvent", "VmEvent", "Event"],
            Self::MigrationError { class, .. } => class.types(),
            Self::HotMigratingEncrypted { .. }
            | Self::SourceMigrated
            | Self::DestinationMigrated
            | Self::SourceMigrateFailed { .. }
            | Self::RestartedByHa
            | Self::HostFailed => &["EventEx", "Event"],
            Self::HostConnected => &["HostConnectedEvent", "HostEvent", "Event"],
            Self::HostDisconnected => &["HostDisconnectedEvent", "HostEvent", "Event"],
            Self::HostConnectionLost => &["HostConnectionLostEvent", "HostEvent", "Event"],
            Self::HostAdded => &["HostAddedEvent", "HostEvent", "Event"],
            Self::HostRemoved => &["HostRemovedEvent", "HostEvent", "Event"],
            Self::EnteringMaintenance => &["EnteringMaintenanceModeEvent", "HostEvent", "Event"],
            Self::EnteredMaintenance => &["EnteredMaintenanceModeEvent", "HostEvent", "Event"],
            Self::ExitMaintenance => &["ExitMaintenanceModeEvent", "HostEvent", "Event"],
            Self::EnteringStandby => &["EnteringStandbyModeEvent", "HostEvent", "Event"],
            Self::EnteredStandby => &["EnteredStandbyModeEvent", "HostEvent", "Event"],
            Self::ExitingStandby => &["ExitingStandbyModeEvent", "HostEvent", "Event"],
            Self::ExitedStandby => &["ExitedStandbyModeEvent", "HostEvent", "Event"],
            Self::PortGroupReconfigured { .. } => &["DVPortgroupReconfiguredEvent", "DVPortgroupEvent", "Event"],
            Self::PortReconfigured { .. } => &["DvsPortReconfiguredEvent", "DvsEvent", "Event"],
        }
    }

    /// The `eventTypeId` of an EventEx, of others none.
    pub const fn extended_id(&self) -> Option<&'static str> {
        match self {
            Self::HotMigratingEncrypted { .. } => Some("com.vmware.vc.vm.VmHotMigratingWithEncryptionEvent"),
            Self::SourceMigrated => Some("com.vmware.vc.vm.SrcVmMigratedEvent"),
            Self::DestinationMigrated => Some("com.vmware.vc.vm.DstVmMigratedEvent"),
            Self::SourceMigrateFailed { .. } => Some("com.vmware.vc.vm.SrcVmMigrateFailedEvent"),
            Self::RestartedByHa => Some("com.vmware.vc.ha.VmRestartedByHAEvent"),
            Self::HostFailed => Some("com.vmware.vc.HA.DasHostFailedEvent"),
            Self::Starting
            | Self::PoweredOn
            | Self::Stopping
            | Self::PoweredOff
            | Self::Suspended
            | Self::Created
            | Self::Removed
            | Self::Reconfigured
            | Self::BeingHotMigrated { .. }
            | Self::BeingMigrated { .. }
            | Self::BeingRelocated { .. }
            | Self::Emigrating
            | Self::Migrated { .. }
            | Self::Relocated { .. }
            | Self::FailedMigrate { .. }
            | Self::RelocateFailed { .. }
            | Self::MigrationError { .. }
            | Self::HostConnected
            | Self::HostDisconnected
            | Self::HostConnectionLost
            | Self::HostAdded
            | Self::HostRemoved
            | Self::EnteringMaintenance
            | Self::EnteredMaintenance
            | Self::ExitMaintenance
            | Self::EnteringStandby
            | Self::EnteredStandby
            | Self::ExitingStandby
            | Self::ExitedStandby
            | Self::PortReconfigured { .. }
            | Self::PortGroupReconfigured { .. } => None,
        }
    }

    /// The event's type, of an EventEx its id.
    pub const fn name(&self) -> &'static str {
        match (self.extended_id(), self.types()) {
            (Some(id), _) => id,
            (None, [first, ..]) => first,
            (None, []) => "Event",
        }
    }

    /// Whether this type id of a filter means it: a type, a base type, or the id of an EventEx.
    pub fn is(&self, type_id: &str) -> bool {
        let plain = type_id.strip_prefix("vim.event.").unwrap_or(type_id);
        self.types().contains(&plain) || self.extended_id() == Some(type_id)
    }
}

impl MigrationClass {
    const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Error => &["MigrationErrorEvent", "MigrationEvent", "VmEvent", "Event"],
            Self::Host => &["MigrationHostErrorEvent", "MigrationEvent", "VmEvent", "Event"],
            Self::Resource => &["MigrationResourceErrorEvent", "MigrationEvent", "VmEvent", "Event"],
        }
    }
}
