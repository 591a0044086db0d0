//! What others do on the same switches meanwhile: hosts that nobody manages, a firewall, operators.

use vmtracker::lab::topology::PortRow;
use vmtracker_core::{
    net::{InterfaceName, MacAddr},
    tracker::FindingKind,
};

use super::rig::{BUNDLE, BUNDLED, FAR, FIRST, LONE, Plan, RELEASE, secs, vlan};

/// The port of a firewall.
const FIREWALL: InterfaceName = InterfaceName::Ethernet(1, 40);

#[test]
fn a_vlan_with_an_unmanaged_address_on_its_port_is_kept_and_told_until_the_address_is_gone() {
    let stranger: MacAddr = "02:99:00:00:00:01".parse().expect("an address");
    for (host, port, heard_on) in [(LONE, FIRST, "leaf1b"), (BUNDLED, BUNDLE, "leaf1b"), (BUNDLED, BUNDLE, "leaf1a")] {
        let mut rig = Plan::pairs(2).vm("web", host, 106).play();
        let now = rig.sim.now;
        assert!(rig.device(heard_on).learn(stranger, vlan(106), port, now), "its frames pass");
        assert_eq!(rig.move_vm("web", FAR), secs(0));
        rig.run(RELEASE);
        assert!(rig.allows(heard_on, port, 106), "somebody speaks there whom no vCenter knows");
        assert!(rig.passing(heard_on, port, 106));
        let subject = format!("{heard_on} {port} VLAN 106");
        assert!(rig.told(FindingKind::WithdrawalBlocked, &subject, "0299.0000.0001"), "{:#?}", rig.snapshot().findings);
        if host == BUNDLED {
            assert!(rig.both_allow(port, 106), "a vPC is one edge port");
        } else {
            assert!(!rig.allows("leaf1a", port, 106), "the other port has nobody");
        }
        rig.device(heard_on).forget(stranger);
        rig.until(RELEASE * 2, "it goes with the last who spoke", |rig| rig.neither_allows(port, 106));
        assert!(rig.passes("web") && !rig.tells(FindingKind::WithdrawalBlocked));
        rig.assert_lawful();
    }
}

#[test]
fn a_firewall_in_a_vlan_that_we_created_goes_on_passing_after_our_vms_have_left() {
    let mut plan = Plan::pairs(2).vm("web", LONE, 106).vm("db", FAR, 106);
    plan.switch("leaf1a").ports.push(PortRow { trunk: false, ..PortRow::trunk(FIREWALL) });
    let mut rig = plan.play();
    assert!(rig.device("leaf1a").vlans().contains_key(&vlan(106)), "we created it");
    rig.types("leaf1a", &[&format!("interface {FIREWALL}"), "switchport access vlan 106"]);
    assert_eq!(rig.device("leaf1a").untagged(FIREWALL), Some(vlan(106)), "the firewall passes");
    for vm in ["web", "db"] {
        rig.operate(vm, |vcenter, vm| vcenter.power_off(vm));
        rig.operate(vm, |vcenter, vm| vcenter.destroy_vm(vm));
    }
    rig.until(RELEASE, "the edge ports lose it", |rig| rig.neither_allows(FIRST, 106));
    for _ in 0..6 {
        rig.run(secs(600));
        assert_eq!(rig.device("leaf1a").untagged(FIREWALL), Some(vlan(106)), "the VLAN is there for good");
    }
    for leaf in ["leaf1a", "leaf1b", "leaf2a", "leaf2b"] {
        assert!(rig.device(leaf).vlans().contains_key(&vlan(106)), "{leaf}");
    }
    rig.assert_lawful();
}

#[test]
fn what_an_operator_adds_by_hand_stays_and_what_he_removes_and_is_needed_comes_back() {
    for (host, port) in [(LONE, FIRST), (BUNDLED, BUNDLE)] {
        let mut rig = Plan::pairs(2).vm("web", host, 106).vm("db", FAR, 108).play();
        // Before a VM needs it, and where none does.
        for leaf in ["leaf1a", "leaf1b"] {
            rig.types(leaf, &["vlan 108,120"]);
            rig.lists(leaf, port, "add", 108);
            rig.lists(leaf, port, "add", 120);
        }
        rig.run(secs(2));
        assert_eq!(rig.move_vm("db", host), secs(0));
        // What a VM needs, on one side.
        rig.lists("leaf1b", port, "remove", 106);
        rig.until(secs(400), "it is put back", |rig| rig.allows("leaf1b", port, 106) && rig.passes("web"));
        // While the controller writes.
        rig.start_move("web", FAR);
        rig.lists("leaf2a", FIRST, "add", 121);
        rig.run(secs(1));
        rig.lists("leaf2a", FIRST, "remove", 121);
        rig.run(secs(6));
        assert!(rig.passes("web") && rig.passes("db"));
        rig.move_vm("db", FAR);
        rig.until(RELEASE * 2, "ours goes", |rig| rig.neither_allows(port, 106));
        rig.run(RELEASE);
        assert!(rig.both_allow(port, 108) && rig.both_allow(port, 120), "his stays, though we needed it for a while");
        assert!(rig.passes("web") && rig.passes("db"));
        rig.assert_lawful();
    }
}
