//! NX-API without a socket: an HTTP request in, an HTTP reply out (facts: NX-OS §1).
//!
//! A request is handed over twice: [`Switch::arrive`] when it has come in (login, session limit, what kind it is and
//! how long it takes), [`Switch::serve`] when its time is over. Configuration takes effect then.

mod batch;
mod envelope;
mod ins_api;
mod login;
mod output;
mod pages;
mod refusal;
mod request;
mod rpc;

use std::{fmt, time::Duration};

use super::{BadReply, Switch, service::Service};
use crate::lab::model::LabTime;
use batch::Caller;
use refusal::Refusal;
use request::Request;

/// A VSH session takes no longer over one command (facts: NX-OS §1.6).
const LONGEST_COMMAND: Duration = Duration::from_secs(300);

/// A request body is shorter; 500,000 letters are too many (facts: NX-OS §1.4), where it begins is not known.
const LARGEST_REQUEST: usize = 500_000;

/// What of an HTTP request matters to a switch.
#[derive(Clone, Default)]
pub struct HttpRequest {
    /// `POST`, `GET`, …
    pub method: String,
    /// The path, such as `/ins`.
    pub path: String,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `Cookie` header.
    pub cookie: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// The caller's address.
    pub peer: String,
}

/// Without what lets the caller in.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let mut request = f.debug_struct("HttpRequest");
        request.field("method", &self.method).field("path", &self.path).field("body", &body);
        request.field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// What goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpReply {
    /// A reply.
    Answer {
        /// The HTTP status.
        status: u16,
        /// `Content-Type`.
        content_type: &'static str,
        /// `Set-Cookie`, when the password let the caller in.
        set_cookie: Option<String>,
        /// The body.
        body: String,
    },
    /// The connection is closed without a reply.
    HangUp,
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Shows only.
    Read,
    /// It contains a configuration line.
    Write,
    /// It saves, and does not configure.
    Save,
}

/// A request that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What it does.
    pub kind: Kind,
    /// How long it takes.
    pub takes: Duration,
    set_cookie: Option<String>,
    user: String,
    saves: bool,
    overran: bool,
}

/// What becomes of a request that has just come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It takes as long as the ticket says; then [`Switch::serve`] it, whatever became of the connection.
    Serve(Ticket),
    /// Answered at once.
    Answer(HttpReply),
}

impl Switch {
    /// Whether NX-API is configured.
    pub fn has_nxapi(&self) -> bool {
        self.features.contains("nxapi")
    }

    /// A request has come in.
    pub fn arrive(&mut self, request: &HttpRequest, now: LabTime) -> Arrival {
        match self.admit(request, now) {
            Ok(ticket) => {
                self.in_service += 1;
                Arrival::Serve(ticket)
            }
            Err(reply) => Arrival::Answer(reply),
        }
    }

    /// Serves a request whose time is over; once for every [`Arrival::Serve`].
    pub fn serve(&mut self, request: &HttpRequest, ticket: &Ticket, now: LabTime) -> HttpReply {
        self.in_service = self.in_service.saturating_sub(1);
        let hang_up = match self.faults.bad_reply {
            Some((BadReply::Garbage, _)) => {
                self.faults.take_bad_reply();
                return pages::json(200, "{\"jsonrpc\": \"2.0\", \"resu".to_owned());
            }
            Some((BadReply::HangUp, _)) => self.faults.take_bad_reply().is_some(),
            Some((BadReply::ServerError | BadReply::TooManySessions, _)) | None => false,
        };
        if !self.runs() {
            return HttpReply::HangUp;
        }
        self.finish(ticket.saves);
        let caller = Caller::new(&ticket.user, request, now);
        let reply = match Request::read(request, &self.profile) {
            Ok(asked) => {
                let reply = asked.run(self, &caller);
                self.limited(&asked, reply, ticket.overran)
            }
            Err(refused) => refused,
        };
        if hang_up { HttpReply::HangUp } else { with_cookie(reply, ticket.set_cookie.clone()) }
    }

    /// Both in one, for a switch that takes no time.
    pub fn handle(&mut self, request: &HttpRequest, now: LabTime) -> HttpReply {
        match self.arrive(request, now) {
            Arrival::Serve(ticket) => self.serve(request, &ticket, now),
            Arrival::Answer(reply) => reply,
        }
    }

    fn admit(&mut self, request: &HttpRequest, now: LabTime) -> Result<Ticket, HttpReply> {
        if self.faults.unreachable || !self.runs() || !self.has_nxapi() {
            return Err(HttpReply::HangUp);
        }
        if request.path != "/ins" {
            return Err(pages::html(404, "Not Found"));
        }
        if request.method != "POST" {
            return Err(pages::html(405, "Not Allowed"));
        }
        let (user, set_cookie) = self.log_in(request, now).ok_or_else(|| pages::html(401, "Authorization Required"))?;
        if request.body.len() >= LARGEST_REQUEST {
            return Err(pages::html(413, "Request Entity Too Large"));
        }
        let asked = Request::read(request, &self.profile)?;
        self.turn_away(&asked, &user, &request.peer)?;
        Ok(self.take_on(&asked, user, set_cookie, now))
    }

    /// What a request does and how long it takes. An AAA server is asked about every command.
    fn take_on(&mut self, asked: &Request, user: String, set_cookie: Option<String>, now: LabTime) -> Ticket {
        let Service { kind, takes, saves } = self.begin(asked.kind(), now);
        let aaa = self.faults.aaa_delay;
        let overran = aaa + takes > LONGEST_COMMAND;
        let commands = u32::try_from(asked.commands()).unwrap_or(u32::MAX);
        let takes = if overran { LONGEST_COMMAND } else { takes + aaa.saturating_mul(commands) };
        Ticket { kind, takes, set_cookie, user, saves, overran }
    }

    /// What came of a request that ran; of one that took too long only the error. What a command does that outlives
    /// its session is not in the facts, except that a save may well finish (facts: NX-OS §4.6): here all do.
    fn limited(&self, asked: &Request, reply: HttpReply, overran: bool) -> HttpReply {
        let too_big = matches!(&reply, HttpReply::Answer { body, .. } if body.len() > self.profile.largest_reply);
        match (overran, too_big) {
            (true, _) => asked.refuse(Refusal::Overran),
            (false, true) => asked.refuse(Refusal::TooBig),
            (false, false) => reply,
        }
    }

    /// The session limit, for real and as a fault.
    fn turn_away(&mut self, asked: &Request, user: &str, peer: &str) -> Result<(), HttpReply> {
        let fault = match self.faults.bad_reply {
            Some((BadReply::ServerError, _)) => {
                self.faults.take_bad_reply();
                return Err(pages::html(500, "Internal Server Error"));
            }
            Some((BadReply::TooManySessions, _)) => self.faults.take_bad_reply().is_some(),
            Some((BadReply::HangUp | BadReply::Garbage, _)) | None => false,
        };
        let busy = fault || self.in_service >= self.profile.workers;
        let session = if busy { Err(Refusal::TooManySessions) } else { self.join_pool(user, peer) };
        session.map_err(|refusal| {
            self.counters.turned_away += 1;
            asked.refuse(refusal)
        })
    }
}

fn with_cookie(reply: HttpReply, cookie: Option<String>) -> HttpReply {
    match reply {
        HttpReply::Answer { status, content_type, body, .. } => {
            HttpReply::Answer { status, content_type, set_cookie: cookie, body }
        }
        HttpReply::HangUp => HttpReply::HangUp,
    }
}
