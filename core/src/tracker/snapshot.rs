//! What readers get: the core's maps as they were, shared.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Attachment, EdgePort, Finding, Host, HostId, Identity, Moment, Reason, Tracker, Vm, VmId, VpcDomain, VpcRole,
};
use crate::net::{SwitchName, VcenterName, VlanId};

/// The core as it was at one moment. Every query is a pure function of one.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When.
    pub at: Moment,
    /// Whether a person stopped all writing.
    pub paused: bool,
    /// Why withdrawals are stopped, if they are.
    pub brake: Option<String>,
    /// Every vCenter that ever connected, or was tried.
    pub vcenters: BTreeMap<VcenterName, VcenterState>,
    /// Every switch that is configured or ever answered.
    pub switches: BTreeMap<SwitchName, SwitchState>,
    /// Every VM.
    pub vms: BTreeMap<VmId, Arc<Vm>>,
    /// Every host.
    pub hosts: BTreeMap<HostId, Arc<Host>>,
    /// Where each pnic hangs.
    pub attachments: BTreeMap<(HostId, String), Attachment>,
    /// Every requirement, with its reasons and whether it passes frames.
    pub requirements: Vec<Requirement>,
    /// Everything a person should mend.
    pub findings: Vec<Finding>,
}

/// A vCenter in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VcenterState {
    /// Whether a session stands and its listing was complete.
    pub complete: bool,
    /// Why there is no session.
    pub lost: Option<String>,
    /// How many VMs it has.
    pub vms: usize,
    /// How many hosts it has.
    pub hosts: usize,
}

/// A switch in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchState {
    /// Whether it answers.
    pub live: bool,
    /// Why it does not.
    pub why: Option<String>,
    /// Who it is, once it was read.
    pub identity: Option<Identity>,
    /// How many edge-port VLANs there are ours.
    pub owned: usize,
    /// How many of its requirements do not pass frames yet.
    pub unmet: usize,
    /// Its part in a vPC pair, as it last said.
    pub pair: Option<PairState>,
}

/// A switch's part in a vPC pair, in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairState {
    /// The other switch; none: not known.
    pub peer: Option<SwitchName>,
    /// Its role now.
    pub role: VpcRole,
    /// Whether the adjacency over the peer-link stands.
    pub adjacent: bool,
    /// Whether the peer is heard over the keepalive link.
    pub alive: bool,
}

/// A requirement in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// On which edge port.
    pub port: EdgePort,
    /// Which VLAN.
    pub vlan: VlanId,
    /// Why.
    pub reasons: BTreeSet<Reason>,
    /// Whether it passes frames.
    pub ready: bool,
}

impl Tracker {
    /// The core as it is now.
    pub fn snapshot(&mut self, now: Moment) -> Snapshot {
        Snapshot {
            at: now,
            paused: self.paused,
            brake: self.restraint.brake().map(str::to_owned),
            vcenters: self.vcenter_states(),
            switches: self.switch_states(),
            vms: self.sites.vms.clone(),
            hosts: self.sites.hosts.clone(),
            attachments: self.attachments.iter().map(|(key, at)| (key.clone(), self.told(&key.0, at))).collect(),
            requirements: self.requirement_states(),
            findings: self.findings(now),
        }
    }

    fn told(&self, host: &HostId, at: &Attachment) -> Attachment {
        Attachment { conflict: self.dispute(host, at), ..at.clone() }
    }

    fn vcenter_states(&self) -> BTreeMap<VcenterName, VcenterState> {
        let state = |id| VcenterState {
            complete: self.sites.trusted(id),
            lost: self.sites.by_id.get(id).and_then(|site| site.lost.clone()),
            vms: self.sites.vms.keys().filter(|vm| vm.vcenter == *id).count(),
            hosts: self.sites.hosts.keys().filter(|host| host.vcenter == *id).count(),
        };
        let unreached = |(name, why): (&VcenterName, &String)| {
            (name.clone(), VcenterState { complete: false, lost: Some(why.clone()), vms: 0, hosts: 0 })
        };
        let wanted = self.sites.unreached.iter().filter(|(name, _)| self.policy.vcenters.contains_key(*name));
        let known = self.sites.by_id.iter().map(|(id, site)| (site.name.clone(), state(id)));
        wanted.map(unreached).chain(known).collect()
    }

    fn switch_states(&self) -> BTreeMap<SwitchName, SwitchState> {
        let mut unmet: BTreeMap<&SwitchName, usize> = BTreeMap::new();
        for (port, _) in self.unmet.keys() {
            *unmet.entry(&port.switch).or_default() += 1;
        }
        let state = |(name, switch): (&SwitchName, &super::fabric::Switch)| {
            let owned = switch.identity.as_ref().map_or(0, |identity| self.ledger.owned(&identity.serial));
            let unmet = unmet.get(name).copied().unwrap_or_default();
            let state = SwitchState {
                live: switch.live,
                why: switch.why.clone(),
                identity: switch.identity.clone(),
                owned,
                unmet,
                pair: self.pair_state(name),
            };
            (name.clone(), state)
        };
        self.fabric.switches.iter().map(state).collect()
    }

    fn pair_state(&self, name: &SwitchName) -> Option<PairState> {
        let VpcDomain { role, adjacent, alive, .. } = self.fabric.switches.get(name)?.domain()?;
        let peer = self.fabric.peer(name).cloned();
        Some(PairState { peer, role: *role, adjacent: *adjacent, alive: *alive })
    }

    fn requirement_states(&self) -> Vec<Requirement> {
        let all = self.requirements.iter().map(|(port, vlan, reasons)| Requirement {
            port: port.clone(),
            vlan,
            reasons: reasons.clone(),
            ready: self.fabric.ready(port, vlan),
        });
        all.collect()
    }
}
