//! Who else may own the switch's configuration: `show feature`, `show feature-set`, `show vtp status`,
//! `show system mode`, `show running-config switch-profile`.
//!
//! ```text
//! Feature Name          Instance  State
//! --------------------  --------  --------
//! bash-shell             1          enabled
//! ospf                   1          enabled (not-running)
//! ```

use std::collections::BTreeSet;

use super::ParseError;

/// The features of which an instance is enabled, by name.
pub(super) fn features(text: &str) -> Result<BTreeSet<String>, ParseError> {
    let headed = text.lines().any(|line| line.trim_start().starts_with("Feature Name"));
    if !headed {
        return Err(ParseError::Missing("the head of the table of features"));
    }
    let rows = text.lines().filter_map(|line| feature(line).transpose());
    let enabled = rows.filter_map(|row| row.map(|(name, on)| on.then_some(name)).transpose());
    enabled.collect()
}

/// One row; none where the line is none.
fn feature(line: &str) -> Result<Option<(String, bool)>, ParseError> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(instance), state) = (words.next(), words.next(), words.next()) else { return Ok(None) };
    if instance.parse::<u16>().is_err() {
        return Ok(None);
    }
    // Some images print `enabled(not-running)` in one word.
    match state.map(|word| word.split_once('(').map_or(word, |(state, _)| state)) {
        Some("enabled") => Ok(Some((name.to_owned(), true))),
        Some("disabled") => Ok(Some((name.to_owned(), false))),
        Some(_) | None => Err(ParseError::value("feature", line)),
    }
}

/// The feature sets that are enabled, by name: `fabricpath  2  enabled`. A switch that has none prints nothing, or only
/// the head.
pub(super) fn feature_sets(text: &str) -> Result<BTreeSet<String>, ParseError> {
    if !text.trim().is_empty() && !text.contains("Feature Set") {
        return Err(ParseError::Missing("the head of the table of feature sets"));
    }
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [name, number, "enabled", ..] if number.parse::<u16>().is_ok() => Some((*name).to_owned()),
            _ => None,
        }
    };
    Ok(text.lines().filter_map(row).collect())
}

/// Whether the switch is a VTP server or client; none where its mode cannot be read. The label's letters differ.
pub(super) fn vtp(text: &str) -> Option<bool> {
    let mode = labelled(text, "vtp operating mode")?;
    match mode.split_whitespace().next()? {
        "server" | "client" | "primary" => Some(true),
        "transparent" | "off" => Some(false),
        _ => None,
    }
}

/// Whether the switch is in maintenance mode; none where that cannot be read.
pub(super) fn maintenance(text: &str) -> Option<bool> {
    let mode = labelled(text, "system mode")?;
    match mode.split_whitespace().next()? {
        "maintenance" => Some(true),
        "normal" => Some(false),
        _ => None,
    }
}

/// Whether a switch-profile is configured. Without one there is nothing, or only what every running-config begins with.
pub(super) fn switch_profile(text: &str) -> Result<bool, ParseError> {
    let begins = |words: &str| text.lines().any(|line| line.trim_start().starts_with(words));
    let there = begins("switch-profile ");
    if there || text.trim().is_empty() || begins("!Command") || begins("version ") {
        Ok(there)
    } else {
        Err(ParseError::Missing("the head of running-config"))
    }
}

/// What stands behind `label:`, in small letters.
fn labelled(text: &str, label: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(label))?;
    Some(value.trim().to_ascii_lowercase())
}
