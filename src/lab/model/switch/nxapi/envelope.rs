//! An ins_api request taken out of its JSON or XML (facts: NX-OS §1.4).

use quick_xml::{
    Reader,
    events::{BytesRef, Event},
};
use serde_json::Value;

/// How the reply is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

/// The members of `ins_api` that matter. `chunk` and `sid` do not: every reply fits in one piece, whose `sid` is `eoc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) input: String,
    pub(super) rollback: String,
    pub(super) format: Format,
}

impl Envelope {
    fn new(format: Format) -> Self {
        let empty = String::new;
        Self { version: empty(), kind: empty(), input: empty(), rollback: empty(), format }
    }

    /// From `{"ins_api": …}`; none when that is missing.
    pub(super) fn from_json(request: &Value) -> Option<Self> {
        let mut envelope = Self::new(Format::Json);
        for (name, value) in request.get("ins_api")?.as_object()? {
            // Clients send `sid` as null and may send a version as a number.
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            envelope.set(name, &text);
        }
        Some(envelope)
    }

    /// From `<ins_api>…</ins_api>`; none when it is no such document.
    pub(super) fn from_xml(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut envelope = Self::new(Format::Xml);
        let mut open: Vec<(String, String)> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push((start.local_name().as_ref().to_owned(), String::new())),
                Event::Text(text) => add(&mut open, &text),
                Event::CData(text) => add(&mut open, &text),
                Event::GeneralRef(reference) => add(&mut open, &resolve(&reference)),
                Event::End(_) => {
                    let (name, text) = open.pop()?;
                    match open.as_slice() {
                        [] => return (name == "ins_api").then_some(envelope),
                        [_] => envelope.set(&name, &text),
                        [_, _, ..] => return None,
                    }
                }
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof => return None,
            }
        }
    }

    /// Unknown members are none of a switch's business.
    fn set(&mut self, name: &str, text: &str) {
        match (name, text) {
            ("version", _) => text.clone_into(&mut self.version),
            ("type", _) => text.clone_into(&mut self.kind),
            ("input", _) => text.clone_into(&mut self.input),
            ("rollback", _) => text.clone_into(&mut self.rollback),
            ("output_format", "json") => self.format = Format::Json,
            ("output_format", "xml") => self.format = Format::Xml,
            _ => {}
        }
    }
}

fn add(open: &mut [(String, String)], text: &str) {
    if let Some((_, content)) = open.last_mut() {
        content.push_str(text);
    }
}

/// The letter of `&lt;`, `&#10;` and the like; an entity that XML does not define is dropped.
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return letter.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(reference).unwrap_or_default().to_owned()
}
