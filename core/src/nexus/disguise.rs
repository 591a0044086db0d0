//! Takes out of a switch's answers what tells whose they are: names, addresses, serial numbers, free texts. Everywhere
//! the same original gets the same stand-in, and one of the same length where a table's columns need it.
//!
//! What is free text by its place (descriptions, VLAN names) goes by its place. Host names and serial numbers are
//! learned from all answers first, then replaced wherever they stand; addresses are known by their shape. Of
//! configuration and of the accounting log only lines of known forms are kept: anything may stand in the others.

mod lines;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
};

use serde_json::Value;

use super::{Answer, Query};
use crate::net::MacAddr;

/// Keys whose value is the name of a machine.
const NAME_KEYS: [&str; 4] = ["host_name", "sys_name", "sysname", "device_id"];
/// Keys whose value is free text.
const TEXT_KEYS: [&str; 3] = ["vlanshowbr-vlanname", "port_desc", "desc"];
/// What stands in front of a machine's name in text.
const NAME_LABELS: [&str; 5] = ["Device name:", "System Name:", "Device ID:", "hostname ", "switchname "];
/// What stands for no name.
const NO_NAMES: [&str; 5] = ["null", "not advertised", "default", "none", "-"];
/// Labels of domains that tell nothing.
const COMMON: [&str; 6] = ["com", "net", "org", "local", "lan", "localdomain"];

/// The stand-ins so far.
#[derive(Debug, Default)]
pub struct Disguise {
    /// Names and serial numbers, which may stand anywhere.
    names: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
    macs: BTreeMap<MacAddr, u32>,
    v4: BTreeMap<Ipv4Addr, u32>,
    v6: BTreeMap<Ipv6Addr, u32>,
}

impl Disguise {
    /// Notes the names in an answer. Every answer is learned before the first is disguised.
    pub fn learn(&mut self, answer: &Answer) {
        match answer {
            Answer::Text(text) => text.lines().for_each(|line| self.learn_line(line)),
            Answer::Structured(body) => self.learn_json(body),
        }
    }

    /// The answer to `query` in disguise.
    pub fn answer(&mut self, query: Query, answer: &Answer) -> Answer {
        match answer {
            Answer::Text(text) => {
                let lines: Vec<String> = text.lines().map(|line| self.line(query, line)).collect();
                Answer::Text(lines.join("\n") + "\n")
            }
            Answer::Structured(body) => Answer::Structured(self.json("", body)),
        }
    }

    fn learn_line(&mut self, line: &str) {
        let line = line.trim();
        let named = NAME_LABELS.iter().find_map(|label| line.strip_prefix(label));
        if let Some(name) = named {
            self.learn_name(name);
        }
        if let Some(serial) = line.strip_prefix("Processor Board ID ") {
            self.learn_serial(serial);
        }
    }

