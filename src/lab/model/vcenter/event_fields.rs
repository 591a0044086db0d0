//! The fields that events have beside those of every event (facts: vCenter §C).

use super::{
    call::Value,
    event::Named,
    event_kind::{EventKind, MigrationClass},
};

/// The name of the one datacenter.
pub(super) const DATACENTER_NAME: &str = "DC";

/// The fields that only one type of event has.
pub(super) fn special(kind: &EventKind, vm: Option<&Named>, host: Option<&Named>) -> Vec<(&'static str, Value)> {
    let template = || ("template", Value::boolean(false));
    match kind {
        EventKind::BeingHotMigrated { dest }
        | EventKind::BeingMigrated { dest }
        | EventKind::BeingRelocated { dest } => vec![template(), ("destHost", host_argument(dest))],
        EventKind::Migrated { source, .. } | EventKind::Relocated { source } => {
            vec![template(), ("sourceHost", host_argument(source))]
        }
        EventKind::FailedMigrate { dest, reason } | EventKind::RelocateFailed { dest, reason } => {
            vec![template(), ("destHost", host_argument(dest)), ("reason", fault("MigrationFault", reason))]
        }
        EventKind::MigrationError { class, dest, reason } => {
            let mut fields = vec![template(), ("fault", fault("MigrationFault", reason))];
            fields.extend(dest.as_ref().filter(|_| class.names_destination()).map(|at| ("dstHost", host_argument(at))));
            fields
        }
        EventKind::HotMigratingEncrypted { dest } => {
            // These two keys and nothing else are what a client of real vCenters reads (facts: vCenter §C).
            let arguments = vec![key_value("destHost", &dest.name), key_value("destDatacenter", DATACENTER_NAME)];
            extended(kind, "info", arguments, "VirtualMachine", vm)
        }
        // The facts name no arguments of these.
        EventKind::SourceMigrated | EventKind::DestinationMigrated => {
            extended(kind, "info", Vec::new(), "VirtualMachine", vm)
        }
        EventKind::SourceMigrateFailed { reason } => {
            let mut fields = extended(kind, "error", Vec::new(), "VirtualMachine", vm);
            fields.push(("fault", fault("MigrationFault", reason)));
            fields
        }
        EventKind::RestartedByHa => extended(kind, "warning", Vec::new(), "VirtualMachine", vm),
        EventKind::HostFailed => extended(kind, "error", Vec::new(), "HostSystem", host),
        EventKind::HostRemoved
        | EventKind::HostAdded
        | EventKind::HostConnected
        | EventKind::HostDisconnected
        | EventKind::HostConnectionLost
        | EventKind::EnteringMaintenance
        | EventKind::EnteredMaintenance
        | EventKind::ExitMaintenance
        | EventKind::EnteringStandby
        | EventKind::EnteredStandby
        | EventKind::ExitingStandby
        | EventKind::ExitedStandby => Vec::new(),
        EventKind::PortReconfigured { dvs, key } => vec![
            ("dvs", argument("DvsEventArgument", "dvs", "VmwareDistributedVirtualSwitch", dvs)),
            ("portKey", Value::string(key.to_string())),
        ],
        EventKind::PortGroupReconfigured { group } => {
            vec![("net", argument("DvsEventArgument", "dvs", "DistributedVirtualPortgroup", group))]
        }
        EventKind::Starting
        | EventKind::PoweredOn
        | EventKind::Stopping
        | EventKind::PoweredOff
        | EventKind::Suspended
        | EventKind::Created
        | EventKind::Removed
        | EventKind::Reconfigured
        | EventKind::Emigrating => vec![template()],
    }
}

/// The fields of an EventEx about an object.
fn extended(
    kind: &EventKind,
    severity: &'static str,
    arguments: Vec<Value>,
    object: &'static str,
    about: Option<&Named>,
) -> Vec<(&'static str, Value)> {
    let (id, name) = about.map(|named| (named.id.to_string(), named.name.clone())).unwrap_or_default();
    vec![
        ("eventTypeId", Value::string(kind.name())),
        ("severity", Value::string(severity)),
        ("message", Value::string(kind.name())),
        ("arguments", Value::Array("KeyAnyValue", arguments)),
        ("objectId", Value::string(id)),
        ("objectType", Value::string(object)),
        ("objectName", Value::string(name)),
    ]
}

fn key_value(key: &str, value: &str) -> Value {
    Value::Object("KeyAnyValue", vec![("key", Value::string(key)), ("value", Value::string(value).any())])
}

fn fault(kind: &'static str, reason: &str) -> Value {
    let fields = vec![("fault", Value::Object(kind, Vec::new()).any()), ("localizedMessage", Value::string(reason))];
    Value::Object("LocalizedMethodFault", fields)
}

pub(super) fn host_argument(named: &Named) -> Value {
    argument("HostEventArgument", "host", "HostSystem", named)
}

impl MigrationClass {
    /// `MigrationErrorEvent` has no field for it.
    const fn names_destination(self) -> bool {
        match self {
            Self::Error => false,
            Self::Host | Self::Resource => true,
        }
    }
}

/// An object as events name it: its name, and a reference.
pub(super) fn argument(kind: &'static str, field: &'static str, object: &'static str, named: &Named) -> Value {
    Value::Object(kind, vec![("name", Value::string(&named.name)), (field, Value::Ref(object, named.id.clone()))])
}
