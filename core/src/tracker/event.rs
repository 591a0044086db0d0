//! Facts that reached the core, in the past tense.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Cluster, ClusterId, Done, DvPort, Dvs, DvsId, Hint, Host, HostId, Moment, Observation, Policy, PortGroup,
    PortGroupId, Record, SaveOutcome, Vm, VmId,
};
use crate::net::{InterfaceName, SwitchName, VcenterId, VcenterName};

/// A fact that reached the core. Whole objects as they now are, never differences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A session stands, and this is who answered (`about.instanceUuid`). Before anything else of that vCenter.
    VcenterConnected {
        /// Its name in the configuration.
        vcenter: VcenterName,
        /// Who it is.
        id: VcenterId,
    },
    /// A full listing begins; what it does not bring is gone without a cause once it ended.
    ResyncBegan(VcenterId),
    /// The listing was complete: not truncated, not cut, nothing missing.
    ResyncEnded(VcenterId),
    /// The session or the wait failed: what is known of that vCenter is stale from now on.
    VcenterLost {
        /// Its name in the configuration.
        vcenter: VcenterName,
        /// What failed, in one line without secrets.
        why: String,
    },
    /// Whether findings can be written into a vCenter that is to have them.
    Annotated {
        /// Its name in the configuration.
        vcenter: VcenterName,
        /// What is in the way, in one line without secrets, with what to do; none: nothing.
        trouble: Option<String>,
    },
    /// A VM as it now is.
    VmSeen(Arc<Vm>),
    /// A host as it now is.
    HostSeen(Arc<Host>),
    /// A distributed port group as it now is.
    PortGroupSeen(Arc<PortGroup>),
    /// A distributed switch as it now is.
    DvsSeen(Arc<Dvs>),
    /// The ports in use of these distributed port groups, all of them as they now are.
    PortsSeen {
        /// Of which vCenter.
        vcenter: VcenterId,
        /// The keys of the groups.
        groups: Vec<String>,
        /// Their ports that something is plugged into.
        ports: Vec<DvPort>,
    },
    /// A cluster as it now is.
    ClusterSeen(Arc<Cluster>),
    /// A VM left the view. No cause: permissions, an unregister and a destroy look the same here.
    VmLeft(VmId),
    /// A host left the view, without a cause.
    HostLeft(HostId),
    /// A distributed port group left the view.
    PortGroupLeft(PortGroupId),
    /// A distributed switch left the view.
    DvsLeft(DvsId),
    /// A cluster left the view.
    ClusterLeft(ClusterId),
    /// vCenter itself said that this VM was destroyed (`VmRemovedEvent`): a cause.
    VmDestroyed(VmId),
    /// vCenter itself said that this VM moved to another vCenter (`com.vmware.vc.vm.SrcVmMigratedEvent`): a cause.
    VmMigratedAway(VmId),
    /// vCenter said that a VM is about to run elsewhere.
    MigrationStarted {
        /// Which VM.
        vm: VmId,
        /// Where to.
        to: Destination,
    },
    /// The move ended, well or not; `VmSeen` tells where the VM is now.
    MigrationEnded {
        /// Which VM.
        vm: VmId,
        /// Where it arrived, if vCenter says so, or vCenter's reason why it did not.
        outcome: Result<Option<HostId>, String>,
    },
    /// What every pnic of a host hears now; a pnic that is not listed hears nothing.
    HintsSeen {
        /// Which host.
        host: HostId,
        /// What is heard.
        hints: Vec<Hint>,
    },
    /// A reading of a switch.
    Observed(Arc<Observation>),
    /// What came of an intent.
    Done(Done),
    /// What came of `Intent::Save`.
    Saved {
        /// On which switch.
        switch: SwitchName,
        /// When the save was begun: what was written later is not in it.
        at: Moment,
        /// What came of it.
        outcome: SaveOutcome,
    },
    /// A switch cannot be reached or refuses us: what is known of it is stale from now on.
    SwitchLost {
        /// Which switch.
        switch: SwitchName,
        /// What failed, in one line without secrets, with what to do.
        why: String,
    },
    /// These are durable now.
    Recorded(Vec<Record>),
    /// The configuration as it now is; changing it never withdraws by itself.
    PolicyChanged(Arc<Policy>),
    /// A person stopped (true) or resumed all writing.
    Paused(bool),
    /// A person looked at an orphaned or vmkernel requirement and says that it is needed no more.
    Closed {
        /// On which switch.
        switch: SwitchName,
        /// On which port.
        interface: InterfaceName,
        /// Which VLAN.
        vlan: crate::net::VlanId,
    },
    /// A person says that withdrawals may go on.
    BrakeReleased,
    /// Time passed: a deadline of `Tracker::next_deadline` was reached.
    Woke,
}

/// Where a migration goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Destination {
    /// This host.
    Host(HostId),
    /// A host of this name, with an id that may be another vCenter's: of this vCenter only if the name fits, too.
    HostNamed {
        /// The id that the event carries.
        host: HostId,
        /// The name that the event carries.
        name: String,
    },
    /// A host of this name (encrypted vMotion events carry nothing else).
    Named(String),
}
