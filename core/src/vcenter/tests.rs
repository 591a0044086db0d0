//! The codec: requests as values, answers in both dialects, what each property becomes, and that nothing panics.

use std::sync::Arc;

use proptest::prelude::*;

use super::{
    fixtures::{DIALECTS, Dialect, assign, devices, envelope, host, nic, object, update_set, vm},
    soap::CustomPaths,
    *,
};
use crate::tracker::{
    Backing, Discovery, Event, HostNetwork, PortGroup, ProxySwitch, Teaming, Uplink, VSwitch, VlanSpec,
};

fn events(objects: &str, dialect: Dialect) -> Vec<Event> {
    let mut watcher = Watcher::new("lab".into());
    watcher.connected("uuid-1".into(), None);
    let answer = update_set(dialect, "1", objects, false);
    let mut reader = UpdateReader::open(answer.as_bytes()).expect("an answer");
    let mut events = Vec::new();
    while let Some(part) = reader.next_part().expect("a part") {
        events.extend(watcher.part(part));
    }
    events
}

#[test]
fn requests_are_escaped_xml_that_reads_back() {
    let content = ServiceContent {
        root_folder: MoRef::new("Folder", "group-d1"),
        session_manager: MoRef::new("SessionManager", "SessionManager"),
        view_manager: MoRef::new("ViewManager", "ViewManager"),
        property_collector: MoRef::new("PropertyCollector", "propertyCollector"),
        event_manager: MoRef::new("EventManager", "EventManager"),
        custom_fields_manager: None,
        instance_uuid: None,
        full_name: String::new(),
    };
    let login = soap::login(&content, "DOM\\us<er>", "p&ss]]>\"w'rd");
    let read = read_answer(login.as_bytes()).expect("well-formed");
    assert_eq!((read.name.as_str(), read.text_at(&["userName"])), ("Login", Some("DOM\\us<er>")));
    assert_eq!(read.text_at(&["password"]), Some("p&ss]]>\"w'rd"));
    let collector = MoRef::new("PropertyCollector", "session[1]2");
    let fields = MoRef::new("CustomFieldsManager", "CustomFieldsManager");
    let requests = [
        soap::retrieve_service_content(),
        soap::current_time(),
        soap::logout(&content),
        soap::create_container_view(&content),
        soap::create_property_collector(&content),
        soap::create_inventory_filter(&collector, &MoRef::new("ContainerView", "session[1]1"), CustomPaths::default()),
        soap::retrieve_fields(&content, &fields),
        soap::add_field(&fields, "vmtracker.findings"),
        soap::set_field(&fields, &MoRef::new("VirtualMachine", "vm-1"), 101, "VLAN <7> & co"),
        soap::create_event_filter(&collector, &MoRef::new("EventHistoryCollector", "session[1]3")),
        soap::create_event_collector(&content),
        soap::wait_for_updates(&collector, "", 30, 100),
        soap::cancel_wait_for_updates(&collector),
        soap::destroy_property_collector(&collector),
        soap::query_network_hint(&MoRef::new("HostNetworkSystem", "ns-1"), Some("vmnic0")),
        soap::fetch_dv_ports(&MoRef::new("VmwareDistributedVirtualSwitch", "dvs-1"), &["dvportgroup-1".to_owned()]),
    ];
    for request in requests {
        let read = read_answer(request.as_bytes()).expect("well-formed");
        assert!(read.child("_this").and_then(VimValue::reference).is_some(), "{request}");
    }
}

