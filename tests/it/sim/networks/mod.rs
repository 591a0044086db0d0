//! Every kind of network, end to end: what the simulated vCenter tells of it, and what becomes of the frames.
//!
//! The floor is one leaf and two hosts: `esx1` with two uplinks on Ethernet1/1 and 1/2, `esx2` with a LAG of two members
//! on port-channel 7 (Ethernet1/3 and 1/4) and a standard switch on Ethernet1/5. On the leaf there is nothing but VLAN 1.

mod adapters;
mod lives;
mod vlans;

use std::time::Duration;

use vmtracker::lab::{
    model::{
        dataplane::{Verdict, verdict},
        vcenter::{Refused, Vcenter},
    },
    topology::Topology,
};
use vmtracker_core::{net::MoId, tracker::Policy};

use super::{case::Shape, driver::Sim, fabric::secs};

const FLOOR: &str = r#"
[[switch]]
name = "leaf"
vlans = "1"
port = [
    { name = "Ethernet1/1", allowed = "1" }, { name = "Ethernet1/2", allowed = "1" },
    { name = "Ethernet1/3", allowed = "1", channel = 7 }, { name = "Ethernet1/4", allowed = "1", channel = 7 },
    { name = "port-channel7", allowed = "1" }, { name = "Ethernet1/5", allowed = "1" },
]

[[vcenter]]
name = "vc1"
lags = [{ name = "lag1" }]
pvlan = [
    { primary = 100, secondary = 100, type = "promiscuous" }, { primary = 100, secondary = 101, type = "isolated" },
    { primary = 100, secondary = 102, type = "community" },
]

[[host]]
name = "esx1"
pnics = [
    { device = "vmnic0", switch = "leaf", port = "Ethernet1/1", uplink = "Uplink 1" },
    { device = "vmnic1", switch = "leaf", port = "Ethernet1/2", uplink = "Uplink 2" },
]
vmkernels = [{ device = "vmk10", port_group = "tunnels", port_vlan = 50, stack = "vxlan" }]

[[host]]
name = "esx2"
pnics = [
    { device = "vmnic0", switch = "leaf", port = "Ethernet1/3", lag = "lag1" },
    { device = "vmnic1", switch = "leaf", port = "Ethernet1/4", lag = "lag1" },
    { device = "vmnic2", switch = "leaf", port = "Ethernet1/5", vswitch = "vSwitch0" },
]

[[port_group]]
name = "tunnels"
vlan = 13
active = ["Uplink 1"]
port_vlans = true
"#;

const SHAPE: Shape = Shape { vcenters: 1, switches: 2, pairs: false, hosts: 2, vms: 1, groups: 1 };
const VCENTER: &str = "vc1";
const LEAF: &str = "leaf";
/// Both uplinks of `esx1`, and the LAG of `esx2`.
const FIRST: &str = "Ethernet1/1";
const SECOND: &str = "Ethernet1/2";
const BUNDLE: &str = "port-channel7";
/// As long as anything may take that is not held down.
const SOON: Duration = secs(60);
/// Longer than the hold-down and everything that comes after it.
const LATE: Duration = secs(600);

/// The floor with more port groups and VMs.
fn floor(more: &str) -> Sim {
    decided(more, |_| {})
}

/// The same, under another policy.
fn decided(more: &str, decide: impl FnOnce(&mut Policy)) -> Sim {
    built(&format!("{FLOOR}{more}"), decide)
}

fn built(text: &str, decide: impl FnOnce(&mut Policy)) -> Sim {
    let topology = Topology::parse(text).unwrap_or_else(|faults| panic!("{faults}"));
    Sim::of(&topology, SHAPE, decide)
}

impl Sim {
    /// What becomes of the frames of a VM, by its name.
    fn frames_of(&self, name: &str) -> Verdict {
        let vcenter = &self.world.vcenters[VCENTER];
        verdict(vcenter, &self.cabling, &self.world.switches, &self.id_of(name))
    }

    fn id_of(&self, name: &str) -> MoId {
        self.world.vcenters[VCENTER].vm_named(name).cloned().expect("a VM")
    }

    /// The frames of a VM come to pass.
    fn comes_to_pass(&mut self, name: &str) {
        self.until(&format!("{name} passes"), SOON, |sim| sim.frames_of(name) == Verdict::Passes);
    }

    /// Which of these VLANs a port of the leaf allows.
    fn allowed(&self, port: &str, among: &[u16]) -> Vec<u16> {
        among.iter().copied().filter(|number| self.allows(LEAF, port, *number)).collect()
    }

    fn in_vcenter(&mut self, act: impl FnOnce(&mut Vcenter) -> Result<u64, Refused>) {
        let now = self.now;
        let vcenter = self.world.vcenters.get_mut(VCENTER).expect("the vCenter");
        vcenter.advance(now);
        act(vcenter).expect("vCenter lets it");
        self.notice();
    }
}
