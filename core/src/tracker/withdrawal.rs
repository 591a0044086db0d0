//! Withdrawals: only what is ours, after the hold-down, for a cause, at the pace, and after the switch was asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Act, Cause, EdgePort, Intent, Moment, Place, PowerState, Reason, Tracker, VmId,
    needs::Plug,
    reason::Unit,
    requirement::Key,
    units::{Puzzle, connected},
};
use crate::net::{InterfaceName, SwitchName, VlanId};

/// What is due is looked at together: one question and one write for all of it, not one each.
const TOGETHER: Duration = Duration::from_secs(1);
/// A withdrawal that had to wait is looked at again after this, and after a quarter of its wait, up to a minute.
pub(super) const AGAIN: Duration = Duration::from_secs(2);
/// A question about addresses that got no answer is put again after this.
pub(super) const UNANSWERED: Duration = Duration::from_secs(60);

/// A VLAN of ours that nobody requires any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lapse {
    /// Since when nobody requires it.
    pub(super) since: Moment,
    /// Not looked at before this.
    pub(super) due: Moment,
    /// When the switch was asked for addresses.
    pub(super) asked: Option<Moment>,
    /// The switch showed none; it may go until this moment.
    pub(super) approved: Option<Moment>,
    /// Why it has to wait, if it has to.
    pub(super) waits: Option<Wait>,
    pub(super) cause: Cause,
}

/// Why a withdrawal has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// For something that a person wants so, or that has a finding of its own.
    Known,
    /// For this, which somebody may have to mend.
    For(String),
}

/// What is known of the end of one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// It is over, for this cause.
    Over(String),
    /// It cannot be told yet, or it is not over.
    Waits,
    /// Only a person ends it.
    Never(String),
}

impl Account {
    pub(super) const fn is_over(&self) -> bool {
        matches!(self, Self::Over(_))
    }
}

impl Tracker {
    /// Starts the hold-down of a VLAN of ours that nobody requires.
    pub(super) fn lapse(&mut self, key: &Key, now: Moment) {
        let ours = self.is_ours(key);
        if !ours || self.fabric.is_link(&key.0) || self.requirements.reasons(key).is_some() {
            self.lapses.remove(key);
            return;
        }
        let due = now + self.policy.hold_down;
        let fresh = || Lapse { since: now, due, asked: None, approved: None, waits: None, cause: "".into() };
        self.lapses.entry(key.clone()).or_insert_with(fresh);
    }

    /// What lapsed on these ports lapses from now on.
    pub(super) fn hold_down_anew(&mut self, ports: &BTreeSet<EdgePort>, now: Moment) {
        let due = now + self.policy.hold_down;
        for (key, lapse) in self.lapses.iter_mut().filter(|(key, _)| ports.contains(&key.0)) {
            *lapse = Lapse { since: now, due, asked: None, approved: None, waits: None, cause: "".into() };
            self.dirty.switches.insert(key.0.switch.clone());
        }
    }

    fn is_ours(&self, (port, vlan): &Key) -> bool {
        let identity = self.fabric.switches.get(&port.switch).and_then(|switch| switch.identity.as_ref());
        let place = Place::Interface(port.interface);
        identity.and_then(|id| self.ledger.entry(&id.serial, place, *vlan)).is_some_and(|entry| entry.is_ours())
    }

    /// After a reading of the whole switch: what is ours there and required by nobody lapses from now on.
    pub(super) fn lapse_unrequired(&mut self, name: &SwitchName, now: Moment) {
        let Some(identity) = self.fabric.switches.get(name).and_then(|switch| switch.identity.clone()) else { return };
        let ours: Vec<Key> = self
            .ledger
            .of(&identity.serial)
            .filter(|(_, _, entry)| entry.is_ours())
            .filter_map(|(place, vlan, _)| match place {
                Place::Interface(interface) => Some((EdgePort { switch: name.clone(), interface }, vlan)),
                Place::VlanDatabase => None,
            })
            .collect();
        ours.iter().for_each(|key| self.lapse(key, now));
    }

    /// Takes back what was allowed to go and would not be allowed now: a vCenter was lost, a host went away, a person
    /// or the brake stopped it.
    pub(super) fn revoke(&mut self, now: Moment) {
        let allowed = self.lapses.iter().filter(|(_, lapse)| lapse.approved.is_some());
        let gone: Vec<(Key, Wait)> =
            allowed.filter_map(|(key, _)| Some((key.clone(), self.may_go(key).err()?))).collect();
        for (key, why) in gone {
            if let Some(twin) = self.other_lapse(&key) {
                self.after_look(&twin, Err(Wait::Known), now);
            }
            self.after_look(&key, Err(why), now);
        }
    }

