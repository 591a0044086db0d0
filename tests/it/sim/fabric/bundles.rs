//! What a bad cable does to a host's port-channel.

use std::time::Duration;

use super::{super::driver::Sim, BUNDLE, ONE_PAIR, port, secs};

/// The member of [`BUNDLE`] on each leaf.
const MEMBER: &str = "Ethernet1/2";
fn set_link(sim: &mut Sim, leaf: &str, up: bool) {
    sim.world.switches.get_mut(leaf).expect("the leaf").set_link(port(MEMBER), up);
    sim.notice();
}

#[test]
fn a_lag_that_flaps_loses_no_vlan_and_costs_no_write() {
    let mut sim = Sim::new(ONE_PAIR).begun();
    let writes = |sim: &Sim| [sim.ours("leaf1a", "").len(), sim.ours("leaf1b", "").len()];
    let before = writes(&sim);
    for turn in 0..60 {
        let leaf = if turn % 2 == 0 { "leaf1a" } else { "leaf1b" };
        set_link(&mut sim, leaf, false);
        assert_eq!(sim.dark(1, secs(2)), Duration::ZERO, "the other leg passes");
        set_link(&mut sim, leaf, true);
        assert_eq!(sim.dark(1, secs(1)), Duration::ZERO, "and so does this one at once");
    }
    assert_eq!(writes(&sim), before);

    sim.vmotion(0, "esx002.lab", 4_000);
    for _ in 0..5 {
        set_link(&mut sim, "leaf1a", false);
        sim.run(secs(1));
        set_link(&mut sim, "leaf1a", true);
        sim.run(secs(1));
    }
    assert!(sim.passes(0) && sim.same_on_both(BUNDLE), "a move meanwhile");
    assert_eq!(sim.dark_seconds(), 0.0);

    set_link(&mut sim, "leaf1a", false);
    set_link(&mut sim, "leaf1b", false);
    assert!(!sim.passes(1));
    sim.run(secs(1800));
    set_link(&mut sim, "leaf1a", true);
    set_link(&mut sim, "leaf1b", true);
    assert!(sim.passes(0) && sim.passes(1), "half an hour without any link, and its VLANs stand");
    sim.assert_rules();
}
