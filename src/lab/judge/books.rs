//! The judge's books: every VM's needs, whether its frames pass, and what its moves met.
//!
//! Fed with whole truths (`see` a VM, `look` at a switch), so that the work is in proportion to what changed. All of it
//! on the caller's time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use vmtracker_core::net::{MoId, SwitchName, VcenterName};

use super::{
    integral::Integral,
    latency::Latency,
    natives::Natives,
    needs::Needs,
    oracle::Oracle,
    readiness::Readiness,
    score::{DarkSeconds, Score, SwitchRequests},
};
use crate::lab::model::{
    LabTime,
    dataplane::{Fabric, Leg, Place, Truth},
};

/// A write may still begin so long after vCenter told a change, and not know of it: the answer is read, three actors
/// hand it on, and the journal is asked.
const REACTION: Duration = Duration::from_millis(10);

/// A VM, or a host for the sake of its vmkernel adapters, in one vCenter.
pub(super) type Key = (VcenterName, MoId);

#[derive(Debug)]
struct Entry {
    truth: Truth,
    planned: bool,
    dark: bool,
    needs_write: bool,
    news: Option<News>,
}

/// A VM's last change that nobody announced: its number, when vCenter told it, and whether that move still lasts during
/// which it came.
#[derive(Clone, Copy, Debug)]
struct News {
    number: u64,
    told: Option<LabTime>,
    on_the_way: bool,
}

impl News {
    /// Whether a write that began then may have begun without it.
    fn came_after(&self, began: LabTime) -> bool {
        self.told.is_none_or(|told| began <= told + REACTION)
    }
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Books {
    vms: BTreeMap<Key, Entry>,
    users: BTreeMap<Leg, BTreeSet<Key>>,
    needs: Needs,
    natives: Natives,
    dark_planned: Integral,
    dark_unplanned: Integral,
    moves: Moves,
    latency: Latency,
    readiness: Readiness,
    oracle: Oracle,
    untold: BTreeMap<VcenterName, BTreeSet<(u64, Key)>>,
    /// When the last write of each switch began.
    writing: BTreeMap<SwitchName, LabTime>,
    reads: u64,
    writes: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Moves {
    arrived: u64,
    needing: u64,
    ready: u64,
}

impl Books {
    /// Empty books; `oracle` judges the number of writes, and the lists of `places` are watched.
    pub(super) fn new(oracle: Oracle, places: impl IntoIterator<Item = Place>, fabric: &dyn Fabric) -> Self {
        let mut books = Self { oracle, ..Self::default() };
        books.needs.watch(places, fabric);
        books
    }

    /// A VM is as `truth` says, since a change numbered at most `upto`; none: it does not run or is gone.
    pub(super) fn see(&mut self, key: &Key, truth: Option<Truth>, upto: u64, fabric: &dyn Fabric, now: LabTime) {
        let old = self.vms.remove(key);
        if old.as_ref().map(|entry| &entry.truth) == truth.as_ref() {
            self.vms.extend(old.map(|entry| (key.clone(), entry)));
            return;
        }
        let before = old.as_ref().map(|entry| legs(&entry.truth)).unwrap_or_default();
        let after = truth.as_ref().map(legs).unwrap_or_default();
        self.take(key, upto, after.difference(&before), fabric, now);
        self.judge_move(key, old.as_ref(), truth.as_ref(), now);
        let entry = truth.map(|truth| self.enter(key, old.as_ref(), truth, upto));
        self.leave(key, old, now);
        self.release(key, upto, before.difference(&after), now);
        if let Some(entry) = entry {
            self.natives.join(key, &entry.truth.untagged, fabric);
            self.join(key, entry, now);
        }
    }

    fn take<'a>(
        &mut self,
        key: &Key,
        upto: u64,
        new: impl Iterator<Item = &'a Leg>,
        fabric: &dyn Fabric,
        now: LabTime,
    ) {
        let mut missing = BTreeSet::new();
        for leg in new {
            let first = self.needs.take(leg, fabric, now);
            if first && !self.needs.was_there(leg) {
                self.oracle.changed(&key.0, upto, leg.clone(), true);
            }
            if !self.needs.stands(leg) {
                missing.insert(leg.clone());
            }
        }
        self.latency.open(&key.0, upto, missing);
    }

    fn release<'a>(&mut self, key: &Key, upto: u64, old: impl Iterator<Item = &'a Leg>, now: LabTime) {
        for leg in old {
            if !self.needs.release(leg, now) {
                continue;
            }
            self.latency.abandon(leg);
            if !self.needs.was_there(leg) {
                self.oracle.changed(&key.0, upto, leg.clone(), false);
            }
        }
    }

