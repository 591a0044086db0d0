//! A switch that asks an AAA server about every command, and waits long for each answer (facts: performance, NX-OS).

use super::{super::driver::Sim, ONE_PAIR, secs};

/// For how long each command waits.
const AAA: u64 = 16;

#[test]
fn sixteen_seconds_for_every_command_make_it_late_but_repeat_nothing() {
    let mut sim = Sim::new(ONE_PAIR);
    sim.world.switches.values_mut().for_each(|switch| switch.faults.aaa_delay = secs(AAA));
    // Two whole readings, a batch and what it takes to read it back.
    sim.until("all is on the air", secs(1_200), |sim| (0..4).all(|vm| sim.passes(vm)));
    sim.vmotion(0, "esx002.lab", 4_000);
    sim.until("the VM is on the air where it went", secs(1_200), |sim| sim.allows("leaf1a", "port-channel102", 100));
    sim.run(secs(3_600));
    assert!((0..4).all(|vm| sim.passes(vm)), "{}", sim.told());
    for leaf in ["leaf1a", "leaf1b"] {
        let (mut added, all) = (sim.ours(leaf, "allowed vlan add"), sim.ours(leaf, "allowed vlan add").len());
        added
            .iter_mut()
            .for_each(|line| *line = line.split_once(":cmd=").map_or_else(String::new, |(_, cmd)| cmd.to_owned()));
        added.sort();
        added.dedup();
        assert_eq!(added.len(), all, "{leaf}: nothing is written twice");
    }
    let asked = sim.sent.len();
    sim.run(secs(3_600));
    let asked = sim.sent.len() - asked;
    // Never oftener than 20 times its own duration (design rule 12): of an hour not much is used for reading.
    assert!((1..40).contains(&asked), "{asked} requests within an hour in which nothing happened");
    sim.assert_rules();
}
