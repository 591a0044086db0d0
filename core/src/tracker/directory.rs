//! Looking things up in the inventories: by name, and by what they are called.

use std::{collections::BTreeSet, sync::Arc};

use super::{Backing, ClusterId, Host, HostId, Network, PortGroup, VmId, sites::Sites};
use crate::net::VcenterId;

impl Sites {
    /// The hosts of this name but for `here`: those of this vCenter, or else those of every other one. One that left
    /// counts only where no other has the name.
    pub(super) fn hosts_named(&self, vcenter: &VcenterId, name: &str, here: Option<&HostId>) -> BTreeSet<HostId> {
        let named = |host: &&Arc<Host>| host.name.eq_ignore_ascii_case(name) && Some(&host.id) != here;
        let all: Vec<&HostId> = self.hosts.values().filter(named).map(|host| &host.id).collect();
        let of = |mine: bool, left: bool| -> BTreeSet<HostId> {
            let fits = |host: &&&HostId| (host.vcenter == *vcenter) == mine && self.left.contains(**host) == left;
            all.iter().filter(fits).map(|host| (*host).clone()).collect()
        };
        let ranked = [(true, false), (true, true), (false, false), (false, true)];
        ranked.into_iter().map(|(mine, left)| of(mine, left)).find(|hosts| !hosts.is_empty()).unwrap_or_default()
    }

    /// Everything that a VM on a host could be plugged into: the port groups of its standard switches, and those of the
    /// distributed switches that it is on.
    pub(super) fn networks_on(&self, host: &HostId) -> Vec<Backing> {
        let Some(network) = self.hosts.get(host).and_then(|host| host.network.as_ref()) else { return Vec::new() };
        let standard = network.port_groups.iter().map(|group| Backing::Standard { port_group: group.name.clone() });
        let mut networks: Vec<Backing> = standard.collect();
        for proxy in &network.proxy_switches {
            let dvs = self.networks.dvs(&host.vcenter, &proxy.dvs_uuid).map(|dvs| &dvs.id);
            // A group whose switch nobody told of may be on any.
            let on_it = |group: &&Arc<PortGroup>| dvs.is_none() || group.dvs.is_none() || group.dvs.as_ref() == dvs;
            let mine = self.groups.values().filter(|group| group.id.vcenter == host.vcenter && !group.uplink);
            networks.extend(mine.filter(on_it).map(|group| Backing::Distributed {
                dvs_uuid: proxy.dvs_uuid.clone(),
                port_group_key: group.key.clone(),
            }));
        }
        networks
    }

    /// How a VM is called, for people; no control character of a name reaches a log or a terminal.
    pub(super) fn vm_name(&self, id: &VmId) -> String {
        self.vms.get(id).map_or_else(|| id.to_string(), |vm| format!("{} ({id})", vm.name.escape_debug()))
    }

    /// How a cluster is called, for people.
    pub(super) fn cluster_name(&self, id: &ClusterId) -> String {
        self.clusters.get(id).map_or_else(|| id.to_string(), |cluster| cluster.name.escape_debug().to_string())
    }

    /// How a network is called, for people.
    pub(super) fn network_name(&self, vcenter: &VcenterId, network: &Network) -> String {
        let group = match network {
            Network::Distributed { port_group_key, .. } => self.group(vcenter, port_group_key),
            Network::Standard { .. } => None,
        };
        group.map_or_else(|| network.to_string(), |group| group.name.escape_debug().to_string())
    }

    /// How a host is called, for people.
    pub(super) fn host_name(&self, id: &HostId) -> String {
        self.hosts.get(id).map_or_else(|| id.to_string(), |host| host.name.escape_debug().to_string())
    }

    /// How a vmkernel adapter is called, with its host and what it is used for, for people.
    pub(super) fn adapter_name(&self, id: &HostId, device: &str) -> String {
        let adapter = self.hosts.get(id).map_or_else(|| device.escape_debug().to_string(), |host| host.adapter(device));
        format!("{} {adapter}", self.host_name(id))
    }
}
