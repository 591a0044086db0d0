//! The inventories of all vCenters as the core holds them. What left without a cause is remembered, not forgotten.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{
    Cluster, ClusterId, Hint, Host, HostConnection, HostId, HostPower, Moment, ObjectId, PortGroup, Vm, VmId,
    networks::Networks,
};
use crate::net::{MacAddr, VcenterId, VcenterName};

/// How long a VM that vCenter destroyed or sent away is remembered, beyond any hold-down in use.
const MEMORY_OF_DEPARTED: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long after its last frame a Nexus still shows an address (`mac address-table aging-time`, 1800 s by default).
const AGEING: Duration = Duration::from_secs(1800);

/// Everything that vCenters told.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites {
    pub(super) by_id: BTreeMap<VcenterId, Site>,
    pub(super) vms: BTreeMap<VmId, Arc<Vm>>,
    pub(super) hosts: BTreeMap<HostId, Arc<Host>>,
    pub(super) clusters: BTreeMap<ClusterId, Arc<Cluster>>,
    pub(super) hints: BTreeMap<HostId, Vec<Hint>>,
    pub(super) groups: BTreeMap<(VcenterId, String), Arc<PortGroup>>,
    pub(super) networks: Networks,
    vms_on: BTreeMap<HostId, BTreeSet<VmId>>,
    hosts_in: BTreeMap<ClusterId, BTreeSet<HostId>>,
    /// VMs and hosts that left the view without a cause; their last state stays in `vms` and `hosts`.
    pub(super) left: BTreeSet<ObjectId>,
    departed: BTreeMap<VmId, Departed>,
    by_uuid: BTreeMap<String, BTreeSet<VmId>>,
    /// Port groups with attributes. They stay when they leave: a view that shrank must not widen what they narrowed.
    steered: BTreeMap<VcenterId, BTreeMap<String, Arc<PortGroup>>>,
    /// vCenters into which findings cannot be written, and why.
    pub(super) unannotated: BTreeMap<VcenterName, String>,
    /// vCenters with which there was no session yet, and why.
    pub(super) unreached: BTreeMap<VcenterName, String>,
}

/// What is remembered of a VM that is gone by vCenter's own word.
#[derive(Clone, Debug)]
pub(super) struct Departed {
    at: Moment,
    /// It was not destroyed: it moved to another vCenter.
    pub(super) migrated: bool,
    /// Its instance UUID, by which it is known there.
    pub(super) uuid: Option<String>,
    /// Its addresses: switches show them for a while.
    macs: Vec<MacAddr>,
}

/// One vCenter.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) name: VcenterName,
    /// A session stands, and its listing was complete once.
    pub(super) complete: bool,
    /// A listing was complete once, in whatever session: what it lacked is missing, and not just under way.
    listed: bool,
    /// Why there is no session.
    pub(super) lost: Option<String>,
    listing: Option<BTreeSet<ObjectId>>,
}

/// How much of an inventory was there before a listing, and how much of it is gone after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shrink {
    pub(super) before: usize,
    pub(super) gone: usize,
}

/// What a listing did not bring back.
pub(super) struct Gone {
    pub(super) objects: Vec<ObjectId>,
    pub(super) hosts: Shrink,
    pub(super) vms: Shrink,
}

impl Site {
    /// A full listing runs.
    pub(super) const fn is_listing(&self) -> bool {
        self.listing.is_some()
    }
}

impl Sites {
    /// A session stands. An id that is followed under another name keeps the name it has.
    pub(super) fn connected(&mut self, id: &VcenterId, name: &VcenterName) {
        let site = self.by_id.entry(id.clone());
        let site = site.or_insert_with(|| Site {
            name: name.clone(),
            complete: false,
            listed: false,
            lost: None,
            listing: None,
        });
        site.name = name.clone();
        site.lost = None;
        site.complete = false;
        self.unreached.remove(name);
        self.unannotated.remove(name);
    }

