//! A switch comes back with the configuration that somebody saved once.

use vmtracker_core::tracker::{Policy, Save};

use super::{
    super::{breaks::Break, case::Op, driver::Sim},
    BUNDLE, ONE_PAIR, port, secs, vlan,
};

/// The power of `leaf1b` fails for a second; until it has booted.
fn reload(sim: &mut Sim) {
    sim.act(&Op::Break(Break::Power { switch: 1, ms: 1_000 }));
    sim.until("it has booted", secs(200), |sim| sim.world.switches["leaf1b"].runs());
}

#[test]
fn a_leaf_with_an_old_startup_config_gets_what_is_needed_now_and_nothing_that_others_lost() {
    let never = |policy: &mut Policy| policy.save = Save::Never;
    let mut sim = Sim::of(&ONE_PAIR.topology(), ONE_PAIR, never).begun();
    sim.type_on_port("leaf1b", port("Ethernet1/1"), vlan(105), "add");
    sim.vmotion(0, "esx002.lab", 4_000);
    sim.run(secs(400));
    assert_eq!(sim.dark_seconds(), 0.0);
    assert!(!sim.world.switches["leaf1b"].is_saved());

    reload(&mut sim);
    assert!(!sim.allows("leaf1b", BUNDLE, 101), "the startup-config is older than the controller");
    sim.until("all is there", secs(4), |sim| (0..4).all(|vm| sim.passes(vm)) && sim.same_on_both(BUNDLE));
    sim.until("the legs are up", secs(60), |sim| sim.forwards("leaf1b", BUNDLE, 101));
    sim.run(secs(300));
    assert!(sim.same_on_both(BUNDLE) && sim.same_on_both("port-channel104") && sim.same_on_both("Ethernet1/3"));
    assert!(!sim.allows("leaf1b", "Ethernet1/1", 105), "the operator's line was the operator's to save");
    let dark = sim.dark_seconds();
    assert!(dark < 4.0 * 2.5, "{dark} s for four VMs until the returning leaf was written");
    sim.assert_rules();
}

#[test]
fn after_a_save_a_reload_makes_nobody_dark_but_whoever_moved_since() {
    let mut sim = Sim::new(ONE_PAIR).begun();
    sim.until("both are saved", secs(600), |sim| sim.world.switches.values().all(|switch| switch.is_saved()));
    sim.vmotion(1, "esx003.lab", 4_000);
    sim.until("it is withdrawn at home", secs(120), |sim| !sim.allows("leaf1b", BUNDLE, 101));
    assert!(sim.allows("leaf1b", "Ethernet1/3", 101) && !sim.world.switches["leaf1b"].is_saved());
    assert_eq!(sim.dark_seconds(), 0.0);

    reload(&mut sim);
    assert!([0, 2, 3].into_iter().all(|vm| sim.passes(vm)), "what was saved passes at once");
    assert!(!sim.allows("leaf1b", "Ethernet1/3", 101), "what was not is lost");
    sim.until("the move since is repaired", secs(4), |sim| sim.forwards("leaf1b", "Ethernet1/3", 101));
    sim.run(secs(600));
    assert!((0..4).all(|vm| sim.passes(vm)));
    let dark = sim.dark_seconds();
    assert!(dark > 0.0 && dark < 2.5, "one VM, from the boot to the write: {dark} s");
    assert!(sim.world.switches["leaf1b"].is_saved(), "and saved again");
    sim.assert_rules();
}
