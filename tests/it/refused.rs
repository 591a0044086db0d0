//! VLANs that cannot, must not or shall not be put where they are needed: each says so once, and all others are.

use toml::{Table, Value};
use vmtracker::{
    api::HistoryRow,
    lab::{model::dataplane::Verdict, topology::Topology},
};

use crate::site::Site;

/// Each host has one VM, in the VLAN of its name; the port of `esx30` is on a switch that the configuration lacks.
const VLANS: [u16; 6] = [30, 40, 50, 60, 3500, 3970];

fn topology() -> Topology {
    let port = |vlan: &u16| format!("{{ name = 'Ethernet1/{vlan}', allowed = '5' }}");
    let switch = |name: &str, vlans: &[u16]| {
        let ports: Vec<String> = vlans.iter().map(port).collect();
        format!("[[switch]]\nname = '{name}'\nvlans = '1,5'\nport = [{}]\n", ports.join(", "))
    };
    let mut text = switch("leaf1", &VLANS[1..]) + &switch("leaf2", &VLANS[..1]) + "[[vcenter]]\nname = 'vc1'\n";
    for vlan in VLANS {
        let leaf = if vlan == 30 { "leaf2" } else { "leaf1" };
        text += &format!(
            "[[host]]\nname = 'esx{vlan}'\n\
             pnics = [{{ device = 'vmnic0', switch = '{leaf}', port = 'Ethernet1/{vlan}', uplink = 'Uplink 1' }}]\n\
             [[port_group]]\nname = 'net{vlan}'\nvlan = {vlan}\n\
             [[vm]]\nname = 'vm{vlan}'\nhost = 'esx{vlan}'\nport_groups = ['net{vlan}']\n"
        );
    }
    text += "[[port_group]]\nname = 'net70'\nvlan = 70\n\
             [[vm]]\nname = 'later'\nhost = 'esx60'\nport_groups = ['net70']\non = false\n";
    Topology::parse(&text).expect("a good file")
}

fn set(table: &mut Table, key: &str, value: impl Into<Value>) {
    table.insert(key.to_owned(), value.into());
}

fn site(fabric: impl FnOnce(&mut Table)) -> Site {
    let mut site = Site::new(&topology());
    site.manage(|name| name != "leaf2");
    site.configure(|table| fabric(table.get_mut("fabric").and_then(Value::as_table_mut).expect("a fabric")));
    site
}

fn passes(site: &Site, vm: &str) -> bool {
    site.verdict("vc1", vm) == Verdict::Passes
}

const DISPUTED: &str = "leaf1 Ethernet1/60 VLAN 60";

fn is_disputed(site: &Site) -> bool {
    !site.findings_on("drift", DISPUTED).is_empty()
}

/// How often the controller has put VLAN 60 there and read it back.
fn owns(site: &Site) -> usize {
    let mine = |row: &HistoryRow| row.what == "owned" && row.place.as_deref() == Some("Ethernet1/60");
    site.history().into_iter().filter(|row| mine(row) && row.vlan == Some(60)).count()
}

fn wait_owned(site: &mut Site, times: usize) {
    site.wait_until(&format!("VLAN 60 became ours {times} times"), |site| owns(site) == times && passes(site, "vm60"));
}

fn power_on(site: &Site, vm: &str) {
    site.vcenter("vc1", |vcenter, _| {
        let id = vcenter.vm_named(vm).expect("such a VM").clone();
        vcenter.power_on(&id).expect("powered on");
    });
}

fn power_off(site: &Site, vm: &str) {
    site.vcenter("vc1", |vcenter, _| {
        let id = vcenter.vm_named(vm).expect("such a VM").clone();
        vcenter.power_off(&id).expect("powered off");
    });
}

fn list(site: &Site, vlan: u16) -> String {
    let port = format!("Ethernet1/{vlan}").parse().expect("a port");
    site.world.look(|world, _| world.switches["leaf1"].allowed(port).to_string())
}

fn type_lines(site: &Site, port: u16, change: &str) {
    let lines = ["configure terminal", &format!("interface Ethernet1/{port}"), change];
    let said = site.switch("leaf1", |switch, now| switch.type_lines("operator", &lines, now));
    assert!(said.iter().all(String::is_empty), "{said:?}");
}

fn writes(site: &Site) -> u64 {
    site.switch("leaf1", |switch, _| switch.counters().writes)
}

