//! Every parser against fixtures of our own, foreign input and any input.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    net::InterfaceName,
    tracker::{Allowed, PortMode},
};

pub(super) const PORT: InterfaceName = InterfaceName::Ethernet(1, 1);

pub(super) const ALL: [Query; 19] = Query::all(PORT);

pub(super) fn structured(query: Query, body: Value) -> Result<Piece, ParseError> {
    piece(query, &Answer::Structured(body))
}

#[test]
fn the_uptime_is_known_when_all_four_numbers_are() {
    let check = |units: Value, expected: Option<u64>| {
        let mut body = json!({"chassis_id": "Nexus9000", "proc_board_id": "S1", "nxos_ver_str": "9.3"});
        let units = units.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(units);
        let Ok(Piece::Version(_, uptime)) = structured(Query::Version, body) else { panic!("{expected:?}") };
        assert_eq!(uptime, expected.map(Duration::from_secs));
    };
    let units = |days: Value, secs: Value| json!({"kern_uptm_days": days, "kern_uptm_hrs": 5, "kern_uptm_mins": "3", "kern_uptm_secs": secs});
    check(units(json!(0), json!(24)), Some(5 * 3600 + 3 * 60 + 24));
    check(units(json!("749"), json!(" 1 ")), Some(749 * 86_400 + 5 * 3600 + 3 * 60 + 1));
    check(units(json!(null), json!(24)), None);
    check(units(json!(0), json!("-1")), None);
    check(units(json!(u64::MAX), json!(0)), None);
    check(json!({}), None);
}

#[test]
fn another_product_is_not_a_nexus() {
    let body = json!({"version": "4.28", "modelName": "DCS-7050", "serialNumber": "J1"});
    assert_eq!(structured(Query::Version, body), Err(ParseError::NotNexus));
    assert_eq!(structured(Query::Version, Value::Null), Err(ParseError::NotNexus));
}

#[test]
fn a_ports_configuration_is_the_union_of_its_lines() {
    let text = "\n!Time: now\ninterface Ethernet1/1\n  description switchport mode access\n  switchport mode trunk\n  \
        switchport trunk native vlan 2\n  switchport trunk allowed vlan 10-20\n  \
        switchport trunk allowed vlan add 30,40\ninterface Ethernet1/2\n  channel-group 5 mode active\n\
        interface Ethernet1/3\n  fex associate 101\ninterface Ethernet1/4\n  switchport trunk allowed vlan none\n\
        interface Ethernet1/5.10\n  encapsulation dot1q 10\ninterface Ethernet1/6\n  no switchport\n";
    let Ok(Piece::Config(ports)) = piece(Query::Config, &Answer::Text(text.to_owned())) else { panic!() };
    let port = |number| &ports[&InterfaceName::Ethernet(1, number)];
    assert_eq!(port(1).mode_or(None), PortMode::Trunk);
    assert_eq!(port(1).allowed(), Allowed::List("10-20,30,40".parse().unwrap()));
    assert_eq!(port(1).native().map(|vlan| vlan.get()), Some(2));
    assert_eq!(port(2).channel_group, Some(5));
    assert_eq!(port(3).mode_or(None), PortMode::FexFabric);
    assert_eq!(port(4).allowed(), Allowed::List("none".parse().unwrap()));
    assert_eq!(port(6).mode_or(None), PortMode::Routed);
    assert_eq!(ports.len(), 5, "a sub-interface is not its parent");
}

#[test]
fn a_list_that_cannot_be_read_is_an_error_and_not_a_shorter_list() {
    for list in ["10-", "10,x", "add", "", "20-10"] {
        let text = format!("interface Ethernet1/1\n  switchport mode trunk\n  switchport trunk allowed vlan {list} \n");
        let cut = piece(Query::PortConfig(PORT), &Answer::Text(text));
        let nothing_said = list.is_empty();
        assert!(cut.is_err() || nothing_said, "{list:?}: {cut:?}");
    }
    assert!(piece(Query::PortConfig(PORT), &Answer::Text(String::new())).is_err());
    let other = Answer::Text("interface Ethernet1/2\n  switchport mode trunk\n".to_owned());
    assert!(piece(Query::PortConfig(PORT), &other).is_err());
}

