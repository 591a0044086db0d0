//! What switches say, held against what the core made of them.

use std::collections::BTreeSet;

use super::{
    Allowed, Done, EdgePort, HostId, Intent, Moment, Observation, Outcome, Place, PortMode, Record, Scope, StepResult,
    Tracker, What,
    attachment::{Attachment, Case, Trouble},
    ledger::State,
    pairs::Pairing,
    requirement::Key,
};
use crate::net::{InterfaceName, SwitchName, VlanId};

impl Tracker {
    /// A switch spoke.
    pub(super) fn observed(&mut self, observation: &Observation, now: Moment, intents: &mut Vec<Intent>) {
        if let Some(why) = self.impostor(observation) {
            self.switch_lost(&observation.switch, &why);
            return;
        }
        let members = self.fabric.switches.get(&observation.switch).map(|switch| switch.members.clone());
        let was_live = self.fabric.is_live(&observation.switch);
        let paired = self.fabric.pairing(&observation.switch);
        let wired = self.fabric.observe(observation);
        let spoke = observation.neighbors.is_some() || observation.identity.is_some();
        self.paired_anew(&observation.switch, paired, wired && (spoke || observation.port_channels.is_some()));
        if wired {
            let rebundled = observation.port_channels.is_some() && members != observation.port_channels;
            self.rewired(&observation.switch, observation.neighbors.is_some() || rebundled);
            self.shown(observation);
        }
        let booted = self.note_boot(observation);
        let mut records = self.reconcile(observation, was_live && !booted, now);
        records.extend(self.after_boot(observation, now));
        self.forget_unproved(observation);
        if !records.is_empty() {
            intents.push(Intent::Journal(records));
        }
        self.note_ready(observation, now, intents);
        self.meet(observation, now);
        self.judge_looks(observation, now);
        self.dirty.switches.insert(observation.switch.clone());
    }

    /// Why this is not the switch that it is taken for: another name has its serial number.
    fn impostor(&self, observation: &Observation) -> Option<String> {
        let serial = &observation.identity.as_ref()?.serial;
        let twin = self.fabric.switches.iter().find(|(name, switch)| {
            **name != observation.switch
                && switch.live
                && switch.identity.as_ref().is_some_and(|id| id.serial == *serial)
        });
        twin.map(|(name, _)| {
            format!("serial number {serial} is that of switch {name}: remove one of the two from the configuration")
        })
    }

    /// What we know of a switch is stale from now on.
    pub(super) fn switch_lost(&mut self, name: &SwitchName, why: &str) {
        let switch = self.fabric.switches.entry(name.clone()).or_default();
        switch.live = false;
        switch.why = Some(why.to_owned());
        self.saving.lost(name);
        self.dirty.switches.insert(name.clone());
    }

    /// A switch's peer, or which of its ports are legs of what, may have changed: then whatever hangs there is asked for
    /// anew, on both switches.
    fn paired_anew(&mut self, name: &SwitchName, before: Option<Pairing>, wired: bool) {
        if wired || self.fabric.pairing(name) != before {
            self.fabric.judge_pairs();
        }
        let after = self.fabric.pairing(name);
        if after == before {
            return;
        }
        self.fabric.cables.stale = true;
        let peers = before.into_iter().chain(after).filter_map(|pairing| pairing.peer);
        let concerned: BTreeSet<SwitchName> = peers.chain([name.clone()]).collect();
        for switch in concerned {
            self.rewired(&switch, true);
            self.dirty.switches.insert(switch);
        }
    }

    /// Cables or memberships of a switch changed: judges every pnic that may be concerned.
    fn rewired(&mut self, switch: &SwitchName, neighbors: bool) {
        let mut hosts: BTreeSet<HostId> = self
            .attachments
            .troubles()
            .filter(|(_, trouble)| may_concern(trouble, switch))
            .map(|(key, _)| key.0.clone())
            .collect();
        if neighbors {
            hosts.extend(self.attachments.iter().filter(|(_, at)| at.switch == *switch).map(|(key, _)| key.0.clone()));
            hosts.extend(
                self.sites.hosts.keys().filter(|host| self.attachments.of_host(host).next().is_none()).cloned(),
            );
        }
        hosts.iter().for_each(|host| self.host_changed(host));
    }

    /// Addresses were shown: judges the hosts on the ports where they were looked for, and no other.
    fn shown(&mut self, observation: &Observation) {
        let Some(macs) = &observation.macs else { return };
        let looked: BTreeSet<InterfaceName> = match &observation.scope {
            Scope::Interfaces(some) => some.clone(),
            Scope::Whole => macs.iter().map(|entry| entry.interface).collect(),
        };
        let ports = looked.into_iter().map(|at| EdgePort { switch: observation.switch.clone(), interface: at });
        let hosts = ports.flat_map(|port| {
            self.attachments.on(&port, &self.fabric).map(|(host, _)| host.clone()).collect::<Vec<_>>()
        });
        let hosts: BTreeSet<HostId> = hosts.collect();
        hosts.iter().for_each(|host| self.host_changed(host));
    }

