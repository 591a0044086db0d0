//! Custom attributes in vCenter: those of a port group narrow what is added, findings stand on VMs, and without a word in
//! the configuration none of them is looked at.

use vmtracker::lab::{
    model::{dataplane::Verdict, vcenter::Role},
    topology::{Topology, USER},
};
use vmtracker_core::net::MoId;

use crate::site::Site;

const SHOWN: &str = "vmtracker.findings";

/// Each host has one VM, in the VLAN of its name.
fn topology() -> Topology {
    let vlans = [30, 40, 50];
    let ports: Vec<String> =
        vlans.iter().map(|vlan| format!("{{ name = 'Ethernet1/{vlan}', allowed = '5' }}")).collect();
    let mut text = format!("[[switch]]\nname = 'leaf1'\nvlans = '1,5'\nport = [{}]\n", ports.join(", "));
    text += "[[vcenter]]\nname = 'vc1'\n";
    for vlan in vlans {
        text += &format!(
            "[[host]]\nname = 'esx{vlan}'\n\
             pnics = [{{ device = 'vmnic0', switch = 'leaf1', port = 'Ethernet1/{vlan}', uplink = 'Uplink 1' }}]\n\
             [[port_group]]\nname = 'net{vlan}'\nvlan = {vlan}\n\
             [[vm]]\nname = 'vm{vlan}'\nhost = 'esx{vlan}'\nport_groups = ['net{vlan}']\n"
        );
    }
    Topology::parse(&text).expect("a good file")
}

fn site(keys: &[&str]) -> Site {
    let site = Site::new(&topology());
    site.configure_device("vcenter", "vc1", |row| {
        for key in keys {
            row.insert((*key).to_owned(), true.into());
        }
    });
    site
}

fn passes(site: &Site, vm: &str) -> bool {
    site.verdict("vc1", vm) == Verdict::Passes
}

fn allowed(site: &Site, port: u16) -> String {
    let port = format!("Ethernet1/{port}").parse().expect("a port");
    site.world.look(|world, _| world.switches["leaf1"].allowed(port).to_string())
}

/// Somebody sets an attribute of a port group by hand.
fn steer(site: &Site, group: &str, name: &str, value: &str) {
    site.vcenter("vc1", |vcenter, _| {
        let group = vcenter.port_group_named(group).expect("such a port group").clone();
        vcenter.set_attribute(&group, name, value);
    });
}

fn vm(site: &Site, name: &str) -> MoId {
    site.vcenter("vc1", |vcenter, _| vcenter.vm_named(name).expect("such a VM").clone())
}

/// What a VM shows in vCenter's own client.
fn shown(site: &Site, name: &str) -> String {
    let vm = vm(site, name);
    site.vcenter("vc1", |vcenter, _| vcenter.attribute(&vm, SHOWN).to_owned())
}

fn calls(site: &Site, method: &str) -> u64 {
    site.counts("vc1").calls.get(method).copied().unwrap_or_default()
}

#[test]
fn an_attribute_of_a_port_group_narrows_what_is_added_and_takes_nothing_away() {
    let mut site = site(&["attributes"]);
    steer(&site, "net30", "vmtracker.mode", "observe");
    steer(&site, "net40", "vmtracker.allowed", "100-200");
    steer(&site, "net30", "backup", "nightly");
    site.start();
    let about = |vlan: u16| format!("leaf1 Ethernet1/{vlan} VLAN {vlan}");
    site.wait_finding("observe-only", &about(30), &["vmtracker.mode", "port group \"net30\"", "vm30 (vm-", "vc1"]);
    site.wait_finding(
        "not-permitted",
        &about(40),
        &["vmtracker.allowed", "port group \"net40\" (100-200)", "vm40 (vm-"],
    );
    site.wait_until("vm50 is on the air", |site| passes(site, "vm50"));
    assert!(!passes(&site, "vm30") && !passes(&site, "vm40"), "{}", site.report());

    steer(&site, "net30", "vmtracker.mode", "perhaps");
    site.wait_finding(
        "bad-attribute",
        "port group \"net30\" of vCenter vc1",
        &["\"perhaps\"", "use observe or enforce"],
    );
    steer(&site, "net30", "vmtracker.mode", "");
    steer(&site, "net40", "vmtracker.allowed", "40");
    site.wait_until("vm30 and vm40 are on the air", |site| passes(site, "vm30") && passes(site, "vm40"));
    site.wait_mended("bad-attribute", "port group \"net30\" of vCenter vc1");

    // An attribute that nobody had defined when the controller came.
    let asked = calls(&site, "RetrievePropertiesEx");
    steer(&site, "net50", "vmtracker.later", "x");
    steer(&site, "net50", "vmtracker.mode", "observe");
    steer(&site, "net50", "vmtracker.allowed", "100");
    site.wait_until("its name was asked for", |site| calls(site, "RetrievePropertiesEx") > asked);
    site.outlast(5);
    assert!(["vm30", "vm40", "vm50"].iter().all(|vm| passes(&site, vm)), "{}", site.report());
    assert_eq!(site.findings().len(), 0, "{}", site.report());
    assert_eq!((calls(&site, "SetField"), calls(&site, "AddCustomFieldDef")), (0, 0));
    site.assert_nothing_lost();
    site.assert_log_is_clear(&[]);
}

