//! NX-API without a socket: an HTTP request in, an HTTP reply out (facts: NX-OS §1).
//!
//! A request is handed over twice: [`Switch::arrive`] when it has come in (login, session limit, what kind it is and
//! how long it takes), [`Switch::serve`] when its time is over. Configuration takes effect then.

mod login;
mod pages;
mod rpc;

use std::{fmt, time::Duration};

use super::{BadReply, Switch, service::Service};
use crate::lab::model::LabTime;

/// What of an HTTP request matters to a switch.
#[derive(Clone, Default)]
pub struct HttpRequest {
    /// `POST`, `GET`, …
    pub method: String,
    /// The path, such as `/ins`.
    pub path: String,
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
        let reply = match rpc::parse(&request.body) {
            Ok(batch) => rpc::run(self, &batch, &ticket.user, &request.peer, now),
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
        if self.faults.unreachable || !self.runs() {
            return Err(HttpReply::HangUp);
        }
        if request.path != "/ins" {
            return Err(pages::html(404, "Not Found"));
        }
        if request.method != "POST" {
            return Err(pages::html(405, "Not Allowed"));
        }
        let (user, set_cookie) = self.log_in(request, now).ok_or_else(|| pages::html(401, "Authorization Required"))?;
        self.turn_away()?;
        let kind = rpc::parse(&request.body).map(|batch| batch.kind())?;
        let Service { kind, takes, saves } = self.begin(kind, now);
        Ok(Ticket { kind, takes, set_cookie, user, saves })
    }

    /// The session limit, for real and as a fault.
    fn turn_away(&mut self) -> Result<(), HttpReply> {
        let fault = match self.faults.bad_reply {
            Some((BadReply::ServerError, _)) => {
                self.faults.take_bad_reply();
                return Err(pages::html(500, "Internal Server Error"));
            }
            Some((BadReply::TooManySessions, _)) => self.faults.take_bad_reply().is_some(),
            Some((BadReply::HangUp | BadReply::Garbage, _)) | None => false,
        };
        if fault || self.in_service >= self.profile.workers {
            self.counters.turned_away += 1;
            return Err(pages::too_many_sessions());
        }
        Ok(())
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
