//! SSH: one session per switch, kept open on a thread of its own, a terminal like a person's (facts: NX-OS §4.7, §5).
//!
//! libssh2 blocks, and it speaks with the oldest switches; its thread ends with the client. A save has another
//! session beside it.

mod error;
mod login;
mod shell;
mod trust;
mod worker;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
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
    worker::{Job, Outcome, Task, Worker},
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
    jobs: Mutex<Option<SyncSender<Job>>>,
}

impl SshClient {
    /// A client of the switch at `ssh`. Nothing is sent yet, and there is no thread before there is something to type.
    pub fn new(settings: SwitchSettings, ssh: SshSettings) -> Self {
        Self { settings, ssh, counters: Arc::default(), jobs: Mutex::default() }
    }

    fn start(&self) -> SyncSender<Job> {
        let (jobs, queue) = mpsc::sync_channel(QUEUE);
        let worker = Worker::new(self.settings.clone(), self.ssh.clone(), Arc::clone(&self.counters));
        let thread = thread::Builder::new().name(format!("ssh {}", self.settings.name));
        // Without a thread nobody holds the queue's other end, and every job fails.
        if let Err(error) = thread.spawn(move || worker.work(&queue)) {
            tracing::error!(switch = %self.settings.name, "no thread for SSH: {error}");
        }
        jobs
    }

    fn give(&self, job: Job) -> Result<(), SshError> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let given = jobs.get_or_insert_with(|| self.start()).try_send(job);
        // The next job has a new thread.
        if matches!(given, Err(TrySendError::Disconnected(_))) {
            *jobs = None;
        }
        given.map_err(|_| SshError::Busy)
    }

    /// A save takes minutes, and nothing else waits for it: it has a session of its own, which ends with it.
    async fn save(&self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let own = Self { counters: Arc::clone(&self.counters), ..Self::new(self.settings.clone(), self.ssh.clone()) };
        own.ask(Task::Show(commands.to_vec()), name(commands), limit).await
    }

    async fn ask(&self, task: Task, command: &str, limit: Duration) -> Result<Vec<Reply>, ClientError> {
        let (answer, outcome) = oneshot::channel();
        self.give(Job { task, limit, answer }).map_err(|error| self.failed(error))?;
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
        let is_question = commands.iter().all(|(_, line)| line.starts_with("show "));
        if !is_question {
            return Box::pin(self.save(commands, limit));
        }
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
