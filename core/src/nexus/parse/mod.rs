//! Parsers of what NX-OS prints: tolerant in what varies between platforms (facts: NX-OS §2), strict in what may not.
//! A foreign or cut-off output is an error, never half a table.

pub mod accounting;
mod channels;
pub mod config;
mod fex;
mod macs;
mod neighbors;
mod owners;
pub mod ports;
mod save;
mod trunks;
mod version;
mod vlans;
mod vpc;

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::{Answer, Piece, Query};
use crate::{net::VlanSet, tracker::Vpc};

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
    /// The device is something else.
    #[error("is not a Nexus switch: show version says nothing of NX-OS")]
    NotNexus,
}

impl ParseError {
    fn value(key: &'static str, value: &str) -> Self {
        Self::Value { key, value: value.chars().take(60).collect() }
    }
}

/// Parses the answer to `query`.
///
/// # Errors
/// When the output is foreign, cut off, or holds something that must be understood and is not.
pub fn piece(query: Query, answer: &Answer) -> Result<Piece, ParseError> {
    match query {
        Query::Version => {
            let body = body(answer)?;
            Ok(Piece::Version(version::parse(body)?, version::uptime(body)))
        }
        Query::Config => config::parse(text(answer)?).map(Piece::Config),
        Query::PortConfig(interface) => config::parse_one(text(answer)?, interface).map(Piece::Config),
        Query::Ports => ports::parse(body(answer)?).map(Piece::Ports),
        Query::Vlans => vlans::parse(body(answer)?).map(Piece::Vlans),
        Query::PortChannels => channels::parse(body(answer)?).map(Piece::PortChannels),
        Query::Lldp => neighbors::parse_lldp(body(answer)?).map(Piece::Neighbors),
        Query::Cdp => neighbors::parse_cdp(body(answer)?).map(Piece::Neighbors),
        Query::Macs(_) => macs::parse(body(answer)?).map(Piece::Macs),
        Query::AccountingLog => Ok(Piece::Accounting(accounting::parse(text(answer)?))),
        Query::Vpc => Ok(vpc::parse(body(answer)?)?.map_or(Piece::Silent(query), Piece::Vpc)),
        Query::Trunks => Ok(trunks::parse(body(answer)?)?.map_or(Piece::Silent(query), Piece::Trunks)),
        Query::Fex => fex::parse(text(answer)?).map(Piece::Fexes),
        Query::Features => owners::features(text(answer)?).map(Piece::Features),
        Query::FeatureSets => Ok(Piece::FeatureSets(owners::feature_sets(text(answer)?))),
        Query::Vtp => Ok(owners::vtp(text(answer)?).map_or(Piece::Silent(query), Piece::Vtp)),
        Query::SystemMode => Ok(owners::maintenance(text(answer)?).map_or(Piece::Silent(query), Piece::Maintenance)),
        Query::SwitchProfiles => Ok(Piece::SwitchProfile(owners::switch_profile(text(answer)?))),
        Query::Save => Ok(Piece::Saved(save::parse(text(answer)?))),
    }
}

/// What stands for a refused query: a protocol or feature that is switched off has nothing to tell. What no session
/// needs to stand is unknown then. Anything else has no stand-in.
pub fn piece_when_refused(query: Query, message: &str) -> Option<Piece> {
    let message = message.to_ascii_lowercase();
    let off = ["invalid command", "not enabled", "not running", "disabled"];
    let is_off = off.iter().any(|words| message.contains(words));
    let silent = Some(Piece::Silent(query));
    match query {
        Query::Lldp | Query::Cdp => is_off.then(|| Piece::Neighbors(Vec::new())),
        Query::AccountingLog => Some(Piece::Accounting(Vec::new())),
        Query::Vpc => {
            if is_off {
                Some(Piece::Vpc(Vpc::None))
            } else {
                silent
            }
        }
        Query::Fex => {
            if is_off {
                Some(Piece::Fexes(BTreeMap::new()))
            } else {
                silent
            }
        }
        Query::Trunks
        | Query::Features
        | Query::FeatureSets
        | Query::Vtp
        | Query::SystemMode
        | Query::SwitchProfiles => silent,
        Query::Version
        | Query::Config
        | Query::PortConfig(_)
        | Query::Ports
        | Query::Vlans
        | Query::PortChannels
        | Query::Macs(_)
        | Query::Save => None,
    }
}

