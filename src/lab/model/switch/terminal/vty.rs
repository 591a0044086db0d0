//! Who may open a terminal: the login, and the virtual lines that sessions sit on.

use super::Terminal;
use crate::lab::model::switch::{Author, BadReply, Session, Switch};

/// A virtual line, taken: its number, and which session has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vty {
    number: u16,
    session: u64,
}

/// What lets a caller in.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// A password.
    Password(&'a str),
    /// A key that was proved to be the lab's.
    Key,
}

impl Switch {
    /// Whether connections are taken at all.
    pub const fn answers(&self) -> bool {
        self.runs() && !self.faults.unreachable
    }

    /// Whether `user` may in by SSH; counted like a login to NX-API.
    pub fn admits(&mut self, user: &str, credential: Credential<'_>) -> bool {
        let good = match credential {
            Credential::Password(password) => password == self.login.password,
            Credential::Key => true,
        };
        let admitted = good && user == self.login.user && !self.faults.refuse_logins;
        if admitted {
            self.counters.logins += 1;
        } else {
            self.counters.wrong_passwords += 1;
        }
        admitted
    }

    /// A terminal for `user`, who calls from the address `peer`; none when every line is taken.
    pub fn open_terminal(&mut self, peer: &str, user: &str) -> Option<Terminal> {
        let refused = matches!(self.faults.bad_reply, Some((BadReply::TooManySessions, _)))
            && self.faults.take_bad_reply().is_some();
        let free = (0..self.profile.vtys).find(|number| !self.vtys.contains_key(number));
        let Some(number) = free.filter(|_| self.answers() && !refused) else {
            self.counters.turned_away += 1;
            return None;
        };
        self.counters.ssh_sessions += 1;
        let vty = Vty { number, session: self.counters.ssh_sessions };
        self.vtys.insert(number, vty.session);
        let author = Author { origin: format!("{peer}@pts/{number}"), user: user.to_owned() };
        Some(Terminal::new(Session::terminal(author), vty))
    }

    /// The terminal's line is free again.
    pub fn close_terminal(&mut self, terminal: &Terminal) {
        if self.vtys.get(&terminal.vty.number) == Some(&terminal.vty.session) {
            self.vtys.remove(&terminal.vty.number);
        }
    }

    /// Whether the session still has its line: not after a reload.
    pub(super) fn keeps(&self, vty: Vty) -> bool {
        self.answers() && self.vtys.get(&vty.number) == Some(&vty.session)
    }
}
