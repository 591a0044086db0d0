//! ins_api: several commands in one string, in JSON or XML (facts: NX-OS §1.4).

use serde_json::{Value, json};

use super::{
    HttpReply, Switch,
    batch::{Caller, OnError, is_show},
    envelope::{Envelope, Format},
    output::{Body, Output, indented, json_reply, xml_reply},
    pages,
    refusal::Refusal,
};
use crate::lab::model::switch::{Outcome, Profile};

/// Shows that one request may have; known from memory only (facts: NX-OS §1.5 \[M\]).
const MOST_SHOWS: usize = 10;

/// A request.
#[derive(Debug)]
pub(super) struct Job {
    envelope: Envelope,
    kind: Type,
    commands: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Show,
    ShowArray,
    ShowAscii,
    Conf,
}

impl Job {
    /// Reads a request; what the release cannot do is answered at once, inside HTTP 200.
    pub(super) fn parse(envelope: Envelope, profile: &Profile) -> Result<Self, HttpReply> {
        let commands = split(&envelope.input);
        match kind(&envelope, commands.len(), profile) {
            Ok(kind) => Ok(Self { envelope, kind, commands }),
            Err(refusal) => Err(reply(&envelope, &[refusal.output(&envelope.input)])),
        }
    }

    /// Its commands.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> + Clone {
        self.commands.iter().map(String::as_str)
    }

    /// Runs it: HTTP 200 whatever became of it (facts: NX-OS §1.4).
    pub(super) fn run(&self, switch: &mut Switch, caller: &Caller) -> HttpReply {
        let outputs = match self.kind {
            Type::Conf => self.configure(switch, caller),
            Type::Show | Type::ShowArray | Type::ShowAscii => {
                self.lines().map(|line| self.show(switch, caller, line)).collect()
            }
        };
        if self.kind == Type::ShowArray && outputs.len() > 1 {
            return pages::ins_api_json(broken(&outputs));
        }
        reply(&self.envelope, &outputs)
    }

    /// The backend itself refuses it. The session limit's reply has no envelope (facts: NX-OS §1.4).
    pub(super) fn refuse(&self, refusal: Refusal) -> HttpReply {
        let output = refusal.output(&self.envelope.input);
        if (refusal, self.envelope.format) == (Refusal::TooManySessions, Format::Json) {
            return pages::ins_api_json(indented(&json!({ "output": output.json() })));
        }
        reply(&self.envelope, &[output])
    }

    /// One entry for every line typed.
    fn configure(&self, switch: &mut Switch, caller: &Caller) -> Vec<Output> {
        // Known from memory only (facts: NX-OS §1.5 [M]); what becomes of the lines before it is not known.
        if self.lines().any(is_show) {
            let input = Some(self.envelope.input.clone());
            return vec![Output {
                input,
                body: Body::Absent,
                msg: "Configuration mode does not allow show",
                code: 405,
            }];
        }
        let on_error = OnError::named(Some(&self.envelope.rollback));
        let outcomes = caller.type_all(switch, self.lines().map(|line| (line, on_error)));
        let config_error = switch.profile.config_error_msg;
        let mut entries: Vec<_> = outcomes.into_iter().map(|outcome| configured(outcome, config_error)).collect();
        if switch.profile.one_conf_entry {
            // Which entry it is then is not known; an error must be told.
            entries.sort_by_key(|entry| entry.code == 200);
            entries.truncate(1);
        }
        entries
    }

    /// Every show is typed in exec mode.
    fn show(&self, switch: &mut Switch, caller: &Caller, line: &str) -> Output {
        let failed = |code, msg, body| Output { input: Some(line.to_owned()), body, msg, code };
        if self.kind != Type::ShowAscii && line.contains('|') {
            return failed(501, "Pipe is not allowed for this message type", Body::Absent);
        }
        let success = |body| Output::success(Some(line.to_owned()), body);
        match (caller.exec(switch, line), self.kind) {
            (Outcome::Rejected(rejection), _) => {
                failed(400, "Input CLI command error", Body::Error(format!("{}\n", rejection.text())))
            }
            (Outcome::Printed { text, .. }, Type::ShowAscii) => success(json!(text)),
            (Outcome::Quiet, Type::ShowAscii) => success(json!("")),
            (Outcome::Quiet, _) => success(json!({})),
            (Outcome::Printed { body: Some(body), .. }, Type::ShowArray) => success(body),
            (Outcome::Printed { body: Some(body), .. }, _) => success(spelled(body)),
            (Outcome::Printed { body: None, .. }, _) if switch.profile.unsupported_is_empty => success(json!("")),
            (Outcome::Printed { text, body: None }, _) => failed(501, "Structured output unsupported", state(text)),
        }
    }
}

/// A single line tells a state, such as that a process does not run: that comes as `clierror` (facts: NX-OS §1.4).
fn state(text: String) -> Body {
    if text.lines().count() == 1 { Body::Error(text) } else { Body::Absent }
}

/// A space and a semicolon part commands; what stands before and after stays as it is, leading blanks and all
/// (facts: NX-OS §1.1).
fn split(input: &str) -> Vec<String> {
    input.split(" ;").filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// What is asked for, where the release can do it.
fn kind(envelope: &Envelope, commands: usize, profile: &Profile) -> Result<Type, Refusal> {
    let known = ["0.1", "1.0", "1.2"].iter().position(|version| *version == envelope.version);
    let newest = ["0.1", "1.0", "1.2"].iter().position(|version| *version == profile.ins_api_version);
    if known.is_none() || known > newest || commands == 0 {
        return Err(Refusal::BadMessage);
    }
    let kind = match envelope.kind.as_str() {
        "cli_show" => Type::Show,
        "cli_show_array" if profile.show_array => Type::ShowArray,
        "cli_show_ascii" => Type::ShowAscii,
        "cli_conf" => Type::Conf,
        "bash" => return Err(Refusal::NoBash),
        _ => return Err(Refusal::BadMessage),
    };
    if kind != Type::Conf && commands > MOST_SHOWS {
        return Err(Refusal::TooManyShows);
    }
    Ok(kind)
}

/// The entry of a configuration line. What the line printed makes `body` a string, errors among it: the release calls
/// that a success (facts: NX-OS §1.4).
fn configured(outcome: Outcome, config_error: &'static str) -> Output {
    match outcome {
        Outcome::Quiet => Output::success(None, json!({})),
        Outcome::Printed { text, .. } => Output::success(None, json!(text)),
        Outcome::Rejected(rejection) => {
            Output { input: None, body: Body::Error(format!("{}\n", rejection.text())), msg: config_error, code: 400 }
        }
    }
}

/// `cli_show` spells numbers as strings where `cli_show_array` may not (facts: NX-OS §1.4).
fn spelled(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => items.into_iter().map(spelled).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, spelled(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

/// Several commands in one `cli_show_array` get what is no JSON (facts: NX-OS §1.4); in which way is not known.
fn broken(outputs: &[Output]) -> String {
    outputs.iter().map(|output| indented(&output.json())).collect()
}

fn reply(envelope: &Envelope, outputs: &[Output]) -> HttpReply {
    match envelope.format {
        Format::Json => pages::ins_api_json(json_reply(&envelope.kind, &envelope.version, outputs)),
        Format::Xml => pages::ins_api_xml(xml_reply(&envelope.kind, &envelope.version, outputs)),
    }
}
