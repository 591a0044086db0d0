//! Which properties the API has: one that is none is refused, one that is not simulated is unset.

use super::inventory::Kind;

/// What every object of the inventory has (VIM API 8.0, `ManagedEntity`).
const ENTITY: &str = "\
    alarmActionsEnabled availableField configIssue configStatus customValue declaredAlarmState disabledMethod \
    effectiveRole name overallStatus parent permission recentTask tag triggeredAlarmState value";

/// Whether an object of this type has a property of this name.
pub(super) fn has_property(kind: Kind, head: &str) -> bool {
    let named = |names: &str| names.split_ascii_whitespace().any(|name| name == head);
    named(own(kind)) || (kind.is_a("ManagedEntity") && named(ENTITY))
}

/// What a type has besides (VIM API 8.0).
const fn own(kind: Kind) -> &'static str {
    match kind {
        Kind::Folder => "childEntity childType externallyManagedFolderInfo namespace",
        Kind::Datacenter => "configuration datastore datastoreFolder hostFolder network networkFolder vmFolder",
        Kind::ClusterComputeResource => {
            "actionHistory configManagerEnabled configuration configurationEx datastore drsFault \
            drsRecommendation environmentBrowser hciConfig host lifecycleManaged migrationHistory network \
            networkBootMode recommendation resourcePool summary summaryEx"
        }
        Kind::HostSystem => {
            "answerFileValidationResult answerFileValidationState capability complianceCheckResult \
            complianceCheckState config configManager datastore datastoreBrowser hardware licensableResource \
            network precheckRemediationResult remediationResult remediationState runtime summary \
            systemResources vm"
        }
        Kind::VirtualMachine => {
            "capability config datastore environmentBrowser guest guestHeartbeatStatus layout layoutEx network \
            parentVApp resourceConfig resourcePool rootSnapshot runtime snapshot storage summary"
        }
        Kind::VmwareDistributedVirtualSwitch => "capability config networkResourcePool portgroup runtime summary uuid",
        Kind::DistributedVirtualPortgroup => "config host key portKeys summary vm",
        Kind::Network => "host summary vm",
        Kind::OpaqueNetwork => "capability extraConfig host summary vm",
        Kind::Task => "info",
        Kind::CustomFieldsManager => "field",
        Kind::EventHistoryCollector => "filter initialized latestPage",
    }
}
