//! What a property filter selects and how an object is put into an update (facts: vCenter §B3).
//!
//! A selection is a container view with its members, a single object, or what traversals lead to from there.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Fault, Node, Value},
    event::EventFilter,
    inventory::Kind,
    properties::{DATACENTER, HOST_FOLDER, NETWORK_FOLDER, ROOT, VM_FOLDER},
    schema::has_property,
    walk::Walks,
};

/// A container view.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) root: MoId,
    /// Types of objects; empty: all.
    pub(super) kinds: Vec<String>,
    /// Whether what lies deeper is in it, too.
    pub(super) recursive: bool,
}

/// An event history collector.
#[derive(Clone, Debug)]
pub(super) struct EventCollector {
    pub(super) filter: EventFilter,
    /// Events on `latestPage`.
    pub(super) page: usize,
    /// Key of the newest event that `ReadNextEvents` gave out.
    pub(super) read: i32,
}

/// What of a session a filter may name.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) views: BTreeMap<MoId, View>,
    pub(super) events: BTreeMap<MoId, EventCollector>,
}

/// A property filter's specification.
#[derive(Clone, Debug, Default)]
pub(super) struct FilterSpec {
    objects: Vec<ObjectSpec>,
    props: Vec<PropertySpec>,
    /// What the traversals led to when they were last followed.
    reached: BTreeSet<MoId>,
}

#[derive(Clone, Debug)]
struct ObjectSpec {
    id: MoId,
    /// It is passed through and not selected.
    skip: bool,
    walks: Walks,
}

#[derive(Clone, Debug)]
struct PropertySpec {
    kind: String,
    all: bool,
    paths: Vec<String>,
}

impl FilterSpec {
    /// Reads a `PropertyFilterSpec`. A property that no such object has is refused (VIM API: `InvalidProperty`).
    pub(super) fn read(node: &Node) -> Result<Self, Fault> {
        let spec = |prop: &Node| PropertySpec {
            kind: prop.text_of("type").to_owned(),
            all: prop.is_true("all"),
            paths: prop.texts("pathSet"),
        };
        let object = |object: &Node| {
            let id = object.reference("obj")?;
            Some(ObjectSpec { id, skip: object.is_true("skip"), walks: Walks::read(object) })
        };
        let objects = node.all("objectSet").filter_map(object).collect();
        let props: Vec<PropertySpec> = node.all("propSet").map(spec).collect();
        match props.iter().find_map(PropertySpec::wrong) {
            Some(path) => Err(Fault::invalid_property(path)),
            None => Ok(Self { objects, props, reached: BTreeSet::new() }),
        }
    }

    /// Whether what it selects hangs on properties of other objects.
    pub(super) fn is_walking(&self, named: &Named) -> bool {
        self.objects.iter().any(|object| object.walks_in(named).is_some())
    }

    /// Follows the traversals anew.
    pub(super) fn walk(&mut self, vcenter: &Vcenter, named: &Named) {
        let walks = self.objects.iter().filter_map(|object| Some((&object.id, object.walks_in(named)?)));
        self.reached = walks.flat_map(|(id, walks)| walks.reached(vcenter, id)).collect();
    }

    /// What the traversals led to.
    pub(super) const fn reached(&self) -> &BTreeSet<MoId> {
        &self.reached
    }

    /// Every object that it now selects.
    pub(super) fn selection(&self, vcenter: &Vcenter, named: &Named) -> Vec<MoId> {
        let mut found = Vec::new();
        for ObjectSpec { id, .. } in &self.objects {
            if named.views.contains_key(id) {
                found.extend(vcenter.everything().filter(|id| self.selects(vcenter, named, id).is_some()));
            } else if self.selects(vcenter, named, id).is_some() {
                found.push(id.clone());
            }
        }
        found.extend(self.reached.iter().filter(|id| self.selects(vcenter, named, id).is_some()).cloned());
        found
    }

    /// The type of an object, if it is selected and a property of its type is asked for.
    pub(super) fn selects(&self, vcenter: &Vcenter, named: &Named, id: &MoId) -> Option<Kind> {
        let collector = named.events.contains_key(id).then_some(Kind::EventHistoryCollector);
        let kind = collector.or_else(|| vcenter.kind_of(id))?;
        let chosen = |object: &ObjectSpec| match named.views.get(&object.id) {
            Some(view) => view.shows(vcenter, kind, id),
            None => object.id == *id && !object.skip,
        };
        let asked = self.props.iter().any(|prop| kind.is_a(&prop.kind));
        (asked && (self.objects.iter().any(chosen) || self.reached.contains(id))).then_some(kind)
    }

    /// Ids of the event collectors that it names.
    pub(super) fn collectors<'a>(&'a self, named: &'a Named) -> impl Iterator<Item = (&'a MoId, &'a EventCollector)> {
        self.objects.iter().filter_map(|object| Some((&object.id, named.events.get(&object.id)?)))
    }

    /// The paths asked for of an object of this type, each once.
    pub(super) fn paths(&self, kind: Kind) -> BTreeSet<&str> {
        let mut paths = BTreeSet::new();
        for prop in self.props.iter().filter(|prop| kind.is_a(&prop.kind)) {
            paths.extend(prop.paths.iter().map(String::as_str));
            if prop.all {
                paths.extend(heads(kind));
            }
        }
        paths
    }
}

