//! What is known of a distributed port group, and of a cluster.

use super::{Change, VimValue, value::unescaped};
use crate::{
    net::{VcenterId, VlanId, VlanSet},
    tracker::{Cluster, ObjectId, PortGroup, Steering, Teaming, VlanSpec},
};

/// The properties asked of every distributed port group.
pub(super) const PATHS: [&str; 4] = ["name", "key", "config.uplink", "config.defaultPortConfig"];

/// The properties asked of every cluster and every stand-alone compute resource.
pub(super) const CLUSTER_PATHS: [&str; 1] = ["name"];

/// What is known of a distributed port group.
#[derive(Clone, Debug, Default)]
pub(super) struct PortGroupFacts {
    name: String,
    key: Option<String>,
    uplink: bool,
    vlan: Option<VlanSpec>,
    teaming: Option<Teaming>,
}

impl PortGroupFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        let value = change.value.as_ref();
        let text = value.map(|value| value.text.as_str()).unwrap_or_default();
        match change.path.as_str() {
            "name" => self.name = unescaped(text),
            "key" => self.key = (!text.is_empty()).then(|| text.to_owned()),
            "config.uplink" => self.uplink = value.is_some_and(VimValue::flag),
            "config.defaultPortConfig" => {
                self.vlan = value.and_then(|config| config.child("vlan")).map(vlan_spec);
                self.teaming = value.and_then(teaming);
            }
            _ => {}
        }
    }

    /// A path that could not be read: unknown from now on.
    pub(super) fn missing(&mut self, path: &str) {
        if path == "config.defaultPortConfig" {
            self.vlan = None;
        }
    }

    /// The key equals the managed object id where vCenter did not say it.
    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> PortGroup {
        PortGroup {
            id: ObjectId::new(vcenter, moid),
            key: self.key.clone().unwrap_or_else(|| moid.to_owned()),
            name: self.name.clone(),
            vlan: self.vlan.clone().unwrap_or(VlanSpec::Unknown),
            teaming: self.teaming.clone(),
            uplink: self.uplink,
            steering: Steering::default(),
        }
    }
}

/// `VMwareDVSPortSetting.vlan`: one VLAN, ranges, or a private VLAN by its secondary.
fn vlan_spec(vlan: &VimValue) -> VlanSpec {
    match vlan.class.as_str() {
        "VmwareDistributedVirtualSwitchVlanIdSpec" => match number(vlan, &["vlanId"]) {
            Some(0) => VlanSpec::Untagged,
            Some(number) => VlanId::new(number).map_or(VlanSpec::Unknown, VlanSpec::Access),
            None => VlanSpec::Unknown,
        },
        "VmwareDistributedVirtualSwitchTrunkVlanSpec" => ranges(vlan).map_or(VlanSpec::Unknown, VlanSpec::Trunk),
        "VmwareDistributedVirtualSwitchPvlanSpec" => {
            number(vlan, &["pvlanId"]).and_then(VlanId::new).map_or(VlanSpec::Unknown, VlanSpec::Private)
        }
        _ => VlanSpec::Unknown,
    }
}

/// Ranges from 0 to 4094; 0 is the untagged part, which no set of VLANs holds. A range that is no range makes the
/// whole unknown: half a list would be taken for all of it.
fn ranges(vlan: &VimValue) -> Option<VlanSet> {
    let mut set = VlanSet::EMPTY;
    for range in vlan.all("vlanId") {
        let (start, end) = (number(range, &["start"])?, number(range, &["end"])?);
        if start > end || end > VlanId::MAX.get() {
            return None;
        }
        set = set.union(&(start..=end).filter_map(VlanId::new).collect());
    }
    Some(set)
}

fn number(value: &VimValue, path: &[&str]) -> Option<u16> {
    value.text_at(path)?.trim().parse().ok()
}

fn teaming(config: &VimValue) -> Option<Teaming> {
    let order = config.at(&["uplinkTeamingPolicy", "uplinkPortOrder"])?;
    Some(Teaming { active: order.texts("activeUplinkPort"), standby: order.texts("standbyUplinkPort") })
}

/// What is known of a cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterFacts {
    name: String,
}

impl ClusterFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        if change.path == "name" {
            self.name = change.value.as_ref().map(|value| unescaped(&value.text)).unwrap_or_default();
        }
    }

    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> Cluster {
        Cluster { id: ObjectId::new(vcenter, moid), name: self.name.clone() }
    }
}
