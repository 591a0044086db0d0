//! Networks and special VMs in the shapes of the API (facts: vCenter §B4).

use vmtracker_core::net::{MacAddr, VlanId, VlanSet};

use super::{
    tests::{self, Client, fault_of, id_of, items, node, text, tree},
    *,
};

/// Two hosts: the first with two uplinks and an SR-IOV card on no switch, the second with two members of a LAG.
fn rich() -> Vcenter {
    let pnic = |number: u8, uplink: Option<&str>, lag: Option<&str>| PnicSpec {
        device: format!("vmnic{number}"),
        mac: MacAddr::new([0x3c, 0xfd, 0xfe, 0, 0, number]),
        dvs_uplink: uplink.map(str::to_owned),
        lag: lag.map(str::to_owned),
        vswitch: None,
        hint: None,
    };
    let kernel = |number: u8, group: &str, services: &[&str]| VmkernelSpec {
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        ..VmkernelSpec::new(&format!("vmk{number}"), MacAddr::new([0, 0x50, 0x56, 0, 0, number]), group)
    };
    let host =
        |name: &str, pnics, vmkernels| HostSpec { name: name.to_owned(), cluster: "c".to_owned(), pnics, vmkernels };
    let tunnel =
        VmkernelSpec { stack: Some("vxlan".to_owned()), port_vlan: Some(SimVlan::Id(7)), ..kernel(9, "own", &[]) };
    let group = |name: &str, vlan| PortGroupSpec { name: name.to_owned(), vlan, ..PortGroupSpec::default() };
    let row = |secondary, kind| PvlanSpec { primary: 100, secondary, kind };
    let spec = VcenterSpec {
        name: "vc1".to_owned(),
        users: vec![UserSpec { name: "user".to_owned(), password: "pass".to_owned() }],
        lags: vec![LagSpec { name: "lag1".to_owned(), ports: 2, active: true }],
        pvlans: vec![row(100, PvlanKind::Promiscuous), row(101, PvlanKind::Isolated)],
        opaque_networks: vec![OpaqueSpec { name: "segment".to_owned(), network_id: "uuid-1".to_owned() }],
        hosts: vec![
            host(
                "esx1",
                vec![pnic(0, Some("Uplink 1"), None), pnic(1, Some("Uplink 2"), None), pnic(2, None, None)],
                vec![kernel(0, "plain", &["management", "vmotion"]), kernel(1, "plain", &["vmotion"]), tunnel],
            ),
            host("esx2", vec![pnic(0, None, Some("lag1")), pnic(1, None, Some("lag1"))], Vec::new()),
        ],
        port_groups: vec![
            group("plain", SimVlan::Id(10)),
            group("trunk", SimVlan::Trunk(vec![(10, 20), (30, 30)])),
            group("isolated", SimVlan::Private(101)),
            PortGroupSpec { vlan_override: true, ..group("own", SimVlan::Id(20)) },
            PortGroupSpec { nsx: true, ..group("nsx", SimVlan::Id(0)) },
            PortGroupSpec {
                active: vec!["lag1".to_owned()],
                standby: vec!["Uplink 1".to_owned()],
                teaming: Teaming::Explicit,
                ..group("lagged", SimVlan::Id(40))
            },
        ],
        vms: guests(),
        ..VcenterSpec::default()
    };
    Vcenter::new(spec).expect("a consistent specification")
}

/// One that is protected, one whose adapters are no ordinary ones, and a template.
fn guests() -> Vec<VmSpec> {
    vec![
        VmSpec {
            vnics: vec![VnicSpec { port_vlan: Some(SimVlan::Id(55)), ..VnicSpec::new("own") }, VnicSpec::new("plain")],
            secondary: Some("esx2".to_owned()),
            ..vm("web")
        },
        VmSpec {
            vnics: vec![
                VnicSpec { sriov: Some("vmnic2".to_owned()), ..VnicSpec::new("plain") },
                VnicSpec::new("segment"),
            ],
            passthrough: true,
            ..vm("fast")
        },
        VmSpec { vnics: vec![VnicSpec { connected: false, ..VnicSpec::new("plain") }], template: true, ..vm("golden") },
    ]
}

fn vm(name: &str) -> VmSpec {
    VmSpec { name: name.to_owned(), host: "esx1".to_owned(), on: true, ..VmSpec::default() }
}

/// A property of an object; panics where it is not set.
fn get(vcenter: &Vcenter, id: &str, path: &str) -> Value {
    vcenter.property(&MoId::from(id), path).expect("readable").unwrap_or_else(|| panic!("{id} has no {path}"))
}

