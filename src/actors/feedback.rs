//! Custom attributes beside the watch of one vCenter: what they are called, and findings written into ours. Off unless
//! the configuration asks for it: then nothing is read and nothing is written.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use actix::Recipient;
use tokio::{sync::watch, task::JoinHandle};
use tracing::debug;
use vmtracker_core::{
    net::VcenterName,
    tracker::{Event, Snapshot},
    vcenter::{Annotator, Watcher},
};

use super::messages::Fact;
use crate::{
    clock,
    config::VcenterSettings,
    vcenter::{FeedbackTask, Session, Standing},
};

/// After a question for names that failed: a wait that brings something every moment must not ask every moment.
const AGAIN: Duration = Duration::from_secs(30);

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
        let task = FeedbackTask::new(Arc::clone(session), self.name.clone(), annotator, snapshot, standing);
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

    /// After each wait: passes on what stands, and asks for names that are not known.
    pub(super) async fn after_wait(&mut self, session: &Session, watcher: &mut Watcher) -> Vec<Event> {
        if let Some(standing) = watcher.take_annotated() {
            self.standing.send_replace(Some(standing));
        }
        let rests = self.failed.is_some_and(|failed| failed.elapsed() < AGAIN);
        if !watcher.lacks_names() || rests {
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
