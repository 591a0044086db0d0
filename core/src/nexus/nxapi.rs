//! NX-API's JSON-RPC: requests as values, replies as results (facts: NX-OS §1.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::{Answer, Encoding, Reply, answer::one_line};

/// The content type of a request.
pub const CONTENT_TYPE: &str = "application/json-rpc";

/// How many commands go into one request: some releases refuse more than ten `show` commands (facts: NX-OS §1.6).
pub const READS_PER_REQUEST: usize = 10;

/// Why a reply is no reply.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// It is not JSON.
    #[error("the answer is not JSON: {excerpt:?}")]
    NotJson {
        /// Its first characters.
        excerpt: String,
        /// What the parser found.
        #[source]
        source: serde_json::Error,
    },
    /// It is JSON, but no JSON-RPC.
    #[error("the answer is not JSON-RPC")]
    NotRpc,
    /// The switch has no session to spare; later it may.
    #[error("the switch is busy: {0}")]
    Busy(String),
    /// The request as a whole was refused.
    #[error("the switch refused the request: {0}")]
    Refused(String),
}

// The order of the fields is the order on the wire: some releases misread a payload whose `cmd` comes before the rest
// (facts: NX-OS §1.1).
#[derive(Serialize)]
struct Call<'a> {
    jsonrpc: &'static str,
    method: &'static str,
    params: Params<'a>,
    id: usize,
    rollback: &'static str,
}

#[derive(Serialize)]
struct Params<'a> {
    cmd: &'a str,
    // Without it: HTTP 400 (facts: NX-OS §1.3).
    version: u8,
}

/// The body of a request: one call for each command, ids from 1.
///
/// # Errors
/// Never in practice: the values have no form that JSON lacks.
pub fn request(commands: &[(Encoding, String)]) -> Result<Vec<u8>, serde_json::Error> {
    let calls = commands.iter().zip(1..).map(|((encoding, cmd), id)| Call {
        jsonrpc: "2.0",
        method: match encoding {
            Encoding::Structured => "cli",
            Encoding::Text => "cli_ascii",
        },
        params: Params { cmd, version: 1 },
        id,
        rollback: "stop-on-error",
    });
    serde_json::to_vec(&calls.collect::<Vec<_>>())
}

#[derive(Deserialize)]
struct Element {
    #[serde(default)]
    result: Value,
    error: Option<Fault>,
    #[serde(default)]
    id: Value,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    // Some errors have none (facts: NX-OS §1.3).
    data: Option<Value>,
}

/// The replies to the calls of [`request`], by position. It may be shorter than the request: after an error the rest
/// was not executed. It is never longer.
///
/// # Errors
/// When the body is no JSON-RPC reply, or refuses the request as a whole.
pub fn replies(body: &[u8], commands: &[(Encoding, String)]) -> Result<Vec<Reply>, DecodeError> {
    let value: Value = serde_json::from_slice(body).map_err(|source| DecodeError::NotJson {
        excerpt: String::from_utf8_lossy(body).chars().take(80).collect(),
        source,
    })?;
    if let Some(busy) = busy(&value) {
        return Err(DecodeError::Busy(busy));
    }
    // One command is answered by an object, several by an array (facts: NX-OS §1.3).
    let elements = match value {
        Value::Array(items) => items,
        single @ Value::Object(_) => vec![single],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Err(DecodeError::NotRpc),
    };
    if elements.is_empty() || elements.len() > commands.len() {
        return Err(DecodeError::NotRpc);
    }
    let mut replies = Vec::new();
    for (position, (element, (encoding, _))) in elements.into_iter().zip(commands).enumerate() {
        replies.push(reply(element, *encoding, position + 1)?);
    }
    Ok(replies)
}

fn reply(element: Value, encoding: Encoding, id: usize) -> Result<Reply, DecodeError> {
    let has = |key: &str| element.get(key).is_some();
    if !has("result") && !has("error") {
        return Err(DecodeError::NotRpc);
    }
    let element: Element = serde_json::from_value(element).map_err(|_| DecodeError::NotRpc)?;
    if let Some(fault) = element.error {
        // -32600 and an id of null: the request, not a command.
        return if fault.code == -32600 { Err(DecodeError::Refused(words(&fault))) } else { Ok(Err(words(&fault))) };
    }
    // A reply to another call must not be taken for this one's.
    if element.id.as_u64().is_some_and(|found| usize::try_from(found) != Ok(id)) {
        return Err(DecodeError::NotRpc);
    }
    answer(element.result, encoding).map(Ok)
}

fn answer(result: Value, encoding: Encoding) -> Result<Answer, DecodeError> {
    let text = result.get("msg").and_then(Value::as_str);
    match (encoding, &result) {
        (Encoding::Text, Value::Null) => Ok(Answer::Text(String::new())),
        (Encoding::Text | Encoding::Structured, Value::String(text)) => Ok(Answer::Text(text.clone())),
        (Encoding::Text, _) => {
            let body = result.get("body").and_then(Value::as_str);
            let text = text.or(body).or_else(|| is_nothing(&result).then_some(""));
            text.map(|text| Answer::Text(text.to_owned())).ok_or(DecodeError::NotRpc)
        }
        (Encoding::Structured, _) => Ok(match result.get("body") {
            Some(body) => Answer::Structured(body.clone()),
            None => text.map_or(Answer::Structured(Value::Null), |text| Answer::Text(text.to_owned())),
        }),
    }
}

/// `{}`, or only empty values: there is no text (facts: NX-OS §2.5).
fn is_nothing(result: &Value) -> bool {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    result.as_object().is_some_and(|map| map.values().all(is_empty))
}

fn words(fault: &Fault) -> String {
    let data = fault.data.as_ref().and_then(|data| data.get("msg").and_then(Value::as_str).or_else(|| data.as_str()));
    one_line(data.unwrap_or(&fault.message))
}

/// `Max sessions reached` comes inside HTTP 200, in the other dialect's envelope (facts: NX-OS §1.4).
fn busy(value: &Value) -> Option<String> {
    let output = value.pointer("/ins_api/outputs/output").or_else(|| value.get("output")).unwrap_or(value);
    let code = output.get("code")?;
    let is_busy = code.as_str() == Some("429") || code.as_u64() == Some(429);
    is_busy.then(|| one_line(output.get("msg").and_then(Value::as_str).unwrap_or("429")))
}

#[cfg(test)]
mod tests;
