//! Update sets that are cut into pieces by the server, and other versions of the API.

use super::{end, hands::AT_ONCE, inventory::Inventory, rig::Rig, running};

#[actix::test]
async fn one_object_in_a_set_is_enough() {
    check(&["-max-updates", "1"]).await;
}

#[actix::test]
async fn a_vcenter_8_that_sends_whole_inventories_in_one_set_is_followed() {
    check(&["-api-version", "8.0.2.0", "-max-updates", "100000"]).await;
}

async fn check(flags: &[&str]) {
    let Some(mut rig) = running(flags).await else { return };
    moves(&rig).await;
    rig.operate("PowerOffVM_Task", "DC0_C1_RP0_VM6", "").await;
    rig.operate("Destroy_Task", "DC0_C1_RP0_VM6", "").await;
    rig.outlast("moves and a destroyed VM").await;
    assert_eq!(rig.peer.count("Login").await, 1, "one session was enough");
    end(rig).await;
}

/// Several VMs change at one time, so that there is something to cut.
async fn moves(rig: &Rig) {
    rig.peer.control(AT_ONCE).await;
    let before = Inventory::read(&rig.peer).await;
    let mut tasks = Vec::new();
    for number in 0..8 {
        let host = format!("DC0_C0_H{}", (number + 1) % 4);
        tasks.push(rig.begin_move(&before, &format!("DC0_C0_RP0_VM{number}"), &host).await);
    }
    for task in tasks {
        assert_eq!(rig.peer.outcome(&task).await, "success");
    }
}
