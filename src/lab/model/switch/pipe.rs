//! What stands behind `|`: structured forms of an answer, and choosing among its lines (facts: NX-OS §5.1).

use quick_xml::escape::escape;
use regex_lite::Regex;
use serde_json::Value;

pub(super) use super::grammar::Filter;
use super::{Outcome, Profile, Rejection, grammar, profile::Structured};

/// Reads the filters of a line; `pipes` follows the first `|` and begins at `column`. A `|` without blanks around it
/// belongs to the expression that it stands in.
pub(super) fn parse(pipes: &str, mut column: usize, profile: &Profile) -> Result<Vec<Filter>, Rejection> {
    let mut filters = Vec::new();
    for text in pipes.split(" | ") {
        let filter = grammar::parse_filter(text, column)?;
        if needs(&filter) > profile.structured {
            let blanks = text.len() - text.trim_start().len();
            return Err(Rejection::Invalid(column + blanks));
        }
        filters.push(filter);
        column += text.len() + " | ".len();
    }
    Ok(filters)
}

/// The least that a platform must know of structured forms (facts: NX-OS §2.15, §2.16).
const fn needs(filter: &Filter) -> Structured {
    match filter {
        Filter::Json => Structured::Json,
        Filter::JsonPretty => Structured::Pretty,
        Filter::JsonNative => Structured::Native,
        Filter::Xml => Structured::Xml,
        Filter::Begin(_) | Filter::Exclude(_) | Filter::Include(_) | Filter::Section(_) | Filter::NoMore => {
            Structured::None
        }
    }
}

/// The answer behind the filters.
pub(super) fn through(outcome: Outcome, filters: &[Filter]) -> Outcome {
    filters.iter().fold(outcome, |outcome, filter| match outcome {
        Outcome::Printed { text, body } => filtered(text, body, filter),
        Outcome::Quiet | Outcome::Rejected(_) => outcome,
    })
}

fn filtered(text: String, body: Option<Value>, filter: &Filter) -> Outcome {
    match filter {
        // Which values are numbers behind `native` and strings without it is not in the facts: both give the same.
        Filter::Json | Filter::JsonNative => structured(body, |body| format!("{body}\n")),
        Filter::JsonPretty => structured(body, |body| format!("{body:#}\n")),
        Filter::Xml => structured(body, |body| xml(&body)),
        Filter::Begin(pattern) => kept(text.lines().skip_while(|line| !pattern.is_match(line))),
        Filter::Exclude(pattern) => kept(text.lines().filter(|line| !pattern.is_match(line))),
        Filter::Include(pattern) => kept(text.lines().filter(|line| pattern.is_match(line))),
        Filter::Section(pattern) => section(&text, pattern),
        Filter::NoMore => Outcome::Printed { text, body },
    }
}

/// What a terminal says of a command without a structured form is not in the facts; these are NX-API's words (§1.4).
fn structured(body: Option<Value>, form: fn(Value) -> String) -> Outcome {
    body.map_or_else(|| Outcome::said("ERROR: Structured output unsupported"), |body| Outcome::text(form(body)))
}

/// Nothing printed is nothing said.
fn kept<'a>(lines: impl Iterator<Item = &'a str>) -> Outcome {
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    if text.is_empty() { Outcome::Quiet } else { Outcome::text(text) }
}

/// The lines that match, each with the deeper lines below it.
fn section(text: &str, pattern: &Regex) -> Outcome {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut within: Option<usize> = None;
    kept(text.lines().filter(|line| {
        if within.is_none_or(|above| line.is_empty() || depth(line) <= above) {
            within = pattern.is_match(line).then(|| depth(line));
        }
        within.is_some()
    }))
}

/// The body as elements. The frame around it, of the command's own names, is not in the facts: this is NETCONF's.
fn xml(body: &Value) -> String {
    let frame = "xmlns:nf=\"urn:ietf:params:xml:ns:netconf:base:1.0\"";
    let mut text = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<nf:rpc-reply {frame}>\n <nf:data>\n");
    elements(body, 2, &mut text);
    text.push_str(" </nf:data>\n</nf:rpc-reply>\n]]>]]>\n");
    text
}

fn elements(value: &Value, depth: usize, text: &mut String) {
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Array(rows) => rows.iter().for_each(|row| element(name, row, depth, text)),
            Value::Object(_) | Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
                element(name, value, depth, text);
            }
        }
    }
}

fn element(name: &str, value: &Value, depth: usize, text: &mut String) {
    let blanks = " ".repeat(depth);
    match value {
        Value::Object(_) | Value::Array(_) => {
            text.push_str(&format!("{blanks}<{name}>\n"));
            elements(value, depth + 1, text);
            text.push_str(&format!("{blanks}</{name}>\n"));
        }
        Value::Null => text.push_str(&format!("{blanks}<{name}/>\n")),
        Value::String(value) => text.push_str(&format!("{blanks}<{name}>{}</{name}>\n", escape(value.as_str()))),
        Value::Number(_) | Value::Bool(_) => text.push_str(&format!("{blanks}<{name}>{value}</{name}>\n")),
    }
}
