//! What the two forms of `ins_api` share: one type of command for each request, and its outputs (facts: NX-OS §1.4).

use serde_json::Value;

use super::{
    super::{Answer, Encoding, Reply, answer::one_line, configured},
    Commands, DecodeError, Replies,
};

/// Older releases refuse newer versions (facts: NX-OS §1.4).
pub(super) const VERSION: &str = "1.0";

/// The type of a request whose commands have one encoding. `copy running-config startup-config` is asked as a `show`:
/// the facts know it so in JSON-RPC and say nothing of `ins_api`.
pub(super) fn kind(commands: Commands<'_>) -> &'static str {
    match commands {
        Commands::Configure(_) => "cli_conf",
        Commands::Show(asked) => match asked.first() {
            Some((Encoding::Text, _)) => "cli_show_ascii",
            Some((Encoding::Structured, _)) | None => "cli_show",
        },
    }
}

/// All commands in one line; without the blank before the semicolon they are one command (facts: NX-OS §1.1).
pub(super) fn input(commands: Commands<'_>) -> String {
    let lines: Vec<&str> = commands.lines().into_iter().map(|(_, line)| line).collect();
    lines.join(" ;")
}

/// What stands in a reply for one command.
enum Entry {
    Said(Reply),
    TextOnly,
    Busy(String),
}

/// The replies, by position.
pub(super) fn replies(reply: &Value, commands: Commands<'_>) -> Result<Replies, DecodeError> {
    let outputs = outputs(reply).filter(|outputs| outputs.len() <= commands.len()).ok_or(DecodeError::NotIns)?;
    let mut replies = Replies::default();
    for ((encoding, line), output) in commands.lines().into_iter().zip(outputs) {
        match entry(output, commands, encoding, line)? {
            Entry::Said(reply) => replies.said.push(reply),
            Entry::TextOnly => {
                replies.text_only = true;
                break;
            }
            Entry::Busy(words) if replies.said.is_empty() => return Err(DecodeError::Busy(words)),
            // What came before it was done, this was not.
            Entry::Busy(_) => break,
        }
    }
    if let (Commands::Configure(lines), 1) = (commands, outputs.len()) {
        complete(&mut replies.said, lines.len());
    }
    Ok(replies)
}

/// Some switches answer a batch with one output for all (facts: NX-OS §1.4): every line counts as taken then, and the
/// read-back decides.
fn complete(said: &mut Vec<Reply>, lines: usize) {
    if let [Ok(only)] = said.as_slice()
        && configured(only).is_ok()
    {
        let taken = only.clone();
        said.resize(lines, Ok(taken));
    }
}

/// An object for one command, a list for several.
fn outputs(reply: &Value) -> Option<&[Value]> {
    let output = output(reply)?;
    let outputs = output.as_array().map_or(std::slice::from_ref(output), Vec::as_slice);
    (!outputs.is_empty() && outputs.iter().all(Value::is_object)).then_some(outputs)
}

/// `Max sessions reached` was seen without its envelope (facts: NX-OS §1.4).
fn output(reply: &Value) -> Option<&Value> {
    reply.pointer("/ins_api/outputs/output").or_else(|| reply.get("output"))
}

/// The words, when the switch has no session to spare.
pub(super) fn busy(reply: &Value) -> Option<String> {
    let output = output(reply).unwrap_or(reply);
    (code(output) == Some(429)).then(|| words(output))
}

fn entry(output: &Value, commands: Commands<'_>, encoding: Encoding, line: &str) -> Result<Entry, DecodeError> {
    let is_show = matches!(commands, Commands::Show(_));
    let input = text(output, "input");
    // The second command comes back with a blank before it (facts: NX-OS §1.1). One that is another's must not be taken
    // for this one's.
    if is_show && input.is_some_and(|input| input.trim() != line) {
        return Err(DecodeError::NotIns);
    }
    let error = text(output, "clierror").filter(|words| !words.trim().is_empty());
    match code(output).ok_or(DecodeError::NotIns)? {
        200 if is_show => answer(output, encoding).map(|answer| Entry::Said(Ok(answer))),
        200 if error.is_none() => Ok(Entry::Said(Ok(taken(output)))),
        429 => Ok(Entry::Busy(words(output))),
        501 if is_show && encoding == Encoding::Structured && error.is_none_or(is_unsupported) => Ok(Entry::TextOnly),
        // It is about no command: the request was not understood.
        400 if is_show && input.is_none() && error.is_none() => Err(DecodeError::Refused(words(output))),
        _ => Ok(Entry::Said(Err(words(output)))),
    }
}

/// The same code can stand beside what the command itself has to say (facts: NX-OS §1.4).
fn is_unsupported(words: &str) -> bool {
    words.to_ascii_lowercase().contains("unsupported")
}

fn answer(output: &Value, encoding: Encoding) -> Result<Answer, DecodeError> {
    let body = output.get("body").unwrap_or(&Value::Null);
    match (encoding, body) {
        (Encoding::Text, Value::String(text)) => Ok(Answer::Text(text.clone())),
        (Encoding::Text, Value::Null) => Ok(Answer::Text(String::new())),
        (Encoding::Text, Value::Object(map)) if map.is_empty() => Ok(Answer::Text(String::new())),
        (Encoding::Text, Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(DecodeError::NotIns)
        }
        (Encoding::Structured, Value::String(text)) if !text.trim().is_empty() => Ok(Answer::Text(text.clone())),
        (Encoding::Structured, _) => Ok(Answer::Structured(tables(body).clone())),
    }
}

/// What a configuration line printed stands in the body (facts: NX-OS §1.4).
fn taken(output: &Value) -> Answer {
    Answer::Structured(output.get("body").cloned().unwrap_or_default())
}

/// In XML the tables may stand inside elements of their own; what those are is not documented, so they are left out only
/// where there is nothing beside them and a table below them.
fn tables(body: &Value) -> &Value {
    let is_table = |key: &str| key.starts_with("TABLE_");
    let mut inner = body;
    while let Some(map) = inner.as_object() {
        if map.keys().any(|key| is_table(key)) {
            return inner;
        }
        match map.values().next() {
            Some(only) if map.len() == 1 => inner = only,
            Some(_) | None => break,
        }
    }
    body
}

/// A string here, a number there (facts: NX-OS §1.4).
fn code(output: &Value) -> Option<u64> {
    let code = output.get("code")?;
    code.as_u64().or_else(|| code.as_str()?.trim().parse().ok())
}

fn text<'a>(output: &'a Value, key: &str) -> Option<&'a str> {
    output.get(key).and_then(Value::as_str)
}

/// The command's own words, else the server's.
fn words(output: &Value) -> String {
    let spoken = ["clierror", "body", "msg"].into_iter().filter_map(|key| text(output, key));
    spoken.map(one_line).find(|words| !words.is_empty()).unwrap_or_else(|| "no reason given".to_owned())
}