    /// Looks at what is due and asks the switches for addresses there.
    pub(super) fn withdraw(&mut self, now: Moment, intents: &mut Vec<Intent>) {
        if self.next_withdrawal().is_none_or(|at| at > now) {
            return;
        }
        self.looked = now;
        let mut questions: BTreeMap<SwitchName, BTreeSet<InterfaceName>> = BTreeMap::new();
        let mut rooms: BTreeMap<SwitchName, usize> = BTreeMap::new();
        for together in self.due_together(now) {
            let room = together.iter().all(|key| *self.room(&mut rooms, &key.0.switch, now) > 0);
            let verdict = |key: &Key| if room { self.may_go(key) } else { Err(Wait::Known) };
            let verdicts: Vec<_> = together.iter().map(verdict).collect();
            let asks = verdicts.iter().all(Result::is_ok);
            for (key, verdict) in together.iter().zip(verdicts) {
                if asks {
                    *self.room(&mut rooms, &key.0.switch, now) -= 1;
                    let legs = self.fabric.legs(&key.0);
                    for leg in legs {
                        questions.entry(leg.switch).or_default().insert(leg.interface);
                    }
                }
                let verdict = if asks { verdict } else { verdict.and(Err(Wait::Known)) };
                self.after_look(key, verdict, now);
            }
        }
        let ask = |(switch, interfaces)| Intent::Observe { switch, interfaces };
        intents.extend(questions.into_iter().map(ask));
    }

    /// What is due: the two legs of a vPC go together, so the one that is due first waits for the other.
    fn due_together(&mut self, now: Moment) -> Vec<Vec<Key>> {
        let due: Vec<Key> =
            self.lapses.iter().filter(|(_, lapse)| lapse.due <= now).map(|(key, _)| key.clone()).collect();
        let mut together = Vec::new();
        for key in due {
            let Some(twin) = self.other_lapse(&key) else {
                together.push(vec![key]);
                continue;
            };
            let later = self.lapses.get(&twin).map(|lapse| lapse.due).filter(|due| *due > now);
            match (later, self.lapses.get_mut(&key)) {
                (Some(later), Some(lapse)) => lapse.due = later,
                (None, Some(_)) if key < twin => together.push(vec![key, twin]),
                (Some(_), None) | (None, Some(_) | None) => {}
            }
        }
        together
    }

    /// The same VLAN on the other leg, if it lapsed there too.
    pub(super) fn other_lapse(&self, (port, vlan): &Key) -> Option<Key> {
        let twin = (self.fabric.twin(port)?, *vlan);
        self.lapses.contains_key(&twin).then_some(twin)
    }

