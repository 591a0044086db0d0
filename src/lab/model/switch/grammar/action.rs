//! What a line can ask for.

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use crate::lab::model::switch::{Bundling, PortMode, StpMode, StpType};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Action {
    Show(Show),
    /// The `terminal …` family, accepted silently (facts: NX-OS §5.1).
    Terminal,
    Save,
    Configure,
    End,
    Exit,
    Interface(InterfaceName),
    Vlans(VlanSet),
    Global(GlobalChange),
    OnInterface(PortChange),
    OnVlan(VlanChange),
    VpcDomain(u16),
    OnDomain(DomainChange),
}

impl Action {
    /// Whether the line goes into the accounting log: shows and terminal settings do not.
    pub(in crate::lab::model::switch) const fn is_accounted(&self) -> bool {
        !matches!(self, Self::Show(_) | Self::Terminal | Self::End | Self::Exit)
    }

    /// Whether it asks nothing of the switch but to be led somewhere.
    pub(in crate::lab::model::switch) const fn leads(&self) -> bool {
        matches!(self, Self::Terminal | Self::Configure | Self::Interface(_) | Self::End | Self::Exit)
    }

    /// Whether it changes the configuration or leads to where it is changed.
    pub(in crate::lab::model::switch) const fn configures(&self) -> bool {
        !matches!(self, Self::Show(_) | Self::Terminal | Self::Save | Self::End | Self::Exit)
    }
}

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Show {
    Version,
    Hostname,
    Running(Vec<InterfaceName>),
    Startup,
    Vlan,
    VlanBrief,
    Switchport(Vec<InterfaceName>),
    Brief(Vec<InterfaceName>),
    Trunk(Vec<InterfaceName>),
    Channels,
    Lldp,
    Cdp,
    Macs(Option<InterfaceName>, Option<VlanId>),
    Accounting,
    Vpc,
    Fex,
    Feature,
    FeatureSet,
    Vtp,
    SystemMode,
    SwitchProfiles,
}

/// A change outside every sub-mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum GlobalChange {
    DeleteVlans(VlanSet),
    DeleteInterface(InterfaceName),
    Hostname(String),
    Feature(String, bool),
    NoDomain,
    StpMode(StpMode),
    StpPriority(u16),
}

/// A change under `interface`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum PortChange {
    Mode(PortMode),
    Access(VlanId),
    Native(VlanId),
    Allow(VlanSet),
    AllowAll,
    Add(VlanSet),
    Remove(VlanSet),
    Shutdown(bool),
    Description(Option<String>),
    Channel(Option<u16>, Bundling),
    Stp(StpType),
    Vpc(Option<u16>),
    PeerLink(bool),
    Fex(Option<u16>),
}

/// A change under `vpc domain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum DomainChange {
    Priority(u16),
    DelayRestore(u16),
    AutoRecovery(u16),
    /// Accepted, and without an effect here: `peer-keepalive …`, `peer-switch`, `peer-gateway`.
    Other,
}

/// A change under `vlan`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum VlanChange {
    Name(Option<String>),
    Suspend(bool),
    Shutdown(bool),
}
