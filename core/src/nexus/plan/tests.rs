//! The plan: tables of intents and readings, and its two properties.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{collection::btree_set, prelude::*};

use super::*;
use crate::{
    net::{InterfaceName, SwitchName},
    tracker::{Act, Mode, Pace, Policy, Port, SwitchPolicy, VlanDatabase, Withdrawal},
};

const PORT: InterfaceName = InterfaceName::Ethernet(1, 1);
const NOW: Moment = Moment::from_unix_ms(1_000_000);

fn set(text: &str) -> VlanSet {
    text.parse().unwrap()
}

fn policy(allowed: Option<&str>) -> Policy {
    let own =
        SwitchPolicy { mode: Mode::both(Act::Enforce), allowed: None, interfaces: BTreeMap::new(), vpc_peer: None };
    Policy {
        hold_down: std::time::Duration::from_secs(5),
        pace: Pace::Unlimited,
        allowed: allowed.map(set),
        switches: BTreeMap::from([(SwitchName::from("leaf1"), own)]),
        ..Policy::default()
    }
}

fn guard(allowed: Option<&str>) -> Guard {
    Guard::new(&policy(allowed), &SwitchName::from("leaf1"))
}

fn reading(mode: PortMode, allowed: Allowed) -> Reading {
    let mut reading = Reading::default();
    reading.learn_port(PORT, NOW, Port { mode, allowed, native: None, up: None, forwarding: None, edge: true }, false);
    let database = VlanDatabase { present: set("1,10"), active: set("1,10"), reserved: set("3968-4094") };
    reading.learn_vlans(NOW, database);
    reading
}

fn intent(present: &[(Place, &str)], absent: &[(Place, &str)]) -> Configure {
    let until = NOW + std::time::Duration::from_secs(60);
    let gone = |vlans: &&str| Withdrawal { vlans: set(vlans), until };
    Configure {
        unsettled: std::collections::BTreeSet::new(),
        peer_link: None,
        links: std::collections::BTreeSet::new(),
        paired: false,
        switch: SwitchName::from("leaf1"),
        serial: "S1".to_owned(),
        generation: 1,
        present: present.iter().map(|(place, vlans)| (*place, Arc::new(set(vlans)))).collect(),
        absent: absent.iter().map(|(place, vlans)| (*place, gone(vlans))).collect(),
        urgent: BTreeMap::new(),
        causes: BTreeMap::new(),
    }
}

fn check(intent: &Configure, reading: &Reading, lines: &[&str], settled: &[(u16, StepResult)]) {
    let plan = plan(intent, reading, &guard(Some("2-4094")), NOW);
    let said: Vec<String> = plan.steps().iter().flat_map(Step::lines).collect();
    assert_eq!(said, lines);
    let told: Vec<_> = plan.settled.iter().map(|outcome| (outcome.vlan.get(), outcome.result.clone())).collect();
    assert_eq!(told, settled);
}

#[test]
fn the_database_comes_first_then_additions_then_withdrawals() {
    let port = Place::Interface(PORT);
    let intent = intent(&[(port, "20"), (Place::VlanDatabase, "20")], &[(port, "30")]);
    let lines = [
        "vlan 20",
        "exit",
        "interface Ethernet1/1",
        "switchport trunk allowed vlan add 20",
        "interface Ethernet1/1",
        "switchport trunk allowed vlan remove 30",
    ];
    check(&intent, &reading(PortMode::Trunk, Allowed::List(set("10,30"))), &lines, &[]);
}

#[test]
fn what_is_as_wanted_needs_no_write() {
    let port = Place::Interface(PORT);
    let settled = [(10, StepResult::WasThere), (30, StepResult::WasGone)];
    check(
        &intent(&[(port, "10")], &[(port, "30")]),
        &reading(PortMode::Trunk, Allowed::List(set("10"))),
        &[],
        &settled,
    );
    check(
        &intent(&[(port, "77")], &[]),
        &reading(PortMode::Trunk, Allowed::Everything),
        &[],
        &[(77, StepResult::WasThere)],
    );
}

