//! The TOML of a topology, as written: nothing is checked here but the types.

mod networks;

use serde::{Deserialize, Serialize};
use toml::Spanned;

pub(super) use self::networks::{Lag, Nic, PortGroup, Pvlan, Vcenter, Vlan, Vm, Vmkernel};
use super::{Discovery, HostRow, LinkEnd, LinkRow, Plug, PnicRow, PortRow, SwitchRow, Topology};
use crate::lab::model::switch::{Bundling, Platform};

type Text = Spanned<String>;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) switch: Vec<Switch>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) vcenter: Vec<Vcenter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) link: Vec<Link>,
    pub(super) host: Vec<Host>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) port_group: Vec<PortGroup>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) vm: Vec<Vm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    pub(super) name: Text,
    pub(super) hostname: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) platform: Option<Text>,
    pub(super) domain: Option<Spanned<u16>>,
    #[serde(default = "nothing")]
    pub(super) vlans: Text,
    #[serde(default)]
    pub(super) port: Vec<Port>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Port {
    pub(super) name: Text,
    #[serde(default = "trunk")]
    pub(super) mode: Text,
    pub(super) allowed: Option<Text>,
    pub(super) native: Option<Spanned<u16>>,
    pub(super) description: Option<String>,
    pub(super) channel: Option<Spanned<u16>>,
    #[serde(default = "lacp")]
    pub(super) bundling: Text,
    pub(super) vpc: Option<Spanned<u16>>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) peer_link: bool,
    pub(super) fex: Option<Spanned<u16>>,
    pub(super) edge: Option<bool>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) from: LinkPort,
    pub(super) to: LinkPort,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkPort {
    pub(super) switch: Text,
    pub(super) port: Text,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    pub(super) vcenter: Option<Text>,
    pub(super) name: Text,
    #[serde(default = "cluster")]
    pub(super) cluster: String,
    #[serde(default)]
    pub(super) pnics: Vec<Pnic>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) vmkernels: Vec<Vmkernel>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pnic {
    pub(super) device: Text,
    pub(super) mac: Option<Text>,
    pub(super) switch: Text,
    pub(super) port: Text,
    pub(super) vswitch: Option<Text>,
    pub(super) uplink: Option<Text>,
    pub(super) lag: Option<Text>,
    #[serde(default = "lldp")]
    pub(super) discovery: Text,
}

fn nothing() -> Text {
    text("")
}

fn trunk() -> Text {
    text("trunk")
}

fn cluster() -> String {
    "cluster1".to_owned()
}

fn lldp() -> Text {
    text("lldp")
}

fn lacp() -> Text {
    text("lacp")
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

const fn yes() -> bool {
    true
}

fn text(value: &str) -> Text {
    spanned(value.to_owned())
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

impl From<&Topology> for File {
    fn from(topology: &Topology) -> Self {
        Self {
            switch: topology.switches.iter().map(Switch::from).collect(),
            vcenter: topology.vcenters.iter().map(|name| Vcenter::new(topology, name)).collect(),
            link: topology.links.iter().map(Link::from).collect(),
            host: topology.hosts.iter().map(Host::from).collect(),
            port_group: topology.port_groups.iter().map(PortGroup::from).collect(),
            vm: topology.vms.iter().map(Vm::from).collect(),
        }
    }
}

impl From<&SwitchRow> for Switch {
    fn from(row: &SwitchRow) -> Self {
        Self {
            name: text(&row.name),
            hostname: Some(row.hostname.clone()),
            serial: Some(row.serial.clone()),
            platform: (row.platform != Platform::default()).then(|| text(row.platform.name())),
            domain: row.domain.map(spanned),
            vlans: spanned(row.vlans.to_string()),
            port: row.ports.iter().map(Port::from).collect(),
        }
    }
}

impl From<&PortRow> for Port {
    fn from(row: &PortRow) -> Self {
        Self {
            name: spanned(row.name.to_string()),
            mode: text(if row.trunk { "trunk" } else { "access" }),
            allowed: row.allowed.as_ref().map(|list| spanned(list.to_string())),
            native: Some(spanned(row.native.get())),
            description: row.description.clone(),
            channel: row.channel.map(spanned),
            bundling: text(match row.bundling {
                Bundling::Lacp => "lacp",
                Bundling::Static => "static",
            }),
            vpc: row.vpc.map(spanned),
            peer_link: row.peer_link,
            fex: row.fex.map(spanned),
            edge: row.edge,
        }
    }
}

impl From<&LinkRow> for Link {
    fn from(row: &LinkRow) -> Self {
        let [from, to] = row.ends.each_ref().map(LinkPort::from);
        Self { from, to }
    }
}

impl From<&LinkEnd> for LinkPort {
    fn from(row: &LinkEnd) -> Self {
        Self { switch: text(&row.switch), port: spanned(row.port.to_string()) }
    }
}

impl From<&HostRow> for Host {
    fn from(row: &HostRow) -> Self {
        Self {
            vcenter: row.vcenter.as_deref().map(text),
            name: text(&row.name),
            cluster: row.cluster.clone(),
            pnics: row.pnics.iter().map(Pnic::from).collect(),
            vmkernels: row.vmkernels.iter().map(Vmkernel::from).collect(),
        }
    }
}

impl From<&PnicRow> for Pnic {
    fn from(row: &PnicRow) -> Self {
        let (vswitch, uplink, lag) = match &row.plug {
            Plug::Unused => (None, None, None),
            Plug::Vswitch(name) => (Some(text(name)), None, None),
            Plug::Uplink(name) => (None, Some(text(name)), None),
            Plug::Lag(name) => (None, None, Some(text(name))),
        };
        let discovery = match row.discovery {
            Discovery::Lldp => "lldp",
            Discovery::Cdp => "cdp",
            Discovery::None => "none",
        };
        Self {
            device: text(&row.device),
            mac: Some(spanned(row.mac.to_string())),
            switch: text(&row.switch),
            port: spanned(row.port.to_string()),
            vswitch,
            uplink,
            lag,
            discovery: text(discovery),
        }
    }
}
