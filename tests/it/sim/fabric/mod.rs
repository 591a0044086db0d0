//! A fabric's troubles one by one, as a network engineer meets them; each test asks the data plane what became of the
//! VMs' frames.
//!
//! [`ONE_PAIR`] is what most of them play in: the leaves `leaf1a` and `leaf1b`, hosts `esx001.lab` and `esx003.lab` with
//! a port on each, and `esx002.lab` and `esx004.lab` with a vPC. VM `n` begins on host `n + 1`, in VLAN `100 + n`.

mod aaa;
mod bundles;
mod hosts;
mod links;
mod members;
mod pairs;
mod reloads;

use std::time::Duration;

use vmtracker::lab::{
    model::dataplane::{Verdict, verdict},
    topology::USER,
};
use vmtracker_core::{
    net::{InterfaceName, VlanId},
    tracker::FindingKind,
};

use super::{
    case::{Op, Shape},
    driver::Sim,
    hands::forbidden,
};

/// Two leaves, and two hosts of each kind.
const ONE_PAIR: Shape = Shape { vcenters: 1, switches: 2, pairs: true, hosts: 4, vms: 4, groups: 6 };
/// The vPC of `esx002.lab`.
const BUNDLE: &str = "port-channel102";
/// The first listing, the first readings, and the VLANs of the VMs that run at the start.
const BEGINNING: Duration = Duration::from_secs(30);
/// Between two looks at the data plane.
const LOOK: Duration = Duration::from_millis(50);

pub(super) const fn secs(span: u64) -> Duration {
    Duration::from_secs(span)
}

fn vlan(number: u16) -> VlanId {
    VlanId::new(number).expect("a VLAN")
}

pub(super) fn port(name: &str) -> InterfaceName {
    name.parse().expect("a port")
}

impl Sim {
    /// The same, once what runs at the beginning has its VLANs.
    pub(super) fn begun(mut self) -> Self {
        self.run(BEGINNING);
        assert!((0..self.roster.len()).all(|vm| self.passes(vm)), "everything passes at the beginning");
        self.judge.restart(self.now);
        self
    }

    /// What becomes of the frames of a VM now.
    pub(super) fn verdict(&self, vm: usize) -> Verdict {
        let (vcenter, id) = &self.roster[vm];
        verdict(&self.world.vcenters[vcenter], &self.cabling, &self.world.switches, id)
    }

    pub(super) fn passes(&self, vm: usize) -> bool {
        self.verdict(vm) == Verdict::Passes
    }

    /// For how long the frames of a VM are lost within the next `span`.
    pub(super) fn dark(&mut self, vm: usize, span: Duration) -> Duration {
        let (until, mut dark) = (self.now + span, Duration::ZERO);
        while self.now < until {
            self.run(LOOK);
            dark += if self.passes(vm) { Duration::ZERO } else { LOOK };
        }
        dark
    }

    /// How many seconds frames of any VM were lost since the beginning.
    pub(super) fn dark_seconds(&self) -> f64 {
        let dark = self.judge.score(self.now).dark_vm_seconds;
        dark.planned + dark.unplanned
    }

    /// Lets time pass until it is so; how long that took.
    pub(super) fn until(&mut self, what: &str, limit: Duration, is_so: impl Fn(&mut Self) -> bool) -> Duration {
        let began = self.now;
        while !is_so(self) {
            assert!(self.now - began < limit, "{what}: not after {limit:?}\n{}", self.told());
            self.run(LOOK);
        }
        self.now - began
    }

    /// A VM goes to another host with a copy phase of so many milliseconds.
    pub(super) fn vmotion(&mut self, vm: usize, host: &str, copy_ms: u64) {
        let (vcenter, id) = &self.roster[vm];
        let vcenter = &self.world.vcenters[vcenter];
        let here = &vcenter.vm(id).expect("the VM").host;
        let others: Vec<&str> =
            vcenter.hosts().filter(|host| host.id != *here).map(|host| host.name.as_str()).collect();
        let host = others.iter().position(|other| *other == host).expect("another host");
        self.act(&Op::Move { vm, host, copy_ms });
    }

    /// Whether the list of a switch's trunk allows a VLAN.
    pub(super) fn allows(&self, switch: &str, interface: &str, number: u16) -> bool {
        self.world.switches[switch].allowed(port(interface)).contains(vlan(number))
    }

    /// Whether a VLAN passes a port now.
    pub(super) fn forwards(&self, switch: &str, interface: &str, number: u16) -> bool {
        self.world.switches[switch].forwards(port(interface), vlan(number))
    }

    /// Whether both leaves allow the same on the ports of this name.
    fn same_on_both(&self, interface: &str) -> bool {
        let [a, b] = ["leaf1a", "leaf1b"].map(|leaf| self.world.switches[leaf].allowed(port(interface)));
        a == b
    }

    /// What the controller typed on a switch so far, of the lines that contain this.
    fn ours(&self, switch: &str, containing: &str) -> Vec<String> {
        let user = format!("user={USER}:");
        let entries = self.world.switches[switch].accounting().entries();
        entries.filter(|line| line.contains(&user) && line.contains(containing)).map(str::to_owned).collect()
    }

    /// The findings of a kind, each as `subject: text`.
    pub(super) fn findings(&mut self, kind: FindingKind) -> Vec<String> {
        let now = self.moment();
        let snapshot = self.controller.as_mut().map(|controller| controller.snapshot(now)).expect("a controller");
        let of = snapshot.findings.into_iter().filter(|found| found.kind == kind);
        of.map(|found| format!("{}: {}", found.subject, found.text)).collect()
    }

    /// Whether a finding of this kind says all of this.
    pub(super) fn says(&mut self, kind: FindingKind, words: &[&str]) -> bool {
        self.findings(kind).iter().any(|found| words.iter().all(|word| found.contains(word)))
    }

    /// Everything that a person is told, for a failure.
    pub(super) fn told(&mut self) -> String {
        let now = self.moment();
        let Some(controller) = &mut self.controller else { return "no controller".to_owned() };
        format!("at {:?}: {:#?}", self.now, controller.snapshot(now).findings)
    }

    /// No line of others was touched, and nothing was sent that no rule allows.
    pub(super) fn assert_rules(&self) {
        assert!(self.hands.breaches.is_empty(), "{:#?}", self.hands.breaches);
        let lines: Vec<String> = self.world.switches.values().flat_map(forbidden).collect();
        assert!(lines.is_empty(), "forbidden: {lines:#?}");
    }
}
