//! `WaitForUpdatesEx`, one object at a time: an inventory of 10,000 VMs is never held, neither as text nor as a tree.

use std::io::BufRead;

use super::{
    AnswerError, DecodeError, Fault, MoRef, VimValue,
    answer::open_response,
    xml::{Token, Xml},
};

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// It entered the filter; every readable property comes with it.
    Enter,
    /// Some properties changed.
    Modify,
    /// It left the filter.
    Leave,
}

/// One property's new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The property's path, as the filter names it (`partialUpdates` is off).
    pub path: String,
    /// Its value; none: unset now (`assign` without a value, `remove`, `indirectRemove`).
    pub value: Option<VimValue>,
}

/// One object of an update set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectUpdate {
    /// What happened.
    pub kind: UpdateKind,
    /// To which object.
    pub object: MoRef,
    /// Its properties that changed.
    pub changes: Vec<Change>,
    /// Paths that could not be read (no permission, no configuration): unknown, never empty.
    pub missing: Vec<String>,
}

/// The end of an update set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageEnd {
    /// To be given in the next wait. Opaque.
    pub version: String,
    /// More of the same set waits; this version is good for one use.
    pub truncated: bool,
}

/// A piece of an answer to `WaitForUpdatesEx`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// An object, complete.
    Object(ObjectUpdate),
    /// An object that the filter covers and that could not be read at all, and why.
    Unreadable(MoRef, Fault),
    /// The set is complete.
    End(PageEnd),
    /// Nothing changed within the wait.
    TimedOut,
}

/// Reads an answer to `WaitForUpdatesEx` piece by piece.
#[derive(Debug)]
pub struct UpdateReader<R> {
    xml: Xml<R>,
    /// 0: in the response, 1: in `returnval`, 2: in a `filterSet`.
    level: usize,
    version: Option<String>,
    truncated: bool,
    over: bool,
}

impl<R: BufRead> UpdateReader<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// A fault, or what is no SOAP answer.
    pub fn open(reader: R) -> Result<Self, AnswerError> {
        let mut xml = Xml::new(reader);
        open_response(&mut xml)?;
        Ok(Self { xml, level: 0, version: None, truncated: false, over: false })
    }

    /// The next piece; none after [`Part::End`] or [`Part::TimedOut`]. Those two come only after the whole envelope
    /// was read: a stream that is cut off, wherever, never looks like a complete set.
    ///
    /// # Errors
    /// The stream is cut off, or is not what vCenter writes. Nothing more can be read then.
    pub fn next_part(&mut self) -> Result<Option<Part>, DecodeError> {
        while !self.over {
            match self.xml.next()? {
                Token::Open(value) => {
                    if let Some(part) = self.enter(value)? {
                        return Ok(Some(part));
                    }
                }
                Token::Close if self.level > 0 => self.level -= 1,
                Token::Close => return self.end().map(Some),
                Token::Text(_) => {}
                Token::End => return Err(DecodeError::Cut),
            }
        }
        Ok(None)
    }

    fn enter(&mut self, value: VimValue) -> Result<Option<Part>, DecodeError> {
        match (self.level, value.name.as_str()) {
            (0, "returnval") | (1, "filterSet") => {
                self.level += 1;
                return Ok(None);
            }
            _ => {}
        }
        let whole = self.xml.finish(value)?;
        self.xml.refill();
        match (self.level, whole.name.as_str()) {
            (1, "version") => self.version = Some(whole.text),
            (1, "truncated") => self.truncated = whole.flag(),
            (2, "objectSet") => return object(whole).map(Part::Object).map(Some),
            (2, "missingSet") => return Ok(unreadable(&whole)),
            _ => {}
        }
        Ok(None)
    }

    fn end(&mut self) -> Result<Part, DecodeError> {
        self.xml.close()?;
        self.over = true;
        let truncated = self.truncated;
        match self.version.take() {
            // The empty version asks for everything: to take it for one would list all in a circle.
            Some(version) if version.is_empty() => Err(unexpected("a version", None)),
            Some(version) => Ok(Part::End(PageEnd { version, truncated })),
            None => Ok(Part::TimedOut),
        }
    }
}

fn object(value: VimValue) -> Result<ObjectUpdate, DecodeError> {
    let kind = match value.text_at(&["kind"]) {
        Some("enter") => UpdateKind::Enter,
        Some("modify") => UpdateKind::Modify,
        Some("leave") => UpdateKind::Leave,
        other => return Err(unexpected("a kind of update", other)),
    };
    let object =
        value.child("obj").and_then(VimValue::reference).ok_or_else(|| unexpected("an object reference", None))?;
    let missing = value.all("missingSet").filter_map(|missing| missing.text_at(&["path"]).map(str::to_owned)).collect();
    let changes = value.children.into_iter().filter(|child| child.name == "changeSet").filter_map(change).collect();
    Ok(ObjectUpdate { kind, object, changes, missing })
}

/// A `MissingObject`: its fault is a `LocalizedMethodFault`.
fn unreadable(missing: &VimValue) -> Option<Part> {
    let object = missing.child("obj").and_then(VimValue::reference)?;
    let text = missing.text_at(&["fault", "localizedMessage"]).unwrap_or("no reason given");
    let fault = missing.at(&["fault", "fault"]).map(|fault| Fault::named(fault, text));
    Some(Part::Unreadable(object, fault.unwrap_or_else(|| Fault::Other(String::new()))))
}

fn change(set: VimValue) -> Option<Change> {
    let path = set.text_at(&["name"])?.to_owned();
    let gone = matches!(set.text_at(&["op"]), Some("remove" | "indirectRemove"));
    let value = set.children.into_iter().find(|child| child.name == "val").filter(|_| !gone);
    Some(Change { path, value })
}

fn unexpected(wanted: &'static str, found: Option<&str>) -> DecodeError {
    DecodeError::Unexpected { wanted, found: found.unwrap_or("nothing").chars().take(60).collect() }
}