#[test]
fn faults_are_told_by_their_class() {
    let check = |class: &str, expected: Fault| {
        for dialect in DIALECTS {
            let body = format!(
                "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>so it is</faultstring><detail>\
                 <XFault xmlns=\"urn:vim25\" @{class}><privilegeId>Network.Assign</privilegeId></XFault></detail>\
                 </soapenv:Fault>"
            );
            let answer = read_answer(envelope(dialect, &body).as_bytes());
            assert!(matches!(answer, Err(AnswerError::Fault(ref fault)) if *fault == expected), "{answer:?}");
        }
    };
    check("NotAuthenticated", Fault::NotAuthenticated);
    check("InvalidLogin", Fault::InvalidLogin);
    check("InvalidCollectorVersion", Fault::InvalidCollectorVersion);
    check("RequestCanceled", Fault::RequestCanceled);
    check("HostNotConnected", Fault::HostNotConnected);
    check("ManagedObjectNotFound", Fault::ManagedObjectNotFound);
    check("NoPermission", Fault::NoPermission("Network.Assign".to_owned()));
    check("SystemError", Fault::Other("SystemError: so it is".to_owned()));
}

#[test]
fn the_version_to_speak_is_the_first_known_one_that_is_offered() {
    let check = |versions: &[&str], expected: Option<&str>| {
        let (newest, prior) = versions.split_first().expect("one");
        let prior: String = prior.iter().map(|version| format!("<version>{version}</version>")).collect();
        let document = format!(
            "<?xml version=\"1.0\"?><namespaces version=\"1.0\"><namespace><name>urn:vim25</name><version>{newest}\
             </version><priorVersions>{prior}</priorVersions></namespace></namespaces>"
        );
        assert_eq!(newest_version(document.as_bytes(), &["6.7", "7.0"]).expect("read").as_deref(), expected);
    };
    check(&["8.0.2.0", "8.0.1.0", "7.0", "6.7", "6.5"], Some("6.7"));
    check(&["9.0.0.0", "8.0.2.0", "7.0"], Some("7.0"));
    check(&["6.5", "6.0"], Some("6.5"));
    assert!(newest_version("<html>".as_bytes(), &[]).is_err());
}

#[test]
fn every_backing_of_a_nic_is_known_or_says_that_it_is_not() {
    let unknown = |class: &str| Backing::Unknown { class: class.to_owned() };
    let network = "<backing @VirtualEthernetCardNetworkBackingInfo><deviceName>VM Network </deviceName></backing>";
    let opaque = "<backing @VirtualEthernetCardOpaqueNetworkBackingInfo><opaqueNetworkId>x</opaqueNetworkId></backing>";
    let alone = "<backing @VirtualEthernetCardDistributedVirtualPortBackingInfo><port><switchUuid>u</switchUuid>\
                 <portKey>3</portKey></port></backing>";
    let distributed = Backing::Distributed { dvs_uuid: "50 1a".to_owned(), port_group_key: "dvportgroup-7".to_owned() };
    let table = [
        ("VirtualE1000", fixtures::DISTRIBUTED, distributed.clone()),
        ("VirtualVmxnet3Vrdma", fixtures::DISTRIBUTED, distributed.clone()),
        ("VirtualNicOfTheFuture", fixtures::DISTRIBUTED, distributed),
        ("VirtualPCNet32", network, Backing::Standard { port_group: "VM Network ".to_owned() }),
        ("VirtualVmxnet2", opaque, Backing::Opaque { id: "x".to_owned(), kind: String::new() }),
        ("VirtualVmxnet3", alone, unknown("VirtualEthernetCardDistributedVirtualPortBackingInfo")),
        ("VirtualSriovEthernetCard", network, Backing::Standard { port_group: "VM Network ".to_owned() }),
        ("VirtualE1000e", "", unknown("none")),
    ];
    for (class, backing, expected) in table {
        let disk = "<VirtualDevice @VirtualDisk><key>2000</key></VirtualDevice>";
        let changes = devices(&(disk.to_owned() + &nic(4000, class, true, backing)));
        let seen = events(&object("enter", "VirtualMachine", "vm-1", &changes), Dialect::Vcsim);
        let Some(Event::VmSeen(vm)) = seen.first() else { panic!("{seen:?}") };
        let found: Vec<_> = vm.vnics.iter().flatten().map(|vnic| vnic.backing.clone()).collect();
        assert_eq!(found, [expected], "{class}");
    }
}

