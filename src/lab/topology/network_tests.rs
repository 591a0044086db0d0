//! Every kind of network in a topology, judged by what frames do.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{Fault, Topology};
use crate::lab::{
    judge::Judge,
    model::{
        dataplane::{self, Cabling, Dark, Fabric, Idle, Leg, Place, Truth, Verdict},
        switch::Switch,
        vcenter::{SimVlan, SimVmState, Vcenter},
        world::{Observer, World},
    },
};

/// One leaf with four ports, and two hosts with two pnics each: as uplinks, and as members of a LAG.
const FLOOR: &str = r#"
[[switch]]
name = "leaf"
vlans = "1-60,100-105"
port = [
    { name = "Ethernet1/1", allowed = "1", native = 1 }, { name = "Ethernet1/2", allowed = "1", native = 1 },
    { name = "Ethernet1/3", allowed = "1", channel = 7 }, { name = "Ethernet1/4", allowed = "1", channel = 7 },
    { name = "port-channel7", allowed = "1" }, { name = "Ethernet1/5", allowed = "1" },
]

[[vcenter]]
name = "vc1"
lags = [{ name = "lag1" }]
pvlan = [
    { primary = 100, secondary = 100, type = "promiscuous" }, { primary = 100, secondary = 101, type = "isolated" },
    { primary = 100, secondary = 102, type = "community" },
]

[[host]]
name = "esx1"
pnics = [
    { device = "vmnic0", switch = "leaf", port = "Ethernet1/1", uplink = "Uplink 1" },
    { device = "vmnic1", switch = "leaf", port = "Ethernet1/2", uplink = "Uplink 2" },
]
vmkernels = [{ device = "vmk9", port_group = "tunnel", stack = "vxlan" }]

[[host]]
name = "esx2"
pnics = [
    { device = "vmnic0", switch = "leaf", port = "Ethernet1/3", lag = "lag1" },
    { device = "vmnic1", switch = "leaf", port = "Ethernet1/4", lag = "lag1" },
    { device = "vmnic2", switch = "leaf", port = "Ethernet1/5", vswitch = "vSwitch0" },
]

[[port_group]]
name = "tunnel"
vlan = 50
active = ["Uplink 1"]
"#;

/// A floor with one more port group called `net` and one VM `web` in it.
struct Floor {
    world: World,
    cabling: Cabling,
}

impl Floor {
    /// With these rows of `net` and of `web`'s one adapter, at `host`.
    fn new(net: &str, nic: &str, host: &str) -> Self {
        let text = format!(
            "{FLOOR}\n[[port_group]]\nname = \"net\"\n{net}\n\n[[vm]]\nname = \"web\"\nhost = \"{host}\"\n\
             nics = [{{ port_group = \"net\" {nic} }}]\n"
        );
        let topology = Topology::parse(&text).expect("a good file");
        let written = topology.to_toml().expect("writable");
        assert_eq!(Topology::parse(&written).as_ref(), Ok(&topology), "{written}");
        Self::of(&topology)
    }

    fn of(topology: &Topology) -> Self {
        let vcenters = topology.vcenters(0).expect("vCenters");
        let world = World { switches: topology.switches(0), vcenters, observers: Vec::new() };
        Self { world, cabling: topology.cabling() }
    }

    fn vcenter(&mut self) -> &mut Vcenter {
        self.world.vcenters.get_mut("vc1").expect("vc1")
    }

    fn allow(&mut self, port: &str, line: &str) {
        let leaf: &mut Switch = self.world.switches.get_mut("leaf").expect("the leaf");
        leaf.type_lines("ann", &["conf t", &format!("interface {port}"), line], Duration::ZERO);
    }

    fn verdict(&self, vm: &str) -> Verdict {
        let vcenter = self.world.vcenters.get("vc1").expect("vc1");
        let id = vcenter.vm_named(vm).expect("the VM");
        dataplane::verdict(vcenter, &self.cabling, &self.world.switches, id)
    }

    fn truth(&self, vm: &str) -> Truth {
        let vcenter = self.world.vcenters.get("vc1").expect("vc1");
        let vm = vcenter.vm_named(vm).and_then(|id| vcenter.vm(id)).expect("the VM");
        dataplane::truth(vcenter, &self.cabling, vm).expect("it runs")
    }

