//! The watcher: a machine without a socket that turns update sets into events.
//!
//! ```text
//!            connected                 page, not truncated
//!  Empty ───────────────▶ Listing ───────────────────────────▶ Watching
//!                         ▲  ▲  │ ▲                             │   │  ▲
//!                connected│  │  │ └──── version refused ────────┘   │  │ cut once: the same
//!                         │  │  └─ anything fails ─▶ Lost ◀─────────┘──┘ version again
//!                         └──┼───────────────────────┘
//! ```
//!
//! Calling order: [`Watcher::connected`] once a session, its collector and its filters stand; then for every answer
//! [`Watcher::part`] for each piece; [`Watcher::failed`] when an answer failed. [`Watcher::version`] is what to ask
//! for next.
//!
//! Within one set: objects as they come, then destroyed VMs, then what left, then moves, then the listing's end. So a
//! VM is seen on its new host before its move ends, and a destroy is told before the VM leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Fault, FieldNames, HintTarget, MoRef, ObjectUpdate, PageEnd, Part, PortTarget, UpdateKind, VimValue, cache::Cache,
    history::History, soap::EVERYTHING,
};
use crate::{
    net::{VcenterId, VcenterName},
    tracker::{Entity, Event},
};

/// What the watcher is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No session was ever there.
    Empty,
    /// A full listing runs.
    Listing,
    /// The listing is complete; changes come.
    Watching,
    /// The session or the wait failed; what is known is stale.
    Lost,
}

/// How a wait failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Time-out, broken connection, an answer that was cut off or cannot be read.
    Cut,
    /// vCenter does not know the version (any more).
    Version,
    /// The session, its collector or the account is no good.
    Session,
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Wait again on the same session, for [`Watcher::version`].
    Again,
    /// Open a new session.
    Reconnect,
}

/// Follows one vCenter.
#[derive(Debug)]
pub struct Watcher {
    name: VcenterName,
    id: Option<VcenterId>,
    state: State,
    version: String,
    /// `version` came with a truncated set: it is good for one use only.
    once: bool,
    /// The same version was asked for again; a second failure in a row ends the session.
    retried: bool,
    /// All was listed anew in this session, and no change came since: a second time would be a circle of listings.
    relisted: bool,
    cache: Cache,
    history: History,
    leaving: BTreeSet<MoRef>,
}

impl Watcher {
    /// Follows the vCenter of this name, once there is a session.
    pub fn new(name: VcenterName) -> Self {
        Self {
            name,
            id: None,
            state: State::Empty,
            version: EVERYTHING.to_owned(),
            once: false,
            retried: false,
            relisted: false,
            cache: Cache::default(),
            history: History::default(),
            leaving: BTreeSet::new(),
        }
    }

    /// What it is about.
    pub const fn state(&self) -> State {
        self.state
    }

    /// The version to ask for next; empty for everything.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A session stands and its filters are fresh. `server_ms` is vCenter's own clock, in milliseconds since 1970.
    /// Another vCenter behind the same name starts with no history.
    pub fn connected(&mut self, id: VcenterId, server_ms: Option<i64>) -> Vec<Event> {
        if self.id.as_ref() != Some(&id) {
            self.history = History::default();
        }
        self.history.begin(server_ms);
        self.relisted = false;
        self.id = Some(id.clone());
        let connected = Event::VcenterConnected { vcenter: self.name.clone(), id };
        std::iter::once(connected).chain(self.restart()).collect()
    }

    /// Asks for everything: what was known is forgotten here, and replaced there when the listing ends.
    fn restart(&mut self) -> Option<Event> {
        self.state = State::Listing;
        self.version = EVERYTHING.to_owned();
        self.once = false;
        self.cache = std::mem::take(&mut self.cache).emptied();
        self.leaving.clear();
        self.history.begin_again();
        self.id.clone().map(Event::ResyncBegan)
    }

    fn forget_unfinished(&mut self) {
        self.leaving.clear();
        self.history.forget_unfinished();
    }

    /// A piece of an answer. Without a session nothing counts.
    pub fn part(&mut self, part: Part) -> Vec<Event> {
        let Some(id) = self.id.clone() else { return Vec::new() };
        match (self.state, part) {
            (State::Empty | State::Lost, _) => Vec::new(),
            (State::Listing | State::Watching, Part::Object(update)) => self.object(&id, &update).into_iter().collect(),
            (State::Listing | State::Watching, Part::Unreadable(_, Fault::ManagedObjectNotFound)) => Vec::new(),
            (State::Listing | State::Watching, Part::Unreadable(object, _)) => {
                self.cache.unreadable(&id, &object).into_iter().collect()
            }
            (State::Listing | State::Watching, Part::End(end)) => self.end(id, end),
            (State::Listing, Part::TimedOut) => Vec::new(),
            (State::Watching, Part::TimedOut) => {
                self.retried = false;
                self.relisted = false;
                Vec::new()
            }
        }
    }

