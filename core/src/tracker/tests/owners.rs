//! What somebody else's machinery owns is read, reported and not written.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{super::*, bench::*, link_bench::*};
use crate::net::InterfaceName;

const HOST: InterfaceName = InterfaceName::Ethernet(1, 1);
const LONG: Duration = Duration::from_secs(24 * 3600);

fn bench() -> LinkBench {
    LinkBench::new(link_policy(2, LinkPolicy::Verify), &[], &[])
}

fn own(bench: &mut LinkBench, owners: &[ForeignOwner]) {
    bench.owners.insert(1, owners.iter().copied().collect::<BTreeSet<_>>());
    bench.read_all();
}

#[test]
fn a_switch_that_is_somebody_elses_is_neither_added_to_nor_withdrawn_from() {
    for owner in
        [ForeignOwner::VmTracker, ForeignOwner::FabricPath, ForeignOwner::SwitchProfile, ForeignOwner::Maintenance]
    {
        let mut bench = bench();
        bench.run(1, 1, 10);
        assert!(bench.has(1, HOST, 10));
        own(&mut bench, &[owner]);
        let writes = bench.switch(1).writes;
        bench.run(2, 1, 11);
        bench.run(1, 2, 10);
        bench.wait(LONG);
        assert_eq!((bench.switch(1).writes, bench.has(1, HOST, 10), bench.has(1, HOST, 11)), (writes, true, false));
        assert!(bench.texts(FindingKind::NotPermitted).join("").contains("left alone"));
        assert_eq!(bench.texts(FindingKind::ForeignOwner).len(), 1, "{:?}", bench.texts(FindingKind::ForeignOwner));
        own(&mut bench, &[]);
        bench.wait(LONG);
        assert_eq!((bench.has(1, HOST, 10), bench.has(1, HOST, 11)), (false, true), "it is ours again");
        assert!(bench.texts(FindingKind::ForeignOwner).is_empty());
    }
}

#[test]
fn a_withdrawal_that_was_allowed_is_taken_back_when_somebody_else_takes_over() {
    let mut bench = Bench::new();
    bench.seen(vm(1, 1, 10, PowerState::On));
    bench.listen("leafb", false);
    bench.seen(vm(1, 1, 10, PowerState::Off));
    bench.wait(HOLD_DOWN + Duration::from_secs(3));
    let owners = Some(BTreeSet::from([ForeignOwner::SwitchProfile]));
    let reading = Observation { owners, ..bench.observation(&"leafb".into(), true) };
    bench.send(Event::Observed(Arc::new(reading)));
    bench.listen("leafb", true);
    assert_eq!(bench.switches[&"leafb".into()].removed, Vec::new());
    assert!(!bench.switches[&"leafa".into()].removed.is_empty(), "leafa did it at once");
}

#[test]
fn where_somebody_else_makes_vlans_ports_are_managed_and_none_is_created() {
    for owner in [ForeignOwner::Vtp, ForeignOwner::Vxlan] {
        let mut bench = bench();
        own(&mut bench, &[owner]);
        bench.run(1, 1, 10);
        bench.wait(LONG);
        assert!(!bench.switch(1).vlans.contains(vlan(10)));
        let text = bench.texts(FindingKind::NotPermitted).join("");
        assert!(text.contains("does not exist there") && text.contains("never created"), "{text}");
        bench.switch(1).vlans.insert(vlan(10));
        bench.read_all();
        assert!(bench.has(1, HOST, 10), "once it exists, the port gets it");
        assert_eq!(bench.texts(FindingKind::ForeignOwner).len(), 1);
    }
}
