//! The arguments of commands: interfaces, VLAN lists, numbers, text.

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{Saved, listed};
use crate::lab::model::switch::Rejection;

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arg {
    Interfaces(Vec<InterfaceName>),
    List(VlanSet),
    Number(u16),
    Text(String),
    Saved(Saved),
}

/// The arguments of a command in the order of its pattern.
pub(super) struct Args(pub(super) Vec<Arg>);

impl Args {
    pub(super) fn interfaces(&self) -> Option<Vec<InterfaceName>> {
        self.0.iter().find_map(|arg| if let Arg::Interfaces(names) = arg { Some(names.clone()) } else { None })
    }

    pub(super) fn interface(&self) -> Option<InterfaceName> {
        self.interfaces().and_then(|names| if let [name] = names.as_slice() { Some(*name) } else { None })
    }

    pub(super) fn list(&self) -> Option<VlanSet> {
        self.0.iter().find_map(|arg| if let Arg::List(list) = arg { Some(list.clone()) } else { None })
    }

    pub(super) fn vlan(&self) -> Option<VlanId> {
        self.list().filter(|list| list.len() == 1).and_then(|list| list.iter().next())
    }

    pub(super) fn number(&self) -> Option<u16> {
        self.0.iter().find_map(|arg| if let Arg::Number(number) = arg { Some(*number) } else { None })
    }

    /// The argument number `index` when it is a saved configuration.
    pub(super) fn saved(&self, index: usize) -> Option<Saved> {
        self.0.get(index).and_then(|arg| if let Arg::Saved(saved) = arg { Some(saved.clone()) } else { None })
    }

    pub(super) fn text(&self) -> Option<String> {
        self.0.iter().find_map(|arg| if let Arg::Text(text) = arg { Some(text.clone()) } else { None })
    }
}

/// Why a word is no argument.
pub(super) enum NoArgument {
    Form,
    Range,
}

impl NoArgument {
    pub(super) fn at(self, column: usize) -> Rejection {
        match self {
            Self::Form => Rejection::Invalid(column),
            Self::Range => Rejection::Said("% Invalid value/range".to_owned()),
        }
    }
}

/// Reads one argument: its value, its spelling in full, and how many words it took.
pub(super) fn argument(element: &str, rest: &[(usize, &str)]) -> Result<(Arg, String, usize), NoArgument> {
    let word = rest.first().map_or("", |(_, word)| *word);
    match element {
        "<ifs>" => interfaces(rest).ok_or(NoArgument::Form),
        "<list>" => list(rest),
        "<word>" => Ok((Arg::Text(word.to_owned()), word.to_owned(), 1)),
        "<saved>" => saved(rest).ok_or(NoArgument::Form),
        "<number>" => {
            let number: u16 = word.parse().map_err(|_| NoArgument::Form)?;
            Ok((Arg::Number(number), number.to_string(), 1))
        }
        _ => {
            let text = rest.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ");
            Ok((Arg::Text(text.clone()), text, rest.len()))
        }
    }
}

/// `running-config`, `startup-config`, `checkpoint NAME` or `file FILE`.
fn saved(rest: &[(usize, &str)]) -> Option<(Arg, String, usize)> {
    let word = rest.first()?.1;
    let is = |keyword: &str| keyword.starts_with(word);
    let name = || Some(rest.get(1)?.1.to_owned());
    let (saved, canonical, used) = match () {
        () if is("running-config") => (Saved::Running, "running-config".to_owned(), 1),
        () if is("startup-config") => (Saved::Startup, "startup-config".to_owned(), 1),
        () if is("checkpoint") => (Saved::Checkpoint(name()?), format!("checkpoint {}", name()?), 2),
        () if is("file") => (Saved::File(name()?), format!("file {}", name()?), 2),
        () => return None,
    };
    Some((Arg::Saved(saved), canonical, used))
}

/// A list of VLANs; blanks after commas are accepted (facts: NX-OS §4.2).
fn list(rest: &[(usize, &str)]) -> Result<(Arg, String, usize), NoArgument> {
    let (text, used) = joined(rest);
    if !text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return Err(NoArgument::Form);
    }
    let plain = text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '-'));
    let set: VlanSet = text.parse().map_err(|_| if plain { NoArgument::Range } else { NoArgument::Form })?;
    Ok((Arg::List(set), text, used))
}

/// Interfaces: `Ethernet1/1`, `eth 1/1`, `Ethernet1/1-4`, `Ethernet1/1, port-channel3`.
fn interfaces(rest: &[(usize, &str)]) -> Option<(Arg, String, usize)> {
    let word = rest.first().map(|(_, word)| *word)?;
    let apart = !word.contains(|letter: char| letter.is_ascii_digit());
    let (tail, used) = joined(rest.get(usize::from(apart)..)?);
    let text = if apart { format!("{word}{tail}") } else { tail };
    let names = text.split(',').map(range).collect::<Option<Vec<_>>>()?.concat();
    let canonical = listed(&names);
    Some((Arg::Interfaces(names), canonical, used + usize::from(apart)))
}

/// `Ethernet1/1-4` or one name.
fn range(text: &str) -> Option<Vec<InterfaceName>> {
    let single = |text: &str| name(text).map(|name| vec![name]);
    let Some((first, last)) = text.rsplit_once('-').filter(|(_, last)| last.parse::<u16>().is_ok()) else {
        return single(text);
    };
    let first = name(first)?;
    let last: u16 = last.parse().ok()?;
    match first {
        InterfaceName::Ethernet(slot, port) => {
            Some((port..=last.min(256)).map(|port| InterfaceName::Ethernet(slot, port)).collect())
        }
        InterfaceName::EthernetLane(fex, slot, port) => {
            Some((port..=last.min(256)).map(|port| InterfaceName::EthernetLane(fex, slot, port)).collect())
        }
        InterfaceName::PortChannel(number) => Some((number..=last.min(4096)).map(InterfaceName::PortChannel).collect()),
        InterfaceName::Vlan(_) | InterfaceName::Loopback(_) | InterfaceName::Mgmt(_) | InterfaceName::Nve(_) => None,
    }
}

/// One name; a switch takes `e1/1` too.
fn name(text: &str) -> Option<InterfaceName> {
    let after_e = text.strip_prefix(['e', 'E']).filter(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    match after_e {
        Some(rest) => format!("Ethernet{rest}").parse().ok(),
        None => text.parse().ok(),
    }
}

/// The first word, with the next ones as long as there is a comma between.
fn joined(rest: &[(usize, &str)]) -> (String, usize) {
    let mut text = String::new();
    let mut used = 0;
    for (_, word) in rest {
        if used > 0 && !text.ends_with(',') && !word.starts_with(',') {
            break;
        }
        text.push_str(word);
        used += 1;
    }
    (text, used)
}
