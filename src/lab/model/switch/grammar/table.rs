//! What may be typed in each mode: a pattern of keywords and `<arguments>`, and the action it makes.

use regex_lite::Regex;
use vmtracker_core::net::{VlanId, VlanSet};

use super::{
    action::{Action, DomainChange, Filter, GlobalChange, Line, PortChange, Saved, Show, VlanChange},
    argument::Args,
};
use crate::lab::model::switch::{Bundling, PortMode, StpMode, StpType};

/// Makes what a line asks for from the arguments; none when an argument does not fit.
pub(super) type Make<T> = fn(&Args) -> Option<T>;

/// A pattern and what it makes.
pub(super) type Row<T = Action> = (&'static str, Make<T>);

pub(super) const EXEC: &[Row] = &[
    ("show version", |_| Some(Action::Show(Show::Version))),
    ("show hostname", |_| Some(Action::Show(Show::Hostname))),
    ("show inventory", |_| Some(Action::Show(Show::Inventory))),
    ("show hosts", |_| Some(Action::Show(Show::Hosts))),
    ("show license host-id", |_| Some(Action::Show(Show::License))),
    ("show running-config", |_| Some(Action::Show(Show::Running(Vec::new())))),
    ("show running-config interface", |_| Some(Action::Show(Show::Running(Vec::new())))),
    // The defaults that `all` adds on a real switch are not in the facts; a client that looks for a line finds it.
    ("show running-config all", |_| Some(Action::Show(Show::Running(Vec::new())))),
    ("show running-config vlan", |_| Some(Action::Show(Show::RunningVlans))),
    ("show running-config interface <ifs>", |args| Some(Action::Show(Show::Running(args.interfaces()?)))),
    ("show startup-config", |_| Some(Action::Show(Show::Startup))),
    ("show vlan", |_| Some(Action::Show(Show::Vlan))),
    ("show vlan brief", |_| Some(Action::Show(Show::VlanBrief))),
    ("show vlan id <list>", |args| Some(Action::Show(Show::VlanId(args.list()?)))),
    ("show interface", |_| Some(Action::Show(Show::Interface(Vec::new())))),
    ("show interface <ifs>", |args| Some(Action::Show(Show::Interface(args.interfaces()?)))),
    ("show interface status", |_| Some(Action::Show(Show::Status(Vec::new())))),
    ("show interface <ifs> status", |args| Some(Action::Show(Show::Status(args.interfaces()?)))),
    ("show interface switchport", |_| Some(Action::Show(Show::Switchport(Vec::new())))),
    ("show interface <ifs> switchport", |args| Some(Action::Show(Show::Switchport(args.interfaces()?)))),
    ("show interface brief", |_| Some(Action::Show(Show::Brief(Vec::new())))),
    ("show interface <ifs> brief", |args| Some(Action::Show(Show::Brief(args.interfaces()?)))),
    ("show interface trunk", |_| Some(Action::Show(Show::Trunk(Vec::new())))),
    ("show interface <ifs> trunk", |args| Some(Action::Show(Show::Trunk(args.interfaces()?)))),
    ("show port-channel summary", |_| Some(Action::Show(Show::Channels))),
    ("show lldp neighbors detail", |_| Some(Action::Show(Show::Lldp))),
    ("show cdp neighbors detail", |_| Some(Action::Show(Show::Cdp))),
    ("show mac address-table", |_| Some(Action::Show(Show::Macs(None, None)))),
    ("show mac address-table interface <ifs>", |args| Some(Action::Show(Show::Macs(Some(args.interface()?), None)))),
    ("show mac address-table vlan <list>", |args| Some(Action::Show(Show::Macs(None, Some(args.vlan()?))))),
    ("show mac address-table interface <ifs> vlan <list>", |args| {
        Some(Action::Show(Show::Macs(Some(args.interface()?), Some(args.vlan()?))))
    }),
    ("show accounting log", |_| Some(Action::Show(Show::Accounting))),
    ("show vpc", |_| Some(Action::Show(Show::Vpc))),
    ("show fex", |_| Some(Action::Show(Show::Fex))),
    ("show feature", |_| Some(Action::Show(Show::Feature))),
    ("show feature-set", |_| Some(Action::Show(Show::FeatureSet))),
    ("show vtp status", |_| Some(Action::Show(Show::Vtp))),
    ("show system mode", |_| Some(Action::Show(Show::SystemMode))),
    ("show running-config switch-profile", |_| Some(Action::Show(Show::SwitchProfiles))),
    ("show checkpoint summary", |_| Some(Action::Show(Show::Checkpoints))),
    ("show diff rollback-patch <saved> <saved>", |args| Some(Action::Show(Show::Diff(args.saved(0)?, args.saved(1)?)))),
    ("show file <word>", |args| Some(Action::Show(Show::File(args.text()?)))),
    ("dir", |_| Some(Action::Show(Show::Directory(None)))),
    ("dir <word>", |args| Some(Action::Show(Show::Directory(args.text())))),
    ("delete <word>", |args| Some(Action::Delete(Saved::File(args.text()?)))),
    ("checkpoint <word>", |args| Some(Action::Checkpoint(Saved::Checkpoint(args.text()?)))),
    ("checkpoint file <word>", |args| Some(Action::Checkpoint(Saved::File(args.text()?)))),
    ("no checkpoint <word>", |args| Some(Action::Delete(Saved::Checkpoint(args.text()?)))),
    ("rollback running-config <saved>", roll_back),
    ("rollback running-config <saved> verbose", roll_back),
    ("rollback running-config <saved> atomic", roll_back),
    ("rollback running-config <saved> atomic verbose", roll_back),
    ("rollback running-config <saved> best-effort", roll_back),
    ("rollback running-config <saved> best-effort verbose", roll_back),
    ("rollback running-config <saved> stop-at-first-failure", roll_back),
    ("rollback running-config <saved> stop-at-first-failure verbose", roll_back),
    ("terminal dont-ask", |_| Some(Action::DontAsk(true))),
    ("no terminal dont-ask", |_| Some(Action::DontAsk(false))),
    ("terminal no dont-ask", |_| Some(Action::DontAsk(false))),
    ("terminal <text>", |_| Some(Action::Terminal)),
    ("no terminal <text>", |_| Some(Action::Terminal)),
    ("copy running-config startup-config", |_| Some(Action::Save)),
    ("configure", |_| Some(Action::Configure)),
    ("configure terminal", |_| Some(Action::Configure)),
    ("end", |_| Some(Action::End)),
    ("exit", |_| Some(Action::Exit)),
];

/// What can be rolled back to is a checkpoint or a file.
fn roll_back(args: &Args) -> Option<Action> {
    args.saved(0).filter(|saved| matches!(saved, Saved::Checkpoint(_) | Saved::File(_))).map(Action::Rollback)
}

pub(super) const CONFIG: &[Row] = &[
    ("interface <ifs>", |args| Some(Action::Interface(args.interfaces()?))),
    ("no interface <ifs>", |args| Some(Action::Global(GlobalChange::DeleteInterface(args.interface()?)))),
    ("vlan <list>", |args| Some(Action::Vlans(args.list()?))),
    ("no vlan <list>", |args| Some(Action::Global(GlobalChange::DeleteVlans(args.list()?)))),
    ("feature <text>", |args| Some(Action::Global(GlobalChange::Feature(args.text()?, true)))),
    ("no feature <text>", |args| Some(Action::Global(GlobalChange::Feature(args.text()?, false)))),
    ("vpc domain <number>", |args| Some(Action::VpcDomain(args.number()?))),
    ("no vpc domain", |_| Some(Action::Global(GlobalChange::NoDomain))),
    ("spanning-tree mode rapid-pvst", |_| Some(Action::Global(GlobalChange::StpMode(StpMode::RapidPvst)))),
    ("spanning-tree mode mst", |_| Some(Action::Global(GlobalChange::StpMode(StpMode::Mst)))),
    ("spanning-tree vlan <list> priority <number>", |args| {
        Some(Action::Global(GlobalChange::StpPriority(args.number()?)))
    }),
    ("line console", |_| Some(Action::Line(Line::Console))),
    ("line vty", |_| Some(Action::Line(Line::Vty))),
    ("no logging console", |_| Some(Action::Inert)),
    ("hostname <text>", |args| Some(Action::Global(GlobalChange::Hostname(args.text()?)))),
];

pub(super) const INTERFACE: &[Row] = &[
    ("switchport", |_| Some(Action::OnInterface(PortChange::Mode(PortMode::Access)))),
    ("no switchport", |_| Some(Action::OnInterface(PortChange::Mode(PortMode::Routed)))),
    ("switchport mode trunk", |_| Some(Action::OnInterface(PortChange::Mode(PortMode::Trunk)))),
    ("switchport mode access", |_| Some(Action::OnInterface(PortChange::Mode(PortMode::Access)))),
    ("switchport mode fex-fabric", |_| Some(Action::OnInterface(PortChange::Mode(PortMode::FexFabric)))),
    ("no switchport mode", |_| Some(Action::OnInterface(PortChange::Mode(PortMode::Access)))),
    ("switchport access vlan <list>", |args| Some(Action::OnInterface(PortChange::Access(args.vlan()?)))),
    ("no switchport access vlan", |_| Some(Action::OnInterface(PortChange::Access(VlanId::MIN)))),
    ("switchport trunk native vlan <list>", |args| Some(Action::OnInterface(PortChange::Native(args.vlan()?)))),
    ("no switchport trunk native vlan", |_| Some(Action::OnInterface(PortChange::Native(VlanId::MIN)))),
    ("switchport trunk allowed vlan <list>", |args| Some(Action::OnInterface(PortChange::Allow(args.list()?)))),
    ("switchport trunk allowed vlan add <list>", |args| Some(Action::OnInterface(PortChange::Add(args.list()?)))),
    ("switchport trunk allowed vlan remove <list>", |args| Some(Action::OnInterface(PortChange::Remove(args.list()?)))),
    ("switchport trunk allowed vlan except <list>", |args| {
        Some(Action::OnInterface(PortChange::Allow(args.list()?.complement())))
    }),
    ("switchport trunk allowed vlan none", |_| Some(Action::OnInterface(PortChange::Allow(VlanSet::EMPTY)))),
    ("switchport trunk allowed vlan all", |_| Some(Action::OnInterface(PortChange::AllowAll))),
    ("no switchport trunk allowed vlan", |_| Some(Action::OnInterface(PortChange::AllowAll))),
    ("shutdown", |_| Some(Action::OnInterface(PortChange::Shutdown(true)))),
    ("no shutdown", |_| Some(Action::OnInterface(PortChange::Shutdown(false)))),
    ("description <text>", |args| Some(Action::OnInterface(PortChange::Description(Some(args.text()?))))),
    ("no description", |_| Some(Action::OnInterface(PortChange::Description(None)))),
    ("channel-group <number>", |args| channel(args, Bundling::Static)),
    ("channel-group <number> mode on", |args| channel(args, Bundling::Static)),
    ("channel-group <number> mode active", |args| channel(args, Bundling::Lacp)),
    ("channel-group <number> force mode on", |args| channel(args, Bundling::Static)),
    ("channel-group <number> force mode active", |args| channel(args, Bundling::Lacp)),
    ("no channel-group", |_| Some(Action::OnInterface(PortChange::Channel(None, Bundling::Lacp)))),
    ("spanning-tree port type edge", |_| Some(Action::OnInterface(PortChange::Stp(StpType::Edge)))),
    ("spanning-tree port type edge trunk", |_| Some(Action::OnInterface(PortChange::Stp(StpType::EdgeTrunk)))),
    ("spanning-tree port type network", |_| Some(Action::OnInterface(PortChange::Stp(StpType::Network)))),
    ("spanning-tree port type normal", |_| Some(Action::OnInterface(PortChange::Stp(StpType::Normal)))),
    ("no spanning-tree port type", |_| Some(Action::OnInterface(PortChange::Stp(StpType::Normal)))),
    ("vpc <number>", |args| Some(Action::OnInterface(PortChange::Vpc(Some(args.number()?))))),
    ("no vpc", |_| Some(Action::OnInterface(PortChange::Vpc(None)))),
    ("vpc peer-link", |_| Some(Action::OnInterface(PortChange::PeerLink(true)))),
    ("no vpc peer-link", |_| Some(Action::OnInterface(PortChange::PeerLink(false)))),
    ("fex associate <number>", |args| Some(Action::OnInterface(PortChange::Fex(Some(args.number()?))))),
    ("no fex associate", |_| Some(Action::OnInterface(PortChange::Fex(None)))),
];

fn channel(args: &Args, bundling: Bundling) -> Option<Action> {
    Some(Action::OnInterface(PortChange::Channel(Some(args.number()?), bundling)))
}

pub(super) const DOMAIN: &[Row] = &[
    ("role priority <number>", |args| Some(Action::OnDomain(DomainChange::Priority(args.number()?)))),
    ("delay restore <number>", |args| Some(Action::OnDomain(DomainChange::DelayRestore(args.number()?)))),
    ("auto-recovery", |_| Some(Action::OnDomain(DomainChange::AutoRecovery(240)))),
    ("auto-recovery reload-delay <number>", |args| Some(Action::OnDomain(DomainChange::AutoRecovery(args.number()?)))),
    ("peer-keepalive <text>", |_| Some(Action::OnDomain(DomainChange::Other))),
    ("peer-switch", |_| Some(Action::OnDomain(DomainChange::Other))),
    ("peer-gateway", |_| Some(Action::OnDomain(DomainChange::Other))),
];

pub(super) const VLAN: &[Row] = &[
    ("name <text>", |args| Some(Action::OnVlan(VlanChange::Name(Some(args.text()?))))),
    ("no name", |_| Some(Action::OnVlan(VlanChange::Name(None)))),
    ("state active", |_| Some(Action::OnVlan(VlanChange::Suspend(false)))),
    ("no state", |_| Some(Action::OnVlan(VlanChange::Suspend(false)))),
    ("no vn-segment", |_| Some(Action::Inert)),
    ("state suspend", |_| Some(Action::OnVlan(VlanChange::Suspend(true)))),
    ("shutdown", |_| Some(Action::OnVlan(VlanChange::Shutdown(true)))),
    ("no shutdown", |_| Some(Action::OnVlan(VlanChange::Shutdown(false)))),
];

pub(super) const LINE: &[Row] = &[("exec-timeout <number>", |_| Some(Action::Inert))];

/// What may stand behind a `|` (facts: NX-OS §5.1).
pub(super) const PIPE: &[Row<Filter>] = &[
    ("json", |_| Some(Filter::Json)),
    ("json native", |_| Some(Filter::JsonNative)),
    ("json-pretty", |_| Some(Filter::JsonPretty)),
    ("xml", |_| Some(Filter::Xml)),
    ("begin <text>", |args| Some(Filter::Begin(pattern(args)?))),
    ("exclude <text>", |args| Some(Filter::Exclude(pattern(args)?))),
    ("include <text>", |args| Some(Filter::Include(pattern(args)?))),
    ("section <text>", |args| Some(Filter::Section(pattern(args)?))),
    ("no-more", |_| Some(Filter::NoMore)),
];

/// A regular expression, in quotes or without.
fn pattern(args: &Args) -> Option<Regex> {
    let text = args.text()?;
    Regex::new(text.trim_matches(['"', '\''])).ok()
}
