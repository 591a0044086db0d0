//! A VLAN that exists and is not active.

use vmtracker_core::tracker::FindingKind;

use super::rig::{BUNDLE, BUNDLED, FAR, FIRST, LONE, Plan, RELEASE, secs, vlan};

#[test]
fn a_vlan_suspended_on_one_peer_is_dark_on_the_vpc_and_told_and_nothing_is_taken_away() {
    let mut rig = Plan::pairs(2).vm("web", BUNDLED, 105).vm("db", FAR, 107).play();
    assert!(rig.passes("web"));
    rig.types("leaf1b", &["vlan 105", "state suspend"]);
    assert!(!rig.passes("web"), "a VLAN that one peer does not have active passes neither leg");
    rig.until(secs(200), "who suspends it is told", |rig| {
        rig.told(FindingKind::Suspended, "leaf1a port-channel102 VLAN 105", "suspended or shut down on leaf1b")
    });
    assert!(!rig.ready("leaf1a", BUNDLE, 105));
    rig.run(RELEASE);
    assert!(rig.both_allow(BUNDLE, 105), "it is needed, so it stays");
    assert!(rig.passes("db"), "nobody else is concerned");
    rig.types("leaf1b", &["vlan 105", "state active"]);
    assert!(rig.passes("web"));
    rig.until(secs(130), "the finding is gone", |rig| !rig.tells(FindingKind::Suspended));
    assert!(rig.ready("leaf1a", BUNDLE, 105));
    rig.assert_lawful();
}

#[test]
fn a_vm_that_moves_to_where_its_vlan_is_suspended_is_unmet_there_and_its_old_ports_keep_it() {
    let mut plan = Plan::pairs(2).vm("web", LONE, 106);
    plan.switch("leaf2a").vlans.insert(vlan(106));
    let mut rig = plan.play();
    rig.types("leaf2a", &["vlan 106", "state suspend"]);
    rig.run(secs(70));
    rig.move_vm("web", FAR);
    assert!(!rig.passes("web"), "leaf2a does not pass it");
    rig.run(RELEASE);
    assert!(rig.allows("leaf2b", FIRST, 106), "the other port has it");
    assert!(!rig.ready("leaf2a", FIRST, 106));
    rig.until(secs(300), "somebody is told", |rig| {
        rig.told(FindingKind::Suspended, "leaf2a Ethernet1/1 VLAN 106", "it is suspended or shut down on leaf2a")
    });
    assert!(rig.both_allow(FIRST, 106), "the VM may have to go back to where it passed");
    rig.types("leaf2a", &["vlan 106", "state active"]);
    assert!(rig.until(secs(400), "it passes", |rig| rig.passes("web")) < secs(400));
    rig.until(RELEASE * 3, "the old ports are released", |rig| rig.neither_allows(FIRST, 106));
    rig.assert_lawful();
}

#[test]
fn a_vlan_that_an_operator_deletes_under_running_vms_is_created_again() {
    for host in [LONE, BUNDLED] {
        let mut rig = Plan::pairs(2).vm("web", host, 106).play();
        rig.types("leaf1a", &["no vlan 106"]);
        assert!(!rig.passes("web"), "without the VLAN nothing passes");
        rig.until(secs(75), "it is seen within a minute, and created again", |rig| rig.passes("web"));
        rig.types("leaf1a", &["no vlan 106"]);
        rig.run(secs(70));
        rig.until(secs(400), "a second time it takes longer", |rig| rig.passes("web"));
        assert_eq!(rig.dark("web", RELEASE), secs(0));
        rig.assert_lawful();
    }
}
