//! Where hosts are plugged in. Cables may be moved while everybody looks: a clone of the [`Arc`](std::sync::Arc) around
//! it sees the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Place;

/// Where each pnic of each host is plugged in.
#[derive(Debug, Default)]
pub struct Cabling {
    cables: RwLock<BTreeMap<(String, String), Cable>>,
    version: AtomicU64,
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

/// A cable, and the parents of its fabric extender that are known to be out of reach.
#[derive(Clone, Debug)]
struct Cable {
    end: End,
    unlit: BTreeSet<Place>,
}

impl Cabling {
    /// A cable from `device` of `host` to `place`.
    pub fn plug(&self, host: &str, device: &str, place: Place) {
        self.attach(host, device, End { places: vec![place.clone()], ports: vec![place], bundle: None });
    }

    /// A cable from `device` of `host` to `end`, instead of the one that was there.
    pub fn attach(&self, host: &str, device: &str, end: End) {
        let cable = Cable { end, unlit: BTreeSet::new() };
        self.write().insert((host.to_owned(), device.to_owned()), cable);
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    /// Grows with every cable that is plugged in.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Where the cable of `device` of `host` ends; the first place of several.
    pub fn end(&self, host: &str, device: &str) -> Option<Place> {
        self.places_of(host, device).into_iter().next()
    }

    /// Every place where the cable of `device` of `host` ends.
    pub fn places_of(&self, host: &str, device: &str) -> Vec<Place> {
        self.at(host, device).map(|cable| cable.end.places).unwrap_or_default()
    }

    /// The places through which its frames pass now: of a fabric extender, the parents that it reaches.
    pub fn ways(&self, host: &str, device: &str) -> Vec<Place> {
        let Some(Cable { end: End { places, .. }, unlit }) = self.at(host, device) else { return Vec::new() };
        let lit: Vec<Place> = places.iter().filter(|place| !unlit.contains(place)).cloned().collect();
        if lit.is_empty() { places } else { lit }
    }

    /// The devices of `host` that are one bundle with `device`, itself among them.
    pub fn bundle(&self, host: &str, device: &str) -> Vec<String> {
        let own = self.at(host, device).and_then(|cable| cable.end.bundle);
        let same = |name: &str, end: &End| name == device || own.is_some() && end.bundle == own;
        let cables = self.read();
        let here = cables.range((host.to_owned(), String::new())..).take_while(|((at, _), _)| at == host);
        here.filter(|((_, name), cable)| same(name, &cable.end)).map(|((_, name), _)| name.clone()).collect()
    }

    /// Every cable: the host, its device, and where it ends.
    pub fn cables(&self) -> Vec<(String, String, End)> {
        let cables = self.read();
        cables.iter().map(|((host, device), cable)| (host.clone(), device.clone(), cable.end.clone())).collect()
    }

    /// Every place a host hangs on, each once.
    pub fn places(&self) -> BTreeSet<Place> {
        self.read().values().flat_map(|cable| cable.end.places.clone()).collect()
    }

    /// Which of the places of a cable are out of reach from now on. Whether that is news.
    pub(super) fn set_unlit(&self, host: &str, device: &str, unlit: BTreeSet<Place>) -> bool {
        let mut cables = self.write();
        let cable = cables.get_mut(&(host.to_owned(), device.to_owned()));
        cable.is_some_and(|cable| std::mem::replace(&mut cable.unlit, unlit.clone()) != unlit)
    }

    fn at(&self, host: &str, device: &str) -> Option<Cable> {
        self.read().get(&(host.to_owned(), device.to_owned())).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<(String, String), Cable>> {
        self.cables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<(String, String), Cable>> {
        self.cables.write().unwrap_or_else(PoisonError::into_inner)
    }
}
