//! What frames do when hosts lose their power, are cut off, and when a vCenter is a VM of its own inventory.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::lab::{
    model::{
        LabTime,
        vcenter::{SimHost, SimPower, SimVm, Vcenter, two},
        world::World,
    },
    topology::Topology,
};

/// Two hosts on one leaf, in a vCenter that is a VM on the first, and a third host in another vCenter.
const DATA_CENTRE: &str = r#"
[[switch]]
name = "leaf"
vlans = "10-20"
port = [
    { name = "Eth1/1", allowed = "10-12" }, { name = "Eth1/2", allowed = "10-12" }, { name = "Eth1/3", allowed = "11" },
]
[[vcenter]]
name = "vc1"
[[vcenter]]
name = "vc2"
[[host]]
name = "esx1"
vcenter = "vc1"
pnics = [{ device = "vmnic0", switch = "leaf", port = "Ethernet1/1", uplink = "Uplink 1" }]
vmkernels = [{ device = "vmk0", port_group = "management" }]
[[host]]
name = "esx2"
vcenter = "vc1"
pnics = [{ device = "vmnic0", switch = "leaf", port = "Ethernet1/2", uplink = "Uplink 1" }]
[[host]]
name = "esx3"
vcenter = "vc2"
pnics = [{ device = "vmnic0", switch = "leaf", port = "Ethernet1/3", uplink = "Uplink 1" }]
[[port_group]]
name = "management"
vcenter = "vc1"
vlan = 10
[[port_group]]
name = "eleven"
vcenter = "vc1"
vlan = 11
[[port_group]]
name = "elf"
vcenter = "vc2"
vlan = 11
[[vm]]
name = "vcsa"
host = "esx1"
port_groups = ["management"]
guest_hostname = "vc1.lab"
guest_ip = "192.0.2.10"
appliance = true
[[vm]]
name = "web"
host = "esx1"
port_groups = ["eleven"]
"#;

struct Bench {
    world: World,
    chatter: Chatter,
    now: LabTime,
}

impl Bench {
    fn new() -> Self {
        let topology = Topology::parse(DATA_CENTRE).expect("a good file");
        let vcenters = topology.vcenters(0).expect("vCenters");
        let world = World { switches: topology.switches(0), vcenters, observers: Vec::new() };
        let mut bench = Self { world, chatter: Chatter::new(Arc::new(topology.cabling())), now: LabTime::ZERO };
        bench.look();
        bench
    }

    fn look(&mut self) {
        self.now += Duration::from_secs(1);
        self.chatter.speak(&mut self.world, self.now);
    }

    fn vc1(&mut self) -> &mut Vcenter {
        self.world.vcenters.get_mut("vc1").expect("there")
    }

    fn host(&self, name: &str) -> &SimHost {
        let vcenters = self.world.vcenters.values();
        vcenters.flat_map(Vcenter::hosts).find(|host| host.name == name).expect("a host of this name")
    }

    fn vm(&self, name: &str) -> Vec<(&Vcenter, &SimVm)> {
        let all = self.world.vcenters.values().flat_map(|vcenter| vcenter.vms().map(move |vm| (vcenter, vm)));
        all.filter(|(_, vm)| vm.name == name).collect()
    }

    /// What becomes of the frames of the one VM of this name.
    fn verdict(&self, name: &str) -> Verdict {
        let [(vcenter, vm)] = self.vm(name)[..] else { panic!("{name} is not at exactly one place") };
        verdict(vcenter, self.chatter.cabling(), &self.world.switches, &vm.id)
    }

    fn kernel(&self, name: &str) -> Verdict {
        let vcenter = self.world.vcenters.get("vc1").expect("there");
        kernel_verdict(vcenter, self.chatter.cabling(), &self.world.switches, self.host(name))
    }

    fn is_up(&self, port: &str) -> bool {
        self.world.switches.is_up(&Place::new("leaf", port.parse().expect("a port")))
    }

    /// Ports at which the VM's address is heard, the last one last.
    fn heard_at(&self, name: &str) -> Vec<String> {
        let [(vcenter, vm)] = self.vm(name)[..] else { panic!("{name} is not at exactly one place") };
        let heard = frames(vcenter, self.chatter.cabling(), vm).into_iter();
        heard.map(|frame| frame.place.interface.to_string()).collect()
    }

    /// The list of the second host's port is this from now on.
    fn allow(&mut self, list: &str) {
        let leaf = self.world.switches.get_mut("leaf").expect("there");
        let line = format!("switchport trunk allowed vlan {list}");
        leaf.type_lines("operator", &["configure terminal", "interface Ethernet1/2", &line], self.now);
    }

    fn is_down(&self) -> bool {
        self.world.vcenters.get("vc1").is_some_and(|vcenter| vcenter.faults.down)
    }
}

