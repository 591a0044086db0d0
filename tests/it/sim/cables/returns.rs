//! A peer that returns with an old configuration: what it lacks is suspended on the survivor too.

use std::time::Duration;

use vmtracker_core::net::InterfaceName;

use super::{
    super::{breaks::Break, case::Op},
    rig::{BUNDLE, BUNDLED, FAR, Plan, Rig, secs},
};

/// The VLANs that come while the peer is down.
const FIRST_NEW: u16 = 110;
const NEW: u16 = 20;
/// For so long the power is off; booting takes two minutes more.
const OFF: u64 = 600;
/// From the first sign of the peer to the end of the write: it is looked for every 2 s, read, and written.
const CATCH_UP: Duration = Duration::from_secs(8);

fn names() -> Vec<String> {
    (0..NEW).map(|number| format!("vm{number}")).collect()
}

fn with_delay_restore(seconds: u64) -> Rig {
    let plan = names().iter().zip(FIRST_NEW..).fold(Plan::pairs(2), |plan, (name, vlan)| plan.vm(name, FAR, vlan));
    let mut rig = plan.vm("old", BUNDLED, 105).play();
    for leaf in ["leaf1a", "leaf1b"] {
        rig.types(leaf, &["vpc domain 1", &format!("delay restore {seconds}")]);
        rig.device(leaf).save();
    }
    rig.run(secs(400));
    rig
}

fn has_all(rig: &Rig, leaf: &str, port: InterfaceName) -> bool {
    (FIRST_NEW..FIRST_NEW + NEW).all(|vlan| rig.allows(leaf, port, vlan))
}

/// Twenty VMs come while the peer is down; then it returns.
fn check(lost: usize, delay_restore: u64) {
    let leaves = ["leaf1a", "leaf1b"];
    let (gone, survivor) = (leaves[lost], leaves[1 - lost]);
    let mut rig = with_delay_restore(delay_restore);
    rig.sim.act(&Op::Break(Break::Power { switch: lost, ms: OFF * 1000 }));
    rig.run(secs(20));
    for name in names() {
        rig.start_move(&name, BUNDLED);
    }
    rig.run(secs(4));
    assert!(has_all(&rig, survivor, BUNDLE));
    rig.run(secs(1));
    for name in names().iter().map(String::as_str).chain(["old"]) {
        assert!(rig.passes(name), "{name} passes on the survivor alone");
        assert_eq!(rig.dark(name, secs(1)), secs(0));
    }
    rig.until(secs(OFF + 200), "the peer boots", |rig| rig.device(gone).runs());
    let mut dark = Duration::ZERO;
    let tick = Duration::from_millis(100);
    while !rig.device(gone).is_up(BUNDLE) {
        let lost = names().iter().any(|name| !rig.passes(name));
        dark += if lost { tick } else { Duration::ZERO };
        assert!(rig.passes("old"), "what both peers have had is never suspended");
        rig.run(tick);
        assert!(dark < CATCH_UP, "{gone} is written as soon as it is back");
    }
    assert!(has_all(&rig, gone, BUNDLE), "written before its legs come up");
    assert!(names().iter().all(|name| rig.passes(name)), "over both legs");
    for name in names() {
        assert!(rig.dark(&name, secs(3)) == secs(0));
    }
    rig.assert_lawful();
}

#[test]
fn a_returning_secondary_gets_twenty_vlans_before_its_legs_come_up_after_30_s() {
    check(1, 30);
}

#[test]
fn a_returning_secondary_gets_twenty_vlans_before_its_legs_come_up_after_150_s() {
    check(1, 150);
}

#[test]
fn a_returning_primary_gets_twenty_vlans_before_its_legs_come_up() {
    check(0, 30);
    check(0, 150);
}