#[test]
fn neighbours_are_heard_by_both_protocols() {
    let lldp = json!({"TABLE_nbor_detail": {"ROW_nbor_detail": {"chassis_id": "vmnic2", "l_port_id": "Eth1/1",
        "port_id": "0050.5600.0001", "port_desc": "port 3 on dvSwitch vmnic2", "sys_name": "esx1"}}, "neigh_count": 1});
    let Ok(Piece::Neighbors(heard)) = structured(Query::Lldp, lldp) else { panic!() };
    assert_eq!((heard[0].interface, heard[0].port.as_str(), heard[0].macs.len()), (PORT, "vmnic2", 1));
    let row = json!({"device_id": "esx1(FOX1)", "intf_id": "Ethernet1/1", "port_id": "vmnic2"});
    let cdp = json!({"TABLE_cdp_neighbor_detail_info": {"ROW_cdp_neighbor_detail_info": row}});
    let Ok(Piece::Neighbors(heard)) = structured(Query::Cdp, cdp) else { panic!() };
    assert_eq!(heard[0].system_name.as_deref(), Some("esx1"));
    for empty in [json!({"neigh_count": "0"}), Value::Null, json!("")] {
        assert_eq!(structured(Query::Lldp, empty), Ok(Piece::Neighbors(Vec::new())));
    }
}

#[test]
fn a_protocol_that_is_off_has_no_neighbours_and_nothing_else_has_a_stand_in() {
    assert_eq!(piece_when_refused(Query::Lldp, "% Invalid command"), Some(Piece::Neighbors(Vec::new())));
    assert_eq!(piece_when_refused(Query::Vlans, "% Invalid command"), None);
    assert_eq!(piece_when_refused(Query::Cdp, "Backend processing error"), None);
}

#[test]
fn the_switchs_own_addresses_are_passed_over() {
    let row = |vlan: &str, port: &str| json!({"disp_mac_addr": "0050.5600.0001", "disp_vlan": vlan, "disp_port": port});
    let rows = [row("10", "Eth1/1"), row("-", "sup-eth1(R)"), row("500", "Vlan500(R)"), row("500", "nve1(10.5.5.5)")];
    let body = json!({"TABLE_mac_address": {"ROW_mac_address": rows}});
    let Ok(Piece::Macs(found)) = structured(Query::Macs(PORT), body) else { panic!() };
    assert_eq!(found.len(), 1);
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<u32>().prop_map(Value::from), ".{0,8}".prop_map(Value::from)];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let key = prop::sample::select(vec![
            "TABLE_vlanbrief",
            "ROW_vlanbrief",
            "vlanshowbr-vlanid",
            "vlanshowbr-vlanstate",
            "TABLE_interface",
            "ROW_interface",
            "interface",
            "state",
            "TABLE_channel",
            "ROW_channel",
            "TABLE_stp_forward",
            "ROW_stp_forward",
            "stpfwd_vlans",
            "vpc-domain-id",
            "vpc-role",
            "vpc-peer-status",
            "vpc-peer-keepalive-status",
            "TABLE_vpc",
            "ROW_vpc",
        ]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..4).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn no_parser_panics(body in any_value(), text in "[ -~\n]{0,200}", lines in "(interface Eth1/1\n|  switchport trunk allowed vlan [0-9,-]{0,9}\n|:user=a:cmd=[a-z ;]{0,20}\n|Number x Serial\n|10[0-9] [a-zA-Z0-9 -]{0,30}\n|Feature Name\n|[a-z]{1,5} 1 [a-z]{1,9}\n|system mode: [a-z]{0,9}\n){0,6}") {
        for query in ALL {
            drop(structured(query, body.clone()));
            drop(piece(query, &Answer::Text(text.clone())));
            drop(piece(query, &Answer::Text(lines.clone())));
        }
    }
}