fn group(vcenter: &Vcenter, name: &str) -> String {
    vcenter.port_group_named(name).expect("a port group").to_string()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(kind, _) | Value::Simple(kind, _) | Value::Enum(kind, _) | Value::Array(kind, _) => kind,
        Value::Ref(kind, _) => kind,
        Value::Any(inner) => kind(inner),
    }
}

#[test]
fn vlan_settings_have_the_type_of_their_kind() {
    let vcenter = rich();
    let vlan = |name: &str| get(&vcenter, &group(&vcenter, name), "config.defaultPortConfig.vlan");
    assert_eq!(kind(&vlan("plain")), "VmwareDistributedVirtualSwitchVlanIdSpec");
    let trunk = vlan("trunk");
    assert_eq!(kind(&trunk), "VmwareDistributedVirtualSwitchTrunkVlanSpec");
    let ends = |range: &Value| (text(range, "start"), text(range, "end"));
    let ranges: Vec<_> = items(&trunk, "vlanId").iter().map(ends).collect();
    assert_eq!(ranges, [("10".to_owned(), "20".to_owned()), ("30".to_owned(), "30".to_owned())]);
    assert_eq!(text(&vlan("isolated"), "pvlanId"), "101", "the secondary");
    let map = get(&vcenter, "dvs-7", "config");
    let map: Vec<String> = items(&map, "pvlanConfig")
        .iter()
        .map(|row| {
            format!("{} {} {}", text(row, "primaryVlanId"), text(row, "secondaryVlanId"), text(row, "pvlanType"))
        })
        .collect();
    assert_eq!(map, ["100 100 promiscuous", "100 101 isolated"]);
}

#[test]
fn teaming_names_the_lag_and_hosts_tell_its_ports() {
    let vcenter = rich();
    let teaming = get(&vcenter, &group(&vcenter, "lagged"), "config.defaultPortConfig.uplinkTeamingPolicy");
    assert_eq!(text(&teaming, "policy.value"), "failover_explicit");
    let names = |value: &Value, path: &str| items(value, path).iter().map(|name| text(name, "")).collect::<Vec<_>>();
    assert_eq!(names(&teaming, "uplinkPortOrder.activeUplinkPort"), ["lag1"]);
    assert_eq!(names(&teaming, "uplinkPortOrder.standbyUplinkPort"), ["Uplink 1"]);
    let config = get(&vcenter, "dvs-7", "config");
    let [lag] = items(&config, "lacpGroupConfig").try_into().expect("one LAG");
    assert_eq!((text(&lag, "name"), text(&lag, "uplinkNum")), ("lag1".to_owned(), "2".to_owned()));
    let host = vcenter.host_named("esx2").expect("there");
    let [switch] = items(&get(&vcenter, host.as_str(), "config.network"), "proxySwitch").try_into().expect("one");
    let [host_lag] = items(&switch, "hostLag").try_into().expect("one");
    assert_eq!(text(&host_lag, "lagKey"), text(&lag, "key"));
    let ports = items(&host_lag, "uplinkPort");
    let ports: Vec<_> = ports.iter().map(|port| (text(port, "key"), text(port, "value"))).collect();
    let pnics = items(&switch, "spec.backing.pnicSpec");
    let keys: Vec<_> = pnics.iter().map(|pnic| text(pnic, "uplinkPortKey")).collect();
    assert_eq!(ports.iter().map(|(key, _)| key).collect::<Vec<_>>(), keys.iter().collect::<Vec<_>>());
    assert_eq!(ports.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["lag1-0", "lag1-1"]);
    assert_eq!(names(&lag, "uplinkPortKey"), keys);
}

#[test]
fn vmkernel_adapters_tell_their_services_and_their_stack() {
    let vcenter = rich();
    let host = vcenter.host_named("esx1").expect("there").to_string();
    let selected = |service: &str| {
        let configs = items(&get(&vcenter, &host, "config.virtualNicManagerInfo"), "netConfig");
        let config = configs.iter().find(|config| text(config, "nicType") == service).expect("the service");
        items(config, "selectedVnic").iter().map(|key| text(key, "")).collect::<Vec<_>>()
    };
    assert_eq!(selected("management"), ["management.key-vim.host.VirtualNic-vmk0"]);
    assert_eq!(selected("vmotion"), ["vmotion.key-vim.host.VirtualNic-vmk0", "vmotion.key-vim.host.VirtualNic-vmk1"]);
    assert_eq!(selected("vsan"), Vec::<String>::new());
    let vnics = items(&get(&vcenter, &host, "config.network"), "vnic");
    let stacks: Vec<_> = vnics.iter().map(|vnic| text(vnic, "spec.netStackInstanceKey")).collect();
    assert_eq!(stacks, ["defaultTcpipStack", "defaultTcpipStack", "vxlan"]);
}

