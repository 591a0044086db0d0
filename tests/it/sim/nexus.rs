//! One exchange with a switch's NX-API without a socket: what a session wants to ask or send, as requests, one after
//! the other, and what came of it.

use std::collections::BTreeMap;

use vmtracker::{
    lab::model::switch::{HttpReply, HttpRequest},
    nexus::ClientError,
};
use vmtracker_core::{
    net::SwitchName,
    nexus::{
        Batch, Piece, Query, Reply, configured,
        nxapi::{Commands, Dialect, Request},
        parse,
        session::{Class, Failure, Input, Ticket},
    },
    tracker::Moment,
};

/// The lab's login, as basic authentication writes it.
const AUTHORIZATION: &str = "Basic dm10cmFja2VyOmxhYi1wYXNzd29yZA==";

/// What is under way with one switch.
pub(super) struct Exchange {
    /// Which controller began it: a reply to one that died is heard by nobody.
    pub(super) life: u64,
    ticket: Ticket,
    job: Job,
}

enum Job {
    Read { queries: Vec<Query>, pieces: Vec<Result<Piece, String>> },
    Write { lines: Vec<(usize, String)>, until: Moment },
}

/// What comes of a reply.
pub(super) enum Step {
    /// There is more to ask.
    More(Exchange),
    /// It is over.
    Over(Input),
}

impl Exchange {
    pub(super) const fn read(life: u64, ticket: Ticket, queries: Vec<Query>) -> Self {
        Self { life, ticket, job: Job::Read { queries, pieces: Vec::new() } }
    }

    pub(super) fn write(life: u64, ticket: Ticket, batch: &Batch) -> Self {
        Self { life, ticket, job: Job::Write { lines: batch.lines(), until: batch.until() } }
    }

    /// The next request; none: there is nothing (more) to ask, or the permit ran out.
    pub(super) fn request(&self, now: Moment) -> Option<HttpRequest> {
        let late = matches!(self.job, Job::Write { until, .. } if now >= until);
        let body = (!late).then(|| self.asked(|request| request.body().to_vec()))??;
        Some(HttpRequest {
            method: "POST".to_owned(),
            path: "/ins".to_owned(),
            authorization: Some(AUTHORIZATION.to_owned()),
            body,
            peer: "192.0.2.1".to_owned(),
            ..HttpRequest::default()
        })
    }

    /// What `look` sees of the next request; none: there is nothing (more) to ask.
    fn asked<T>(&self, look: impl FnOnce(&Request<'_>) -> T) -> Option<T> {
        match &self.job {
            Job::Read { queries, pieces } => {
                let left = queries.iter().skip(pieces.len());
                let commands: Vec<_> = left.map(|query| (query.encoding(), query.to_string())).collect();
                Request::new(Dialect::JsonRpc, Commands::Show(&commands)).ok().as_ref().map(look)
            }
            Job::Write { lines, .. } => {
                let lines: Vec<_> = lines.iter().map(|(_, line)| line.clone()).collect();
                Request::new(Dialect::JsonRpc, Commands::Configure(&lines)).ok().as_ref().map(look)
            }
        }
    }

    /// Whether it changes the switch.
    pub(super) const fn is_write(&self) -> bool {
        matches!(self.job, Job::Write { .. })
    }

    /// Nothing more is to be asked.
    pub(super) fn end(self) -> Input {
        match self.job {
            Job::Read { pieces, .. } => Input::Read(self.ticket, Ok(pieces)),
            Job::Write { .. } => Input::Wrote(self.ticket, Err(failure(Class::Device, "the permit ran out"))),
        }
    }

    /// Takes the reply to the last request.
    pub(super) fn take(self, reply: &HttpReply) -> Step {
        let answered = self.asked(|request| replies(reply, request)).expect("a reply belongs to a request");
        match answered {
            Ok(replies) => self.learn(replies),
            Err(failure) => Step::Over(match self.job {
                Job::Read { .. } => Input::Read(self.ticket, Err(failure)),
                Job::Write { .. } => Input::Wrote(self.ticket, Err(failure)),
            }),
        }
    }

    fn learn(self, replies: Vec<Reply>) -> Step {
        let (life, ticket) = (self.life, self.ticket);
        match self.job {
            Job::Read { queries, mut pieces } => {
                let left: Vec<Query> = queries.iter().skip(pieces.len()).copied().collect();
                pieces.extend(left.into_iter().zip(replies).map(|(query, reply)| piece(query, reply)));
                Step::More(Self { life, ticket, job: Job::Read { queries, pieces } })
            }
            Job::Write { lines, .. } => {
                let mut refused = BTreeMap::new();
                for ((step, line), reply) in lines.iter().zip(replies) {
                    if let Err(words) = reply.and_then(|answer| configured(&answer)) {
                        refused.entry(*step).or_insert_with(|| format!("{line}: {words}"));
                    }
                }
                Step::Over(Input::Wrote(ticket, Ok(refused)))
            }
        }
    }
}

fn piece(query: Query, reply: Reply) -> Result<Piece, String> {
    match reply {
        Err(words) => parse::piece_when_refused(query, &words).ok_or(words),
        Ok(answer) => Ok(parse::piece(query, &answer).unwrap_or_else(|error| panic!("{query}: {error}: {answer:?}"))),
    }
}

fn replies(reply: &HttpReply, request: &Request<'_>) -> Result<Vec<Reply>, Failure> {
    match reply {
        HttpReply::HangUp => Err(failure(Class::Refused, "the connection broke")),
        HttpReply::Answer { status: 401, .. } => Err(failure(Class::Auth, "the login was refused")),
        HttpReply::Answer { body, .. } => {
            let replies = request.replies(body.as_bytes()).map(|replies| replies.said);
            let switch = SwitchName::from("sim");
            replies.map_err(|source| ClientError::Decode { switch, command: String::new(), source }.failure())
        }
    }
}

fn failure(class: Class, why: &str) -> Failure {
    Failure { class, why: why.to_owned() }
}
