//! The pure tracker: facts in, intents out.
//!
//! There are three kinds of methods on [`Tracker`], called in this order by its shell:
//!
//! 1. [`Tracker::new`] once, with what the store kept;
//! 2. [`Tracker::handle`] for every fact, and with [`Event::Woke`] when [`Tracker::next_deadline`] is reached; what it
//!    returns is all that the shell has to do;
//! 3. [`Tracker::snapshot`] for readers, at most a few times a second.
//!
//! No clock, no randomness, no I/O and ordered maps only: the same facts at the same moments give the same intents.

mod account;
mod advice;
mod attachment;
mod brake;
mod cables;
mod census;
mod changes;
mod critical;
mod desired;
mod directory;
mod disputes;
mod dvs;
mod event;
mod fabric;
mod fabric_findings;
mod finding;
mod findings;
mod hint;
mod identity;
mod intent;
mod inventory;
mod ledger;
mod link_findings;
mod links;
mod looks;
mod machine;
mod moment;
mod motion;
mod native;
mod needs;
mod network;
mod network_findings;
mod networks;
mod observation;
mod obstacle;
mod owners;
mod pairs;
mod passing;
mod paths;
mod permit;
mod policy;
mod prepare;
mod private;
mod reason;
mod reconcile;
mod record;
mod reload;
mod requirement;
mod saving;
mod sites;
mod snapshot;
mod steering;
mod sufferers;
mod undo;
mod units;
mod vm_state;
mod wide;
mod withdrawal;

#[cfg(test)]
pub(crate) mod tests;

pub use attachment::{Attachment, Witness};
pub use dvs::{Connectee, DvPort, Dvs, DvsId, Lag, Overrides, Pvlan, PvlanKind};
pub use event::{Destination, Event};
pub use finding::{Entity, Finding, FindingKind, Team};
pub use hint::{Discovery, Hint};
pub use intent::{Cause, Configure, Done, Intent, Outcome, Place, SaveOutcome, StepResult, Withdrawal};
pub use inventory::{
    Backing, Cluster, ClusterId, Host, HostConnection, HostId, HostNetwork, HostPortGroup, HostPower, ObjectId, Pnic,
    PortGroup, PortGroupId, PowerState, ProxySwitch, Recommendation, Teaming, TeamingPolicy, Uplink, VSwitch, VlanSpec,
    Vm, VmId, Vmkernel, Vnic,
};
pub use machine::Tracker;
pub use moment::Moment;
pub use network::Network;
pub use observation::{
    Allowed, Fex, ForeignOwner, Identity, MacEntry, Neighbor, Observation, PeerLink, Port, PortMode, Scope,
    VlanDatabase, Vpc, VpcDomain, VpcLeg, VpcRole,
};
pub use policy::{
    Act, ClusterPolicy, Floor, InterfacePolicy, LinkPolicy, Mode, Pace, Policy, Prepare, Save, StaticAttachment,
    SwitchPolicy, VcenterPolicy, WideTrunks,
};
pub use reason::{EdgePort, Reason};
pub use record::{Permit, Record, What};
pub use snapshot::{PairState, Requirement, Snapshot, SwitchState, VcenterState};
pub use steering::{ALLOWED_ATTRIBUTE, MODE_ATTRIBUTE, Steering};
pub use vm_state::{FaultTolerance, Sriov, VmConnection};
