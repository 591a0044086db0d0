//! What becomes of VMs: off and on, asleep, a template, copied, renamed, unregistered, destroyed.

use super::{
    end,
    inventory::{Inventory, Vm},
    rig::Rig,
    running,
};

#[actix::test]
async fn the_switches_follow_a_vcenter_we_did_not_write() {
    let Some(mut rig) = running(&[]).await else { return };
    power(&mut rig).await;
    template(&mut rig).await;
    clone(&mut rig).await;
    ends(&mut rig).await;
    a_service_that_was_away(&mut rig).await;
    end(rig).await;
}

/// A stop in order logs out; what happened meanwhile is made up for at the next start.
async fn a_service_that_was_away(rig: &mut Rig) {
    rig.stop_service().await;
    assert_eq!(rig.peer.count("Logout").await, rig.peer.count("Login").await, "whoever logged in has logged out");
    rig.operate("PowerOffVM_Task", "DC0_C0_RP0_VM0", "").await;
    let before = Inventory::read(&rig.peer).await;
    let task = rig.begin_move(&before, "DC0_C0_RP0_VM1", "DC0_C0_H3").await;
    assert_eq!(rig.peer.outcome(&task).await, "success");
    rig.run();
    rig.check("the service was away").await;
}

async fn power(rig: &mut Rig) {
    let vm = "DC0_C0_RP0_VM1";
    for (method, what) in [
        ("PowerOffVM_Task", "a power-off"),
        ("PowerOnVM_Task", "a power-on"),
        ("SuspendVM_Task", "a VM was suspended"),
        ("PowerOnVM_Task", "it was resumed"),
    ] {
        rig.operate(method, vm, "").await;
        rig.check(what).await;
    }
}

/// A template is off and needs nothing; made a VM again and powered on, it does.
async fn template(rig: &mut Rig) {
    let vm = "DC0_C0_RP0_VM2";
    let at = Inventory::read(&rig.peer).await.vm(vm).clone();
    let pool = rig.peer.one(("VirtualMachine", &at.id), &["resourcePool"]).await.text_of("resourcePool").to_owned();
    rig.operate("PowerOffVM_Task", vm, "").await;
    rig.peer.call("MarkAsTemplate", ("VirtualMachine", &at.id), "").await;
    rig.check("a VM became a template").await;
    let place = format!("<pool type=\"ResourcePool\">{pool}</pool><host type=\"HostSystem\">{}</host>", at.host);
    rig.peer.call("MarkAsVirtualMachine", ("VirtualMachine", &at.id), &place).await;
    rig.operate("PowerOnVM_Task", vm, "").await;
    rig.check("the template became a VM").await;
}

/// A copy keeps the VLAN when the VM that it was made of goes off: the simulator gives it the same adapter.
async fn clone(rig: &mut Rig) {
    let (vm, copy) = ("DC0_C0_RP0_VM3", "copy");
    let at = Inventory::read(&rig.peer).await.vm(vm).clone();
    let folder = rig.peer.one(("VirtualMachine", &at.id), &["parent"]).await.text_of("parent").to_owned();
    let spec = format!(
        "<folder type=\"Folder\">{folder}</folder><name>{copy}</name>\
         <spec><location/><template>false</template><powerOn>false</powerOn></spec>"
    );
    rig.operate("CloneVM_Task", vm, &spec).await;
    rig.operate("PowerOnVM_Task", copy, "").await;
    rig.operate("PowerOffVM_Task", vm, "").await;
    rig.outlast("a copy took over").await;
    rig.operate("Rename_Task", copy, "<newName>renamed</newName>").await;
    rig.operate("PowerOffVM_Task", "renamed", "").await;
    rig.check("both are off").await;
    let Vm { id, .. } = Inventory::read(&rig.peer).await.vm("renamed").clone();
    rig.peer.call("UnregisterVM", ("VirtualMachine", &id), "").await;
    rig.operate("PowerOnVM_Task", vm, "").await;
    rig.check("the copy was unregistered").await;
}

async fn ends(rig: &mut Rig) {
    rig.operate("PowerOffVM_Task", "DC0_C1_RP0_VM6", "").await;
    rig.operate("Destroy_Task", "DC0_C1_RP0_VM6", "").await;
    rig.check("a VM was destroyed").await;
}
