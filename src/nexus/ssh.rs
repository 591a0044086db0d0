//! SSH: a session per switch, kept open on a thread of its own, a terminal like a person's (facts: NX-OS §4.7, §5), and
//! a second one while a slow job, such as a save, has the first: it must not hold up a write.
//!
//! libssh2 blocks, and it speaks with the oldest switches; its threads end with the client.

mod error;
mod login;
mod shell;
mod trust;
mod worker;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{
            AtomicUsize,
            Ordering::{AcqRel, Acquire},
        },
        mpsc::{self, SyncSender, TrySendError},
    },
    thread,
    time::Duration,
};

use tokio::sync::oneshot;
use vmtracker_core::{
    net::SwitchName,
    nexus::{Encoding, Reply},
    tracker::Moment,
};

use self::{
    shell::{Counters, LOGIN},
    worker::{Idle, Job, Outcome, Task, Worker},
};
use super::{Call, ClientError, Traffic, Transport};
use crate::config::{SshSettings, SwitchSettings};

pub use error::SshError;

/// How many jobs may wait for the thread; a switch is asked one thing at a time, and beside it a slow one.
const QUEUE: usize = 4;

/// A client of one switch.
#[derive(Debug)]
pub struct SshClient {
    settings: SwitchSettings,
    ssh: SshSettings,
    counters: Arc<Counters>,
    lanes: [Lane; 2],
}

/// A thread with a session: the first keeps it open, the second closes it when it has nothing to do.
#[derive(Debug, Default)]
struct Lane {
    jobs: Mutex<Option<SyncSender<Job>>>,
    load: Arc<AtomicUsize>,
}

/// A job's place in a lane, which is free again when this is dropped.
pub(super) struct Seat(Arc<AtomicUsize>);

impl Lane {
    /// A place in it, if nobody has one.
    fn take(&self) -> Option<Seat> {
        self.load.compare_exchange(0, 1, AcqRel, Acquire).ok().map(|_| Seat(Arc::clone(&self.load)))
    }

    /// A place behind the others.
    fn queue(&self) -> Seat {
        self.load.fetch_add(1, AcqRel);
        Seat(Arc::clone(&self.load))
    }

    /// Gives a job to its thread, which `start` begins where there is none.
    fn give(&self, job: Job, start: impl FnOnce() -> SyncSender<Job>) -> Result<(), SshError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let given = jobs.get_or_insert_with(start).try_send(job);
        // The next job has a new thread.
        if matches!(given, Err(TrySendError::Disconnected(_))) {
            *jobs = None;
        }
        given.map_err(|_| SshError::Busy)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, AcqRel);
    }
}

impl SshClient {
    /// A client of the switch at `ssh`. Nothing is sent yet, and there is no thread before there is something to type.
    pub fn new(settings: SwitchSettings, ssh: SshSettings) -> Self {
        Self { settings, ssh, counters: Arc::default(), lanes: Default::default() }
    }

    /// The first lane that is free; if none is, the first.
    fn seat(&self) -> (&Lane, Idle, Seat) {
        let [first, second] = &self.lanes;
        if let Some(seat) = first.take() {
            return (first, Idle::Keep, seat);
        }
        match second.take() {
            Some(seat) => (second, Idle::Close, seat),
            None => (first, Idle::Keep, first.queue()),
        }
    }

    fn start(&self, idle: Idle) -> SyncSender<Job> {
        let (jobs, queue) = mpsc::sync_channel(QUEUE);
        let worker = Worker::new(self.settings.clone(), self.ssh.clone(), Arc::clone(&self.counters), idle);
        let thread = thread::Builder::new().name(format!("ssh {}", self.settings.name));
        // Without a thread nobody holds the queue's other end, and every job fails.
        if let Err(error) = thread.spawn(move || worker.work(&queue)) {
            tracing::error!(switch = %self.settings.name, "no thread for SSH: {error}");
        }
        jobs
    }

    async fn ask(&self, task: Task, command: &str, limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let (answer, outcome) = oneshot::channel();
        let (lane, idle, seat) = self.seat();
        let job = Job { task, limit, answer, seat };
        lane.give(job, || self.start(idle)).map_err(|error| self.failed(error))?;
        // The thread has its own deadline; it may first have to finish what another gave up.
        let patience = limit * 2 + LOGIN;
        match tokio::time::timeout(patience, outcome).await {
            Ok(Ok(Ok(Outcome::Replies(replies)))) => Ok(replies),
            Ok(Ok(Ok(Outcome::Late))) => Err(ClientError::Late { switch: self.settings.name.clone() }),
            Ok(Ok(Err(error))) => Err(self.failed(error)),
            Ok(Err(_)) => Err(self.failed(SshError::Busy)),
            Err(_) => Err(self.failed(SshError::Timeout { command: command.to_owned(), seconds: patience.as_secs() })),
        }
    }

    fn failed(&self, source: SshError) -> ClientError {
        let SwitchSettings { name: switch, username, .. } = self.settings.clone();
        if matches!(source, SshError::Login) {
            return ClientError::Login { switch, username };
        }
        ClientError::Ssh { switch, source }
    }
}

/// The first command, as the name of all in errors.
fn name(commands: &[(Encoding, String)]) -> &str {
    commands.first().map(|(_, command)| command.as_str()).unwrap_or_default()
}

impl Transport for SshClient {
    fn switch(&self) -> &SwitchName {
        &self.settings.name
    }

    fn show<'a>(&'a self, commands: &'a [(Encoding, String)], limit: Duration) -> Call<'a, Vec<Reply>> {
        Box::pin(self.ask(Task::Show(commands.to_vec()), name(commands), limit))
    }

    fn configure<'a>(&'a self, lines: &'a [String], limit: Duration, until: Moment) -> Call<'a, Vec<Reply>> {
        let first = lines.first().map(String::as_str).unwrap_or_default();
        Box::pin(self.ask(Task::Configure(lines.to_vec(), until), first, limit))
    }

    fn traffic(&self) -> Traffic {
        self.counters.traffic()
    }
}

#[cfg(test)]
pub(super) mod tests;
