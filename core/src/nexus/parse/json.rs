//! The shapes of NX-OS's structured output (facts: NX-OS §2.1–§2.7).

use serde_json::Value;

use super::ParseError;
use crate::net::VlanSet;

/// The rows of a table. A table or its rows may be an object or a list (facts: NX-OS §2.1); without the table there are
/// no rows. A body that is neither an object nor empty is foreign.
pub(super) fn rows<'a>(body: &'a Value, table: &'static str, row: &'static str) -> Result<Vec<&'a Value>, ParseError> {
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
pub(super) fn rows_of<'a>(
    body: &'a Value,
    table: &'static str,
    row: &'static str,
) -> Result<Vec<&'a Value>, ParseError> {
    match body.get(table) {
        Some(_) => rows(body, table, row),
        None => Err(ParseError::Missing(table)),
    }
}

/// The rows of an answer that has this table only. Without it there are none, where what stands there instead is no table
/// either, such as a count: tables that nobody knows are not nothing.
pub(super) fn rows_of_only<'a>(
    body: &'a Value,
    table: &'static str,
    row: &'static str,
) -> Result<Vec<&'a Value>, ParseError> {
    let other = |value: &Value| listed(value).into_iter().any(|part| part.is_object() && !is_empty(part));
    let others = body.as_object().is_some_and(|map| map.values().any(other));
    if others && body.get(table).is_none() { Err(ParseError::Missing(table)) } else { rows(body, table, row) }
}

fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
    }
}

/// `""`, `{}`, `null` all mean that there is nothing (facts: NX-OS §2.5).
pub(super) fn is_empty(value: &Value) -> bool {
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
pub(super) fn string(row: &Value, key: &str) -> Option<String> {
    let text = match row.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty() && text != "null" && text != "not advertised").then_some(text)
}

pub(super) fn required(row: &Value, key: &'static str) -> Result<String, ParseError> {
    string(row, key).ok_or(ParseError::Missing(key))
}

/// A VLAN list that must be there. `-`, `none` and nothing at all stand for no VLAN; a long list may come in pieces
/// (facts: NX-OS §2.17).
pub(super) fn vlan_list(row: &Value, key: &'static str) -> Result<VlanSet, ParseError> {
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
