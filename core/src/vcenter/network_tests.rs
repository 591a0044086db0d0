//! What distributed switches, their ports, services of vmkernel adapters and special VMs look like, and become.

use std::sync::Arc;

use super::{
    fixtures::{
        DIALECTS, DISTRIBUTED, Dialect, assign, devices, envelope, host, missing, nic, object, unset, update_set, vm,
    },
    *,
};
use crate::tracker::{
    Backing, Connectee, DvPort, Dvs, Event, FaultTolerance, Lag, ObjectId, Overrides, PortGroup, PowerState, Pvlan,
    PvlanKind, Sriov, Teaming, TeamingPolicy, VlanSpec, Vm, VmConnection, Vmkernel,
};

fn watch(watcher: &mut Watcher, version: &str, objects: &str) -> Vec<Event> {
    let answer = update_set(Dialect::Vcenter, version, objects, false);
    let mut reader = UpdateReader::open(answer.as_bytes()).expect("an answer");
    let mut events = Vec::new();
    while let Some(part) = reader.next_part().expect("a part") {
        events.extend(watcher.part(part));
    }
    events
}

fn watcher() -> Watcher {
    let mut watcher = Watcher::new("lab".into());
    watcher.connected("uuid-1".into(), None);
    watcher
}

fn id(moid: &str) -> ObjectId {
    ObjectId::new(&"uuid-1".into(), moid)
}

fn dvs(objects: &str) -> Arc<Dvs> {
    let seen = watch(&mut watcher(), "1", objects);
    let found =
        seen.iter().rev().find_map(|event| if let Event::DvsSeen(dvs) = event { Some(dvs.clone()) } else { None });
    found.unwrap_or_else(|| panic!("{seen:?}"))
}

const PVLANS: &str = "@ArrayOfVMwareDVSPvlanMapEntry>\
    <VMwareDVSPvlanMapEntry><primaryVlanId>1100</primaryVlanId><secondaryVlanId>1100</secondaryVlanId>\
    <pvlanType>promiscuous</pvlanType></VMwareDVSPvlanMapEntry>\
    <VMwareDVSPvlanMapEntry><primaryVlanId>1100</primaryVlanId><secondaryVlanId>1101</secondaryVlanId>\
    <pvlanType>isolated</pvlanType></VMwareDVSPvlanMapEntry>\
    <VMwareDVSPvlanMapEntry><primaryVlanId>1100</primaryVlanId><secondaryVlanId>5000</secondaryVlanId>\
    <pvlanType>community</pvlanType></VMwareDVSPvlanMapEntry>";

#[test]
fn a_distributed_switch_tells_its_private_vlans_and_its_lags() {
    let changes = [
        assign("name", "@string>Prod%2fA"),
        assign("uuid", "@string>50 1a"),
        assign("config.pvlanConfig", PVLANS),
        assign(
            "config.lacpGroupConfig",
            "@ArrayOfVMwareDvsLacpGroupConfig><VMwareDvsLacpGroupConfig><key>k</key><name>lag1</name><mode>active</mode>\
             <uplinkNum>2</uplinkNum><uplinkName>lag1-0</uplinkName><uplinkName>lag1-1</uplinkName>\
             </VMwareDvsLacpGroupConfig>",
        ),
    ];
    let row = |secondary: u16, kind: PvlanKind| Pvlan {
        primary: 1100.try_into().expect("a VLAN"),
        secondary: secondary.try_into().expect("a VLAN"),
        kind,
    };
    let expected = Dvs {
        id: id("dvs-9"),
        uuid: "50 1a".into(),
        name: "Prod/A".into(),
        pvlans: vec![row(1100, PvlanKind::Promiscuous), row(1101, PvlanKind::Isolated)],
        lags: vec![Lag { name: "lag1".into(), uplinks: vec!["lag1-0".into(), "lag1-1".into()] }],
    };
    let entered = object("enter", "VmwareDistributedVirtualSwitch", "dvs-9", &changes.concat());
    assert_eq!(*dvs(&entered), expected, "a number that is no VLAN is no row");
    // VMware's simulator has the base class only, which has neither.
    let base = object("enter", "DistributedVirtualSwitch", "dvs-9", &assign("uuid", "@string>50 1a"));
    assert_eq!(dvs(&base).pvlans, []);
    let kind = "VmwareDistributedVirtualSwitch";
    assert_eq!(dvs(&(entered.clone() + &object("modify", kind, "dvs-9", &unset("config.pvlanConfig")))).pvlans, []);
    assert_eq!(dvs(&(entered + &object("modify", kind, "dvs-9", &missing("config.pvlanConfig")))).pvlans, []);
}

