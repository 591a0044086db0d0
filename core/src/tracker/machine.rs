//! The tracker: facts in, intents out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    EdgePort, Event, HostId, Intent, Moment, Place, Policy, Record, Vm, VmId, What,
    advice::Advice,
    attachment::Attachments,
    brake::Restraint,
    census::Census,
    critical::Critical,
    desired::Desired,
    fabric::Fabric,
    ledger::{self, Ledger, State},
    links::Links,
    motion::Motion,
    native::Untagged,
    obstacle::Obstacles,
    reason::Unit,
    reload::Boots,
    requirement::{self, Requirements},
    saving::Saving,
    sites::Sites,
    units::{Answer, Puzzle},
    withdrawal::Lapse,
};
use crate::net::{SwitchName, VcenterId, VlanId};

/// The tracker of one fabric. See the module's head for how to call it.
#[derive(Debug)]
pub struct Tracker {
    pub(super) policy: Arc<Policy>,
    pub(super) sites: Sites,
    pub(super) fabric: Fabric,
    pub(super) attachments: Attachments,
    pub(super) requirements: Requirements,
    pub(super) ledger: Ledger,
    pub(super) links: Links,
    pub(super) saving: Saving,
    pub(super) boots: Boots,
    pub(super) obstacles: Obstacles,
    pub(super) restraint: Restraint,
    pub(super) advice: Advice,
    pub(super) census: Census,
    pub(super) critical: Critical,
    pub(super) moves: BTreeMap<VmId, Motion>,
    pub(super) puzzles: BTreeMap<Unit, BTreeSet<Puzzle>>,
    pub(super) untagged: BTreeMap<Unit, Untagged>,
    pub(super) lapses: BTreeMap<requirement::Key, Lapse>,
    pub(super) unmet: BTreeMap<requirement::Key, Moment>,
    pub(super) closed: BTreeSet<requirement::Key>,
    pub(super) inherited: BTreeSet<ledger::Key>,
    pub(super) undos: BTreeMap<requirement::Key, Moment>,
    pub(super) unproved: BTreeMap<(SwitchName, Place, VlanId), String>,
    pub(super) desired: BTreeMap<SwitchName, Desired>,
    pub(super) paused: bool,
    pub(super) woke: Moment,
    pub(super) looked: Moment,
    pub(super) confirm: Moment,
    pub(super) since: BTreeMap<(super::FindingKind, String, String), Moment>,
    pub(super) dirty: Dirty,
}

/// What must be looked at again before `handle` returns.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    pub(super) units: BTreeSet<Unit>,
    /// Of prepared clusters, by vCenter; they wait for the end of its listing.
    pub(super) prepared: BTreeMap<VcenterId, BTreeSet<Unit>>,
    pub(super) ports: BTreeSet<EdgePort>,
    pub(super) switches: BTreeSet<SwitchName>,
    pub(super) purposes: BTreeSet<requirement::Key>,
}

impl Tracker {
    /// A tracker that knows nothing yet but the policy and what the store kept.
    pub fn new(policy: Arc<Policy>, records: &[Record], paused: bool, brake: Option<String>) -> Self {
        let mut ledger = Ledger::default();
        records.iter().for_each(|record| ledger.apply(record));
        let inherited = ledger.claimed();
        Self {
            sites: Sites::default(),
            fabric: Fabric::of(&policy),
            policy,
            attachments: Attachments::default(),
            requirements: Requirements::default(),
            ledger,
            links: Links::default(),
            saving: Saving::default(),
            boots: Boots::default(),
            obstacles: Obstacles::default(),
            restraint: Restraint::restored(records, brake),
            advice: Advice::default(),
            census: Census::default(),
            critical: Critical::default(),
            moves: BTreeMap::new(),
            puzzles: BTreeMap::new(),
            untagged: BTreeMap::new(),
            lapses: BTreeMap::new(),
            unmet: BTreeMap::new(),
            closed: BTreeSet::new(),
            inherited,
            undos: BTreeMap::new(),
            unproved: BTreeMap::new(),
            desired: BTreeMap::new(),
            paused,
            woke: Moment::default(),
            looked: Moment::default(),
            confirm: Moment::default(),
            since: BTreeMap::new(),
            dirty: Dirty::default(),
        }
    }

    /// Takes in one fact and says what the shell is to do. The same facts at the same moments give the same intents.
    pub fn handle(&mut self, event: Event, now: Moment) -> Vec<Intent> {
        let braked = self.restraint.brake().map(str::to_owned);
        let mut intents = Vec::new();
        self.take_in(event, now, &mut intents);
        self.settle(now, &mut intents);
        let brake = self.restraint.brake().map(str::to_owned);
        if brake != braked {
            intents.push(Intent::Brake(brake));
        }
        intents
    }

