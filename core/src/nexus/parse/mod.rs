//! Parsers of what NX-OS prints: tolerant in what varies between platforms (facts: NX-OS §2), strict in what may not.
//! A foreign or cut-off output is an error, never half a table.

pub mod accounting;
mod channels;
pub mod config;
mod expected;
mod fex;
mod json;
mod macs;
mod neighbors;
mod owners;
pub mod ports;
mod save;
mod standin;
mod table;
mod trunks;
mod version;
mod vlans;
mod vpc;

use std::borrow::Cow;

use serde_json::Value;
use thiserror::Error;

use super::{Answer, Piece, Query};
pub use standin::{piece_when_refused, piece_when_unreadable};

/// Why an output cannot be believed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Structured where text was asked for, or the other way round.
    #[error("the answer is not in the encoding that was asked for")]
    Encoding,
    /// A key or a table that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A value that must be understood is not.
    #[error("{key} has the value {value:?}")]
    Value {
        /// Which key.
        key: &'static str,
        /// Its first characters.
        value: String,
    },
    /// It ends in the middle of a line, or of a page.
    #[error("the output is cut off")]
    Cut,
    /// The device is something else.
    #[error("is not a Nexus switch: show version says nothing of NX-OS")]
    NotNexus,
    /// The switch is a leaf or spine of an ACI fabric.
    #[error("runs in ACI mode: its configuration belongs to the fabric's controller")]
    Aci,
}

impl ParseError {
    fn value(key: &'static str, value: &str) -> Self {
        Self::Value { key, value: value.chars().take(60).collect() }
    }
}

/// Parses the answer to `query`, structured or text: a switch that has no structured output answers with text, and some
/// put their JSON into a text (facts: NX-OS §2.15, §2.16).
///
/// # Errors
/// When the output is foreign, cut off, or holds something that must be understood and is not. A cut exactly between two
/// lines is seen only where the output has an end of its own; where it has none, the transport answers for the whole.
pub fn piece(query: Query, answer: &Answer) -> Result<Piece, ParseError> {
    let silent = || Piece::Silent(query);
    match query {
        Query::Version => {
            read(answer, version::parse, version::parse_text).map(|(who, uptime)| Piece::Version(who, uptime))
        }
        Query::Config => config::parse(lines(answer)?).map(Piece::Config),
        Query::PortConfig(interface) => config::parse_one(lines(answer)?, interface).map(Piece::Config),
        Query::Ports => read(answer, ports::parse, ports::parse_text).map(Piece::Ports),
        Query::Vlans => read(answer, vlans::parse, vlans::parse_text).map(Piece::Vlans),
        Query::PortChannels => read(answer, channels::parse, channels::parse_text).map(Piece::PortChannels),
        Query::Lldp => read(answer, neighbors::parse_lldp, neighbors::parse_lldp_text).map(Piece::Neighbors),
        Query::Cdp => read(answer, neighbors::parse_cdp, neighbors::parse_cdp_text).map(Piece::Neighbors),
        Query::Macs(_) => read(answer, macs::parse, macs::parse_text).map(Piece::Macs),
        Query::AccountingLog => Ok(Piece::Accounting(accounting::parse(lines(answer)?))),
        Query::Vpc => Ok(read(answer, vpc::parse, vpc::parse_text)?.map_or_else(silent, Piece::Vpc)),
        Query::Trunks => Ok(read(answer, trunks::parse, trunks::parse_text)?.map_or_else(silent, Piece::Trunks)),
        Query::Fex => fex::parse(lines(answer)?).map(Piece::Fexes),
        Query::Features => owners::features(lines(answer)?).map(Piece::Features),
        Query::FeatureSets => owners::feature_sets(lines(answer)?).map(Piece::FeatureSets),
        Query::Vtp => Ok(owners::vtp(text(answer)?).map_or_else(silent, Piece::Vtp)),
        Query::SystemMode => Ok(owners::maintenance(text(answer)?).map_or_else(silent, Piece::Maintenance)),
        Query::SwitchProfiles => owners::switch_profile(lines(answer)?).map(Piece::SwitchProfile),
        Query::Save => Ok(Piece::Saved(save::parse(text(answer)?))),
    }
}

/// Reads an answer by the parser of its encoding, whichever was asked for.
fn read<T>(
    answer: &Answer,
    parse: fn(&Value) -> Result<T, ParseError>,
    parse_text: fn(&str) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    match encoded(answer)? {
        Encoded::Body(body) => parse(&body),
        Encoded::Lines(text) => parse_text(text),
    }
}

enum Encoded<'a> {
    Body(Cow<'a, Value>),
    Lines(&'a str),
}

/// A text that begins with a brace is JSON; a blank one is an answer without a body (facts: NX-OS §2.5).
fn encoded(answer: &Answer) -> Result<Encoded<'_>, ParseError> {
    let text = match answer {
        Answer::Text(text) | Answer::Structured(Value::String(text)) => text,
        Answer::Structured(body) => return Ok(Encoded::Body(Cow::Borrowed(body))),
    };
    if text.trim().is_empty() {
        return Ok(Encoded::Body(Cow::Owned(Value::Null)));
    }
    if text.trim_start().starts_with('{') {
        let body = serde_json::from_str(text).map_err(|_| ParseError::value("JSON", text))?;
        return Ok(Encoded::Body(Cow::Owned(body)));
    }
    whole(text).map(Encoded::Lines)
}

fn text(answer: &Answer) -> Result<&str, ParseError> {
    match answer {
        Answer::Text(text) | Answer::Structured(Value::String(text)) => Ok(text),
        Answer::Structured(Value::Null) => Ok(""),
        Answer::Structured(_) => Err(ParseError::Encoding),
    }
}

fn lines(answer: &Answer) -> Result<&str, ParseError> {
    whole(text(answer)?)
}

/// A switch ends every line that it prints, also the last: a text that stops within a line was cut off, and the number
/// it stops in may be half a number.
fn whole(text: &str) -> Result<&str, ParseError> {
    let ended = text.rsplit('\n').next().is_none_or(|rest| rest.trim().is_empty());
    if ended && !text.contains("--More--") { Ok(text) } else { Err(ParseError::Cut) }
}

#[cfg(test)]
mod captures;
#[cfg(test)]
mod cut_tests;
#[cfg(test)]
mod fabric_tests;
#[cfg(test)]
mod quirk_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;
