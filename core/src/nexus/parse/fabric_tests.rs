//! The parsers of what a fabric needs: vPC, spanning tree, FEX, other owners, saving.

use std::collections::BTreeMap;

use serde_json::json;

use super::{tests::structured, *};
use crate::{
    net::{InterfaceName, VlanSet},
    tracker::{Fex, Vpc, VpcRole},
};

const CHANNEL: InterfaceName = InterfaceName::PortChannel(1);

fn set(text: &str) -> VlanSet {
    text.parse().unwrap()
}

fn said(query: Query, text: &str) -> Result<Piece, ParseError> {
    piece(query, &Answer::Text(text.to_owned()))
}

fn vpc() -> Value {
    let leg = json!({"vpc-id": 11, "vpc-ifindex": "Po1", "vpc-port-state": "1", "vpc-consistency": "consistent",
        "up-vlan-bitset": "1-100,200"});
    json!({"vpc-domain-id": "100", "vpc-peer-status": "peer-ok", "vpc-peer-keepalive-status": "peer-alive",
        "vpc-role": "secondary", "num-of-vpcs": "1",
        "TABLE_peerlink": {"ROW_peerlink": {"peer-link-id": "1", "peerlink-ifindex": "Po100",
            "peer-link-port-state": "1", "peer-up-vlan-bitset": "1-501"}},
        "TABLE_vpc": {"ROW_vpc": leg}})
}

