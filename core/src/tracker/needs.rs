//! From what an adapter is plugged into to the VLANs and the pnics that it needs. Pure lookups.

use super::{Backing, HostNetwork, PortGroup, Teaming, VlanSpec};
use crate::net::VlanSet;

/// What an adapter needs on its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// These VLANs on the ports of these pnics (active and standby ones).
    Known {
        /// The VLANs; empty when frames leave untagged.
        vlans: VlanSet,
        /// The pnics' devices.
        pnics: Vec<String>,
    },
    /// It cannot be told, for this reason; whatever stands for it stays.
    Unknown(String),
}

/// What `backing` needs on a host with this `network`; `group` finds a distributed port group by its key.
pub(super) fn of_backing<'a>(
    backing: &Backing,
    network: &HostNetwork,
    group: impl Fn(&str) -> Option<&'a PortGroup>,
) -> Need {
    let resolved = match backing {
        Backing::Distributed { dvs_uuid, port_group_key } => distributed(dvs_uuid, port_group_key, network, group),
        Backing::Standard { port_group } => standard(port_group, network),
        Backing::Opaque { .. } => Err("networks of NSX are not tracked yet".to_owned()),
        Backing::Unknown { class } => Err(format!("networks of class {class} are not tracked yet")),
    };
    match resolved {
        Ok((vlans, pnics)) => Need::Known { vlans, pnics },
        Err(why) => Need::Unknown(why),
    }
}

type Resolved = Result<(VlanSet, Vec<String>), String>;

fn distributed<'a>(
    dvs_uuid: &str,
    key: &str,
    network: &HostNetwork,
    group: impl Fn(&str) -> Option<&'a PortGroup>,
) -> Resolved {
    let group = group(key).ok_or_else(|| format!("its distributed port group {key} is not in the inventory"))?;
    let proxy = network.proxy_switches.iter().find(|proxy| proxy.dvs_uuid == dvs_uuid);
    let proxy = proxy.ok_or_else(|| format!("its host is not on the distributed switch {dvs_uuid}"))?;
    let vlans = vlans(&group.vlan, &group.name)?;
    let pnic =
        |uplink: &String| proxy.uplinks.iter().find(|known| known.name == *uplink).map(|known| known.pnic.clone());
    let Some(teaming) = &group.teaming else {
        return Ok((vlans, proxy.uplinks.iter().map(|uplink| uplink.pnic.clone()).collect()));
    };
    // An uplink name without a pnic is an empty slot of this host, unless it is a LAG: those are not tracked yet.
    let pnics: Vec<String> = used(teaming).filter_map(pnic).collect();
    match pnics.is_empty() {
        false => Ok((vlans, pnics)),
        true => Err(format!("none of the uplinks of port group {:?} has a pnic here (a LAG?)", group.name)),
    }
}

fn standard(name: &str, network: &HostNetwork) -> Resolved {
    let group = network.port_groups.iter().find(|group| group.name == name);
    let group = group.ok_or_else(|| format!("its host has no port group {name:?}"))?;
    let vlans = vlans(&group.vlan, name)?;
    let switch = network.vswitches.iter().find(|switch| switch.name == group.vswitch);
    let switch = switch.ok_or_else(|| format!("its host has no standard switch {:?}", group.vswitch))?;
    let pnics = match &group.teaming {
        Some(teaming) => used(teaming).filter(|pnic| switch.pnics.contains(pnic)).cloned().collect(),
        None => switch.pnics.clone(),
    };
    Ok((vlans, pnics))
}

fn used(teaming: &Teaming) -> impl Iterator<Item = &String> {
    teaming.active.iter().chain(&teaming.standby)
}

