//! A VM that goes from one vCenter to another.

use super::{
    moves::{host, newest, shown, told},
    *,
};

/// Two vCenters whose objects have the same ids, as happens: `vms` VMs in the first, none in the second.
fn both(vms: usize) -> (Vcenter, Vcenter) {
    let spec = |name: &str, vms: usize, groups: [(&str, u16); 2]| {
        let group = |(name, vlan): (&str, u16)| PortGroupSpec {
            name: name.to_owned(),
            vlan: SimVlan::Id(vlan),
            ..PortGroupSpec::default()
        };
        let host = |number: u8| HostSpec {
            name: format!("{name}-esx{number}"),
            cluster: "cluster".to_owned(),
            pnics: vec![PnicSpec {
                device: "vmnic0".to_owned(),
                mac: MacAddr::new([2, 0, 0, 0, vms.to_be_bytes()[7], number]),
                dvs_uplink: Some("Uplink 1".to_owned()),
                lag: None,
                vswitch: None,
                hint: None,
            }],
            vmkernels: Vec::new(),
        };
        let vm = |number: usize| VmSpec {
            name: format!("vm{number:05}"),
            host: format!("{name}-esx1"),
            vnics: vec![VnicSpec::new("pg-a")],
            on: true,
            ..VmSpec::default()
        };
        Vcenter::new(VcenterSpec {
            name: name.to_owned(),
            hosts: vec![host(1), host(2)],
            port_groups: groups.map(group).to_vec(),
            vms: (0..vms).map(vm).collect(),
            ..VcenterSpec::default()
        })
        .expect("a consistent specification")
    };
    (spec("vc1", vms, [("pg-a", 100), ("pg-b", 200)]), spec("vc2", 0, [("other", 200), ("same", 100)]))
}

#[test]
fn the_vm_is_at_exactly_one_place_and_keeps_its_identity_its_addresses_and_its_vlan() {
    let (mut one, mut two) = both(1);
    let (vm, to) = (id_of(&one, "vm00000"), host(&two, "vc2-esx2"));
    assert!(one.host(&to).is_some(), "the same id is another host here");
    let before = one.vm(&vm).cloned().expect("there");
    one.start_relocation(&vm, &two, &to).expect("begun");
    assert_eq!(told(&one, 0), ["VmBeingHotMigratedEvent", "VmEmigratingEvent"]);
    assert!(two.vms().next().is_none());
    let (id, _) = one.finish_relocation(&vm, &mut two).expect("under way");
    assert!(one.vms().next().is_none() && one.vm_named("vm00000").is_none());
    let after = two.vm(&id).expect("there").clone();
    assert_eq!((&after.instance_uuid, after.power), (&before.instance_uuid, before.power));
    let macs = |vm: &SimVm| vm.vnics.iter().map(|vnic| vnic.mac).collect::<Vec<_>>();
    assert_eq!(macs(&after), macs(&before));
    let vnic = after.vnics.first().expect("an adapter");
    let tagged = |sends: VlanId| Wire::Tagged { sends, needs: sends.into() };
    assert_eq!(Some(two.uplinks_of(&after.host, vnic).wire), VlanId::new(100).map(tagged));
    assert_eq!(vnic.backing, SimBacking::Distributed(two.port_group_named("same").cloned().expect("there")));
    assert_eq!(told(&one, 2), ["com.vmware.vc.vm.SrcVmMigratedEvent"]);
    assert_eq!(told(&two, 0), ["com.vmware.vc.vm.DstVmMigratedEvent"]);
    assert_eq!(text(&newest(&two), "host.host"), to.as_str());
    assert_eq!(shown(&two, &id, "runtime.host"), to.as_str());
}

#[test]
fn the_start_event_has_the_targets_name_and_an_id_that_means_another_host_here() {
    let (mut one, two) = both(1);
    let (vm, to) = (id_of(&one, "vm00000"), host(&two, "vc2-esx2"));
    one.power_off(&vm).expect("on");
    one.start_relocation(&vm, &two, &to).expect("begun");
    let event = newest(&one);
    assert_eq!(told(&one, 2), ["VmBeingRelocatedEvent"], "a VM that is off");
    assert_eq!((text(&event, "destHost.name"), text(&event, "destHost.host")), ("vc2-esx2".to_owned(), to.to_string()));
    assert_eq!(one.host(&to).map(|host| host.name.as_str()), Some("vc1-esx2"));
}

#[test]
fn a_vm_that_does_not_get_there_stays_and_its_source_says_so() {
    let (mut one, two) = both(1);
    let (vm, to) = (id_of(&one, "vm00000"), host(&two, "vc2-esx1"));
    one.start_relocation(&vm, &two, &to).expect("begun");
    assert_eq!(one.finish_migration(&vm), Err(Refused::NotMigrating), "it has no place here to arrive at");
    one.fail_migration(&vm, "certificates").expect("under way");
    assert_eq!(told(&one, 2), ["com.vmware.vc.vm.SrcVmMigrateFailedEvent"]);
    assert!(one.vm(&vm).is_some_and(|vm| !vm.is_moving()));
    assert!(two.vms().next().is_none());
}

#[test]
fn a_vm_does_not_go_where_its_vlan_is_not() {
    let (mut one, mut two) = both(1);
    let group = two.port_group_named("same").cloned().expect("there");
    two.set_port_group_vlan(&group, SimVlan::Id(300)).expect("there");
    let (vm, to) = (id_of(&one, "vm00000"), host(&two, "vc2-esx1"));
    assert_eq!(one.start_relocation(&vm, &two, &to), Err(Refused::NoSuchPortGroup));
    assert!(one.vm(&vm).is_some_and(|vm| !vm.is_moving()));
}

#[test]
fn two_vcenters_can_be_had_at_once() {
    let (one, two_) = both(0);
    let mut all = BTreeMap::from([("vc1".to_owned(), one), ("vc2".to_owned(), two_)]);
    let (from, to) = two(&mut all, "vc2", "vc1").expect("both");
    assert_eq!((from.name(), to.name()), ("vc2", "vc1"));
    assert!(two(&mut all, "vc1", "vc1").is_none() && two(&mut all, "vc1", "vc9").is_none());
}
