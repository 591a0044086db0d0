//! One line of a text answer: what is kept of it depends on the command.

use super::{super::Query, Disguise};

/// What running-config may say of an interface and is read by this product, or helps to understand it. Anything else is
/// left out: addresses, keys and names may stand there.
const KEPT: [&str; 12] = [
    "interface ",
    "switchport",
    "no switchport",
    "channel-group ",
    "fex associate ",
    "vpc ",
    "spanning-tree ",
    "mtu ",
    "speed ",
    "shutdown",
    "no shutdown",
    "lacp ",
];

/// Behind these stands a name that a person gave.
const NAMED: [&str; 3] = ["description ", "inherit port-profile ", "switch-profile "];

/// The parts of a configuration path of which the accounting log's lines are kept, beside `vlan` and a number.
const ACCOUNTED: [&str; 5] = [
    "configure terminal",
    "interface ",
    "switchport trunk allowed vlan ",
    "copy running-config startup-config",
    "exit",
];

impl Disguise {
    pub(super) fn line(&mut self, query: Query, line: &str) -> String {
        match query {
            Query::Config | Query::PortConfig(_) | Query::SwitchProfiles => self.configuration(line),
            Query::AccountingLog => self.accounted(line),
            Query::Vlans => self.vlan_row(line),
            Query::Version
            | Query::Ports
            | Query::PortChannels
            | Query::Lldp
            | Query::Cdp
            | Query::Macs(_)
            | Query::Vpc
            | Query::Trunks
            | Query::Fex
            | Query::Features
            | Query::FeatureSets
            | Query::Vtp
            | Query::SystemMode
            | Query::Save => self.labelled(line),
        }
    }

    fn configuration(&mut self, line: &str) -> String {
        let trimmed = line.trim_start();
        let (indent, _) = line.split_at(line.len() - trimmed.len());
        if let Some(label) = NAMED.iter().find(|label| trimmed.starts_with(**label)) {
            let name = trimmed.strip_prefix(label).unwrap_or_default();
            return format!("{indent}{label}{}", self.free_text(name));
        }
        // The time and the version at the head of a configuration.
        let head = trimmed.is_empty() || trimmed.starts_with('!') || trimmed.starts_with("version ");
        if head || KEPT.iter().any(|kept| trimmed.starts_with(kept)) {
            return self.words(line);
        }
        format!("{indent}! left out")
    }

    /// `…:type=update:id=10.1.1.1@pts/3:user=ethan:cmd=configure terminal ; vlan 10 (SUCCESS)`.
    fn accounted(&mut self, line: &str) -> String {
        let Some((head, command)) = line.split_once(":cmd=") else { return "left out".to_owned() };
        let head = match head.split_once(":user=") {
            Some((before, user)) => format!("{}:user={}", self.words(before), self.free_text(user)),
            None => self.words(head),
        };
        let (words, outcome) = command.rsplit_once(" (").unwrap_or((command, ""));
        let words = if words.split(" ; ").all(is_accounted) { self.words(words) } else { "left out".to_owned() };
        let outcome = if outcome.is_empty() { String::new() } else { format!(" ({outcome}") };
        format!("{head}:cmd={words}{outcome}")
    }

    /// `120  web    active    Eth1/1`: the name goes, its column stays as wide.
    fn vlan_row(&mut self, line: &str) -> String {
        let mut words = line.split_whitespace();
        let number = words.next().and_then(|word| word.parse::<u16>().ok());
        let (Some(_), Some(name), Some(state)) = (number, words.next(), words.next()) else { return self.words(line) };
        if !(state.starts_with("active") || state.starts_with("sus") || state.starts_with("act/")) {
            return self.words(line);
        }
        let stand_in = self.free_text(name);
        self.words(&line.replacen(&format!(" {name} "), &format!(" {stand_in} "), 1))
    }

    fn labelled(&mut self, line: &str) -> String {
        match line.split_once("Port Description:") {
            Some((before, text)) => format!("{before}Port Description: {}", self.free_text(text.trim())),
            None => self.words(line),
        }
    }
}

/// A mode's name may tell whose it is, as a VRF's does.
fn is_accounted(part: &str) -> bool {
    let is_vlan =
        part.strip_prefix("vlan ").is_some_and(|list| list.starts_with(|letter: char| letter.is_ascii_digit()));
    is_vlan || ACCOUNTED.iter().any(|kept| part.starts_with(kept))
}
