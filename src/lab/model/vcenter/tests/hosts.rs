//! Hosts that fail, boot, sleep, are emptied, go and come back; and what DRS recommends.

use super::{
    moves::{host, shown, told},
    *,
};

const fn s(seconds: u64) -> LabTime {
    LabTime::from_secs(seconds)
}

/// Property paths of a host as text.
fn runtime(vcenter: &Vcenter, host: &MoId) -> [String; 3] {
    ["connectionState", "powerState", "inMaintenanceMode"].map(|path| shown(vcenter, host, &format!("runtime.{path}")))
}

fn at(vcenter: &Vcenter, vm: &MoId) -> MoId {
    vcenter.vm(vm).map(|vm| vm.host.clone()).expect("there")
}

#[test]
fn ha_restarts_what_ran_on_a_failed_host_and_says_so_only_afterwards() {
    let mut vcenter = vcenter(3);
    let (one, two) = (host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    let (runs, off) = (id_of(&vcenter, "vm00000"), id_of(&vcenter, "vm00002"));
    vcenter.power_off(&off).expect("on");
    let before = told(&vcenter, 0).len();
    vcenter.fail_host_with_ha(&one, s(30)).expect("it had power");
    assert_eq!(told(&vcenter, before), ["HostConnectionLostEvent", "com.vmware.vc.HA.DasHostFailedEvent"]);
    assert_eq!(runtime(&vcenter, &one), ["notResponding", "unknown", "false"]);
    assert_eq!(shown(&vcenter, &runs, "runtime.vmFailoverInProgress"), "true");
    assert_eq!(shown(&vcenter, &runs, "runtime.connectionState"), "disconnected");
    vcenter.finish_due(s(29));
    assert_eq!(at(&vcenter, &runs), one, "nothing is announced");
    vcenter.finish_due(s(30));
    assert_eq!((at(&vcenter, &runs), at(&vcenter, &off)), (two.clone(), one));
    assert_eq!(shown(&vcenter, &runs, "runtime.host"), two.as_str());
    assert_eq!(shown(&vcenter, &runs, "runtime.vmFailoverInProgress"), "false");
    assert_eq!(told(&vcenter, before + 2), ["com.vmware.vc.ha.VmRestartedByHAEvent"; 2]);
}

#[test]
fn a_host_that_is_back_before_ha_acted_has_its_vms_off() {
    let mut vcenter = vcenter(1);
    let (vm, one) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx1"));
    vcenter.fail_host_with_ha(&one, s(30)).expect("it had power");
    vcenter.power_up_host(&one).expect("it had none");
    assert_eq!(shown(&vcenter, &vm, "runtime.powerState"), "poweredOff");
    vcenter.finish_due(s(60));
    assert_eq!(at(&vcenter, &vm), one);
}

#[test]
fn a_move_ends_with_the_host_that_it_leaves_or_goes_to() {
    for name in ["esx1", "esx2"] {
        let mut vcenter = vcenter(1);
        let (vm, to) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx2"));
        vcenter.run_move(&vm, &to, MoveKind::VMotion).expect("begun");
        let dying = host(&vcenter, name);
        vcenter.cut_power(&dying).expect("it had power");
        assert!(told(&vcenter, 0).ends_with(&["VmFailedMigrateEvent"]), "{name}");
        vcenter.finish_due(s(60));
        assert_eq!(at(&vcenter, &vm), host(&vcenter, "esx1"), "{name}");
    }
}

#[test]
fn an_isolated_host_runs_on_and_ends_its_copies_when_it_is_back() {
    let mut vcenter = vcenter(2);
    let (one, two) = (host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    let (stays, restarted) = (id_of(&vcenter, "vm00000"), id_of(&vcenter, "vm00001"));
    vcenter.isolate_host(&one).expect("there");
    assert_eq!(runtime(&vcenter, &one)[0], "notResponding");
    assert!(vcenter.host(&one).is_some_and(|host| host.powered));
    vcenter.restart_elsewhere(&restarted, &two).expect("there");
    let copy = |vcenter: &Vcenter, vm: &MoId| vcenter.vm(vm).and_then(|vm| vm.copy_on.clone());
    assert_eq!((copy(&vcenter, &stays), copy(&vcenter, &restarted)), (None, Some(one.clone())));
    vcenter.set_host_connection(&one, SimConnection::Connected).expect("there");
    assert_eq!(copy(&vcenter, &restarted), None);
    assert_eq!(shown(&vcenter, &stays, "runtime.powerState"), "poweredOn");
}

#[test]
fn a_host_that_boots_comes_back_with_what_it_had_and_nothing_running() {
    let mut vcenter = vcenter(1);
    let (vm, one) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx1"));
    let kernels = |vcenter: &Vcenter| vcenter.host(&one).map(|host| host.vmkernels.len());
    let before = kernels(&vcenter);
    vcenter.reboot_host(&one, s(600)).expect("it had power");
    assert_eq!(runtime(&vcenter, &one)[0], "notResponding");
    assert_eq!(vcenter.next_deadline(), Some(s(600)));
    vcenter.finish_due(s(600));
    assert_eq!(runtime(&vcenter, &one), ["connected", "poweredOn", "false"]);
    assert_eq!(told(&vcenter, 0), ["HostConnectionLostEvent", "HostConnectedEvent"]);
    assert_eq!(shown(&vcenter, &vm, "runtime.powerState"), "poweredOff");
    assert_eq!(kernels(&vcenter), before);
}

#[test]
fn only_an_empty_host_goes_to_standby_and_it_comes_back() {
    let mut vcenter = vcenter(1);
    let (one, two) = (host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    assert_eq!(vcenter.enter_standby(&one), Err(Refused::HostInUse));
    vcenter.enter_standby(&two).expect("empty");
    assert_eq!(runtime(&vcenter, &two), ["notResponding", "standBy", "false"]);
    assert!(vcenter.host(&two).is_some_and(|host| !host.powered));
    vcenter.exit_standby(&two).expect("in standby");
    assert_eq!(runtime(&vcenter, &two), ["connected", "poweredOn", "false"]);
    let standby = ["EnteringStandbyModeEvent", "EnteredStandbyModeEvent", "ExitingStandbyModeEvent"];
    assert_eq!(told(&vcenter, 0), [&standby[..], &["HostConnectedEvent", "ExitedStandbyModeEvent"]].concat());
}

#[test]
fn maintenance_is_entered_when_the_last_running_vm_has_left() {
    let mut vcenter = vcenter(3);
    vcenter.copy_phase = s(4);
    let (one, two) = (host(&vcenter, "esx1"), host(&vcenter, "esx2"));
    let (stays, off) = (id_of(&vcenter, "vm00001"), id_of(&vcenter, "vm00002"));
    vcenter.power_off(&off).expect("on");
    vcenter.start_maintenance(&one).expect("it takes VMs");
    assert_eq!(runtime(&vcenter, &one)[2], "false", "not while it enters");
    vcenter.fail_migration(&stays, "no").expect("under way");
    vcenter.finish_due(s(4));
    assert_eq!(runtime(&vcenter, &one)[2], "false", "one VM is still there");
    vcenter.run_move(&stays, &two, MoveKind::Drs).expect("begun");
    vcenter.finish_due(s(8));
    assert_eq!(runtime(&vcenter, &one)[2], "true");
    assert!(told(&vcenter, 0).ends_with(&["DrsVmMigratedEvent", "EnteredMaintenanceModeEvent"]));
    assert_eq!(at(&vcenter, &off), one, "what is off stays");
    vcenter.set_maintenance(&one, false).expect("there");
    assert!(vcenter.host(&one).is_some_and(SimHost::takes_vms));
}

#[test]
fn a_host_that_is_added_again_is_another_object_with_the_same_adapters() {
    let mut vcenter = vcenter(1);
    let (vm, one) = (id_of(&vcenter, "vm00000"), host(&vcenter, "esx1"));
    let pnics = |vcenter: &Vcenter, id: &MoId| {
        vcenter.host(id).map(|host| host.pnics.iter().map(|pnic| pnic.mac).collect::<Vec<_>>())
    };
    let (macs, uuid) = (pnics(&vcenter, &one), vcenter.vm(&vm).map(|vm| vm.instance_uuid.clone()));
    vcenter.remove_host(&one).expect("there");
    assert!(vcenter.host_named("esx1").is_none() && vcenter.vm(&vm).is_none());
    let (again, _) = vcenter.add_host_back("esx1").expect("it was removed");
    assert_ne!(again, one);
    assert_eq!(pnics(&vcenter, &again), macs);
    let vm = id_of(&vcenter, "vm00000");
    assert_eq!((at(&vcenter, &vm), vcenter.vm(&vm).map(|vm| vm.instance_uuid.clone())), (again, uuid));
    assert_eq!(vcenter.add_host_back("esx1"), Err(Refused::NoSuchHost));
}

#[test]
fn a_recommendation_is_listed_until_somebody_decides() {
    let mut client = Client::watching(vcenter(2));
    let vcenter = &mut client.vcenter;
    let (one, two) = (host(vcenter, "esx1"), host(vcenter, "esx2"));
    let (vm, other) = (id_of(vcenter, "vm00000"), id_of(vcenter, "vm00001"));
    let cluster = vcenter.host(&one).map(|host| host.cluster.clone()).expect("there");
    let (first, _) = vcenter.recommend(&vm, &two).expect("the same cluster");
    let (second, _) = vcenter.recommend(&other, &two).expect("the same cluster");
    let listed = |vcenter: &Vcenter| {
        let property = vcenter.property(&cluster, "recommendation").expect("readable").expect("set");
        items(&Value::Object("", vec![("all", property)]), "all")
    };
    let all = listed(vcenter);
    let migration = items(all.first().expect("listed"), "action").remove(0).at("drsMigration").expect("a migration");
    let ends = ["vm", "source", "destination"].map(|path| text(&migration, path));
    assert_eq!(ends, [vm.to_string(), one.to_string(), two.to_string()]);
    vcenter.cancel_recommendation(&second).expect("listed");
    assert_eq!(listed(vcenter).len(), 1);
    client.call("ApplyRecommendation", cluster.as_str(), vec![node("key", &first)]);
    let vcenter = &mut client.vcenter;
    assert!(listed(vcenter).is_empty() && vcenter.vm(&vm).is_some_and(SimVm::is_moving));
    vcenter.finish_due(s(60));
    assert_eq!(at(vcenter, &vm), two);
    assert!(told(vcenter, 0).ends_with(&["DrsVmMigratedEvent"]));
    assert_eq!(vcenter.apply_recommendation(&first), Err(Refused::NoSuchRecommendation));
}