    fn room<'a>(
        &mut self,
        rooms: &'a mut BTreeMap<SwitchName, usize>,
        switch: &SwitchName,
        now: Moment,
    ) -> &'a mut usize {
        rooms.entry(switch.clone()).or_insert_with(|| {
            let identity = self.fabric.switches.get(switch).and_then(|known| known.identity.as_ref());
            let owned = identity.map_or(0, |identity| self.ledger.owned(&identity.serial));
            // What the switch was asked about, and has not shown yet, may all go once it does.
            let open = |(port, _): &Key, lapse: &Lapse| {
                port.switch == *switch && lapse.asked.is_some() && lapse.approved.is_none() && lapse.due > now
            };
            let open = self.lapses.iter().filter(|(key, lapse)| open(key, lapse)).count();
            self.restraint.room(switch, owned, self.policy.pace, now).saturating_sub(open)
        })
    }

    fn after_look(&mut self, key: &Key, verdict: Result<Cause, Wait>, now: Moment) {
        let expired = self.lapses.get(key).is_some_and(|lapse| lapse.approved.is_some());
        let Some(lapse) = self.lapses.get_mut(key) else { return };
        lapse.approved = None;
        let waited = now.since(lapse.since + self.policy.hold_down);
        let patience = (waited / 4).clamp(AGAIN, UNANSWERED);
        match verdict {
            Ok(cause) => {
                *lapse = Lapse { due: now + UNANSWERED, asked: Some(now), waits: None, cause, ..lapse.clone() };
            }
            Err(why) => *lapse = Lapse { due: now + patience, asked: None, waits: Some(why), ..lapse.clone() },
        }
        if expired {
            self.dirty.switches.insert(key.0.switch.clone());
        }
    }

    /// What held withdrawals back is over: looks at those that waited for it at once.
    pub(super) fn reconsider(&mut self) {
        for lapse in self.lapses.values_mut().filter(|lapse| lapse.waits.is_some()) {
            lapse.due = lapse.since + self.policy.hold_down;
        }
    }

    /// Whether a lapsed VLAN may go as far as the core knows, and for which cause.
    pub(super) fn may_go(&self, key: &Key) -> Result<Cause, Wait> {
        let (port, vlan) = key;
        let left_alone = self.fabric.is_link(port) || self.owner_forbids(&port.switch).is_some();
        let held = self.paused || left_alone || self.restraint.brake().is_some();
        let live = self.fabric.switches.get(&port.switch).filter(|switch| switch.live);
        let Some(switch) = live.filter(|_| !held && self.mode_of(port).withdrawals == Act::Enforce) else {
            return Err(Wait::Known);
        };
        self.other_leg_lets_go(key)?;
        if let Some(obstacle) =
            self.obstacles.of(&(port.switch.clone(), Place::Interface(port.interface), *vlan), self.woke)
        {
            return Err(Wait::For(obstacle.text.clone()));
        }
        self.port_is_quiet(key)?;
        let unknown = || Wait::For("its serial number is unknown".to_owned());
        let identity = switch.identity.as_ref().ok_or_else(unknown)?;
        self.explained(&identity.serial, port, *vlan)
    }

    /// Whether the other leg, if there is one, may lose the VLAN too: a vPC is one edge port, and both its switches are
    /// to answer.
    fn other_leg_lets_go(&self, (port, vlan): &Key) -> Result<(), Wait> {
        let Some(twin) = self.fabric.twin(port) else {
            return match self.fabric.is_half_known(port) {
                false => Ok(()),
                true if self.fabric.is_told_apart(port) => Err(Wait::Known),
                true => Err(Wait::For("it is not known yet whether another switch has a leg of it".to_owned())),
            };
        };
        let place = (twin.switch.clone(), Place::Interface(twin.interface), *vlan);
        let free = self.fabric.is_live(&twin.switch)
            && self.owner_forbids(&twin.switch).is_none()
            && self.mode_of(&twin).withdrawals == Act::Enforce
            && self.obstacles.of(&place, self.woke).is_none()
            && self.requirements.reasons(&(twin, *vlan)).is_none();
        if free { Ok(()) } else { Err(Wait::Known) }
    }

    /// Whether every host on a port is at home, its vCenter trusted, and nobody disputes the cable. A person who closed
    /// the requirement spoke for a host that is away.
    fn port_is_quiet(&self, key: &Key) -> Result<(), Wait> {
        let legs: Vec<EdgePort> = self.fabric.legs(&key.0).collect();
        if legs.iter().any(|leg| self.is_claimed(leg)) {
            return Err(Wait::Known);
        }
        for (host, attachment) in legs.iter().flat_map(|leg| self.attachments.on(leg, &self.fabric)) {
            let name = self.sites.host_name(host);
            if self.sites.host_absent(host).is_some() && !self.closed.contains(key) {
                return Err(Wait::Known);
            }
            match self.sites.by_id.get(&host.vcenter) {
                Some(site) if site.complete => {}
                Some(site) if site.lost.is_some() => return Err(Wait::Known),
                Some(_) | None => {
                    return Err(Wait::For(format!("the listing of host {name}'s vCenter is not complete")));
                }
            }
            if self.dispute(host, attachment).is_some() {
                return Err(Wait::Known);
            }
        }
        Ok(())
    }

    /// The causes of the end of everything that a VLAN stood for; an error while one of them has none.
    fn explained(&self, serial: &str, port: &EdgePort, vlan: VlanId) -> Result<Cause, Wait> {
        if self.closed.contains(&(port.clone(), vlan)) {
            return Ok("closed by a person".into());
        }
        let purpose = self.ledger.purpose(serial, Place::Interface(port.interface), vlan);
        let Some(reasons) = purpose else {
            let why = "nobody knows what it stood for; close it if it is needed no more";
            return Err(Wait::For(why.to_owned()));
        };
        if reasons.is_empty() {
            return Ok("every VM that it stood for was destroyed".into());
        }
        let mut causes = Vec::new();
        for reason in reasons {
            match self.accounted(reason, port, vlan) {
                Account::Over(cause) => causes.push(cause),
                // A move, an addition or a question under way ends by itself, or has its own finding.
                Account::Waits => return Err(Wait::Known),
                Account::Never(why) => return Err(Wait::For(why)),
            }
        }
        let more = causes.len() - 1;
        let first = causes.swap_remove(0);
        Ok(if more == 0 { first.into() } else { format!("{first} and {more} more").into() })
    }

    /// What is known of the end of one reason for `vlan` on `port`.
    pub(super) fn accounted(&self, reason: &Reason, port: &EdgePort, vlan: VlanId) -> Account {
        match reason {
            Reason::Move { vm, to } if to.vcenter != vm.vcenter && self.arrived_unseen(vm, &to.vcenter) => {
                self.unseen(vm)
            }
            Reason::Vnic { vm, .. } | Reason::Move { vm, .. } | Reason::Recommended { vm, .. } => {
                self.vm_accounted(vm, port, vlan)
            }
            Reason::Prepared { cluster, host, network } => {
                self.preparation_accounted((cluster, network), host, (port, vlan))
            }
            Reason::Vmkernel { host, .. } | Reason::Floor { host, .. } => {
                let name = self.sites.host_name(host);
                let taken = || self.taken_over(host, &(port.clone(), vlan));
                let never =
                    || Account::Never(format!("it stood for {reason} of host {name}, which only a person ends"));
                self.hangs_elsewhere(host, port).or_else(taken).unwrap_or_else(never)
            }
        }
    }

    pub(super) fn vm_accounted(&self, id: &VmId, port: &EdgePort, vlan: VlanId) -> Account {
        let name = self.sites.vm_name(id);
        let gone = |name| Account::Never(format!("{name} left the inventory without a cause; close it if it is gone"));
        let vm = match self.sites.vms.get(id) {
            None => {
                let departed = self.sites.departed(id);
                return departed.map_or_else(|| gone(name), |how| self.departed_accounted(id, how, (port, vlan)));
            }
            Some(vm) if self.sites.left.contains(id) && vm.power != PowerState::Off => {
                let heir = self.registered_anew(id);
                return heir.map_or_else(|| gone(name), |heir| self.vm_accounted(heir, port, vlan));
            }
            Some(vm) => vm,
        };
        if !self.sites.trusted(&id.vcenter) {
            return Account::Waits;
        }
        if self.moves.contains_key(id) {
            return Account::Waits;
        }
        match vm.runs() {
            Some(false) => Account::Over(format!("{name} is not powered on")),
            None => Account::Waits,
            Some(true) => self.running_accounted(id, &name, port, vlan),
        }
    }

    /// A VM that runs no longer needs a VLAN here once all that it needs now is ready where it is.
    fn running_accounted(&self, id: &VmId, name: &str, port: &EdgePort, vlan: VlanId) -> Account {
        let unit = Unit::Vm(id.clone());
        if self.puzzles.get(&unit).into_iter().flatten().any(Puzzle::is_open) {
            return Account::Waits;
        }
        if let Some(vm) = self.sites.vms.get(id)
            && let Some(host) = &vm.host
            && connected(vm).any(|vnic| self.only_refused(host, &Plug::vnic(vm, vnic), (port, vlan)))
        {
            let why = format!("a wide port group of {name} still lets it through, and allowed_vlans names it no more");
            return Account::Never(format!("{why}; close it if it is to go"));
        }
        let needs: Vec<_> = self.requirements.of(&unit).collect();
        if needs.iter().any(|(at, needed)| at == port && *needed == vlan) {
            return Account::Waits;
        }
        match needs.iter().all(|(at, needed)| self.fabric.ready(at, *needed)) {
            false => Account::Waits,
            true => {
                let host =
                    self.sites.vms.get(id).and_then(|vm| vm.host.as_ref()).map(|host| self.sites.host_name(host));
                Account::Over(format!("{name} needs it no more; it runs on {}", host.unwrap_or_default()))
            }
        }
    }

    /// Why a lapsed VLAN goes.
    pub(super) fn lapse_cause(&self, key: &Key) -> Cause {
        self.lapses.get(key).map(|lapse| lapse.cause.clone()).unwrap_or_else(|| "".into())
    }

    /// When the next lapse is due; those due soon after one another are looked at together.
    pub(super) fn next_withdrawal(&self) -> Option<Moment> {
        let due = self.lapses.values().map(|lapse| lapse.due).min()?;
        Some(due.max(self.looked + TOGETHER))
    }
}
