//! What adapters need, by what they are plugged into.

use std::sync::Arc;

use super::super::{
    Connectee, Dvs, HostPortGroup, Overrides, Pnic, ProxySwitch, Pvlan, PvlanKind, Uplink, VSwitch,
    tests::inventory::{group, vc, vlan, vm},
};
use super::*;
use crate::tracker::PowerState;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn order(active: &[&str], standby: &[&str]) -> Teaming {
    Teaming { active: names(active), standby: names(standby), ..Teaming::default() }
}

/// vmnic0 and vmnic1 on vSwitch0; vmnic2 to vmnic4 on uplinks, vmnic5 and vmnic6 on a LAG of the distributed switch.
fn network() -> HostNetwork {
    let uplink = |name: &str, pnic: &str| Uplink { name: name.into(), pnic: pnic.into() };
    let pnic = |number: u8| Pnic {
        device: format!("vmnic{number}"),
        mac: None,
        link_up: true,
        pci: format!("0000:3b:00.{number}"),
    };
    let standard = |name: &str, vlan: VlanSpec| HostPortGroup {
        name: name.into(),
        vswitch: "vSwitch0".into(),
        vlan,
        teaming: Some(order(&["vmnic0"], &[])),
    };
    HostNetwork {
        pnics: (0..7).map(pnic).collect(),
        vswitches: vec![VSwitch { name: "vSwitch0".into(), pnics: names(&["vmnic0", "vmnic1"]) }],
        proxy_switches: vec![ProxySwitch {
            dvs_uuid: "dvs".into(),
            dvs_name: "DSwitch".into(),
            uplinks: vec![
                uplink("Uplink 1", "vmnic2"),
                uplink("Uplink 2", "vmnic3"),
                uplink("Uplink 3", "vmnic4"),
                uplink("lag1", "vmnic5"),
                uplink("lag1", "vmnic6"),
            ],
        }],
        port_groups: vec![standard("VM Network", VlanSpec::Access(vlan(20))), standard("VGT", VlanSpec::Guest)],
        ..HostNetwork::default()
    }
}

/// A place where needs are looked up.
struct Place {
    sites: Sites,
    network: HostNetwork,
    trunks: Trunks,
}

impl Place {
    fn new() -> Self {
        Self { sites: Sites::default(), network: network(), trunks: Trunks { wide: 32, consent: None } }
    }

    fn with(group: PortGroup) -> Self {
        let mut place = Self::new();
        place.sites.group_seen(Arc::new(group));
        place
    }

    /// What the only adapter of `vm` needs.
    fn need(&self, vm: &Vm) -> Need {
        let vnic = vm.vnics.iter().flatten().next().expect("an adapter");
        let (sites, network, trunks) = (&self.sites, &self.network, self.trunks.clone());
        Lookup { sites, vcenter: &vc(), network, trunks }.need(&Plug::vnic(vm, vnic))
    }

    /// What VM 1 on port group 10 needs: VLANs and pnics, or none.
    fn check(&self, expected: Option<(&str, &[&str])>) {
        let need = self.need(&vm(1, 1, 10, PowerState::On));
        match (&need, expected) {
            (Need::Known(known), Some((list, devices))) => {
                assert_eq!((known.vlans.to_string().as_str(), &known.pnics), (list, &names(devices)));
            }
            (Need::Unknown(_) | Need::Wide(_) | Need::Overlay(_), None) => {}
            (need, expected) => panic!("{need:?} is not {expected:?}"),
        }
    }
}

fn with_teaming(teaming: Option<Teaming>) -> PortGroup {
    PortGroup { teaming, ..group(10) }
}

fn with_vlan(vlan: VlanSpec) -> PortGroup {
    PortGroup { vlan, teaming: Some(order(&["Uplink 1"], &[])), ..group(10) }
}

fn ranges(list: &str) -> VlanSpec {
    VlanSpec::Trunk(list.parse().expect("a list"))
}

#[test]
fn an_adapter_needs_its_vlan_on_active_and_standby_uplinks_and_never_on_unused_ones() {
    let check = |teaming: Option<Teaming>, pnics: Option<&[&str]>| {
        Place::with(with_teaming(teaming)).check(pnics.map(|pnics| ("10", pnics)));
    };
    check(Some(order(&["Uplink 1"], &["Uplink 2"])), Some(&["vmnic2", "vmnic3"]));
    check(Some(order(&["Uplink 3", "Uplink 9"], &[])), Some(&["vmnic4"]));
    check(Some(order(&["Uplink 9"], &[])), None);
    check(None, Some(&["vmnic2", "vmnic3", "vmnic4", "vmnic5", "vmnic6"]));
}