#[test]
fn a_host_without_power_sends_nothing_and_takes_its_links_down() {
    let mut bench = Bench::new();
    let esx1 = bench.host("esx1").id.clone();
    bench.vc1().cut_power(&esx1).expect("it had power");
    bench.look();
    assert_eq!(bench.verdict("web"), Verdict::Idle(Idle::HostDown));
    assert_eq!(bench.kernel("esx1"), Verdict::Idle(Idle::HostDown));
    assert!(!bench.is_up("Ethernet1/1") && bench.is_up("Ethernet1/2"));
    assert!(bench.host("esx1").pnic("vmnic0").is_some_and(|pnic| pnic.link), "nobody is left to tell vCenter");
    bench.vc1().power_up_host(&esx1).expect("it had none");
    bench.look();
    assert!(bench.is_up("Ethernet1/1"));
    assert_eq!(bench.kernel("esx1"), Verdict::Passes, "its management is reachable at once");
    assert_eq!(bench.verdict("web"), Verdict::Idle(Idle::Off), "it died with the host");
}

#[test]
fn a_host_that_is_removed_while_it_has_no_power_keeps_its_links_down() {
    let mut bench = Bench::new();
    let esx2 = bench.host("esx2").id.clone();
    bench.vc1().cut_power(&esx2).expect("it had power");
    bench.look();
    bench.vc1().remove_host(&esx2).expect("there");
    bench.look();
    assert!(!bench.is_up("Ethernet1/2"));
    bench.vc1().add_host_back("esx2").expect("it was removed");
    bench.look();
    assert!(!bench.is_up("Ethernet1/2"), "it is back in the inventory only");
}

#[test]
fn on_an_isolated_host_frames_pass_and_a_copy_of_a_restarted_vm_is_heard() {
    let mut bench = Bench::new();
    let (esx1, esx2) = (bench.host("esx1").id.clone(), bench.host("esx2").id.clone());
    bench.vc1().isolate_host(&esx1).expect("there");
    bench.look();
    assert_eq!(bench.verdict("web"), Verdict::Passes);
    let web = bench.vc1().vm_named("web").cloned().expect("there");
    bench.vc1().restart_elsewhere(&web, &esx2).expect("there");
    bench.look();
    assert_eq!(bench.heard_at("web"), ["Ethernet1/1", "Ethernet1/2"]);
    bench.vc1().cut_power(&esx1).expect("it had power");
    bench.look();
    assert_eq!(bench.heard_at("web"), ["Ethernet1/2"]);
}

#[test]
fn a_vcenter_that_is_a_vm_answers_while_it_runs_and_its_frames_pass() {
    let mut bench = Bench::new();
    assert!(!bench.is_down());
    let (esx1, esx2) = (bench.host("esx1").id.clone(), bench.host("esx2").id.clone());
    bench.allow("11");
    bench.vc1().fail_host(&esx1).expect("it had power");
    bench.look();
    assert!(bench.is_down(), "it died with its host");
    let vcsa = bench.vc1().vm_named("vcsa").cloned().expect("there");
    bench.vc1().restart_elsewhere(&vcsa, &esx2).expect("there");
    bench.look();
    assert!(bench.is_down(), "it runs, and VLAN 10 does not pass there");
    bench.allow("10-11");
    bench.look();
    assert!(!bench.is_down());
    bench.vc1().power_off(&vcsa).expect("on");
    bench.look();
    assert!(bench.is_down(), "switched off");
    assert!(bench.world.vcenters.get("vc2").is_some_and(|vcenter| !vcenter.faults.down), "that one is no VM");
}

#[test]
fn a_vm_that_goes_to_another_vcenter_is_at_one_place_and_its_frames_pass_there() {
    let mut bench = Bench::new();
    let (web, esx3) = (bench.vc1().vm_named("web").cloned().expect("there"), bench.host("esx3").id.clone());
    let (one, other) = two(&mut bench.world.vcenters, "vc1", "vc2").expect("both");
    one.start_relocation(&web, other, &esx3).expect("VLAN 11 is there");
    assert_eq!((bench.verdict("web"), bench.heard_at("web")), (Verdict::Passes, vec!["Ethernet1/1".to_owned()]));
    let (one, other) = two(&mut bench.world.vcenters, "vc1", "vc2").expect("both");
    one.finish_relocation(&web, other).expect("under way");
    bench.look();
    assert_eq!((bench.verdict("web"), bench.heard_at("web")), (Verdict::Passes, vec!["Ethernet1/3".to_owned()]));
    assert!(bench.vm("web").iter().all(|(vcenter, vm)| vcenter.name() == "vc2" && vm.power == SimPower::On));
}
