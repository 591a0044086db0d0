//! Two vPC pairs with trunks between them, hosts of both kinds, and VMs as a test names them.

use std::time::Duration;

use vmtracker::lab::{
    model::{
        dataplane::{Place, Verdict, truth, verdict},
        plant,
        switch::Switch,
        vcenter::{Refused, SimVm, Vcenter},
    },
    topology::{PortRow, SwitchRow, Topology, VmRow},
};
use vmtracker_core::{
    net::{InterfaceName, MoId, VlanId, VlanSet},
    tracker::{FindingKind, Requirement, Snapshot},
};

use super::super::{
    case::Shape,
    controller::HOLD_DOWN,
    driver::{Happening, Sim},
    hands::forbidden,
};

/// On the first pair: hosts with two ports of their own, and one with a vPC.
pub(super) const LONE: &str = "esx001.lab";
pub(super) const BUNDLED: &str = "esx003.lab";
pub(super) const OTHER: &str = "esx005.lab";
/// The same on the second pair.
pub(super) const FAR: &str = "esx002.lab";
/// The only vCenter.
const VCENTER: &str = "vc1";
/// The port of the first host on each leaf, and of the third.
pub(super) const FIRST: InterfaceName = InterfaceName::Ethernet(1, 1);
pub(super) const THIRD: InterfaceName = InterfaceName::Ethernet(1, 3);
/// The vPC of the second host.
pub(super) const BUNDLE: InterfaceName = InterfaceName::PortChannel(102);
/// The first listing, and the first readings.
const BEGINNING: Duration = Duration::from_secs(30);
/// A lapse is looked at, the switch asked, and the write read back, once the hold-down is over.
pub(super) const RELEASE: Duration = HOLD_DOWN.saturating_add(Duration::from_secs(130));
/// How long a copy phase takes.
const COPY: Duration = Duration::from_secs(4);
/// How exactly darkness is measured.
const TICK: Duration = Duration::from_millis(100);

/// A VLAN by its number.
pub(super) fn vlan(number: u16) -> VlanId {
    VlanId::new(number).expect("a VLAN")
}

pub(super) fn list(text: &str) -> VlanSet {
    text.parse().expect("a list")
}

pub(super) const fn secs(span: u64) -> Duration {
    Duration::from_secs(span)
}

/// A data centre to be altered, before it is played.
pub(super) struct Plan {
    pub(super) topology: Topology,
    shape: Shape,
}

impl Plan {
    /// So many pairs in a row, three hosts on each, no VM, and no guest's VLAN anywhere.
    pub(super) fn pairs(pairs: usize) -> Self {
        let shape = Shape { vcenters: 1, switches: pairs * 2, pairs: true, hosts: pairs * 3, vms: 0, groups: 40 };
        let mut topology = shape.topology();
        topology.switches.iter_mut().for_each(|switch| switch.vlans = list("10-11"));
        Self { topology, shape }
    }

    /// A running VM with one adapter in this VLAN.
    pub(super) fn vm(mut self, name: &str, host: &str, vlan: u16) -> Self {
        let port_groups = vec![format!("vlan-{vlan}")];
        self.topology.vms.push(VmRow {
            name: name.to_owned(),
            host: host.to_owned(),
            port_groups,
            on: true,
            ..VmRow::default()
        });
        self
    }

    pub(super) fn switch(&mut self, name: &str) -> &mut SwitchRow {
        self.topology.switches.iter_mut().find(|switch| switch.name == name).expect("a switch")
    }

    pub(super) fn port(&mut self, switch: &str, name: InterfaceName) -> &mut PortRow {
        self.switch(switch).ports.iter_mut().find(|port| port.name == name).expect("a port")
    }

    /// Plays it until all stands that is needed at the beginning.
    pub(super) fn play(self) -> Rig {
        let mut rig = Rig { sim: Sim::of(&self.topology, self.shape, |_| {}) };
        rig.run(BEGINNING);
        rig
    }
}

/// A data centre that is played.
pub(super) struct Rig {
    pub(super) sim: Sim,
}

impl Rig {
    pub(super) fn run(&mut self, span: Duration) {
        self.sim.run(span);
    }

    /// Lets time pass until something is so, at most so long; how long it took.
    pub(super) fn until(&mut self, limit: Duration, what: &str, so: impl Fn(&mut Self) -> bool) -> Duration {
        let began = self.sim.now;
        while !so(self) {
            let waited = self.sim.now.saturating_sub(began);
            assert!(waited < limit, "not within {limit:?}: {what}\n{:#?}", self.snapshot().findings);
            self.run(TICK);
        }
        self.sim.now.saturating_sub(began)
    }

    /// Lets time pass; for how long of it frames of a VM were lost.
    pub(super) fn dark(&mut self, vm: &str, span: Duration) -> Duration {
        let until = self.sim.now + span;
        let mut dark = Duration::ZERO;
        while self.sim.now < until {
            if !self.passes(vm) {
                dark += TICK;
            }
            self.run(TICK);
        }
        dark
    }

    pub(super) fn vcenter(&mut self) -> &mut Vcenter {
        self.sim.world.vcenters.get_mut(VCENTER).expect("the vCenter")
    }

    fn known(&self, vm: &str) -> (&Vcenter, &SimVm) {
        let vcenter = &self.sim.world.vcenters[VCENTER];
        let vm = vcenter.vm_named(vm).and_then(|id| vcenter.vm(id)).expect("a VM");
        (vcenter, vm)
    }

    /// Whether frames of a VM pass its ports.
    pub(super) fn passes(&self, vm: &str) -> bool {
        let (vcenter, vm) = self.known(vm);
        verdict(vcenter, &self.sim.cabling, &self.sim.world.switches, &vm.id) == Verdict::Passes
    }

