//! Moves between two vCenters, which know nothing of each other.

use std::{collections::BTreeSet, time::Duration};

use vmtracker::lab::model::{dataplane::Place, vcenter::two};
use vmtracker_core::tracker::{FindingKind, VcenterPolicy};

use super::{
    super::{case::Shape, driver::Sim, fabric::secs},
    FIRST, site,
};

/// Two vCenters with two hosts each on one pair. The second's hosts have the ids that the first's have.
const TWO: Shape = Shape { vcenters: 2, switches: 2, pairs: true, hosts: 4, vms: 4, groups: 6 };
const SECOND: &str = "vc2";
const VM: &str = "vm00001";
const ITS_VLAN: u16 = 100;
const COPY: Duration = Duration::from_secs(5);

fn begun() -> Sim {
    let mut sim = site(&TWO.topology(), TWO, &VcenterPolicy::default()).begun();
    sim.world.vcenters.values_mut().for_each(|vcenter| vcenter.delays.start_event = secs(2));
    sim
}

/// Where the VM is at first, and a host of the other vCenter, whose id is that of a host of the first.
fn hosts(sim: &Sim) -> (String, String) {
    let vcenter = sim.vcenter(FIRST);
    let home =
        vcenter.vm_named(VM).and_then(|id| vcenter.vm(id)).and_then(|vm| vcenter.host(&vm.host)).expect("a host");
    let ids: Vec<_> = vcenter.hosts().map(|host| host.id.clone()).collect();
    let away = sim.vcenter(SECOND).hosts().find(|host| ids.contains(&host.id)).expect("an id that both have");
    (home.name.clone(), away.name.clone())
}

fn start(sim: &mut Sim, away: &str) {
    let now = sim.now;
    sim.world.vcenters.values_mut().for_each(|vcenter| vcenter.advance(now));
    let (vm, to) = (sim.vm_of_name(FIRST, VM), sim.host_of_name(SECOND, away));
    let (from, other) = two(&mut sim.world.vcenters, FIRST, SECOND).expect("two vCenters");
    from.start_relocation(&vm, other, &to).expect("it may go");
    sim.notice();
}

/// On which hosts' ports the VM's VLAN stands on both leaves.
fn standing(sim: &Sim) -> BTreeSet<String> {
    let cables = sim.cabling.cables();
    let places = |host: &str| -> Vec<Place> {
        let mine = cables.iter().filter(|(name, _, _)| name == host);
        mine.flat_map(|(_, _, end)| end.places.clone()).collect()
    };
    let allows = |place: &Place| sim.allows(place.switch.as_str(), &place.interface.to_string(), ITS_VLAN);
    let stands = |host: &String| !places(host).is_empty() && places(host).iter().all(allows);
    cables.iter().map(|(host, _, _)| host.clone()).filter(stands).collect()
}

/// These hosts, for comparison.
fn only(hosts: &[&str]) -> BTreeSet<String> {
    hosts.iter().map(|host| (*host).to_owned()).collect()
}

#[test]
fn a_vm_that_goes_to_another_vcenter_is_never_dark_and_leaves_its_old_port() {
    let mut sim = begun();
    let (home, away) = hosts(&sim);
    start(&mut sim, &away);
    assert_eq!(sim.dark(0, COPY), Duration::ZERO);
    assert_eq!(standing(&sim), only(&[&home, &away]), "{}", sim.told());
    let vm = sim.vm_of_name(FIRST, VM);
    let (from, other) = two(&mut sim.world.vcenters, FIRST, SECOND).expect("two vCenters");
    from.finish_relocation(&vm, other).expect("it goes");
    sim.notice();
    for _ in 0..600 {
        assert!(sim.vm_passes(SECOND, VM), "{}", sim.told());
        sim.run(Duration::from_millis(100));
    }
    sim.until("its old port lets it go", secs(300), |sim| standing(sim) == only(&[&away]));
    assert!(sim.vm_passes(SECOND, VM) && sim.findings(FindingKind::Orphan).is_empty(), "{}", sim.told());
    assert!(sim.findings(FindingKind::DuplicateVm).is_empty());
    sim.assert_rules();
}

#[test]
fn a_move_to_another_vcenter_that_fails_lapses_there() {
    let mut sim = begun();
    let (home, away) = hosts(&sim);
    start(&mut sim, &away);
    sim.run(COPY);
    assert_eq!(standing(&sim).len(), 2, "{}", sim.told());
    let vm = sim.vm_of_name(FIRST, VM);
    sim.operate_on(FIRST, |vcenter| vcenter.fail_migration(&vm, "no"));
    sim.until("it lapses", secs(300), |sim| standing(sim) == only(&[&home]));
    assert!(sim.vm_passes(FIRST, VM));
    sim.assert_rules();
}

#[test]
fn while_the_target_vcenter_is_away_the_old_port_stays_and_the_vm_passes() {
    let mut sim = begun();
    let (home, away) = hosts(&sim);
    start(&mut sim, &away);
    sim.run(COPY);
    sim.operate_on(SECOND, |vcenter| {
        vcenter.faults.down = true;
        Ok(())
    });
    let vm = sim.vm_of_name(FIRST, VM);
    let (from, other) = two(&mut sim.world.vcenters, FIRST, SECOND).expect("two vCenters");
    from.finish_relocation(&vm, other).expect("it goes");
    sim.notice();
    sim.hours(1);
    assert!(sim.vm_passes(SECOND, VM) && standing(&sim).contains(&home), "{}", sim.told());
    sim.operate_on(SECOND, |vcenter| {
        vcenter.faults.down = false;
        Ok(())
    });
    sim.until("once it is back, it is known to be ready there", secs(600), |sim| standing(sim) == only(&[&away]));
    assert!(sim.vm_passes(SECOND, VM));
    sim.assert_rules();
}
