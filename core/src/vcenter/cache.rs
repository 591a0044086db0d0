//! The watcher's only memory of the inventory: per object the properties that came, merged and decoded.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Change, FieldNames, MoRef, ObjectUpdate, UpdateKind,
    asking::Asking,
    custom_fields,
    custom_values::{CustomValues, Holder},
    dvs,
    dvs::DvsFacts,
    host,
    host::HostFacts,
    port_group,
    port_group::ClusterFacts,
    port_group::PortGroupFacts,
    vm,
    vm::VmFacts,
};
use crate::{
    net::{MoId, VcenterId},
    tracker::{Entity, Event, HostConnection, HostId, ObjectId, PortGroup},
};

/// A host whose hints are to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintTarget {
    /// Which host.
    pub host: HostId,
    /// Its name, for logs.
    pub name: String,
    /// Whom to ask.
    pub network_system: MoRef,
    /// Its pnics, for asking one by one where asking for all fails.
    pub pnics: Vec<String>,
    /// Those whose link is up: they should hear something.
    pub linked: Vec<String>,
}

/// What kind of inventory object a reference names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Vm,
    Host,
    PortGroup,
    Dvs,
    Cluster,
}

impl Kind {
    fn of(object: &MoRef) -> Option<Self> {
        match object.kind.as_str() {
            "VirtualMachine" => Some(Self::Vm),
            "HostSystem" => Some(Self::Host),
            "DistributedVirtualPortgroup" => Some(Self::PortGroup),
            "DistributedVirtualSwitch" | "VmwareDistributedVirtualSwitch" => Some(Self::Dvs),
            "ComputeResource" | "ClusterComputeResource" => Some(Self::Cluster),
            _ => None,
        }
    }

    const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Vm => &vm::PATHS,
            Self::Host => &host::PATHS,
            Self::PortGroup => &port_group::PATHS,
            Self::Dvs => &dvs::VMWARE_PATHS,
            Self::Cluster => &port_group::CLUSTER_PATHS,
        }
    }

    /// Whose attributes count.
    fn holder(self, id: &str) -> Option<Holder> {
        match self {
            Self::Vm => Some(Holder::Vm(id.into())),
            Self::Host => Some(Holder::Host(id.into())),
            Self::PortGroup => Some(Holder::PortGroup(id.into())),
            Self::Dvs | Self::Cluster => None,
        }
    }
}

/// Everything known of one vCenter's objects.
#[derive(Debug, Default)]
pub(super) struct Cache {
    vms: BTreeMap<MoId, VmFacts>,
    hosts: BTreeMap<MoId, HostFacts>,
    port_groups: BTreeMap<MoId, PortGroupFacts>,
    switches: BTreeMap<MoId, DvsFacts>,
    clusters: BTreeMap<MoId, ClusterFacts>,
    hints_wanted: BTreeSet<MoId>,
    pub(super) asking: Asking,
    custom: CustomValues,
}

impl Cache {
    /// Forgets every object; what attributes are called stays.
    pub(super) fn emptied(self) -> Self {
        Self { custom: self.custom.emptied(), asking: self.asking.emptied(), ..Self::default() }
    }

    /// Merges an entered or modified object and says it whole; none for a kind that nobody asked for, and where only
    /// attributes of a VM or host changed, which say nothing to the tracker.
    pub(super) fn merge(&mut self, vcenter: &VcenterId, update: &ObjectUpdate) -> Option<Event> {
        let kind = Kind::of(&update.object)?;
        let missing: Vec<&str> = update.missing.iter().map(String::as_str).collect();
        let told = kind.holder(&update.object.id).is_some_and(|h| self.custom.apply(h, &update.changes, &missing));
        if told && kind != Kind::PortGroup && only_custom(update) {
            return None;
        }
        Some(self.put(kind, vcenter, &update.object.id, &update.changes, &missing))
    }

    /// What attributes are called now: says every port group again that has some.
    pub(super) fn learn(&mut self, vcenter: &VcenterId, names: FieldNames) -> Vec<Event> {
        let groups = self.custom.learn(names);
        groups.iter().filter_map(|id| Some(self.group_event(self.port_groups.get(id)?, vcenter, id.as_str()))).collect()
    }

    fn group_event(&self, facts: &PortGroupFacts, vcenter: &VcenterId, id: &str) -> Event {
        let steering = self.custom.steering(&id.into());
        Event::PortGroupSeen(Arc::new(PortGroup { steering, ..facts.noun(vcenter, id) }))
    }

    /// Whether an attribute came of which nobody knows what it is called.
    pub(super) fn lacks_names(&self) -> bool {
        self.custom.lacks_names()
    }

    /// What stands in our attribute on VMs and hosts, if that changed since this was last asked.
    pub(super) fn take_annotated(&mut self, vcenter: &VcenterId) -> Option<BTreeMap<Entity, String>> {
        self.custom.take_annotated(vcenter)
    }

    /// An object that could not be read at all: it is there, and everything else is unknown.
    pub(super) fn unreadable(&mut self, vcenter: &VcenterId, object: &MoRef) -> Option<Event> {
        let kind = Kind::of(object)?;
        Some(self.put(kind, vcenter, &object.id, &[], kind.paths()))
    }