fn domain(body: Value) -> Box<crate::tracker::VpcDomain> {
    match structured(Query::Vpc, body) {
        Ok(Piece::Vpc(Vpc::Domain(domain))) => domain,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vpc_domain_is_read_with_its_peer_link_and_its_legs() {
    let found = domain(vpc());
    assert_eq!((found.id, found.role, found.adjacent, found.alive), (100, VpcRole::Secondary, true, true));
    let link = found.peer_link.unwrap();
    assert_eq!((link.interface, link.up, link.vlans), (InterfaceName::PortChannel(100), true, set("1-501")));
    let leg = &found.legs[&CHANNEL];
    assert_eq!((leg.id, leg.up, leg.consistent, leg.vlans.clone()), (11, true, true, set("1-100,200")));
}

#[test]
fn the_acting_role_counts() {
    let role = |word: &str| {
        let mut body = vpc();
        body["vpc-role"] = json!(word);
        domain(body).role
    };
    assert_eq!(role("primary"), VpcRole::Primary);
    assert_eq!(role("primary, operational secondary"), VpcRole::Secondary);
    assert_eq!(role("secondary, operational primary"), VpcRole::Primary);
    assert_eq!(role("none established"), VpcRole::Unknown);
}

#[test]
fn a_peer_that_is_gone_and_a_leg_that_is_down_are_told() {
    let mut body = vpc();
    body["vpc-peer-status"] = json!("peer-link-down");
    body["vpc-peer-keepalive-status"] = json!("peer-not-reachable");
    body["TABLE_peerlink"]["ROW_peerlink"]["peer-link-port-state"] = json!("0");
    body["TABLE_peerlink"]["ROW_peerlink"]["peer-up-vlan-bitset"] = json!("-");
    body["TABLE_vpc"]["ROW_vpc"]["vpc-port-state"] = json!("Down");
    body["TABLE_vpc"]["ROW_vpc"]["vpc-consistency"] = json!("inconsistent");
    body["TABLE_vpc"]["ROW_vpc"]["up-vlan-bitset"] = json!({});
    let found = domain(body);
    assert!(!found.adjacent && !found.alive);
    let link = found.peer_link.unwrap();
    assert!(!link.up && link.vlans.is_empty());
    let leg = &found.legs[&CHANNEL];
    assert!(!leg.up && !leg.consistent && leg.vlans.is_empty());
}

#[test]
fn a_switch_without_a_domain_and_one_that_does_not_tell_are_told_apart() {
    let none = json!({"vpc-domain-id": "not configured"});
    assert_eq!(structured(Query::Vpc, none), Ok(Piece::Vpc(Vpc::None)));
    for empty in [Value::Null, json!({}), json!("")] {
        assert_eq!(structured(Query::Vpc, empty), Ok(Piece::Silent(Query::Vpc)));
    }
    assert_eq!(piece_when_refused(Query::Vpc, "% Invalid command"), Some(Piece::Vpc(Vpc::None)));
    assert_eq!(piece_when_refused(Query::Vpc, "Backend processing error"), Some(Piece::Silent(Query::Vpc)));
    assert_eq!(piece_when_unreadable(Query::Vpc), None, "a pair is never forgotten");
}

#[test]
fn half_a_domain_is_an_error() {
    for key in ["vpc-domain-id", "vpc-role", "vpc-peer-status", "vpc-peer-keepalive-status", "TABLE_vpc"] {
        let mut body = vpc();
        body.as_object_mut().unwrap().remove(key);
        assert!(structured(Query::Vpc, body).is_err(), "without {key}");
    }
    for empty in [json!({}), json!(""), Value::Null, json!({"ROW_vpc": []})] {
        let mut body = vpc();
        body["TABLE_vpc"] = empty;
        assert!(structured(Query::Vpc, body).is_err(), "a leg is counted and none is told");
    }
    for (pointer, wrong) in [("vpc-ifindex", "x"), ("up-vlan-bitset", "1-"), ("vpc-id", "one")] {
        let mut body = vpc();
        body["TABLE_vpc"]["ROW_vpc"][pointer] = json!(wrong);
        assert!(structured(Query::Vpc, body).is_err(), "{pointer} {wrong}");
    }
}

#[test]
fn what_spanning_tree_forwards_is_read_by_trunk() {
    let row = |name: &str, vlans: Value| json!({"interface": name, "stpfwd_vlans": vlans});
    let rows = [row("Ethernet1/1", json!("1,10-20")), row("Po1", json!("none")), row("Eth1/3", json!(["1-2", "5"]))];
    let allowed = json!({"ROW_allowed_vlans": {"interface": "Ethernet1/1", "allowedvlans": "1-4094"}});
    let body = json!({"TABLE_allowed_vlans": allowed, "TABLE_stp_forward": {"ROW_stp_forward": rows}});
    let Ok(Piece::Trunks(found)) = structured(Query::Trunks, body) else { panic!() };
    assert_eq!(found[&InterfaceName::Ethernet(1, 1)], set("1,10-20"));
    assert_eq!(found[&CHANNEL], VlanSet::EMPTY);
    assert_eq!(found[&InterfaceName::Ethernet(1, 3)], set("1-2,5"));
    let single = json!({"TABLE_stp_forward": {"ROW_stp_forward": row("Ethernet1/1", json!(7))}});
    assert!(matches!(structured(Query::Trunks, single), Ok(Piece::Trunks(found)) if found.len() == 1));
}

#[test]
fn trunks_without_their_forwarding_are_an_error_and_silence_is_no_table() {
    let allowed = json!({"ROW_allowed_vlans": {"interface": "Ethernet1/1", "allowedvlans": "1-4094"}});
    assert!(structured(Query::Trunks, json!({"TABLE_allowed_vlans": allowed})).is_err());
    let cut = json!({"TABLE_stp_forward": {"ROW_stp_forward": {"interface": "Ethernet1/1"}}});
    assert!(structured(Query::Trunks, cut).is_err());
    assert_eq!(structured(Query::Trunks, json!({})), Ok(Piece::Silent(Query::Trunks)));
    assert_eq!(piece_when_refused(Query::Trunks, "Structured output unsupported"), Some(Piece::Silent(Query::Trunks)));
}

const FEXES: &str = "  FEX         FEX           FEX              FEX              Fex\n\
    Number    Description      State            Model            Serial\n\
    ------------------------------------------------------------------------\n\
    101      rack 1 left              Online   N2K-C2248TP-E-1GE   SSI00000AR0\n\
    102      rack 1 right     Online Sequence   N2K-C2248TP-E-1GE   SSI00000CPC\n\
    103      rack 2                  Offline\n";

#[test]
fn a_fex_is_known_by_its_serial_number() {
    let Ok(Piece::Fexes(found)) = said(Query::Fex, FEXES) else { panic!() };
    assert_eq!(found[&101], Fex { serial: "SSI00000AR0".to_owned(), online: true });
    assert!(!found[&102].online);
    assert_eq!(found.len(), 2, "one that never was online has no serial number");
    assert_eq!(said(Query::Fex, " \n"), Ok(Piece::Fexes(BTreeMap::new())));
    assert_eq!(piece_when_refused(Query::Fex, "% Invalid command"), Some(Piece::Fexes(BTreeMap::new())));
}

#[test]
fn a_foreign_or_cut_table_of_fexes_is_an_error() {
    assert!(said(Query::Fex, "something else").is_err());
    assert!(said(Query::Fex, "Number State Serial\n101 rack 1 left   Onl").is_err());
}

#[test]
fn features_are_those_of_which_an_instance_is_enabled() {
    let head = "Feature Name          Instance  State\n--------------------  --------  --------\n";
    let rows = "bfd                    1          disabled\nospf                   1          disabled\n\
        ospf                   2          enabled (not-running)\neigrp                  2          \
        enabled(not-running)\nvmtracker              1          enabled\n";
    let Ok(Piece::Features(found)) = said(Query::Features, &format!("{head}{rows}")) else { panic!() };
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["eigrp", "ospf", "vmtracker"]);
    assert!(said(Query::Features, rows).is_err(), "without its head");
    assert!(said(Query::Features, &format!("{head}lacp  1  ena")).is_err(), "cut off");
    let sets = "Feature Set Name      ID        State\n--------\nfabricpath            2         enabled\n\
        fex                   3         uninstalled\n";
    let Ok(Piece::FeatureSets(found)) = said(Query::FeatureSets, sets) else { panic!() };
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["fabricpath"]);
}

