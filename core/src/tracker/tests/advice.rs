//! Moves that DRS recommends.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

const LONG: Duration = Duration::from_secs(3600 * 4);

fn recommend(bench: &mut Bench, to: &[u16]) {
    let recommendations = to.iter().map(|host| Recommendation { vm: vm_id(1), to: host_id(*host) }).collect();
    let cluster = Cluster { id: ObjectId::new(&vc(), "domain-c1"), name: "production".into(), recommendations };
    bench.send(Event::ClusterSeen(Arc::new(cluster)));
}

fn listen(bench: &mut Bench, drs_recommendations: bool) {
    let policy = VcenterPolicy { drs_recommendations, ..VcenterPolicy::default() };
    bench.policy.vcenters.insert("vc".into(), policy);
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
}

fn recommended() -> Bench {
    let mut bench = Bench::new();
    listen(&mut bench, true);
    bench.seen(vm(1, 1, 10, PowerState::On));
    recommend(&mut bench, &[2]);
    bench
}

#[test]
fn a_recommended_move_prepares_its_target_while_it_is_listed() {
    let mut bench = recommended();
    bench.wait(LONG);
    assert!(bench.passes(1, 10) && bench.passes(2, 10) && !bench.passes(3, 10), "{:?}", bench.findings());
    recommend(&mut bench, &[3]);
    assert!(bench.passes(3, 10));
    bench.wait(LONG);
    assert!(!bench.passes(2, 10) && bench.passes(3, 10));
    recommend(&mut bench, &[]);
    bench.wait(LONG);
    assert!(bench.passes(1, 10) && !bench.passes(3, 10), "{:?}", bench.findings());
}

#[test]
fn nobody_asks_for_recommendations_unless_the_configuration_does() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    recommend(&mut bench, &[2]);
    assert!(!bench.passes(2, 10));
    listen(&mut bench, true);
    assert!(bench.passes(2, 10));
}

#[test]
fn switching_recommendations_off_withdraws_nothing_by_itself() {
    let mut bench = recommended();
    listen(&mut bench, false);
    bench.wait(LONG);
    assert!(bench.passes(2, 10), "the configuration alone is no cause");
    assert!(bench.finds(FindingKind::WithdrawalBlocked), "{:?}", bench.findings());
    for switch in ["leafa", "leafb"] {
        let interface = crate::net::InterfaceName::Ethernet(1, 2);
        bench.send(Event::Closed { switch: switch.into(), interface, vlan: vlan(10) });
    }
    bench.wait(LONG);
    assert!(!bench.passes(2, 10) && bench.passes(1, 10), "{:?}", bench.findings());
}

#[test]
fn a_recommendation_that_was_applied_becomes_the_vms_own_need() {
    let mut bench = recommended();
    bench.send(Event::MigrationStarted { vm: vm_id(1), to: Destination::Host(host_id(2)) });
    bench.seen(vm(1, 2, 10, PowerState::On));
    recommend(&mut bench, &[]);
    bench.wait(LONG);
    assert!(!bench.passes(1, 10) && bench.passes(2, 10), "{:?}", bench.findings());
}

#[test]
fn a_vm_that_is_off_is_recommended_nowhere() {
    let mut bench = recommended();
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(LONG);
    assert!(!bench.passes(1, 10) && !bench.passes(2, 10));
}