    /// Allows exactly these VLANs beside VLAN 1 on these ports, and says whether `web` passes.
    fn passes_with(&mut self, ports: &[&str], vlans: &str) -> bool {
        for port in ports {
            self.allow(port, &format!("switchport trunk allowed vlan 1,{vlans}"));
        }
        self.verdict("web") == Verdict::Passes
    }
}

fn legs(ports: &[&str], vlans: &str) -> BTreeSet<Leg> {
    let vlans: vmtracker_core::net::VlanSet = vlans.parse().expect("VLANs");
    let place = |port: &&str| Place::new("leaf", port.parse().expect("a port"));
    let places = ports.iter().map(place);
    places
        .flat_map(|place| vlans.iter().map(move |vlan| Leg { place: place.clone(), vlan }).collect::<Vec<_>>())
        .collect()
}

const BOTH: [&str; 2] = ["Ethernet1/1", "Ethernet1/2"];

#[test]
fn a_guest_that_tags_needs_every_vlan_of_a_short_range_and_uses_its_own() {
    let mut floor = Floor::new("vlan = \"10-20,30\"", ", guest_vlans = \"12,30,40\"", "esx1");
    let truth = floor.truth("web");
    assert_eq!(truth.requires, legs(&BOTH, "10-20,30"));
    assert_eq!(truth.uses, legs(&["Ethernet1/1"], "12,30"), "40 does not get out of its port");
    assert!(!floor.passes_with(&BOTH, "10-20"));
    assert!(floor.passes_with(&BOTH, "12,30"));
}

#[test]
fn of_a_wide_range_only_what_the_guest_uses_is_needed() {
    let mut floor = Floor::new("vlan = \"0-4094\"", ", guest_vlans = \"30-32\"", "esx1");
    assert_eq!(floor.truth("web").requires, legs(&BOTH, "30-32"));
    assert!(!floor.passes_with(&BOTH, "30-31"));
    assert!(floor.passes_with(&BOTH, "30-32"));
    let silent = Floor::new("vlan = \"0-4094\"", "", "esx1");
    assert_eq!(silent.verdict("web"), Verdict::Passes, "it says nothing");
}

#[test]
fn on_a_standard_vswitch_4095_lets_the_guest_tag() {
    let mut floor = Floor::new("vlan = 4095\nvswitch = \"vSwitch0\"", ", guest_vlans = \"30\"", "esx2");
    assert_eq!(floor.truth("web").requires, legs(&["Ethernet1/5"], "30"));
    assert!(!floor.passes_with(&["Ethernet1/5"], "31"));
    assert!(floor.passes_with(&["Ethernet1/5"], "30"));
}

#[test]
fn untagged_frames_travel_in_the_native_vlan_and_nothing_is_asked_for_them() {
    let mut floor = Floor::new("vlan = 0", "", "esx1");
    let place = Place::new("leaf", "Ethernet1/1".parse().expect("a port"));
    assert_eq!(floor.truth("web").requires, BTreeSet::new());
    assert_eq!(floor.truth("web").untagged, BTreeSet::from([place.clone()]));
    assert_eq!(floor.verdict("web"), Verdict::Passes, "native VLAN 1 is allowed");
    floor.allow("Ethernet1/1", "switchport trunk native vlan 20");
    assert_eq!(floor.verdict("web"), Verdict::Dark(Dark::NoNative(place)), "VLAN 20 is not allowed");
    floor.allow("Ethernet1/1", "switchport trunk allowed vlan add 20");
    assert_eq!(floor.verdict("web"), Verdict::Passes);
    floor.allow("Ethernet1/1", "switchport trunk native vlan 61");
    floor.allow("Ethernet1/1", "switchport trunk allowed vlan add 61");
    assert!(matches!(floor.verdict("web"), Verdict::Dark(Dark::NoNative(_))), "VLAN 61 is not created");
}