#[test]
fn a_lag_is_every_pnic_that_is_a_member_of_it_here() {
    Place::with(with_teaming(Some(order(&["lag1"], &[])))).check(Some(("10", &["vmnic5", "vmnic6"])));
    Place::with(with_teaming(Some(order(&["lag2"], &[])))).check(None);
}

#[test]
fn every_kind_of_vlan_has_its_need() {
    let check = |spec: VlanSpec, list: Option<&str>| {
        Place::with(with_vlan(spec)).check(list.map(|list| (list, &["vmnic2"][..])));
    };
    check(VlanSpec::Access(vlan(100)), Some("100"));
    check(VlanSpec::Untagged, Some("none"));
    check(ranges("10-19,30"), Some("10-19,30"));
    check(ranges("1-32"), Some("1-32"));
    check(ranges("1-33"), None);
    check(VlanSpec::Guest, None);
    check(VlanSpec::Unknown, None);
    check(VlanSpec::Private(vlan(101)), None);
}

#[test]
fn wide_trunks_need_consent_and_get_what_is_allowed() {
    let mut place = Place::with(with_vlan(ranges("1-4094")));
    assert!(matches!(place.need(&vm(1, 1, 10, PowerState::On)), Need::Wide(wide) if wide.group == "net 10"));
    place.trunks.consent = "100-102".parse().ok();
    place.check(Some(("100-102", &["vmnic2"])));
    let mut place = Place::new();
    let standard = Vm { vnics: Some(vec![plugged(Backing::Standard { port_group: "VGT".into() })]), ..stranger() };
    assert!(matches!(place.need(&standard), Need::Wide(_)));
    place.trunks.consent = "100-102".parse().ok();
    assert!(matches!(place.need(&standard), Need::Known(known) if known.vlans.to_string() == "100-102"));
}

fn stranger() -> Vm {
    vm(1, 1, 10, PowerState::On)
}

fn plugged(backing: Backing) -> Vnic {
    Vnic { backing, ..stranger().vnics.into_iter().flatten().next().expect("an adapter") }
}

#[test]
fn a_private_vlan_needs_its_primary_and_a_promiscuous_one_every_secondary() {
    let row = |secondary: u16, kind: PvlanKind| Pvlan { primary: vlan(100), secondary: vlan(secondary), kind };
    let other = Pvlan { primary: vlan(200), secondary: vlan(201), kind: PvlanKind::Isolated };
    let dvs = Dvs {
        id: ObjectId::new(&vc(), "dvs-1"),
        uuid: "dvs".into(),
        name: "DSwitch".into(),
        pvlans: vec![
            row(100, PvlanKind::Promiscuous),
            row(101, PvlanKind::Isolated),
            row(102, PvlanKind::Community),
            row(103, PvlanKind::Unknown),
            other,
        ],
        lags: Vec::new(),
    };
    let check = |secondary: u16, list: Option<&str>| {
        let mut place = Place::with(with_vlan(VlanSpec::Private(vlan(secondary))));
        place.sites.networks.dvs_seen(Arc::new(dvs.clone()));
        place.check(list.map(|list| (list, &["vmnic2"][..])));
    };
    check(101, Some("100-101"));
    check(102, Some("100,102"));
    check(100, Some("100-103"));
    check(201, Some("200-201"));
    check(103, None);
    check(104, None);
}

fn port(vlan: Option<VlanSpec>, inherited: bool, connectee: (&str, &str)) -> DvPort {
    DvPort {
        key: "1".into(),
        group: "pg-10".into(),
        connectee: Some(Connectee { entity: connectee.0.into(), nic: connectee.1.to_owned() }),
        vlan,
        vlan_inherited: inherited,
        teaming: None,
    }
}

#[test]
fn a_port_of_its_own_counts_only_while_the_same_adapter_is_plugged_in_there() {
    let own = || Some(VlanSpec::Access(vlan(55)));
    let overrides = Overrides { vlan: true, teaming: true };
    let check = |port: Option<DvPort>, list: &str, unread: bool| {
        let mut place = Place::with(PortGroup { overrides, ..group(10) });
        place.sites.networks.ports_seen(&vc(), &["pg-10".into()], port.clone().into_iter().collect());
        let need = place.need(&vm(1, 1, 10, PowerState::On));
        let Need::Known(known) = &need else { panic!("{need:?}") };
        assert_eq!((known.vlans.to_string().as_str(), known.unread.is_some()), (list, unread), "{port:?}");
    };
    check(Some(port(own(), false, ("vm-1", "4000"))), "55", false);
    check(Some(port(own(), false, ("vm-1", ""))), "55", false);
    check(Some(port(own(), true, ("vm-1", "4000"))), "10", false);
    check(Some(port(own(), false, ("vm-2", "4000"))), "10", true);
    check(Some(port(own(), false, ("vm-1", "4001"))), "10", true);
    check(Some(DvPort { connectee: None, ..port(own(), false, ("", "")) }), "10", true);
    check(None, "10", true);
    let teaming = Some(order(&["lag1"], &[]));
    let mut place = Place::with(PortGroup { overrides, ..group(10) });
    let own = DvPort { teaming, ..port(None, true, ("vm-1", "4000")) };
    place.sites.networks.ports_seen(&vc(), &["pg-10".into()], vec![own]);
    place.check(Some(("10", &["vmnic5", "vmnic6"])));
}

