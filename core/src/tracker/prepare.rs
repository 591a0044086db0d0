//! Prepared clusters: what any of their VMs needs stands on the ports of every host of the cluster, whatever its state.
//!
//! What is asked for hangs on (host, network), not on VMs: ten thousand VMs on thirty-two hosts are a few hundred
//! networks. A cluster is prepared because the configuration says so, or because it runs a VM that everything else
//! depends on (`critical`).

use std::collections::BTreeSet;

use super::{
    Backing, ClusterId, EdgePort, HostId, Network, Prepare, Reason, Tracker, Vm, VmId,
    account::Account,
    census::{Home, Use},
    needs::Plug,
    reason::Unit,
    sites::Site,
    units::{Answer, connected},
};
use crate::net::{VcenterId, VlanId};

impl Tracker {
    /// Whether a cluster is prepared as a whole. A rule for this very cluster goes before everything else.
    pub(super) fn prepares(&self, cluster: &ClusterId) -> bool {
        let site = self.sites.by_id.get(&cluster.vcenter).map(|site| &site.name);
        let name = self.sites.clusters.get(cluster).map(|cluster| &cluster.name);
        let mut rules = self.policy.clusters.iter();
        let own = rules.find(|rule| Some(&rule.vcenter) == site && Some(&rule.cluster) == name);
        let general = site.and_then(|site| self.policy.vcenters.get(site)).map(|policy| policy.prepare);
        match own.map(|rule| rule.prepare) {
            Some(rule) => rule == Prepare::Cluster,
            None => general == Some(Prepare::Cluster) || self.critical.runs_in(cluster),
        }
    }

    /// A VM is not what it was, or not where it was: counts it anew.
    pub(super) fn count_vm(&mut self, id: &VmId) {
        self.note_critical(id);
        self.note_networks(id);
        self.census.doubt(id, self.is_doubtful(id));
        let home = match self.home_of(id) {
            Where::Same => return,
            Where::Nowhere => None,
            Where::At(home) => Some(home),
        };
        let changed = self.census.count(id, home);
        changed.into_iter().for_each(|changed| self.use_changed(changed));
    }

    /// The VMs of a host, which may have another cluster now.
    pub(super) fn count_host(&mut self, host: &HostId) {
        let vms: Vec<VmId> = self.sites.vms_on(host).cloned().collect();
        vms.iter().for_each(|vm| self.count_vm(vm));
    }

    /// The policy changed.
    pub(super) fn count_all(&mut self) {
        let vms: Vec<VmId> = self.sites.vms.keys().cloned().collect();
        vms.iter().for_each(|vm| self.count_vm(vm));
        let hosts: Vec<HostId> = self.sites.hosts.keys().cloned().collect();
        hosts.iter().for_each(|host| self.preparation_changed(host));
    }

    fn use_changed(&mut self, (cluster, network): Use) {
        if self.prepares(&cluster) {
            let hosts = self.sites.hosts_in(&cluster).cloned();
            let units = hosts.map(|host| Unit::Prepared(host, network.clone()));
            self.dirty.prepared.entry(cluster.vcenter.clone()).or_default().extend(units);
        }
    }

    /// A host, its cluster or what is prepared there changed.
    pub(super) fn preparation_changed(&mut self, host: &HostId) {
        let mut units: Vec<Unit> = self.requirements.prepared_on(host).cloned().collect();
        let cluster = self.sites.hosts.get(host).and_then(|host| host.cluster.as_ref());
        if let Some(cluster) = cluster.filter(|cluster| self.prepares(cluster)) {
            let networks = self.census.networks(cluster).cloned();
            units.extend(networks.map(|network| Unit::Prepared(host.clone(), network)));
        }
        if !units.is_empty() {
            self.dirty.prepared.entry(host.vcenter.clone()).or_default().extend(units);
        }
    }

    /// Everything that is prepared in one vCenter: a distributed switch changed.
    pub(super) fn preparations_changed(&mut self, vcenter: &VcenterId) {
        let hosts = self.sites.hosts.keys().filter(|host| host.vcenter == *vcenter);
        let hosts: Vec<HostId> = hosts.cloned().collect();
        hosts.iter().for_each(|host| self.preparation_changed(host));
    }

    /// Lets what is prepared be asked anew. While a vCenter lists, each of its VMs may bring a network: what they need
    /// together is asked once, at the end, or every port would be looked at for every network of its cluster.
    pub(super) fn release_prepared(&mut self) {
        if self.dirty.prepared.is_empty() {
            return;
        }
        let listing = |vcenter: &VcenterId| self.sites.by_id.get(vcenter).is_some_and(Site::is_listing);
        let ready: Vec<VcenterId> = self.dirty.prepared.keys().filter(|vcenter| !listing(vcenter)).cloned().collect();
        for vcenter in ready {
            self.dirty.units.extend(self.dirty.prepared.remove(&vcenter).unwrap_or_default());
        }
    }

