//! The journal's actor: what is claimed becomes durable before anything is sent to a switch.
//!
//! The store lives on a thread of its own, because a sync blocks; a bounded queue leads there, and the actor waits
//! for room in it, so that pressure reaches whoever claims. What waits together is committed together: one sync.
//!
//! ```text
//! Claim, Commit ─▶ JournalActor ─queue─▶ thread: append, one sync ─▶ answers
//!                                                └─▶ relay ─Fact(Recorded)─▶ TrackerActor
//! ```

mod messages;
mod worker;

use std::time::Duration;

use actix::{Actor, AsyncContext, Context, Handler, Message, Recipient, ResponseFuture, WrapFuture};
use tokio::sync::{mpsc, oneshot};
use vmtracker_core::tracker::{Event, Permit, Record};

pub use messages::{Keep, Kept, Note, ReadHistory};
use worker::{Ask, Job};

use super::messages::{Claim, ClaimError, Commit, Fact, Stop};
use crate::{clock, store::Store};

/// How long a permit is good: a batch is sent within it or claimed anew. It must outlive the slowest write to a
/// switch that still makes sense, and end well before a person would take the controller for dead.
const PERMIT: Duration = Duration::from_secs(30);

/// How many requests wait for the thread. Each switch has one claim in flight and the tracker a few commits, so a
/// fabric of some hundred switches fits; beyond it, callers wait.
const QUEUE: usize = 256;

/// Owns the store. Start it with [`JournalActor::new`] and actix's `start`.
#[derive(Debug)]
pub struct JournalActor {
    epoch: u64,
    jobs: Option<mpsc::Sender<Job>>,
    tracker: Recipient<Fact>,
    recorded: Option<mpsc::UnboundedReceiver<Vec<Record>>>,
    thread: Option<oneshot::Receiver<()>>,
}

impl JournalActor {
    /// Puts the store on its thread. Load it and ask whether it is paused before: it cannot be reached afterwards.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn new(store: Box<dyn Store>, tracker: Recipient<Fact>) -> std::io::Result<Self> {
        let epoch = store.epoch();
        let (jobs, queue) = mpsc::channel(QUEUE);
        // Unbounded, because the thread must never wait for the tracker, which may wait for the thread; what can lie
        // here is bounded by what callers have in flight.
        let (relay, recorded) = mpsc::unbounded_channel();
        let (ended, thread) = oneshot::channel();
        std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
            worker::run(store, queue, &relay);
            drop(ended);
        })?;
        Ok(Self { epoch, jobs: Some(jobs), tracker, recorded: Some(recorded), thread: Some(thread) })
    }

    /// Puts a request into the queue and waits for its answer.
    fn ask<T: 'static>(&self, ask: impl FnOnce(oneshot::Sender<Result<T, ClaimError>>) -> Ask) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        let job = Job(ask(answer));
        let jobs = self.jobs.clone();
        Box::pin(async move {
            let jobs = jobs.ok_or_else(stopped)?;
            jobs.send(job).await.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }
}

type Answer<T> = ResponseFuture<Result<T, ClaimError>>;

fn stopped() -> ClaimError {
    ClaimError("the journal has stopped".to_owned())
}

impl Actor for JournalActor {
    type Context = Context<Self>;

    /// What is durable goes to the tracker in the order of its commits.
    fn started(&mut self, context: &mut Self::Context) {
        let Some(mut recorded) = self.recorded.take() else { return };
        let tracker = self.tracker.clone();
        let relay = async move {
            while let Some(records) = recorded.recv().await {
                if tracker.send(Fact(Event::Recorded(records))).await.is_err() {
                    break;
                }
            }
        };
        context.spawn(relay.into_actor(self));
    }
}

impl Handler<Claim> for JournalActor {
    type Result = ResponseFuture<<Claim as Message>::Result>;

    fn handle(&mut self, Claim(records): Claim, _: &mut Self::Context) -> Self::Result {
        let durable = self.ask(|answer| Ask::Append(records, answer));
        let epoch = self.epoch;
        Box::pin(async move { durable.await.map(|()| Permit::grant(epoch, clock::now() + PERMIT)) })
    }
}

impl Handler<Commit> for JournalActor {
    type Result = ResponseFuture<<Commit as Message>::Result>;

    fn handle(&mut self, Commit(records): Commit, _: &mut Self::Context) -> Self::Result {
        self.ask(|answer| Ask::Append(records, answer))
    }
}

impl Handler<Note> for JournalActor {
    type Result = ResponseFuture<<Note as Message>::Result>;

    fn handle(&mut self, Note(entry): Note, _: &mut Self::Context) -> Self::Result {
        self.ask(|answer| Ask::Note(entry, answer))
    }
}

impl Handler<ReadHistory> for JournalActor {
    type Result = ResponseFuture<<ReadHistory as Message>::Result>;

    fn handle(&mut self, ReadHistory { limit }: ReadHistory, _: &mut Self::Context) -> Self::Result {
        self.ask(|answer| Ask::History(limit, answer))
    }
}

impl Handler<Keep> for JournalActor {
    type Result = ResponseFuture<<Keep as Message>::Result>;

    fn handle(&mut self, Keep { what, entry }: Keep, _: &mut Self::Context) -> Self::Result {
        self.ask(|answer| Ask::Keep(what, entry, answer))
    }
}

/// Answered when everything that was asked before is durable and the store is closed.
impl Handler<Stop> for JournalActor {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Stop, _: &mut Self::Context) -> Self::Result {
        self.jobs = None;
        let thread = self.thread.take();
        Box::pin(async move {
            if let Some(thread) = thread {
                // The thread only ever drops its end.
                thread.await.ok();
            }
        })
    }
}

#[cfg(test)]
mod tests;
