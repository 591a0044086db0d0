//! A VM goes from one vCenter to another (facts: vCenter §C). At every moment it is at exactly one place.

use std::collections::BTreeMap;

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    event_kind::EventKind,
    inventory::{SimBacking, SimPort, SimVm, SimVnic},
    motion::{MoveKind, Target},
    operate::Refused,
    resolve::Wire,
};

/// Two vCenters at once, to move a VM from the first to the second. None: one is not there, or they are the same.
pub fn two<'a>(
    vcenters: &'a mut BTreeMap<String, Vcenter>,
    source: &str,
    target: &str,
) -> Option<(&'a mut Vcenter, &'a mut Vcenter)> {
    let (mut from, mut to) = (None, None);
    for (name, vcenter) in vcenters {
        if name == source {
            from = Some(vcenter);
        } else if name == target {
            to = Some(vcenter);
        }
    }
    from.zip(to)
}

impl Vcenter {
    /// Begins to move a VM to a host of another vCenter. The start event names that host by its name and by its id
    /// *there*, which may be that of another host here: the facts do not say what stands there, and a client must not
    /// trust it. Refused where the host has no port group with a VLAN that the VM is in.
    pub fn start_relocation(&mut self, vm: &MoId, other: &Self, host: &MoId) -> Result<u64, Refused> {
        let dest = other.named_host(host).ok_or(Refused::NoSuchHost)?;
        other.counterparts(self, self.vm(vm).ok_or(Refused::NoSuchVm)?, host)?;
        let running = self.begin_motion(vm, MoveKind::Relocation, Target::Elsewhere(dest.clone()))?;
        let start = if running { EventKind::BeingHotMigrated { dest } } else { EventKind::BeingRelocated { dest } };
        self.announce(vm, start)
    }

    /// Ends it: the VM enters at the other vCenter, with an id of that one, its own instance UUID and addresses, in port
    /// groups of the same VLANs; there comes `DstVmMigratedEvent`, here `SrcVmMigratedEvent`, and it leaves. Returns its
    /// id there and the number of its coming there. [`Vcenter::fail_migration`] ends it without a move.
    pub fn finish_relocation(&mut self, vm: &MoId, other: &mut Self) -> Result<(MoId, u64), Refused> {
        let machine = self.vm(vm).ok_or(Refused::NoSuchVm)?;
        let motion = machine.motion.as_ref().ok_or(Refused::NotMigrating)?;
        let Target::Elsewhere(dest) = motion.target.clone() else { return Err(Refused::NotMigrating) };
        let backings = other.counterparts(self, machine, &dest.id)?;
        let chain = self.end_motion(vm)?.chain;
        self.tell_vm(self.delays.end_event, vm, EventKind::SourceMigrated)?;
        self.end_task(chain, Ok(()));
        let gone = self.unregister(vm)?;
        other.advance(self.clock);
        let (id, entered) = other.admit(gone, &dest.id, backings);
        other.tell_vm(other.delays.end_event, &id, EventKind::DestinationMigrated)?;
        Ok((id, entered))
    }

    /// A VM leaves the inventory without being destroyed.
    fn unregister(&mut self, vm: &MoId) -> Result<SimVm, Refused> {
        let gone = self.vms.remove(vm).ok_or(Refused::NoSuchVm)?;
        self.vm_names.remove(&gone.name);
        self.changes.touch(&gone.seen.host, &["vm"]);
        self.changes.touch(vm, &[super::change::EVERYTHING]);
        self.look_after_maintenance(&gone.host);
        Ok(gone)
    }

    fn admit(&mut self, vm: SimVm, host: &MoId, backings: Vec<SimBacking>) -> (MoId, u64) {
        let chain = self.events.new_chain();
        let mut machine = SimVm { chain, ..vm };
        for (vnic, backing) in machine.vnics.iter_mut().zip(backings) {
            vnic.backing = backing;
            vnic.port = SimPort { key: self.next_port(), vlan: None };
        }
        self.register(machine, host)
    }

    /// What the adapters of a VM of `from` are plugged into on `host` of this vCenter: port groups of the same VLANs, of
    /// several the one with the same name.
    fn counterparts(&self, from: &Self, vm: &SimVm, host: &MoId) -> Result<Vec<SimBacking>, Refused> {
        let counterpart = |vnic: &SimVnic| {
            let name = from.backing_name(&vnic.backing);
            let wire = from.uplinks_of(&vm.host, vnic).wire;
            let alike = |candidate: &SimBacking| wire != Wire::Unknown && self.wire_of(host, candidate) == wire;
            let mut alike: Vec<SimBacking> = self.backings_on(host).into_iter().filter(alike).collect();
            alike.sort_by_key(|candidate| self.backing_name(candidate) != name);
            alike.into_iter().next().ok_or(Refused::NoSuchPortGroup)
        };
        vm.vnics.iter().map(counterpart).collect()
    }

    /// Every port group that a VM on `host` may be plugged into.
    fn backings_on(&self, host: &MoId) -> Vec<SimBacking> {
        let distributed = self.port_groups.values().filter(|group| !group.uplink);
        let distributed = distributed.map(|group| SimBacking::Distributed(group.id.clone()));
        let standard = self.hosts.get(host).into_iter().flat_map(|host| &host.port_groups);
        let opaque = self.opaque_networks.keys().cloned().map(SimBacking::Opaque);
        distributed.chain(standard.map(|group| SimBacking::Standard(group.name.clone()))).chain(opaque).collect()
    }

    fn backing_name<'a>(&'a self, backing: &'a SimBacking) -> Option<&'a str> {
        match backing {
            SimBacking::Distributed(id) => self.port_groups.get(id).map(|group| group.name.as_str()),
            SimBacking::Standard(name) => Some(name),
            SimBacking::Opaque(id) => self.opaque_networks.get(id).map(|network| network.name.as_str()),
        }
    }
}
