//! Edge ports that spanning tree does not take for such.

use vmtracker_core::tracker::FindingKind;

use super::rig::{FAR, FIRST, LONE, Plan, RELEASE, secs, vlan};

#[test]
fn a_vlan_on_a_trunk_that_is_no_edge_is_ready_only_after_two_forward_delays() {
    let mut plan = Plan::pairs(2).vm("web", LONE, 106);
    for leaf in ["leaf2a", "leaf2b"] {
        plan.port(leaf, FIRST).edge = Some(false);
        plan.switch(leaf).vlans.insert(vlan(106));
    }
    let mut rig = plan.play();
    rig.start_move("web", FAR);
    rig.until(secs(3), "it is put there before the VM comes", |rig| rig.allows("leaf2a", FIRST, 106));
    assert!(!rig.passing("leaf2a", FIRST, 106), "and does not pass yet");
    for _ in 0..280 {
        assert!(!rig.ready("leaf2a", FIRST, 106), "told as unmet while it learns");
        assert!(!rig.passing("leaf2a", FIRST, 106));
        rig.run(secs(1) / 10);
    }
    assert!(rig.both_allow(FIRST, 106), "the old ports keep it past the hold-down, for the new ones do not pass it");
    rig.until(secs(4), "it passes", |rig| rig.passes("web"));
    let late = rig.until(secs(61), "and that is seen", |rig| rig.ready("leaf2a", FIRST, 106));
    assert!(late <= secs(61));
    assert!(!rig.tells(FindingKind::Suspended), "what ends by itself is no finding");
    rig.until(RELEASE, "then the old ports are released", |rig| rig.neither_allows(FIRST, 106));
    assert!(rig.passes("web"));
    rig.assert_lawful();
}
