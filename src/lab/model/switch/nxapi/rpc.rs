//! JSON-RPC in, JSON-RPC out (facts: NX-OS §1.3).

use serde_json::{Value, json};

use super::{
    HttpReply, Kind, Switch,
    batch::{Caller, OnError, line_kind},
    pages,
    refusal::Refusal,
};
use crate::lab::model::switch::Outcome;

/// A request: calls in their order.
#[derive(Debug)]
pub(super) struct Batch {
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    method: Method,
    cmd: String,
    id: Value,
    on_error: OnError,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Cli,
    Ascii,
}

impl Batch {
    /// Its commands.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.calls.iter().map(|call| call.cmd.as_str())
    }

    /// Runs it. Elements before the one that fails carry their results; later ones are absent.
    pub(super) fn run(&self, switch: &mut Switch, caller: &Caller) -> HttpReply {
        let lines = self.calls.iter().map(|call| (call.cmd.as_str(), call.on_error));
        let outcomes = caller.type_all(switch, lines);
        let status = if outcomes.iter().all(Outcome::accepted) { 200 } else { 500 };
        let replies: Vec<_> = self.calls.iter().zip(outcomes).map(|(call, outcome)| answer(call, outcome)).collect();
        // One command in the array gives a single object, no array of one (facts: NX-OS §1.3).
        match (self.calls.len(), replies.as_slice()) {
            (1, [only]) => reply(status, only),
            _ => reply(status, &Value::Array(replies)),
        }
    }

    /// What the backend itself refuses. No capture of it was found in JSON-RPC; -32603 is the standard's own.
    pub(super) fn refuse(&self, refusal: Refusal) -> HttpReply {
        match refusal {
            // Seen with ins_api only, and inside HTTP 200 (facts: NX-OS §1.4).
            Refusal::TooManySessions => reply(200, &json!({ "output": refusal.output("").json() })),
            Refusal::Overran | Refusal::TooBig | Refusal::TooManyShows | Refusal::BadMessage | Refusal::NoBash => {
                reply(500, &error(-32603, "Internal error", &format!("{}\n", refusal.msg()), &Value::Null))
            }
        }
    }
}

/// Reads a request; what is none is answered at once.
pub(super) fn parse(request: Value) -> Result<Batch, HttpReply> {
    let calls = match request {
        Value::Array(calls) => calls,
        single @ Value::Object(_) => vec![single],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Err(pages::garbage_in()),
    };
    if calls.is_empty() {
        return Err(invalid_request(200, NO_VERSION));
    }
    Ok(Batch { calls: calls.iter().map(call).collect::<Result<_, _>>()? })
}

const NO_VERSION: &str = "JSON-RPC version structure was not found in request";
const NO_PARAMS_VERSION: &str = "The required NX-API \"version\" object was not found in params structure";

fn call(request: &Value) -> Result<Call, HttpReply> {
    if request.get("jsonrpc").is_none() {
        return Err(invalid_request(200, NO_VERSION));
    }
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    let params = request.get("params");
    if params.and_then(|params| params.get("version")).is_none() {
        return Err(invalid_request(400, NO_PARAMS_VERSION));
    }
    let method = match request.get("method").and_then(Value::as_str) {
        Some("cli") => Method::Cli,
        Some("cli_ascii") => Method::Ascii,
        // The codes of JSON-RPC itself; no capture of a real switch was found (facts: NX-OS §1.3).
        Some(_) | None => return Err(reply(500, &error(-32601, "Method not found", "", &id))),
    };
    let cmd = params.and_then(|params| params.get("cmd")).and_then(Value::as_str);
    let cmd = cmd.ok_or_else(|| reply(500, &error(-32602, "Invalid params", "", &id)))?.to_owned();
    Ok(Call { method, cmd, id, on_error: OnError::named(request.get("rollback").and_then(Value::as_str)) })
}

fn answer(call: &Call, outcome: Outcome) -> Value {
    let result = match (outcome, call.method) {
        (Outcome::Rejected(rejection), _) => {
            return error(-32602, "Invalid params", &format!("{}\n", rejection.text()), &call.id);
        }
        (Outcome::Quiet, _) => Value::Null,
        (Outcome::Printed { body: Some(body), .. }, Method::Cli) => json!({ "body": body }),
        // A show without a structured form gives null to method `cli`; what a configuration line says is text.
        (Outcome::Printed { body: None, .. }, Method::Cli) if line_kind(&call.cmd) == Kind::Read => Value::Null,
        (Outcome::Printed { text, .. }, _) => json!({ "msg": text }),
    };
    json!({ "jsonrpc": "2.0", "result": result, "id": call.id })
}

fn error(code: i32, message: &str, msg: &str, id: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "error": { "code": code, "message": message, "data": { "msg": msg } }, "id": id })
}

fn invalid_request(status: u16, msg: &str) -> HttpReply {
    reply(status, &error(-32600, "Invalid request", msg, &Value::Null))
}

fn reply(status: u16, body: &Value) -> HttpReply {
    pages::json(status, body.to_string())
}
