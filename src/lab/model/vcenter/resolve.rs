//! The truth of the lab about a backing: which VLAN leaves by which pnics.

use vmtracker_core::net::{MoId, VlanId};

use super::{
    Vcenter,
    inventory::{SimBacking, SimHost, SimPlug, SimPnic},
    spec::SimVlan,
};

/// Which VLAN leaves a host by which pnics, for one backing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The VLAN. None: untagged, several (a trunk), private, or the backing is unknown on this host.
    pub vlan: Option<VlanId>,
    /// Device names of the pnics in use, whether they have link or not.
    pub active: Vec<String>,
    /// Device names of the pnics that are used once no active one has link.
    pub standby: Vec<String>,
}

impl Vcenter {
    /// Which VLAN leaves `host` by which pnics, for an adapter plugged into `backing`. Unknown objects: nothing.
    pub fn uplinks_of(&self, host: &MoId, backing: &SimBacking) -> Resolved {
        let Some(host) = self.hosts.get(host) else { return Resolved::default() };
        match backing {
            SimBacking::Distributed(group) => self.distributed(host, group),
            SimBacking::Standard(name) => standard(host, name),
        }
    }

    fn distributed(&self, host: &SimHost, group: &MoId) -> Resolved {
        let Some(group) = self.port_groups.get(group) else { return Resolved::default() };
        let vlan = match group.vlan {
            SimVlan::Id(number) => VlanId::new(number),
            SimVlan::Trunk(_) | SimVlan::Private(_) => None,
        };
        let plugged = |wanted: &dyn Fn(&str) -> bool| {
            devices(host, |pnic| matches!(&pnic.plug, SimPlug::Uplink(name) if wanted(name)))
        };
        if group.active.is_empty() && group.standby.is_empty() {
            return Resolved { vlan, active: plugged(&|_| true), standby: Vec::new() };
        }
        let of = |names: &[String]| names.iter().flat_map(|wanted| plugged(&|name| name == wanted)).collect();
        Resolved { vlan, active: of(&group.active), standby: of(&group.standby) }
    }
}

fn standard(host: &SimHost, name: &str) -> Resolved {
    let Some(group) = host.port_groups.iter().find(|group| group.name == name) else { return Resolved::default() };
    let vlan = VlanId::new(group.vlan);
    let on_switch = |pnic: &SimPnic| matches!(&pnic.plug, SimPlug::Vswitch(name) if *name == group.vswitch);
    if group.active.is_empty() && group.standby.is_empty() {
        return Resolved { vlan, active: devices(host, on_switch), standby: Vec::new() };
    }
    let of =
        |names: &[String]| names.iter().flat_map(|name| devices(host, |p| on_switch(p) && p.device == *name)).collect();
    Resolved { vlan, active: of(&group.active), standby: of(&group.standby) }
}

fn devices(host: &SimHost, wanted: impl Fn(&SimPnic) -> bool) -> Vec<String> {
    host.pnics.iter().filter(|pnic| wanted(pnic)).map(|pnic| pnic.device.clone()).collect()
}
