//! A session at a terminal: bytes in, bytes out (facts: NX-OS §4.7, §5).
//!
//! A line that asks something of the switch takes time, which passes outside: [`Terminal::input`] echoes it and says
//! [`Next::Serve`], and [`Terminal::serve`] carries it out when its time is over. What is typed meanwhile waits, so that
//! the output depends on the bytes typed and not on how they were cut into messages.

mod keys;
mod vty;

use std::{collections::VecDeque, time::Duration};

use super::{
    BadReply, Kind, Session, Switch,
    grammar::{self, Action, Mode},
    service::{Service, line_kind},
};
use crate::lab::model::LabTime;
use keys::{Key, Keys};
pub use vty::Credential;
use vty::Vty;

/// What a caller sees before the first prompt. No line of it may look like a prompt.
const MOTD: &str = "A simulated switch of the vmtracker lab.\r\n";
/// A page until `terminal length` says otherwise.
const PAGE: usize = 24;
/// Between two pages. Neither its words nor how it is wiped away were found in the facts.
const MORE: &str = " --More-- ";
const WIPED: &str = "\r          \r";

/// How a session is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Somebody types: greeting, echo, prompt, pages.
    Shell,
    /// One line, its answer, the end.
    Command,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input is waited for.
    Listen,
    /// The line takes so long; then call [`Terminal::serve`].
    Serve {
        /// How long.
        takes: Duration,
        /// Whether it configures.
        write: bool,
    },
    /// The session is over.
    Close,
    /// The connection is lost.
    Cut,
}

/// What comes of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What the caller sees now.
    pub bytes: Vec<u8>,
    /// What follows.
    pub next: Next,
}

/// A session at a terminal of one switch; [`Switch::open_terminal`] makes it.
#[derive(Debug)]
pub struct Terminal {
    session: Session,
    vty: Vty,
    manner: Manner,
    /// Lines of a page; 0 is no pages.
    page: usize,
    keys: Keys,
    typed: VecDeque<u8>,
    line: Vec<u8>,
    out: Vec<u8>,
    state: State,
}

/// What a session is about.
#[derive(Debug)]
enum State {
    Listening,
    Serving(String, Service),
    Paging(VecDeque<String>),
    Closed,
    Cut,
}

impl Terminal {
    fn new(session: Session, vty: Vty) -> Self {
        let (typed, line, out) = (VecDeque::new(), Vec::new(), Vec::new());
        let (manner, keys, state) = (Manner::Shell, Keys::default(), State::Listening);
        Self { session, vty, manner, page: PAGE, keys, typed, line, out, state }
    }

    /// For one line and its answer only, as `ssh host command` asks.
    pub const fn single(&mut self) {
        (self.manner, self.page) = (Manner::Command, 0);
    }

    /// What stands on the screen before anything is typed.
    pub fn greeting(&self, switch: &Switch) -> Vec<u8> {
        match self.manner {
            Manner::Shell => format!("{MOTD}{}", self.session.prompt(switch.hostname())).into_bytes(),
            Manner::Command => Vec::new(),
        }
    }

    /// Bytes have come in.
    pub fn input(&mut self, switch: &mut Switch, bytes: &[u8], now: LabTime) -> Reply {
        self.typed.extend(bytes);
        self.go_on(switch, now)
    }

    /// The time of a line is over; once for every [`Next::Serve`].
    pub fn serve(&mut self, switch: &mut Switch, now: LabTime) -> Reply {
        if !switch.keeps(self.vty) {
            return self.go_on(switch, now);
        }
        match std::mem::replace(&mut self.state, State::Listening) {
            State::Serving(line, service) => {
                switch.finish(service.saves);
                let hang_up = matches!(switch.faults.bad_reply, Some((BadReply::HangUp, _)))
                    && switch.faults.take_bad_reply().is_some();
                self.carry_out(switch, &line, now);
                if hang_up {
                    self.out.clear();
                    self.state = State::Cut;
                }
            }
            other @ (State::Listening | State::Paging(_) | State::Closed | State::Cut) => self.state = other,
        }
        self.go_on(switch, now)
    }