    /// Judges every pnic of one host.
    pub(super) fn judge_host(&mut self, id: &HostId) {
        let Some(host) = self.sites.hosts.get(id).cloned() else { return };
        let site = self.sites.by_id.get(&id.vcenter).map(|site| site.name.clone());
        let policy = self.policy.clone();
        let macs = self.sites.macs_of(&host);
        let hints = self.sites.hints.get(id);
        for pnic in host.network.iter().flat_map(|network| &network.pnics) {
            let word = policy.attachments.iter().find(|word| {
                word.pnic == pnic.device && word.host == host.name && word.vcenter.is_none_or_eq(site.as_ref())
            });
            let hint = hints.into_iter().flatten().find(|hint| hint.pnic == pnic.device);
            self.attachments.judge(&Case { host: &host, pnic, hint, word, macs: &macs }, &self.fabric);
        }
        self.evict_departed(id);
    }

    /// Ownership ends when a VLAN is seen absent not by us, or its port is no trunk any more, or a channel member. What
    /// is missing from a switch that was away is no quarrel: it may have come back with an old configuration.
    fn reconcile(&mut self, observation: &Observation, was_live: bool, now: Moment) -> Vec<Record> {
        let Some(switch) = self.fabric.switches.get(&observation.switch) else { return Vec::new() };
        let Some(identity) = switch.identity.clone() else { return Vec::new() };
        let mut records = Vec::new();
        let mut drifted = Vec::new();
        for (place, vlan, entry) in self.ledger.of(&identity.serial) {
            if !entry.is_ours() || entry.since >= observation.at {
                continue;
            }
            let Some(why) = ended(observation, place, vlan) else { continue };
            let what = match (entry.state, why) {
                (State::Withdrawing, Ended::Absent) => What::Withdrawn,
                (State::Claimed | State::Owned | State::Withdrawing, why) => {
                    drifted.extend((why == Ended::Absent).then_some((place, vlan, entry.since)));
                    What::Released { why: why.text().to_owned() }
                }
            };
            let switch = observation.switch.clone();
            records.push(Record { at: now, switch, serial: identity.serial.clone(), place, vlan, what });
        }
        for (place, vlan, owned) in drifted.into_iter().filter(|_| was_live) {
            self.drifted(&observation.switch, place, vlan, owned, now);
        }
        records
    }

    fn drifted(&mut self, switch: &SwitchName, place: Place, vlan: VlanId, owned: Moment, now: Moment) {
        let text = format!("somebody removed VLAN {vlan}, which we had put there and which is needed");
        let needed = match place {
            Place::VlanDatabase => self.database_wants(switch, vlan),
            Place::Interface(interface) => {
                let port = EdgePort { switch: switch.clone(), interface };
                self.link_wants(&port, vlan) || self.requirements.reasons(&(port, vlan)).is_some()
            }
        };
        if needed {
            self.obstacles.drifted((switch.clone(), place, vlan), &text, owned, now);
            self.desired.entry(switch.clone()).or_default().again = true;
        }
    }

    /// Whether a VLAN must exist on a switch: something there needs it, or it was asked for.
    fn database_wants(&self, switch: &SwitchName, vlan: VlanId) -> bool {
        let mut ports = self.requirements.ports_of(switch);
        ports.any(|port| self.requirements.reasons(&(port.clone(), vlan)).is_some())
            || self.desired.get(switch).is_some_and(|desired| desired.creates(vlan))
    }

    /// Notes which requirements now pass frames, and which no longer do.
    fn note_ready(&mut self, observation: &Observation, now: Moment, intents: &mut Vec<Intent>) {
        let whole = observation.vlans.is_some() || observation.vpc.is_some();
        let seen = self.requirements.ports_of(&observation.switch);
        let seen = seen.filter(|port| whole || observation.scope.covers(port.interface));
        // What one leg says may make, or end, the readiness of both.
        let ports: BTreeSet<EdgePort> = seen.flat_map(|port| self.fabric.legs(port)).collect();
        let keys: Vec<Key> =
            ports.iter().flat_map(|port| self.requirements.on(port).map(|(vlan, _)| (port.clone(), vlan))).collect();
        for key in keys {
            match self.fabric.ready(&key.0, key.1) {
                true => {
                    if let Some(since) = self.unmet.remove(&key) {
                        intents.push(Intent::Met { switch: key.0.switch.clone(), waited: now.since(since) });
                    }
                }
                false => {
                    if !self.unmet.contains_key(&key) {
                        self.unmet.insert(key.clone(), now);
                        self.desired.entry(key.0.switch.clone()).or_default().again = true;
                    }
                }
            }
        }
    }

    /// What came of an intent.
    pub(super) fn done(&mut self, done: &Done, now: Moment, intents: &mut Vec<Intent>) {
        let records: Vec<Record> = done
            .results
            .iter()
            .filter_map(|outcome| {
                let what = self.outcome(&done.switch, outcome, now)?;
                let (place, vlan) = (outcome.place, outcome.vlan);
                Some(Record { at: now, switch: done.switch.clone(), serial: done.serial.clone(), place, vlan, what })
            })
            .collect();
        if !records.is_empty() {
            intents.push(Intent::Journal(records));
        }
        self.dirty.switches.insert(done.switch.clone());
    }