    /// What leaves waits for the end of the set: vCenter's word that it was destroyed must come first.
    fn object(&mut self, id: &VcenterId, update: &ObjectUpdate) -> Option<Event> {
        if update.object.kind == "EventHistoryCollector" {
            let page = update.changes.iter().find(|change| change.path == "latestPage");
            if let Some(page) = page {
                self.history.read(page.value.as_ref().unwrap_or(&VimValue::default()));
            }
            return None;
        }
        match update.kind {
            UpdateKind::Enter | UpdateKind::Modify => {
                self.leaving.remove(&update.object);
                self.cache.merge(id, update)
            }
            UpdateKind::Leave => {
                self.leaving.insert(update.object.clone());
                None
            }
        }
    }

    /// A set is complete. The listing ends with the first one that is not truncated.
    fn end(&mut self, id: VcenterId, end: PageEnd) -> Vec<Event> {
        self.version = end.version;
        self.once = end.truncated;
        self.retried = false;
        self.relisted &= self.state == State::Listing || end.truncated;
        let listed = self.state == State::Watching || !end.truncated;
        let told = self.history.tell(&id, &self.cache, listed);
        let mut events = told.departed;
        for object in std::mem::take(&mut self.leaving) {
            events.extend(self.cache.leave(&id, &object));
        }
        events.extend(told.moved);
        if self.state == State::Listing && listed {
            self.state = State::Watching;
            events.push(Event::ResyncEnded(id));
        }
        events
    }

    /// An answer failed; `why` is one line without secrets. A version of a set that was not truncated may be asked for
    /// once more (facts: vCenter §B3), and nothing is lost then; else all is listed again, once; else the session ends,
    /// and whoever opens the next one makes a pause before it.
    pub fn failed(&mut self, failure: Failure, why: &str) -> (Vec<Event>, Next) {
        self.forget_unfinished();
        match (self.state, failure) {
            (State::Empty | State::Lost, _) => (Vec::new(), Next::Reconnect),
            (State::Watching, Failure::Cut) if !self.once && !self.retried => {
                self.retried = true;
                (Vec::new(), Next::Again)
            }
            (State::Watching, Failure::Version) if !self.relisted => self.relist(),
            (State::Watching, Failure::Cut) if self.once && !self.relisted => self.relist(),
            (State::Listing | State::Watching, Failure::Cut | Failure::Version | Failure::Session) => {
                (self.lose(why), Next::Reconnect)
            }
        }
    }

    fn relist(&mut self) -> (Vec<Event>, Next) {
        self.relisted = true;
        (self.restart().into_iter().collect(), Next::Again)
    }

    fn lose(&mut self, why: &str) -> Vec<Event> {
        self.state = State::Lost;
        vec![Event::VcenterLost { vcenter: self.name.clone(), why: why.to_owned() }]
    }

    /// No session could be opened. To be told once for each kind of trouble: a vCenter that stays away is no news.
    pub fn unreachable(&mut self, why: &str) -> Vec<Event> {
        self.lose(why)
    }

    /// Whether an attribute came of which nobody knows what it is called: then they are to be read, and told by
    /// [`Watcher::names_read`].
    pub fn lacks_names(&self) -> bool {
        self.cache.lacks_names()
    }

    /// What attributes are called, read after the session began. Without a session nothing counts.
    pub fn names_read(&mut self, names: FieldNames) -> Vec<Event> {
        match (&self.id, self.state) {
            (Some(id), State::Listing | State::Watching) => self.cache.learn(id, names),
            (Some(_), State::Empty | State::Lost) | (None, _) => Vec::new(),
        }
    }

    /// What stands in [`super::FINDINGS_ATTRIBUTE`] on VMs and hosts, if that changed since this was last asked; none
    /// while a listing runs.
    pub fn take_annotated(&mut self) -> Option<BTreeMap<Entity, String>> {
        let id = self.id.as_ref().filter(|_| self.state == State::Watching)?;
        self.cache.take_annotated(id)
    }

    /// The hosts whose hints may have changed since this was last asked.
    pub fn take_hint_targets(&mut self) -> Vec<HintTarget> {
        let id = self.id.clone();
        id.map(|id| self.cache.take_hint_targets(&id)).unwrap_or_default()
    }

    /// The port groups whose ports may have changed since this was last asked.
    pub fn take_port_targets(&mut self) -> Vec<PortTarget> {
        let id = self.id.clone();
        id.map(|id| self.cache.asking.take(&id)).unwrap_or_default()
    }

    /// The port groups whose ports need not be asked for any more, since this was last asked: a group may leave, and
    /// nobody but the inventory tells that.
    pub fn take_retired_groups(&mut self) -> Vec<String> {
        self.cache.asking.take_retired()
    }

    /// How many things are held.
    #[cfg(test)]
    fn held(&self) -> usize {
        self.cache.held() + self.history.held() + self.leaving.len()
    }

    /// Every host that can say what it hears.
    pub fn hint_targets(&self) -> Vec<HintTarget> {
        self.id.as_ref().map(|id| self.cache.hint_targets(id)).unwrap_or_default()
    }
}

#[cfg(test)]
mod attribute_tests;
#[cfg(test)]
mod tests;
