//! JSON-RPC in, JSON-RPC out (facts: NX-OS §1.3).

use serde_json::{Value, json};

use super::{HttpReply, Kind, Switch, pages};
use crate::lab::model::{
    LabTime,
    switch::{
        Author, Outcome, Session,
        cli::Mode,
        grammar::{self, Action},
    },
};

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

/// What follows an error; without a word it is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnError {
    Stop,
    Continue,
    Undo,
}

impl Batch {
    /// A write when any line configures, else a save when any saves, else a read.
    pub(super) fn kind(&self) -> Kind {
        let kinds: Vec<_> = self.calls.iter().map(|call| line_kind(&call.cmd)).collect();
        let first = |kind: Kind| kinds.contains(&kind).then_some(kind);
        first(Kind::Write).or_else(|| first(Kind::Save)).unwrap_or(Kind::Read)
    }
}

/// A show is a read even when it is none that the switch knows.
fn line_kind(line: &str) -> Kind {
    let show = line.trim_start().get(..2).is_some_and(|start| start.eq_ignore_ascii_case("sh"));
    match grammar::parse(&Mode::Exec, line) {
        Ok(parsed) if parsed.action == Action::Save => Kind::Save,
        Ok(parsed) if !parsed.action.configures() => Kind::Read,
        Ok(_) => Kind::Write,
        Err(_) if show => Kind::Read,
        Err(_) => Kind::Write,
    }
}

/// Reads a request; what is none is answered at once.
pub(super) fn parse(body: &[u8]) -> Result<Batch, HttpReply> {
    let request: Value = serde_json::from_slice(body).map_err(|_| pages::garbage_in())?;
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
    let on_error = match request.get("rollback").and_then(Value::as_str) {
        Some("continue-on-error") => OnError::Continue,
        Some("rollback-on-error") => OnError::Undo,
        Some(_) | None => OnError::Stop,
    };
    Ok(Call { method, cmd, id, on_error })
}

/// Runs a batch: the configuration context is kept from line to line and ends with the batch. Elements before the one
/// that fails carry their results; later ones are absent.
pub(super) fn run(switch: &mut Switch, batch: &Batch, user: &str, peer: &str, now: LabTime) -> HttpReply {
    // How NX-API sessions name themselves in the accounting log is not known (facts: NX-OS §4.6b); the user is.
    let mut session = Session::nxapi(Author { origin: format!("{peer}@nginx"), user: user.to_owned() });
    let before = batch.calls.iter().any(|call| call.on_error == OnError::Undo);
    let before = before.then(|| (switch.vlans.clone(), switch.ports.clone()));
    let mut replies = Vec::new();
    let mut status = 200;
    for call in &batch.calls {
        let outcome = session.type_line(switch, &call.cmd, now);
        let accepted = outcome.accepted();
        replies.push(answer(call, outcome));
        if !accepted {
            status = 500;
            if call.on_error != OnError::Continue {
                break;
            }
        }
    }
    if let (500, Some((vlans, ports))) = (status, before) {
        (switch.vlans, switch.ports) = (vlans, ports);
        switch.revision += 1;
    }
    // One command in the array gives a single object, no array of one (facts: NX-OS §1.3).
    match (batch.calls.len(), replies.as_slice()) {
        (1, [only]) => reply(status, only),
        _ => reply(status, &Value::Array(replies)),
    }
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
