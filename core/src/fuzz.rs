//! Every decoder with bytes of any kind. The fuzz targets in `fuzz/` call these for as long as one likes; the tests here
//! call them a little, so that they stay true.
//!
//! Each panics only where something is wrong.

mod watcher;

pub use watcher::watcher;

use serde_json::Value;

use crate::{
    net::{InterfaceName, VlanId, VlanSet},
    nexus::{
        Answer, Query, Step,
        disguise::Disguise,
        lines,
        nxapi::{Commands, Dialect, Request},
        parse,
        screen::{Output, Screen, ScreenError},
    },
    vcenter::{UpdateReader, hints, ports, read_answer},
};

const PORT: InterfaceName = InterfaceName::Ethernet(1, 1);

/// Every question.
const QUERIES: [Query; 19] = Query::all(PORT);

/// An answer of a switch to some question: the first byte says to which, the rest is the answer, as text and, where it
/// is JSON, structured. What is read is read again from the disguised answer.
pub fn answers(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let Some(query) = QUERIES.get(usize::from(*first) % QUERIES.len()) else { return };
    let text = String::from_utf8_lossy(rest).into_owned();
    let structured = serde_json::from_str::<Value>(&text).ok().map(Answer::Structured);
    for answer in [Some(Answer::Text(text)), structured].into_iter().flatten() {
        drop(parse::piece(*query, &answer));
        let mut disguise = Disguise::default();
        disguise.learn(&answer);
        drop(parse::piece(*query, &disguise.answer(*query, &answer)));
    }
}

/// A reply of NX-API, in the dialect of the first byte, to as many commands as its upper bits say.
pub fn replies(data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let Some(dialect) = Dialect::ALL.get(usize::from(*first) % Dialect::ALL.len()) else { return };
    let count = usize::from(first >> 5) + 1;
    let shows: Vec<_> = QUERIES.iter().take(count).map(|query| (query.encoding(), query.to_string())).collect();
    let lines: Vec<String> = (0..count).map(|number| format!("vlan {}", number + 1)).collect();
    for commands in [Commands::Show(&shows), Commands::Configure(&lines)] {
        let request = Request::new(*dialect, commands).expect("our commands can be encoded");
        if let Ok(replies) = request.replies(body) {
            assert!(replies.said.len() <= request.count(), "more replies than commands");
            assert!(replies.text_only || !replies.said.is_empty(), "a reply that says nothing");
        }
    }
}

/// What a terminal sends after a line was typed: the same comes of it, however it is cut into pieces.
pub fn screen(data: &[u8]) {
    let Some((first, sent)) = data.split_first() else { return };
    let whole = shown(sent, sent.len().max(1));
    assert_eq!(shown(sent, usize::from(*first).max(1)), whole, "the pieces make a difference");
    let mut greeting = Screen::new();
    drop((greeting.feed(sent), greeting.quiet(), greeting.feed(sent), greeting.quiet()));
}

fn shown(sent: &[u8], size: usize) -> Result<Option<Output>, ScreenError> {
    let mut screen = Screen::new();
    screen.feed(b"\r\nleaf1# ")?;
    screen.quiet()?;
    screen.typed("show x")?;
    for piece in sent.chunks(size) {
        if let Some(output) = screen.feed(piece)? {
            return Ok(Some(output));
        }
    }
    screen.quiet()
}

/// A vCenter's answer, read whole and read as a set of updates.
pub fn soap(data: &[u8]) {
    if let Ok(answer) = read_answer(data) {
        drop((hints(&answer), ports(&answer)));
    }
    if let Ok(mut reader) = UpdateReader::open(data) {
        while let Ok(Some(_)) = reader.next_part() {}
    }
}

/// Steps from numbers, two bytes each; the lines that they become say the same to whoever reads them.
pub fn commands(data: &[u8]) {
    let steps: Vec<Step> = data.chunks(40).map(step).collect();
    let mut at = None;
    let (mut said, mut meant) = (Vec::new(), Vec::new());
    for (index, line) in lines(&steps) {
        match said_by(&line) {
            Said::Enter(interface) => at = Some(interface),
            Said::Leave => {}
            Said::Create(vlans) => said.push((index, None, true, vlans)),
            Said::Change(add, vlans) => said.push((index, at, add, vlans)),
        }
    }
    for (index, step) in steps.iter().enumerate() {
        let (place, add) = match step {
            Step::CreateVlans(_) => (None, true),
            Step::Allow { interface, .. } => (Some(*interface), true),
            Step::Remove { interface, .. } => (Some(*interface), false),
        };
        if *step.vlans() != VlanSet::EMPTY {
            meant.push((index, place, add, step.vlans().clone()));
        }
    }
    assert_eq!(joined(said), meant, "the lines say something else than the steps");
}

/// One change as a line says it: the step's number, where (none: the VLAN database), whether it adds, and what.
type Change = (usize, Option<InterfaceName>, bool, VlanSet);

/// The pieces of one long list are one change.
fn joined(said: Vec<Change>) -> Vec<Change> {
    let mut joined: Vec<Change> = Vec::new();
    for (index, place, add, vlans) in said {
        match joined.last_mut().filter(|last| (last.0, last.1, last.2) == (index, place, add)) {
            Some(last) => last.3 = last.3.union(&vlans),
            None => joined.push((index, place, add, vlans)),
        }
    }
    joined
}

fn step(data: &[u8]) -> Step {
    let mut numbers = data.chunks(2).map(|pair| pair.iter().fold(0u16, |sum, byte| (sum << 8) | u16::from(*byte)));
    let (kind, port) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let vlans: VlanSet = numbers.filter_map(|number| VlanId::new(number % 4096)).collect();
    let interface = match port % 3 {
        0 => InterfaceName::Ethernet(1, port),
        1 => InterfaceName::PortChannel(port),
        _ => InterfaceName::EthernetLane(1, port, 1),
    };
    match kind % 3 {
        0 => Step::CreateVlans(vlans),
        1 => Step::Allow { interface, vlans },
        _ => Step::Remove { interface, vlans },
    }
}

enum Said {
    Enter(InterfaceName),
    Leave,
    Create(VlanSet),
    Change(bool, VlanSet),
}

/// What a switch would understand; anything else must never be said.
fn said_by(line: &str) -> Said {
    let list = |text: &str| text.parse::<VlanSet>().unwrap_or_else(|why| panic!("{line:?}: {why}"));
    let trunk = "switchport trunk allowed vlan ";
    if let Some(change) = line.strip_prefix(trunk) {
        return match (change.strip_prefix("add "), change.strip_prefix("remove ")) {
            (Some(add), _) => Said::Change(true, list(add)),
            (None, Some(remove)) => Said::Change(false, list(remove)),
            (None, None) => panic!("{line:?} replaces a list"),
        };
    }
    match (line.strip_prefix("interface "), line.strip_prefix("vlan ")) {
        (Some(name), _) => Said::Enter(name.parse().unwrap_or_else(|why| panic!("{line:?}: {why}"))),
        (None, Some(vlans)) => Said::Create(list(vlans)),
        (None, None) if line == "exit" => Said::Leave,
        (None, None) => panic!("{line:?} is none of our lines"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn bytes_of_any_kind_do_no_harm(data in vec(any::<u8>(), 0..600)) {
            answers(&data);
            replies(&data);
            screen(&data);
            soap(&data);
            commands(&data);
            watcher(&data);
        }
    }
}