#[test]
fn an_sriov_adapter_needs_its_vlan_on_the_pnic_of_its_function_only() {
    let place = Place::with(group(10));
    let check = |function: Option<&str>, pnics: Option<&[&str]>| {
        let sriov = Some(Sriov { function: function.map(str::to_owned) });
        let vnics = stranger().vnics.into_iter().flatten().map(|vnic| Vnic { sriov: sriov.clone(), ..vnic }).collect();
        match (place.need(&Vm { vnics: Some(vnics), ..stranger() }), pnics) {
            (Need::Known(known), Some(pnics)) => {
                assert_eq!((known.vlans.to_string().as_str(), known.pnics), ("10", names(pnics)));
            }
            (Need::Unknown(_), None) => {}
            (need, _) => panic!("{need:?} for {function:?}"),
        }
    };
    check(Some("0000:3b:00.1"), Some(&["vmnic1"]));
    check(Some("0000:3B:00.6"), Some(&["vmnic6"]));
    check(Some("0000:3c:00.0"), None);
    check(None, None);
}

#[test]
fn a_network_of_nsx_needs_no_vlan_but_that_of_the_tunnels() {
    let nsx = PortGroup { nsx: true, vlan: VlanSpec::Untagged, ..group(10) };
    let mut place = Place::with(nsx);
    assert!(matches!(place.need(&stranger()), Need::Overlay(_)));
    let opaque = Backing::Opaque { id: "ls-1".into(), kind: "nsx.LogicalSwitch".into() };
    let on_opaque = Vm { vnics: Some(vec![plugged(opaque.clone())]), ..stranger() };
    assert!(matches!(place.need(&on_opaque), Need::Overlay(_)));
    let host = ObjectId::new(&vc(), "host-1");
    let backing = stranger().vnics.into_iter().flatten().next().expect("an adapter").backing;
    let adapter = |backing: Backing| Vmkernel {
        device: "vmk10".into(),
        mac: None,
        backing,
        port_key: Some("1".into()),
        netstack: Some(TUNNELS.into()),
        services: Default::default(),
    };
    let need = |place: &Place, backing: &Backing| {
        let adapter = adapter(backing.clone());
        let (sites, network, trunks) = (&place.sites, &place.network, place.trunks.clone());
        Lookup { sites, vcenter: &vc(), network, trunks }.need(&Plug::kernel(&host, &adapter))
    };
    assert!(matches!(need(&place, &opaque), Need::Unknown(_)));
    assert!(matches!(need(&place, &backing), Need::Unknown(_)), "its port was not read");
    let transport = port(Some(VlanSpec::Access(vlan(150))), true, ("host-1", "vmk10"));
    place.sites.networks.ports_seen(&vc(), &["pg-10".into()], vec![transport]);
    assert!(matches!(need(&place, &backing), Need::Known(known) if known.vlans.to_string() == "150"));
}

#[test]
fn what_cannot_be_resolved_is_unknown_and_not_empty() {
    let place = Place::with(PortGroup { uplink: true, ..group(11) });
    let check = |backing: Backing, known: bool| {
        let need = place.need(&Vm { vnics: Some(vec![plugged(backing.clone())]), ..stranger() });
        assert_eq!(matches!(need, Need::Known(_)), known, "{backing:?} gave {need:?}");
    };
    let distributed = |dvs: &str, key: &str| Backing::Distributed { dvs_uuid: dvs.into(), port_group_key: key.into() };
    check(Backing::Standard { port_group: "VM Network".into() }, true);
    check(Backing::Standard { port_group: "elsewhere".into() }, false);
    check(distributed("dvs", "gone"), false);
    check(distributed("dvs", "pg-11"), false);
    check(distributed("other", "pg-10"), false);
    check(Backing::Unknown { class: "NetworkOfTheFuture".into() }, false);
}