    /// Called when the new needs are known and the old ones are not yet forgotten.
    fn judge_move(&mut self, key: &Key, old: Option<&Entry>, truth: Option<&Truth>, now: LabTime) {
        let both = old.zip(truth);
        let Some((old, truth)) = both.filter(|(old, truth)| arrived(&old.truth, truth)) else {
            if !both.is_some_and(|(old, truth)| goes_on(&old.truth, truth)) {
                self.readiness.end(key);
            }
            return;
        };
        self.moves.arrived += 1;
        self.readiness.arrive(key, now);
        if old.needs_write {
            self.moves.needing += 1;
            self.moves.ready += u64::from(truth.requires.iter().all(|leg| self.needs.stands(leg)));
        }
    }

    fn enter(&mut self, key: &Key, old: Option<&Entry>, truth: Truth, upto: u64) -> Entry {
        let begun = old.and_then(|entry| entry.truth.moving.as_ref());
        let needs_write = match &truth.moving {
            Some(moving) if begun == Some(moving) => old.is_some_and(|entry| entry.needs_write),
            Some((_, target)) => self.begins(key, target),
            None => false,
        };
        let on_the_way = truth.moving.is_some();
        let (planned, news) = match origin(old, &truth) {
            Origin::Known { planned, news } => (planned, news),
            Origin::News => {
                self.untold.entry(key.0.clone()).or_default().insert((upto, key.clone()));
                (false, Some(News { number: upto, told: None, on_the_way }))
            }
        };
        let news = news.map(|news| News { on_the_way: news.on_the_way && on_the_way, ..news });
        Entry { planned, dark: false, needs_write, news, truth }
    }

    /// A vMotion begins: whether its target lacks something.
    fn begins(&mut self, key: &Key, target: &BTreeSet<Leg>) -> bool {
        let missing: BTreeSet<Leg> = target.iter().filter(|leg| !self.needs.stands(leg)).cloned().collect();
        let needs_write = !missing.is_empty();
        if needs_write {
            self.readiness.begin(key, target, missing);
        }
        needs_write
    }

    fn leave(&mut self, key: &Key, old: Option<Entry>, now: LabTime) {
        let Some(old) = old else { return };
        self.natives.leave(key, &old.truth.untagged);
        for leg in &old.truth.uses {
            if let Some(users) = self.users.get_mut(leg) {
                users.remove(key);
                if users.is_empty() {
                    self.users.remove(leg);
                }
            }
        }
        if old.dark {
            self.darkness(old.planned).step(false, now);
        }
    }

    fn join(&mut self, key: &Key, entry: Entry, now: LabTime) {
        for leg in &entry.truth.uses {
            self.users.entry(leg.clone()).or_default().insert(key.clone());
        }
        self.vms.insert(key.clone(), entry);
        self.weigh(key, None, now);
    }

    /// Whether the VM's frames pass, anew. Once they passed, darkness has no excuse any more, but a write that began
    /// (`fell`) before anybody could know that they must.
    fn weigh(&mut self, key: &Key, fell: Option<LabTime>, now: LabTime) {
        let Some(entry) = self.vms.get_mut(key) else { return };
        let truth = &entry.truth;
        let tagged = truth.uses.iter().all(|leg| self.needs.stands(leg));
        let dark = truth.blocked || !tagged || !self.natives.pass(&truth.untagged);
        let was_dark = std::mem::replace(&mut entry.dark, dark);
        if dark && !was_dark && entry.news.zip(fell).is_some_and(|(news, began)| news.came_after(began)) {
            entry.planned = false;
        }
        let planned = entry.planned;
        entry.planned |= !dark;
        if dark != was_dark {
            self.darkness(planned).step(dark, now);
        }
    }

    const fn darkness(&mut self, planned: bool) -> &mut Integral {
        if planned { &mut self.dark_planned } else { &mut self.dark_unplanned }
    }

    /// A switch changed: its needed legs, its trunks' lists, and the VMs whose frames pass there are looked at.
    pub(super) fn look(&mut self, switch: &SwitchName, fabric: &dyn Fabric, now: LabTime) {
        for (leg, stands) in self.needs.look(switch, fabric, now) {
            if stands {
                self.latency.stands(&leg, now);
            }
            self.readiness.look(&leg, stands, now);
            let fell = self.writing.get(switch).copied().filter(|_| !stands);
            for key in self.users.get(&leg).cloned().unwrap_or_default() {
                self.weigh(&key, fell, now);
            }
        }
        for key in self.natives.look(switch, fabric) {
            self.weigh(&key, None, now);
        }
    }