#[test]
fn a_distributed_switch_that_comes_whole_tells_the_same() {
    let config = "@VMwareDVSConfigInfo><uuid>50 1a</uuid><host><status>green</status></host>\
        <pvlanConfig><primaryVlanId>1100</primaryVlanId><secondaryVlanId>1101</secondaryVlanId>\
        <pvlanType>isolated</pvlanType></pvlanConfig>\
        <lacpGroupConfig><name>lag1</name><uplinkName>lag1-0</uplinkName></lacpGroupConfig>";
    let kind = "VmwareDistributedVirtualSwitch";
    let entered = object("enter", kind, "dvs-9", &(assign("uuid", "@string>50 1a") + &assign("config", config)));
    let seen = dvs(&entered);
    let rows: Vec<_> = seen.pvlans.iter().map(|row| (row.primary.get(), row.secondary.get(), row.kind)).collect();
    assert_eq!(rows, [(1100, 1101, PvlanKind::Isolated)]);
    assert_eq!(seen.lags, [Lag { name: "lag1".into(), uplinks: vec!["lag1-0".into()] }]);
    assert_eq!(dvs(&(entered + &object("modify", kind, "dvs-9", &missing("config")))).pvlans, []);
}

#[test]
fn a_vcenter_that_does_not_know_paths_of_a_subclass_is_asked_for_whole_switches() {
    let custom = soap::CustomPaths { whole_switches: true, ..soap::CustomPaths::default() };
    let filter =
        soap::create_inventory_filter(&MoRef::new("PropertyCollector", "p"), &MoRef::new("ContainerView", "v"), custom);
    let read = read_answer(filter.as_bytes()).expect("well-formed");
    let sets: Vec<_> = read.at(&["spec"]).into_iter().flat_map(|spec| spec.all("propSet")).collect();
    let switches: Vec<_> =
        sets.iter().filter(|set| set.text_at(&["type"]).is_some_and(|kind| kind.contains("VirtualSwitch"))).collect();
    let [switch] = switches.as_slice() else { panic!("{switches:?}") };
    assert_eq!(switch.text_at(&["type"]), Some("DistributedVirtualSwitch"));
    assert_eq!(switch.texts("pathSet"), ["name", "uuid", "config"]);
}

#[test]
fn the_filter_asks_of_a_base_class_only_what_it_has() {
    let filter = soap::create_inventory_filter(
        &MoRef::new("PropertyCollector", "p"),
        &MoRef::new("ContainerView", "v"),
        soap::CustomPaths::default(),
    );
    let read = read_answer(filter.as_bytes()).expect("well-formed");
    let sets: Vec<_> = read.at(&["spec"]).into_iter().flat_map(|spec| spec.all("propSet")).collect();
    let paths = |kind: &str| {
        let set = sets.iter().find(|set| set.text_at(&["type"]) == Some(kind)).unwrap_or_else(|| panic!("no {kind}"));
        set.texts("pathSet")
    };
    assert_eq!(paths("DistributedVirtualSwitch"), ["name", "uuid"]);
    assert_eq!(paths("VmwareDistributedVirtualSwitch"), ["config.pvlanConfig", "config.lacpGroupConfig"]);
    let of_groups = paths("DistributedVirtualPortgroup");
    assert!(of_groups.iter().all(|path| !path.starts_with("config.")), "{of_groups:?}");
}