    fn put(&mut self, kind: Kind, vcenter: &VcenterId, id: &str, changes: &[Change], missing: &[&str]) -> Event {
        match kind {
            Kind::Vm => {
                let facts = self.vms.entry(id.into()).or_default();
                let before = facts.plugs();
                changes.iter().for_each(|change| facts.apply(change));
                missing.iter().for_each(|path| facts.missing(path));
                self.asking.plugged(&before, &facts.plugs());
                Event::VmSeen(Arc::new(facts.noun(vcenter, id)))
            }
            Kind::Host => self.put_host(vcenter, id, changes, missing),
            Kind::PortGroup => {
                let facts = self.port_groups.entry(id.into()).or_default();
                changes.iter().for_each(|change| facts.apply(change));
                missing.iter().for_each(|path| facts.missing(path));
                self.asking.group(facts.key(id), facts.asks_for_ports());
                let facts = facts.clone();
                self.group_event(&facts, vcenter, id)
            }
            Kind::Dvs => {
                let facts = self.switches.entry(id.into()).or_default();
                changes.iter().for_each(|change| facts.apply(change));
                missing.iter().for_each(|path| facts.missing(path));
                Event::DvsSeen(Arc::new(facts.noun(vcenter, id)))
            }
            Kind::Cluster => {
                let facts = self.clusters.entry(id.into()).or_default();
                changes.iter().for_each(|change| facts.apply(change));
                Event::ClusterSeen(Arc::new(facts.noun(vcenter, id)))
            }
        }
    }

    /// A host that is new, came back, or whose links changed may hear something else than before.
    fn put_host(&mut self, vcenter: &VcenterId, id: &str, changes: &[Change], missing: &[&str]) -> Event {
        let known = self.hosts.contains_key(&MoId::from(id));
        let facts = self.hosts.entry(id.into()).or_default();
        let before = (facts.links(), facts.connection());
        let plugs = facts.plugs();
        changes.iter().for_each(|change| facts.apply(change));
        missing.iter().for_each(|path| facts.missing(path));
        if !known || before != (facts.links(), facts.connection()) {
            self.hints_wanted.insert(id.into());
        }
        self.asking.plugged(&plugs, &facts.plugs());
        Event::HostSeen(Arc::new(facts.noun(vcenter, id)))
    }

    /// Forgets an object that left, and says so; none when it was not known.
    pub(super) fn leave(&mut self, vcenter: &VcenterId, object: &MoRef) -> Option<Event> {
        let moid = MoId::from(object.id.as_str());
        let id = ObjectId { vcenter: vcenter.clone(), moid: moid.clone() };
        if let Some(holder) = Kind::of(object)?.holder(&object.id) {
            self.custom.leave(&holder);
        }
        match Kind::of(object)? {
            Kind::Vm => self.vms.remove(&moid).map(|_| Event::VmLeft(id)),
            Kind::Host => self.hosts.remove(&moid).map(|_| Event::HostLeft(id)),
            Kind::PortGroup => {
                let facts = self.port_groups.remove(&moid)?;
                self.asking.group(facts.key(&object.id), None);
                Some(Event::PortGroupLeft(id))
            }
            Kind::Dvs => self.switches.remove(&moid).map(|_| Event::DvsLeft(id)),
            Kind::Cluster => self.clusters.remove(&moid).map(|_| Event::ClusterLeft(id)),
        }
    }

    /// How many things are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.vms.len() + self.hosts.len() + self.port_groups.len() + self.clusters.len() + self.hints_wanted.len()
    }

    /// Whether this VM is known.
    pub(super) fn knows_vm(&self, vm: &MoId) -> bool {
        self.vms.contains_key(vm)
    }

    /// Where this VM was last.
    pub(super) fn host_of(&self, vm: &MoId) -> Option<&MoId> {
        self.vms.get(vm).and_then(VmFacts::host)
    }

    /// Whether this host is in the inventory and answers.
    pub(super) fn connected(&self, host: &MoId) -> bool {
        self.hosts.get(host).and_then(HostFacts::connection) == Some(HostConnection::Connected)
    }

    /// The hosts whose hints may have changed since this was last asked.
    pub(super) fn take_hint_targets(&mut self, vcenter: &VcenterId) -> Vec<HintTarget> {
        let wanted = std::mem::take(&mut self.hints_wanted);
        wanted.iter().filter_map(|host| self.hint_target(vcenter, host)).collect()
    }

    /// Every host that can be asked.
    pub(super) fn hint_targets(&self, vcenter: &VcenterId) -> Vec<HintTarget> {
        self.hosts.keys().filter_map(|host| self.hint_target(vcenter, host)).collect()
    }

    /// Only a connected host can say what it hears.
    fn hint_target(&self, vcenter: &VcenterId, host: &MoId) -> Option<HintTarget> {
        let facts = self.hosts.get(host).filter(|_| self.connected(host))?;
        let id = ObjectId { vcenter: vcenter.clone(), moid: host.clone() };
        Some(HintTarget {
            name: facts.noun(vcenter, host.as_str()).name,
            host: id,
            network_system: facts.network_system()?.clone(),
            pnics: facts.links().into_iter().map(|(device, _)| device).collect(),
            linked: facts.links().into_iter().filter(|(_, up)| *up).map(|(device, _)| device).collect(),
        })
    }
}

/// A change of attributes and nothing else, of an object that is known.
fn only_custom(update: &ObjectUpdate) -> bool {
    let paths = update.changes.iter().map(|change| &change.path).chain(&update.missing);
    update.kind == UpdateKind::Modify && paths.into_iter().all(|path| path == custom_fields::PATH)
}
