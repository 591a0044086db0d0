//! vCenters, their networks, and what is plugged into them.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    super::{Backing, PortGroupRow, Topology, VmRow, VmkernelRow},
    Text, is_false, spanned, text, yes,
};
use crate::lab::model::vcenter::{LagSpec, PvlanSpec, SimVlan, Teaming, VnicSpec};

/// A VLAN as a number, or ranges as a text.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(in crate::lab::topology) enum Vlan {
    Id(u16),
    Ranges(String),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct Vcenter {
    pub(in crate::lab::topology) name: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::lab::topology) lags: Vec<Lag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::lab::topology) pvlan: Vec<Pvlan>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct Lag {
    pub(in crate::lab::topology) name: Text,
    #[serde(default = "two")]
    pub(in crate::lab::topology) ports: u16,
    #[serde(default = "active")]
    pub(in crate::lab::topology) mode: Text,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct Pvlan {
    pub(in crate::lab::topology) primary: Spanned<u16>,
    pub(in crate::lab::topology) secondary: Spanned<u16>,
    #[serde(rename = "type")]
    pub(in crate::lab::topology) kind: Text,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct Vmkernel {
    pub(in crate::lab::topology) device: Text,
    pub(in crate::lab::topology) mac: Option<Text>,
    pub(in crate::lab::topology) port_group: Text,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::lab::topology) services: Vec<Text>,
    pub(in crate::lab::topology) stack: Option<String>,
    pub(in crate::lab::topology) port_vlan: Option<Spanned<Vlan>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct PortGroup {
    pub(in crate::lab::topology) vcenter: Option<Text>,
    pub(in crate::lab::topology) name: Text,
    pub(in crate::lab::topology) vlan: Option<Spanned<Vlan>>,
    pub(in crate::lab::topology) private_vlan: Option<Spanned<u16>>,
    pub(in crate::lab::topology) vswitch: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::lab::topology) active: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::lab::topology) standby: Vec<String>,
    pub(in crate::lab::topology) teaming: Option<Text>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::lab::topology) port_vlans: bool,
    pub(in crate::lab::topology) backing: Option<Text>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct Vm {
    pub(in crate::lab::topology) name: Text,
    pub(in crate::lab::topology) host: Text,
    #[serde(default)]
    pub(in crate::lab::topology) port_groups: Vec<Text>,
    #[serde(default = "yes")]
    pub(in crate::lab::topology) on: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::lab::topology) guest_hostname: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(in crate::lab::topology) guest_ip: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::lab::topology) appliance: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::lab::topology) template: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(in crate::lab::topology) passthrough: bool,
    pub(in crate::lab::topology) secondary: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::lab::topology) nics: Vec<Nic>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::lab::topology) struct Nic {
    pub(in crate::lab::topology) port_group: Text,
    pub(in crate::lab::topology) port_vlan: Option<Spanned<Vlan>>,
    pub(in crate::lab::topology) guest_vlans: Option<Text>,
    #[serde(default = "yes")]
    pub(in crate::lab::topology) connected: bool,
    pub(in crate::lab::topology) start_connected: Option<bool>,
    pub(in crate::lab::topology) sriov: Option<Text>,
}

const fn two() -> u16 {
    2
}

fn active() -> Text {
    text("active")
}

impl Vcenter {
    /// The vCenter of this name as a topology has it.
    pub(super) fn new(topology: &Topology, name: &str) -> Self {
        let dvs = topology.dvs.get(name).cloned().unwrap_or_default();
        let lags = dvs.lags.iter().map(Lag::from).collect();
        Self { name: text(name), lags, pvlan: dvs.pvlans.iter().map(Pvlan::from).collect() }
    }
}

impl From<&LagSpec> for Lag {
    fn from(row: &LagSpec) -> Self {
        let mode = text(if row.active { "active" } else { "passive" });
        Self { name: text(&row.name), ports: row.ports, mode }
    }
}

impl From<&PvlanSpec> for Pvlan {
    fn from(row: &PvlanSpec) -> Self {
        let kind = text(row.kind.as_str());
        Self { primary: spanned(row.primary), secondary: spanned(row.secondary), kind }
    }
}

/// The keys `vlan` and `private_vlan`.
fn vlans(vlan: &SimVlan) -> (Option<Spanned<Vlan>>, Option<Spanned<u16>>) {
    match vlan {
        SimVlan::Id(number) => (Some(spanned(Vlan::Id(*number))), None),
        SimVlan::Trunk(ranges) => {
            let ranges: Vec<String> = ranges.iter().map(|(first, last)| format!("{first}-{last}")).collect();
            (Some(spanned(Vlan::Ranges(ranges.join(",")))), None)
        }
        SimVlan::Private(number) => (None, Some(spanned(*number))),
    }
}

/// A port's own VLAN is no private one in a file.
fn port_vlan(vlan: Option<&SimVlan>) -> Option<Spanned<Vlan>> {
    vlan.and_then(|vlan| vlans(vlan).0)
}

impl From<&VmkernelRow> for Vmkernel {
    fn from(row: &VmkernelRow) -> Self {
        Self {
            device: text(&row.device),
            mac: Some(spanned(row.mac.to_string())),
            port_group: text(&row.port_group),
            services: row.services.iter().map(|name| text(name)).collect(),
            stack: row.stack.clone(),
            port_vlan: port_vlan(row.port_vlan.as_ref()),
        }
    }
}

impl From<&PortGroupRow> for PortGroup {
    fn from(row: &PortGroupRow) -> Self {
        let backing = match row.backing {
            Backing::Plain => None,
            Backing::Nsx => Some(text("nsx")),
            Backing::Opaque => Some(text("opaque")),
        };
        let (vlan, private_vlan) = if backing.is_none() { vlans(&row.vlan) } else { (None, None) };
        Self {
            vcenter: Some(text(&row.vcenter)),
            name: text(&row.name),
            vlan,
            private_vlan,
            vswitch: row.vswitch.clone(),
            active: row.active.clone(),
            standby: row.standby.clone(),
            teaming: (row.teaming != Teaming::default()).then(|| text(row.teaming.as_str())),
            port_vlans: row.port_vlans,
            backing,
        }
    }
}

impl From<&VmRow> for Vm {
    fn from(row: &VmRow) -> Self {
        Self {
            name: text(&row.name),
            host: text(&row.host),
            port_groups: row.port_groups.iter().map(|name| text(name)).collect(),
            on: row.on,
            guest_hostname: row.guest_hostname.clone(),
            guest_ip: row.guest_ip.clone(),
            appliance: row.appliance,
            template: row.template,
            passthrough: row.passthrough,
            secondary: row.secondary.as_deref().map(text),
            nics: row.nics.iter().map(Nic::from).collect(),
        }
    }
}

impl From<&VnicSpec> for Nic {
    fn from(row: &VnicSpec) -> Self {
        let guest = &row.guest_vlans;
        Self {
            port_group: text(&row.port_group),
            port_vlan: port_vlan(row.port_vlan.as_ref()),
            guest_vlans: (!guest.is_empty()).then(|| spanned(guest.to_string())),
            connected: row.connected,
            start_connected: (row.start_connected != row.connected).then_some(row.start_connected),
            sriov: row.sriov.as_deref().map(text),
        }
    }
}
