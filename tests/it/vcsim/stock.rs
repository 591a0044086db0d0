//! The simulator as VMware wrote it: no cables, one version for all, no pages, and a crash where a VM goes too fast.
//!
//! Its hosts have no uplinks in the distributed switch and hear nobody, so nothing can be put on a switch. What the
//! service understood is seen in its findings.

use tokio::time::{sleep, timeout};

use super::{
    end, findings, found,
    hands::edit_adapter,
    inventory::Inventory,
    names,
    peer::{GLANCE, PATIENCE},
    rig,
    rig::Rig,
};

#[actix::test]
async fn the_simulator_as_vmware_wrote_it_is_followed_and_nothing_is_written_for_it() {
    let Some(mut rig) = rig(&["-stock"]).await else { return };
    rig.run();
    plug(&rig, "DC0_C0_RP0_VM1").await;
    found(&rig, "unknown-need", "DC0_C0_RP0_VM1").await;
    rig.operate("Rename_Task", "DC0_C0_RP0_VM1", "<newName>renamed</newName>").await;
    found(&rig, "unknown-need", "renamed").await;
    rig.operate("PowerOffVM_Task", "renamed", "").await;
    gone(&rig, "renamed").await;
    // Where the simulator sees both in one of its quarters of a second, it crashes in the service's wait.
    rig.operate("PowerOffVM_Task", "DC0_C1_RP0_VM6", "").await;
    rig.operate("Destroy_Task", "DC0_C1_RP0_VM6", "").await;
    survived(&rig).await;
    assert!(rig.peer.other_sessions().await.len() <= 1, "a session was left behind");
    assert_eq!(rig.writes(), 0, "there is nothing to write");
    end(rig).await;
}

/// Plugs a VM's adapter into a distributed port group: no adapter of the simulator's is plugged.
async fn plug(rig: &Rig, vm: &str) {
    let inventory = Inventory::read(&rig.peer).await;
    let spec = edit_adapter(inventory.vm(vm), inventory.group("DC0_DVPG1"), true);
    rig.operate("ReconfigVM_Task", vm, &spec).await;
}

/// With a crash the simulator loses what else changed in that moment: a change that is told again and again is heard.
async fn survived(rig: &Rig) {
    let heard = timeout(PATIENCE, async {
        while findings(rig).await.iter().all(|finding| !names(finding, "DC0_C1_RP0_VM7")) {
            plug(rig, "DC0_C1_RP0_VM7").await;
            sleep(GLANCE).await;
        }
    });
    heard.await.unwrap_or_else(|_| panic!("nothing is heard after a crash\n{}", rig.said()));
}

/// Waits until no finding speaks of this any more.
async fn gone(rig: &Rig, name: &str) {
    let gone = timeout(PATIENCE, async {
        while findings(rig).await.iter().any(|finding| names(finding, name)) {
            sleep(GLANCE).await;
        }
    });
    gone.await.unwrap_or_else(|_| panic!("{name} is still spoken of\n{}", rig.said()));
}
