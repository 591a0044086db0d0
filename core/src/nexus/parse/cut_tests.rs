//! A cut-off output is never half a table: every text is cut at every place.

use proptest::prelude::*;
use serde_json::Value;

use super::{
    tests::PORT,
    text_tests::{CDP, CHANNELS, LLDP, MACS, PORTS, TRUNKS, VERSION, VLANS, VPC},
    *,
};
use crate::{
    net::{VlanId, VlanSet},
    tracker::tests::cases,
};

const CONFIG: &str = "\
!Command: show running-config interface

interface Ethernet1/1
  switchport mode trunk
  switchport trunk allowed vlan 10-20,30
  switchport trunk allowed vlan add 40-409
  channel-group 12 mode active

interface Ethernet1/12
  no switchport
";

const FEXES: &str = "\
  FEX         FEX           FEX              FEX              Fex
Number    Description      State            Model            Serial
------------------------------------------------------------------------
101      rack 1 left              Online   N2K-C2248TP-E-1GE   SSI00000AR0
102      rack 1 right             Online   N2K-C2248TP-E-1GE   SSI00000CPC
";

const FEATURES: &str = "\
Feature Name          Instance  State
--------------------  --------  --------
bfd                    1          enabled
lacp                   1          enabled
";

const SETS: &str = "\
Feature Set Name      ID        State
--------------------  --------  --------
fabricpath            2         enabled
fex                   3         enabled
";

const LOG: &str = "\
Mon Feb 10 09:30:45 2020:type=update:id=192.0.2.8@pts/3:user=ann:cmd=configure terminal ; vlan 70 (SUCCESS)
Mon Feb 10 09:30:46 2020:type=update:id=192.0.2.8@pts/3:user=ann:cmd=configure terminal ; vlan 71 (SUCCESS)
";

/// An output of each parser that reads lines.
pub(super) const OUTPUTS: [(Query, &str); 14] = [
    (Query::Version, VERSION),
    (Query::Ports, PORTS),
    (Query::Vlans, VLANS),
    (Query::PortChannels, CHANNELS),
    (Query::Lldp, LLDP),
    (Query::Cdp, CDP),
    (Query::Macs(PORT), MACS),
    (Query::Vpc, VPC),
    (Query::Trunks, TRUNKS),
    (Query::Config, CONFIG),
    (Query::Fex, FEXES),
    (Query::Features, FEATURES),
    (Query::FeatureSets, SETS),
    (Query::AccountingLog, LOG),
];

/// What may remain of an output that is cut exactly between two lines.
enum Between {
    /// Nothing: it has an end of its own.
    Nothing,
    /// Rows as they were, and fewer.
    Rows,
    /// A block may lack lines, and the next one is missing.
    Blocks,
}

fn between(query: Query) -> Between {
    match query {
        Query::Version | Query::Vlans | Query::Vpc | Query::Trunks => Between::Nothing,
        Query::Config | Query::PortConfig(_) => Between::Blocks,
        // A member of a port-channel may stand in the next line.
        Query::PortChannels => Between::Blocks,
        Query::Ports
        | Query::Lldp
        | Query::Cdp
        | Query::Macs(_)
        | Query::AccountingLog
        | Query::Fex
        | Query::Features
        | Query::FeatureSets
        | Query::Vtp
        | Query::SystemMode
        | Query::SwitchProfiles
        | Query::Save => Between::Rows,
    }
}

/// Whether every row of `part` is a row of `whole`.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part.iter().all(|(key, row)| whole.get(key) == Some(row)),
        (Value::Array(part), Value::Array(whole)) => part.iter().all(|row| whole.contains(row)),
        (_, _) => false,
    }
}

#[test]
fn a_prefix_is_an_error_or_the_same_and_never_half_a_row() {
    for (query, text) in OUTPUTS {
        check(query, text);
    }
}

