//! Questions and batches over any transport: what a switch answers is parsed here, whichever way it came.

use std::{collections::BTreeMap, pin::Pin, time::Duration};

use vmtracker_core::{
    net::SwitchName,
    nexus::{Batch, Encoding, Piece, Query, Reply, configured, parse},
    tracker::Moment,
};

use super::ClientError;
use crate::clock;

/// A read may be long: a whole running-config takes a busy switch some seconds. A transport asks a switch that needs more
/// for less at a time.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// A batch cannot be parted, so it has time for each line: where an AAA server authorizes every one, 16 s were seen
/// (facts: performance, NX-OS).
const LINE_TIMEOUT: Duration = Duration::from_secs(20);
/// To connect and answer, beside that.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// But no more than what the switch itself gives one command (facts: NX-OS §1.6). After a write that was cut off the
/// outcome is unknown and is read back.
const WRITE_TIMEOUT_MAX: Duration = Duration::from_secs(300);
/// A save takes a busy switch minutes (facts: NX-OS §4.6); the switch itself gives a command 300 s (§1.6).
const SAVE_TIMEOUT: Duration = Duration::from_secs(300);

/// What a call to a switch returns: a future on the heap, so that drivers can be chosen at run time.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, ClientError>> + Send + 'a>>;

/// What a transport carried since it was made. Bytes are those of requests and answers, without what the transport adds
/// (headers, encryption) and after it took compression away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests begun, repeated ones included.
    pub requests: u64,
    /// Bytes to the switch.
    pub sent: u64,
    /// Bytes from it.
    pub received: u64,
}

/// One way to carry command lines to a switch and its replies back.
pub trait Transport: Send + Sync {
    /// Whose.
    fn switch(&self) -> &SwitchName;

    /// Runs `show` commands, once. Replies by position, at least one; they may be fewer than the commands: the rest was not
    /// executed. An encoding is a wish: where there is no structured output, the reply is text. `limit` is for all of it.
    fn show<'a>(&'a self, commands: &'a [(Encoding, String)], limit: Duration) -> Call<'a, Vec<Reply>>;

    /// Types configuration lines, once, and stops at the first that is refused. Replies by position, as far as it came.
    /// Nothing is sent after `until`. After an error nobody knows what was done.
    fn configure<'a>(&'a self, lines: &'a [String], limit: Duration, until: Moment) -> Call<'a, Vec<Reply>>;

    /// What it carried so far.
    fn traffic(&self) -> Traffic;
}

/// What the session needs of a switch; every [`Transport`] is one.
pub trait Driver: Send + Sync {
    /// Asks, one result for each question: a piece, or the switch's words of refusal. May ask again when the connection
    /// broke: reading twice harms nobody.
    fn read<'a>(&'a self, queries: &'a [Query]) -> Call<'a, Vec<Result<Piece, String>>>;

    /// Sends a batch once and stops at the first refusal; returns the words of refusal by step. After an error nobody
    /// knows what was done.
    fn apply<'a>(&'a self, batch: &'a Batch) -> Call<'a, BTreeMap<usize, String>>;

    /// What its transport carried so far.
    fn traffic(&self) -> Traffic;
}

impl<T: Transport> Driver for T {
    fn read<'a>(&'a self, queries: &'a [Query]) -> Call<'a, Vec<Result<Piece, String>>> {
        Box::pin(read(self, queries))
    }

    fn apply<'a>(&'a self, batch: &'a Batch) -> Call<'a, BTreeMap<usize, String>> {
        Box::pin(apply(self, batch))
    }

    fn traffic(&self) -> Traffic {
        Transport::traffic(self)
    }
}

async fn read(transport: &impl Transport, queries: &[Query]) -> Result<Vec<Result<Piece, String>>, ClientError> {
    let mut pieces = Vec::with_capacity(queries.len());
    // After a refusal the switch does not answer the rest of a request: it is asked again from there.
    while let Some(left) = queries.get(pieces.len()..).filter(|left| !left.is_empty()) {
        for (reply, query) in ask(transport, left).await?.into_iter().zip(left) {
            let refused = reply.is_err();
            pieces.push(piece(transport.switch(), *query, reply)?);
            if refused {
                break;
            }
        }
    }
    Ok(pieces)
}

/// Once more when an idle connection turned out to be closed (nginx closes idle ones), but never a save: it may have
/// begun.
async fn ask(transport: &impl Transport, queries: &[Query]) -> Result<Vec<Reply>, ClientError> {
    let commands: Vec<_> = queries.iter().map(|query| (query.encoding(), query.to_string())).collect();
    if queries.contains(&Query::Save) {
        return transport.show(&commands, SAVE_TIMEOUT).await;
    }
    match transport.show(&commands, READ_TIMEOUT).await {
        Err(error) if error.is_broken() => transport.show(&commands, READ_TIMEOUT).await,
        answered => answered,
    }
}

fn piece(switch: &SwitchName, query: Query, reply: Reply) -> Result<Result<Piece, String>, ClientError> {
    let switch = switch.clone();
    match reply {
        Err(words) => Ok(parse::piece_when_refused(query, &words).ok_or(words)),
        Ok(answer) => match parse::piece(query, &answer) {
            Ok(piece) => Ok(Ok(piece)),
            Err(parse::ParseError::NotNexus) => Err(ClientError::NotNexus { switch }),
            Err(source) => match parse::piece_when_unreadable(query) {
                Some(unknown) => {
                    tracing::warn!(%switch, "the output of {query} cannot be used: {source}");
                    Ok(Ok(unknown))
                }
                None => Err(ClientError::Parse { switch, command: query.to_string(), source }),
            },
        },
    }
}

async fn apply(transport: &impl Transport, batch: &Batch) -> Result<BTreeMap<usize, String>, ClientError> {
    if clock::now() >= batch.until() {
        return Err(ClientError::Late { switch: transport.switch().clone() });
    }
    type_lines(transport, batch.lines(), batch.until()).await
}

async fn type_lines(
    transport: &impl Transport,
    lines: Vec<(usize, String)>,
    until: Moment,
) -> Result<BTreeMap<usize, String>, ClientError> {
    let (steps, lines): (Vec<usize>, Vec<String>) = lines.into_iter().unzip();
    let replies = transport.configure(&lines, write_timeout(lines.len()), until).await?;
    let answered = replies.len();
    let refused = refusals(&steps, &lines, replies);
    // It stopped, and does not say why: what was done is unknown.
    if refused.is_empty() && answered < lines.len() {
        return Err(ClientError::Short { switch: transport.switch().clone(), lines: lines.len(), answered });
    }
    Ok(refused)
}

fn write_timeout(lines: usize) -> Duration {
    let each = LINE_TIMEOUT.saturating_mul(u32::try_from(lines).unwrap_or(u32::MAX));
    WRITE_TIMEOUT.saturating_add(each).min(WRITE_TIMEOUT_MAX)
}

/// The first refusal of each step.
fn refusals(steps: &[usize], lines: &[String], replies: Vec<Reply>) -> BTreeMap<usize, String> {
    let mut refused = BTreeMap::new();
    for ((step, line), reply) in steps.iter().zip(lines).zip(replies) {
        if let Err(words) = reply.and_then(|answer| configured(&answer)) {
            refused.entry(*step).or_insert_with(|| format!("{line}: {words}"));
        }
    }
    refused
}

#[cfg(test)]
mod tests;
