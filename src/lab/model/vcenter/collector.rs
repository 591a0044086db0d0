//! A property collector: what it has told, and what it tells next (facts: vCenter §B3).
//!
//! A *round* notes which objects of each filter have news since the last round, in work proportional to what
//! changed; *pages* of it become update sets, each with the next version. An object that changes again while it
//! waits for its page is told as it then is, and once more in the next round.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Fault, Value},
    filter::{FilterSpec, Named, Readings, read},
    inventory::Kind,
};

/// vCenter's default, and here also the most that a client can ask for.
pub(super) const PAGE: usize = 100;

/// A property collector.
#[derive(Debug, Default)]
pub(super) struct Collector {
    filters: BTreeMap<MoId, Filter>,
    /// The version given out last; a number never means two things.
    version: u64,
    /// The version whose state this is: the last one, or the one before it after a client lost the last.
    base: u64,
    truncated: bool,
    pending: VecDeque<Pending>,
    before: Option<Before>,
    /// Changes up to this number were told, and the bytes have left.
    pub(super) told: u64,
    /// Update sets on their way.
    pub(super) in_flight: u32,
    /// How often a wait was cancelled.
    pub(super) cancels: u64,
}

#[derive(Debug, Default)]
struct Filter {
    spec: FilterSpec,
    since: Option<u64>,
    members: BTreeSet<MoId>,
}

/// An object with news, and since when the client has not heard of it.
#[derive(Debug)]
struct Pending {
    filter: MoId,
    object: MoId,
    since: Option<u64>,
}

/// How things stood before the newest update set, for a client that lost it.
#[derive(Debug, Default)]
struct Before {
    version: u64,
    truncated: bool,
    since: Vec<(MoId, Option<u64>)>,
    entered: Vec<(MoId, MoId)>,
    left: Vec<(MoId, MoId)>,
}

/// An update set.
#[derive(Debug)]
pub(super) struct Updates {
    pub(super) set: Value,
    /// Every change up to this number is told with it. None: more pages follow.
    pub(super) upto: Option<u64>,
}

impl Collector {
    /// Adds a filter; its objects enter with the next update set.
    pub(super) fn add(&mut self, id: MoId, spec: FilterSpec) {
        self.filters.insert(id, Filter { spec, ..Filter::default() });
    }

    /// Ids of its filters.
    pub(super) fn filters(&self) -> impl Iterator<Item = &MoId> {
        self.filters.keys()
    }

    /// Takes a filter away; whether it was there.
    pub(super) fn remove(&mut self, id: &MoId) -> bool {
        self.filters.remove(id).is_some()
    }

    /// Whether it has a filter.
    pub(super) fn is_watching(&self) -> bool {
        !self.filters.is_empty()
    }

    /// Goes to the version that a client names: the newest one, or the one before it, if that was not truncated,
    /// because its answer was lost; the empty one begins anew.
    pub(super) fn resume(&mut self, version: &str) -> Result<(), Fault> {
        if version.is_empty() {
            self.restart();
            return Ok(());
        }
        let newest = version == self.base.to_string() && self.base > 0;
        let before = self.before.take_if(|before| version == before.version.to_string() && !before.truncated);
        match (newest, before) {
            (true, _) => Ok(()),
            (false, Some(before)) => {
                self.roll_back(before);
                Ok(())
            }
            (false, None) => Err(Self::invalid_version()),
        }
    }

    /// As a collector refuses a version that is not its own.
    pub(super) fn invalid_version() -> Fault {
        Fault::new("InvalidCollectorVersion", "The version is not valid for this collector.")
    }

    /// Whether it still can tell all that changed since it told something last.
    pub(super) fn can_follow(&self, vcenter: &Vcenter) -> bool {
        self.filters.values().filter_map(|filter| filter.since).all(|since| vcenter.changes.knows(since))
    }

    fn restart(&mut self) {
        self.pending.clear();
        self.before = None;
        self.truncated = false;
        for filter in self.filters.values_mut() {
            filter.since = None;
            filter.members.clear();
        }
    }

    fn roll_back(&mut self, before: Before) {
        (self.base, self.truncated) = (before.version, before.truncated);
        self.pending.clear();
        for (filter, since) in before.since {
            if let Some(filter) = self.filters.get_mut(&filter) {
                filter.since = since;
            }
        }
        for (filter, object) in before.entered {
            self.filters.get_mut(&filter).map(|filter| filter.members.remove(&object));
        }
        for (filter, object) in before.left {
            self.filters.get_mut(&filter).map(|filter| filter.members.insert(object));
        }
    }

    /// The next update set, if there is news. The first is news even if it is empty: it carries the version.
    pub(super) fn next(&mut self, vcenter: &Vcenter, named: &Named, max: usize) -> Option<Updates> {
        let anew = !self.filters.is_empty() && self.filters.values().all(|filter| filter.since.is_none());
        let since = self.filters.iter().map(|(id, filter)| (id.clone(), filter.since)).collect();
        let mut before = Before { version: self.base, truncated: self.truncated, since, ..Before::default() };
        if self.pending.is_empty() {
            self.round(vcenter, named);
        }
        let mut sets: BTreeMap<MoId, Vec<Value>> = BTreeMap::new();
        let mut count = 0;
        while count < max
            && let Some(pending) = self.pending.pop_front()
        {
            if let Some(update) = self.tell(vcenter, named, &pending, &mut before) {
                sets.entry(pending.filter).or_default().push(update);
                count += 1;
            }
        }
        if count == 0 && !anew {
            return None;
        }
        self.version += 1;
        self.base = self.version;
        self.truncated = !self.pending.is_empty();
        self.before = Some(before);
        let upto = if self.truncated { None } else { self.filters.values().filter_map(|filter| filter.since).min() };
        Some(Updates { set: update_set(self.version, sets, self.truncated), upto })
    }