#[test]
fn the_judge_counts_an_untagged_vm_that_is_dark() {
    let mut floor = Floor::new("vlan = 0", "", "esx1");
    let cabling = Arc::new(std::mem::take(&mut floor.cabling));
    let mut judge = Judge::new(&floor.world.switches, cabling, Duration::ZERO, Duration::ZERO);
    let mut dark = |floor: &Floor| {
        judge.changed(&floor.world.switches, &floor.world.vcenters, Duration::ZERO);
        judge.state().dark
    };
    assert_eq!(dark(&floor), 0);
    floor.allow("Ethernet1/1", "switchport trunk native vlan 20");
    assert_eq!(dark(&floor), 1);
    floor.allow("Ethernet1/1", "switchport trunk allowed vlan add 20");
    assert_eq!(dark(&floor), 0);
    floor.allow("Ethernet1/1", "switchport trunk allowed vlan remove 20");
    let vm = floor.vcenter().vm_named("web").cloned().expect("there");
    floor.vcenter().power_off(&vm).expect("on");
    assert_eq!(dark(&floor), 0, "it is off");
}

#[test]
fn a_tagged_port_group_in_the_native_vlan_is_dark() {
    let mut floor = Floor::new("vlan = 20", "", "esx1");
    assert!(floor.passes_with(&BOTH, "20"));
    floor.allow("Ethernet1/1", "switchport trunk native vlan 20");
    let leg = legs(&["Ethernet1/1"], "20").into_iter().next().expect("a leg");
    assert!(!floor.world.switches.forwards(&leg), "not with its tag");
    assert_eq!(floor.verdict("web"), Verdict::Dark(Dark::IsNative(leg)));
}

#[test]
fn a_private_vlan_needs_its_primary_too_and_a_promiscuous_port_every_secondary() {
    let mut isolated = Floor::new("private_vlan = 101", "", "esx1");
    assert_eq!(isolated.truth("web").requires, legs(&BOTH, "100-101"));
    assert!(!isolated.passes_with(&BOTH, "101"), "answers come in the primary");
    assert!(!isolated.passes_with(&BOTH, "100"));
    assert!(isolated.passes_with(&BOTH, "100-101"));
    let mut promiscuous = Floor::new("private_vlan = 100", "", "esx1");
    assert_eq!(promiscuous.truth("web").requires, legs(&BOTH, "100-102"));
    assert!(!promiscuous.passes_with(&BOTH, "100-101"));
    assert!(promiscuous.passes_with(&BOTH, "100-102"));
}

#[test]
fn a_vm_in_a_private_vlan_is_learned_in_the_secondary() {
    let floor = Floor::new("private_vlan = 101", "", "esx1");
    let vcenter = floor.world.vcenters.get("vc1").expect("vc1");
    let vm = vcenter.vms().next().expect("the VM");
    let tags: Vec<_> = dataplane::frames(vcenter, &floor.cabling, vm).into_iter().map(|frame| frame.tag).collect();
    assert_eq!(tags, [vmtracker_core::net::VlanId::new(101)]);
}

#[test]
fn unused_uplinks_are_never_needed_and_a_spread_vm_uses_every_active_one() {
    let pinned = Floor::new("vlan = 10\nactive = [\"Uplink 2\"]\nteaming = \"failover_explicit\"", "", "esx1");
    assert_eq!(pinned.truth("web").requires, legs(&["Ethernet1/2"], "10"), "Uplink 1 is unused");
    let mut spread = Floor::new("vlan = 10\nteaming = \"loadbalance_loadbased\"", "", "esx1");
    assert_eq!(spread.truth("web").uses, legs(&BOTH, "10"));
    assert!(!spread.passes_with(&["Ethernet1/1"], "10"));
    assert!(spread.passes_with(&BOTH, "10"));
}

#[test]
fn a_lag_uses_every_member_that_has_a_link() {
    let mut floor = Floor::new("vlan = 10\nactive = [\"lag1\"]\nstandby = [\"Uplink 1\"]", "", "esx2");
    let channel = legs(&["port-channel7"], "10");
    assert_eq!(floor.truth("web").requires, channel);
    assert!(floor.passes_with(&["port-channel7"], "10"));
    let host = floor.vcenter().host_named("esx2").cloned().expect("there");
    floor.vcenter().set_pnic_link(&host, "vmnic0", false).expect("there");
    assert_eq!(floor.truth("web").uses, channel, "the other member is left");
    floor.vcenter().set_pnic_link(&host, "vmnic1", false).expect("there");
    assert_eq!(floor.verdict("web"), Verdict::Dark(Dark::NoUplink));
}