#[test]
fn a_vm_shows_its_finding_in_vcenter_until_it_is_mended_and_over_a_restart() {
    let mut site = site(&["attributes", "annotate"]);
    steer(&site, "net30", "vmtracker.mode", "observe");
    site.vcenter("vc1", |vcenter, _| vcenter.set_role(USER, Role::Define));
    let (first, other) = (vm(&site, "vm30"), vm(&site, "vm50"));
    site.vcenter("vc1", |vcenter, _| vcenter.set_attribute(&first, "owner", "somebody"));
    site.start();
    site.wait_until("vm30 shows why it has no network", |site| {
        let line = shown(site, "vm30");
        line.starts_with("observe-only leaf1 Ethernet1/30 VLAN 30: ") && line.contains("vmtracker.mode")
    });
    assert_eq!((shown(&site, "vm40").as_str(), shown(&site, "vm50").as_str()), ("", ""));

    site.kill();
    site.vcenter("vc1", |vcenter, _| vcenter.set_attribute(&other, SHOWN, "of an earlier run"));
    steer(&site, "net30", "vmtracker.mode", "");
    site.start();
    site.wait_until("nobody shows a finding", |site| shown(site, "vm30").is_empty() && shown(site, "vm50").is_empty());
    assert!(passes(&site, "vm30"), "{}", site.report());
    let owner = site.vcenter("vc1", |vcenter, _| vcenter.attribute(&first, "owner").to_owned());
    assert_eq!(owner, "somebody");
    assert_eq!((calls(&site, "SetField"), calls(&site, "AddCustomFieldDef")), (3, 1), "{}", site.report());
    assert_eq!(site.findings().len(), 0, "{}", site.report());
}

#[test]
fn a_missing_privilege_is_a_finding_and_nothing_else_suffers() {
    let mut site = site(&["attributes", "annotate"]);
    steer(&site, "net30", "vmtracker.allowed", "5");
    site.start();
    site.wait_finding("feedback", "vCenter vc1", &["Global.ManageCustomFields", "vmtracker.findings", "by hand"]);
    site.wait_until("the others are on the air", |site| passes(site, "vm40") && passes(site, "vm50"));
    let vm40 = vm(&site, "vm40");
    site.vcenter("vc1", |vcenter, _| vcenter.power_off(&vm40).expect("powered off"));
    site.wait_until("VLAN 40 went", |site| !allowed(site, 40).contains("40"));
    site.vcenter("vc1", |vcenter, _| vcenter.power_on(&vm40).expect("powered on"));
    site.wait_until("vm40 is on the air again", |site| passes(site, "vm40"));
    assert_eq!((calls(&site, "AddCustomFieldDef"), calls(&site, "SetField")), (1, 0), "{}", site.report());
    assert_eq!(site.findings().len(), 2, "{}", site.report());
    site.assert_log_is_clear(&[]);
}

#[test]
fn an_account_that_may_define_nothing_writes_into_what_somebody_defined() {
    let mut site = site(&["attributes", "annotate"]);
    steer(&site, "net30", "vmtracker.mode", "observe");
    steer(&site, "net30", SHOWN, "");
    steer(&site, "net40", "vmtracker.mode", "observe");
    let locked = vm(&site, "vm40");
    site.vcenter("vc1", |vcenter, _| {
        vcenter.set_role(USER, Role::Annotate);
        vcenter.lock_attributes(&locked);
    });
    site.start();
    site.wait_until("vm30 shows its finding", |site| shown(site, "vm30").contains("VLAN 30"));
    site.wait_finding("feedback", "vCenter vc1", &["Global.SetCustomField", "on VM vm40"]);
    assert_eq!((calls(&site, "AddCustomFieldDef"), shown(&site, "vm40").as_str()), (0, ""));
    site.assert_log_is_clear(&[]);
}

#[test]
fn without_a_word_in_the_configuration_attributes_are_neither_read_nor_written() {
    let mut site = site(&[]);
    steer(&site, "net30", "vmtracker.mode", "observe");
    site.vcenter("vc1", |vcenter, _| vcenter.set_role(USER, Role::Define));
    site.switch("leaf1", |switch, _| {
        switch.faults.refuse("allowed vlan add 40", "ERROR: the port is locked", u32::MAX)
    });
    site.start();
    site.wait_until("vm30 and vm50 are on the air", |site| passes(site, "vm30") && passes(site, "vm50"));
    site.wait_finding("refused", "leaf1 Ethernet1/40 VLAN 40", &["vm40"]);
    site.outlast(15);
    for method in ["SetField", "AddCustomFieldDef", "RetrievePropertiesEx", "RetrieveProperties", "Fetch"] {
        assert_eq!(calls(&site, method), 0, "{method}");
    }
    assert_eq!(shown(&site, "vm40"), "");
}
