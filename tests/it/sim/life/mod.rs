//! The lives of VMs, hosts and vCenters, as people of servers know them; each test asks the data plane what became of
//! the frames.
//!
//! [`SITE`] is what most of them play in: one vCenter, one cluster of four hosts `esx001.lab` to `esx004.lab` on the
//! leaves of one pair. VM `n` begins on host `n + 1`, in VLAN `100 + n`.

mod moves;
mod outages;
mod relocations;
mod sleepers;

use vmtracker::lab::{
    model::{
        dataplane::{Verdict, frames, kernel_verdict, verdict},
        vcenter::{Refused, Vcenter},
    },
    topology::Topology,
};
use vmtracker_core::{
    net::MoId,
    tracker::{Event, VcenterPolicy},
};

use super::{
    case::Shape,
    driver::{Happening, Sim},
    fabric::secs,
};

/// One vCenter, one pair, four hosts.
const SITE: Shape = Shape { vcenters: 1, switches: 2, pairs: true, hosts: 4, vms: 4, groups: 6 };
/// The only vCenter, or the first of two.
const FIRST: &str = "vc1";

/// The data centre of a shape, with this policy for every vCenter.
fn site(topology: &Topology, shape: Shape, policy: &VcenterPolicy) -> Sim {
    Sim::of(topology, shape, |fabric| fabric.vcenters.values_mut().for_each(|one| *one = policy.clone()))
}

impl Sim {
    fn vcenter(&self, name: &str) -> &Vcenter {
        &self.world.vcenters[name]
    }

    /// Does something in a vCenter, and lets everybody notice.
    fn operate_on<T>(&mut self, vcenter: &str, act: impl FnOnce(&mut Vcenter) -> Result<T, Refused>) -> T {
        let now = self.now;
        let vcenter = self.world.vcenters.get_mut(vcenter).expect("the vCenter");
        vcenter.advance(now);
        let done = act(vcenter).expect("vCenter lets it");
        self.notice();
        done
    }

    fn host_of_name(&self, vcenter: &str, name: &str) -> MoId {
        self.vcenter(vcenter).host_named(name).cloned().expect("a host")
    }

    fn vm_of_name(&self, vcenter: &str, name: &str) -> MoId {
        self.vcenter(vcenter).vm_named(name).cloned().expect("a VM")
    }

    /// Whether frames of a VM pass where it runs.
    fn vm_passes(&self, vcenter: &str, name: &str) -> bool {
        let id = self.vm_of_name(vcenter, name);
        verdict(self.vcenter(vcenter), &self.cabling, &self.world.switches, &id) == Verdict::Passes
    }

    /// Whether all frames of a VM pass, those of a copy that runs on elsewhere among them; and how many ways they go.
    fn copies_pass(&self, vcenter: &str, name: &str) -> (bool, usize) {
        let vcenter = self.vcenter(vcenter);
        let vm = vcenter.vm_named(name).and_then(|id| vcenter.vm(id)).expect("a VM");
        let sent = frames(vcenter, &self.cabling, vm);
        (sent.iter().all(|frame| frame.passes(&self.world.switches)), sent.len())
    }

    /// Whether the frames of a host's vmkernel adapters pass.
    fn kernels_pass(&self, vcenter: &str, host: &str) -> bool {
        let vcenter = self.vcenter(vcenter);
        let host = vcenter.host_named(host).and_then(|id| vcenter.host(id)).expect("a host");
        kernel_verdict(vcenter, &self.cabling, &self.world.switches, host) == Verdict::Passes
    }

    /// A person's word reaches the controller.
    fn feed(&mut self, event: Event) {
        self.after(secs(0), Happening::Fact(self.life, event));
    }

    /// Lets hours pass; a run has a bound on its steps.
    fn hours(&mut self, hours: u64) {
        (0..hours * 6).for_each(|_| self.run(secs(600)));
    }
}
