//! What custom attributes of a port group say of its own needs. They only narrow what the configuration allows, and
//! they never withdraw: whatever stands goes on standing.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Backing, FindingKind, Host, HostId, PortGroup, Reason, Tracker, VlanSpec, Vm, VmId, findings::Found};
use crate::net::{VcenterId, VlanId, VlanSet};

/// The attribute that says whether what a port group needs is added: `observe` or `enforce`.
pub const MODE_ATTRIBUTE: &str = "vmtracker.mode";

/// The attribute that says which VLANs a port group may ask for.
pub const ALLOWED_ATTRIBUTE: &str = "vmtracker.allowed";

/// What the custom attributes of a port group say. The default says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steering {
    /// [`MODE_ATTRIBUTE`] is `observe`: what it needs is reported and not added. `enforce` says nothing: an attribute
    /// cannot make us write where the configuration says to watch.
    pub observe: bool,
    /// [`ALLOWED_ATTRIBUTE`]: what it may ask for; none: no bound of its own.
    pub allowed: Option<VlanSet>,
    /// What cannot be read, with what to do, a line each. While there is any, what it needs is reported and not added.
    pub unread: Vec<String>,
}

/// Whether those who need a VLAN may ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// At least one may.
    Given,
    /// None may have it added; at least one may have it reported, for this reason, with what to do.
    Observe(String),
    /// None may, for this reason, with what to do.
    Refused(String),
}

/// What bounds one reason.
enum Bound {
    Nothing,
    Observe(String),
    Vcenter(String),
    PortGroup(String),
}

impl Steering {
    /// Whether nothing is said.
    pub(super) fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

impl Tracker {
    /// A port group as it now is.
    pub(super) fn port_group_seen(&mut self, group: Arc<PortGroup>) {
        let (vcenter, key) = (group.id.vcenter.clone(), group.key.clone());
        // Every listing tells of all groups again.
        if self.sites.group(&vcenter, &key) == Some(&*group) {
            return;
        }
        if self.sites.group_seen(group) {
            self.steered_anew(&vcenter);
        }
        self.group_units(&vcenter, &key);
        self.group_changed(&vcenter, &key);
    }

    /// An attribute changed no requirement, but perhaps whether it may be met.
    fn steered_anew(&mut self, vcenter: &VcenterId) {
        let asks = |reason: &Reason| reason.vcenter() == vcenter;
        let ports = self.requirements.iter().filter(|(_, _, reasons)| reasons.iter().any(asks)).map(|(port, ..)| port);
        self.dirty.ports.extend(ports.cloned());
    }