/// What stands for an answer that cannot be read, where no session needs it: it is unknown.
pub const fn piece_when_unreadable(query: Query) -> Option<Piece> {
    match query {
        Query::Trunks
        | Query::Fex
        | Query::Features
        | Query::FeatureSets
        | Query::Vtp
        | Query::SystemMode
        | Query::SwitchProfiles => Some(Piece::Silent(query)),
        // Two switches of a pair must never be taken for two that have nothing to do with each other.
        Query::Vpc
        | Query::Version
        | Query::Config
        | Query::PortConfig(_)
        | Query::Ports
        | Query::Vlans
        | Query::PortChannels
        | Query::Lldp
        | Query::Cdp
        | Query::Macs(_)
        | Query::AccountingLog
        | Query::Save => None,
    }
}

fn body(answer: &Answer) -> Result<&Value, ParseError> {
    match answer {
        Answer::Structured(body) => Ok(body),
        Answer::Text(_) => Err(ParseError::Encoding),
    }
}

fn text(answer: &Answer) -> Result<&str, ParseError> {
    match answer {
        Answer::Text(text) => Ok(text),
        Answer::Structured(_) => Err(ParseError::Encoding),
    }
}

/// The rows of a table. A table or its rows may be an object or a list (facts: NX-OS §2.1); without the table there are
/// no rows. A body that is neither an object nor empty is foreign.
fn rows<'a>(body: &'a Value, table: &'static str, row: &'static str) -> Result<Vec<&'a Value>, ParseError> {
    if is_empty(body) {
        return Ok(Vec::new());
    }
    let Some(object) = body.as_object() else {
        return Err(ParseError::value(table, &body.to_string()));
    };
    let Some(found) = object.get(table) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    for part in listed(found).into_iter().filter(|part| !is_empty(part)) {
        let inner = part.get(row).ok_or(ParseError::Missing(row))?;
        rows.extend(listed(inner).into_iter().filter(|row| !is_empty(row)));
    }
    rows.iter().all(|row| row.is_object()).then_some(rows).ok_or(ParseError::Missing(row))
}

/// The same, where the table must be there.
fn rows_of<'a>(body: &'a Value, table: &'static str, row: &'static str) -> Result<Vec<&'a Value>, ParseError> {
    match body.get(table) {
        Some(_) => rows(body, table, row),
        None => Err(ParseError::Missing(table)),
    }
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
    }
}

/// `""`, `{}`, `null` all mean that there is nothing (facts: NX-OS §2.5).
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value as trimmed text: the same key is a string here and a number there (facts: NX-OS §2.2). Empty elements and the
/// words that stand for nothing count as absent.
fn string(row: &Value, key: &str) -> Option<String> {
    let text = match row.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && text != "null" && text != "not advertised").then_some(text)
}

fn required(row: &Value, key: &'static str) -> Result<String, ParseError> {
    string(row, key).ok_or(ParseError::Missing(key))
}

/// A VLAN list that must be there. `-`, `none` and nothing at all stand for no VLAN; a long list may come in pieces
/// (facts: NX-OS §2.17).
fn vlan_list(row: &Value, key: &'static str) -> Result<VlanSet, ParseError> {
    let value = row.get(key).ok_or(ParseError::Missing(key))?;
    let mut vlans = VlanSet::EMPTY;
    for piece in listed(value).into_iter().filter(|piece| !is_empty(piece)) {
        let text = match piece {
            Value::String(text) => text.split_whitespace().collect::<String>(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                return Err(ParseError::value(key, &piece.to_string()));
            }
        };
        if text != "-" && !text.eq_ignore_ascii_case("none") {
            vlans = vlans.union(&text.parse().map_err(|_| ParseError::value(key, &text))?);
        }
    }
    Ok(vlans)
}

#[cfg(test)]
mod fabric_tests;
#[cfg(test)]
mod tests;
