//! Answers that are small: read whole, bounded by the limit of one object.

use std::io::BufRead;

use thiserror::Error;

use super::{DecodeError, Fault, MoRef, VimValue, xml::Xml};

/// What came instead of an answer.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// vCenter said no, in its own protocol.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Where a vCenter keeps its services, and who it is (`RetrieveServiceContent`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceContent {
    /// The root of the inventory.
    pub root_folder: MoRef,
    /// For login and logout.
    pub session_manager: MoRef,
    /// For container views.
    pub view_manager: MoRef,
    /// For collectors of one's own.
    pub property_collector: MoRef,
    /// For collectors of events.
    pub event_manager: MoRef,
    /// For custom attributes; an ESXi host, which is no vCenter, has none.
    pub custom_fields_manager: Option<MoRef>,
    /// `about.instanceUuid`; an ESXi host, which is no vCenter, has none.
    pub instance_uuid: Option<String>,
    /// `about.fullName`, such as `VMware vCenter Server 8.0.2 build-…`.
    pub full_name: String,
}

/// The response element of a small answer, to its closing envelope.
///
/// # Errors
/// A fault, or an answer that is no SOAP, is cut off or too large.
pub fn read_answer(reader: impl BufRead) -> Result<VimValue, AnswerError> {
    let mut xml = Xml::new(reader);
    let response = open_response(&mut xml)?;
    let whole = xml.finish(response)?;
    xml.close()?;
    Ok(whole)
}

/// Reads up to the beginning of the response inside `Envelope` and `Body`; a fault there is an error.
pub(super) fn open_response<R: BufRead>(xml: &mut Xml<R>) -> Result<VimValue, AnswerError> {
    enter(xml, "Envelope")?;
    let mut part = opened(xml, "Body")?;
    if part.name == "Header" {
        xml.finish(part)?;
        part = opened(xml, "Body")?;
    }
    expect(&part, "Body")?;
    let response = opened(xml, "a response")?;
    if response.name == "Fault" {
        return Err(Fault::read(&xml.finish(response)?).into());
    }
    Ok(response)
}

fn enter<R: BufRead>(xml: &mut Xml<R>, wanted: &'static str) -> Result<(), DecodeError> {
    expect(&opened(xml, wanted)?, wanted)
}

fn opened<R: BufRead>(xml: &mut Xml<R>, wanted: &'static str) -> Result<VimValue, DecodeError> {
    xml.open()?.ok_or(DecodeError::Unexpected { wanted, found: "nothing".to_owned() })
}

fn expect(value: &VimValue, wanted: &'static str) -> Result<(), DecodeError> {
    if value.name == wanted {
        return Ok(());
    }
    Err(DecodeError::Unexpected { wanted, found: value.name.chars().take(60).collect() })
}

/// The reference that a `Create…` answered with.
///
/// # Errors
/// When there is none.
pub fn returned_reference(response: &VimValue) -> Result<MoRef, DecodeError> {
    let missing = || DecodeError::Unexpected { wanted: "a reference", found: response.name.clone() };
    response.child("returnval").and_then(VimValue::reference).ok_or_else(missing)
}

impl ServiceContent {
    /// Reads the answer to `RetrieveServiceContent`.
    ///
    /// # Errors
    /// When a service that is needed is missing.
    pub fn read(response: &VimValue) -> Result<Self, DecodeError> {
        let service = |wanted: &'static str| {
            let reference = response.at(&["returnval", wanted]).and_then(VimValue::reference);
            reference.ok_or(DecodeError::Unexpected { wanted, found: "nothing".to_owned() })
        };
        let about = |name: &str| response.text_at(&["returnval", "about", name]).map(str::to_owned);
        Ok(Self {
            root_folder: service("rootFolder")?,
            session_manager: service("sessionManager")?,
            view_manager: service("viewManager")?,
            property_collector: service("propertyCollector")?,
            event_manager: service("eventManager")?,
            custom_fields_manager: response.at(&["returnval", "customFieldsManager"]).and_then(VimValue::reference),
            instance_uuid: about("instanceUuid"),
            full_name: about("fullName").unwrap_or_default(),
        })
    }
}

/// The version to speak: the first of `known` that `/sdk/vimServiceVersions.xml` offers, else the newest offered
/// (facts: vCenter §B1). None when the document names no `urn:vim25` at all.
///
/// # Errors
/// When it is no such document.
pub fn newest_version(document: impl BufRead, known: &[&str]) -> Result<Option<String>, DecodeError> {
    let mut xml = Xml::new(document);
    let root = opened(&mut xml, "namespaces")?;
    expect(&root, "namespaces")?;
    let root = xml.finish(root)?;
    let Some(vim) = root.all("namespace").find(|space| space.text_at(&["name"]) == Some("urn:vim25")) else {
        return Ok(None);
    };
    let newest = vim.text_at(&["version"]).map(str::to_owned);
    let mut offered = newest.iter().cloned().collect::<Vec<_>>();
    offered.extend(vim.child("priorVersions").map(|prior| prior.texts("version")).unwrap_or_default());
    let chosen = known.iter().find(|version| offered.iter().any(|other| other == *version));
    Ok(chosen.map(|version| (*version).to_owned()).or(newest))
}
