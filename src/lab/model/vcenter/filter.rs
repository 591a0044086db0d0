//! What a property filter selects and how an object is put into an update (facts: vCenter §B3).
//!
//! A selection is a container view with its members, or a single object; other traversals are not simulated and
//! select the object itself.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Fault, Node, Value},
    event::EventFilter,
    inventory::Kind,
    properties::{DATACENTER, ROOT},
};

/// A container view.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) root: MoId,
    /// Types of objects; empty: all.
    pub(super) kinds: Vec<String>,
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
    objects: Vec<MoId>,
    props: Vec<PropertySpec>,
}

#[derive(Clone, Debug)]
struct PropertySpec {
    kind: String,
    all: bool,
    paths: Vec<String>,
}

impl FilterSpec {
    /// Reads a `PropertyFilterSpec`.
    pub(super) fn read(node: &Node) -> Self {
        let spec = |prop: &Node| PropertySpec {
            kind: prop.text_of("type").to_owned(),
            all: prop.is_true("all"),
            paths: prop.texts("pathSet"),
        };
        let objects = node.all("objectSet").filter_map(|object| object.reference("obj")).collect();
        Self { objects, props: node.all("propSet").map(spec).collect() }
    }

    /// Every object that it now selects.
    pub(super) fn selection(&self, vcenter: &Vcenter, named: &Named) -> Vec<(Kind, MoId)> {
        let mut found = Vec::new();
        for object in &self.objects {
            if named.views.contains_key(object) {
                let all = vcenter.everything().filter_map(|id| Some((self.selects(vcenter, named, &id)?, id)));
                found.extend(all);
            } else if let Some(kind) = self.selects(vcenter, named, object) {
                found.push((kind, object.clone()));
            }
        }
        found
    }

    /// The type of an object, if it is selected and a property of its type is asked for.
    pub(super) fn selects(&self, vcenter: &Vcenter, named: &Named, id: &MoId) -> Option<Kind> {
        let collector = named.events.contains_key(id).then_some(Kind::EventHistoryCollector);
        let kind = collector.or_else(|| vcenter.kind_of(id))?;
        let chosen = |object: &MoId| match named.views.get(object) {
            Some(view) => view.shows(vcenter, kind, id),
            None => object == id,
        };
        (self.props.iter().any(|prop| kind.is_a(&prop.kind)) && self.objects.iter().any(chosen)).then_some(kind)
    }

    /// Ids of the event collectors that it names.
    pub(super) fn collectors<'a>(&'a self, named: &'a Named) -> impl Iterator<Item = (&'a MoId, &'a EventCollector)> {
        self.objects.iter().filter_map(|id| named.events.get(id).map(|collector| (id, collector)))
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

/// What `all` means for each type.
const fn heads(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::VirtualMachine => &["name", "parent", "runtime", "config", "network", "guest"],
        Kind::HostSystem => &["name", "parent", "runtime", "config", "vm"],
        Kind::DistributedVirtualPortgroup => &["name", "key", "parent", "config"],
        Kind::VmwareDistributedVirtualSwitch => &["name", "uuid", "parent", "config", "portgroup"],
        Kind::ClusterComputeResource => &["name", "parent", "host", "recommendation"],
        Kind::Folder | Kind::Datacenter | Kind::Network => &["name", "parent"],
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
        wanted && kind.is_a("ManagedEntity") && self.holds(vcenter, id)
    }

    fn holds(&self, vcenter: &Vcenter, id: &MoId) -> bool {
        if self.root.as_str() == ROOT || self.root.as_str() == DATACENTER {
            return true;
        }
        let host = vcenter.vm(id).map_or(id, |vm| &vm.seen.host);
        *host == self.root || vcenter.host(host).is_some_and(|host| host.cluster == self.root)
    }
}

/// The values of some properties, and which could not be read.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) values: Vec<(String, Option<Value>)>,
    pub(super) missing: Vec<Value>,
}

/// Reads properties of an object.
pub(super) fn read<'a>(
    vcenter: &Vcenter,
    named: &Named,
    id: &MoId,
    paths: impl IntoIterator<Item = &'a str>,
) -> Readings {
    let mut readings = Readings::default();
    for path in paths {
        let value = match named.events.get(id) {
            Some(collector) => Ok(vcenter.collector_property(collector, path)),
            None => vcenter.property(id, path),
        };
        match value {
            Ok(value) => readings.values.push((path.to_owned(), value)),
            Err(fault) => readings.missing.push(missing(path, &fault)),
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
