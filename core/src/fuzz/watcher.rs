//! A vCenter that says anything in any order, to whoever follows it; the tracker behind is told what comes of it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use crate::{
    tracker::{Destination, Event, Moment, Policy, Tracker, VcenterPolicy},
    vcenter::{Change, Failure, Fault, MoRef, Next, ObjectUpdate, PageEnd, Part, State, UpdateKind, VimValue, Watcher},
};

/// Events on a page.
const PAGE: usize = 6;

/// Classes of events, of which some are none of ours.
const CLASSES: [&str; 7] = [
    "VmBeingHotMigratedEvent",
    "VmBeingRelocatedEvent",
    "VmMigratedEvent",
    "VmFailedMigrateEvent",
    "VmRemovedEvent",
    "EventEx",
    "VmPoweredOnEvent",
];

/// Properties of every kind, and values that fit some of them.
const PATHS: [&str; 8] = [
    "name",
    "runtime.host",
    "runtime.powerState",
    "runtime.connectionState",
    "config.hardware.device",
    "config.network.pnic",
    "config.defaultPortConfig",
    "configManager.networkSystem",
];
const VALUES: [&str; 6] = ["", "poweredOn", "connected", "notResponding", "host-1", "true"];
const KINDS: [&str; 5] =
    ["VirtualMachine", "HostSystem", "DistributedVirtualPortgroup", "ClusterComputeResource", "Folder"];

/// Calls, answers, failures and times as the bytes say. Nothing is told without a session, a listing ends only with a
/// set that is not truncated, and no move is told twice.
pub fn watcher(data: &[u8]) {
    let mut life = Life::new();
    let mut bytes = Bytes(data);
    while let Some(what) = bytes.next() {
        life.step(what, &mut bytes);
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn below(&mut self, limit: u8) -> u8 {
        self.next().unwrap_or_default() % limit
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let index = usize::from(self.next().unwrap_or_default()) % all.len();
        all.get(index).copied().expect("not empty")
    }
}

struct Life {
    watcher: Watcher,
    tracker: Tracker,
    now: Moment,
    vcenter: u8,
    listing: bool,
    /// vCenter's events, of which the newest stand on the page.
    events: VecDeque<VimValue>,
    key: i32,
    /// Moves that were told since the session began, and those that must never be told again.
    begun: BTreeSet<i32>,
    settled: BTreeSet<i32>,
}

impl Life {
    fn new() -> Self {
        let vcenters = BTreeMap::from([("lab".into(), VcenterPolicy::default())]);
        let policy = Policy { hold_down: Duration::from_secs(60), vcenters, ..Policy::default() };
        Self {
            watcher: Watcher::new("lab".into()),
            tracker: Tracker::new(Arc::new(policy), &[], false, None),
            now: Moment::from_unix_ms(1_795_176_000_000),
            vcenter: 0,
            listing: false,
            events: VecDeque::new(),
            key: 100,
            begun: BTreeSet::new(),
            settled: BTreeSet::new(),
        }
    }

    fn step(&mut self, what: u8, bytes: &mut Bytes<'_>) {
        match what % 12 {
            0 => self.connect(bytes),
            1 => self.fail(bytes.one_of(&[Failure::Cut, Failure::Version, Failure::Session])),
            2 => {
                let lost = self.watcher.unreachable("away");
                self.tell(lost, false);
            }
            3..=5 => self.part(Part::Object(update(bytes))),
            6 => {
                let fault = bytes.one_of(&[0, 1]);
                let fault = if fault == 0 { Fault::ManagedObjectNotFound } else { Fault::Other("no".to_owned()) };
                self.part(Part::Unreadable(object(bytes), fault));
            }
            7 | 8 => self.end(bytes.below(3) == 0),
            9 => self.page(bytes),
            10 => self.part(Part::TimedOut),
            _ => self.pass(bytes),
        }
    }

    fn connect(&mut self, bytes: &mut Bytes<'_>) {
        let (vcenter, clock) = (bytes.below(8) / 7, bytes.below(4));
        if std::mem::replace(&mut self.vcenter, vcenter) != vcenter {
            self.settled.clear();
        }
        self.begun.clear();
        let server_ms = i64::try_from(self.now.unix_ms()).ok().filter(|_| clock > 0);
        let events = self.watcher.connected(format!("uuid-{vcenter}").as_str().into(), server_ms);
        assert!(matches!(events.as_slice(), [Event::VcenterConnected { .. }, Event::ResyncBegan(_)]));
        assert_eq!((self.watcher.state(), self.watcher.version()), (State::Listing, ""));
        self.listing = true;
        self.tell(events, false);
    }

    fn fail(&mut self, failure: Failure) {
        let before = self.watcher.state();
        let (events, next) = self.watcher.failed(failure, "it failed");
        let began = events.iter().any(|event| matches!(event, Event::ResyncBegan(_)));
        assert!(!began || (before == State::Watching && next == Next::Again), "{before:?}, {failure:?}");
        assert!(next == Next::Reconnect || before == State::Watching, "{before:?}, {failure:?}");
        self.listing |= began;
        self.tell(events, false);
    }

    fn part(&mut self, part: Part) {
        let events = self.watcher.part(part);
        self.tell(events, false);
    }

    fn end(&mut self, truncated: bool) {
        let events = self.watcher.part(Part::End(PageEnd { version: "v".to_owned(), truncated }));
        self.tell(events, !truncated);
        if self.watcher.state() == State::Watching {
            self.settled.append(&mut self.begun);
        }
    }

    /// Something happens to some VMs, and the page comes with the next set.
    fn page(&mut self, bytes: &mut Bytes<'_>) {
        for _ in 0..bytes.below(4) {
            self.key += 1;
            let at = bytes.below(8).checked_sub(1).map(|_| self.now);
            self.events.push_back(event(self.key, at, bytes));
            if self.events.len() > PAGE {
                self.events.pop_front();
            }
        }
        let children = self.events.iter().rev().cloned().collect();
        let page = VimValue { name: "val".to_owned(), children, ..VimValue::default() };
        self.part(Part::Object(ObjectUpdate {
            kind: UpdateKind::Modify,
            object: MoRef::new("EventHistoryCollector", "events"),
            changes: vec![Change { path: "latestPage".to_owned(), value: Some(page) }],
            missing: Vec::new(),
        }));
    }

    fn pass(&mut self, bytes: &mut Bytes<'_>) {
        self.now = self.now + Duration::from_secs(1 << bytes.below(13));
        self.watcher.take_hint_targets();
        if self.tracker.next_deadline(self.now).is_some_and(|at| at <= self.now) {
            self.tracker.handle(Event::Woke, self.now);
        }
    }

    fn tell(&mut self, events: Vec<Event>, whole: bool) {
        for event in events {
            if matches!(event, Event::ResyncEnded(_)) {
                assert!(whole && self.listing, "a listing ended before its end");
                self.listing = false;
            }
            if let Event::MigrationStarted { to: Destination::Host(to), .. } = &event {
                let key = to.moid.as_str().strip_prefix("to-").and_then(|key| key.parse().ok()).expect("ours");
                assert!(self.begun.insert(key) && !self.settled.contains(&key), "move {key} was told twice");
            }
            let lost = matches!(self.watcher.state(), State::Empty | State::Lost);
            assert!(!lost || matches!(event, Event::VcenterLost { .. }), "told without a session: {event:?}");
            self.tracker.handle(event, self.now);
        }
    }
}

fn object(bytes: &mut Bytes<'_>) -> MoRef {
    MoRef::new(bytes.one_of(&KINDS), &format!("host-{}", bytes.below(4)))
}

fn update(bytes: &mut Bytes<'_>) -> ObjectUpdate {
    let kind = bytes.one_of(&[UpdateKind::Enter, UpdateKind::Modify, UpdateKind::Leave]);
    let object = object(bytes);
    let change = |bytes: &mut Bytes<'_>| {
        let (path, value) = (bytes.one_of(&PATHS).to_owned(), bytes.one_of(&VALUES));
        let value = VimValue { kind: "HostSystem".to_owned(), ..text("val", value) };
        Change { path, value: Some(value).filter(|value| !value.text.is_empty()) }
    };
    let changes = (0..bytes.below(4)).map(|_| change(bytes)).collect();
    let missing = (0..bytes.below(2)).map(|_| bytes.one_of(&PATHS).to_owned()).collect();
    ObjectUpdate { kind, object, changes, missing }
}

