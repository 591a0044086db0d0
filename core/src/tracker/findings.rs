//! Everything a person should mend, from the state as it is now. A finding that is mended is gone.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    EdgePort, Entity, Finding, FindingKind, Moment, Reason, Tracker, attachment::Trouble, permit::Verdict,
    reason::Unit, steering::Consent, sufferers::About, units::Puzzle, withdrawal::Wait,
};
use crate::net::{VlanId, VlanSet};

/// A finding without its time.
pub(super) type Found = (FindingKind, String, String);

impl Tracker {
    /// Everything a person should mend now, oldest kind first; `since` survives from one call to the next.
    pub fn findings(&mut self, now: Moment) -> Vec<Finding> {
        let mut found = self.device_findings();
        let mut about = About::new();
        let of_entities =
            [self.cable_findings(), self.need_findings(), self.network_findings(), self.absence_findings()];
        for (finding, entity) in of_entities.into_iter().flatten() {
            about.entry(finding.clone()).or_default().extend(entity);
            found.push(finding);
        }
        found.extend(self.steering_findings());
        found.extend(self.native_findings());
        found.extend(self.port_findings(now));
        found.extend(self.pair_findings());
        found.extend(self.link_findings(now));
        found.extend(self.owner_findings());
        found.extend(self.save_findings(now));
        found.extend(self.withdrawal_findings());
        found.extend(self.twin_findings());
        found.sort();
        found.dedup();
        let since = std::mem::take(&mut self.since);
        self.since = found.iter().map(|key| (key.clone(), since.get(key).copied().unwrap_or(now))).collect();
        self.add_sufferers(&found, &mut about);
        let told = self.since.iter().filter(|((kind, ..), since)| now.since(**since) >= kind.patience());
        let dated = told.map(|(key @ (kind, subject, text), since)| Finding {
            kind: *kind,
            team: kind.team(),
            subject: subject.clone(),
            text: text.clone(),
            since: *since,
            about: about.remove(key).unwrap_or_default(),
        });
        dated.collect()
    }

    fn device_findings(&self) -> Vec<Found> {
        let lost = self.sites.by_id.values().filter_map(|site| {
            let why = site.lost.as_ref()?;
            Some((
                FindingKind::VcenterLost,
                format!("vCenter {}", site.name),
                format!("{why}; its facts are stale and nothing of its VMs is withdrawn"),
            ))
        });
        let switches = self.fabric.switches.iter().filter_map(|(name, switch)| {
            let why = switch.why.as_ref()?;
            Some((FindingKind::SwitchLost, format!("switch {name}"), format!("{why}; it is not written")))
        });
        let brake = self.restraint.brake().map(|why| {
            (
                FindingKind::Brake,
                "fabric".to_owned(),
                format!("withdrawals are stopped: {why}; look, then: vmtracker release-brake"),
            )
        });
        lost.chain(self.unreached()).chain(self.unannotated()).chain(switches).chain(brake).collect()
    }

    /// vCenters of the configuration with which there was no session yet.
    fn unreached(&self) -> impl Iterator<Item = Found> {
        let wanted = self.sites.unreached.iter().filter(|(name, _)| self.policy.vcenters.contains_key(*name));
        wanted.map(|(name, why)| {
            let text = format!("{why}; none of its VMs is known yet");
            (FindingKind::VcenterLost, format!("vCenter {name}"), text)
        })
    }

    /// vCenters that are to show findings, and cannot be given any.
    fn unannotated(&self) -> impl Iterator<Item = Found> {
        let wanted = self.sites.unannotated.iter().filter(|(name, _)| self.policy.vcenters.contains_key(*name));
        wanted.map(|(name, why)| (FindingKind::Feedback, format!("vCenter {name}"), why.clone()))
    }

