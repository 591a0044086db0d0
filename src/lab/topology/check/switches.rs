//! The switches of a topology file, their ports, and the cables between them.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{
    super::{LinkEnd, LinkRow, PortRow, SwitchRow, schema},
    Check,
};
use crate::lab::model::switch::{Bundling, Platform};

impl Check<'_> {
    pub(super) fn switch(&mut self, number: usize, row: schema::Switch) -> SwitchRow {
        self.unique("port", row.port.iter().map(|port| &port.name));
        let channels: BTreeSet<u16> = row.port.iter().filter_map(|port| channel(port.name.get_ref())).collect();
        let vlans =
            if row.vlans.get_ref().is_empty() { VlanSet::EMPTY } else { self.parse(&row.vlans, VlanSet::EMPTY) };
        SwitchRow {
            hostname: row.hostname.unwrap_or_else(|| row.name.get_ref().clone()),
            serial: row.serial.unwrap_or_else(|| format!("LAB{number:08}")),
            name: row.name.into_inner(),
            platform: row.platform.map_or_else(Platform::default, |name| self.parse(&name, Platform::default())),
            domain: self.within("domain", row.domain, 1..=1000),
            vlans,
            ports: row.port.into_iter().map(|port| self.port(port, &channels)).collect(),
        }
    }

    fn port(&mut self, row: schema::Port, channels: &BTreeSet<u16>) -> PortRow {
        let trunk = self.word("mode", &row.mode, ["trunk", "access"]);
        let lacp = self.word("bundling", &row.bundling, ["lacp", "static"]);
        if let Some(number) = &row.channel
            && !channels.contains(number.get_ref())
        {
            let text = format!("the switch has no port \"port-channel{}\"", number.get_ref());
            self.fault(&number.span(), text);
        }
        if channel(row.name.get_ref()).is_none() && (row.vpc.is_some() || row.peer_link) {
            self.fault(&row.name.span(), "only a port-channel can be a vPC or the peer-link".to_owned());
        }
        PortRow {
            name: self.parse(&row.name, InterfaceName::Mgmt(0)),
            trunk,
            allowed: row.allowed.as_ref().map(|list| self.parse(list, VlanSet::EMPTY)),
            native: row.native.map_or(VlanId::MIN, |number| self.vlan(&number)),
            description: row.description,
            channel: row.channel.map(Spanned::into_inner),
            bundling: if lacp { Bundling::Lacp } else { Bundling::Static },
            vpc: self.within("vpc", row.vpc, 1..=4096),
            peer_link: row.peer_link,
            fex: self.within("fex", row.fex, 100..=199),
            edge: row.edge,
        }
    }

    /// Whether it is the first of two words.
    pub(super) fn word(&mut self, key: &str, value: &Spanned<String>, [first, second]: [&str; 2]) -> bool {
        let word = value.get_ref();
        if word != first && word != second {
            self.fault(&value.span(), format!("{key} is {first:?} or {second:?}, not {word:?}"));
        }
        word != second
    }

    fn within(&mut self, key: &str, value: Option<Spanned<u16>>, range: std::ops::RangeInclusive<u16>) -> Option<u16> {
        let value = value?;
        if !range.contains(value.get_ref()) {
            let (first, last) = (range.start(), range.end());
            self.fault(&value.span(), format!("{key} is {first} to {last}, not {}", value.get_ref()));
        }
        Some(value.into_inner())
    }

    pub(super) fn link(&mut self, row: schema::Link, ports: &BTreeMap<String, BTreeSet<InterfaceName>>) -> LinkRow {
        let ends = [row.from, row.to].map(|end| {
            let port = self.cable(&end.switch, &end.port, ports);
            LinkEnd { switch: end.switch.into_inner(), port }
        });
        LinkRow { ends }
    }

    /// The port that a cable ends at: it exists, and no other cable is there.
    pub(super) fn cable(
        &mut self,
        switch: &Spanned<String>,
        port: &Spanned<String>,
        ports: &BTreeMap<String, BTreeSet<InterfaceName>>,
    ) -> InterfaceName {
        let (name, found) = (switch.get_ref(), self.parse(port, InterfaceName::Mgmt(0)));
        match ports.get(name) {
            None => self.fault(&switch.span(), format!("no switch is called {name:?}")),
            Some(known) if !known.contains(&found) => {
                self.fault(&port.span(), format!("switch {name:?} has no port {}", port.get_ref()));
            }
            Some(_) if !self.ends.insert((name.clone(), found)) => {
                self.fault(&port.span(), format!("two cables end at {found} of {name:?}"));
            }
            Some(_) => {}
        }
        found
    }
}

fn channel(name: &str) -> Option<u16> {
    match name.parse() {
        Ok(InterfaceName::PortChannel(number)) => Some(number),
        Ok(_) | Err(_) => None,
    }
}
