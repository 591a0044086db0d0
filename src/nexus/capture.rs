//! What a switch prints, in disguise, for people who want its parsers checked: `vmtracker capture`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use vmtracker_core::{
    net::InterfaceName,
    nexus::{Answer, Encoding, Piece, Query, Reply, disguise::Disguise, parse},
};

use super::{ClientError, Transport};

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// One command's output.
#[derive(Clone, Debug, PartialEq)]
pub struct Capture {
    /// The question.
    pub query: Query,
    /// How the answer was asked for.
    pub encoding: Encoding,
    /// The answer, or the words of refusal, in disguise.
    pub reply: Reply,
}

impl Capture {
    /// `show_vlan/LABEL.txt`, or `.json`; a refusal goes to `refused/`.
    pub fn file(&self, label: &str) -> PathBuf {
        let folder = self.query.folder();
        let refused = |asked| Path::new("refused").join(format!("{folder}.{label}.{asked}.txt"));
        match (&self.reply, self.encoding) {
            (Ok(Answer::Text(_)), _) => Path::new(&folder).join(format!("{label}.txt")),
            (Ok(Answer::Structured(_)), _) => Path::new(&folder).join(format!("{label}.json")),
            (Err(_), Encoding::Structured) => refused("json"),
            (Err(_), Encoding::Text) => refused("text"),
        }
    }

    /// What stands in the file.
    pub fn text(&self) -> String {
        match &self.reply {
            Ok(Answer::Structured(body)) => format!("{body:#}\n"),
            Ok(Answer::Text(text)) | Err(text) => text.clone(),
        }
    }

    /// Why the answer cannot be read; a refusal is the switch's right.
    pub fn fault(&self) -> Option<String> {
        let answer = self.reply.as_ref().ok()?;
        parse::piece(self.query, answer).err().map(|why| why.to_string())
    }
}

/// What the answers to each question are read as, for `show_vlan/LABEL.expected.json`; none where text and structured
/// answer are read differently: something changed between the two, or a parser is wrong.
pub fn readings(captures: &[Capture]) -> BTreeMap<String, Option<Value>> {
    let mut readings: BTreeMap<String, Option<Value>> = BTreeMap::new();
    let read = |capture: &Capture| parse::piece(capture.query, capture.reply.as_ref().ok()?).ok();
    for (folder, piece) in captures.iter().filter_map(|capture| Some((capture.query.folder(), read(capture)?))) {
        let found = Some(piece.to_json());
        let same = readings.get(&folder).is_none_or(|before| *before == found);
        readings.insert(folder, found.filter(|_| same));
    }
    readings
}

/// What tells one switch's files from another's: its model and version.
pub fn label(captures: &[Capture]) -> String {
    let version = captures.iter().find_map(|capture| match parse::piece(capture.query, capture.reply.as_ref().ok()?) {
        Ok(Piece::Version(identity, _)) => Some(format!("{} {}", identity.platform, identity.version)),
        Ok(_) | Err(_) => None,
    });
    let text = version.unwrap_or_else(|| "unknown".to_owned()).to_ascii_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.filter(|word| *word != "chassis").collect::<Vec<_>>().join("_")
}

/// Asks a switch everything, as text and, where there is one, structured. Writes nothing to it.
///
/// # Errors
/// When the switch cannot be asked; what it refuses is no error, but a capture.
pub async fn capture(transport: &dyn Transport) -> Result<Vec<Capture>, ClientError> {
    let mut raw = Vec::new();
    ask(transport, Query::Ports, &mut raw).await?;
    let port = raw.iter().find_map(some_port);
    for query in Query::all(port.unwrap_or(InterfaceName::Ethernet(1, 1))) {
        let told =
            matches!(query, Query::Ports | Query::PortConfig(_)) || (matches!(query, Query::Macs(_)) && port.is_none());
        // A capture changes nothing.
        if !told && query != Query::Save {
            ask(transport, query, &mut raw).await?;
        }
    }
    Ok(disguised(raw))
}

async fn ask(transport: &dyn Transport, query: Query, raw: &mut Vec<Capture>) -> Result<(), ClientError> {
    let structured = (query.encoding() == Encoding::Structured).then_some(Encoding::Structured);
    for encoding in [Some(Encoding::Text), structured].into_iter().flatten() {
        let commands = [(encoding, query.to_string())];
        if let Some(reply) = transport.show(&commands, LIMIT).await?.pop() {
            raw.push(Capture { query, encoding, reply });
        }
    }
    Ok(())
}

/// A trunk that is up: addresses are learned there.
fn some_port(capture: &Capture) -> Option<InterfaceName> {
    let Ok(Piece::Ports(ports)) = parse::piece(capture.query, capture.reply.as_ref().ok()?) else { return None };
    let trunk =
        |status: &parse::ports::PortStatus| status.up && status.mode == Some(vmtracker_core::tracker::PortMode::Trunk);
    ports.into_iter().find(|(_, status)| trunk(status)).map(|(interface, _)| interface)
}

fn disguised(raw: Vec<Capture>) -> Vec<Capture> {
    let mut disguise = Disguise::default();
    for answer in raw.iter().filter_map(|capture| capture.reply.as_ref().ok()) {
        disguise.learn(answer);
    }
    let mut hide = |capture: Capture| {
        let reply = match &capture.reply {
            Ok(answer) => Ok(disguise.answer(capture.query, answer)),
            Err(words) => Err(match disguise.answer(Query::Save, &Answer::Text(words.clone())) {
                Answer::Text(words) => words,
                Answer::Structured(_) => String::new(),
            }),
        };
        Capture { reply, ..capture }
    };
    raw.into_iter().map(&mut hide).collect()
}