/// An event whose target, if it is a move, has its key for a name.
fn event(key: i32, at: Option<Moment>, bytes: &mut Bytes<'_>) -> VimValue {
    let at = at.map_or_else(String::new, |at| iso(at.unix_ms()));
    let children = vec![
        text("key", &key.to_string()),
        text("createdTime", &at),
        named("vm", "VirtualMachine", &format!("host-{}", bytes.below(4))),
        named("host", "HostSystem", &format!("host-{}", bytes.below(4))),
        named("destHost", "HostSystem", &format!("to-{key}")),
    ];
    VimValue { name: "Event".to_owned(), class: bytes.one_of(&CLASSES).to_owned(), children, ..VimValue::default() }
}

/// A moment of the day that the life begins in, or of one after it, as vCenter writes it.
fn iso(unix_ms: u64) -> String {
    let seconds = unix_ms.saturating_sub(1_795_132_800_000) / 1000;
    let (day, second) = (20 + seconds / 86_400, seconds % 86_400);
    format!("2026-11-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

fn named(role: &str, kind: &str, id: &str) -> VimValue {
    let inner = VimValue { kind: kind.to_owned(), ..text(role_of(role), id) };
    VimValue { name: role.to_owned(), children: vec![inner], ..VimValue::default() }
}

/// `destHost` holds a `host`; the others hold one of their own name.
fn role_of(role: &str) -> &str {
    if role == "destHost" { "host" } else { role }
}

fn text(name: &str, text: &str) -> VimValue {
    VimValue { name: name.to_owned(), text: text.to_owned(), ..VimValue::default() }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
        #[test]
        fn a_vcenter_that_does_anything_is_followed(data in vec(any::<u8>(), 0..400)) {
            watcher(&data);
        }
    }
}
