//! What is known of a distributed port group, and of a cluster.

use super::{Change, MoRef, VimValue, value::unescaped};
use crate::{
    net::{MoId, VcenterId, VlanId, VlanSet},
    tracker::{Cluster, ObjectId, Overrides, PortGroup, Recommendation, Steering, Teaming, TeamingPolicy, VlanSpec},
};

/// The properties asked of every distributed port group. The whole `config`, which is small: `config.backingType` is
/// new in 7.0 and `config.policy` has what we look for in a subclass only, and a path that a vCenter does not know ends
/// the whole filter.
pub(super) const PATHS: [&str; 3] = ["name", "key", "config"];

/// The properties asked of every cluster and every stand-alone compute resource.
pub(super) const CLUSTER_PATHS: [&str; 1] = ["name"];

/// What DRS recommends, of a cluster (facts: vCenter §C).
pub(super) const RECOMMENDATION: &str = "recommendation";

/// What is known of a distributed port group.
#[derive(Clone, Debug, Default)]
pub(super) struct PortGroupFacts {
    name: String,
    key: Option<String>,
    uplink: bool,
    vlan: Option<VlanSpec>,
    teaming: Option<Teaming>,
    dvs: Option<MoRef>,
    nsx: bool,
    overrides: Overrides,
}

impl PortGroupFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        let value = change.value.as_ref();
        let text = value.map(|value| value.text.as_str()).unwrap_or_default();
        match change.path.as_str() {
            "name" => self.name = unescaped(text),
            "key" => self.key = (!text.is_empty()).then(|| text.to_owned()),
            "config" => self.configured(value.unwrap_or(&VimValue::default())),
            _ => {}
        }
    }

    fn configured(&mut self, config: &VimValue) {
        let flag = |path: &[&str]| config.at(path).is_some_and(VimValue::flag);
        let setting = config.child("defaultPortConfig");
        self.uplink = flag(&["uplink"]);
        self.vlan = setting.and_then(|setting| setting.child("vlan")).map(vlan_spec);
        self.teaming = setting.and_then(teaming);
        self.dvs = config.child("distributedVirtualSwitch").and_then(VimValue::reference);
        self.nsx = config.text_at(&["backingType"]) == Some("nsx");
        let (vlan, teaming) =
            (flag(&["policy", "vlanOverrideAllowed"]), flag(&["policy", "uplinkTeamingOverrideAllowed"]));
        self.overrides = Overrides { vlan, teaming };
    }

    /// A path that could not be read: unknown from now on.
    pub(super) fn missing(&mut self, path: &str) {
        if path == "config" {
            self.vlan = None;
        }
    }

    /// The key that backings name it by.
    pub(super) fn key<'a>(&'a self, moid: &'a str) -> &'a str {
        self.key.as_deref().unwrap_or(moid)
    }

    /// The switch to ask for its ports, where they may differ from the group.
    pub(super) fn asks_for_ports(&self) -> Option<&MoRef> {
        self.dvs.as_ref().filter(|_| !self.uplink && (self.nsx || self.overrides.any()))
    }

    /// The key equals the managed object id where vCenter did not say it.
    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> PortGroup {
        PortGroup {
            id: ObjectId::new(vcenter, moid),
            key: self.key(moid).to_owned(),
            name: self.name.clone(),
            vlan: self.vlan.clone().unwrap_or(VlanSpec::Unknown),
            teaming: self.teaming.clone(),
            uplink: self.uplink,
            steering: Steering::default(),
            dvs: self.dvs.as_ref().map(|dvs| ObjectId::new(vcenter, &dvs.id)),
            nsx: self.nsx,
            overrides: self.overrides,
        }
    }
}

/// `VMwareDVSPortSetting.vlan`: one VLAN, ranges, or a private VLAN by its secondary.
pub(super) fn vlan_spec(vlan: &VimValue) -> VlanSpec {
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

pub(super) fn number(value: &VimValue, path: &[&str]) -> Option<u16> {
    value.text_at(path)?.trim().parse().ok()
}

/// `VMwareDVSPortSetting.uplinkTeamingPolicy`: effective values, inherited or not (facts: vCenter §B4).
pub(super) fn teaming(setting: &VimValue) -> Option<Teaming> {
    let order = setting.at(&["uplinkTeamingPolicy", "uplinkPortOrder"])?;
    let policy = teaming_policy(setting.text_at(&["uplinkTeamingPolicy", "policy", "value"]));
    Some(Teaming { active: order.texts("activeUplinkPort"), standby: order.texts("standbyUplinkPort"), policy })
}

/// The words of standard and of distributed switches for how frames are spread.
pub(super) fn teaming_policy(word: Option<&str>) -> TeamingPolicy {
    match word {
        Some("loadbalance_srcid") => TeamingPolicy::SourcePort,
        Some("loadbalance_srcmac") => TeamingPolicy::SourceMac,
        Some("loadbalance_ip") => TeamingPolicy::IpHash,
        Some("loadbalance_loadbased") => TeamingPolicy::Load,
        Some("failover_explicit") => TeamingPolicy::Explicit,
        Some(_) | None => TeamingPolicy::Unknown,
    }
}

/// What is known of a cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterFacts {
    name: String,
    recommended: Vec<Recommended>,
}

/// A move that DRS recommends, by managed object ids.
#[derive(Clone, Debug)]
struct Recommended {
    vm: MoId,
    to: MoId,
}

impl ClusterFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        let value = change.value.as_ref();
        match change.path.as_str() {
            "name" => self.name = value.map(|value| unescaped(&value.text)).unwrap_or_default(),
            RECOMMENDATION => self.recommended = value.map(recommended).unwrap_or_default(),
            _ => {}
        }
    }

    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> Cluster {
        let id = |moid: &MoId| ObjectId { vcenter: vcenter.clone(), moid: moid.clone() };
        let recommendations = self.recommended.iter().map(|one| Recommendation { vm: id(&one.vm), to: id(&one.to) });
        Cluster {
            id: ObjectId::new(vcenter, moid),
            name: self.name.clone(),
            recommendations: recommendations.collect(),
        }
    }
}

/// The migrations among the actions of every recommendation; of other actions (power, affinity) none moves a VM.
fn recommended(list: &VimValue) -> Vec<Recommended> {
    let actions = list.children.iter().flat_map(|recommendation| recommendation.all("action"));
    let moid = |migration: &VimValue, name: &str| Some(migration.child(name)?.reference()?.id.into());
    let migration = |action: &VimValue| {
        let migration = action.child("drsMigration")?;
        Some(Recommended { vm: moid(migration, "vm")?, to: moid(migration, "destination")? })
    };
    actions.filter_map(migration).collect()
}
