//! Hosts that lose their power: one for three hours, and all of them with the vCenter on one of them.

use vmtracker::lab::topology::VmRow;
use vmtracker_core::{
    net::VlanSet,
    tracker::{FindingKind, VcenterPolicy},
};

use super::{
    super::{
        case::Op,
        driver::Sim,
        fabric::{port, secs},
    },
    FIRST, SITE, site,
};

const HOSTS: [&str; 4] = ["esx001.lab", "esx002.lab", "esx003.lab", "esx004.lab"];
/// The vCenter's own VM, in a VLAN that somebody put by hand where it runs at first.
const APPLIANCE: &str = "vcsa01";
const ITS_VLAN: u16 = 100;
/// The port of the first host on both leaves.
const ITS_PORT: &str = "Ethernet1/1";

/// A site whose vCenter is a VM on its first host, and is followed under this name.
fn with_appliance(address: &str) -> Sim {
    let mut topology = SITE.topology();
    let name = format!("vlan-{ITS_VLAN}");
    topology.vms.push(VmRow {
        name: APPLIANCE.to_owned(),
        host: HOSTS[0].to_owned(),
        port_groups: vec![name],
        on: true,
        guest_hostname: "VCSA01".to_owned(),
        appliance: true,
        ..VmRow::default()
    });
    for switch in &mut topology.switches {
        let row = switch.ports.iter_mut().find(|row| row.name == port(ITS_PORT)).expect("its port");
        row.allowed = row.allowed.take().map(|list| list.union(&"100".parse::<VlanSet>().expect("a list")));
    }
    // No other VM may be a reason for that VLAN on another host.
    topology.vms.iter_mut().filter(|vm| vm.name != APPLIANCE).for_each(|vm| vm.port_groups = vec!["vlan-101".into()]);
    site(&topology, SITE, &VcenterPolicy { address: address.to_owned(), ..VcenterPolicy::default() })
}

/// Every host loses its power, the vCenter with them; the controller dies, too, and comes back long before they do.
fn blackout(sim: &mut Sim) {
    for host in HOSTS {
        let id = sim.host_of_name(FIRST, host);
        sim.operate_on(FIRST, |vcenter| vcenter.cut_power(&id));
    }
    assert!(sim.vcenter(FIRST).faults.down, "it died with its host");
    sim.act(&Op::Crash { down_ms: 600_000 });
    sim.hours(3);
    assert!(sim.controller.is_some() && sim.vcenter(FIRST).faults.down);
}

/// The hosts have power again, but for the first; HA restarts what ran, the vCenter on a host that never ran it.
fn power_returns(sim: &mut Sim) {
    for host in &HOSTS[1..] {
        let id = sim.host_of_name(FIRST, host);
        sim.operate_on(FIRST, |vcenter| vcenter.power_up_host(&id));
    }
    sim.run(secs(120));
    let refuge = sim.host_of_name(FIRST, HOSTS[2]);
    let vms: Vec<_> = sim.vcenter(FIRST).vms().map(|vm| vm.id.clone()).collect();
    for vm in &vms {
        sim.operate_on(FIRST, |vcenter| vcenter.restart_elsewhere(vm, &refuge));
    }
}

#[test]
fn after_a_blackout_of_everything_everything_comes_back_with_no_person() {
    let mut sim = with_appliance("vcsa01.lab").begun();
    blackout(&mut sim);
    power_returns(&mut sim);
    assert!(sim.vm_passes(FIRST, APPLIANCE), "before anybody could tell where it is: {}", sim.told());
    sim.until("its frames pass, so it is reached", secs(1), |sim| !sim.vcenter(FIRST).faults.down);
    sim.until("everything runs and passes", secs(60), |sim| (0..sim.roster.len()).all(|vm| sim.passes(vm)));
    let person = [FindingKind::Brake, FindingKind::Orphan, FindingKind::NotPermitted, FindingKind::Unattached];
    assert!(person.into_iter().all(|kind| sim.findings(kind).is_empty()), "{}", sim.told());
    sim.assert_rules();
}

#[test]
fn without_its_floor_a_vcenter_would_wait_for_a_person_for_ever() {
    // The same under a name that is not the guest's: this is what the floor is for.
    let mut sim = with_appliance("something.else").begun();
    blackout(&mut sim);
    power_returns(&mut sim);
    sim.hours(1);
    assert!(!sim.vm_passes(FIRST, APPLIANCE) && sim.vcenter(FIRST).faults.down);
}

/// A site where the VLANs of vmkernel adapters are the controller's work, too.
fn with_bare_ports() -> Sim {
    let mut topology = SITE.topology();
    for row in topology.switches.iter_mut().flat_map(|switch| &mut switch.ports) {
        let hosts = row.allowed.as_ref().is_some_and(|list| list.to_string() == "10-11");
        row.allowed = if hosts { "3".parse().ok() } else { row.allowed.take() };
    }
    site(&topology, SITE, &VcenterPolicy::default())
}

#[test]
fn a_host_that_boots_for_three_hours_is_reachable_the_moment_it_is_back() {
    for host in &HOSTS[..2] {
        let mut sim = with_bare_ports().begun();
        assert!(sim.kernels_pass(FIRST, host), "{}", sim.told());
        let id = sim.host_of_name(FIRST, host);
        sim.operate_on(FIRST, |vcenter| vcenter.reboot_host(&id, secs(3 * 3600)));
        let residents: Vec<_> = sim.vcenter(FIRST).vms().filter(|vm| vm.host == id).map(|vm| vm.id.clone()).collect();
        let refuge = sim.host_of_name(FIRST, HOSTS[2]);
        sim.run(secs(60));
        for vm in &residents {
            sim.operate_on(FIRST, |vcenter| vcenter.restart_elsewhere(vm, &refuge));
        }
        sim.run(secs(3 * 3600 - 61));
        assert!(!sim.kernels_pass(FIRST, host), "it is still off");
        assert!(sim.says(FindingKind::AbsentHost, &[host]), "{}", sim.told());
        sim.until("it has power", secs(5), |sim| sim.vcenter(FIRST).host(&id).is_some_and(|host| host.powered));
        sim.until("its frames pass", secs(1), |sim| sim.kernels_pass(FIRST, host));
        assert_eq!(sim.dark_of_kernels(host, secs(600)), 0, "and go on to pass: {}", sim.told());
        assert!((0..sim.roster.len()).all(|vm| sim.passes(vm)), "{}", sim.told());
        sim.assert_rules();
    }
}

impl Sim {
    /// At how many looks within a span the frames of a host's vmkernel adapters were lost.
    fn dark_of_kernels(&mut self, host: &str, span: std::time::Duration) -> usize {
        let until = self.now + span;
        let mut lost = 0;
        while self.now < until {
            self.run(secs(1));
            lost += usize::from(!self.kernels_pass(FIRST, host));
        }
        lost
    }
}