fn vlans(spec: &VlanSpec, group: &str) -> Result<VlanSet, String> {
    match spec {
        VlanSpec::Untagged => Ok(VlanSet::EMPTY),
        VlanSpec::Access(vlan) => Ok((*vlan).into()),
        VlanSpec::Trunk(ranges) => Err(format!("port group {group:?} trunks {ranges}: ranges are not tracked yet")),
        VlanSpec::Guest => Err(format!("port group {group:?} lets the guest tag (VLAN 4095): not tracked yet")),
        VlanSpec::Private(secondary) => {
            Err(format!("port group {group:?} is a private VLAN ({secondary}): not tracked yet"))
        }
        VlanSpec::Unknown => Err(format!("vCenter did not say which VLAN port group {group:?} has")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{HostPortGroup, ObjectId, ProxySwitch, Uplink, VSwitch};
    use super::*;
    use crate::net::VlanId;

    fn network() -> HostNetwork {
        let uplink = |name: &str, pnic: &str| Uplink { name: name.into(), pnic: pnic.into() };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        HostNetwork {
            vswitches: vec![VSwitch { name: "vSwitch0".into(), pnics: names(&["vmnic0", "vmnic1"]) }],
            proxy_switches: vec![ProxySwitch {
                dvs_uuid: "dvs".into(),
                dvs_name: "DSwitch".into(),
                uplinks: vec![uplink("Uplink 1", "vmnic2"), uplink("Uplink 2", "vmnic3"), uplink("Uplink 3", "vmnic4")],
            }],
            port_groups: vec![HostPortGroup {
                name: "VM Network".into(),
                vswitch: "vSwitch0".into(),
                vlan: VlanSpec::Access(VlanId::new(20).expect("a VLAN")),
                teaming: Some(Teaming { active: names(&["vmnic0"]), standby: Vec::new(), ..Teaming::default() }),
            }],
            ..HostNetwork::default()
        }
    }

    fn group(vlan: VlanSpec, teaming: Option<(&[&str], &[&str])>) -> PortGroup {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        PortGroup {
            id: ObjectId::new(&"vc".into(), "dvportgroup-1"),
            key: "dvportgroup-1".into(),
            name: "web".into(),
            vlan,
            teaming: teaming.map(|(active, standby)| Teaming {
                active: names(active),
                standby: names(standby),
                ..Teaming::default()
            }),
            uplink: false,
            steering: Default::default(),
            dvs: None,
            nsx: false,
            overrides: Default::default(),
        }
    }

    #[test]
    fn an_adapter_needs_its_vlan_on_active_and_standby_uplinks_and_never_on_unused_ones() {
        let access = || VlanSpec::Access(VlanId::new(100).expect("a VLAN"));
        let backing = Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: "dvportgroup-1".into() };
        let check = |group: PortGroup, expected: Option<(&str, &[&str])>| {
            let need = of_backing(&backing, &network(), |key| (key == group.key).then_some(&group));
            match (need, expected) {
                (Need::Known { vlans, pnics }, Some((list, devices))) => {
                    assert_eq!(
                        (vlans.to_string().as_str(), pnics.as_slice()),
                        (list, devices.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>().as_slice())
                    );
                }
                (Need::Unknown(_), None) => {}
                (need, expected) => panic!("{need:?} is not {expected:?} for {group:?}"),
            }
        };
        check(group(access(), Some((&["Uplink 1"], &["Uplink 2"]))), Some(("100", &["vmnic2", "vmnic3"])));
        check(group(access(), None), Some(("100", &["vmnic2", "vmnic3", "vmnic4"])));
        check(group(access(), Some((&["lag1"], &[]))), None);
        check(group(VlanSpec::Untagged, Some((&["Uplink 1"], &[]))), Some(("none", &["vmnic2"])));
        check(group(VlanSpec::Trunk(VlanSet::all()), None), None);
        check(group(VlanSpec::Guest, None), None);
        check(group(VlanSpec::Private(VlanId::MAX), None), None);
        check(group(VlanSpec::Unknown, None), None);
    }

    #[test]
    fn what_cannot_be_resolved_is_unknown_and_not_empty() {
        let check = |backing: Backing, known: bool| {
            let need = of_backing(&backing, &network(), |_| None);
            assert_eq!(matches!(need, Need::Known { .. }), known, "{backing:?} gave {need:?}");
        };
        check(Backing::Standard { port_group: "VM Network".into() }, true);
        check(Backing::Standard { port_group: "elsewhere".into() }, false);
        check(Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: "gone".into() }, false);
        check(Backing::Unknown { class: "OpaqueNetwork".into() }, false);
    }
}
