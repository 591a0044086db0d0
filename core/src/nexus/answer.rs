//! What a switch said to one command, by whatever way it came.

use serde_json::Value;

/// What the switch said to one command: its answer, or its words of refusal.
pub type Reply = Result<Answer, String>;

/// An answer of a switch, not yet parsed.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The body of a structured answer; `Null` when there was none.
    Structured(Value),
    /// The text of an ASCII answer.
    Text(String),
}

/// What a configuration command printed although it counts as a success: errors hide there (facts: NX-OS §1.4, §4.7).
/// A configuration command that works prints nothing.
///
/// # Errors
/// The device's words.
pub fn configured(answer: &Answer) -> Result<(), String> {
    match answer {
        Answer::Text(text) => printed(text),
        Answer::Structured(Value::String(text)) => printed(text),
        Answer::Structured(Value::Object(map)) if !map.is_empty() => printed(&Value::Object(map.clone()).to_string()),
        Answer::Structured(Value::Array(items)) if !items.is_empty() => {
            printed(&Value::Array(items.clone()).to_string())
        }
        Answer::Structured(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::Array(_)) => {
            Ok(())
        }
    }
}

fn printed(text: &str) -> Result<(), String> {
    let text = one_line(text);
    // Whatever it is, the read-back decides; these are the device's words if it was a refusal.
    if text.is_empty() { Ok(()) } else { Err(text) }
}

/// Any text on one line, of a length that people read.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}
