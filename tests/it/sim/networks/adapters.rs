//! Adapters by what they are plugged into: uplinks and LAGs, ports of their own, tunnels, SR-IOV.

use vmtracker::lab::model::{dataplane::Verdict, vcenter::SimVlan};
use vmtracker_core::tracker::FindingKind;

use super::{super::fabric::secs, BUNDLE, FIRST, LATE, SECOND, SOON, floor};

#[test]
fn active_and_standby_uplinks_get_the_vlan_and_an_unused_one_does_not() {
    let group = |order: &str| {
        format!(
            "[[port_group]]\nname = \"net\"\nvlan = 30\n{order}\n[[vm]]\nname = \"web\"\nhost = \"esx1\"\n\
             port_groups = [\"net\"]\n"
        )
    };
    for (order, first, second) in [
        ("active = [\"Uplink 1\"]\nstandby = [\"Uplink 2\"]\nteaming = \"failover_explicit\"", true, true),
        ("active = [\"Uplink 2\"]\nteaming = \"loadbalance_loadbased\"", false, true),
        ("active = [\"Uplink 1\"]\nteaming = \"loadbalance_srcmac\"", true, false),
    ] {
        let mut sim = floor(&group(order));
        sim.comes_to_pass("web");
        let stands = (sim.allows("leaf", FIRST, 30), sim.allows("leaf", SECOND, 30));
        assert_eq!(stands, (first, second), "{order}");
    }
}

#[test]
fn a_lag_is_served_on_the_port_channel_of_its_members() {
    let mut sim = floor(
        "[[port_group]]\nname = \"net\"\nvlan = 30\nactive = [\"lag1\"]\nteaming = \"loadbalance_ip\"\n\
         [[vm]]\nname = \"web\"\nhost = \"esx2\"\nport_groups = [\"net\"]\n",
    );
    sim.comes_to_pass("web");
    assert!(sim.allows("leaf", BUNDLE, 30) && !sim.allows("leaf", "Ethernet1/5", 30));
    assert!(sim.findings(FindingKind::UnknownNeed).is_empty(), "{}", sim.told());
    sim.assert_rules();
}

#[test]
fn a_port_with_a_vlan_of_its_own_has_that_and_follows_its_change() {
    let mut sim = floor(
        "[[port_group]]\nname = \"net\"\nvlan = 30\nactive = [\"Uplink 1\"]\nport_vlans = true\n\
         [[vm]]\nname = \"web\"\nhost = \"esx1\"\nnics = [{ port_group = \"net\", port_vlan = 55 }]\n",
    );
    sim.comes_to_pass("web");
    assert!(sim.allows("leaf", FIRST, 55));
    sim.until("what only the group has goes", LATE, |sim| !sim.allows("leaf", FIRST, 30));
    assert_eq!(sim.frames_of("web"), Verdict::Passes);
    let web = sim.id_of("web");
    let key = sim.world.vcenters["vc1"].vm(&web).and_then(|vm| vm.vnics.first()).expect("an adapter").key;
    sim.in_vcenter(|vcenter| vcenter.set_port_vlan(&web, key, Some(SimVlan::Id(56))));
    sim.until("its port is asked for again", secs(900), |sim| sim.frames_of("web") == Verdict::Passes);
    sim.until("the old one goes", LATE, |sim| !sim.allows("leaf", FIRST, 55));
    assert!(sim.allows("leaf", FIRST, 56) && sim.findings(FindingKind::UnreadPort).is_empty(), "{}", sim.told());
    sim.assert_rules();
}

#[test]
fn vms_in_overlays_pass_when_the_tunnels_of_their_host_do() {
    let mut sim = floor(
        "[[port_group]]\nname = \"segment\"\nbacking = \"nsx\"\n[[port_group]]\nname = \"opaque\"\nbacking = \"opaque\"\n\
         [[vm]]\nname = \"web\"\nhost = \"esx1\"\nport_groups = [\"segment\"]\n\
         [[vm]]\nname = \"app\"\nhost = \"esx1\"\nport_groups = [\"segment\", \"opaque\"]\n",
    );
    sim.comes_to_pass("web");
    sim.comes_to_pass("app");
    assert!(sim.allows("leaf", FIRST, 50), "the VLAN of the tunnel's own port");
    let told = sim.findings(FindingKind::OverlayNetwork);
    assert_eq!(told.len(), 2, "one for each network: {told:?}");
    assert!(told.iter().all(|text| text.contains("transport VLAN") && text.contains("esx1 vmk10")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("2 VMs")), "{told:?}");
    assert!(sim.findings(FindingKind::UnknownNeed).is_empty(), "{}", sim.told());
    sim.assert_rules();
}

#[test]
fn an_sriov_adapter_is_served_on_its_own_pnic() {
    let mut sim = floor(
        "[[port_group]]\nname = \"net\"\nvlan = 30\nactive = [\"Uplink 2\"]\n\
         [[vm]]\nname = \"fast\"\nhost = \"esx1\"\npassthrough = true\nnics = [{ port_group = \"net\", sriov = \"vmnic0\" }]\n",
    );
    sim.comes_to_pass("fast");
    assert!(sim.allows("leaf", FIRST, 30) && !sim.allows("leaf", SECOND, 30), "{}", sim.told());
    assert!(sim.says(FindingKind::PassThrough, &["host esx1", "fast"]), "{}", sim.told());
}

#[test]
fn a_standard_port_group_with_4095_is_wide() {
    let mut sim = floor(
        "[[port_group]]\nname = \"legacy\"\nvlan = 4095\nvswitch = \"vSwitch0\"\nactive = [\"vmnic2\"]\n\
         [[vm]]\nname = \"web\"\nhost = \"esx2\"\nnics = [{ port_group = \"legacy\", guest_vlans = \"60\" }]\n",
    );
    sim.run(SOON);
    assert!(sim.says(FindingKind::WideTrunk, &["legacy", "4095"]), "{}", sim.told());
    assert!(!sim.allows("leaf", "Ethernet1/5", 60));
}