fn port_group(config: &str) -> Arc<PortGroup> {
    let config = format!("@DVPortgroupConfigInfo><defaultPortConfig {config}</defaultPortConfig>");
    let changes = assign("key", "@string>dvportgroup-7") + &assign("config", &config);
    let seen = events(&object("enter", "DistributedVirtualPortgroup", "dvportgroup-7", &changes), Dialect::Vcenter);
    match seen.first() {
        Some(Event::PortGroupSeen(group)) => Arc::clone(group),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_vlan_is_read() {
    let check = |vlan: &str, expected: VlanSpec| {
        assert_eq!(port_group(&format!("@VMwareDVSPortSetting>{vlan}")).vlan, expected, "{vlan}");
    };
    let one = |number: &str| {
        format!(
            "<vlan @VmwareDistributedVirtualSwitchVlanIdSpec><inherited>true</inherited><vlanId>{number}</vlanId></vlan>"
        )
    };
    let ranges = |list: &[(u16, u16)]| {
        let list: String = list
            .iter()
            .map(|(start, end)| format!("<vlanId><start>{start}</start><end>{end}</end></vlanId>"))
            .collect();
        format!("<vlan @VmwareDistributedVirtualSwitchTrunkVlanSpec>{list}</vlan>")
    };
    check(&one("100"), VlanSpec::Access(100.try_into().expect("a VLAN")));
    check(&one("0"), VlanSpec::Untagged);
    check(&one("4095"), VlanSpec::Unknown);
    check(&one("x"), VlanSpec::Unknown);
    check(&ranges(&[(200, 209), (300, 300)]), VlanSpec::Trunk("200-209,300".parse().expect("a list")));
    check(&ranges(&[(0, 4094)]), VlanSpec::Trunk("all".parse().expect("a list")));
    check(&ranges(&[(9, 3)]), VlanSpec::Unknown);
    check(
        "<vlan @VmwareDistributedVirtualSwitchPvlanSpec><pvlanId>1101</pvlanId></vlan>",
        VlanSpec::Private(1101.try_into().expect("a VLAN")),
    );
    check("<vlan @SomethingNew><vlanId>5</vlanId></vlan>", VlanSpec::Unknown);
    check("", VlanSpec::Unknown);
}

#[test]
fn a_port_group_names_its_uplinks() {
    let order = "@VMwareDVSPortSetting><uplinkTeamingPolicy><uplinkPortOrder><activeUplinkPort>Uplink 1</activeUplinkPort>\
                 <standbyUplinkPort>lag1</standbyUplinkPort></uplinkPortOrder></uplinkTeamingPolicy>";
    let expected =
        Teaming { active: vec!["Uplink 1".to_owned()], standby: vec!["lag1".to_owned()], ..Teaming::default() };
    assert_eq!(port_group(order).teaming, Some(expected));
    assert_eq!(port_group("@VMwareDVSPortSetting>").teaming, None);
}

fn network(changes: &str) -> Option<HostNetwork> {
    let objects = host("enter", "host-1", "connected") + &object("modify", "HostSystem", "host-1", changes);
    let seen = events(&objects, Dialect::Vcsim);
    match seen.get(1) {
        Some(Event::HostSeen(host)) => host.network.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hosts_network_is_whole_or_unknown() {
    assert!(network("").is_some_and(|network| network.pnics.len() == 1 && network.vmkernels.is_empty()));
    for part in ["pnic", "vswitch", "proxySwitch", "portgroup", "vnic"] {
        assert_eq!(network(&fixtures::missing(&format!("config.network.{part}"))), None, "{part}");
    }
}

#[test]
fn a_hosts_switches_are_joined_with_its_pnics() {
    let changes = assign(
        "config.network.vswitch",
        "@ArrayOfHostVirtualSwitch><HostVirtualSwitch><name>vSwitch0</name><key>k</key>\
         <pnic>key-vim.host.PhysicalNic-vmnic0</pnic></HostVirtualSwitch>",
    ) + &assign(
        "config.network.proxySwitch",
        "@ArrayOfHostProxySwitch><HostProxySwitch><dvsUuid>50 1a</dvsUuid><dvsName>A%2fB</dvsName>\
         <uplinkPort><key>16</key><value>Uplink 1</value></uplinkPort>\
         <uplinkPort><key>17</key><value>lag1-0</value></uplinkPort>\
         <hostLag><lagKey>l</lagKey><lagName>lag1</lagName>\
         <uplinkPort><key>17</key><value>lag1-0</value></uplinkPort></hostLag>\
         <spec><backing><pnicSpec><pnicDevice>vmnic2</pnicDevice><uplinkPortKey>16</uplinkPortKey></pnicSpec>\
         <pnicSpec><pnicDevice>vmnic3</pnicDevice><uplinkPortKey>17</uplinkPortKey></pnicSpec>\
         <pnicSpec><pnicDevice>vmnic4</pnicDevice></pnicSpec></backing></spec></HostProxySwitch>",
    );
    let network = network(&changes).expect("known");
    assert_eq!(network.vswitches, [VSwitch { name: "vSwitch0".to_owned(), pnics: vec!["vmnic0".to_owned()] }]);
    let uplink = |name: &str, pnic: &str| Uplink { name: name.to_owned(), pnic: pnic.to_owned() };
    let expected = ProxySwitch {
        dvs_uuid: "50 1a".to_owned(),
        dvs_name: "A/B".to_owned(),
        uplinks: vec![uplink("Uplink 1", "vmnic2"), uplink("lag1", "vmnic3")],
    };
    assert_eq!(network.proxy_switches, [expected]);
}

#[test]
fn standard_port_groups_and_vmkernel_adapters_are_read() {
    let group = |vlan: &str| {
        let changes = format!(
            "@ArrayOfHostPortGroup><HostPortGroup><spec><name>Mgmt</name><vlanId>{vlan}</vlanId>\
             <vswitchName>vSwitch0</vswitchName></spec><computedPolicy><nicTeaming><nicOrder>\
             <activeNic>vmnic0</activeNic></nicOrder></nicTeaming></computedPolicy></HostPortGroup>"
        );
        let network = network(&assign("config.network.portgroup", &changes)).expect("known");
        network.port_groups.first().cloned().expect("one")
    };
    assert_eq!(group("0").vlan, VlanSpec::Untagged);
    assert_eq!(group("10").vlan, VlanSpec::Access(10.try_into().expect("a VLAN")));
    assert_eq!(group("4095").vlan, VlanSpec::Guest);
    assert_eq!(group("-1").vlan, VlanSpec::Unknown);
    assert_eq!(group("10").teaming.map(|teaming| teaming.active), Some(vec!["vmnic0".to_owned()]));
    let adapters = "@ArrayOfHostVirtualNic><HostVirtualNic><device>vmk0</device><portgroup>Mgmt</portgroup><spec>\
         <mac>00:50:56:60:00:00</mac></spec></HostVirtualNic><HostVirtualNic><device>vmk1</device><portgroup></portgroup>\
         <spec><distributedVirtualPort><switchUuid>u</switchUuid><portgroupKey>p</portgroupKey></distributedVirtualPort>\
         </spec></HostVirtualNic><HostVirtualNic><device>vmk2</device><spec/></HostVirtualNic>";
    let network = network(&assign("config.network.vnic", adapters)).expect("known");
    let backings: Vec<_> = network.vmkernels.into_iter().map(|adapter| adapter.backing).collect();
    let expected = [
        Backing::Standard { port_group: "Mgmt".to_owned() },
        Backing::Distributed { dvs_uuid: "u".to_owned(), port_group_key: "p".to_owned() },
        Backing::Unknown { class: "HostVirtualNic".to_owned() },
    ];
    assert_eq!(backings, expected);
}

#[test]
fn hints_of_both_protocols_are_read() {
    let body = "<QueryNetworkHintResponse xmlns=\"urn:vim25\"><returnval><device>vmnic0</device><connectedSwitchPort>\
        <devId>leaf1.example(FDO1)</devId><portId>Ethernet1/7</portId></connectedSwitchPort></returnval>\
        <returnval><device>vmnic1</device></returnval><returnval><device>vmnic2</device><lldpInfo>\
        <chassisId>00:3a:9c:00:00:01</chassisId><portId>Eth1/8</portId><timeToLive>110</timeToLive>\
        <parameter><key>System Name</key><value @string>leaf2</value></parameter></lldpInfo></returnval>\
        <returnval><device>vmnic3</device><connectedSwitchPort><devId>other</devId><portId>Gi0/1</portId>\
        <systemName>core</systemName></connectedSwitchPort></returnval></QueryNetworkHintResponse>";
    for dialect in DIALECTS {
        let heard = hints(&read_answer(envelope(dialect, body).as_bytes()).expect("an answer"));
        let row = |index: usize| {
            let hint: &crate::tracker::Hint = heard.get(index).expect("a hint");
            (hint.pnic.clone(), hint.protocol, hint.system_name.clone(), hint.serial.clone(), hint.interface)
        };
        let text = |text: &str| Some(text.to_owned());
        let port = |text: &str| text.parse().ok();
        assert_eq!(heard.len(), 3);
        let name = text("leaf1.example");
        assert_eq!(row(0), ("vmnic0".to_owned(), Discovery::Cdp, name, text("FDO1"), port("Eth1/7")));
        assert_eq!(row(1), ("vmnic2".to_owned(), Discovery::Lldp, text("leaf2"), None, port("Ethernet1/8")));
        assert_eq!(row(2), ("vmnic3".to_owned(), Discovery::Cdp, text("core"), None, None));
    }
}

#[test]
fn text_keeps_entities_and_its_own_blanks() {
    let body = "<R><a> x &amp; &#60;y&gt; </a><b><![CDATA[<z>]]></b><c/></R>";
    let read = read_answer(envelope(Dialect::Vcenter, body).as_bytes()).expect("read");
    assert_eq!((read.text_at(&["a"]), read.text_at(&["b"])), (Some(" x & <y> "), Some("<z>")));
    assert_eq!(read.text_at(&["c"]), None);
}

#[test]
fn what_nests_without_end_is_refused() {
    let deep = envelope(Dialect::Vcenter, &"<a>".repeat(100_000));
    assert!(matches!(read_answer(deep.as_bytes()), Err(AnswerError::Decode(DecodeError::Deep))));
}

#[test]
fn an_object_larger_than_any_is_refused() {
    let endless = std::io::Cursor::new(envelope(Dialect::Vcenter, "<R><a>").trim_end_matches(|c| c != '>').to_owned());
    let endless = std::io::BufReader::new(std::io::Read::chain(endless, std::io::repeat(b'x')));
    assert!(matches!(read_answer(endless), Err(AnswerError::Decode(_))));
}

/// Reads whatever there is, as the client does.
fn read_all(bytes: &[u8]) {
    drop(read_answer(bytes).map(|answer| (hints(&answer), ports(&answer))));
    drop(newest_version(bytes, &["6.7"]));
    let Ok(mut reader) = UpdateReader::open(bytes) else { return };
    let mut watcher = Watcher::new("lab".into());
    watcher.connected("uuid-1".into(), Some(0));
    while let Ok(Some(part)) = reader.next_part() {
        watcher.part(part);
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn a_spoilt_answer_never_panics(at in 0usize..4000, byte: u8, cut in 0usize..4000) {
        let objects = vm("enter", "vm-1", "host-1") + &host("enter", "host-1", "connected");
        let mut bytes = update_set(Dialect::Vcsim, "1", &objects, true).into_bytes();
        let length = bytes.len();
        if let Some(spoilt) = bytes.get_mut(at % length) {
            *spoilt = byte;
        }
        bytes.truncate(length - cut % length);
        read_all(&bytes);
    }
}