    fn take_in(&mut self, event: Event, now: Moment, intents: &mut Vec<Intent>) {
        match event {
            Event::VcenterConnected { vcenter, id } => self.sites.connected(&id, &vcenter),
            Event::VcenterLost { vcenter, why } => self.sites.lost(&vcenter, &why),
            Event::Annotated { vcenter, trouble } => self.sites.annotated(&vcenter, trouble),
            Event::ResyncBegan(id) => self.sites.resync_began(&id),
            Event::ResyncEnded(id) => self.resync_ended(&id, now),
            Event::VmSeen(vm) => self.vm_seen(vm),
            Event::HostSeen(host) => {
                self.host_seen(host, now);
            }
            Event::PortGroupSeen(group) => self.port_group_seen(group),
            Event::DvsSeen(dvs) => {
                let vcenter = dvs.id.vcenter.clone();
                if self.sites.networks.dvs_seen(dvs) {
                    self.vcenter_changed(&vcenter);
                    self.preparations_changed(&vcenter);
                }
            }
            Event::PortsSeen { vcenter, groups, ports } => {
                let concerned = self.sites.networks.ports_seen(&vcenter, &groups, ports);
                self.dirty.units.extend(
                    concerned
                        .iter()
                        .flat_map(|id| [Unit::Vm(id.clone()), Unit::Move(id.clone()), Unit::Host(id.clone())]),
                );
            }
            Event::ClusterSeen(cluster) => self.cluster_seen(cluster),
            Event::VmLeft(vm) => self.vm_left(&vm, now),
            Event::HostLeft(host) => self.host_left(&host),
            Event::PortGroupLeft(group) => self.sites.group_left(&group),
            // What a switch said of its private VLANs stays true for the VMs that are still on it.
            Event::ClusterLeft(cluster) => self.cluster_left(&cluster),
            Event::DvsLeft(_) => {}
            Event::VmMigratedAway(vm) => self.migrated_away(&vm, now),
            Event::VmDestroyed(vm) => {
                if self.sites.vm_destroyed(&vm, now) {
                    self.departed(&vm);
                }
            }
            Event::MigrationStarted { vm, to } => self.migration_started(vm, &to, now),
            Event::MigrationEnded { vm, outcome } => self.migration_ended(vm, outcome, now),
            Event::HintsSeen { host, hints } => {
                self.sites.hints.insert(host.clone(), hints);
                self.host_changed(&host);
            }
            Event::Observed(observation) => self.observed(&observation, now, intents),
            Event::Done(done) => self.done(&done, now, intents),
            Event::Saved { switch, at, outcome } => self.saved(&switch, at, outcome, now),
            Event::SwitchLost { switch, why } => self.switch_lost(&switch, &why),
            Event::Recorded(records) => self.recorded(&records),
            Event::PolicyChanged(policy) => self.policy_changed(policy),
            Event::Paused(paused) => {
                self.paused = paused;
                self.reconsider();
                self.dirty.switches.extend(self.fabric.switches.keys().cloned());
            }
            Event::Closed { switch, interface, vlan } => self.close(&(EdgePort { switch, interface }, vlan)),
            Event::BrakeReleased => {
                self.restraint.set_brake(None);
                self.reconsider();
            }
            Event::Woke => {}
        }
    }

    fn resync_ended(&mut self, id: &VcenterId, now: Moment) {
        let gone = self.sites.resync_ended(id);
        let name = self.sites.by_id.get(id).map(|site| site.name.to_string()).unwrap_or_default();
        self.restraint.listed(&name, &gone);
        self.reconsider();
        for object in gone.objects {
            match self.sites.vms.contains_key(&object) {
                true => self.vm_left(&object, now),
                false => self.host_left(&object),
            }
        }
    }

    fn vm_seen(&mut self, vm: Arc<Vm>) {
        let id = vm.id.clone();
        let arrived = |motion: &Motion| vm.host.as_ref().is_some_and(|host| motion.to.contains(host));
        let arrived = self.moves.get(&id).is_some_and(arrived);
        self.sites.vm_seen(vm.clone());
        if arrived {
            self.moves.remove(&id);
        }
        self.count_vm(&id);
        self.explain_predecessors(&vm);
        self.dirty.units.extend([Unit::Vm(id.clone()), Unit::Move(id.clone()), Unit::Advice(id)]);
    }

    /// A VM is gone by vCenter's own word.
    pub(super) fn departed(&mut self, vm: &VmId) {
        self.dirty.purposes.extend(self.lapses.keys().cloned());
        self.count_vm(vm);
        self.dirty.units.extend([Unit::Vm(vm.clone()), Unit::Move(vm.clone()), Unit::Advice(vm.clone())]);
    }

    /// A VM that left without a cause keeps what it has; the brake counts it.
    fn vm_left(&mut self, id: &VmId, now: Moment) {
        let unit = Unit::Vm(id.clone());
        if !self.sites.vm_left(id) && self.registered_anew(id).is_none() {
            let count = self.requirements.of(&unit).count();
            self.restraint.unexplained(count, self.owned_in_all(), now);
        }
        self.count_vm(id);
        self.dirty.units.insert(unit);
    }

    fn host_left(&mut self, id: &HostId) {
        self.sites.host_left(id);
        self.host_changed(id);
    }

