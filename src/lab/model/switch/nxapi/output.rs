//! One entry of `outputs`, and how entries become JSON and XML (facts: NX-OS §1.4).

use serde::Serialize;
use serde_json::{Map, Value, json, ser::PrettyFormatter};

/// What became of one command.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Output {
    /// The command as sent, leading blanks and all; a configuration line's entry has none.
    pub(super) input: Option<String>,
    pub(super) body: Body,
    pub(super) msg: &'static str,
    pub(super) code: u16,
}

/// What an entry carries.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// `body`.
    Given(Value),
    /// `clierror` in its place.
    Error(String),
    /// Neither.
    Absent,
}

impl Output {
    /// Success.
    pub(super) const fn success(input: Option<String>, body: Value) -> Self {
        Self { input, body: Body::Given(body), msg: "Success", code: 200 }
    }

    /// The entry as JSON; the code is a string there.
    pub(super) fn json(&self) -> Value {
        Value::Object(self.members().into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    }

    /// The entry as XML.
    fn xml(&self, out: &mut String) {
        for (name, value) in self.members() {
            element(out, name, &value);
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        let mut members = Vec::new();
        match &self.body {
            Body::Given(body) => members.push(("body", body.clone())),
            Body::Error(text) => members.push(("clierror", json!(text))),
            Body::Absent => {}
        }
        members.extend(self.input.as_ref().map(|input| ("input", json!(input))));
        members.push(("msg", json!(self.msg)));
        members.push(("code", json!(self.code.to_string())));
        members
    }
}

/// The reply in JSON: an object for one entry, a list for several; indented with tabs as a real one.
pub(super) fn json_reply(kind: &str, version: &str, outputs: &[Output]) -> String {
    let output = match outputs {
        [only] => only.json(),
        several => several.iter().map(Output::json).collect(),
    };
    indented(&json!({
        "ins_api": { "type": kind, "version": version, "sid": "eoc", "outputs": { "output": output } }
    }))
}

/// The reply in XML.
pub(super) fn xml_reply(kind: &str, version: &str, outputs: &[Output]) -> String {
    let mut out = "<?xml version=\"1.0\"?>\n<ins_api>".to_owned();
    for (name, text) in [("type", kind), ("version", version), ("sid", "eoc")] {
        element(&mut out, name, &json!(text));
    }
    out.push_str("<outputs>");
    for output in outputs {
        out.push_str("<output>");
        output.xml(&mut out);
        out.push_str("</output>");
    }
    out.push_str("</outputs></ins_api>\n");
    out
}

/// Text with tabs.
pub(super) fn indented(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"\t");
    match value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter)) {
        Ok(()) => String::from_utf8(out).unwrap_or_default(),
        // A value always can be written into memory; without the tabs it is the same.
        Err(_) => value.to_string(),
    }
}

/// A value as elements: an object's members inside, a list as the element repeated.
fn element(out: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| element(out, name, item));
    }
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| element(out, name, value)),
        Value::String(text) => escape(out, text),
        Value::Number(_) | Value::Bool(_) => out.push_str(&value.to_string()),
        Value::Null | Value::Array(_) => {}
    }
    out.push_str(&format!("</{name}>"));
}

/// XML 1.0 has no place for most control characters, escaped or not.
fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\t' => out.push(letter),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
}