    /// Notes what has news since the last round.
    fn round(&mut self, vcenter: &Vcenter, named: &Named) {
        for (id, filter) in &mut self.filters {
            let since = filter.since.replace(vcenter.revision());
            filter.spec.walk(vcenter, named);
            let objects = match since {
                None => filter.spec.selection(vcenter, named),
                Some(number) => filter.news(vcenter, named, number),
            };
            let pending = |object| Pending { filter: id.clone(), object, since };
            self.pending.extend(objects.into_iter().map(pending));
        }
    }

    /// One object's update, if it still has news.
    fn tell(&mut self, vcenter: &Vcenter, named: &Named, pending: &Pending, before: &mut Before) -> Option<Value> {
        let filter = self.filters.get_mut(&pending.filter)?;
        let (id, names) = (&pending.object, (pending.filter.clone(), pending.object.clone()));
        match (filter.spec.selects(vcenter, named, id), filter.members.contains(id)) {
            (Some(kind), false) => {
                filter.members.insert(id.clone());
                before.entered.push(names);
                let readings = read(vcenter, named, id, filter.spec.paths(kind));
                Some(object_update("enter", kind.as_str(), id, readings))
            }
            (Some(kind), true) => {
                let since = pending.since.unwrap_or(0);
                let touched = filter
                    .spec
                    .paths(kind)
                    .into_iter()
                    .filter(|path| kind == Kind::EventHistoryCollector || vcenter.changes.touches(id, path, since));
                Some(object_update("modify", kind.as_str(), id, read(vcenter, named, id, touched)))
            }
            (None, true) => {
                filter.members.remove(id);
                before.left.push(names);
                Some(object_update("leave", kind_by_id(id), id, Readings::default()))
            }
            (None, false) => None,
        }
    }
}

impl Filter {
    /// Objects with news after change `number`: those that came, went, or changed in a path that is asked for.
    fn news(&self, vcenter: &Vcenter, named: &Named, number: u64) -> Vec<MoId> {
        let mut found = Vec::new();
        for (_, id) in vcenter.changes.since(number) {
            let news = match (self.spec.selects(vcenter, named, id), self.members.contains(id)) {
                (Some(kind), true) => {
                    self.spec.paths(kind).iter().any(|path| vcenter.changes.touches(id, path, number))
                }
                (Some(_), false) | (None, true) => true,
                (None, false) => false,
            };
            found.extend(news.then(|| id.clone()));
        }
        if self.spec.is_walking(named) {
            let changed: BTreeSet<MoId> = found.iter().cloned().collect();
            let gone = self.members.iter().filter(|id| self.spec.selects(vcenter, named, id).is_none());
            let come = self.spec.reached().difference(&self.members);
            found.extend(gone.chain(come).filter(|id| !changed.contains(*id)).cloned().collect::<Vec<_>>());
        }
        let events = self.spec.collectors(named);
        let events = events.filter(|(_, collector)| vcenter.events.any_since(&collector.filter, number));
        found.extend(events.map(|(id, _)| id.clone()));
        found
    }
}

/// The type of an object that is gone.
fn kind_by_id(id: &MoId) -> &'static str {
    match id.as_str().split_once('-').map_or("", |(prefix, _)| prefix) {
        "host" => "HostSystem",
        "dvportgroup" => "DistributedVirtualPortgroup",
        "domain" => "ClusterComputeResource",
        _ => "VirtualMachine",
    }
}

fn object_update(change: &'static str, kind: &'static str, id: &MoId, readings: Readings) -> Value {
    let entered = change == "enter";
    let assign = |(name, value): (String, Option<Value>)| {
        let mut fields = vec![("name", Value::string(name)), ("op", Value::Enum("PropertyChangeOp", "assign"))];
        fields.extend(value.map(|value| ("val", value.any())));
        Value::Object("PropertyChange", fields)
    };
    let told = readings.values.into_iter().filter(|(_, value)| value.is_some() || !entered);
    let fields = vec![
        ("kind", Value::Enum("ObjectUpdateKind", change)),
        ("obj", Value::Ref(kind, id.clone())),
        ("changeSet", Value::Array("PropertyChange", told.map(assign).collect())),
        ("missingSet", Value::Array("MissingProperty", readings.missing)),
    ];
    Value::Object("ObjectUpdate", fields)
}

fn update_set(version: u64, sets: BTreeMap<MoId, Vec<Value>>, truncated: bool) -> Value {
    let filter = |(id, objects)| {
        let objects = ("objectSet", Value::Array("ObjectUpdate", objects));
        Value::Object("PropertyFilterUpdate", vec![("filter", Value::Ref("PropertyFilter", id)), objects])
    };
    let mut fields = vec![
        ("version", Value::string(version.to_string())),
        ("filterSet", Value::Array("PropertyFilterUpdate", sets.into_iter().map(filter).collect())),
    ];
    if truncated {
        fields.push(("truncated", Value::boolean(true)));
    }
    Value::Object("UpdateSet", fields)
}