    /// Where the frames of a VM enter the fabric now.
    fn enters(&self, vm: &str) -> (Place, VlanId) {
        let (vcenter, vm) = self.known(vm);
        let uses = truth(vcenter, &self.sim.cabling, vm).map(|truth| truth.uses).unwrap_or_default();
        let first = uses.into_iter().next().expect("a way out");
        (first.place, first.vlan)
    }

    /// Whether frames get from one VM to another one in the same VLAN, and back.
    pub(super) fn talk(&self, one: &str, other: &str) -> bool {
        let ((from, vlan), (to, _)) = (self.enters(one), self.enters(other));
        let switches = &self.sim.world.switches;
        plant::reaches(switches, &from, &to, vlan) && plant::reaches(switches, &to, &from, vlan)
    }

    /// Does something in vCenter, and lets everybody notice.
    pub(super) fn operate(&mut self, vm: &str, act: impl FnOnce(&mut Vcenter, &MoId) -> Result<u64, Refused>) {
        let (now, id) = (self.sim.now, self.known(vm).1.id.clone());
        let vcenter = self.vcenter();
        vcenter.advance(now);
        act(vcenter, &id).expect("vCenter lets it");
        self.sim.notice();
    }

    /// A vMotion begins; it ends well after its copy phase.
    pub(super) fn start_move(&mut self, vm: &str, host: &str) {
        let to = self.vcenter().host_named(host).cloned().expect("a host");
        let id = self.known(vm).1.id.clone();
        self.operate(vm, |vcenter, id| vcenter.start_migration(id, &to));
        self.sim.after(COPY, Happening::Arrive(VCENTER.to_owned(), id, true));
    }

    /// A vMotion from beginning to end; for how long frames of the VM were lost in it.
    pub(super) fn move_vm(&mut self, vm: &str, host: &str) -> Duration {
        self.start_move(vm, host);
        self.dark(vm, COPY + secs(1))
    }

    pub(super) fn device(&mut self, switch: &str) -> &mut Switch {
        self.sim.world.switches.get_mut(switch).expect("a switch")
    }

    /// Whether the list of a trunk has a VLAN.
    pub(super) fn allows(&self, switch: &str, port: InterfaceName, number: u16) -> bool {
        self.sim.world.switches[switch].allowed(port).contains(vlan(number))
    }

    /// Whether frames tagged with a VLAN pass a port.
    pub(super) fn passing(&self, switch: &str, port: InterfaceName, number: u16) -> bool {
        self.sim.world.switches[switch].forwards(port, vlan(number))
    }

    /// Whether the list has a VLAN on the same port of both leaves of the first pair.
    pub(super) fn both_allow(&self, port: InterfaceName, number: u16) -> bool {
        self.allows("leaf1a", port, number) && self.allows("leaf1b", port, number)
    }

    pub(super) fn neither_allows(&self, port: InterfaceName, number: u16) -> bool {
        !self.allows("leaf1a", port, number) && !self.allows("leaf1b", port, number)
    }

    /// An operator types lines in configuration mode.
    pub(super) fn types(&mut self, switch: &str, lines: &[&str]) {
        let now = self.sim.now;
        let lines: Vec<&str> = ["configure terminal"].iter().chain(lines).copied().collect();
        let said = self.device(switch).type_lines("ann", &lines, now);
        assert!(said.iter().all(|answer| !answer.contains("Invalid")), "{said:?}");
        self.sim.notice();
    }

    /// An operator adds a VLAN to a trunk's list, or removes it.
    pub(super) fn lists(&mut self, switch: &str, port: InterfaceName, verb: &str, number: u16) {
        self.sim.type_on_port(switch, port, vlan(number), verb);
        self.sim.notice();
    }

    pub(super) fn snapshot(&mut self) -> Snapshot {
        let now = self.sim.moment();
        self.sim.controller.as_mut().expect("a controller").snapshot(now)
    }

    /// Whether a finding of this kind about this subject is told, which says so.
    pub(super) fn told(&mut self, kind: FindingKind, subject: &str, says: &str) -> bool {
        let findings = self.snapshot().findings;
        let mut about = findings.iter().filter(|found| found.kind == kind && found.subject == subject);
        about.any(|found| found.text.contains(says))
    }

    /// Whether any finding of this kind is told.
    pub(super) fn tells(&mut self, kind: FindingKind) -> bool {
        self.snapshot().findings.iter().any(|found| found.kind == kind)
    }

    /// What the controller says of a VLAN on a port.
    pub(super) fn requirement(&mut self, switch: &str, port: InterfaceName, number: u16) -> Option<Requirement> {
        let all = self.snapshot().requirements;
        all.into_iter().find(|requirement| {
            requirement.port.switch.as_str() == switch
                && requirement.port.interface == port
                && requirement.vlan == vlan(number)
        })
    }

    /// Whether a VLAN is required on a port, and the controller holds it for ready.
    pub(super) fn ready(&mut self, switch: &str, port: InterfaceName, number: u16) -> bool {
        self.requirement(switch, port, number).is_some_and(|requirement| requirement.ready)
    }

    /// No rule was broken: nothing foreign withdrawn, nothing sent without need, no forbidden line.
    pub(super) fn assert_lawful(&self) {
        let breaches = &self.sim.hands.breaches;
        assert!(breaches.is_empty(), "{breaches:#?}");
        let lines: Vec<String> = self.sim.world.switches.values().flat_map(forbidden).collect();
        assert!(lines.is_empty(), "forbidden lines: {lines:#?}");
    }
}