/// Cuts `text` at every place.
pub(super) fn check(query: Query, text: &str) {
    let parse = |text: &str| piece(query, &Answer::Text(text.to_owned()));
    let whole = parse(text).unwrap_or_else(|why| panic!("{query}: {why}")).to_json();
    for cut in text.char_indices().filter_map(|(end, _)| text.get(..end)) {
        let Ok(found) = parse(cut) else { continue };
        let json = found.to_json();
        // Nothing at all is how a switch says that there is nothing; where there must be something it is an error.
        if json == whole || found == Piece::Silent(query) || cut.trim().is_empty() {
            continue;
        }
        let last = cut.rsplit('\n').next().unwrap_or_default();
        assert!(last.trim().is_empty(), "{query}: cut within {last:?} it became {json}");
        match between(query) {
            Between::Nothing => panic!("{query}: cut after {:?} it became {json}", cut.lines().last()),
            Between::Rows => assert!(is_part(&json, &whole), "{query}: {json}"),
            Between::Blocks => {}
        }
    }
}

/// `show vpc` with one leg and these lines of its list.
fn one_leg(lines: &[String]) -> String {
    let (head, _) = VPC.split_once("11    Po1 ").unwrap();
    let head = head.replace("configured         : 3", "configured         : 1");
    let column = " ".repeat(61);
    format!(
        "{head}11    Po1           up     success     success               {}\n",
        lines.join(&format!("\n{column}"))
    )
}

fn vlan_table(vlans: &VlanSet) -> String {
    let row = |vlan: VlanId| format!("{vlan:<4} VLAN{vlan:<28} active    Eth1/1, Eth1/2\n{:48}Eth1/3\n", "");
    let rows: String = vlans.iter().map(row).collect();
    let head = "VLAN Name                             Status    Ports\n---- -------------------------------- --------- ----------";
    format!("\n{head}\n{rows}\nVLAN Type         Vlan-mode\n")
}

fn any_vlans() -> impl Strategy<Value = VlanSet> {
    proptest::collection::btree_set(1u16..=4094, 1..8)
        .prop_map(|some| some.into_iter().filter_map(VlanId::new).collect())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_table_of_vlans_is_whole_or_an_error(vlans in any_vlans()) {
        let text = vlan_table(&vlans);
        let found = piece(Query::Vlans, &Answer::Text(text.clone())).unwrap();
        prop_assert_eq!(found.to_json(), serde_json::json!({"present": vlans, "active": vlans}));
        check(Query::Vlans, &text);
    }

    #[test]
    fn a_wrapped_list_of_a_vpc_is_the_list_or_is_not_told(vlans in any_vlans(), width in 1usize..40) {
        let letters: Vec<char> = vlans.to_string().chars().collect();
        let lines: Vec<_> = letters.chunks(width).map(|chunk| chunk.iter().collect()).collect();
        let found = piece(Query::Vpc, &Answer::Text(one_leg(&lines))).unwrap();
        let told = found.to_json().pointer("/legs/port-channel1/vlans").cloned();
        prop_assert!(found == Piece::Silent(Query::Vpc) || told == Some(serde_json::json!(vlans)), "{told:?}");
    }

    #[test]
    fn a_list_of_a_vpc_that_is_wrapped_after_commas_is_the_list(vlans in any_vlans(), width in 10usize..15) {
        let list = vlans.to_string();
        let mut lines = vec![String::new()];
        for range in list.split_inclusive(',') {
            if lines.last().is_some_and(|line| line.len() + range.len() > width) {
                lines.push(String::new());
            }
            lines.last_mut().unwrap().push_str(range);
        }
        let found = piece(Query::Vpc, &Answer::Text(one_leg(&lines))).unwrap();
        let told = found.to_json().pointer("/legs/port-channel1/vlans").cloned();
        prop_assert_eq!(told, Some(serde_json::json!(vlans)));
    }

    #[test]
    fn no_parser_panics_on_a_damaged_output(index in 0usize..14, at in 0usize..2000, noise in "[ -~\n]{0,12}") {
        let (query, text) = OUTPUTS[index];
        let (before, after) = text.split_at(at % text.len());
        drop(piece(query, &Answer::Text(format!("{before}{noise}{after}"))));
        drop(piece(query, &Answer::Text(format!("{before}{noise}"))));
        drop(piece(query, &Answer::Text(after.to_owned())));
    }
}