    /// The session is gone: what is known is stale.
    pub(super) fn lost(&mut self, name: &VcenterName, why: &str) {
        if self.by_id.values().all(|site| site.name != *name) {
            self.unreached.insert(name.clone(), why.to_owned());
        }
        for site in self.by_id.values_mut().filter(|site| site.name == *name) {
            site.complete = false;
            site.listing = None;
            site.lost = Some(why.to_owned());
        }
    }

    pub(super) fn resync_began(&mut self, id: &VcenterId) {
        if let Some(site) = self.by_id.get_mut(id) {
            site.complete = false;
            site.listing = Some(BTreeSet::new());
        }
    }

    /// The listing is complete: what it did not bring is gone without a cause.
    pub(super) fn resync_ended(&mut self, id: &VcenterId) -> Gone {
        let seen = self.by_id.get_mut(id).and_then(|site| {
            site.complete = true;
            site.listed = true;
            site.listing.take()
        });
        let mine = |object: &&ObjectId| object.vcenter == *id && !self.left.contains(object);
        let missing = |object: &&ObjectId| seen.as_ref().is_some_and(|seen| !seen.contains(object));
        let count =
            |known: Vec<&ObjectId>| Shrink { before: known.len(), gone: known.iter().filter(|o| missing(o)).count() };
        let hosts = count(self.hosts.keys().filter(mine).collect());
        let vms = count(self.vms.keys().filter(mine).collect());
        let objects = self.vms.keys().chain(self.hosts.keys()).filter(mine).filter(missing).cloned().collect();
        Gone { objects, hosts, vms }
    }

    fn seen(&mut self, object: &ObjectId) {
        self.left.remove(object);
        if let Some(listing) = self.by_id.get_mut(&object.vcenter).and_then(|site| site.listing.as_mut()) {
            listing.insert(object.clone());
        }
    }

    /// A VM as it now is; its last state, if that was another.
    pub(super) fn vm_seen(&mut self, vm: Arc<Vm>) {
        self.seen(&vm.id);
        self.departed.remove(&vm.id);
        self.unlist(&vm.id);
        if let Some(uuid) = &vm.instance_uuid {
            self.by_uuid.entry(uuid.clone()).or_default().insert(vm.id.clone());
        }
        if let Some(host) = &vm.host {
            self.vms_on.entry(host.clone()).or_default().insert(vm.id.clone());
        }
        self.vms.insert(vm.id.clone(), vm);
    }

    /// Takes a VM out of every index.
    fn unlist(&mut self, id: &VmId) {
        let Some(vm) = self.vms.get(id).cloned() else { return };
        if let Some(host) = &vm.host {
            self.unplace(host, id);
        }
        let Some(uuid) = &vm.instance_uuid else { return };
        if let Some(ids) = self.by_uuid.get_mut(uuid) {
            ids.remove(id);
            if ids.is_empty() {
                self.by_uuid.remove(uuid);
            }
        }
    }

    /// Every VM with this instance UUID.
    pub(super) fn with_uuid(&self, uuid: &str) -> impl Iterator<Item = &VmId> {
        self.by_uuid.get(uuid).into_iter().flatten()
    }

    /// Every instance UUID that several VMs have, and whose they are.
    pub(super) fn shared_uuids(&self) -> impl Iterator<Item = (&str, &BTreeSet<VmId>)> {
        self.by_uuid.iter().filter(|(_, ids)| ids.len() > 1).map(|(uuid, ids)| (uuid.as_str(), ids))
    }

    fn unplace(&mut self, host: &HostId, vm: &VmId) {
        if let Some(vms) = self.vms_on.get_mut(host) {
            vms.remove(vm);
            if vms.is_empty() {
                self.vms_on.remove(host);
            }
        }
    }