    /// A switch began or finished to serve a request.
    pub(super) fn served(&mut self, switch: &SwitchName, write: bool, began: bool, now: LabTime) {
        self.latency.served(switch, began, now);
        if began {
            self.writes += u64::from(write);
            self.reads += u64::from(!write);
            self.writing.extend(write.then(|| (switch.clone(), now)));
        }
    }

    /// The bytes with every change of `vcenter` up to `upto` have left.
    pub(super) fn told(&mut self, vcenter: &VcenterName, upto: u64, now: LabTime) {
        self.latency.told(vcenter, upto, now);
        self.oracle.told(vcenter, upto, now);
        let Some(untold) = self.untold.get_mut(vcenter) else { return };
        while let Some((number, _)) = untold.first()
            && *number <= upto
        {
            let Some((number, key)) = untold.pop_first() else { return };
            let news = self.vms.get_mut(&key).and_then(|entry| entry.news.as_mut());
            if let Some(news) = news.filter(|news| news.number == number) {
                news.told = Some(now);
            }
        }
    }

    /// Forgets what happened so far: the run begins now.
    pub(super) fn restart(&mut self, now: LabTime) {
        self.needs.restart(now);
        self.dark_planned.restart(now);
        self.dark_unplanned.restart(now);
        self.latency.restart();
        self.readiness.restart();
        self.oracle.restart(now);
        (self.moves, self.reads, self.writes) = (Moves::default(), 0, 0);
    }

    /// The score up to `now`.
    pub(super) fn score(&mut self, now: LabTime) -> Score {
        let (vlans_added, vlans_withdrawn) = self.needs.written();
        let writes_minimum = self.oracle.writes(now);
        Score {
            moves: self.moves.arrived,
            moves_needing_a_write: self.moves.needing,
            moves_ready_before_arrival: self.moves.ready,
            ready_before_arrival_ms: self.readiness.leads(),
            dark_vm_seconds: DarkSeconds {
                planned: self.dark_planned.seconds(now),
                unplanned: self.dark_unplanned.seconds(now),
            },
            surplus_vlan_seconds: self.needs.surplus().seconds(now),
            event_to_configured_ms: self.latency.event_to_configured(),
            controller_share_ms: self.latency.controller_share(),
            switch_requests: SwitchRequests { reads: self.reads, writes: self.writes, writes_minimum },
            vlans_added,
            vlans_withdrawn,
        }
    }

    /// What is so at this moment.
    pub(super) fn state(&self) -> State {
        State {
            dark: self.dark_planned.count() + self.dark_unplanned.count(),
            needed: self.needs.len(),
            unmet: self.needs.unmet(),
            surplus: self.needs.surplus().count(),
        }
    }
}

/// What is so at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// VMs whose frames do not pass.
    pub dark: u64,
    /// Port-VLANs that are needed.
    pub needed: u64,
    /// Of these, the ones that do not stand.
    pub unmet: u64,
    /// Port-VLANs that are the controller's and not needed.
    pub surplus: u64,
}

fn legs(truth: &Truth) -> BTreeSet<Leg> {
    let moving = truth.moving.iter().flat_map(|(_, legs)| legs);
    truth.requires.iter().chain(&truth.uses).chain(moving).cloned().collect()
}

/// Whether the VM arrived where the vMotion took it.
fn arrived(old: &Truth, new: &Truth) -> bool {
    new.host != old.host && old.moving.as_ref().is_some_and(|(to, _)| *to == new.host)
}

/// Whether a move that began goes on, or one that arrived still waits for what it needs: nothing else changed.
fn goes_on(old: &Truth, new: &Truth) -> bool {
    new.host == old.host && new.requires == old.requires && new.moving == old.moving
}

/// Where what a VM needs comes from.
enum Origin {
    /// It needs what it needed, be it elsewhere after a vMotion; that was announced, or the last news of it were these.
    Known { planned: bool, news: Option<News> },
    /// Nobody announced it.
    News,
}

fn origin(old: Option<&Entry>, new: &Truth) -> Origin {
    let Some(old) = old else { return Origin::News };
    let vlans = |truth: &Truth| truth.requires.iter().map(|leg| leg.vlan).collect::<BTreeSet<_>>();
    let moved = arrived(&old.truth, new);
    if vlans(&old.truth) != vlans(new) || (old.truth.host != new.host && !moved) {
        return Origin::News;
    }
    let unannounced = old.news.is_some_and(|news| news.on_the_way);
    Origin::Known { planned: if moved { !unannounced } else { old.planned }, news: old.news }
}