#[test]
fn a_port_with_a_vlan_of_its_own_goes_by_that_one() {
    let net = "vlan = 10\nport_vlans = true\nactive = [\"Uplink 1\"]";
    let mut floor = Floor::new(net, ", port_vlan = 55", "esx1");
    assert_eq!(floor.truth("web").requires, legs(&["Ethernet1/1"], "55"));
    assert!(!floor.passes_with(&["Ethernet1/1"], "10"));
    assert!(floor.passes_with(&["Ethernet1/1"], "55"));
    let vm = floor.vcenter().vm_named("web").cloned().expect("there");
    floor.vcenter().set_port_vlan(&vm, 4000, Some(SimVlan::Id(56))).expect("allowed");
    assert_eq!(floor.truth("web").requires, legs(&["Ethernet1/1"], "56"));
    floor.vcenter().set_port_vlan(&vm, 4000, None).expect("allowed");
    assert_eq!(floor.truth("web").requires, legs(&["Ethernet1/1"], "10"));
}

#[test]
fn what_nsx_or_something_else_manages_goes_through_the_hosts_tunnel() {
    for net in ["backing = \"nsx\"", "backing = \"opaque\""] {
        let mut floor = Floor::new(net, "", "esx1");
        assert_eq!(floor.truth("web").requires, BTreeSet::new(), "{net}");
        assert!(!floor.passes_with(&["Ethernet1/1"], "10"), "{net}: the tunnel's VLAN 50 is not there");
        assert!(floor.passes_with(&["Ethernet1/1"], "50"), "{net}");
        assert_eq!(Floor::new(net, "", "esx2").verdict("web"), Verdict::Dark(Dark::NoTunnel));
    }
}

#[test]
fn a_virtual_function_leaves_by_its_own_pnic() {
    let floor = Floor::new("vlan = 10\nactive = [\"Uplink 1\"]", ", sriov = \"vmnic1\"", "esx1");
    assert_eq!(floor.truth("web").requires, legs(&["Ethernet1/2"], "10"));
}

#[test]
fn an_adapter_that_is_not_connected_needs_nothing_until_it_is() {
    let mut floor = Floor::new("vlan = 10", ", connected = false, start_connected = true", "esx1");
    assert_eq!((floor.truth("web").requires, floor.verdict("web")), (BTreeSet::new(), Verdict::Passes));
    let vm = floor.vcenter().vm_named("web").cloned().expect("there");
    floor.vcenter().power_off(&vm).expect("on");
    floor.vcenter().power_on(&vm).expect("off");
    assert_eq!(floor.truth("web").requires, legs(&BOTH, "10"), "connected at power-on");
}

/// A protected VM: its primary at esx1, its secondary at esx2, both on standard uplinks.
fn protected() -> Floor {
    let text = format!(
        "{}\n[[port_group]]\nname = \"net\"\nvlan = 10\nactive = [\"Uplink 1\", \"lag1\"]\n\n\
         [[vm]]\nname = \"web\"\nhost = \"esx1\"\nport_groups = [\"net\"]\nsecondary = \"esx2\"\n",
        FLOOR
    );
    Floor::of(&Topology::parse(&text).expect("a good file"))
}

#[test]
fn a_secondary_needs_its_vlans_and_says_nothing_until_it_takes_over() {
    let mut floor = protected();
    assert_eq!(floor.verdict("web (secondary)"), Verdict::Idle(Idle::Secondary));
    let secondary = floor.truth("web (secondary)");
    assert_eq!((secondary.requires, secondary.uses), (legs(&["port-channel7"], "10"), BTreeSet::new()));
    let macs = |floor: &Floor| {
        let vcenter = floor.world.vcenters.get("vc1").expect("vc1");
        vcenter.vms().flat_map(|vm| vm.vnics.iter().map(|vnic| vnic.mac)).collect::<BTreeSet<_>>()
    };
    assert_eq!(macs(&floor).len(), 1, "the same address");
    let primary = floor.vcenter().vm_named("web").cloned().expect("there");
    floor.vcenter().fail_over(&primary).expect("protected");
    assert_eq!(floor.verdict("web"), Verdict::Idle(Idle::Off));
    assert!(matches!(floor.verdict("web (secondary)"), Verdict::Dark(Dark::NotForwarded(_))));
    floor.allow("port-channel7", "switchport trunk allowed vlan add 10");
    assert_eq!(floor.verdict("web (secondary)"), Verdict::Passes);
}

