//! Custom attributes beside the watch of one vCenter: what they are called, and findings written into ours. Off unless
//! the configuration asks for it: then nothing is read and nothing is written.
//!
//! The task that writes holds nothing up: it looks once a second at what is to stand and at what stands, and gives at
//! most one order at a time. What it may do, and when, the core's [`Annotator`] says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix::Recipient;
use tokio::{sync::watch, task::JoinHandle, time};
use tracing::debug;
use vmtracker_core::{
    net::VcenterName,
    tracker::{Entity, Event, Snapshot},
    vcenter::{Annotator, Order, Watcher},
    view,
};

use super::messages::Fact;
use crate::{clock, config::VcenterSettings, vcenter::Session};

/// After a question for names that failed: a wait that brings something every moment must not ask every moment.
const AGAIN: Duration = Duration::from_secs(30);

/// How often it is looked whether something is to be written.
const TICK: Duration = Duration::from_secs(1);

/// What stands in our attribute on each VM and host; none: not known yet.
type Standing = Option<BTreeMap<Entity, String>>;

/// What the follower of a vCenter needs for custom attributes.
pub(super) struct Feedback {
    name: VcenterName,
    /// Attributes are read at all.
    reads: bool,
    annotates: bool,
    pub(super) snapshot: Option<watch::Receiver<Arc<Snapshot>>>,
    annotator: Arc<Mutex<Annotator>>,
    standing: watch::Sender<Standing>,
    failed: Option<Instant>,
}

impl Feedback {
    pub(super) fn new(settings: &VcenterSettings) -> Self {
        Self {
            name: settings.name.clone(),
            reads: settings.attributes || settings.annotate,
            annotates: settings.annotate,
            snapshot: None,
            annotator: Arc::default(),
            standing: watch::Sender::default(),
            failed: None,
        }
    }

    /// A session began: findings are written over it, if they are to be written.
    pub(super) fn begin(&self, session: &Arc<Session>, tracker: Recipient<Fact>) -> Option<JoinHandle<()>> {
        self.standing.send_replace(None);
        let snapshot = self.snapshot.clone().filter(|_| self.annotates)?;
        let (annotator, standing) = (Arc::clone(&self.annotator), self.standing.subscribe());
        annotator.lock().unwrap_or_else(PoisonError::into_inner).reconnected();
        let (session, name) = (Arc::clone(session), self.name.clone());
        let task = Task { session, name, annotator, snapshot, standing, told: None };
        let name = self.name.clone();
        Some(actix_rt::spawn(task.run(async move |event| {
            if tracker.send(Fact(event)).await.is_err() {
                debug!(vcenter = %name, "the tracker is gone");
            }
        })))
    }

    /// What attributes are called, read at the beginning of a session.
    pub(super) async fn first_names(&mut self, session: &Session, watcher: &mut Watcher) -> Vec<Event> {
        self.failed = None;
        if self.reads { self.names(session, watcher).await } else { Vec::new() }
    }

    /// After each wait: passes on what stands, and asks for names that are not known, or that were asked for in vain:
    /// without them nobody knows what stands, even where no value came.
    pub(super) async fn after_wait(&mut self, session: &Session, watcher: &mut Watcher) -> Vec<Event> {
        if let Some(standing) = watcher.take_annotated() {
            self.standing.send_replace(Some(standing));
        }
        let rests = self.failed.is_some_and(|failed| failed.elapsed() < AGAIN);
        if rests || !(watcher.lacks_names() || self.failed.is_some()) {
            return Vec::new();
        }
        self.names(session, watcher).await
    }

    async fn names(&mut self, session: &Session, watcher: &mut Watcher) -> Vec<Event> {
        match session.field_names().await {
            Ok(names) => {
                self.failed = None;
                watcher.names_read(names)
            }
            Err(error) => {
                debug!(vcenter = %self.name, %error, "no names of custom attributes");
                self.failed = Some(clock::instant());
                Vec::new()
            }
        }
    }
}

/// Writes the findings of one vCenter's VMs and hosts over one session.
#[derive(Debug)]
struct Task {
    session: Arc<Session>,
    name: VcenterName,
    annotator: Arc<Mutex<Annotator>>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    standing: watch::Receiver<Standing>,
    told: Option<String>,
}

impl Task {
    /// Tells whenever what is in the way changes, for as long as it is polled.
    async fn run(mut self, tell: impl AsyncFn(Event)) {
        loop {
            time::sleep(TICK).await;
            if let Some(order) = self.look() {
                let told = self.session.obey(order).await;
                self.with(|annotator| annotator.done(told, clock::now()));
            }
            let trouble = self.trouble();
            if trouble != self.told {
                self.told.clone_from(&trouble);
                tell(Event::Annotated { vcenter: self.name.clone(), trouble }).await;
            }
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Annotator) -> T) -> T {
        act(&mut self.annotator.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What to do now. Nothing, while it is not known what stands or what is to stand.
    fn look(&self) -> Option<Order> {
        let standing = self.standing.borrow().clone()?;
        let texts = view::annotations(&self.snapshot.borrow(), &self.name, self.session.id())?;
        let now = clock::now();
        self.with(|annotator| {
            annotator.stands(standing);
            annotator.wants(&texts, now);
            annotator.next(now)
        })
    }

    fn trouble(&self) -> Option<String> {
        let snapshot = self.snapshot.borrow();
        let named = |entity: &Entity| match entity {
            Entity::Vm(id) => {
                let name = snapshot.vms.get(id).map(|vm| vm.name.escape_debug().to_string());
                format!("VM {}", name.unwrap_or_else(|| id.to_string()))
            }
            Entity::Host(id) => {
                let name = snapshot.hosts.get(id).map(|host| host.name.escape_debug().to_string());
                format!("host {}", name.unwrap_or_else(|| id.to_string()))
            }
        };
        self.with(|annotator| annotator.trouble(named))
    }
}
