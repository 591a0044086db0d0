//! Watches every trunk, and notes each VLAN that leaves one though it must not.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use vmtracker::lab::model::{
    LabTime,
    dataplane::{Cabling, Fabric, Leg, Place, kernel, truth},
    switch::Switch,
    vcenter::Vcenter,
    world::Observer,
};
use vmtracker_core::net::VlanSet;

pub(super) type Switches = BTreeMap<String, Switch>;
pub(super) type Vcenters = BTreeMap<String, Vcenter>;

/// A clone is another handle of the same.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    pub(super) cabling: Arc<Cabling>,
    /// What others allowed on the trunks: before the controller came, and by [`Witness::foreign`].
    presets: Arc<Mutex<BTreeMap<Place, VlanSet>>>,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    lists: BTreeMap<Place, VlanSet>,
    revisions: BTreeMap<String, u64>,
    withdrawn: Vec<Leg>,
    wrong: Vec<String>,
    writes_under_way: usize,
}

impl Witness {
    pub(super) fn new(cabling: Arc<Cabling>, switches: &Switches) -> Self {
        let lists: BTreeMap<Place, VlanSet> =
            cabling.places().into_iter().map(|place| (place.clone(), switches.allowed(&place))).collect();
        let notes = Notes { lists: lists.clone(), ..Notes::default() };
        Self { cabling, presets: Arc::new(Mutex::new(lists)), notes: Arc::new(Mutex::new(notes)) }
    }

    /// What others allowed on the trunks.
    pub(super) fn presets(&self) -> BTreeMap<Place, VlanSet> {
        self.presets.lock().expect("lock").clone()
    }

    /// Somebody else allows a VLAN on a trunk from now on.
    pub(super) fn foreign(&self, Leg { place, vlan }: Leg) {
        self.presets.lock().expect("lock").entry(place).or_default().insert(vlan);
    }

    /// Every VLAN that left a trunk so far.
    pub(super) fn withdrawn(&self) -> Vec<Leg> {
        self.notes.lock().expect("lock").withdrawn.clone()
    }

    /// Those of them that must not have left, and why.
    pub(super) fn wrong(&self) -> Vec<String> {
        self.notes.lock().expect("lock").wrong.clone()
    }

    /// Whether a switch is busy with a write.
    pub(super) fn is_writing(&self) -> bool {
        self.notes.lock().expect("lock").writes_under_way > 0
    }

    /// What everything that runs needs, and what moves under way will need.
    pub(super) fn needs(&self, vcenters: &Vcenters) -> BTreeSet<Leg> {
        let mut legs = self.needs_now(vcenters);
        for vcenter in vcenters.values() {
            let truths = vcenter.vms().filter_map(|vm| truth(vcenter, &self.cabling, vm));
            legs.extend(truths.filter_map(|truth| truth.moving).flat_map(|(_, legs)| legs));
        }
        legs
    }

    fn needs_now(&self, vcenters: &Vcenters) -> BTreeSet<Leg> {
        let mut legs = BTreeSet::new();
        for vcenter in vcenters.values() {
            legs.extend(vcenter.vms().filter_map(|vm| truth(vcenter, &self.cabling, vm)).flat_map(|vm| vm.requires));
            legs.extend(vcenter.hosts().flat_map(|host| kernel(vcenter, &self.cabling, host).requires));
        }
        legs
    }

    fn left(&self, leg: Leg, needs: &BTreeSet<Leg>, now: LabTime) {
        let foreign =
            self.presets.lock().expect("lock").get(&leg.place).is_some_and(|preset| preset.contains(leg.vlan));
        let why = match (foreign, needs.contains(&leg)) {
            (true, _) => Some("somebody else's"),
            (false, true) => Some("needed"),
            (false, false) => None,
        };
        let mut notes = self.notes.lock().expect("lock");
        let (place, vlan) = (&leg.place, leg.vlan);
        let text = |why| format!("{now:?}: {} {} lost VLAN {vlan}, which is {why}", place.switch, place.interface);
        let wrong = why.map(text);
        notes.wrong.extend(wrong);
        notes.withdrawn.push(leg);
    }
}

impl Observer for Witness {
    fn changed(&mut self, switches: &Switches, vcenters: &Vcenters, now: LabTime) {
        let mut gone = Vec::new();
        let mut notes = self.notes.lock().expect("lock");
        for (name, switch) in switches {
            let revision = switch.revision();
            if notes.revisions.insert(name.clone(), revision) == Some(revision) {
                continue;
            }
            for (place, before) in notes.lists.iter_mut().filter(|(place, _)| place.switch.as_str() == name) {
                let after = switches.allowed(place);
                gone.extend(before.difference(&after).iter().map(|vlan| Leg { place: place.clone(), vlan }));
                *before = after;
            }
        }
        drop(notes);
        if !gone.is_empty() {
            let needs = self.needs_now(vcenters);
            gone.into_iter().for_each(|leg| self.left(leg, &needs, now));
        }
    }

    fn served(&mut self, _switch: &str, write: bool, began: bool, _now: LabTime) {
        let mut notes = self.notes.lock().expect("lock");
        match (write, began) {
            (true, true) => notes.writes_under_way += 1,
            (true, false) => notes.writes_under_way -= 1,
            (false, true | false) => {}
        }
    }

    fn told(&mut self, _vcenter: &str, _upto: u64, _now: LabTime) {}
}
