//! Moves: ahead of them, into them, out of those that fail, and from a host that is lost.

use std::collections::BTreeSet;

use super::{
    end,
    hands::{AT_ONCE, COPY},
    inventory::{Inventory, Need},
    rig::Rig,
    running,
};

#[actix::test]
async fn vms_that_move_find_their_vlans_there() {
    let Some(mut rig) = running(&[]).await else { return };
    prepared_moves(&mut rig).await;
    a_move_of_a_vm_that_is_off(&mut rig).await;
    into_the_other_cluster(&mut rig).await;
    all_at_once(&mut rig).await;
    maintenance(&mut rig).await;
    end_of_a_host(&mut rig).await;
    end(rig).await;
}

/// Three moves at one time: one that fails, one by DRS away from a port with a line of somebody else's, and one by hand.
async fn prepared_moves(rig: &mut Rig) {
    rig.peer.control(COPY).await;
    let before = Inventory::read(&rig.peer).await;
    rig.peer.control("/fail-motion?n=1").await;
    let failing = rig.begin_move(&before, "DC0_C0_RP0_VM3", "DC0_C0_H2").await;
    let moving = rig.begin_move(&before, "DC0_C0_RP0_VM2", "DC0_C0_H3").await;
    let (vm, host) = (&before.vm("DC0_C1_RP0_VM0").id, before.host("DC0_C1_H1"));
    rig.peer.control(&format!("/drs?vm={vm}&host={host}")).await;
    rig.prepared(&before, "DC0_C0_RP0_VM3", "DC0_C0_H2").await;
    rig.prepared(&before, "DC0_C0_RP0_VM2", "DC0_C0_H3").await;
    rig.prepared(&before, "DC0_C1_RP0_VM0", "DC0_C1_H1").await;
    assert_eq!(rig.peer.outcome(&failing).await, "error");
    assert_eq!(rig.peer.outcome(&moving).await, "success");
    rig.arrived("DC0_C1_RP0_VM0", host).await;
    rig.check("three moves, one of which failed").await;
    rig.peer.control(AT_ONCE).await;
}

/// A VM that is off needs nothing where it goes, until it is powered on there.
async fn a_move_of_a_vm_that_is_off(rig: &mut Rig) {
    rig.operate("PowerOffVM_Task", "DC0_C0_RP0_VM1", "").await;
    let before = Inventory::read(&rig.peer).await;
    let task = rig.begin_move(&before, "DC0_C0_RP0_VM1", "DC0_C0_H0").await;
    assert_eq!(rig.peer.outcome(&task).await, "success");
    rig.check("a VM that is off was moved").await;
    rig.operate("PowerOnVM_Task", "DC0_C0_RP0_VM1", "").await;
    rig.check("it was powered on there").await;
}

/// `RelocateVM_Task` names host and pool, and is a vMotion as well.
async fn into_the_other_cluster(rig: &mut Rig) {
    let before = Inventory::read(&rig.peer).await;
    let native = ("VirtualMachine", before.vm("DC0_C1_RP0_VM0").id.as_str());
    let pool = rig.peer.one(native, &["resourcePool"]).await.text_of("resourcePool").to_owned();
    let host = before.host("DC0_C1_H3");
    let spec = format!(
        "<spec><pool type=\"ResourcePool\">{pool}</pool><host type=\"HostSystem\">{host}</host></spec>\
         <priority>defaultPriority</priority>"
    );
    rig.operate("RelocateVM_Task", "DC0_C0_RP0_VM7", &spec).await;
    rig.check("a VM went into the other cluster").await;
}

/// Moves that copy nothing leave no time to be first: whatever passed meanwhile, the trunks are right in the end.
async fn all_at_once(rig: &mut Rig) {
    for turn in 1..3 {
        let before = Inventory::read(&rig.peer).await;
        let mut tasks = Vec::new();
        for number in 0..7 {
            let host = format!("DC0_C0_H{}", (number + turn) % 4);
            tasks.push(rig.begin_move(&before, &format!("DC0_C0_RP0_VM{number}"), &host).await);
        }
        for task in tasks {
            assert_eq!(rig.peer.outcome(&task).await, "success");
        }
    }
    rig.check("fourteen moves without a copy phase").await;
}

/// A host in maintenance keeps what its ports have, also for a VM that goes off meanwhile; afterwards that lapses.
async fn maintenance(rig: &mut Rig) {
    let vm = "DC0_C1_RP0_VM5";
    let before = Inventory::read(&rig.peer).await;
    let host = before.vm(vm).host.clone();
    let kept = rig.kept.clone();
    rig.keep_what_stands_for(&before, &host);
    rig.peer.task("EnterMaintenanceMode_Task", ("HostSystem", &host), "<timeout>0</timeout>").await;
    rig.operate("PowerOffVM_Task", vm, "").await;
    rig.outlast("a VM went off at a host in maintenance").await;
    rig.kept = kept;
    rig.peer.task("ExitMaintenanceMode_Task", ("HostSystem", &host), "<timeout>0</timeout>").await;
    rig.check("the host is back").await;
}

/// A host is lost and its VMs start elsewhere: what stood for them at its ports stays.
async fn end_of_a_host(rig: &mut Rig) {
    let inventory = Inventory::read(&rig.peer).await;
    let (lost, other) = (inventory.vm("DC0_C0_RP0_VM1").host.clone(), inventory.host("DC0_C1_H0"));
    rig.keep_what_stands_for(&inventory, &lost);
    let moved: BTreeSet<Need> = inventory.needs_at("DC0_C0_RP0_VM1", other);
    rig.peer.control(&format!("/host-fail?host={lost}&to={other}")).await;
    rig.arrived("DC0_C0_RP0_VM1", other).await;
    rig.outlast("a host was lost").await;
    assert!(rig.passes(&moved));
    let now = Inventory::read(&rig.peer).await;
    assert!(now.hosts.get(&lost).is_some_and(|host| !host.connected));
}