    fn learn_json(&mut self, value: &Value) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    match inner.as_str() {
                        Some(name) if NAME_KEYS.contains(&key.as_str()) => self.learn_name(name),
                        Some(serial) if key == "proc_board_id" => self.learn_serial(serial),
                        Some(_) | None => self.learn_json(inner),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_json(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// `leaf1.example.net(SERIAL)`: the name, its first label and the labels of its domain; the serial number is known
    /// by its shape.
    fn learn_name(&mut self, text: &str) {
        let name = text.split('(').next().unwrap_or_default().trim();
        if name.is_empty() || NO_NAMES.contains(&name) {
            return;
        }
        let labels = name.split(|letter: char| letter == '.' || letter.is_whitespace());
        let telling: BTreeSet<&str> = labels.filter(|label| !COMMON.contains(label) && !is_plain(label)).collect();
        for word in std::iter::once(name).chain(telling) {
            let number = self.names.len() + 1;
            self.names.entry(word.to_owned()).or_insert_with(|| fitting("host", number, word));
        }
    }

    fn learn_serial(&mut self, text: &str) {
        let (serial, number) = (text.trim(), self.names.len() + 1);
        if !serial.is_empty() {
            self.names.entry(serial.to_owned()).or_insert_with(|| serial_number(number));
        }
    }

    fn json(&mut self, key: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => map.iter().map(|(key, inner)| (key.clone(), self.json(key, inner))).collect(),
            Value::Array(items) => items.iter().map(|item| self.json(key, item)).collect(),
            Value::String(text) if TEXT_KEYS.contains(&key) => Value::String(self.free_text(text)),
            Value::String(text) => Value::String(self.words(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    /// A description or a VLAN's name. What NX-OS and ESXi write there by themselves stays.
    fn free_text(&mut self, text: &str) -> String {
        let by_itself = text.trim().is_empty() || NO_NAMES.contains(&text.trim()) || is_default_vlan(text);
        if by_itself || text.starts_with("vmnic") {
            return self.words(text);
        }
        let number = self.texts.len() + 1;
        self.texts.entry(text.to_owned()).or_insert_with(|| fitting("text", number, text)).clone()
    }

    /// Replaces what is known by its shape, or was learned, in a text of any form.
    fn words(&mut self, text: &str) -> String {
        let known = self.names.get(text).cloned();
        known.unwrap_or_else(|| {
            let mut done = String::with_capacity(text.len());
            let mut word = String::new();
            for letter in text.chars() {
                if letter.is_alphanumeric() || "._-:/".contains(letter) {
                    word.push(letter);
                } else {
                    done.push_str(&self.word(&std::mem::take(&mut word)));
                    done.push(letter);
                }
            }
            done.push_str(&self.word(&word));
            done
        })
    }

    fn word(&mut self, word: &str) -> String {
        if let Some(name) = self.names.get(word) {
            return name.clone();
        }
        if let Some(shaped) = self.address(word) {
            return shaped;
        }
        if is_serial(word) {
            let number = self.names.len() + 1;
            return self.names.entry(word.to_owned()).or_insert_with(|| serial_number(number)).clone();
        }
        // `ID:leaf1`, `10.0.0.1/24`, `leaf1.example.net`, `to-leaf1`: the parts, one separator after the other.
        match [':', '/', '.', '-', '_'].into_iter().find(|separator| word.contains(*separator)) {
            Some(separator) => {
                let parts: Vec<String> = word.split(separator).map(|part| self.word(part)).collect();
                parts.join(&separator.to_string())
            }
            None => word.to_owned(),
        }
    }

    fn address(&mut self, word: &str) -> Option<String> {
        if let Ok(mac) = word.parse::<MacAddr>() {
            return Some(written_like(word, numbered_mac(numbered(&mut self.macs, mac))));
        }
        if let Ok(v4) = word.parse::<Ipv4Addr>() {
            let [_, second, third, fourth] = numbered(&mut self.v4, v4).to_be_bytes();
            // 198.18.0.0/15 is set aside for tests (RFC 2544).
            return Some(Ipv4Addr::new(198, 18 + (second & 1), third, fourth).to_string());
        }
        let v6 = word.parse::<Ipv6Addr>().ok()?;
        let number = numbered(&mut self.v6, v6);
        Some(format!("2001:db8::{number:x}"))
    }
}

/// The number of an original, counted from 1 as they come.
fn numbered<K: Ord>(known: &mut BTreeMap<K, u32>, original: K) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX).saturating_add(1);
    *known.entry(original).or_insert(next)
}

/// Locally administered, so that it is nobody's.
const fn numbered_mac(number: u32) -> MacAddr {
    let [a, b, c, d] = number.to_be_bytes();
    MacAddr::new([0x02, 0, a, b, c, d])
}

/// In the writing of the original: dotted, with colons or with dashes.
fn written_like(original: &str, mac: MacAddr) -> String {
    if original.contains('.') {
        return mac.dotted();
    }
    let colons = mac.to_string();
    if original.contains('-') { colons.replace(':', "-") } else { colons }
}

/// A stand-in as long as the original, or longer where that is too short.
fn fitting(kind: &str, number: usize, original: &str) -> String {
    let mut text = format!("{kind}{number}");
    while text.chars().count() < original.chars().count() {
        text.push('x');
    }
    text
}

/// As long as Cisco's: eleven characters.
fn serial_number(number: usize) -> String {
    format!("XXX{number:08}")
}

/// Three letters of the factory, year and week, four characters: `SSI16340AR0`.
fn is_serial(word: &str) -> bool {
    let bytes = word.as_bytes();
    let (Some(factory), Some(date), Some(rest)) = (bytes.get(..3), bytes.get(3..7), bytes.get(7..)) else {
        return false;
    };
    factory.iter().all(u8::is_ascii_uppercase)
        && date.iter().all(u8::is_ascii_digit)
        && rest.len() == 4
        && rest.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Nothing, or digits only.
fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// `default` and `VLAN0120` name nobody.
fn is_default_vlan(name: &str) -> bool {
    name == "default" || name.strip_prefix("VLAN").is_some_and(|number| number.len() == 4 && is_plain(number))
}

#[cfg(test)]
mod tests;