#[test]
fn what_cannot_be_added_is_one_finding_with_who_where_and_why_and_the_rest_is_added() {
    let mut site = site(|fabric| set(fabric, "allowed_vlans", "2-3000,3968-4000"));
    site.switch("leaf1", |switch, _| {
        switch.faults.refuse("allowed vlan add 40", "ERROR: the port is locked", u32::MAX);
        switch.faults.hide_error("allowed vlan add 50", "ERROR: VLAN 50 is in use", u32::MAX);
    });
    site.start();
    let lines: [(&str, &str, &[&str]); 5] = [
        ("unknown-switch", "host esx30 vmnic0", &["it hears leaf2 Ethernet1/30", "add the [[switch]]"]),
        (
            "refused",
            "leaf1 Ethernet1/40 VLAN 40",
            &["add 40: ERROR: the port is locked", "mend it", "vm40 (vm-", "vc1"],
        ),
        ("refused", "leaf1 Ethernet1/50 VLAN 50", &["add 50: ERROR: VLAN 50 is in use", "mend it", "vm50 (vm-", "vc1"]),
        (
            "not-permitted",
            "leaf1 Ethernet1/3500 VLAN 3500",
            &["outside allowed_vlans of the fabric (2-3000,3968-4000)", "widen it", "vm3500 (vm-", "vCenter vc1"],
        ),
        (
            "not-permitted",
            "leaf1 Ethernet1/3970 VLAN 3970",
            &["the switch reserves VLAN 3970", "use another VLAN", "vm3970 (vm-", "vCenter vc1"],
        ),
    ];
    for (kind, subject, parts) in lines {
        site.wait_finding(kind, subject, parts);
    }
    site.wait_until("vm60 is on the air", |site| passes(site, "vm60"));
    let tried = writes(&site);
    power_on(&site, "later");
    site.wait_until("one VM more is on the air", |site| passes(site, "later"));
    site.outlast(3);
    assert_eq!(site.findings().len(), lines.len(), "{}", site.report());
    assert!(writes(&site) <= tried + 2, "what was refused is not tried again at once");
    site.assert_log_is_clear(&[]);
    site.assert_nothing_lost();
}

#[test]
fn what_an_operator_adds_is_never_removed_and_what_he_removes_is_put_back_once_and_then_later() {
    dispute(type_lines);
}

/// Somebody changes the list of a port that the controller keeps: adds VLAN 61, and takes VLAN 60 away again and again.
pub(crate) fn dispute(change: impl Fn(&Site, u16, &str)) {
    let mut site = site(|_| {});
    site.start();
    wait_owned(&mut site, 1);
    change(&site, 60, "switchport trunk allowed vlan add 61");
    change(&site, 60, "switchport trunk allowed vlan remove 60");
    power_on(&site, "later");
    site.wait_until("one VM more is on the air", |site| passes(site, "later"));
    wait_owned(&mut site, 2);
    assert_eq!(site.logged("drift"), 0, "{}", site.log());
    power_off(&site, "later");
    site.wait_until("VLAN 70 went and 61 stayed", |site| list(site, 60) == "5,60-61");
    // A write on that port shows the controller what is gone. One that finds it before its claim counts it as new.
    for owned in 3..6 {
        change(&site, 60, "switchport trunk allowed vlan remove 60");
        power_on(&site, "later");
        site.wait_until("it was put back or is disputed", |site| owns(site) >= owned || is_disputed(site));
        power_off(&site, "later");
        site.wait_until("VLAN 70 went", |site| !list(site, 60).ends_with("70"));
    }
    site.wait_finding("drift", DISPUTED, &["somebody removed VLAN 60", " times", "vm60 (vm-"]);
    site.wait_until("70 went, 61 stayed, and 60 rests", |site| list(site, 60) == "5,61");
    assert_eq!(site.logged(&format!("drift {DISPUTED}: ")), 1, "{}", site.log());
}

#[test]
fn observe_writes_nothing_and_says_what_it_would_add() {
    let mut site = site(|fabric| set(fabric, "mode", "observe"));
    site.start();
    for vlan in [40, 50, 60, 3500] {
        let subject = format!("leaf1 Ethernet1/{vlan} VLAN {vlan}");
        site.wait_finding("observe-only", &subject, &["the mode is observe", "set mode", "vCenter vc1"]);
    }
    site.outlast(3);
    assert_eq!((writes(&site), site.lines_written()), (0, 0), "{}", site.report());
    site.assert_log_is_clear(&[]);
}

#[test]
fn a_switch_and_a_port_have_a_mode_of_their_own() {
    let mut site = site(|fabric| set(fabric, "mode", "observe"));
    site.configure_device("switch", "leaf1", |row| {
        set(row, "mode", "enforce");
        let port =
            Table::from_iter([("name", "Ethernet1/40"), ("mode", "observe")].map(|(k, v)| (k.to_owned(), v.into())));
        set(row, "interface", vec![Value::Table(port)]);
    });
    site.start();
    site.wait_until("vm50 and vm60 are on the air", |site| passes(site, "vm50") && passes(site, "vm60"));
    site.wait_finding("observe-only", "leaf1 Ethernet1/40 VLAN 40", &["the mode is observe"]);
    site.outlast(2);
    assert_eq!(list(&site, 40), "5", "{}", site.report());
}
