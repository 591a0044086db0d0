//! Distributed switches and their ports, as far as they decide which VLANs an adapter needs (facts: vCenter §B4).

use serde::{Deserialize, Serialize};

use super::{ObjectId, Teaming, VlanSpec};
use crate::net::{MoId, VlanId};

/// A distributed switch.
pub type DvsId = ObjectId;

/// A distributed switch as it now is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dvs {
    /// Its identity.
    pub id: DvsId,
    /// `uuid`, which backings and proxy switches name.
    pub uuid: String,
    /// `name`; for people only.
    pub name: String,
    /// `config.pvlanConfig`; empty when there are no private VLANs, or vCenter did not say.
    pub pvlans: Vec<Pvlan>,
    /// `config.lacpGroupConfig`.
    pub lags: Vec<Lag>,
}

/// One row of the map of private VLANs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pvlan {
    /// `primaryVlanId`.
    pub primary: VlanId,
    /// `secondaryVlanId`; equal to the primary in the row of a promiscuous one.
    pub secondary: VlanId,
    /// `pvlanType`.
    pub kind: PvlanKind,
}

/// Whom a port in a private VLAN may talk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PvlanKind {
    /// `promiscuous`: to everybody in the primary VLAN.
    Promiscuous,
    /// `community`: to its own and to promiscuous ones.
    Community,
    /// `isolated`: to promiscuous ones only.
    Isolated,
    /// Something new.
    Unknown,
}

/// A link aggregation group of a distributed switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// `name`, which teaming orders use.
    pub name: String,
    /// `uplinkName`: the names of its ports.
    pub uplinks: Vec<String>,
}

/// What ports of a group may have of their own (`config.policy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrides {
    /// `vlanOverrideAllowed`.
    pub vlan: bool,
    /// `uplinkTeamingOverrideAllowed`.
    pub teaming: bool,
}

impl Overrides {
    /// Whether a port may differ from its group in what we look at.
    pub const fn any(self) -> bool {
        self.vlan || self.teaming
    }
}

/// A port of a distributed switch that something is plugged into (`FetchDVPorts`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DvPort {
    /// `key`, unique on its switch.
    pub key: String,
    /// `portgroupKey`.
    pub group: String,
    /// `connectee`: whose port it was when it was asked for.
    pub connectee: Option<Connectee>,
    /// `config.setting.vlan` as it is in force there; none: not told.
    pub vlan: Option<VlanSpec>,
    /// The VLAN is that of the group, and changes with it.
    pub vlan_inherited: bool,
    /// The port's own order of uplinks; none: that of the group.
    pub teaming: Option<Teaming>,
}

/// What is plugged into a port of a distributed switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connectee {
    /// `connectedEntity`: a VM, or a host for its vmkernel adapters.
    pub entity: MoId,
    /// `nicKey`: the device key of a virtual NIC.
    pub nic: String,
}
