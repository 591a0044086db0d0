//! `ins_api` as XML: requests, and replies in the shape that JSON has (facts: NX-OS §1.1, §1.4).
//!
//! A table becomes the JSON of the same table: an element with children is an object, repeated elements are a list, a
//! leaf is its text, and an empty one `""`. So the parsers of tables need to know JSON only.

use std::mem;

use quick_xml::{
    Reader,
    escape::{escape, resolve_xml_entity},
    events::{BytesRef, Event},
};
use serde_json::{Map, Value};

use super::{Commands, DecodeError, excerpt, ins};

/// How deep elements may nest; tables go to about 10.
const DEPTH_MAX: usize = 64;

/// The body of a request for commands of one encoding. The elements are in the order that is safe in JSON.
pub(super) fn request(commands: Commands<'_>) -> Vec<u8> {
    let (version, kind, input) = (ins::VERSION, ins::kind(commands), ins::input(commands));
    let input = escape(&input);
    format!(
        "<?xml version=\"1.0\"?><ins_api><version>{version}</version><type>{kind}</type><chunk>0</chunk><sid>1</sid>\
         <input>{input}</input><output_format>xml</output_format></ins_api>"
    )
    .into_bytes()
}

/// An element that is not closed yet.
#[derive(Default)]
struct Open {
    name: String,
    text: String,
    children: Map<String, Value>,
}

impl Open {
    fn take(&mut self, name: String, value: Value) {
        match self.children.get_mut(&name) {
            // No element becomes a list by itself.
            Some(Value::Array(items)) => items.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => drop(self.children.insert(name, value)),
        }
    }

    fn close(self) -> (String, Value) {
        let is_leaf = self.children.is_empty();
        (self.name, if is_leaf { Value::String(self.text) } else { Value::Object(self.children) })
    }
}

/// A document as JSON would have it, its outermost element included; namespaces and attributes left out.
///
/// # Errors
/// When it is no XML, cut off, or nests too deeply.
pub(super) fn value(body: &[u8]) -> Result<Value, DecodeError> {
    let text = String::from_utf8_lossy(body);
    let document = read(&text).filter(|document| !document.is_empty());
    document.map(Value::Object).ok_or_else(|| DecodeError::NotXml { excerpt: excerpt(&text) })
}

/// Without recursion: depth is the other side's choice.
fn read(text: &str) -> Option<Map<String, Value>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut outer = Vec::new();
    let mut current = Open::default();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.local_name().into_inner().to_owned();
                outer.push(mem::replace(&mut current, Open { name, ..Open::default() }));
                if outer.len() > DEPTH_MAX {
                    return None;
                }
            }
            Event::End(_) => {
                let (name, value) = mem::replace(&mut current, outer.pop()?).close();
                current.take(name, value);
            }
            Event::Text(text) => current.text.push_str(&text.xml10_content()),
            Event::CData(text) => current.text.push_str(&text.into_inner()),
            Event::GeneralRef(reference) => current.text.push_str(&resolved(&reference)?),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => return outer.is_empty().then_some(current.children),
        }
    }
}

/// `&amp;` and `&#10;`; an entity that XML does not know has no meaning without a document type.
fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref().ok()? {
        Some(letter) => Some(letter.to_string()),
        None => resolve_xml_entity(&reference.xml10_content()).map(str::to_owned),
    }
}
