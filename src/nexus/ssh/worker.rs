//! The thread of one switch: it holds the session, types what it is told to, and opens a new session after any error.

use std::{
    collections::BTreeSet,
    mem,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use tokio::sync::oneshot;
use vmtracker_core::{
    nexus::{Answer, Encoding, Reply, configured, screen},
    tracker::Moment,
};

use super::{
    Seat, SshError,
    shell::{Counters, Deadline, Shell},
};
use crate::{
    clock,
    config::{SshSettings, SwitchSettings},
};

/// How long an idle session is silent: firewalls forget after some minutes.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What the thread is to do; whoever asked may have stopped waiting.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) limit: Duration,
    pub(super) answer: oneshot::Sender<Result<Outcome, SshError>>,
    pub(super) seat: Seat,
}

/// What becomes of a session that has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idle {
    /// It is kept open.
    Keep,
    /// It gives the switch its terminal back, which would end it sooner or later anyway.
    Close,
}

/// What to type.
pub(super) enum Task {
    /// Commands that change nothing, until one is refused.
    Show(Vec<(Encoding, String)>),
    /// Configuration lines, until one is refused; none begins after the time.
    Configure(Vec<String>, Moment),
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// Replies by position, as far as it came.
    Replies(Vec<Reply>),
    /// It was too late for the first line: none was typed.
    Late,
}

pub(super) struct Worker {
    settings: SwitchSettings,
    ssh: SshSettings,
    counters: Arc<Counters>,
    idle: Idle,
    shell: Option<Shell>,
    /// The last login ended so.
    hung_up: bool,
    /// Commands whose output cannot be had as JSON on this session.
    textual: BTreeSet<String>,
}

impl Worker {
    pub(super) const fn new(settings: SwitchSettings, ssh: SshSettings, counters: Arc<Counters>, idle: Idle) -> Self {
        Self { settings, ssh, counters, idle, shell: None, hung_up: false, textual: BTreeSet::new() }
    }

    /// Works until nobody can give it jobs any more.
    pub(super) fn work(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(KEEPALIVE) {
                Ok(job) => self.handle(job),
                Err(RecvTimeoutError::Timeout) => {
                    let kept = self.shell.take().filter(|_| self.idle == Idle::Keep);
                    self.shell = kept.filter(|shell| shell.keep_alive().is_ok());
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn handle(&mut self, Job { task, limit, answer, seat }: Job) {
        if answer.is_closed() {
            return;
        }
        let outcome = match task {
            Task::Show(commands) => self.show(&commands, limit).map(Outcome::Replies),
            Task::Configure(lines, until) => {
                self.configure(&lines, limit, || clock::now() < until && !answer.is_closed())
            }
        };
        if outcome.is_err() {
            self.shell = None;
        }
        // Free before the answer is there: what follows goes over the same session.
        drop(seat);
        // Whoever asked may have stopped waiting.
        answer.send(outcome).unwrap_or_default();
    }

    fn open(&mut self) -> Result<&mut Shell, SshError> {
        let shell = match self.shell.take() {
            Some(shell) => shell,
            None => {
                self.textual.clear();
                let opened = Shell::open(&self.settings, &self.ssh, &self.counters);
                self.judged(opened)?
            }
        };
        Ok(self.shell.insert(shell))
    }

    /// To hang up twice is to refuse the password, which must not be tried over and over. Once may be a reload, for which
    /// the logins of all other switches need not rest.
    fn judged(&mut self, opened: Result<Shell, SshError>) -> Result<Shell, SshError> {
        let hung_up = matches!(opened, Err(SshError::HungUp { .. }));
        let again = mem::replace(&mut self.hung_up, hung_up) && hung_up;
        if again { Err(SshError::Login) } else { opened }
    }

    /// Fewer replies than commands when half of the time is used: the rest is asked for again.
    fn show(&mut self, commands: &[(Encoding, String)], limit: Duration) -> Result<Vec<Reply>, SshError> {
        self.open()?;
        let deadline = Deadline::within(limit);
        let mut replies = Vec::with_capacity(commands.len());
        for (encoding, command) in commands {
            let reply = match encoding {
                Encoding::Structured => self.structured(command, deadline)?,
                Encoding::Text => self.text(command, deadline)?,
            };
            let refused = reply.is_err();
            replies.push(reply);
            if refused || deadline.is_half_over() {
                break;
            }
        }
        Ok(replies)
    }

    /// As JSON, or as text where the switch has no JSON of it (facts: NX-OS §2.13, §2.15).
    fn structured(&mut self, command: &str, deadline: Deadline) -> Result<Reply, SshError> {
        if self.textual.contains(command) {
            return self.text(command, deadline);
        }
        let output = self.open()?.run(&format!("{command} | json"), deadline)?;
        if let Ok(body) = serde_json::from_str(&output.text) {
            return Ok(Ok(Answer::Structured(body)));
        }
        let reply = self.text(command, deadline)?;
        if reply.is_ok() && !output.text.trim().is_empty() {
            self.textual.insert(command.to_owned());
        }
        Ok(reply)
    }

    fn text(&mut self, command: &str, deadline: Deadline) -> Result<Reply, SshError> {
        let text = self.open()?.run(command, deadline)?.text;
        Ok(screen::refusal(&text).map_or(Ok(Answer::Text(text)), Err))
    }

    /// Types configuration lines while it may go on, and leaves the mode.
    pub(super) fn configure(
        &mut self,
        lines: &[String],
        limit: Duration,
        may_go_on: impl Fn() -> bool,
    ) -> Result<Outcome, SshError> {
        if !may_go_on() {
            return Ok(Outcome::Late);
        }
        let deadline = Deadline::within(limit);
        if let Err(words) = self.enter(deadline)? {
            return Ok(Outcome::Replies(vec![Err(words)]));
        }
        let shell = self.open()?;
        let mut replies: Vec<Reply> = Vec::with_capacity(lines.len());
        for line in lines {
            if replies.last().is_some_and(Result::is_err) || !may_go_on() {
                break;
            }
            replies.push(reply(shell.run(line, deadline)?.text));
        }
        // Some releases commit only here, and say only here what they think of it (facts: NX-OS §4.3).
        let left = reply(shell.run("end", deadline)?.text);
        if let (Err(words), Some(last @ Ok(_))) = (left, replies.last_mut()) {
            *last = Err(words);
        }
        Ok(if replies.is_empty() { Outcome::Late } else { Outcome::Replies(replies) })
    }

    /// `configure terminal`, or the words of its refusal. It changes nothing yet, so that it may be typed again when an
    /// idle session turns out to be closed.
    fn enter(&mut self, deadline: Deadline) -> Result<Result<(), String>, SshError> {
        const ENTER: &str = "configure terminal";
        let was_open = self.shell.is_some();
        let output = match self.open()?.run(ENTER, deadline) {
            Err(SshError::Broken { .. }) if was_open => {
                self.shell = None;
                self.open()?.run(ENTER, deadline)?
            }
            output => output?,
        };
        // It may greet ("Enter configuration commands, …"): only the prompt tells.
        let said = configured(&Answer::Text(output.text));
        let refused = |said: Result<(), String>| said.err().unwrap_or_else(|| "it has no effect".to_owned());
        Ok(if output.mode.contains("(config") { Ok(()) } else { Err(format!("{ENTER}: {}", refused(said))) })
    }
}

/// A configuration line that works prints nothing.
fn reply(text: String) -> Reply {
    let answer = Answer::Text(text);
    configured(&answer).map(|()| answer)
}
