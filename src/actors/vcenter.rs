//! The vCenter's actor: a thin shell around one following task.
//!
//! The task opens a session, hands every piece of every answer to the core's watcher, and sends what it returns to
//! the tracker, waiting for room there: pressure reaches back to vCenter's long poll. Whatever fails is a state with a
//! deadline, never a stopped actor.

mod follower;

use std::{sync::Arc, time::Duration};

use actix::{Actor, Context, Handler, Recipient, ResponseFuture};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use vmtracker_core::{net::VcenterName, tracker::Snapshot};

use super::{
    credentials::Credentials,
    messages::{Fact, Stop},
};
use crate::{config::VcenterSettings, vcenter::Limits};
use follower::Follower;

/// How long `Stop` waits for the farewell (3 s by itself) before the task is dropped.
const STOP: Duration = Duration::from_secs(4);

/// Where a vCenter's actor tells its measures.
pub trait VcenterMeter: Send + Sync {
    /// The session stands (true) or is lost.
    fn connected(&self, vcenter: &VcenterName, up: bool);
    /// This many events went to the tracker.
    fn events(&self, vcenter: &VcenterName, n: usize);
    /// The inventory is completely known as of now.
    fn complete_read(&self, vcenter: &VcenterName);
    /// So many bytes went to it and came back, since this was last told.
    fn traffic(&self, vcenter: &VcenterName, sent: u64, received: u64);
}

/// Follows one vCenter. See the module.
pub struct VcenterActor {
    follower: Option<Follower>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl VcenterActor {
    /// Follows the vCenter of `settings` once started, and tells `tracker` what happens there.
    pub fn new(
        settings: VcenterSettings,
        tracker: Recipient<Fact>,
        credentials: Credentials,
        meter: Arc<dyn VcenterMeter>,
    ) -> Self {
        Self::with_limits(settings, tracker, credentials, meter, Limits::default())
    }

    fn with_limits(
        settings: VcenterSettings,
        tracker: Recipient<Fact>,
        credentials: Credentials,
        meter: Arc<dyn VcenterMeter>,
        limits: Limits,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let follower = Follower::new(settings, tracker, credentials, meter, limits, stopped);
        Self { follower: Some(follower), stop, task: None }
    }

    /// Findings of `snapshot` may be written into the vCenter, if its settings say so.
    pub fn annotating(mut self, snapshot: watch::Receiver<Arc<Snapshot>>) -> Self {
        if let Some(follower) = &mut self.follower {
            follower.feedback.snapshot = Some(snapshot);
        }
        self
    }
}

impl Actor for VcenterActor {
    type Context = Context<Self>;

    fn started(&mut self, _context: &mut Self::Context) {
        self.task = self.follower.take().map(|follower| actix_rt::spawn(follower.run()));
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        self.stop.send_replace(true);
    }
}

impl Handler<Stop> for VcenterActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _stop: Stop, _context: &mut Self::Context) -> Self::Result {
        self.stop.send_replace(true);
        let task = self.task.take();
        Box::pin(async move {
            let Some(mut task) = task else { return };
            if timeout(STOP, &mut task).await.is_err() {
                task.abort();
            }
        })
    }
}

#[cfg(test)]
mod tests;
