//! From a SOAP 1.1 envelope to a call.

use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
    name::{Namespace, ResolveResult},
};
use thiserror::Error;

use crate::lab::model::vcenter::{Call, Node};

/// A request nests filters about eight deep.
const DEEPEST: usize = 64;
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Why a body is no call.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is no XML.
    #[error("the request is no XML")]
    Xml(#[source] quick_xml::Error),
    /// It ends too early, or has no `Body` with one element.
    #[error("the request is no SOAP envelope")]
    Envelope,
    /// It nests deeper than any request.
    #[error("the request nests deeper than {DEEPEST} elements")]
    Deep,
}

/// Reads an envelope; prefixes do not matter.
pub fn read_call(text: &str) -> Result<Call, ReadError> {
    let envelope = read_tree(text)?;
    let body = envelope.children.into_iter().find(|child| child.name == "Body").ok_or(ReadError::Envelope)?;
    let method = body.children.into_iter().next().ok_or(ReadError::Envelope)?;
    Ok(Call { method })
}

fn read_tree(text: &str) -> Result<Node, ReadError> {
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    loop {
        let event = reader.read_event().map_err(ReadError::Xml)?;
        let closed = match event {
            Event::Start(start) => {
                open.push(element(&reader, &start)?);
                None
            }
            Event::Empty(start) => Some(element(&reader, &start)?),
            Event::End(_) => Some(open.pop().ok_or(ReadError::Envelope)?),
            Event::Text(text) => add_text(&mut open, &text),
            Event::CData(text) => add_text(&mut open, &text),
            Event::GeneralRef(reference) => add_text(&mut open, &resolve(&reference)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
            Event::Eof => return Err(ReadError::Envelope),
        };
        if open.len() > DEEPEST {
            return Err(ReadError::Deep);
        }
        match (closed, open.last_mut()) {
            (Some(node), Some(parent)) => parent.children.push(node),
            (Some(node), None) => return Ok(node),
            (None, _) => {}
        }
    }
}

fn add_text(open: &mut [Node], text: &str) -> Option<Node> {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
    None
}

/// The text of `&lt;`, `&#10;` and the like; an entity that XML does not define is dropped.
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return letter.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(reference).unwrap_or_default().to_owned()
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Node, ReadError> {
    let mut node = Node { name: start.local_name().as_ref().to_owned(), ..Node::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| ReadError::Xml(error.into()))?;
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        if name.as_ref() != "type" {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(ReadError::Xml)?;
        match namespace {
            ResolveResult::Bound(Namespace(XSI)) => {
                node.xsi_type = Some(value.rsplit(':').next().unwrap_or_default().to_owned());
            }
            ResolveResult::Unbound => node.kind = Some(value.into_owned()),
            ResolveResult::Bound(_) | ResolveResult::Unknown(_) => {}
        }
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_do_not_matter_and_types_are_found_by_namespace() {
        let text = r#"<?xml version="1.0"?>
            <e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"
              xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><e:Body>
            <Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this>
            <userName>a&amp;b&#33;</userName><password><![CDATA[<x>]]></password>
            <spec i:type="v:TraversalSpec"/></Login></e:Body></e:Envelope>"#;
        let call = read_call(text).expect("an envelope");
        assert_eq!(call.method.name, "Login");
        assert_eq!(call.this().as_str(), "SessionManager");
        assert_eq!(call.method.child("_this").and_then(|this| this.kind.as_deref()), Some("SessionManager"));
        assert_eq!(call.method.text_of("userName"), "a&b!");
        assert_eq!(call.method.text_of("password"), "<x>");
        let spec = call.method.child("spec").expect("there");
        assert_eq!((spec.xsi_type.as_deref(), spec.kind.as_deref()), (Some("TraversalSpec"), None));
    }

    #[test]
    fn refuses_what_is_no_envelope() {
        let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
        for text in ["", "x", "<a/>", "<a><Body/></a>", "<a><Body><m></Body></a>", "</a>", "<a", deep.as_str()] {
            assert!(read_call(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,200}") {
            drop(read_call(&text));
        }

        #[test]
        fn never_panics_on_broken_xml(parts in prop::collection::vec(
            prop_oneof![Just("<a>"), Just("</a>"), Just("<Body>"), Just("</Body>"), Just("<b x:type='y' type=\"z\"/>"),
                Just("&lt;"), Just("&#x110000;"), Just("&#0;"), Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("xmlns:x=")], 0..30)) {
            drop(read_call(&parts.concat()));
        }
    }
}