#[test]
fn the_last_vlan_of_a_trunk_stays() {
    let port = Place::Interface(PORT);
    let lines = ["interface Ethernet1/1", "switchport trunk allowed vlan remove 10"];
    let reading = reading(PortMode::Trunk, Allowed::List(set("10,30")));
    check(&intent(&[], &[(port, "10,30")]), &reading, &lines, &[(30, StepResult::WasThere)]);
}

#[test]
fn only_a_plain_trunk_is_written() {
    let port = Place::Interface(PORT);
    for mode in [PortMode::Access, PortMode::Routed, PortMode::FexFabric, PortMode::Other("x".to_owned())] {
        let plan = plan(&intent(&[(port, "20")], &[]), &reading(mode, Allowed::Everything), &guard(None), NOW);
        assert!(plan.is_empty());
        assert!(matches!(plan.settled[0].result, StepResult::Refused(_)));
    }
    let mut member = reading(PortMode::Trunk, Allowed::List(set("10")));
    member.members.insert(PORT);
    assert!(plan(&intent(&[(port, "20")], &[]), &member, &guard(None), NOW).is_empty());
}

#[test]
fn the_guard_refuses_what_lies_outside() {
    let reading = reading(PortMode::Trunk, Allowed::List(set("10")));
    let refused = |present: &[(Place, &str)], allowed| {
        let plan = plan(&intent(present, &[]), &reading, &guard(allowed), NOW);
        plan.is_empty() && plan.settled.iter().all(|outcome| matches!(outcome.result, StepResult::Refused(_)))
    };
    assert!(refused(&[(Place::Interface(PORT), "500")], Some("2-400")), "outside the allowed range");
    assert!(refused(&[(Place::Interface(PORT), "1")], None), "VLAN 1");
    assert!(refused(&[(Place::VlanDatabase, "20")], None), "no range allows creating");
    assert!(refused(&[(Place::VlanDatabase, "4000")], Some("2-4094")), "reserved");
    assert!(refused(&[(Place::Interface(InterfaceName::Ethernet(9, 9)), "20")], None), "no such port");
    let stranger = Guard::new(&policy(None), &SwitchName::from("other"));
    assert!(plan(&intent(&[(Place::Interface(PORT), "20")], &[]), &reading, &stranger, NOW).is_empty());
}

#[test]
fn a_withdrawal_out_of_time_is_left_out() {
    let late = NOW + std::time::Duration::from_secs(60);
    let reading = reading(PortMode::Trunk, Allowed::List(set("10,30")));
    assert!(plan(&intent(&[], &[(Place::Interface(PORT), "30")]), &reading, &guard(None), late).is_empty());
}

fn vlans() -> impl Strategy<Value = VlanSet> {
    btree_set(1u16..=60, 0..20).prop_map(|numbers| numbers.into_iter().filter_map(VlanId::new).collect())
}

proptest! {
    #[test]
    fn it_touches_nothing_but_present_and_absent(present in vlans(), absent in vlans(), there in vlans()) {
        let place = Place::Interface(PORT);
        let mut intent = intent(&[], &[(place, "2")]);
        intent.present.insert(place, Arc::new(present.clone()));
        intent.absent.entry(place).and_modify(|gone| gone.vlans = absent.clone());
        let plan = plan(&intent, &reading(PortMode::Trunk, Allowed::List(there.clone())), &guard(None), NOW);
        let added = plan.add.get(&place).cloned().unwrap_or_default();
        let removed = plan.remove.get(&place).cloned().unwrap_or_default();
        prop_assert!(added.is_subset(&present.difference(&there)));
        prop_assert!(removed.is_subset(&absent.intersection(&there).difference(&present)));
        prop_assert!(there.is_empty() || !there.difference(&removed).is_empty(), "it would empty the trunk");
        prop_assert!(!added.contains(VlanId::MIN) && !removed.contains(VlanId::MIN));
    }
}
