//! Where hosts are plugged in.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;

/// Where each pnic of each host is plugged in.
#[derive(Clone, Debug, Default)]
pub struct Cabling {
    ends: BTreeMap<(String, String), End>,
}

/// Where one cable ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The logical ports through which frames get in and out: one, or of a fabric extender with two parents both.
    pub places: Vec<Place>,
    /// The physical ports that give the pnic its link: the pnic has one while any of them is up.
    pub ports: Vec<Place>,
    /// Cables of one host with the same name are one bundle: its frames and their answers come over any of them.
    pub bundle: Option<String>,
}

impl Cabling {
    /// A cable from `device` of `host` to `place`.
    pub fn plug(&mut self, host: &str, device: &str, place: Place) {
        self.attach(host, device, End { places: vec![place.clone()], ports: vec![place], bundle: None });
    }

    /// A cable from `device` of `host` to `end`.
    pub fn attach(&mut self, host: &str, device: &str, end: End) {
        self.ends.insert((host.to_owned(), device.to_owned()), end);
    }

    /// Where the cable of `device` of `host` ends; the first place of several.
    pub fn end(&self, host: &str, device: &str) -> Option<&Place> {
        self.places_of(host, device).next()
    }

    /// Every place where the cable of `device` of `host` ends.
    pub fn places_of(&self, host: &str, device: &str) -> impl Iterator<Item = &Place> {
        self.at(host, device).into_iter().flat_map(|end| &end.places)
    }

    /// The devices of `host` that are one bundle with `device`, itself among them.
    pub fn bundle(&self, host: &str, device: &str) -> Vec<&str> {
        let own = self.at(host, device).and_then(|end| end.bundle.as_ref());
        let same = |name: &str, end: &End| name == device || own.is_some() && end.bundle.as_ref() == own;
        let first = (host.to_owned(), String::new());
        let here = self.ends.range(first..).take_while(|((at, _), _)| at == host);
        here.filter(|((_, name), end)| same(name, end)).map(|((_, name), _)| name.as_str()).collect()
    }

    /// Every cable: the host, its device, and where it ends.
    pub fn cables(&self) -> impl Iterator<Item = (&str, &str, &End)> {
        self.ends.iter().map(|((host, device), end)| (host.as_str(), device.as_str(), end))
    }

    /// Every place a host hangs on, each once.
    pub fn places(&self) -> BTreeSet<Place> {
        self.ends.values().flat_map(|end| &end.places).cloned().collect()
    }

    fn at(&self, host: &str, device: &str) -> Option<&End> {
        self.ends.get(&(host.to_owned(), device.to_owned()))
    }
}
