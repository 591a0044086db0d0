//! Which of its dialects a request speaks: by content type and by body (facts: NX-OS §1.1).

use serde_json::Value;

use super::{
    HttpReply, HttpRequest, Kind, Switch,
    batch::{self, Caller},
    envelope::Envelope,
    ins_api::Job,
    pages,
    refusal::Refusal,
    rpc,
};
use crate::lab::model::switch::Profile;

/// A request understood.
#[derive(Debug)]
pub(super) enum Request {
    /// JSON-RPC.
    Rpc(rpc::Batch),
    /// ins_api in JSON or XML.
    Api(Job),
}

impl Request {
    /// Reads a request; what is none is answered at once.
    ///
    /// A body that begins as XML is XML even where the header says JSON, as networking-cisco sends it. Where the
    /// header says neither, the body alone decides, so that clients which say nothing are served too.
    pub(super) fn read(http: &HttpRequest, profile: &Profile) -> Result<Self, HttpReply> {
        let text = std::str::from_utf8(&http.body).map_err(|_| pages::garbage_in())?;
        if text.trim_start().starts_with('<') {
            let envelope = Envelope::from_xml(text).ok_or_else(pages::garbage_in)?;
            return Ok(Self::Api(Job::parse(envelope, profile)?));
        }
        let content_type = http.content_type.as_deref().unwrap_or_default();
        let request: Value = serde_json::from_str(text).map_err(|_| pages::garbage_in())?;
        if content_type.contains("xml") {
            return Err(pages::garbage_in());
        }
        match Envelope::from_json(&request) {
            // How such a release fails is not in the facts.
            Some(envelope) if profile.wants_type_first && input_misleads(text, &envelope) => Err(pages::garbage_in()),
            Some(envelope) if !content_type.contains("json-rpc") => Ok(Self::Api(Job::parse(envelope, profile)?)),
            Some(_) | None => Ok(Self::Rpc(rpc::parse(request)?)),
        }
    }

    /// What it does.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Rpc(batch) => batch::kind(batch.lines()),
            Self::Api(job) => batch::kind(job.lines()),
        }
    }

    /// How many commands it has.
    pub(super) fn commands(&self) -> usize {
        match self {
            Self::Rpc(batch) => batch.lines().count(),
            Self::Api(job) => job.lines().count(),
        }
    }

    /// Types its commands.
    pub(super) fn run(&self, switch: &mut Switch, caller: &Caller) -> HttpReply {
        match self {
            Self::Rpc(batch) => batch.run(switch, caller),
            Self::Api(job) => job.run(switch, caller),
        }
    }

    /// The reply where the backend refuses it as a whole.
    pub(super) fn refuse(&self, refusal: Refusal) -> HttpReply {
        match self {
            Self::Rpc(batch) => batch.refuse(refusal),
            Self::Api(job) => job.refuse(refusal),
        }
    }
}

/// Whether `input` comes before `type` and has that word in it.
fn input_misleads(text: &str, envelope: &Envelope) -> bool {
    envelope.input.contains("type") && text.find("\"input\"") < text.find("\"type\"")
}
