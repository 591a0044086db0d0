//! A VM whose adapters vCenter does not show.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

fn hidden(power: PowerState) -> Vm {
    Vm { vnics: None, ..vm(1, 1, 10, power) }
}

fn running() -> Bench {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(bench.passes(1, 10) && !bench.finds(FindingKind::UnknownNeed));
    bench
}

#[test]
fn a_running_vm_whose_adapters_are_not_shown_keeps_what_stands_and_is_a_finding() {
    let mut bench = running();
    bench.seen(hidden(PowerState::On));
    assert!(bench.finds(FindingKind::UnknownNeed));
    bench.wait(Duration::from_secs(24 * 3600));
    assert!(bench.passes(1, 10));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(!bench.finds(FindingKind::UnknownNeed), "it is shown again");
}

#[test]
fn what_is_off_or_hidden_with_its_host_is_no_finding() {
    let mut bench = running();
    bench.seen(hidden(PowerState::Off));
    assert!(!bench.finds(FindingKind::UnknownNeed));
    let mut bench = running();
    bench.send(Event::HostSeen(Arc::new(Host { connection: HostConnection::NotResponding, ..host(1) })));
    bench.seen(hidden(PowerState::On));
    assert!(!bench.finds(FindingKind::UnknownNeed) && bench.passes(1, 10));
}

/// Objects of a listing come in any order: what is not there yet is no finding.
#[test]
fn a_listing_under_way_lacks_nothing() {
    let mut bench = Bench::unconnected();
    bench.read_switches();
    bench.send(Event::VcenterConnected { vcenter: "vc".into(), id: vc() });
    bench.send(Event::ResyncBegan(vc()));
    bench.send(Event::HostSeen(Arc::new(host(1))));
    bench.seen(vm(1, 1, 10, PowerState::On));
    assert!(!bench.finds(FindingKind::UnknownNeed), "its port group may come yet");
    bench.send(Event::ResyncEnded(vc()));
    assert!(bench.finds(FindingKind::UnknownNeed), "its port group is missing");
    bench.send(Event::VcenterLost { vcenter: "vc".into(), why: "gone".to_owned() });
    assert!(bench.finds(FindingKind::UnknownNeed), "an outage mends nothing");
}
