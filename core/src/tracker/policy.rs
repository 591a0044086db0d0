//! What people decided, as the core needs it. The configuration builds it; the core only reads it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::net::{InterfaceName, MacAddr, SwitchName, VcenterName, VlanSet};

/// The whole policy of a fabric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long a requirement must be gone before its VLAN is withdrawn (default 60 minutes).
    pub hold_down: Duration,
    /// How many withdrawals go out at a time.
    pub pace: Pace,
    /// VLANs that may be touched at all; none: no bound is configured, and no VLAN is ever created.
    pub allowed: Option<VlanSet>,
    /// Each vCenter that is followed.
    pub vcenters: BTreeMap<VcenterName, VcenterPolicy>,
    /// Each switch that is managed.
    pub switches: BTreeMap<SwitchName, SwitchPolicy>,
    /// Attachments that a person vouches for.
    pub attachments: Vec<StaticAttachment>,
    /// VLANs that stand on every host port of a cluster.
    pub floors: Vec<Floor>,
    /// What is done about links between switches that lack a VLAN.
    pub links: LinkPolicy,
    /// When running-config is copied to startup-config.
    pub save: Save,
    /// A port group that trunks more VLANs than these is wide (default 32).
    pub wide_trunk: u16,
    /// What is done about wide ones, and about those that let the guest use every VLAN.
    pub wide_trunks: WideTrunks,
    /// Clusters with a rule of their own.
    pub clusters: Vec<ClusterPolicy>,
    /// The addresses of the machine that this service runs on: a VM with one of them is this service.
    pub own_macs: BTreeSet<MacAddr>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            hold_down: Duration::from_secs(60 * 60),
            pace: Pace::Guarded,
            allowed: None,
            vcenters: BTreeMap::new(),
            switches: BTreeMap::new(),
            attachments: Vec::new(),
            floors: Vec::new(),
            links: LinkPolicy::default(),
            save: Save::default(),
            wide_trunk: 32,
            wide_trunks: WideTrunks::default(),
            clusters: Vec::new(),
            own_macs: BTreeSet::new(),
        }
    }
}

/// Where the VLANs of a cluster's VMs stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prepare {
    /// Where a VM runs, and where it is about to run: the default.
    #[default]
    OnMove,
    /// On the ports of every host of the cluster, whatever the host's state.
    Cluster,
}

/// One cluster's part of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPolicy {
    /// Of which vCenter.
    pub vcenter: VcenterName,
    /// The cluster's name.
    pub cluster: String,
    /// Where the VLANs of its VMs stand.
    pub prepare: Prepare,
}

/// What is done about port groups with very many VLANs: which of them their VMs use is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WideTrunks {
    /// Nothing, and a finding says so: the default.
    #[default]
    Refuse,
    /// Those that lie inside the allowed ranges of the fabric and the vCenter are served, and created where they lack.
    AllowedVlans,
}

/// What is done about peer-links and fabric links that lack a VLAN which both their ends need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkPolicy {
    /// Say so: the default.
    #[default]
    Verify,
    /// Add it, and never take it off.
    Provision,
}

/// When running-config is copied to startup-config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Save {
    /// So long after our last change, on both switches of a pair: the default, 5 minutes.
    After(Duration),
    /// Every day at this time after midnight UTC.
    At(Duration),
    /// Never.
    Never,
}

impl Default for Save {
    fn default() -> Self {
        Self::After(Duration::from_secs(5 * 60))
    }
}

/// How many withdrawals one switch sees in ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// max(20, 5 % of what is owned there): the default.
    Guarded,
    /// As many as there are; for labs.
    Unlimited,
}

/// One vCenter's part of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VcenterPolicy {
    /// VLANs that its VMs may ask for; none: no bound of its own.
    pub allowed: Option<VlanSet>,
    /// Where the VLANs of its clusters' VMs stand.
    pub prepare: Prepare,
    /// The host part of its address: a VM whose guest has that name or address is this vCenter.
    pub address: String,
    /// VMs that everything else depends on, by name: this vCenter, this service, its store.
    pub critical_vms: BTreeSet<String>,
    /// Whether moves that DRS recommends prepare their targets.
    pub drs_recommendations: bool,
    /// From how many VLANs on a port group is wide there; none: as in the fabric.
    pub wide_trunk: Option<u16>,
    /// What is done about wide ones there; none: as in the fabric.
    pub wide_trunks: Option<WideTrunks>,
}

/// One switch's part of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchPolicy {
    /// What may be done there.
    pub mode: Mode,
    /// VLANs that may be touched there; none: no bound of its own.
    pub allowed: Option<VlanSet>,
    /// Ports with rules of their own.
    pub interfaces: BTreeMap<InterfaceName, InterfacePolicy>,
    /// Its vPC peer as people know it; what the switches say must agree with it.
    pub vpc_peer: Option<SwitchName>,
}

/// One port's part of the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfacePolicy {
    /// What may be done there; none: as on the switch.
    pub mode: Option<Mode>,
    /// VLANs that may be touched there; none: no bound of its own.
    pub allowed: Option<VlanSet>,
}

/// What may be done, apart for additions and withdrawals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mode {
    /// Additions.
    pub additions: Act,
    /// Withdrawals.
    pub withdrawals: Act,
}

/// Whether to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Say only what would be done.
    Observe,
    /// Do it.
    Enforce,
}

impl Mode {
    /// The same for additions and withdrawals.
    pub const fn both(act: Act) -> Self {
        Self { additions: act, withdrawals: act }
    }
}

/// An attachment that a person vouches for: it needs no witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticAttachment {
    /// Of which vCenter; none: of any.
    pub vcenter: Option<VcenterName>,
    /// The host's name in vCenter.
    pub host: String,
    /// The pnic's device.
    pub pnic: String,
    /// The switch.
    pub switch: SwitchName,
    /// The port, or the port-channel.
    pub interface: InterfaceName,
}

/// VLANs that stand on every host port of a cluster with no VM there at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// Of which vCenter.
    pub vcenter: VcenterName,
    /// The cluster's name.
    pub cluster: String,
    /// Which VLANs.
    pub vlans: VlanSet,
}
