//! A vCenter that is replaced: another certificate, another identity, another inventory at the same address.

use std::fs;

use super::{end, findings, found, inventory::Inventory, running};

#[actix::test]
async fn another_vcenter_at_the_same_address_is_believed_only_once_it_is_trusted_and_releases_nothing() {
    let Some(mut rig) = running(&[]).await else { return };
    let before = Inventory::read(&rig.peer).await;
    let stood = rig.withdrawals();
    let other_ca = rig.other_file("other-ca.pem");
    rig.peer.restart(&other_ca).await;
    for host in before.hosts.keys() {
        rig.keep_what_stands_for(&before, host);
    }
    // The new one's VMs are at other hosts than the old one's.
    rig.spread(1).await;
    let lost = found(&rig, "vcenter-lost", "certificate").await;
    assert!(lost.subject.contains("vcsim"), "{lost:?}");
    assert_eq!(rig.peer.count("Login").await, 0, "nobody is told a password whose certificate is not trusted");
    assert_eq!(rig.withdrawals(), stood, "nothing lapses with a vCenter");
    fs::copy(&other_ca, rig.ca()).expect("the administrator's file");
    rig.called("Login", 1).await;
    rig.outlast("another vCenter").await;
    assert_eq!(rig.withdrawals(), stood, "what the old one's VMs needed stays");
    println!("{:#?}", findings(&rig).await);
    end(rig).await;
}
