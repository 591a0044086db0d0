//! Networks that are not served, or not by VLAN: told once for each network, not for each VM.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Entity, FaultTolerance, FindingKind, Host, HostId, Reason, Tracker, Vm,
    findings::Found,
    needs::{Overlay, TUNNELS},
    reason::Unit,
    units::Puzzle,
};
use crate::net::{VcenterId, VlanSet};

/// Who uses an overlay's network, and on which hosts.
#[derive(Default)]
struct Users<'a> {
    units: BTreeSet<&'a Unit>,
    hosts: BTreeSet<&'a HostId>,
}

impl Tracker {
    /// What a person should know of networks and special VMs.
    pub(super) fn network_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let mut found = self.wide_findings();
        found.extend(self.unread_findings());
        found.extend(self.overlay_findings().into_iter().map(|found| (found, None)));
        found.extend(self.pass_through_findings());
        found.extend(self.sites.vms.values().filter_map(|vm| self.unseen_secondary(vm)));
        found
    }

    fn wide_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let one = |(unit, puzzle): (&Unit, &Puzzle)| {
            let Puzzle::Wide(wide) = puzzle else { return None };
            let text = format!(
                "it {}: which of them its VMs use is not known, none is added, and what stands for them stays; narrow it, or \
                 consent to those inside allowed_vlans: wide_trunks = \"allowed-vlans\"",
                wide.what
            );
            let site = self.site_name(unit.vcenter());
            let subject = format!("port group {:?} of vCenter {site}", wide.group);
            Some(((FindingKind::WideTrunk, subject, text), Some(unit.entity())))
        };
        self.all_puzzles().filter_map(one).collect()
    }

    /// Ports that were not read: of each group together.
    fn unread_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let mut groups: BTreeMap<(&VcenterId, &String), BTreeSet<&Unit>> = BTreeMap::new();
        for (unit, puzzle) in self.all_puzzles() {
            if let Puzzle::Unread(group) = puzzle {
                groups.entry((unit.vcenter(), group)).or_default().insert(unit);
            }
        }
        let told = groups.into_iter().filter_map(|((vcenter, group), units)| {
            let first = self.subject_of(units.first()?);
            let more = units.len() - 1;
            let who = if more > 0 { format!("{first} and {more} more") } else { first };
            let text = format!(
                "its ports may have VLANs or uplinks of their own, and the port of {who} could not be read: it gets what its \
                 group says, and nothing that stands for it is withdrawn; the role needs System.Read on the distributed switch"
            );
            let subject = format!("port group {group:?} of vCenter {}", self.site_name(vcenter));
            Some(((FindingKind::UnreadPort, subject, text), None))
        });
        told.collect()
    }

    fn all_puzzles(&self) -> impl Iterator<Item = (&Unit, &Puzzle)> {
        self.puzzles.iter().flat_map(|(unit, puzzles)| puzzles.iter().map(move |puzzle| (unit, puzzle)))
    }

    fn site_name(&self, vcenter: &VcenterId) -> String {
        self.sites.by_id.get(vcenter).map(|site| site.name.to_string()).unwrap_or_default()
    }

    fn overlay_findings(&self) -> Vec<Found> {
        let mut networks: BTreeMap<(&VcenterId, &Overlay), Users<'_>> = BTreeMap::new();
        for (unit, puzzle) in self.all_puzzles() {
            if let Puzzle::Overlay(host, overlay) = puzzle {
                let users = networks.entry((&host.vcenter, overlay)).or_default();
                users.units.insert(unit);
                users.hosts.insert(host);
            }
        }
        let told = networks.into_iter().map(|((vcenter, Overlay(network)), users)| {
            let text = format!(
                "{} on it are not tracked by VLAN, their frames leave in an overlay's tunnel; {}",
                people(users.units.len(), "VM"),
                self.transport(&users.hosts)
            );
            let subject = format!("{network} of vCenter {}", self.site_name(vcenter));
            (FindingKind::OverlayNetwork, subject, text)
        });
        told.collect()
    }

    /// The VLANs that the tunnels of these hosts use, and by which adapter they stand.
    fn transport(&self, hosts: &BTreeSet<&HostId>) -> String {
        let mut vlans = VlanSet::EMPTY;
        let mut first = None;
        for host in hosts.iter().filter_map(|host| self.sites.hosts.get(*host)) {
            for device in tunnels(host) {
                let reason = Reason::Vmkernel { host: host.id.clone(), device };
                let asked = self.requirements.asked(&Unit::Host(host.id.clone()));
                let keys = asked.and_then(|asked| asked.get(&reason)).into_iter().flatten();
                vlans = vlans.union(&keys.map(|(_, vlan)| *vlan).collect());
                first.get_or_insert_with(|| self.why(&reason));
            }
        }
        match first {
            Some(_) if vlans.is_empty() => "the transport VLAN of its tunnels is not known".to_owned(),
            Some(first) => format!("its transport VLAN {vlans} stands by {first}"),
            None => "its hosts show no adapter for tunnels: its transport VLAN is not tracked, name it in a [[floor]]"
                .to_owned(),
        }
    }

    /// Of each host together: which card it is vCenter does not say, and most are no network cards at all.
    fn pass_through_findings(&self) -> Vec<(Found, Option<Entity>)> {
        let mut hosts: BTreeMap<&HostId, Vec<&Vm>> = BTreeMap::new();
        for vm in self.sites.vms.values().filter(|vm| vm.pass_through > 0 && vm.runs() == Some(true)) {
            if let Some(host) = &vm.host {
                hosts.entry(host).or_default().push(vm);
            }
        }
        let told = hosts.into_iter().map(|(host, vms)| {
            let names: Vec<String> = vms.iter().take(3).map(|vm| self.sites.vm_name(&vm.id)).collect();
            let more = vms.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = format!(
                "PCI devices were given to {}{more}: what these carry is not known; if one is a network card, its VLANs are not \
                 tracked, and belong in a [[floor]]",
                names.join(", ")
            );
            let subject = format!("host {}", self.sites.host_name(host));
            ((FindingKind::PassThrough, subject, text), Some(Entity::Host(host.clone())))
        });
        told.collect()
    }

    fn unseen_secondary(&self, vm: &Vm) -> Option<(Found, Option<Entity>)> {
        let Some(FaultTolerance::Primary { secondaries }) = &vm.fault_tolerance else { return None };
        let here = |id: &&super::VmId| self.sites.vms.contains_key(*id) && !self.sites.left.contains(*id);
        let unseen = secondaries.iter().find(|id| !here(id))?;
        let text = format!(
            "it is protected by {unseen}, which is not in the inventory: where that runs, and what its ports need when it takes \
             over, is not known; let the role see it"
        );
        let subject = format!("VM {}", self.sites.vm_name(&vm.id));
        Some(((FindingKind::UnseenSecondary, subject, text), Some(Entity::Vm(vm.id.clone()))))
    }
}

/// The devices of a host that end an overlay's tunnels.
fn tunnels(host: &Host) -> impl Iterator<Item = String> {
    let adapters = host.network.iter().flat_map(|network| &network.vmkernels);
    let tunnels = adapters.filter(|adapter| adapter.netstack.as_deref() == Some(TUNNELS));
    tunnels.map(|adapter| adapter.device.clone())
}

fn people(count: usize, what: &str) -> String {
    if count == 1 { format!("the {what}") } else { format!("{count} {what}s") }
}