    /// Whether a VLAN is ours and not about to go.
    fn is_kept(&self, switch: &SwitchName, place: Place, vlan: VlanId, now: Moment) -> bool {
        let goes = |(port, going): Key| Place::Interface(port.interface) == place && going == vlan;
        let mut going = self.approved(switch, now).map(|(key, _)| key);
        self.state_of(switch, place, vlan) == Some(State::Owned) && !going.any(goes)
    }

    /// What is to be recorded of one outcome.
    fn outcome(&mut self, switch: &SwitchName, outcome: &Outcome, now: Moment) -> Option<What> {
        let Outcome { place, vlan, result } = outcome;
        let key = (switch.clone(), *place, *vlan);
        match result {
            StepResult::Added => {
                self.obstacles.clear(&key);
                self.unproved.remove(&key);
                Some(What::Owned)
            }
            // The ledger's proof stands: only what was to go, and is the last of its trunk, is given up.
            StepResult::WasThere if self.is_kept(switch, *place, *vlan, now) => None,
            StepResult::WasThere => {
                self.obstacles.clear(&key);
                // What was never claimed is plainly somebody else's, and nobody has to look at it.
                if self.state_of(switch, *place, *vlan).is_some() {
                    let why = "they were there already, or it cannot be proved that we put them there";
                    self.unproved.insert(key, why.to_owned());
                }
                Some(What::Released { why: "it was there already, or proof is missing: foreign".to_owned() })
            }
            StepResult::Removed | StepResult::WasGone => {
                self.obstacles.clear(&key);
                self.unproved.remove(&key);
                Some(What::Withdrawn)
            }
            StepResult::Refused(text) => {
                self.obstacles.refused(key, text, now);
                match self.state_of(switch, *place, *vlan) {
                    Some(State::Claimed) => Some(What::Released { why: format!("refused: {text}") }),
                    Some(State::Withdrawing) => Some(What::Owned),
                    // Told before: what is ours stays ours.
                    Some(State::Owned) | None => None,
                }
            }
            StepResult::Unknown(text) => {
                self.obstacles.unknown(key, text, now);
                None
            }
        }
    }
}

/// Why ownership ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Absent,
    NoTrunk,
    Member,
    Deleted,
}

impl Ended {
    const fn text(self) -> &'static str {
        match self {
            Self::Absent => "seen absent, and not by us",
            Self::NoTrunk => "the port is not a trunk with a list any more",
            Self::Member => "the port became a member of a port-channel",
            Self::Deleted => "the port-channel was deleted",
        }
    }
}

/// Whether an observation ends the ownership of a VLAN in a place, and why.
pub(super) fn ended(observation: &Observation, place: Place, vlan: VlanId) -> Option<Ended> {
    let interface = match place {
        Place::VlanDatabase => {
            let database = observation.vlans.as_ref()?;
            return (!database.present.contains(vlan)).then_some(Ended::Absent);
        }
        Place::Interface(interface) => interface,
    };
    let members = observation.port_channels.as_ref();
    if members.is_some_and(|channels| channels.values().any(|members| members.contains(&interface))) {
        return Some(Ended::Member);
    }
    let Some(port) = observation.ports.get(&interface) else {
        // Ports of a FEX or a module go and come with it, and their lines with them; a port-channel goes by hand only.
        let whole = observation.scope == Scope::Whole && observation.identity.is_some();
        return (whole && matches!(interface, InterfaceName::PortChannel(_))).then_some(Ended::Deleted);
    };
    match (&port.mode, &port.allowed) {
        (PortMode::Trunk, Allowed::List(list)) => (!list.contains(vlan)).then_some(Ended::Absent),
        (PortMode::Trunk, Allowed::Everything) => Some(Ended::NoTrunk),
        (PortMode::Access | PortMode::Routed | PortMode::FexFabric | PortMode::Other(_), _) => Some(Ended::NoTrunk),
    }
}

/// Whether a pnic's trouble may be over when `switch` speaks.
fn may_concern(trouble: &Trouble, switch: &SwitchName) -> bool {
    match trouble {
        Trouble::Unconfirmed((at, _)) => at == switch,
        Trouble::UnknownSwitch(_) | Trouble::Ambiguous(_) | Trouble::UnknownPort(_) => true,
    }
}

/// `vcenter = …` of a static attachment, which may be left out.
trait NoneOrEqual<T> {
    fn is_none_or_eq(&self, other: Option<&T>) -> bool;
}

impl<T: PartialEq> NoneOrEqual<T> for Option<T> {
    fn is_none_or_eq(&self, other: Option<&T>) -> bool {
        self.as_ref().is_none_or(|mine| Some(mine) == other)
    }
}

impl Attachment {
    /// Whether a person vouched for it.
    pub fn is_static(&self) -> bool {
        self.witnesses.contains(&super::Witness::Static)
    }
}