#[test]
fn opaque_networks_and_nsx_groups_are_told_apart() {
    let vcenter = rich();
    let network = vcenter.opaque_networks.keys().next().expect("one").to_string();
    assert_eq!(text(&get(&vcenter, &network, "summary"), "opaqueNetworkId"), "uuid-1");
    assert_eq!(vcenter.kind_of(&MoId::from(network.as_str())), Some(Kind::OpaqueNetwork));
    let nsx = get(&vcenter, &group(&vcenter, "nsx"), "config");
    assert_eq!(text(&nsx, "backingType"), "nsx");
    assert!(!text(&nsx, "logicalSwitchUuid").is_empty() && !text(&nsx, "segmentId").is_empty());
    let fast = id_of(&vcenter, "fast");
    let devices = items(&get(&vcenter, fast.as_str(), "config.hardware"), "device");
    let kinds: Vec<_> = devices.iter().map(kind).collect();
    assert_eq!(kinds, ["VirtualSriovEthernetCard", "VirtualVmxnet3", "VirtualPCIPassthrough"]);
    let [sriov, opaque, _] = devices.try_into().expect("three devices");
    let pci = vcenter.hosts().find_map(|host| host.pnic("vmnic2")).map(|pnic| pnic.pci.clone());
    assert_eq!(Some(text(&sriov, "sriovBacking.physicalFunctionBacking.id")), pci);
    let backing = opaque.at("backing").expect("a backing");
    assert_eq!(kind(&backing), "VirtualEthernetCardOpaqueNetworkBackingInfo");
    assert_eq!(text(&backing, "opaqueNetworkId"), "uuid-1");
}

#[test]
fn pci_addresses_and_port_keys_are_there_once() {
    let vcenter = rich();
    for host in vcenter.hosts() {
        let addresses: std::collections::BTreeSet<_> = host.pnics.iter().map(|pnic| &pnic.pci).collect();
        assert_eq!(addresses.len(), host.pnics.len());
    }
    let mut client = Client::watching(vcenter);
    let keys: Vec<String> = ports(&mut client, vec![]).iter().map(|port| text(port, "key")).collect();
    let unique: std::collections::BTreeSet<_> = keys.iter().collect();
    // One free in each group, those of VMs' adapters on the distributed switch, of vmkernel adapters and of pnics.
    assert_eq!((keys.len(), unique.len()), (7 + 6 + 3 + 4, 7 + 6 + 3 + 4));
}

fn ports(client: &mut Client, criteria: Vec<Node>) -> Vec<Value> {
    let reply = client.call("FetchDVPorts", "dvs-7", vec![tree("criteria", criteria)]);
    let Reply::Return(found) = reply else { panic!("{reply:?}") };
    found.map(|ports| items(&Value::Object("", vec![("port", ports)]), "port")).unwrap_or_default()
}

#[test]
fn ports_qualify_by_the_criteria_of_the_api() {
    let mut client = Client::watching(rich());
    let own = group(&client.vcenter, "own");
    let mut count = |criteria: &[(&str, &str)]| {
        let criteria = criteria.iter().map(|(name, text)| node(name, text)).collect();
        ports(&mut client, criteria).len()
    };
    let all = count(&[]);
    assert_eq!(count(&[("portgroupKey", &own)]), all, "without `inside` the key is ignored");
    assert_eq!(count(&[("portgroupKey", &own), ("inside", "true")]), 4, "a free one, two vnics, a vmkernel adapter");
    assert_eq!(count(&[("portgroupKey", &own), ("inside", "false")]), all - 4);
    assert_eq!(count(&[("portgroupKey", &own), ("inside", "true"), ("connected", "true")]), 3);
    assert_eq!(count(&[("uplinkPort", "true"), ("connected", "true")]), 4);
    assert_eq!(count(&[("portKey", "999999")]), 0);
    let wrong = client.call("FetchDVPorts", "vm-1", vec![]);
    assert_eq!(fault_of(wrong), "ManagedObjectNotFound");
}

