//! NX-API's three dialects: commands as requests, replies as results (facts: NX-OS §1.1–§1.6).
//!
//! A [`Request`] knows what it asks, so that its reply cannot be read as the answer to something else. `rpc` is JSON-RPC,
//! `ins` what the two forms of `ins_api` share, `ins_json` and `ins_xml` those forms.

mod ins;
mod ins_json;
mod ins_xml;
mod rpc;

use serde_json::Value;
use thiserror::Error;

use super::{Encoding, Reply};

/// How many `show` commands go into one request: some releases refuse more than ten (facts: NX-OS §1.6).
pub const READS_PER_REQUEST: usize = 10;

/// A form in which NX-API is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// JSON-RPC: one object for each command.
    JsonRpc,
    /// `ins_api` as JSON: one line of commands.
    InsJson,
    /// `ins_api` as XML.
    InsXml,
}

impl Dialect {
    /// All, the best first: JSON-RPC alone has no separator inside a line, and numbers its replies.
    pub const ALL: [Self; 3] = [Self::JsonRpc, Self::InsJson, Self::InsXml];

    /// Its name in logs and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonRpc => "json-rpc",
            Self::InsJson => "ins-json",
            Self::InsXml => "ins-xml",
        }
    }

    /// The content type of a request (facts: NX-OS §1.1).
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::JsonRpc => "application/json-rpc",
            Self::InsJson => "application/json",
            Self::InsXml => "application/xml",
        }
    }
}

/// Commands of one kind.
#[derive(Clone, Copy, Debug)]
pub enum Commands<'a> {
    /// Questions, each with the encoding that is wished for.
    Show(&'a [(Encoding, String)]),
    /// Configuration lines, of which none follows a refused one.
    Configure(&'a [String]),
}

impl<'a> Commands<'a> {
    /// How many.
    pub const fn len(self) -> usize {
        match self {
            Self::Show(commands) => commands.len(),
            Self::Configure(lines) => lines.len(),
        }
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Each with the encoding of its answer.
    fn lines(self) -> Vec<(Encoding, &'a str)> {
        match self {
            Self::Show(commands) => commands.iter().map(|(encoding, line)| (*encoding, line.as_str())).collect(),
            Self::Configure(lines) => lines.iter().map(|line| (Encoding::Structured, line.as_str())).collect(),
        }
    }

    /// What one request can take: a batch is never split, questions are asked ten at a time.
    fn fitting(self, dialect: Dialect) -> Self {
        match (self, dialect) {
            (Self::Configure(_), _) => self,
            (Self::Show(commands), Dialect::JsonRpc) => Self::Show(first(commands, READS_PER_REQUEST)),
            (Self::Show(commands), Dialect::InsJson | Dialect::InsXml) => {
                let encoding = commands.first().map(|(encoding, _)| *encoding);
                let alike = commands.iter().take_while(|(other, _)| Some(*other) == encoding).count();
                Self::Show(first(commands, alike.min(READS_PER_REQUEST)))
            }
        }
    }
}

fn first<T>(items: &[T], count: usize) -> &[T] {
    items.get(..count).unwrap_or(items)
}

/// Why a request cannot be made.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// There is nothing to ask.
    #[error("there is no command")]
    Empty,
    /// It would be read as several commands, or cut off (facts: NX-OS §1.1). No [`Step`](crate::nexus::Step) and no
    /// [`Query`](crate::nexus::Query) makes such a line.
    #[error("the command {0:?} holds a separator")]
    Separator(String),
    /// It has no form in JSON; never in practice.
    #[error("the request has no JSON")]
    Json(#[from] serde_json::Error),
}

/// Why a reply is no reply.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// It is not JSON.
    #[error("the answer is not JSON: {excerpt:?}")]
    NotJson {
        /// Its first characters.
        excerpt: String,
        /// What the parser found.
        #[source]
        source: serde_json::Error,
    },
    /// It is not XML, or cut off.
    #[error("the answer is not XML: {excerpt:?}")]
    NotXml {
        /// Its first characters.
        excerpt: String,
    },
    /// It is JSON, but no JSON-RPC that answers the request.
    #[error("the answer is not JSON-RPC")]
    NotRpc,
    /// It is JSON or XML, but no `ins_api` that answers the request.
    #[error("the answer is not ins_api")]
    NotIns,
    /// The switch has no session to spare; later it may.
    #[error("the switch is busy: {0}")]
    Busy(String),
    /// The request as a whole was refused.
    #[error("the switch refused the request: {0}")]
    Refused(String),
}

impl DecodeError {
    /// Whether it is no reply in the dialect of the request.
    pub const fn is_foreign(&self) -> bool {
        match self {
            Self::NotJson { .. } | Self::NotXml { .. } | Self::NotRpc | Self::NotIns => true,
            Self::Busy(_) | Self::Refused(_) => false,
        }
    }
}

/// What a switch replied.
#[derive(Debug, Default, PartialEq)]
pub struct Replies {
    /// By position. They may be fewer than the commands, never more.
    pub said: Vec<Reply>,
    /// The command after them has no structured output: it is to be asked as text.
    pub text_only: bool,
}

/// One request: its bytes, and what it asks.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    dialect: Dialect,
    commands: Commands<'a>,
    body: Vec<u8>,
}

impl<'a> Request<'a> {
    /// As many of `commands`, from the first, as one request can take.
    ///
    /// # Errors
    /// When there is none, or one holds a `;` or a control character.
    pub fn new(dialect: Dialect, commands: Commands<'a>) -> Result<Self, EncodeError> {
        let commands = commands.fitting(dialect);
        if commands.is_empty() {
            return Err(EncodeError::Empty);
        }
        let separates = |letter: char| letter == ';' || letter.is_control();
        if let Some((_, line)) = commands.lines().into_iter().find(|(_, line)| line.contains(separates)) {
            return Err(EncodeError::Separator(line.to_owned()));
        }
        let body = match dialect {
            Dialect::JsonRpc => rpc::request(commands)?,
            Dialect::InsJson => ins_json::request(commands)?,
            Dialect::InsXml => ins_xml::request(commands),
        };
        Ok(Self { dialect, commands, body })
    }

    /// In which dialect.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// How many commands it holds.
    pub const fn count(&self) -> usize {
        self.commands.len()
    }

    /// The bytes to post.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Its first command, as its name in errors.
    pub fn name(&self) -> &'a str {
        self.commands.lines().first().map(|(_, line)| *line).unwrap_or_default()
    }

    /// What the switch replied to it: at least one reply, or that there is only text. After an error the rest was not
    /// executed.
    ///
    /// # Errors
    /// When the body is no reply to this request, or refuses it as a whole.
    pub fn replies(&self, body: &[u8]) -> Result<Replies, DecodeError> {
        match self.dialect {
            Dialect::JsonRpc => rpc::replies(json(body)?, self.commands),
            Dialect::InsJson => ins::replies(&json(body)?, self.commands),
            Dialect::InsXml => ins::replies(&ins_xml::value(body)?, self.commands),
        }
    }
}

/// A description that somebody typed in another character set must not cost the whole answer.
fn json(body: &[u8]) -> Result<Value, DecodeError> {
    let text = String::from_utf8_lossy(body);
    serde_json::from_str(&text).map_err(|source| DecodeError::NotJson { excerpt: excerpt(&text), source })
}

fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
