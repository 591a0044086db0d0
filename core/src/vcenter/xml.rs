//! XML as a stream of tokens, namespaces resolved, bounded in depth and in bytes per object.

use std::io::{self, BufRead, Read};

use quick_xml::{
    NsReader, XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesRef, BytesStart, Event},
    name::ResolveResult,
};
use thiserror::Error;

use super::VimValue;

/// The most bytes that one object of an answer may have. A VM has about 7 KB (facts: vCenter §A4), a page of 200
/// events about 300 KB; what is a hundred times larger is no vCenter.
pub const OBJECT_LIMIT: usize = 32 << 20;

/// How deep elements may nest; VIM's own data goes to about 15.
const DEPTH_LIMIT: usize = 64;

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Why an answer cannot be read.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The stream broke, or what came is no XML.
    #[error("the answer cannot be read as XML")]
    Xml(#[source] quick_xml::Error),
    /// The stream ended inside the answer.
    #[error("the answer ends early")]
    Cut,
    /// Elements nest deeper than any vCenter's.
    #[error("the answer nests too deeply")]
    Deep,
    /// Not the element that belongs here.
    #[error("the answer has {found:?} where {wanted} belongs")]
    Unexpected {
        /// What belongs here.
        wanted: &'static str,
        /// What was there.
        found: String,
    },
}

impl DecodeError {
    /// The stream broke. What only ends early may be no vCenter's answer at all.
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::Xml(quick_xml::Error::Io(_)))
    }
}

/// What comes next in a stream.
#[derive(Debug)]
pub(super) enum Token {
    /// An element begins; its children follow.
    Open(VimValue),
    /// An element ends.
    Close,
    /// Text inside an element.
    Text(String),
    /// The document is over, every element closed.
    End,
}

/// A reader of tokens and whole elements.
#[derive(Debug)]
pub(super) struct Xml<R> {
    reader: NsReader<Bounded<R>>,
    buffer: Vec<u8>,
    depth: usize,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(inner: R) -> Self {
        let mut reader = NsReader::from_reader(Bounded { inner, left: OBJECT_LIMIT });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Token, DecodeError> {
        loop {
            self.buffer.clear();
            let event = self.reader.read_event_into(&mut self.buffer).map_err(DecodeError::Xml)?;
            match event {
                Event::Start(start) | Event::Empty(start) => {
                    self.depth += 1;
                    if self.depth > DEPTH_LIMIT {
                        return Err(DecodeError::Deep);
                    }
                    return element(&self.reader, &start).map(Token::Open);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Token::Close);
                }
                Event::Text(text) => return Ok(Token::Text(text.xml10_content().into_owned())),
                Event::CData(text) => return Ok(Token::Text(text.into_inner().into_owned())),
                Event::GeneralRef(reference) => return resolved(&reference).map(Token::Text),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof if self.depth == 0 => return Ok(Token::End),
                Event::Eof => return Err(DecodeError::Cut),
            }
        }
    }

    /// The next element that begins here; none when the enclosing one ends first.
    pub(super) fn open(&mut self) -> Result<Option<VimValue>, DecodeError> {
        loop {
            match self.next()? {
                Token::Open(value) => return Ok(Some(value)),
                Token::Close => return Ok(None),
                Token::Text(_) => {}
                Token::End => return Err(DecodeError::Cut),
            }
        }
    }

    /// The whole element whose beginning was just read. Without recursion: depth is the other side's choice.
    pub(super) fn finish(&mut self, begun: VimValue) -> Result<VimValue, DecodeError> {
        let mut open = Vec::new();
        let mut current = begun;
        loop {
            match self.next()? {
                Token::Open(child) => open.push(std::mem::replace(&mut current, child)),
                Token::Text(text) => current.text.push_str(&text),
                Token::Close => {
                    if !current.children.is_empty() {
                        current.text = String::new();
                    }
                    let Some(parent) = open.pop() else { return Ok(current) };
                    let whole = std::mem::replace(&mut current, parent);
                    current.children.push(whole);
                }
                Token::End => return Err(DecodeError::Cut),
            }
        }
    }

    /// Reads to the end of the document: what was not closed was cut off.
    pub(super) fn close(&mut self) -> Result<(), DecodeError> {
        while !matches!(self.next()?, Token::End) {}
        Ok(())
    }

    /// An object is complete: the next one may have as many bytes again.
    pub(super) fn refill(&mut self) {
        self.reader.get_mut().left = OBJECT_LIMIT;
    }
}

fn element<R>(reader: &NsReader<R>, start: &BytesStart<'_>) -> Result<VimValue, DecodeError> {
    let mut value = VimValue { name: start.local_name().into_inner().to_owned(), ..VimValue::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| DecodeError::Xml(error.into()))?;
        let text = || attribute.normalized_value(XmlVersion::Explicit1_0).map_err(DecodeError::Xml);
        let (namespace, name) = reader.resolver().resolve_attribute(attribute.key);
        match namespace {
            _ if name.into_inner() != "type" => {}
            ResolveResult::Bound(namespace) if namespace.into_inner() == XSI => value.class = unprefixed(&text()?),
            ResolveResult::Unbound => value.kind = text()?.into_owned(),
            ResolveResult::Bound(_) | ResolveResult::Unknown(_) => {}
        }
    }
    Ok(value)
}

fn unprefixed(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// `&amp;` and `&#10;`; an entity that XML does not know has no meaning without a document type.
fn resolved(reference: &BytesRef<'_>) -> Result<String, DecodeError> {
    if let Some(letter) = reference.resolve_char_ref().map_err(DecodeError::Xml)? {
        return Ok(letter.to_string());
    }
    let name = reference.xml10_content();
    resolve_xml_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| DecodeError::Unexpected { wanted: "an entity of XML", found: name.chars().take(40).collect() })
}

/// A reader that ends with an error when one object takes more bytes than any should.
#[derive(Debug)]
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other("one object of the answer is larger than any vCenter's"));
        }
        let left = self.left;
        let bytes = self.inner.fill_buf()?;
        Ok(bytes.get(..bytes.len().min(left)).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}