#[test]
fn a_port_tells_its_own_vlan_and_who_is_plugged_in() {
    let mut client = Client::watching(rich());
    let web = id_of(&client.vcenter, "web");
    let port_of = |client: &mut Client| {
        let connected = ports(client, vec![node("connected", "true")]);
        let found = connected.into_iter().find(|port| {
            text(port, "connectee.connectedEntity") == web.to_string() && text(port, "connectee.nicKey") == "4000"
        });
        found.expect("the first adapter's port")
    };
    let port = port_of(&mut client);
    assert_eq!(text(&port, "config.setting.vlan.vlanId"), "55");
    assert_eq!(text(&port, "config.setting.vlan.inherited"), "false");
    assert_eq!(text(&port, "portgroupKey"), group(&client.vcenter, "own"));
    let host = client.vcenter.host_named("esx1").expect("there").to_string();
    assert_eq!((text(&port, "proxyHost"), text(&port, "state.runtimeInfo.linkUp")), (host, "true".to_owned()));
    assert_eq!(text(&port, "dvsUuid"), client.vcenter.dvs_uuid());
    let [range] = items(&port, "state.runtimeInfo.vlanIds").try_into().expect("one VLAN");
    assert_eq!((text(&range, "start"), text(&range, "end")), ("55".to_owned(), "55".to_owned()));
    let backing = get(&client.vcenter, web.as_str(), "config.hardware");
    let device = items(&backing, "device").into_iter().next().expect("an adapter");
    assert_eq!(text(&device, "backing.port.portKey"), text(&port, "key"));
    client.vcenter.power_off(&web).expect("on");
    let port = port_of(&mut client);
    assert_eq!(text(&port, "state.runtimeInfo.linkUp"), "false", "it keeps its port, without link");
}

#[test]
fn a_ports_own_vlan_changes_without_an_update_and_with_an_event() {
    let mut vcenter = rich();
    let web = id_of(&vcenter, "web");
    assert_eq!(vcenter.set_port_vlan(&web, 4001, Some(SimVlan::Id(9))), Err(Refused::NoOverride));
    let mut client = Client::watching(vcenter);
    let Reply::Updates(set, receipt) = client.wait("") else { panic!("nothing") };
    client.vcenter.delivered(&receipt);
    let before = client.vcenter.revision();
    client.vcenter.set_port_vlan(&web, 4000, Some(SimVlan::Id(56))).expect("allowed");
    assert!(client.vcenter.dirty_since(before).any(|(_, id)| *id == web), "observers of the lab look again");
    assert!(matches!(client.wait(&text(&set, "version")), Reply::Wait(_)), "clients hear of no property");
    let filter = tree("filter", vec![node("eventTypeId", "DvsPortReconfiguredEvent")]);
    let reply = client.call("QueryEvents", "EventManager", vec![filter]);
    let Reply::Return(Some(Value::Array(_, events))) = reply else { panic!("{reply:?}") };
    let [event] = events.try_into().expect("one event");
    assert_eq!(kind(&event), "DvsPortReconfiguredEvent");
    assert_eq!(text(&event, "dvs.dvs"), "dvs-7");
    let port = client.vcenter.vm(&web).and_then(|vm| vm.vnics.first()).map(|vnic| vnic.port.key.to_string());
    assert_eq!(Some(text(&event, "portKey")), port);
}

#[test]
fn an_adapter_that_changes_its_port_group_gets_another_port_without_a_vlan_of_its_own() {
    let mut vcenter = rich();
    let web = id_of(&vcenter, "web");
    let port = |vcenter: &Vcenter| vcenter.vm(&web).and_then(|vm| vm.vnics.first()).map(|vnic| vnic.port.clone());
    let before = port(&vcenter).expect("a port");
    let plain = vcenter.port_group_named("plain").cloned().expect("there");
    vcenter.set_vnic_port_group(&web, 4000, SimBacking::Distributed(plain)).expect("there");
    let after = port(&vcenter).expect("a port");
    assert_ne!(before.key, after.key);
    assert_eq!((before.vlan, after.vlan), (Some(SimVlan::Id(55)), None));
}

