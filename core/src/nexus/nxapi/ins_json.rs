//! The requests of `ins_api` as JSON (facts: NX-OS §1.4).

use serde::Serialize;

use super::{Commands, ins};

#[derive(Serialize)]
struct Envelope {
    ins_api: Call,
}

// The order of the fields is the order on the wire: some releases misread a payload whose `input` comes before `type`
// (facts: NX-OS §1.1). What stops at the first error is the default.
#[derive(Serialize)]
struct Call {
    version: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    chunk: &'static str,
    sid: &'static str,
    input: String,
    output_format: &'static str,
}

/// The body of a request for commands of one encoding.
pub(super) fn request(commands: Commands<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let (kind, input) = (ins::kind(commands), ins::input(commands));
    let call = Call { version: ins::VERSION, kind, chunk: "0", sid: "1", input, output_format: "json" };
    serde_json::to_vec(&Envelope { ins_api: call })
}