    /// Every host of a cluster.
    pub(super) fn cluster_changed(&mut self, cluster: &ClusterId) {
        let hosts: Vec<HostId> = self.sites.hosts_in(cluster).cloned().collect();
        self.dirty.units.extend(hosts.iter().cloned().map(Unit::Host));
        hosts.iter().for_each(|host| self.preparation_changed(host));
    }

    /// A distributed port group changed.
    pub(super) fn group_changed(&mut self, vcenter: &VcenterId, key: &str) {
        let is_it = |network: &Network| match network {
            Network::Distributed { port_group_key, .. } => **port_group_key == *key,
            Network::Standard { .. } => false,
        };
        let uses = self.census.all().filter(|(cluster, network)| cluster.vcenter == *vcenter && is_it(network));
        let uses: Vec<Use> = uses.map(|(cluster, network)| (cluster.clone(), network.clone())).collect();
        uses.into_iter().for_each(|changed| self.use_changed(changed));
    }

    /// Where a VM counts. What cannot be told changes nothing, and a VM that left without a cause counts where it did.
    fn home_of(&self, id: &VmId) -> Where {
        let Some(vm) = self.sites.vms.get(id) else { return Where::Nowhere };
        if self.sites.left.contains(id) {
            return if self.registered_anew(id).is_some() { Where::Nowhere } else { Where::Same };
        }
        match vm.runs() {
            Some(true) => {}
            Some(false) => return Where::Nowhere,
            None => return Where::Same,
        }
        let Some(cluster) = self.cluster_of(vm).cloned() else { return Where::Same };
        Where::At(Home { cluster, networks: self.networks_of(vm) })
    }

    /// The cluster of the host where a VM is.
    pub(super) fn cluster_of(&self, vm: &Vm) -> Option<&ClusterId> {
        self.sites.hosts.get(vm.host.as_ref()?)?.cluster.as_ref()
    }

    /// What a VM uses, with what it used before as long as something about that cannot be told.
    fn networks_of(&self, vm: &Vm) -> BTreeSet<Network> {
        let before = self.census.home(&vm.id).filter(|_| !shows_networks(vm)).map(|home| home.networks.clone());
        plugged(vm).chain(before.unwrap_or_default()).collect()
    }

    /// Whether a VM may run, and it cannot be told where, or with which networks.
    fn is_doubtful(&self, id: &VmId) -> bool {
        let Some(vm) = self.sites.vms.get(id) else { return false };
        let placed = vm.host.as_ref().is_some_and(|host| self.sites.hosts.contains_key(host));
        match vm.runs() {
            Some(false) => false,
            Some(true) => !placed || !shows_networks(vm),
            None => true,
        }
    }

    /// A VM that may run in a cluster, and may use a network there.
    fn possible_user(&self, cluster: &ClusterId, network: &Network) -> Option<String> {
        let may_be = |id: &&VmId| {
            let Some(vm) = self.sites.vms.get(*id).filter(|_| self.registered_anew(id).is_none()) else { return false };
            let host = vm.host.as_ref().and_then(|host| self.sites.hosts.get(host));
            id.vcenter == cluster.vcenter
                && host.is_none_or(|host| host.cluster.as_ref() == Some(cluster))
                && (!shows_networks(vm) || plugged(vm).any(|used| used == *network))
        };
        self.census.doubtful().find(may_be).map(|vm| self.sites.vm_name(vm))
    }

    fn note_networks(&mut self, id: &VmId) {
        let Some(vm) = self.sites.vms.get(id).cloned() else { return };
        let Some(cluster) = self.cluster_of(&vm).cloned() else { return };
        self.census.note(&cluster, vm.vnics.iter().flatten().filter_map(|vnic| Network::of(&vnic.backing)));
    }

    /// What a network of a prepared cluster needs on one host; none: it cannot be told.
    pub(super) fn prepared_answer(&self, id: &HostId, network: &Network) -> Option<Answer> {
        let cluster = self.sites.hosts.get(id).and_then(|host| host.cluster.as_ref())?;
        if self.sites.left.contains(id) {
            return self.successor(id).map(|_| Answer::default());
        }
        let mut answer = Answer::default();
        if self.census.uses(cluster, network) && self.prepares(cluster) {
            // A host that lacks the network runs no VM of it; that is no puzzle.
            let keys = self.on_network(id, &network.backing());
            let reason = Reason::Prepared { cluster: cluster.clone(), host: id.clone(), network: network.clone() };
            answer.asked.insert(reason, keys);
        }
        Some(answer)
    }