    /// A person says that a requirement is over.
    fn close(&mut self, (port, vlan): &requirement::Key) {
        let legs: Vec<EdgePort> = self.fabric.legs(port).collect();
        legs.into_iter().for_each(|leg| self.close_leg(&(leg, *vlan)));
    }

    fn close_leg(&mut self, key: &requirement::Key) {
        self.requirements.close(key);
        self.closed.insert(key.clone());
        self.unmet.remove(key);
        self.dirty.ports.insert(key.0.clone());
        self.lapse(key, self.woke);
    }

    fn recorded(&mut self, records: &[Record]) {
        for record in records {
            let ours = self.ledger.entry(&record.serial, record.place, record.vlan).is_some_and(ledger::Entry::is_ours);
            match record.what {
                // What was ours all the time is proved once more.
                What::Owned if ours => {}
                What::Owned => self.saving.changed(&record.switch, record.at),
                What::Withdrawn => {
                    self.note_withdrawn(record);
                    self.saving.changed(&record.switch, record.at);
                }
                What::Released { .. } | What::Claimed { .. } | What::Withdrawing { .. } | What::StandsFor { .. } => {}
            }
            self.ledger.apply(record);
            match record.what {
                What::Owned | What::Withdrawn | What::Released { .. } => self.settled(record),
                What::Claimed { .. } | What::Withdrawing { .. } | What::StandsFor { .. } => {}
            }
        }
    }

    /// An entry's life took a turn: it may lapse now, and what it stands for may have to be told again.
    fn settled(&mut self, record: &Record) {
        self.inherited.remove(&(record.serial.clone(), record.place, record.vlan));
        if let Place::Interface(interface) = record.place {
            let key = (EdgePort { switch: record.switch.clone(), interface }, record.vlan);
            self.lapse(&key, record.at);
            self.dirty.purposes.insert(key);
        }
        self.dirty.switches.insert(record.switch.clone());
    }

    /// Brings everything that depends on a changed fact up to date.
    fn settle(&mut self, now: Moment, intents: &mut Vec<Intent>) {
        self.expire(now);
        self.release_prepared();
        while let Some(unit) = self.dirty.units.pop_first() {
            self.refresh(unit, now);
        }
        self.seek_witnesses(now, intents);
        self.review_undos(now);
        self.revoke(now);
        self.withdraw(now, intents);
        self.express(now, intents);
        self.save(now, intents);
        self.woke = now;
    }

    fn expire(&mut self, now: Moment) {
        self.expire_moves(now);
        let ended: Vec<SwitchName> = self.obstacles.ended(self.woke, now).cloned().collect();
        self.dirty.switches.extend(ended);
    }

    /// Computes one unit anew and notes what that changes.
    pub(super) fn refresh(&mut self, unit: Unit, now: Moment) {
        let Some(Answer { asked, untagged, puzzles }) = self.answer(&unit) else { return };
        match untagged.is_empty() {
            true => drop(self.untagged.remove(&unit)),
            false => drop(self.untagged.insert(unit.clone(), untagged)),
        }
        match puzzles.is_empty() {
            true => drop(self.puzzles.remove(&unit)),
            false => drop(self.puzzles.insert(unit.clone(), puzzles)),
        }
        let changed = self.requirements.replace(unit.clone(), asked);
        self.hand_over(&unit, !changed.gained.is_empty());
        for key in changed.gained {
            self.lapses.remove(&key);
            self.closed.remove(&key);
            if !self.fabric.ready(&key.0, key.1) {
                self.unmet.entry(key.clone()).or_insert(now);
            }
            self.touch(key);
        }
        for key in changed.lost {
            if self.requirements.reasons(&key).is_none() {
                self.unmet.remove(&key);
                self.lapse(&key, now);
            }
            self.touch(key);
        }
    }

    fn touch(&mut self, key: requirement::Key) {
        self.dirty.ports.insert(key.0.clone());
        self.dirty.purposes.insert(key);
    }

    fn owned_in_all(&self) -> usize {
        let serials = self.fabric.switches.values().filter_map(|switch| switch.identity.as_ref());
        serials.map(|identity| self.ledger.owned(&identity.serial)).sum()
    }

    /// When `handle` wants to be called with [`Event::Woke`] at the latest; none: nothing waits for time.
    pub fn next_deadline(&self, now: Moment) -> Option<Moment> {
        let moves = self.moves.values().map(|motion| motion.until).min();
        let confirm = (!self.unconfirmed().is_empty()).then_some(self.confirm);
        let undo = self.undos.values().min().copied();
        let saves = self.saving.next();
        let all = [confirm, moves, undo, saves, self.obstacles.next(now), self.next_withdrawal()];
        all.into_iter().flatten().min()
    }

    /// The ledger's state of a (place, VLAN) on a switch, for what a person asks.
    pub(super) fn state_of(&self, switch: &SwitchName, place: Place, vlan: VlanId) -> Option<State> {
        let serial = &self.fabric.switches.get(switch)?.identity.as_ref()?.serial;
        self.ledger.entry(serial, place, vlan).map(|entry| entry.state)
    }
}