    /// A host as it now is; whether its cluster is another one than before.
    pub(super) fn host_seen(&mut self, host: Arc<Host>) -> bool {
        self.seen(&host.id);
        let (id, cluster) = (host.id.clone(), host.cluster.clone());
        let before = self.hosts.insert(id.clone(), host);
        let before = before.map(|before| before.cluster.clone());
        if before.as_ref() == Some(&cluster) {
            return false;
        }
        if let Some(hosts) = before.flatten().and_then(|left| self.hosts_in.get_mut(&left)) {
            hosts.remove(&id);
        }
        if let Some(cluster) = cluster {
            self.hosts_in.entry(cluster).or_default().insert(id);
        }
        true
    }

    /// The hosts of a cluster, whatever their state.
    pub(super) fn hosts_in(&self, cluster: &ClusterId) -> impl Iterator<Item = &HostId> {
        self.hosts_in.get(cluster).into_iter().flatten()
    }

    /// A port group as it now is; whether its attributes say something else than before.
    pub(super) fn group_seen(&mut self, group: Arc<PortGroup>) -> bool {
        let steered = self.steered.entry(group.id.vcenter.clone()).or_default();
        let before = match group.steering.is_silent() {
            true => steered.remove(&group.key),
            false => steered.insert(group.key.clone(), Arc::clone(&group)),
        };
        let news = before.map_or_else(|| !group.steering.is_silent(), |before| before.steering != group.steering);
        self.groups.insert((group.id.vcenter.clone(), group.key.clone()), group);
        news
    }

    /// Whether any port group of a vCenter has attributes.
    pub(super) fn has_steered(&self, vcenter: &VcenterId) -> bool {
        self.steered.get(vcenter).is_some_and(|groups| !groups.is_empty())
    }

    /// A port group with attributes.
    pub(super) fn steered(&self, vcenter: &VcenterId, key: &str) -> Option<&PortGroup> {
        self.steered.get(vcenter)?.get(key).map(AsRef::as_ref)
    }

    /// Every port group with attributes.
    pub(super) fn all_steered(&self) -> impl Iterator<Item = &PortGroup> {
        self.steered.values().flat_map(BTreeMap::values).map(AsRef::as_ref)
    }

    /// Whether findings can be written into a vCenter.
    pub(super) fn annotated(&mut self, vcenter: &VcenterName, trouble: Option<String>) {
        match trouble {
            Some(why) => drop(self.unannotated.insert(vcenter.clone(), why)),
            None => drop(self.unannotated.remove(vcenter)),
        }
    }

    pub(super) fn group_left(&mut self, id: &ObjectId) {
        self.groups.retain(|_, group| group.id != *id);
    }

    /// vCenter says that it destroyed a VM. Whether that is believed: a host that is away takes its running VMs out of
    /// the inventory with the same event, and they run on.
    pub(super) fn vm_destroyed(&mut self, id: &VmId, now: Moment) -> bool {
        let host = self.vms.get(id).and_then(|vm| vm.host.clone());
        if host.is_some_and(|host| self.host_absent(&host).is_some()) {
            return false;
        }
        self.depart(id, false, now);
        true
    }

    /// vCenter says that a VM moved to another vCenter. A host that is away sends nothing anywhere: that it is away now
    /// takes nothing back.
    pub(super) fn vm_migrated_away(&mut self, id: &VmId, now: Moment) {
        self.depart(id, true, now);
    }

    fn depart(&mut self, id: &VmId, migrated: bool, now: Moment) {
        self.departed.retain(|_, past| now.since(past.at) < MEMORY_OF_DEPARTED);
        let vm = self.vms.get(id);
        let macs = vm.and_then(|vm| vm.vnics.as_ref()).into_iter().flatten().filter_map(|vnic| vnic.mac).collect();
        let uuid = vm.and_then(|vm| vm.instance_uuid.clone());
        self.departed.insert(id.clone(), Departed { at: now, migrated, uuid, macs });
        if self.left.contains(id) {
            self.forget_vm(id);
        }
    }

    /// A VM left the view. Whether that has a cause; without one its last state stays.
    pub(super) fn vm_left(&mut self, id: &VmId) -> bool {
        let departed = self.departed.contains_key(id);
        match departed {
            true => self.forget_vm(id),
            false => drop(self.vms.contains_key(id) && self.left.insert(id.clone())),
        }
        departed
    }