impl ObjectSpec {
    /// Its traversals, unless it is a view: that one's leads to its members.
    fn walks_in(&self, named: &Named) -> Option<&Walks> {
        (!self.walks.is_empty() && !named.views.contains_key(&self.id)).then_some(&self.walks)
    }
}

impl PropertySpec {
    /// The first path that none of the simulated types of this name has; of an unknown type nothing is known.
    fn wrong(&self) -> Option<&str> {
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_a(&self.kind)).collect();
        let known = |path: &&String| {
            let head = path.split('.').next().unwrap_or_default();
            kinds.is_empty() || kinds.iter().any(|kind| has_property(*kind, head))
        };
        self.paths.iter().find(|path| !known(path)).map(String::as_str)
    }
}

/// What `all` means for each type.
const fn heads(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::VirtualMachine => &["name", "parent", "runtime", "config", "network", "guest"],
        Kind::HostSystem => &["name", "parent", "runtime", "config", "vm"],
        Kind::DistributedVirtualPortgroup => &["name", "key", "parent", "config"],
        Kind::VmwareDistributedVirtualSwitch => &["name", "uuid", "parent", "config", "portgroup"],
        Kind::ClusterComputeResource => &["name", "parent", "host", "recommendation"],
        Kind::Folder | Kind::Datacenter | Kind::Network => &["name", "parent"],
        Kind::OpaqueNetwork => &["name", "parent", "summary"],
        Kind::Task => &["info"],
        Kind::EventHistoryCollector => &["latestPage"],
        Kind::CustomFieldsManager => &["field"],
    }
}

impl View {
    /// Whether an object of this type is in the view. A cluster as root holds its hosts and their VMs; the root
    /// folder and the datacenter hold everything.
    fn shows(&self, vcenter: &Vcenter, kind: Kind, id: &MoId) -> bool {
        let wanted = self.kinds.is_empty() || self.kinds.iter().any(|name| kind.is_a(name));
        wanted && kind.is_a("ManagedEntity") && self.holds(vcenter, kind, id)
    }

    fn holds(&self, vcenter: &Vcenter, kind: Kind, id: &MoId) -> bool {
        if !self.recursive {
            let parent = vcenter.property(id, "parent");
            return parent.is_ok_and(|parent| matches!(parent, Some(Value::Ref(_, parent)) if parent == self.root));
        }
        match (self.root.as_str(), kind) {
            (ROOT | DATACENTER, _) | (VM_FOLDER, Kind::VirtualMachine) => true,
            (HOST_FOLDER, Kind::ClusterComputeResource | Kind::HostSystem) => true,
            (NETWORK_FOLDER, Kind::VmwareDistributedVirtualSwitch) => true,
            (NETWORK_FOLDER, Kind::DistributedVirtualPortgroup | Kind::Network) => true,
            (_, Kind::HostSystem | Kind::VirtualMachine) => self.is_below(vcenter, id),
            (_, _) => false,
        }
    }

    /// Whether a host, or the host of a VM, is the root or in the cluster that is the root.
    fn is_below(&self, vcenter: &Vcenter, id: &MoId) -> bool {
        let host = vcenter.vm(id).map_or(id, |vm| &vm.seen.host);
        *host == self.root || vcenter.host(host).is_some_and(|host| host.cluster == self.root)
    }

    /// Everything in the view.
    pub(super) fn members(&self, vcenter: &Vcenter) -> Vec<(Kind, MoId)> {
        let shown =
            |id: MoId| vcenter.kind_of(&id).filter(|kind| self.shows(vcenter, *kind, &id)).map(|kind| (kind, id));
        vcenter.everything().filter_map(shown).collect()
    }
}

/// The values of some properties, and which could not be read.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) values: Vec<(String, Option<Value>)>,
    pub(super) missing: Vec<Value>,
}

/// Reads properties of an object. Paths into the same property stand side by side, so that it is put together once.
pub(super) fn read<'a>(
    vcenter: &Vcenter,
    named: &Named,
    id: &MoId,
    paths: impl IntoIterator<Item = &'a str>,
) -> Readings {
    let mut readings = Readings::default();
    let mut whole: Option<(&str, Result<Option<Value>, Fault>)> = None;
    for path in paths {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        if whole.as_ref().is_none_or(|(known, _)| *known != head) {
            let value = match named.events.get(id) {
                Some(collector) => Ok(vcenter.collector_property(collector, head)),
                None => vcenter.property(id, head),
            };
            whole = Some((head, value));
        }
        match whole.as_ref().map(|(_, value)| value) {
            Some(Ok(value)) => {
                let value = value.as_ref().and_then(|value| value.find(rest)).cloned();
                readings.values.push((path.to_owned(), value));
            }
            Some(Err(fault)) => readings.missing.push(missing(path, fault)),
            None => {}
        }
    }
    readings
}

fn missing(path: &str, fault: &Fault) -> Value {
    let inner = Value::Object(fault.kind, fault.fields.clone()).any();
    let localized = vec![("fault", inner), ("localizedMessage", Value::string(&fault.message))];
    let fields = vec![("path", Value::string(path)), ("fault", Value::Object("LocalizedMethodFault", localized))];
    Value::Object("MissingProperty", fields)
}
