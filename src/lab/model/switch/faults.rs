//! What can be made to go wrong on a simulated switch.

use std::time::Duration;

/// How long the switch takes over a request. Configuration takes effect at the end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// For a request of shows only.
    pub read: Duration,
    /// For a request that contains a configuration line, or a save.
    pub write: Duration,
}

impl Delays {
    /// No time at all.
    pub const NONE: Self = Self { read: Duration::ZERO, write: Duration::ZERO };
}

/// Commands that are answered with a text of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which: those that contain this, letter for letter as sent.
    pub containing: String,
    /// What the switch says.
    pub message: String,
    /// How often, then no more.
    pub times: u32,
    /// Whether the text comes as an error or hidden in a success (facts: NX-OS §1.4). The command is not applied.
    pub hidden: bool,
}

/// A request whose reply goes wrong. A terminal knows `HangUp`, for a line that takes time, and `TooManySessions`, for a
/// new session; the others are HTTP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadReply {
    /// Applied, and the connection is closed without a reply.
    HangUp,
    /// Not applied: nginx's page for HTTP 500.
    ServerError,
    /// Not applied: the session limit's text in HTTP 200 (facts: NX-OS §1.4).
    TooManySessions,
    /// Not applied: HTTP 200 and a body that is no JSON.
    Garbage,
}

/// Everything that is wrong with a switch at the moment; the default is nothing.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Commands that are refused.
    pub refusals: Vec<Refusal>,
    /// The next requests that get a bad reply, and how many.
    pub bad_reply: Option<(BadReply, u32)>,
    /// Connections are accepted and closed.
    pub unreachable: bool,
    /// `show version` is another product's.
    pub not_a_nexus: bool,
    /// No login is good.
    pub refuse_logins: bool,
    /// How long the AAA server takes to authorise one command of NX-API; added to the service time.
    pub aaa_delay: Duration,
    /// NX-API speaks a TLS too old for anybody today (facts: NX-OS §1.7). Heeded when the servers start.
    pub legacy_tls: bool,
}

impl Faults {
    /// Refuses commands that contain `containing`, `times` times, as an error.
    pub fn refuse(&mut self, containing: &str, message: &str, times: u32) {
        self.refusals.push(refusal(containing, message, times, Hidden::No));
    }

    /// The same, with the text hidden in a success.
    pub fn hide_error(&mut self, containing: &str, message: &str, times: u32) {
        self.refusals.push(refusal(containing, message, times, Hidden::Yes));
    }

    /// The refusal that meets `line`, counted down.
    pub fn take_refusal(&mut self, line: &str) -> Option<Refusal> {
        let found = self.refusals.iter_mut().find(|refusal| refusal.times > 0 && line.contains(&refusal.containing))?;
        found.times -= 1;
        let taken = found.clone();
        self.refusals.retain(|refusal| refusal.times > 0);
        Some(taken)
    }

    /// The bad reply that meets the next request, counted down.
    pub fn take_bad_reply(&mut self) -> Option<BadReply> {
        let (reply, times) = self.bad_reply?;
        self.bad_reply = times.checked_sub(2).map(|left| (reply, left + 1));
        (times > 0).then_some(reply)
    }
}

enum Hidden {
    Yes,
    No,
}

fn refusal(containing: &str, message: &str, times: u32, hidden: Hidden) -> Refusal {
    Refusal {
        containing: containing.to_owned(),
        message: message.to_owned(),
        times,
        hidden: matches!(hidden, Hidden::Yes),
    }
}