    /// Forgets a VM that is accounted for.
    pub(super) fn forget_vm(&mut self, id: &VmId) {
        self.left.remove(id);
        self.unlist(id);
        self.vms.remove(id);
    }

    pub(super) fn host_left(&mut self, id: &HostId) {
        if self.hosts.contains_key(id) {
            self.left.insert(id.clone());
        }
    }

    /// Whether vCenter destroyed a VM.
    pub(super) fn is_destroyed(&self, id: &VmId) -> bool {
        self.departed(id).is_some_and(|departed| !departed.migrated)
    }

    /// What is known of a VM that is gone by vCenter's own word.
    pub(super) fn departed(&self, id: &VmId) -> Option<&Departed> {
        self.departed.get(id)
    }

    pub(super) fn group(&self, vcenter: &VcenterId, key: &str) -> Option<&PortGroup> {
        self.groups.get(&(vcenter.clone(), key.to_owned())).map(AsRef::as_ref)
    }

    pub(super) fn vms_on(&self, host: &HostId) -> impl Iterator<Item = &VmId> {
        self.vms_on.get(host).into_iter().flatten()
    }

    /// Whether a listing of this vCenter was complete once.
    pub(super) fn listed(&self, vcenter: &VcenterId) -> bool {
        self.by_id.get(vcenter).is_some_and(|site| site.listed)
    }

    /// Whether the facts of a vCenter are complete and fresh.
    pub(super) fn trusted(&self, vcenter: &VcenterId) -> bool {
        self.by_id.get(vcenter).is_some_and(|site| site.complete)
    }

    /// Why a host is away, if it is: then its ports keep what they have.
    pub(super) fn host_absent(&self, id: &HostId) -> Option<&'static str> {
        let Some(host) = self.hosts.get(id) else { return Some("is not in the inventory") };
        if self.left.contains(id) {
            return Some("left the inventory");
        }
        match host.connection {
            HostConnection::Disconnected => Some("is disconnected"),
            HostConnection::NotResponding => Some("is not responding"),
            HostConnection::Unknown => Some("is in an unknown state"),
            HostConnection::Connected if host.maintenance => Some("is in maintenance mode"),
            HostConnection::Connected => match host.power {
                HostPower::StandBy => Some("is in standby"),
                HostPower::Off => Some("is powered off"),
                HostPower::On | HostPower::Unknown => None,
            },
        }
    }

    /// Every address that leaves a host by its switches.
    pub(super) fn macs_of(&self, host: &Host) -> BTreeSet<MacAddr> {
        let network = host.network.as_ref();
        let pnics = network.into_iter().flat_map(|network| &network.pnics).filter_map(|pnic| pnic.mac);
        let kernels = network.into_iter().flat_map(|network| &network.vmkernels).filter_map(|vmk| vmk.mac);
        let vms = self.vms_on(&host.id).filter_map(|vm| self.vms.get(vm)?.vnics.as_ref());
        pnics.chain(kernels).chain(vms.flatten().filter_map(|vnic| vnic.mac)).collect()
    }

    /// Whether an address belongs to a VM or a vmkernel adapter that some vCenter told of, or to a VM destroyed so
    /// short a time ago that a switch may still show it.
    pub(super) fn knows_mac(&self, mac: MacAddr, now: Moment) -> bool {
        let vnics = self.vms.values().filter_map(|vm| vm.vnics.as_ref()).flatten().filter_map(|vnic| vnic.mac);
        let networks = self.hosts.values().filter_map(|host| host.network.as_ref());
        let kernels = networks.flat_map(|network| &network.vmkernels).filter_map(|vmk| vmk.mac);
        let fresh = self.departed.values().filter(|past| now.since(past.at) < AGEING);
        let past = fresh.flat_map(|past| &past.macs).copied();
        vnics.chain(kernels).chain(past).any(|known| known == mac)
    }
}
