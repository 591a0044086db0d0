//! Port groups by their VLANs: ranges, wide ones, private VLANs, VLAN 0 and the native VLAN.

use vmtracker::lab::model::dataplane::{Dark, Verdict};
use vmtracker_core::tracker::{FindingKind, WideTrunks};

use super::{
    super::fabric::{port, secs},
    FIRST, FLOOR, LATE, SECOND, SOON, built, decided, floor,
};

/// A port group `net` on the first uplink, and a VM `web` on `esx1` that tags these itself.
fn tagging(vlan: &str, guest: &str) -> String {
    format!(
        "[[port_group]]\nname = \"net\"\nvlan = {vlan}\nactive = [\"Uplink 1\"]\n[[vm]]\nname = \"web\"\nhost = \"esx1\"\n\
         nics = [{{ port_group = \"net\", guest_vlans = \"{guest}\" }}]\n"
    )
}

fn plain(vlan: &str) -> String {
    format!(
        "[[port_group]]\nname = \"net\"\n{vlan}\nactive = [\"Uplink 1\"]\n[[vm]]\nname = \"web\"\nhost = \"esx1\"\n\
         port_groups = [\"net\"]\n"
    )
}

#[test]
fn a_guest_that_tags_gets_all_vlans_of_its_ranges() {
    let mut sim = floor(&tagging("\"30-32,40\"", "31,40"));
    sim.comes_to_pass("web");
    assert_eq!(sim.allowed(FIRST, &[29, 30, 31, 32, 33, 40]), [30, 31, 32, 40]);
    let web = sim.id_of("web");
    sim.in_vcenter(|vcenter| vcenter.power_off(&web));
    sim.until("they go", LATE, |sim| sim.allowed(FIRST, &[30, 31, 32, 40]).is_empty());
    sim.assert_rules();
}

#[test]
fn a_wide_range_is_refused_without_consent_and_bounded_with_it() {
    let mut sim = floor(&tagging("\"0-4094\"", "31"));
    sim.run(SOON);
    assert!(matches!(sim.frames_of("web"), Verdict::Dark(Dark::NotForwarded(_))));
    assert!(sim.says(FindingKind::WideTrunk, &["net", "4094", "allowed-vlans"]), "{}", sim.told());
    assert!(sim.allowed(FIRST, &[2, 31, 100]).is_empty());
    let mut sim = decided(&tagging("\"0-4094\"", "31"), |policy| {
        policy.vcenters.values_mut().for_each(|own| own.allowed = "30-35".parse().ok());
        policy.vcenters.values_mut().for_each(|own| own.wide_trunks = Some(WideTrunks::AllowedVlans));
    });
    sim.comes_to_pass("web");
    assert_eq!(sim.allowed(FIRST, &[29, 30, 31, 35, 36]), [30, 31, 35]);
    assert!(sim.findings(FindingKind::WideTrunk).is_empty());
    sim.assert_rules();
}

#[test]
fn a_private_vlan_passes_with_its_primary() {
    let mut sim = floor(&plain("private_vlan = 101"));
    sim.comes_to_pass("web");
    assert_eq!(sim.allowed(FIRST, &[100, 101, 102]), [100, 101]);
    let mut sim = floor(&plain("private_vlan = 100"));
    sim.comes_to_pass("web");
    assert_eq!(sim.allowed(FIRST, &[100, 101, 102]), [100, 101, 102]);
}

#[test]
fn an_untagged_vm_whose_native_vlan_does_not_pass_is_a_finding_with_the_line_that_mends_it() {
    let without = FLOOR.replace("name = \"Ethernet1/1\", allowed = \"1\"", "name = \"Ethernet1/1\", allowed = \"5\"");
    let mut sim = built(&(without + &plain("vlan = 0")), |_| {});
    let line = "interface Ethernet1/1 ; switchport trunk allowed vlan add 1";
    let words = ["leaf Ethernet1/1", "native VLAN 1", line];
    sim.until("it is told", secs(180), |sim| sim.says(FindingKind::NativeVlan, &words));
    assert!(matches!(sim.frames_of("web"), Verdict::Dark(Dark::NoNative(_))), "{:?}", sim.frames_of("web"));
    let native = 1.try_into().expect("a VLAN");
    sim.type_on_port("leaf", port(FIRST), native, "add");
    sim.comes_to_pass("web");
    sim.until("the finding goes", LATE, |sim| sim.findings(FindingKind::NativeVlan).is_empty());
    sim.assert_rules();
}

#[test]
fn a_vm_that_needs_the_native_vlan_tagged_is_a_finding() {
    let native = FLOOR
        .replace("name = \"Ethernet1/1\", allowed = \"1\"", "name = \"Ethernet1/1\", allowed = \"1\", native = 20");
    let mut sim = built(&(native + &plain("vlan = 20")), |_| {});
    sim.run(secs(180));
    assert!(matches!(sim.frames_of("web"), Verdict::Dark(Dark::IsNative(_))), "{:?}", sim.frames_of("web"));
    assert!(sim.says(FindingKind::NativeTagged, &["leaf Ethernet1/1 VLAN 20", "web"]), "{}", sim.told());
    assert!(!sim.allows("leaf", SECOND, 20));
    sim.assert_rules();
}
