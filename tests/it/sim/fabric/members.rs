//! What people do to a host's port-channel.

use std::time::Duration;

use vmtracker::lab::model::dataplane::recable;

use super::{super::driver::Sim, BUNDLE, ONE_PAIR, port, secs};

/// The member of [`BUNDLE`] on each leaf.
const MEMBER: &str = "Ethernet1/2";
/// Where the member goes.
const OTHER: &str = "port-channel202";
/// Membership is read every minute.
const READ: Duration = secs(70);

/// An operator types lines.
fn type_lines(sim: &mut Sim, switch: &str, lines: &[&str]) {
    let now = sim.now;
    let device = sim.world.switches.get_mut(switch).expect("the switch");
    let lines = [&["configure terminal"], lines].concat();
    let answers = device.type_lines("ann", &lines, now);
    assert!(answers.iter().all(String::is_empty), "{lines:?}: {answers:?}");
    sim.notice();
}

/// An operator puts the member of a leaf into another port-channel, which he makes for it.
fn move_member(sim: &mut Sim, leaf: &str, device: &str) {
    let made = ["interface port-channel202", "switchport", "switchport mode trunk"];
    let set = ["switchport trunk allowed vlan 10-11", "spanning-tree port type edge trunk", "vpc 202"];
    let moved = ["interface Ethernet1/2", "no channel-group", "channel-group 202 force mode on"];
    type_lines(sim, leaf, &[made, set, moved].concat());
    let cabling = std::sync::Arc::clone(&sim.cabling);
    recable(&mut sim.world, &cabling, "esx002.lab", device, leaf, port(MEMBER));
    sim.notice();
}

#[test]
fn a_member_that_goes_to_another_port_channel_takes_its_vlans_along() {
    let mut sim = Sim::new(ONE_PAIR).begun();
    sim.vmotion(0, "esx002.lab", 4_000);
    sim.run(secs(30));
    move_member(&mut sim, "leaf1a", "vmnic0");
    sim.until("the new port-channel has them", READ, |sim| sim.forwards("leaf1a", OTHER, 101));
    sim.run(secs(60));
    move_member(&mut sim, "leaf1b", "vmnic1");
    sim.until("both VMs pass", READ, |sim| sim.passes(0) && sim.passes(1));
    sim.run(secs(120));
    assert!(sim.passes(0) && sim.passes(1), "{}", sim.told());
    assert!(sim.same_on_both(OTHER));
    for leaf in ["leaf1a", "leaf1b"] {
        assert_eq!(sim.ours(leaf, "interface Ethernet1/2 ;"), [""; 0], "a member is never written");
    }
    sim.vmotion(2, "esx002.lab", 4_000);
    sim.judge.restart(sim.now);
    sim.run(secs(20));
    assert!(sim.passes(2) && sim.forwards("leaf1a", OTHER, 102) && sim.forwards("leaf1b", OTHER, 102));
    assert!(!sim.allows("leaf1a", BUNDLE, 102), "nobody hangs on the old one");
    assert_eq!(sim.dark_seconds(), 0.0);
    let old = |sim: &Sim| ["leaf1a", "leaf1b"].map(|leaf| sim.world.switches[leaf].allowed(port(BUNDLE)).to_string());
    sim.until("the old one is as it was before us", secs(120), |sim| old(sim) == ["10-11", "10-11"]);
    sim.assert_rules();
}
