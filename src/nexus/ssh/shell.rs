//! One open session: connected, trusted, logged in, at the prompt.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use ssh2::{Channel, ErrorCode, ExtendedData, Session};
use vmtracker_core::nexus::screen::{self, Output, Screen, ScreenError};

use super::{SshError, login, trust};
use crate::{
    clock,
    config::{SshSettings, SwitchSettings},
    nexus::Traffic,
};

/// How long a switch may take to accept a connection, each address.
const CONNECT: Duration = Duration::from_secs(5);
/// How long it may take from there to the first prompt: a login may have to ask a server behind it.
pub(super) const LOGIN: Duration = Duration::from_secs(30);
/// How long to wait for a terminal of the switch's to come free, each time: somebody may just be leaving.
const BUSY_PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];
/// libssh2's number for a channel that the other side does not open.
const CHANNEL_FAILURE: i32 = -21;
/// How long nothing must come until what stands on the last line is taken for a prompt, or a question.
const QUIET_MS: u32 = 400;
/// The terminal's width; the widest that NX-OS knows, as its clients use it (facts: NX-OS §5).
const WIDTH: u32 = 511;
/// What is typed first. Without the first, long answers stop at a page; the width only matters to echoes. No
/// `session-timeout 0`: a session whose controller died would hold one of the switch's terminals for ever.
const SETUP: [&str; 2] = ["terminal length 0", "terminal width 511"];

/// What went over all sessions of one switch.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counters {
    pub(super) fn traffic(&self) -> Traffic {
        let [requests, sent, received] = [&self.requests, &self.sent, &self.received].map(|count| count.load(Relaxed));
        Traffic { requests, sent, received }
    }
}

/// Until when, and how long that was from the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    began: Instant,
    limit: Duration,
}

impl Deadline {
    pub(super) fn within(limit: Duration) -> Self {
        Self { began: clock::instant(), limit }
    }

    fn is_over(&self) -> bool {
        self.began.elapsed() >= self.limit
    }

    /// More than half of the time is used.
    pub(super) fn is_half_over(&self) -> bool {
        self.began.elapsed() >= self.limit / 2
    }
}

/// One open session.
pub(super) struct Shell {
    session: Session,
    channel: Channel,
    screen: Screen,
    counters: Arc<Counters>,
}

impl Shell {
    /// Connects, checks the host key, logs in and waits for the prompt.
    ///
    /// # Errors
    /// See [`SshError`]. The password is sent to nobody whose host key is not the switch's.
    pub(super) fn open(
        settings: &SwitchSettings,
        ssh: &SshSettings,
        counters: &Arc<Counters>,
    ) -> Result<Self, SshError> {
        let deadline = Deadline::within(LOGIN);
        let session = connect(ssh)?;
        trust::check(&session, ssh)?;
        login::login(&session, settings, ssh)?;
        let channel = terminal(&session).map_err(SshError::Shell)?;
        session.set_timeout(QUIET_MS);
        let mut shell = Self { session, channel, screen: Screen::new(), counters: Arc::clone(counters) };
        while shell.screen.host().is_none() {
            shell.receive("login", deadline)?;
        }
        for (line, needed) in SETUP.into_iter().zip([true, false]) {
            let refused = screen::refusal(&shell.run(line, deadline)?.text).filter(|_| needed);
            if let Some(words) = refused {
                return Err(SshError::Refused { command: line.to_owned(), words });
            }
        }
        Ok(shell)
    }

    /// Types one line and waits for the next prompt.
    ///
    /// # Errors
    /// When none comes; the session is of no use then.
    pub(super) fn run(&mut self, line: &str, deadline: Deadline) -> Result<Output, SshError> {
        self.screen.typed(line).map_err(|source| unreadable(line, source))?;
        let typed = format!("{line}\n");
        self.channel.write_all(typed.as_bytes()).map_err(|source| broken(line, source))?;
        self.counters.requests.fetch_add(1, Relaxed);
        self.counters.sent.fetch_add(typed.len() as u64, Relaxed);
        loop {
            if let Some(output) = self.receive(line, deadline)? {
                return Ok(output);
            }
        }
    }

    /// Tells the switch that somebody is here.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn keep_alive(&self) -> Result<(), ssh2::Error> {
        self.session.keepalive_send().map(drop)
    }

    fn receive(&mut self, command: &str, deadline: Deadline) -> Result<Option<Output>, SshError> {
        let mut buffer = [0; 16 << 10];
        let output = match self.channel.read(&mut buffer) {
            Ok(0) if self.channel.eof() => return Err(broken(command, io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                self.counters.received.fetch_add(count as u64, Relaxed);
                self.screen.feed(buffer.get(..count).unwrap_or_default())
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                self.screen.quiet()
            }
            Err(error) => return Err(broken(command, error)),
        };
        match output.map_err(|source| unreadable(command, source))? {
            None if deadline.is_over() => {
                Err(SshError::Timeout { command: command.to_owned(), seconds: deadline.limit.as_secs() })
            }
            output => Ok(output),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // The switch frees its terminal at once; when it does not hear us, it does so later.
        drop(self.session.disconnect(None, "done", None));
    }
}

fn connect(settings: &SshSettings) -> Result<Session, SshError> {
    let unreachable = |source| SshError::Connect { address: settings.address(), source };
    let failed = |source| SshError::Handshake { address: settings.address(), source };
    let stream = first_answer(settings).map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let mut session = Session::new().map_err(failed)?;
    session.set_timeout(u32::try_from(LOGIN.as_millis()).unwrap_or(u32::MAX));
    session.set_tcp_stream(stream);
    trust::prefer(&session, settings).map_err(failed)?;
    session.handshake().map_err(failed)?;
    // Without a reply: nobody would read it between commands.
    session.set_keepalive(false, 30);
    Ok(session)
}

fn first_answer(settings: &SshSettings) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    for address in (settings.host.as_str(), settings.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A terminal, again after a pause while the switch has none to spare (facts: NX-OS §4.7): nothing was typed yet.
fn terminal(session: &Session) -> Result<Channel, ssh2::Error> {
    for pause in BUSY_PAUSES {
        match open_terminal(session) {
            Err(error) if error.code() == ErrorCode::Session(CHANNEL_FAILURE) => thread::sleep(pause),
            opened => return opened,
        }
    }
    open_terminal(session)
}

fn open_terminal(session: &Session) -> Result<Channel, ssh2::Error> {
    let mut channel = session.channel_session()?;
    // What nobody reads would hide the end of the channel.
    channel.handle_extended_data(ExtendedData::Merge)?;
    channel.request_pty("vt100", None, Some((WIDTH, 1000, 0, 0)))?;
    channel.shell()?;
    Ok(channel)
}

fn broken(command: &str, source: io::Error) -> SshError {
    SshError::Broken { command: command.to_owned(), source }
}

fn unreadable(command: &str, source: ScreenError) -> SshError {
    SshError::Screen { command: command.to_owned(), source }
}