    fn cable_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let troubles = self.attachments.troubles().filter(|(_, trouble)| self.is_news(trouble));
        let troubles = troubles.map(|((host, pnic), trouble)| {
            let subject = format!("host {} {pnic}", self.sites.host_name(host));
            let (kind, text) = match trouble {
                Trouble::UnknownSwitch(heard) => (
                    FindingKind::UnknownSwitch,
                    format!("it hears {heard}, and no configured switch has that name; add the [[switch]], or an [[attachment]] for what lies behind it"),
                ),
                Trouble::Ambiguous(heard) => (FindingKind::UnknownSwitch, format!("it hears {heard}; give the switches different host names")),
                Trouble::UnknownPort(heard) => (
                    FindingKind::UnknownPort,
                    format!("it hears {heard}, which is no Nexus interface; add an [[attachment]]"),
                ),
                Trouble::Unconfirmed((switch, interface)) => (
                    FindingKind::Unconfirmed,
                    format!("it hears {switch} {interface}, and that switch hears nothing of it there; enable LLDP or CDP towards the switch (vDS: both), or add an [[attachment]]"),
                ),
            };
            ((kind, subject, text), Some(Entity::Host(host.clone())))
        });
        let disputes = self.attachments.iter().filter_map(|((host, pnic), at)| {
            let conflict = self.dispute(host, at)?;
            let text = format!(
                "held to hang on {} {}, but {conflict}; withdrawals there are stopped; check the cable",
                at.switch, at.interface
            );
            let found = (FindingKind::Conflict, format!("host {} {pnic}", self.sites.host_name(host)), text);
            Some((found, Some(Entity::Host(host.clone()))))
        });
        troubles.chain(disputes).collect()
    }

    /// A switch that does not answer confirms nothing, and that is its own finding.
    fn is_news(&self, trouble: &Trouble) -> bool {
        match trouble {
            Trouble::Unconfirmed((name, _)) => self.fabric.switches.get(name).is_some_and(|switch| switch.live),
            Trouble::UnknownSwitch(_) | Trouble::Ambiguous(_) | Trouble::UnknownPort(_) => true,
        }
    }

    fn need_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let one = |(unit, puzzle): (&Unit, &Puzzle)| match puzzle {
            Puzzle::Need(text) => {
                let text = format!("{text}; what stands for it stays");
                Some(((FindingKind::UnknownNeed, self.subject_of(unit), text), Some(unit.entity())))
            }
            Puzzle::Unattached(host, pnic) => {
                let subject = format!("host {} {pnic}", self.sites.host_name(host));
                let text = "its VMs or adapters use this pnic, it hears neither LLDP nor CDP, and no [[attachment]] says where it hangs; enable one of them, or add it";
                Some(((FindingKind::Unattached, subject, text.to_owned()), Some(Entity::Host(host.clone()))))
            }
            // Told by its host, or once for each network.
            Puzzle::Hidden | Puzzle::Unread(_) | Puzzle::Wide(_) | Puzzle::Overlay(..) => None,
        };
        let all = self.puzzles.iter().flat_map(|(unit, puzzles)| puzzles.iter().map(move |puzzle| (unit, puzzle)));
        let open = |unit: &Unit, puzzle: &Puzzle| self.sites.listed(unit.vcenter()) && self.is_open(puzzle);
        all.filter(|(unit, puzzle)| open(unit, puzzle)).filter_map(one).collect()
    }

    pub(super) fn subject_of(&self, unit: &Unit) -> String {
        match unit {
            Unit::Vm(vm) | Unit::Move(vm) | Unit::Advice(vm) => format!("VM {}", self.sites.vm_name(vm)),
            Unit::Host(host) | Unit::Prepared(host, _) => format!("host {}", self.sites.host_name(host)),
        }
    }

    /// A pnic with a trouble of its own is not said to hang nowhere as well.
    fn is_open(&self, puzzle: &Puzzle) -> bool {
        match puzzle {
            Puzzle::Need(_) | Puzzle::Hidden | Puzzle::Unread(_) | Puzzle::Wide(_) | Puzzle::Overlay(..) => true,
            Puzzle::Unattached(host, pnic) => !self.attachments.has_trouble(host, pnic),
        }
    }

    fn port_findings(&self, now: Moment) -> Vec<Found> {
        let mut found = Vec::new();
        for (port, vlan, reasons) in self.requirements.iter().filter(|(port, vlan, _)| !self.fabric.ready(port, *vlan))
        {
            let (kind, text) = match self.verdict(port, vlan, reasons, now) {
                Verdict::Forbidden(why) => (FindingKind::NotPermitted, why),
                Verdict::Waits(text) => {
                    (FindingKind::Refused, format!("{text}; mend it on the switch, it is tried again by itself"))
                }
                Verdict::Drift(text) => {
                    (FindingKind::Drift, format!("{text}; find out who does it, it is put back later and later"))
                }
                Verdict::ObserveOnly => (FindingKind::ObserveOnly, self.observed_why(port, vlan, reasons)),
                Verdict::OtherLeg(why) => (FindingKind::HalfPair, self.half_pair_text(port, vlan, &why)),
                Verdict::Add | Verdict::Everything => continue,
            };
            found.push((kind, format!("{port} VLAN {vlan}"), format!("{text}{}", self.needed_by(reasons))));
        }
        found.extend(self.everything_findings());
        found
    }

    /// Why a VLAN is only reported: the configuration, or an attribute of every port group that needs it.
    fn observed_why(&self, port: &EdgePort, vlan: VlanId, reasons: &BTreeSet<Reason>) -> String {
        match (self.mode_of(port).additions, self.consent(vlan, reasons)) {
            (super::Act::Enforce, Consent::Observe(why)) => format!("it is not there, and {why}"),
            (super::Act::Enforce | super::Act::Observe, _) => {
                "it is not there, and the mode is observe; set mode = \"enforce\", or add it by hand".to_owned()
            }
        }
    }

    /// For whom a VLAN is needed, so that both teams know whom to ask: the first of all, by name and vCenter.
    fn needed_by(&self, reasons: &BTreeSet<Reason>) -> String {
        let Some(first) = reasons.first() else { return String::new() };
        let site = self.sites.by_id.get(first.vcenter()).map(|site| site.name.as_str()).unwrap_or_default();
        format!(" (needed by {} of vCenter {site})", self.why(first))
    }

    fn everything_findings(&self) -> Vec<Found> {
        let mut ports: Vec<&EdgePort> = self.requirements.iter().map(|(port, _, _)| port).collect();
        ports.dedup();
        let everything = |port: &&EdgePort| {
            let state = self.fabric.switches.get(&port.switch).and_then(|switch| switch.ports.get(&port.interface));
            state.is_some_and(|state| {
                state.mode == super::PortMode::Trunk && state.allowed == super::Allowed::Everything
            })
        };
        let text = "the trunk has no allowed list and carries every VLAN; give it one: switchport trunk allowed vlan …";
        ports
            .into_iter()
            .filter(everything)
            .map(|port| (FindingKind::EveryVlan, port.to_string(), text.to_owned()))
            .collect()
    }

    fn absence_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let hosts = self.sites.hosts.keys().filter_map(|id| {
            let why = self.sites.host_absent(id)?;
            let ports = self.attachments.of_host(id).next()?;
            let text = format!("it {why}; its ports ({} {} …) keep what they have", ports.switch, ports.interface);
            let found = (FindingKind::AbsentHost, format!("host {}", self.sites.host_name(id)), text);
            Some((found, Some(Entity::Host(id.clone()))))
        });
        let vms = self.sites.left.iter().filter(|id| self.sites.vms.contains_key(*id)).filter_map(|id| {
            let (port, vlan) = self.requirements.of(&Unit::Vm(id.clone())).next()?;
            let text = format!(
                "it left the inventory without a power-off, move or destroy; what it needed stays (VLAN {vlan} on {port} …); \
                 when it is gone: vmtracker close {} {} {vlan}",
                port.switch, port.interface
            );
            // It is not in the inventory: nothing can be said of it there.
            Some(((FindingKind::Orphan, format!("VM {}", self.sites.vm_name(id)), text), None))
        });
        hosts.chain(vms).collect()
    }

    fn withdrawal_findings(&self) -> Vec<Found> {
        let blocked = self.lapses.iter().filter_map(|((port, vlan), lapse)| {
            let Some(Wait::For(why)) = &lapse.waits else { return None };
            Some((
                FindingKind::WithdrawalBlocked,
                format!("{port} VLAN {vlan}"),
                format!("it is ours and needed no more, but {why}"),
            ))
        });
        blocked.chain(self.unproved_findings()).collect()
    }

    /// What could not be proved to be ours: of one port together what has one cause.
    fn unproved_findings(&self) -> Vec<Found> {
        let mut groups: BTreeMap<(EdgePort, &String, bool), VlanSet> = BTreeMap::new();
        for ((switch, place, vlan), why) in &self.unproved {
            let super::Place::Interface(interface) = *place else { continue };
            let key = (EdgePort { switch: switch.clone(), interface }, *vlan);
            let needed = self.requirements.reasons(&key).is_some();
            groups.entry((key.0, why, needed)).or_default().insert(*vlan);
        }
        let told = groups.into_iter().map(|((port, why, needed), vlans)| {
            let when = if needed { "once they are needed no more, " } else { "" };
            let interface = port.interface;
            let text = format!("VLANs {vlans} are foreign: {why}; {when}to remove them by hand: interface {interface} ; switchport trunk allowed vlan remove {vlans}");
            (FindingKind::Unproved, port.to_string(), text)
        });
        told.collect()
    }
}
