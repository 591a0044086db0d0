//! VMs that everything else depends on: a vCenter, this service, or what a person named.
//!
//! When the host of such a VM dies nobody can tell us where it restarts. So its VLANs are a floor of its cluster, which
//! only a person takes away, and the cluster is prepared as a whole. What was found once is remembered while we run.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use super::{ClusterId, Host, Network, Reason, Tracker, Vm, VmId, requirement::Key, units::connected};

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Critical {
    vms: BTreeSet<VmId>,
    networks: BTreeMap<ClusterId, BTreeMap<Network, VmId>>,
}

impl Critical {
    /// Whether such a VM runs, or ran, in a cluster.
    pub(super) fn runs_in(&self, cluster: &ClusterId) -> bool {
        self.networks.contains_key(cluster)
    }

    /// The networks of such VMs in a cluster, and whose they are.
    pub(super) fn networks(&self, cluster: &ClusterId) -> impl Iterator<Item = (&Network, &VmId)> {
        self.networks.get(cluster).into_iter().flatten()
    }
}

impl Tracker {
    /// Remembers a VM that everything else depends on, and where it is.
    pub(super) fn note_critical(&mut self, id: &VmId) {
        let Some(vm) = self.sites.vms.get(id).cloned() else { return };
        if !self.critical.vms.contains(id) && !self.is_critical(&vm) {
            return;
        }
        self.critical.vms.insert(id.clone());
        let Some(cluster) = self.cluster_of(&vm).cloned() else { return };
        let before = self.critical.networks.get(&cluster).map(BTreeMap::len);
        let networks = self.critical.networks.entry(cluster.clone()).or_default();
        let used = connected(&vm);
        networks.extend(used.filter_map(|vnic| Some((Network::of(&vnic.backing)?, id.clone()))));
        // From the first such VM on, even one without a network, the cluster is prepared.
        if before != Some(networks.len()) {
            self.cluster_changed(&cluster);
        }
    }

    fn is_critical(&self, vm: &Arc<Vm>) -> bool {
        let site = self.sites.by_id.get(&vm.id.vcenter).and_then(|site| self.policy.vcenters.get(&site.name));
        let named = site.is_some_and(|policy| policy.critical_vms.contains(&vm.name));
        let mut macs = vm.vnics.iter().flatten().filter_map(|vnic| vnic.mac);
        let is_vcenter = |name: &String| self.policy.vcenters.values().any(|other| same_machine(name, &other.address));
        named || macs.any(|mac| self.policy.own_macs.contains(&mac)) || vm.guest_names.iter().any(is_vcenter)
    }
}

/// Whether a guest's name or address is the one under which a vCenter is followed: names in any case, with or without
/// their domain.
fn same_machine(guest: &str, address: &str) -> bool {
    let address = address.trim_start_matches('[').trim_end_matches(']');
    match (guest.parse::<IpAddr>(), address.parse::<IpAddr>()) {
        (Ok(guest), Ok(address)) => guest == address && !guest.is_loopback(),
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        (Err(_), Err(_)) => same_name(guest, address),
    }
}

fn same_name(guest: &str, address: &str) -> bool {
    let (guest, address) = (guest.trim_end_matches('.'), address.trim_end_matches('.'));
    if guest.is_empty() || guest.eq_ignore_ascii_case("localhost") {
        return false;
    }
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let whole = guest.contains('.') && address.contains('.');
    if whole { guest.eq_ignore_ascii_case(address) } else { short(guest) == short(address) }
}

impl Tracker {
    /// What such VMs need on a host of their cluster. A network that the host lacks, or that cannot be told there, adds
    /// nothing, and what stands stays.
    pub(super) fn critical_floor(&self, host: &Host) -> Option<(Reason, BTreeSet<Key>)> {
        let cluster = host.cluster.clone().filter(|cluster| self.critical.runs_in(cluster))?;
        let networks = self.critical.networks(&cluster);
        let keys = networks.filter_map(|(network, _)| self.on_network(&host.id, &network.backing()));
        let keys = keys.flatten().collect();
        Some((Reason::Floor { cluster, host: host.id.clone() }, keys))
    }

    /// A floor in words; one that was found by itself with the VM that it stands for.
    pub(super) fn floor_text(&self, cluster: &ClusterId) -> String {
        let vms: BTreeSet<String> = self.critical.networks(cluster).map(|(_, vm)| self.sites.vm_name(vm)).collect();
        match vms.first() {
            Some(vm) => format!("floor of cluster {}, which runs {vm}", self.sites.cluster_name(cluster)),
            None => format!("floor of cluster {}", self.sites.cluster_name(cluster)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_a_vcenter_by_its_name_or_its_address() {
        let check = |guest: &str, address: &str, expected: bool| {
            assert_eq!(same_machine(guest, address), expected, "{guest:?} {address:?}");
        };
        check("vcsa01", "vcsa01.dc.example", true);
        check("VCSA01.dc.example", "vcsa01.DC.example", true);
        check("vcsa01.dc.example.", "vcsa01", true);
        check("vcsa01.lab.example", "vcsa01.dc.example", false);
        check("vcsa02", "vcsa01.dc.example", false);
        check("10.0.0.5", "10.0.0.5", true);
        check("10.0.0.5", "10.0.0.6", false);
        check("10", "10.0.0.5", false);
        check("2001:db8::5", "[2001:db8:0::5]", true);
        check("127.0.0.1", "127.0.0.1", false);
        check("localhost", "localhost", false);
        check("", "", false);
    }
}