#[test]
fn an_orphaned_vm_does_not_run_and_an_inaccessible_one_does() {
    let mut floor = Floor::new("vlan = 1\nport_vlans = true", ", port_vlan = 10", "esx1");
    assert!(floor.passes_with(&BOTH, "10"));
    let vm = floor.vcenter().vm_named("web").cloned().expect("there");
    for (state, expected) in [
        (SimVmState::Inaccessible, Verdict::Passes),
        (SimVmState::Invalid, Verdict::Passes),
        (SimVmState::Orphaned, Verdict::Idle(Idle::Off)),
        (SimVmState::Known, Verdict::Passes),
    ] {
        floor.vcenter().set_vm_state(&vm, state).expect("there");
        assert_eq!(floor.verdict("web"), expected, "{state:?}");
    }
}

#[test]
fn every_fault_of_a_network_is_told_at_once() {
    let text = FLOOR.replace("secondary = 101, type", "secondary = 0, type").replace("lag = \"lag1\"", "lag = \"l9\"")
        + r#"
[[port_group]]
name = "a"
vlan = "20-10"
[[port_group]]
name = "b"
private_vlan = 7
teaming = "dice"
[[port_group]]
name = "c"
vlan = "1-2"
vswitch = "vSwitch0"
[[port_group]]
name = "d"
[[port_group]]
name = "e"
vlan = 4095
backing = "nsx2"
[[vm]]
name = "v"
host = "esx1"
secondary = "esx1"
nics = [{ port_group = "c", port_vlan = 5, sriov = "vmnic9" }, { port_group = "z" }]
"#;
    let faults = Topology::parse(&text).expect_err("faults").0;
    let texts: Vec<&str> = faults.iter().map(|Fault { text, .. }| text.as_str()).collect();
    let expected = [
        "a VLAN is 1 to 4094, not 0",
        "\"20-10\" is no list of VLANs from 0 to 4094, such as \"10-20,30\"",
        "the vCenter's \"pvlan\" has no secondary 7",
        "teaming is one of loadbalance_srcid, loadbalance_ip, loadbalance_srcmac, loadbalance_loadbased, \
         failover_explicit, not \"dice\"",
        "a standard vSwitch has no VLAN ranges, but 4095",
        "a port group needs \"vlan\" or \"private_vlan\"",
        "backing is \"nsx\" or \"opaque\", not \"nsx2\"",
        "vlan is 0 to 4094, not 4095",
        "no LAG of its host's vCenter is called \"l9\"",
        "no LAG of its host's vCenter is called \"l9\"",
        "no port group of its host's vCenter is called \"z\"",
        "a secondary is at another host of the same vCenter, not at \"esx1\"",
        "its host has no pnic \"vmnic9\"",
        "port group \"c\" needs \"port_vlans = true\" for that",
    ];
    assert_eq!(texts, expected);
    assert!(faults.iter().all(|fault| fault.line.is_some()));
}

#[test]
fn the_example_of_every_key_passes_once_its_ports_are_open() {
    let text = include_str!("../../../config/topology-networks.toml");
    let topology = Topology::parse(text).unwrap_or_else(|faults| panic!("{faults}"));
    let written = topology.to_toml().expect("writable");
    assert_eq!(Topology::parse(&written).as_ref(), Ok(&topology), "{written}");
    let mut floor = Floor::of(&topology);
    let names: Vec<String> = topology.vms.iter().map(|row| row.name.clone()).collect();
    let dark = |floor: &Floor| {
        let dark = names.iter().filter(|name| matches!(floor.verdict(name), Verdict::Dark(_)));
        dark.cloned().collect::<Vec<_>>()
    };
    assert_eq!(dark(&floor), ["plain", "router", "guest-tags", "overlay"]);
    for port in ["Ethernet1/1", "Ethernet1/2", "port-channel7", "Ethernet1/5"] {
        floor.allow(port, "switchport trunk allowed vlan all");
    }
    assert_eq!(dark(&floor), Vec::<String>::new());
}
