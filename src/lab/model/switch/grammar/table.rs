//! What may be typed in each mode: a pattern of keywords and `<arguments>`, and the action it makes.

use vmtracker_core::net::{VlanId, VlanSet};

use super::{
    action::{Action, GlobalChange, PortChange, Show, VlanChange},
    argument::Args,
};
use crate::lab::model::switch::PortMode;

/// Makes the action from the arguments; none when an argument does not fit.
pub(super) type Make = fn(&Args) -> Option<Action>;

/// A pattern and what it makes.
pub(super) type Row = (&'static str, Make);

pub(super) const EXEC: &[Row] = &[
    ("show version", |_| Some(Action::Show(Show::Version))),
    ("show hostname", |_| Some(Action::Show(Show::Hostname))),
    ("show running-config", |_| Some(Action::Show(Show::Running(Vec::new())))),
    ("show running-config interface", |_| Some(Action::Show(Show::Running(Vec::new())))),
    ("show running-config interface <ifs>", |args| Some(Action::Show(Show::Running(args.interfaces()?)))),
    ("show startup-config", |_| Some(Action::Show(Show::Startup))),
    ("show vlan", |_| Some(Action::Show(Show::Vlan))),
    ("show vlan brief", |_| Some(Action::Show(Show::VlanBrief))),
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
    ("terminal <text>", |_| Some(Action::Terminal)),
    ("no terminal <text>", |_| Some(Action::Terminal)),
    ("copy running-config startup-config", |_| Some(Action::Save)),
    ("configure", |_| Some(Action::Configure)),
    ("configure terminal", |_| Some(Action::Configure)),
    ("end", |_| Some(Action::End)),
    ("exit", |_| Some(Action::Exit)),
];

pub(super) const CONFIG: &[Row] = &[
    ("interface <ifs>", |args| Some(Action::Interface(args.interface()?))),
    ("no interface <ifs>", |args| Some(Action::Global(GlobalChange::DeleteInterface(args.interface()?)))),
    ("vlan <list>", |args| Some(Action::Vlans(args.list()?))),
    ("no vlan <list>", |args| Some(Action::Global(GlobalChange::DeleteVlans(args.list()?)))),
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
    ("channel-group <number>", |args| Some(Action::OnInterface(PortChange::Channel(Some(args.number()?))))),
    ("channel-group <number> mode active", |args| Some(Action::OnInterface(PortChange::Channel(Some(args.number()?))))),
    ("channel-group <number> force mode active", |args| {
        Some(Action::OnInterface(PortChange::Channel(Some(args.number()?))))
    }),
    ("no channel-group", |_| Some(Action::OnInterface(PortChange::Channel(None)))),
];

pub(super) const VLAN: &[Row] = &[
    ("name <text>", |args| Some(Action::OnVlan(VlanChange::Name(Some(args.text()?))))),
    ("no name", |_| Some(Action::OnVlan(VlanChange::Name(None)))),
    ("state active", |_| Some(Action::OnVlan(VlanChange::Suspend(false)))),
    ("state suspend", |_| Some(Action::OnVlan(VlanChange::Suspend(true)))),
    ("shutdown", |_| Some(Action::OnVlan(VlanChange::Shutdown(true)))),
    ("no shutdown", |_| Some(Action::OnVlan(VlanChange::Shutdown(false)))),
];