#[test]
fn a_pair_of_fault_tolerance_names_each_other() {
    let mut vcenter = rich();
    let (web, other) = (id_of(&vcenter, "web"), id_of(&vcenter, "web (secondary)"));
    let info = |vcenter: &Vcenter, id: &MoId| get(vcenter, id.as_str(), "config.ftInfo");
    let state = |vcenter: &Vcenter, id: &MoId| text(&get(vcenter, id.as_str(), "runtime"), "faultToleranceState");
    let primary = info(&vcenter, &web);
    assert_eq!(kind(&primary), "FaultTolerancePrimaryConfigInfo");
    let secondaries: Vec<_> = items(&primary, "secondaries").iter().map(|vm| text(vm, "")).collect();
    assert_eq!((text(&primary, "role"), secondaries), ("1".to_owned(), vec![other.to_string()]));
    let secondary = info(&vcenter, &other);
    assert_eq!(kind(&secondary), "FaultToleranceSecondaryConfigInfo");
    assert_eq!(text(&secondary, "primaryVM"), web.to_string());
    assert_eq!((state(&vcenter, &web), state(&vcenter, &other)), ("running".to_owned(), "running".to_owned()));
    vcenter.fail_over(&web).expect("protected");
    assert_eq!(kind(&info(&vcenter, &other)), "FaultTolerancePrimaryConfigInfo");
    assert_eq!(state(&vcenter, &other), "needSecondary");
    assert_eq!(vcenter.fail_over(&web), Err(Refused::Unprotected));
}

#[test]
fn a_vm_whose_files_are_out_of_reach_has_no_configuration() {
    let mut vcenter = rich();
    let fast = id_of(&vcenter, "fast");
    let told = |vcenter: &Vcenter| {
        let config = vcenter.property(&fast, "config.hardware.device").expect("no fault").is_some();
        (text(&get(vcenter, fast.as_str(), "runtime"), "connectionState"), config)
    };
    assert_eq!(told(&vcenter), ("connected".to_owned(), true));
    for (state, name, config) in [
        (SimVmState::Inaccessible, "inaccessible", false),
        (SimVmState::Invalid, "invalid", false),
        (SimVmState::Orphaned, "orphaned", true),
    ] {
        vcenter.set_vm_state(&fast, state).expect("there");
        assert_eq!(told(&vcenter), (name.to_owned(), config));
    }
}

#[test]
fn a_template_is_off_and_cannot_be_powered_on() {
    let mut vcenter = rich();
    let golden = id_of(&vcenter, "golden");
    assert_eq!(text(&get(&vcenter, golden.as_str(), "config"), "template"), "true");
    assert_eq!(text(&get(&vcenter, golden.as_str(), "runtime"), "powerState"), "poweredOff");
    let device = items(&get(&vcenter, golden.as_str(), "config.hardware"), "device").into_iter().next().expect("one");
    let flags = (text(&device, "connectable.startConnected"), text(&device, "connectable.connected"));
    assert_eq!(flags, ("true".to_owned(), "false".to_owned()));
    assert_eq!(vcenter.power_on(&golden), Err(Refused::InvalidPowerState));
}

#[test]
fn a_backing_resolves_to_its_tags_and_its_pnics() {
    let mut vcenter = tests::vcenter(1);
    let host = vcenter.host_named("esx1").cloned().expect("there");
    let id = id_of(&vcenter, "vm00000");
    let tagged = |number: u16| {
        let sends = VlanId::new(number).expect("a VLAN");
        Wire::Tagged { sends, needs: VlanSet::from(sends) }
    };
    let check = |vcenter: &Vcenter, wire: Wire, active: &str, standby: Option<&str>| {
        let vnic = vcenter.vm(&id).and_then(|vm| vm.vnics.first()).expect("an adapter");
        let names = |name: &str| vec![name.to_owned()];
        let standby = standby.into_iter().map(names).collect();
        let expected = Resolved { wire, active: vec![names(active)], standby, spreads: false };
        assert_eq!(vcenter.uplinks_of(&host, vnic), expected);
    };
    check(&vcenter, tagged(100), "vmnic2", Some("vmnic1"));
    let group = vcenter.port_group_named("pg-a").cloned().expect("there");
    vcenter.set_port_group_vlan(&group, SimVlan::Id(300)).expect("there");
    check(&vcenter, tagged(300), "vmnic2", Some("vmnic1"));
    vcenter.set_vnic_port_group(&id, 4000, SimBacking::Standard("Management Network".to_owned())).expect("there");
    check(&vcenter, tagged(10), "vmnic0", None);
    vcenter.set_vnic_port_group(&id, 4000, SimBacking::Standard("unknown".to_owned())).expect("there");
    let vnic = vcenter.vm(&id).and_then(|vm| vm.vnics.first()).expect("an adapter");
    assert_eq!(vcenter.uplinks_of(&host, vnic), Resolved::default());
}