/// A port group with these elements beside its VLAN 10.
fn group(extra: &str) -> String {
    let config = format!(
        "@DVPortgroupConfigInfo><distributedVirtualSwitch type=\"VmwareDistributedVirtualSwitch\">dvs-9</distributedVirtualSwitch>\
         <defaultPortConfig @VMwareDVSPortSetting><vlan @VmwareDistributedVirtualSwitchVlanIdSpec><vlanId>10</vlanId></vlan>\
         <uplinkTeamingPolicy><policy><value>loadbalance_loadbased</value></policy><uplinkPortOrder>\
         <activeUplinkPort>lag1</activeUplinkPort></uplinkPortOrder></uplinkTeamingPolicy></defaultPortConfig>{extra}"
    );
    let changes = assign("key", "@string>dvportgroup-7") + &assign("config", &config);
    object("enter", "DistributedVirtualPortgroup", "dvportgroup-7", &changes)
}

const OVERRIDES: &str = "<policy @VMwareDVSPortgroupPolicy><vlanOverrideAllowed>true</vlanOverrideAllowed>\
    <uplinkTeamingOverrideAllowed>false</uplinkTeamingOverrideAllowed></policy>";

fn group_seen(extra: &str) -> Arc<PortGroup> {
    match watch(&mut watcher(), "1", &group(extra)).first() {
        Some(Event::PortGroupSeen(group)) => Arc::clone(group),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_port_group_tells_its_switch_what_ports_may_have_of_their_own_and_whose_network_it_is() {
    let plain = group_seen("<backingType>standard</backingType>");
    assert_eq!((plain.dvs.clone(), plain.nsx, plain.overrides), (Some(id("dvs-9")), false, Overrides::default()));
    let teaming = Teaming { active: vec!["lag1".into()], standby: Vec::new(), policy: TeamingPolicy::Load };
    assert_eq!(plain.teaming, Some(teaming));
    let overriding = group_seen(&format!("{OVERRIDES}<uplink>true</uplink>"));
    assert_eq!((overriding.overrides, overriding.uplink), (Overrides { vlan: true, teaming: false }, true));
    assert!(group_seen("<backingType>nsx</backingType><segmentId>/infra/segments/web</segmentId>").nsx);
}

#[test]
fn ports_are_asked_for_where_they_may_differ_and_again_when_something_is_plugged_in() {
    let mut watcher = watcher();
    watch(&mut watcher, "1", &(group("") + &vm("enter", "vm-1", "host-1")));
    assert_eq!(watcher.take_port_targets(), [], "its ports are as the group");
    watch(&mut watcher, "2", &group(OVERRIDES));
    let target = PortTarget {
        vcenter: "uuid-1".into(),
        dvs: MoRef::new("VmwareDistributedVirtualSwitch", "dvs-9"),
        group: "dvportgroup-7".into(),
    };
    assert_eq!(watcher.take_port_targets(), std::slice::from_ref(&target));
    watch(&mut watcher, "3", &object("modify", "VirtualMachine", "vm-1", &assign("name", "@string>other")));
    assert_eq!(watcher.take_port_targets(), [], "a name changes nothing");
    let replugged = DISTRIBUTED.replace("<portKey>12<", "<portKey>13<");
    let changes = devices(&nic(4000, "VirtualVmxnet3", true, &replugged));
    watch(&mut watcher, "4", &object("modify", "VirtualMachine", "vm-1", &changes));
    assert_eq!(watcher.take_port_targets(), std::slice::from_ref(&target));
    watch(&mut watcher, "5", &vm("enter", "vm-2", "host-1"));
    assert_eq!(watcher.take_port_targets(), std::slice::from_ref(&target));
    watch(&mut watcher, "6", &group(""));
    assert_eq!(watcher.take_port_targets(), []);
}

#[test]
fn a_group_whose_ports_are_not_asked_for_any_more_is_named_once() {
    let mut watcher = watcher();
    watch(&mut watcher, "1", &group(OVERRIDES));
    assert_eq!((watcher.take_port_targets().len(), watcher.take_retired_groups()), (1, Vec::new()));
    watch(&mut watcher, "2", &group(""));
    assert_eq!(watcher.take_retired_groups(), ["dvportgroup-7"], "its ports are as the group again");
    assert_eq!(watcher.take_retired_groups(), Vec::<String>::new());
    watch(&mut watcher, "3", &group(OVERRIDES));
    watch(&mut watcher, "4", &object("leave", "DistributedVirtualPortgroup", "dvportgroup-7", ""));
    assert_eq!(
        (watcher.take_port_targets(), watcher.take_retired_groups()),
        (Vec::new(), vec!["dvportgroup-7".into()])
    );
    // A listing anew in the same session names what is there, and tells of nothing that left meanwhile.
    watch(&mut watcher, "5", &group(OVERRIDES));
    watcher.failed(Failure::Version, "no such version");
    watch(&mut watcher, "6", &vm("enter", "vm-1", "host-1"));
    assert_eq!(watcher.take_retired_groups(), ["dvportgroup-7"]);
    watch(&mut watcher, "7", &group(OVERRIDES));
    assert_eq!((watcher.take_port_targets().len(), watcher.take_retired_groups()), (1, Vec::new()));
}

#[test]
fn the_question_for_ports_names_the_group() {
    let asked = soap::fetch_dv_ports(&MoRef::new("VmwareDistributedVirtualSwitch", "dvs-9"), &["dvportgroup-7".into()]);
    let read = read_answer(asked.as_bytes()).expect("well-formed");
    let criterion = |name: &str| read.text_at(&["criteria", name]);
    assert_eq!((read.name.as_str(), criterion("portgroupKey")), ("FetchDVPorts", Some("dvportgroup-7")));
    assert_eq!((criterion("connected"), criterion("inside")), (Some("true"), Some("true")));
}

/// A port in the answer to `FetchDVPorts`; `setting` goes inside `config.setting`.
fn port(key: &str, connectee: &str, setting: &str) -> String {
    format!(
        "<returnval><key>{key}</key><config><scope type=\"VirtualMachine\">x</scope><setting @VMwareDVSPortSetting>\
         <blocked><inherited>true</inherited><value>false</value></blocked>{setting}</setting>\
         <configVersion>0</configVersion></config><dvsUuid>50 1a</dvsUuid><portgroupKey>dvportgroup-7</portgroupKey>\
         {connectee}<state><runtimeInfo><linkUp>true</linkUp><vlanIds><start>99</start><end>99</end></vlanIds>\
         </runtimeInfo></state></returnval>"
    )
}

#[test]
fn a_port_tells_what_it_has_of_its_own() {
    let vlan = |inherited: bool| {
        format!(
            "<vlan @VmwareDistributedVirtualSwitchVlanIdSpec><inherited>{inherited}</inherited><vlanId>55</vlanId></vlan>"
        )
    };
    let order = |inherited: bool| {
        format!(
            "<uplinkTeamingPolicy><inherited>false</inherited><uplinkPortOrder><inherited>{inherited}</inherited>\
             <activeUplinkPort>Uplink 2</activeUplinkPort></uplinkPortOrder></uplinkTeamingPolicy>"
        )
    };
    let connectee = "<connectee><connectedEntity type=\"VirtualMachine\">vm-1</connectedEntity><nicKey>4000</nicKey>\
                     <type>vmVnic</type></connectee>";
    let body = [
        port("12", connectee, &(vlan(false) + &order(true))),
        port("13", "", &(vlan(true) + &order(false))),
        port("14", connectee, ""),
        "<returnval><key>15</key></returnval>".to_owned(),
    ];
    let plain = DvPort {
        key: "12".into(),
        group: "dvportgroup-7".into(),
        connectee: Some(Connectee { entity: "vm-1".into(), nic: "4000".into() }),
        vlan: Some(VlanSpec::Access(55.try_into().expect("a VLAN"))),
        vlan_inherited: false,
        teaming: None,
    };
    let teaming = Teaming { active: vec!["Uplink 2".into()], ..Teaming::default() };
    let expected = [
        plain.clone(),
        DvPort { key: "13".into(), connectee: None, vlan_inherited: true, teaming: Some(teaming), ..plain.clone() },
        DvPort { key: "14".into(), vlan: None, vlan_inherited: true, ..plain },
    ];
    for dialect in DIALECTS {
        let answer = envelope(
            dialect,
            &format!("<FetchDVPortsResponse xmlns=\"urn:vim25\">{}</FetchDVPortsResponse>", body.concat()),
        );
        assert_eq!(ports(&read_answer(answer.as_bytes()).expect("an answer")), expected);
    }
}

fn adapters(changes: &str) -> Vec<Vmkernel> {
    let objects = host("enter", "host-1", "connected") + &object("modify", "HostSystem", "host-1", changes);
    match watch(&mut watcher(), "1", &objects).get(1) {
        Some(Event::HostSeen(host)) => host.network.clone().expect("known").vmkernels,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vmkernel_adapter_tells_its_services_its_stack_and_its_port() {
    let vnics = assign(
        "config.network.vnic",
        "@ArrayOfHostVirtualNic><HostVirtualNic><device>vmk0</device><key>key-vim.host.VirtualNic-vmk0</key>\
         <portgroup>Management Network</portgroup><spec><netStackInstanceKey>defaultTcpipStack</netStackInstanceKey></spec>\
         </HostVirtualNic><HostVirtualNic><device>vmk10</device><portgroup></portgroup><spec><distributedVirtualPort>\
         <switchUuid>50 1a</switchUuid><portgroupKey>dvportgroup-7</portgroupKey><portKey>31</portKey>\
         </distributedVirtualPort><netStackInstanceKey>vxlan</netStackInstanceKey></spec></HostVirtualNic><HostVirtualNic>\
         <device>vmk11</device><spec><opaqueNetwork><opaqueNetworkId>ls-1</opaqueNetworkId>\
         <opaqueNetworkType>nsx.LogicalSwitch</opaqueNetworkType></opaqueNetwork></spec></HostVirtualNic>",
    );
    let services = assign(
        "config.virtualNicManagerInfo.netConfig",
        "@ArrayOfVirtualNicManagerNetConfig><VirtualNicManagerNetConfig><nicType>management</nicType>\
         <multiSelectAllowed>true</multiSelectAllowed><candidateVnic><device>vmk0</device>\
         <key>management.key-vim.host.VirtualNic-vmk0</key></candidateVnic>\
         <selectedVnic>management.key-vim.host.VirtualNic-vmk0</selectedVnic></VirtualNicManagerNetConfig>\
         <VirtualNicManagerNetConfig><nicType>vmotion</nicType><selectedVnic>vmotion.key-vim.host.VirtualNic-vmk0</selectedVnic>\
         </VirtualNicManagerNetConfig><VirtualNicManagerNetConfig><nicType>vsan</nicType></VirtualNicManagerNetConfig>",
    );
    let seen = adapters(&(vnics + &services));
    let labels: Vec<_> = seen.iter().map(Vmkernel::label).collect();
    assert_eq!(labels, ["vmk0 (management, vmotion)", "vmk10", "vmk11"]);
    let [plain, tunnel, opaque] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((plain.netstack.as_deref(), plain.port_key.as_deref()), (Some("defaultTcpipStack"), None));
    assert_eq!((tunnel.netstack.as_deref(), tunnel.port_key.as_deref()), (Some("vxlan"), Some("31")));
    assert_eq!(opaque.backing, Backing::Opaque { id: "ls-1".into(), kind: "nsx.LogicalSwitch".into() });
}

fn vm_seen(changes: &str) -> Vm {
    let objects = vm("enter", "vm-1", "host-1") + &object("modify", "VirtualMachine", "vm-1", changes);
    match watch(&mut watcher(), "1", &objects).get(1) {
        Some(Event::VmSeen(vm)) => Vm::clone(vm),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vm_that_cannot_be_read_has_no_adapters_that_are_known_and_not_none() {
    let state = |text: &str| assign("runtime.connectionState", &format!("@VirtualMachineConnectionState>{text}"));
    let check = |text: &str, connection: VmConnection, known: bool| {
        let seen = vm_seen(&state(text));
        assert_eq!((seen.connection, seen.vnics.is_some()), (connection, known), "{text}");
    };
    check("connected", VmConnection::Connected, true);
    check("disconnected", VmConnection::Disconnected, true);
    check("orphaned", VmConnection::Orphaned, false);
    check("inaccessible", VmConnection::Inaccessible, false);
    check("invalid", VmConnection::Invalid, false);
    let gone = state("invalid") + &unset("config.hardware.device") + &unset("config.template");
    assert_eq!(vm_seen(&gone).vnics, None);
    let off = state("inaccessible") + &assign("runtime.powerState", "@VirtualMachinePowerState>poweredOff");
    assert_eq!((vm_seen(&off).power, vm_seen(&off).runs()), (PowerState::Off, None), "its power is not believed");
}

#[test]
fn fault_tolerance_is_read_from_both_sides() {
    let info = |class: &str, fields: &str| assign("config.ftInfo", &format!("@{class}><role>1</role>{fields}"));
    let primary = info(
        "FaultTolerancePrimaryConfigInfo",
        "<secondaries type=\"VirtualMachine\">vm-2</secondaries><secondaries type=\"VirtualMachine\">vm-3</secondaries>",
    );
    let secondaries = vec![id("vm-2"), id("vm-3")];
    assert_eq!(vm_seen(&primary).fault_tolerance, Some(FaultTolerance::Primary { secondaries }));
    let secondary = info("FaultToleranceSecondaryConfigInfo", "<primaryVM type=\"VirtualMachine\">vm-9</primaryVM>");
    assert_eq!(vm_seen(&secondary).fault_tolerance, Some(FaultTolerance::Secondary { primary: id("vm-9") }));
    assert_eq!(vm_seen(&(primary + &unset("config.ftInfo"))).fault_tolerance, None);
}

#[test]
fn an_sriov_adapter_names_its_function_and_pass_through_devices_are_counted() {
    let backing = format!(
        "{DISTRIBUTED}<sriovBacking><physicalFunctionBacking><id>0000:3b:00.1</id><deviceId>1572</deviceId>\
         </physicalFunctionBacking></sriovBacking>"
    );
    let given = "<VirtualDevice @VirtualPCIPassthrough><key>13000</key><backing @VirtualPCIPassthroughDeviceBackingInfo>\
                 <id>0000:af:00.0</id></backing></VirtualDevice>";
    let seen = vm_seen(&devices(&(nic(4000, "VirtualSriovEthernetCard", true, &backing) + given)));
    let vnics = seen.vnics.expect("known");
    let [vnic] = vnics.as_slice() else { panic!("{vnics:?}") };
    assert_eq!(vnic.sriov, Some(Sriov { function: Some("0000:3b:00.1".into()) }));
    assert!(matches!(&vnic.backing, Backing::Distributed { port_group_key, .. } if port_group_key == "dvportgroup-7"));
    assert_eq!((vnic.port_key.as_deref(), seen.pass_through), (Some("12"), 1));
}