    /// Takes what was typed, as far as it can be taken now.
    fn go_on(&mut self, switch: &mut Switch, now: LabTime) -> Reply {
        if !switch.keeps(self.vty) {
            self.state = State::Cut;
        }
        while matches!(self.state, State::Listening | State::Paging(_))
            && let Some(byte) = self.typed.pop_front()
        {
            let key = self.keys.press(byte);
            match std::mem::replace(&mut self.state, State::Listening) {
                State::Paging(rest) => self.turn(switch, key, rest),
                State::Listening | State::Serving(..) | State::Closed | State::Cut => self.press(switch, key, now),
            }
        }
        let next = match &self.state {
            State::Listening | State::Paging(_) => Next::Listen,
            State::Serving(_, service) => Next::Serve { takes: service.takes, write: service.kind == Kind::Write },
            State::Closed => Next::Close,
            State::Cut => Next::Cut,
        };
        Reply { bytes: std::mem::take(&mut self.out), next }
    }

    fn press(&mut self, switch: &mut Switch, key: Key, now: LabTime) {
        match key {
            Key::Letter(byte) => {
                self.line.push(byte);
                self.echo(&[byte]);
            }
            Key::Erase if self.line.pop().is_some() => self.echo(b"\x08 \x08"),
            Key::Erase | Key::Nothing => {}
            Key::Interrupt => {
                self.line.clear();
                self.echo(b"^C\r\n");
                self.prompt(switch);
            }
            // What else was typed on the line is dropped; the facts do not say.
            Key::End => {
                self.line.clear();
                self.echo(b"^Z\r\n");
                self.enter(switch, "end".to_owned(), now);
            }
            Key::Enter => {
                let line = std::mem::take(&mut self.line);
                self.echo(b"\r\n");
                self.enter(switch, String::from_utf8_lossy(&line).into_owned(), now);
            }
        }
    }

    /// A line is complete: what takes time is carried out when that is over.
    fn enter(&mut self, switch: &mut Switch, line: String, now: LabTime) {
        match line_kind(&self.session.mode, &line) {
            Some(kind) => self.state = State::Serving(line, switch.begin(kind, now)),
            None => self.carry_out(switch, &line, now),
        }
    }

    fn carry_out(&mut self, switch: &mut Switch, line: &str, now: LabTime) {
        let parsed = grammar::parse(&self.session.mode, line).ok();
        let exits = parsed.as_ref().is_some_and(|parsed| parsed.action == Action::Exit);
        if exits && self.session.mode == Mode::Exec {
            self.state = State::Closed;
            return;
        }
        let outcome = self.session.type_line(switch, line, now);
        let length = parsed.filter(|_| outcome.accepted()).and_then(|parsed| page_length(&parsed.canonical));
        self.page = length.unwrap_or(self.page);
        // The caret stands under the column of the line as typed; whether a switch adds the prompt's is not known.
        let text = outcome.on_screen();
        let lines = text.lines().map(str::to_owned).collect();
        self.show(switch, lines, self.page.saturating_sub(1).max(1));
    }

    /// Shows `count` lines, and asks for a key when there are more.
    fn show(&mut self, switch: &Switch, mut lines: VecDeque<String>, count: usize) {
        let count = if self.page == 0 || lines.len() <= count { lines.len() } else { count };
        for line in lines.drain(..count) {
            self.out.extend_from_slice(line.as_bytes());
            self.out.extend_from_slice(b"\r\n");
        }
        if lines.is_empty() {
            self.prompt(switch);
        } else {
            self.out.extend_from_slice(MORE.as_bytes());
            self.state = State::Paging(lines);
        }
    }

    /// A key between two pages.
    fn turn(&mut self, switch: &Switch, key: Key, rest: VecDeque<String>) {
        let count = match key {
            Key::Letter(b' ') => self.page.saturating_sub(1).max(1),
            Key::Enter => 1,
            Key::Letter(b'q' | b'Q') | Key::Interrupt => {
                self.out.extend_from_slice(WIPED.as_bytes());
                return self.prompt(switch);
            }
            Key::Letter(_) | Key::Erase | Key::End | Key::Nothing => return self.state = State::Paging(rest),
        };
        self.out.extend_from_slice(WIPED.as_bytes());
        self.show(switch, rest, count);
    }

    fn prompt(&mut self, switch: &Switch) {
        match self.manner {
            Manner::Shell => self.out.extend_from_slice(self.session.prompt(switch.hostname()).as_bytes()),
            Manner::Command => self.state = State::Closed,
        }
    }

    fn echo(&mut self, bytes: &[u8]) {
        match self.manner {
            Manner::Shell => self.out.extend_from_slice(bytes),
            Manner::Command => {}
        }
    }
}

/// The lines of a page that `terminal length` sets; its words may be shortened.
fn page_length(line: &str) -> Option<usize> {
    let mut words = line.split_whitespace();
    let (family, word, number) = (words.next()?, words.next()?, words.next()?);
    (family == "terminal" && "length".starts_with(word)).then(|| number.parse().ok())?
}