#[test]
fn other_owners_tell_themselves_or_are_silent() {
    let vtp = |text: &str| said(Query::Vtp, text).unwrap();
    assert_eq!(vtp("VTP Version : 2\nVTP Operating Mode              : Server\n"), Piece::Vtp(true));
    assert_eq!(vtp("VTP Operating mode : Transparent\n"), Piece::Vtp(false));
    assert_eq!(vtp("nothing to say"), Piece::Silent(Query::Vtp));
    let mode = |text: &str| said(Query::SystemMode, text).unwrap();
    assert_eq!(mode("System Mode: Maintenance\nMaintenance Mode Timer: not running\n"), Piece::Maintenance(true));
    assert_eq!(mode("System Mode: Normal\nMaintenance Mode Timer: not running\n"), Piece::Maintenance(false));
    assert_eq!(mode("?"), Piece::Silent(Query::SystemMode));
    let profiles = |text: &str| said(Query::SwitchProfiles, text).unwrap();
    assert_eq!(
        profiles("!Command: x\nswitch-profile sp\n  sync-peers destination 192.0.2.1\n"),
        Piece::SwitchProfile(true)
    );
    assert_eq!(profiles("!Command: show running-config switch-profile\n\n"), Piece::SwitchProfile(false));
}

#[test]
fn a_save_worked_only_if_the_switch_says_so() {
    let check = |text: &str, saved: bool| {
        let Ok(Piece::Saved(found)) = said(Query::Save, text) else { panic!() };
        assert_eq!(found.is_ok(), saved, "{text:?}: {found:?}");
    };
    check(
        "[########################################] 100%\nCopy complete, now saving to disk (please wait)...\n",
        true,
    );
    check("Copy complete.\n", true);
    check("[####                 ]  10%\n", false);
    check("% Incomplete command at '^' marker.\n", false);
    check("Configuration update aborted: another copy is in progress\n", false);
    check("", false);
    assert_eq!(piece_when_refused(Query::Save, "Permission denied"), None, "its words are the outcome");
}

#[test]
fn an_edge_trunk_is_one_only_with_the_word_trunk() {
    let edge = |line: &str| {
        let text = format!("interface port-channel1\n  switchport mode trunk\n  {line}\n");
        let Ok(Piece::Config(ports)) = said(Query::Config, &text) else { panic!() };
        ports[&CHANNEL].edge
    };
    assert!(edge("spanning-tree port type edge trunk"));
    assert!(!edge("spanning-tree port type edge"));
    assert!(!edge("spanning-tree port type network"));
}

#[test]
fn a_port_that_inherits_a_profile_is_somebody_elses() {
    let text = "interface port-channel1\n  inherit port-profile hosts\n  switchport mode trunk\n  switchport trunk allowed vlan 7\n";
    let Ok(Piece::Config(ports)) = said(Query::Config, text) else { panic!() };
    let mode = ports[&CHANNEL].mode_or(None);
    assert!(matches!(&mode, crate::tracker::PortMode::Other(why) if why.contains("port-profile")), "{mode:?}");
    assert_eq!(ports[&CHANNEL].allowed(), crate::tracker::Allowed::List(set("7")), "it is read all the same");
}
