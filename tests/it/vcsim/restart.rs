//! A vCenter that restarts: with another certificate, without its sessions, and with its VMs elsewhere.
//!
//! The simulator always says that it is the same vCenter (its instance UUID is built in), so it is a vCenter that was
//! restored rather than one that was replaced.

use std::{collections::BTreeSet, fs};

use super::{end, found, inventory::Inventory, running};

#[actix::test]
async fn a_vcenter_that_comes_back_is_told_no_password_until_it_is_trusted_and_is_followed_then() {
    let Some(mut rig) = running(&[]).await else { return };
    let stood = rig.withdrawals();
    let other_ca = rig.other_file("other-ca.pem");
    rig.peer.restart(&other_ca).await;
    rig.spread(1).await;
    let lost = found(&rig, "vcenter-lost", "ca_file or fingerprint_sha256").await;
    assert!(lost.text.contains("nothing of its VMs is withdrawn"), "{lost:?}");
    rig.hold_down_passes().await;
    assert_eq!(rig.peer.count("Login").await, 0, "nobody is told a password whose certificate is not trusted");
    assert_eq!(rig.withdrawals(), stood, "nothing lapses with a vCenter");
    fs::copy(&other_ca, rig.ca()).expect("the administrator's word");
    rig.called("Login", 1).await;
    rig.check("a vCenter came back with its VMs elsewhere").await;
    assert!(rig.withdrawals() > stood, "every VM is accounted for: it runs elsewhere");
    restored(&mut rig).await;
    end(rig).await;
}

/// Its database is that of its first hour once more: a VM that was destroyed is back, one is where it was before.
async fn restored(rig: &mut super::Rig) {
    rig.operate("PowerOffVM_Task", "DC0_C0_RP0_VM2", "").await;
    rig.operate("Destroy_Task", "DC0_C0_RP0_VM2", "").await;
    rig.check("a VM was destroyed").await;
    let before: BTreeSet<String> = Inventory::read(&rig.peer).await.vms.into_keys().collect();
    rig.peer.restart(&rig.ca()).await;
    rig.spread(2).await;
    let after: BTreeSet<String> = Inventory::read(&rig.peer).await.vms.into_keys().collect();
    assert!(before.is_subset(&after) && after.contains("DC0_C0_RP0_VM2"));
    rig.called("Login", 1).await;
    rig.outlast("a vCenter was restored").await;
}
