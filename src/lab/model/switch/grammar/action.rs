//! What a line can ask for.

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use regex_lite::Regex;

use crate::lab::model::switch::{Bundling, PortMode, StpMode, StpType};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Action {
    Show(Show),
    /// The `terminal …` family, accepted silently (facts: NX-OS §5.1).
    Terminal,
    /// `terminal dont-ask`: questions count as answered with yes.
    DontAsk(bool),
    Save,
    Checkpoint(Saved),
    /// `no checkpoint …`, `delete FILE`.
    Delete(Saved),
    Rollback(Saved),
    Configure,
    End,
    Exit,
    Interface(Vec<InterfaceName>),
    Vlans(VlanSet),
    Line(Line),
    /// A configuration line that is accepted, and without an effect here.
    Inert,
    Global(GlobalChange),
    OnInterface(PortChange),
    OnVlan(VlanChange),
    VpcDomain(u16),
    OnDomain(DomainChange),
}

/// Where a line belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Place {
    Exec,
    Global,
    Sub,
}

impl Action {
    /// Whether the line goes into the accounting log: shows and terminal settings do not.
    pub(in crate::lab::model::switch) const fn is_accounted(&self) -> bool {
        !matches!(self, Self::Show(_) | Self::Terminal | Self::DontAsk(_) | Self::End | Self::Exit)
    }

    /// Whether it asks nothing of the switch but to be led somewhere.
    pub(in crate::lab::model::switch) const fn leads(&self) -> bool {
        matches!(self, Self::Terminal | Self::Configure | Self::Interface(_) | Self::End | Self::Exit)
    }

    /// Whether it changes the configuration or leads to where it is changed.
    pub(in crate::lab::model::switch) const fn configures(&self) -> bool {
        self.is_accounted() && !matches!(self, Self::Save | Self::Checkpoint(_) | Self::Delete(_))
    }

    /// Where it belongs.
    pub(in crate::lab::model::switch) const fn place(&self) -> Place {
        match self {
            Self::Show(_) | Self::Terminal | Self::DontAsk(_) | Self::Configure | Self::End | Self::Exit => Place::Exec,
            Self::Save | Self::Checkpoint(_) | Self::Delete(_) | Self::Rollback(_) => Place::Exec,
            Self::Interface(_) | Self::Vlans(_) | Self::Global(_) | Self::VpcDomain(_) => Place::Global,
            Self::Line(_) | Self::Inert => Place::Global,
            Self::OnInterface(_) | Self::OnVlan(_) | Self::OnDomain(_) => Place::Sub,
        }
    }
}

/// A configuration that is kept somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Saved {
    Running,
    Startup,
    Checkpoint(String),
    File(String),
}

/// `line console`, `line vty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Line {
    Console,
    Vty,
}

/// What stands behind a `|`.
#[derive(Clone, Debug)]
pub(in crate::lab::model::switch) enum Filter {
    Json,
    JsonPretty,
    JsonNative,
    Xml,
    Begin(Regex),
    Exclude(Regex),
    Include(Regex),
    Section(Regex),
    NoMore,
}

/// What can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Show {
    Version,
    Hostname,
    Inventory,
    Hosts,
    License,
    Running(Vec<InterfaceName>),
    RunningVlans,
    Startup,
    Vlan,
    VlanBrief,
    VlanId(VlanSet),
    Interface(Vec<InterfaceName>),
    Status(Vec<InterfaceName>),
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
    Checkpoints,
    Diff(Saved, Saved),
    File(String),
    Directory(Option<String>),
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
