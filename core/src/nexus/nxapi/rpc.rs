//! NX-API's JSON-RPC (facts: NX-OS §1.3).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    super::{Answer, Encoding, Reply, answer::one_line},
    Commands, DecodeError, Replies, ins,
};

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
pub(super) fn request(commands: Commands<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let calls = commands.lines().into_iter().zip(1..).map(|((encoding, cmd), id)| Call {
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

/// The replies, by position.
pub(super) fn replies(value: Value, commands: Commands<'_>) -> Result<Replies, DecodeError> {
    // `Max sessions reached` comes in the other dialect's envelope (facts: NX-OS §1.4).
    if let Some(busy) = ins::busy(&value) {
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
    let numbered = elements.into_iter().zip(commands.lines()).zip(1..);
    let said: Result<_, _> = numbered.map(|((element, (encoding, _)), id)| reply(element, encoding, id)).collect();
    Ok(Replies { said: said?, text_only: false })
}

fn reply(element: Value, encoding: Encoding, id: u64) -> Result<Reply, DecodeError> {
    let has = |key: &str| element.get(key).is_some();
    if !has("result") && !has("error") {
        return Err(DecodeError::NotRpc);
    }
    let element: Element = serde_json::from_value(element).map_err(|_| DecodeError::NotRpc)?;
    // A reply to another call, or its refusal, must not be taken for this one's.
    if element.id.as_u64().is_some_and(|found| found != id) {
        return Err(DecodeError::NotRpc);
    }
    if let Some(fault) = element.error {
        // -32600 and an id of null: the request, not a command.
        return if fault.code == -32600 { Err(DecodeError::Refused(words(&fault))) } else { Ok(Err(words(&fault))) };
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