    /// Whether those who need `vlan` may ask for it: one who may is enough.
    pub(super) fn consent(&self, vlan: VlanId, reasons: &BTreeSet<Reason>) -> Consent {
        let mut observe = None;
        let (mut vcenters, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for reason in reasons {
            match self.bound(reason, vlan) {
                Bound::Nothing => return Consent::Given,
                Bound::Observe(why) => drop(observe.get_or_insert(why)),
                Bound::Vcenter(name) => drop(vcenters.insert(name)),
                Bound::PortGroup(text) => drop(groups.insert(text)),
            }
        }
        let vcenters = vcenters.into_iter().collect::<Vec<_>>().join(", ");
        let vcenters = (!vcenters.is_empty()).then(|| format!("allowed_vlans of vCenter {vcenters}"));
        let outside = vcenters.into_iter().chain(groups).collect::<Vec<_>>().join(", ");
        match (observe, outside.is_empty()) {
            (Some(why), _) => Consent::Observe(why),
            (None, true) => Consent::Given,
            (None, false) => {
                Consent::Refused(format!("VLAN {vlan} is outside {outside}; widen it or change the port group"))
            }
        }
    }

    fn bound(&self, reason: &Reason, vlan: VlanId) -> Bound {
        let site = self.sites.by_id.get(reason.vcenter()).map(|site| &site.name);
        let policy = site.and_then(|name| Some((name, self.policy.vcenters.get(name)?.allowed.as_ref()?)));
        if let Some((name, _)) = policy.filter(|(_, range)| !range.contains(vlan)) {
            return Bound::Vcenter(name.to_string());
        }
        if !self.sites.has_steered(reason.vcenter()) {
            return Bound::Nothing;
        }
        match reason {
            Reason::Vnic { vm, key } => self.vnic_bound(vm, *key, vlan),
            Reason::Move { vm, .. } | Reason::Recommended { vm, .. } => self.move_bound(vm, vlan),
            Reason::Vmkernel { host, device } => self.vmkernel_bound(host, device, vlan),
            Reason::Prepared { cluster, network, .. } => self.backing_bound(&cluster.vcenter, &network.backing(), vlan),
            Reason::Floor { .. } => Bound::Nothing,
        }
    }

    fn vnic_bound(&self, id: &VmId, key: i32, vlan: VlanId) -> Bound {
        let Some(vnics) = self.vnics(id) else { return not_told() };
        let backing = vnics.iter().find(|vnic| vnic.key == key).map(|vnic| &vnic.backing);
        backing.map_or(Bound::Nothing, |backing| self.backing_bound(&id.vcenter, backing, vlan))
    }

    /// A move is one reason for all adapters of a VM: those that may ask for this VLAN decide.
    fn move_bound(&self, id: &VmId, vlan: VlanId) -> Bound {
        let Some(vnics) = self.vnics(id) else { return not_told() };
        let asking = vnics.iter().filter(|vnic| vnic.connected && self.may_ask(&id.vcenter, &vnic.backing, vlan));
        let mut bound = Bound::Nothing;
        for vnic in asking {
            bound = self.backing_bound(&id.vcenter, &vnic.backing, vlan);
            if matches!(bound, Bound::Nothing) {
                return bound;
            }
        }
        bound
    }

    fn vnics(&self, id: &VmId) -> Option<&Vec<super::Vnic>> {
        self.sites.vms.get(id).map(AsRef::as_ref).and_then(|vm: &Vm| vm.vnics.as_ref())
    }

    fn vmkernel_bound(&self, id: &HostId, device: &str, vlan: VlanId) -> Bound {
        let network = self.sites.hosts.get(id).map(AsRef::as_ref).and_then(|host: &Host| host.network.as_ref());
        let Some(network) = network else { return not_told() };
        let adapter = network.vmkernels.iter().find(|adapter| adapter.device == device);
        adapter.map_or(Bound::Nothing, |adapter| self.backing_bound(&id.vcenter, &adapter.backing, vlan))
    }

    /// Only what is known to be another VLAN does not ask for this one.
    fn may_ask(&self, vcenter: &VcenterId, backing: &Backing, vlan: VlanId) -> bool {
        let Backing::Distributed { port_group_key, .. } = backing else { return true };
        let group = self.sites.group(vcenter, port_group_key).filter(|group| !group.overrides.vlan);
        match group.map(|group| &group.vlan) {
            Some(VlanSpec::Access(access)) => *access == vlan,
            Some(VlanSpec::Trunk(ranges)) => ranges.contains(vlan),
            Some(VlanSpec::Untagged) => false,
            Some(VlanSpec::Guest | VlanSpec::Private(_) | VlanSpec::Unknown) | None => true,
        }
    }

    fn backing_bound(&self, vcenter: &VcenterId, backing: &Backing, vlan: VlanId) -> Bound {
        let Backing::Distributed { port_group_key, .. } = backing else { return Bound::Nothing };
        let Some(group) = self.sites.steered(vcenter, port_group_key) else { return Bound::Nothing };
        let (name, steering) = (&group.name, &group.steering);
        match &steering.allowed {
            Some(range) if !range.contains(vlan) => {
                Bound::PortGroup(format!("{ALLOWED_ATTRIBUTE} of port group {name:?} ({range})"))
            }
            Some(_) | None if !steering.unread.is_empty() => {
                Bound::Observe(format!("an attribute of port group {name:?} cannot be read; mend it"))
            }
            Some(_) | None if steering.observe => Bound::Observe(format!(
                "{MODE_ATTRIBUTE} of port group {name:?} is observe; set it to enforce, or add the VLAN by hand"
            )),
            Some(_) | None => Bound::Nothing,
        }
    }

    /// Every port group with an attribute that cannot be read.
    pub(super) fn steering_findings(&self) -> Vec<Found> {
        let unread = |group: &PortGroup| !group.steering.unread.is_empty();
        let groups = self.sites.all_steered().filter(|group| unread(group));
        let told = groups.map(|group| {
            let site = self.sites.by_id.get(&group.id.vcenter).map(|site| site.name.as_str()).unwrap_or_default();
            let text = format!(
                "{}; until then what it needs is reported and not added, and what stands stays",
                group.steering.unread.join("; ")
            );
            (FindingKind::BadAttribute, format!("port group {:?} of vCenter {site}", group.name), text)
        });
        told.collect()
    }
}

/// Where port groups have attributes, one who does not say in which port group he is may be in such a one.
fn not_told() -> Bound {
    Bound::Observe("vCenter does not tell in which port group it is, and port groups there have attributes".to_owned())
}