    /// Whether a prepared network is over on a port. What the configuration alone ended waits for a person, and so does
    /// what nobody can explain after a restart (design rules 4 and 5).
    pub(super) fn preparation_accounted(
        &self,
        (cluster, network): (&ClusterId, &Network),
        host: &HostId,
        (port, vlan): (&EdgePort, VlanId),
    ) -> Account {
        // A host that was added again is judged as what it is now.
        let host = self.successor(host).unwrap_or(host);
        if let Some(over) = self.hangs_elsewhere(host, port) {
            return over;
        }
        if !self.sites.trusted(&cluster.vcenter) {
            return Account::Waits;
        }
        let (name, what) = (self.sites.cluster_name(cluster), self.sites.network_name(&cluster.vcenter, network));
        let now_in = self.sites.hosts.get(host).and_then(|host| host.cluster.as_ref());
        if now_in.is_some_and(|now_in| now_in != cluster) && self.sites.host_absent(host).is_none() {
            return Account::Over(format!("host {} left cluster {name}", self.sites.host_name(host)));
        }
        if now_in.is_none() {
            let host = self.sites.host_name(host);
            return Account::Never(format!(
                "it stood for {what} on host {host}, which is not in the inventory; close it"
            ));
        }
        if self.census.uses(cluster, network) && self.prepares(cluster) {
            return self.network_accounted(network, host, (port, vlan));
        }
        if !self.prepares(cluster) {
            return Account::Never(format!(
                "it stood for {what} in cluster {name}, which is not prepared any more; close it if it is to go"
            ));
        }
        if !self.census.knows(cluster, network) {
            return Account::Never(format!(
                "no VM of cluster {name} was seen to use {what} since the service started; close it if none does"
            ));
        }
        if let Some(vm) = self.possible_user(cluster, network) {
            return Account::Never(format!(
                "it stood for {what} in cluster {name}, and vCenter does not tell whether {vm} uses that; close it if it does not"
            ));
        }
        match self.unexplained_vm(&cluster.vcenter, vlan) {
            Some(vm) => Account::Never(format!(
                "it stood for {what} in cluster {name}, and {vm} left the inventory without a cause; close it if it is gone"
            )),
            None => Account::Over(format!("no VM of cluster {name} uses {what} any more")),
        }
    }

    /// A network that goes on needs a VLAN no more once all that it needs instead is ready on that host.
    fn network_accounted(&self, network: &Network, host: &HostId, (port, vlan): (&EdgePort, VlanId)) -> Account {
        if self.only_refused(host, &Plug::network(&network.backing()), (port, vlan)) {
            let what = self.sites.network_name(&host.vcenter, network);
            return Account::Never(format!(
                "{what} still lets it through, and allowed_vlans names it no more; close it"
            ));
        }
        let Some((keys, loose)) = self.network_at(host, &network.backing()) else { return Account::Waits };
        if !loose.is_empty() {
            let (what, host) = (self.sites.network_name(&host.vcenter, network), self.sites.host_name(host));
            return Account::Never(format!(
                "it stood for {what} on host {host}, and it is not known where all pnics of that hang; mend its CDP or LLDP, \
                 or close it"
            ));
        }
        let needed = keys.iter().any(|(at, needed)| at == port && *needed == vlan);
        let ready = keys.iter().all(|(at, needed)| self.fabric.ready(at, *needed));
        match !needed && ready {
            true => Account::Over(format!("{} needs it no more", self.sites.network_name(&host.vcenter, network))),
            false => Account::Waits,
        }
    }

    /// A VM that a VLAN stood for somewhere, and that nobody knows or saw destroyed.
    fn unexplained_vm(&self, vcenter: &VcenterId, vlan: VlanId) -> Option<String> {
        let mut vms = self.ledger.purposes_of(vlan).flatten().filter_map(Reason::vm);
        let known = |vm: &VmId| self.sites.vms.contains_key(vm) || self.sites.departed(vm).is_some();
        let gone = |vm: &&VmId| vm.vcenter == *vcenter && !known(vm);
        vms.find(gone).map(|vm| self.sites.vm_name(vm))
    }
}

/// The networks that a VM is known to use.
fn plugged(vm: &Vm) -> impl Iterator<Item = Network> {
    connected(vm).filter_map(|vnic| Network::of(&vnic.backing))
}

/// Whether all that a VM uses is known.
fn shows_networks(vm: &Vm) -> bool {
    vm.vnics.is_some() && !connected(vm).any(|vnic| matches!(vnic.backing, Backing::Unknown { .. }))
}

/// Where a VM counts from now on.
enum Where {
    /// Where it did.
    Same,
    Nowhere,
    At(Home),
}
