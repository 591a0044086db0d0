//! What must not be seen is not there any more; what parsers need still is.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::nexus::{Piece, parse::piece};

fn text(query: Query, said: &str) -> String {
    let mut disguise = Disguise::default();
    disguise.learn(&Answer::Text("  Device name: ber-leaf1\n  Processor Board ID 9ZXK21\n".to_owned()));
    disguise.learn(&Answer::Text("System Name: esx7.corp.example.net\n".to_owned()));
    let Answer::Text(text) = disguise.answer(query, &Answer::Text(said.to_owned())) else { panic!("text stays text") };
    text
}

fn hides(query: Query, said: &str, secrets: &[&str], kept: &[&str]) {
    let found = text(query, said);
    for secret in secrets {
        assert!(!found.contains(secret), "{secret} in {found}");
    }
    for word in kept {
        assert!(found.contains(word), "{word} not in {found}");
    }
}

#[test]
fn names_go_wherever_they_stand() {
    let said =
        "Device ID:ber-leaf1(FDO23490570)\nSystem Name: esx7.corp.example.net\nuplink to-esx7 of ber-leaf1:9ZXK21\n";
    let secrets = ["ber-leaf1", "FDO23490570", "esx7", "corp", "example", "9ZXK21"];
    hides(Query::Cdp, said, &secrets, &["Device ID:host", "(XXX0", "uplink to-host"]);
}

#[test]
fn addresses_keep_their_writing() {
    let said = "10.1.2.3/24 10.1.2.3 fe80::1 0050.56aa.bb01 00:50:56:aa:bb:01 12:30:45 9.3(5) Ethernet1/1\n";
    let kept = "198.18.0.1/24 198.18.0.1 2001:db8::1 0200.0000.0001 02:00:00:00:00:01 12:30:45 9.3(5) Ethernet1/1\n";
    assert_eq!(text(Query::Lldp, said), kept);
}

#[test]
fn of_a_configuration_only_lines_of_known_forms_are_kept() {
    let said = "interface Ethernet1/1\n  description to payroll\n  switchport mode trunk\n  \
                switchport trunk allowed vlan 5,10\n  hsrp authentication text s3cret\n  inherit port-profile payroll\n";
    hides(Query::Config, said, &["payroll", "s3cret"], &["description text1", "allowed vlan 5,10", "! left out"]);
    let Ok(Piece::Config(ports)) = piece(Query::Config, &Answer::Text(text(Query::Config, said))) else { panic!() };
    let port = ports.values().next().expect("a port");
    assert!(port.inherits && port.allowed == "5,10".parse().ok());
}

#[test]
fn of_the_accounting_log_only_vlans_and_saves_are_kept() {
    let line =
        |cmd: &str| format!("Mon Feb 10 09:30:45 2020:type=update:id=10.0.0.9@pts/3:user=ethan:cmd={cmd} (SUCCESS)\n");
    let said = line("configure terminal ; username ethan password hidden")
        + &line("configure terminal ; vrf context payroll ; exit")
        + &line("configure terminal ; vlan access-map payroll 10")
        + &line("configure terminal ; interface Ethernet1/1 ; switchport trunk allowed vlan add 10");
    hides(
        Query::AccountingLog,
        &said,
        &["ethan", "hidden", "10.0.0.9", "payroll"],
        &["allowed vlan add 10 (SUCCESS)", "left out"],
    );
}

#[test]
fn a_table_of_vlans_keeps_its_columns() {
    let said = "VLAN Name      Status    Ports\n---- --------- --------- -----\n1    default   active    Eth1/1\n\
                20   payroll   active    Eth1/2\n";
    let found = text(Query::Vlans, said);
    assert!(!found.contains("payroll") && found.contains("1    default   active"), "{found}");
    let columns = |table: &str| table.lines().map(str::len).collect::<Vec<_>>();
    assert_eq!(columns(&found), columns(said));
}

#[test]
fn structured_answers_lose_the_same() {
    let body = json!({
        "host_name": "ber-leaf1", "proc_board_id": "9ZXK21",
        "TABLE_x": { "ROW_x": [{ "sys_name": "esx7.corp.example.net", "port_desc": "vmnic2",
            "mgmt_addr": "10.1.2.3", "vlanshowbr-vlanname": "payroll", "n": 7 }] }
    });
    let mut disguise = Disguise::default();
    let answer = Answer::Structured(body);
    disguise.learn(&answer);
    let Answer::Structured(found) = disguise.answer(Query::Lldp, &answer) else { panic!("stays structured") };
    let printed = found.to_string();
    for secret in ["ber-leaf1", "9ZXK21", "esx7", "corp", "10.1.2.3", "payroll"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    assert_eq!(found.pointer("/TABLE_x/ROW_x/0/port_desc"), Some(&json!("vmnic2")));
    assert_eq!(found.pointer("/TABLE_x/ROW_x/0/n"), Some(&json!(7)));
}

proptest! {
    #[test]
    fn no_text_panics_and_no_address_stays(said in "\\PC{0,80}", octets in any::<[u8; 4]>()) {
        let address = Ipv4Addr::from(octets).to_string();
        prop_assume!(!address.starts_with("198.1"));
        let mut disguise = Disguise::default();
        let answer = disguise.answer(Query::Cdp, &Answer::Text(format!("{said} {address}\n")));
        let Answer::Text(found) = answer else { panic!("text stays text") };
        let last = found.trim_end().rsplit(' ').next();
        prop_assert_ne!(last, Some(address.as_str()));
    }
}
