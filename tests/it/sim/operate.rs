//! What happens to the data centre: every operation of a case upon the models.

use std::time::Duration;

use vmtracker::lab::model::{
    dataplane::Place,
    switch::{BadReply, Delays, Faults},
    vcenter::{
        Faults as VcenterFaults, Refused, SimBacking, SimConnection, SimHost, SimPower, SimVlan, Vcenter, VmSpec,
        VnicSpec,
    },
};
use vmtracker_core::net::{InterfaceName, MoId, VlanId};

use super::{
    case::{FIRST_VLAN, Op},
    driver::{Happening, Mended, QUICK, Sim},
    hands::lists,
};

const fn ms(span: u64) -> Duration {
    Duration::from_millis(span)
}

/// The `number`th of what there is, wrapping around.
fn nth<T>(items: impl IntoIterator<Item = T>, number: usize) -> Option<T> {
    let items: Vec<T> = items.into_iter().collect();
    let count = items.len().max(1);
    items.into_iter().nth(number % count)
}

impl Sim {
    /// Does what the operation says, as far as it makes sense now.
    pub(super) fn act(&mut self, op: &Op) {
        let now = self.now;
        self.world.vcenters.values_mut().for_each(|vcenter| vcenter.advance(now));
        match *op {
            Op::Wait { ms: span } => self.run(ms(span)),
            Op::Break(what) => self.break_(what),
            Op::Crash { down_ms } => self.crash(ms(down_ms)),
            Op::StoreFails { ms: span } => {
                self.store.broken = true;
                self.after(ms(span), Happening::Mended(Mended::Store));
            }
            Op::EndSessions { .. } | Op::VcenterDown { .. } | Op::CutUpdates { .. } => self.trouble_vcenter(op),
            Op::Refuse { .. } | Op::LoseReplies { .. } | Op::Slow { .. } | Op::Unreachable { .. } => {
                self.trouble_switch(op);
            }
            Op::AddByHand { switch, port, vlan } => self.type_by_hand(switch, port, vlan, "add"),
            Op::RemoveByHand { switch, port, vlan } => self.type_by_hand(switch, port, vlan, "remove"),
            Op::PowerOn { .. }
            | Op::PowerOff { .. }
            | Op::Move { .. }
            | Op::FailMove { .. }
            | Op::Create { .. }
            | Op::Destroy { .. }
            | Op::Vanish { .. }
            | Op::Plug { .. }
            | Op::Retag { .. }
            | Op::Disconnect { .. }
            | Op::Die { .. }
            | Op::Reconnect { .. } => {
                // What vCenter refuses makes no sense now.
                self.operate(op).unwrap_or_default();
            }
        }
        self.notice();
    }

    fn operate(&mut self, op: &Op) -> Result<(), Refused> {
        match *op {
            Op::PowerOn { vm } => self.on_vm(vm, Vcenter::power_on),
            Op::PowerOff { vm } => self.on_vm(vm, Vcenter::power_off),
            Op::Move { vm, host, copy_ms } => self.migrate(vm, host, copy_ms, true),
            Op::FailMove { vm, host, copy_ms } => self.migrate(vm, host, copy_ms, false),
            Op::Destroy { vm } => self.destroy(vm),
            Op::Vanish { vm } => self.on_vm(vm, Vcenter::vanish_vm),
            Op::Plug { vm, group } => {
                let name = format!("vlan-{}", FIRST_VLAN + group % self.shape.groups);
                self.on_vm(vm, |vcenter, id| {
                    let group = vcenter.port_group_named(&name).cloned().ok_or(Refused::NoSuchPortGroup)?;
                    vcenter.set_vnic_port_group(id, 4000, SimBacking::Distributed(group))
                })
            }
            Op::Retag { group, vlan } => self.retag(group, vlan),
            Op::Create { host, group } => self.create(host, group),
            Op::Disconnect { host } => self.connect(host, SimConnection::Disconnected),
            Op::Reconnect { host } => self.connect(host, SimConnection::Connected),
            Op::Die { host } => self.die(host),
            Op::Wait { .. }
            | Op::Break(_)
            | Op::EndSessions { .. }
            | Op::VcenterDown { .. }
            | Op::CutUpdates { .. }
            | Op::Crash { .. }
            | Op::StoreFails { .. }
            | Op::Refuse { .. }
            | Op::LoseReplies { .. }
            | Op::Slow { .. }
            | Op::Unreachable { .. }
            | Op::AddByHand { .. }
            | Op::RemoveByHand { .. } => Ok(()),
        }
    }

    /// Does something to a VM that vCenter shows, on a host that answers vCenter.
    fn on_vm(
        &mut self,
        number: usize,
        act: impl FnOnce(&mut Vcenter, &MoId) -> Result<u64, Refused>,
    ) -> Result<(), Refused> {
        let (name, id) = nth(self.roster.clone(), number).ok_or(Refused::NoSuchVm)?;
        let vcenter = self.world.vcenters.get_mut(&name).ok_or(Refused::NoSuchVm)?;
        let vm = vcenter.vm(&id).filter(|vm| !vm.hidden).ok_or(Refused::NoSuchVm)?;
        answering(vcenter, &vm.host)?;
        act(vcenter, &id).map(drop)
    }

    fn destroy(&mut self, number: usize) -> Result<(), Refused> {
        let mut ends = std::mem::take(&mut self.ends);
        let done = self.on_vm(number, |vcenter, id| {
            let vm = vcenter.vm(id).ok_or(Refused::NoSuchVm)?;
            let (host, who) = (vm.host.clone(), format!("{} ({id})", vm.name));
            if vm.power == SimPower::On {
                vcenter.power_off(id)?;
            }
            let number = vcenter.destroy_vm(id)?;
            ends.destroyed(vcenter, host, number, who);
            Ok(number)
        });
        self.ends = ends;
        done
    }

    fn migrate(&mut self, vm: usize, host: usize, copy_ms: u64, well: bool) -> Result<(), Refused> {
        let (name, id) = nth(self.roster.clone(), vm).ok_or(Refused::NoSuchVm)?;
        self.on_vm(vm, |vcenter, id| {
            let here = vcenter.vm(id).map(|vm| vm.host.clone());
            let others: Vec<MoId> =
                vcenter.hosts().map(|host| host.id.clone()).filter(|host| Some(host) != here.as_ref()).collect();
            let to = nth(others, host).ok_or(Refused::NoSuchHost)?;
            answering(vcenter, &to)?;
            vcenter.start_migration(id, &to)
        })?;
        self.after(ms(copy_ms), Happening::Arrive(name, id, well));
        Ok(())
    }

    /// A vMotion ends; it fails when one of its hosts is no longer there.
    pub(super) fn arrive(&mut self, name: &str, id: &MoId, well: bool) {
        let now = self.now;
        let Some(vcenter) = self.world.vcenters.get_mut(name) else { return };
        vcenter.advance(now);
        let Some(vm) = vcenter.vm(id) else { return };
        let ends = [Some(&vm.host), vm.migrating_to.as_ref()];
        let there = ends.into_iter().flatten().all(|host| answering(vcenter, host).is_ok());
        let ended = if well && there { vcenter.finish_migration(id) } else { vcenter.fail_migration(id, "no") };
        // HA may have ended it before.
        ended.unwrap_or_default();
    }

    fn retag(&mut self, group: u16, vlan: u16) -> Result<(), Refused> {
        let name = format!("vlan-{}", FIRST_VLAN + group % self.shape.groups);
        let vcenter = nth(self.world.vcenters.values_mut(), usize::from(group)).ok_or(Refused::NoSuchPortGroup)?;
        // A host that is away keeps the old VLAN until it is back, which the model cannot tell.
        let hosts: Vec<MoId> = vcenter.hosts().map(|host| host.id.clone()).collect();
        hosts.iter().try_for_each(|host| answering(vcenter, host))?;
        let group = vcenter.port_group_named(&name).cloned().ok_or(Refused::NoSuchPortGroup)?;
        vcenter.set_port_group_vlan(&group, SimVlan::Id(FIRST_VLAN + vlan)).map(drop)
    }

    fn create(&mut self, host: usize, group: u16) -> Result<(), Refused> {
        let (name, id) = self.host(host).ok_or(Refused::NoSuchHost)?;
        let number = self.roster.len();
        let vcenter = self.world.vcenters.get_mut(&name).ok_or(Refused::NoSuchHost)?;
        answering(vcenter, &id)?;
        let host = vcenter.host(&id).map(|host| host.name.clone()).unwrap_or_default();
        let group = format!("vlan-{}", FIRST_VLAN + group % self.shape.groups);
        let vnics = vec![VnicSpec::new(&group)];
        let (id, _) = vcenter.create_vm(&VmSpec { name: format!("new{number}"), host, vnics, ..VmSpec::default() })?;
        vcenter.power_on(&id)?;
        self.roster.push((name, id));
        Ok(())
    }

    fn host(&self, number: usize) -> Option<(String, MoId)> {
        let hosts = self.world.vcenters.iter();
        nth(hosts.flat_map(|(name, vcenter)| vcenter.hosts().map(|host| (name.clone(), host.id.clone()))), number)
    }

    /// A dead host that comes back has lost what ran there, so it only comes back empty.
    fn connect(&mut self, number: usize, to: SimConnection) -> Result<(), Refused> {
        let (name, id) = self.host(number).ok_or(Refused::NoSuchHost)?;
        let vcenter = self.world.vcenters.get_mut(&name).ok_or(Refused::NoSuchHost)?;
        let dead = vcenter.host(&id).is_some_and(|host| host.connection == SimConnection::NotResponding);
        if dead && (to == SimConnection::Disconnected || vcenter.vms().any(|vm| vm.host == id)) {
            return Err(Refused::NoSuchHost);
        }
        if to != SimConnection::Connected {
            self.ends.host_goes(vcenter, &id);
        }
        vcenter.set_host_connection(&id, to).map(drop)
    }

    fn die(&mut self, number: usize) -> Result<(), Refused> {
        let (name, id) = self.host(number).ok_or(Refused::NoSuchHost)?;
        let vcenter = self.world.vcenters.get_mut(&name).ok_or(Refused::NoSuchHost)?;
        answering(vcenter, &id)?;
        vcenter.set_host_connection(&id, SimConnection::NotResponding)?;
        let alive = |host: &&SimHost| host.connection == SimConnection::Connected;
        let Some(refuge) = vcenter.hosts().find(alive).map(|host| host.id.clone()) else { return Ok(()) };
        let running = vcenter.vms().filter(|vm| vm.host == id && vm.power == SimPower::On && !vm.hidden);
        for vm in running.map(|vm| vm.id.clone()).collect::<Vec<_>>() {
            vcenter.restart_elsewhere(&vm, &refuge)?;
        }
        Ok(())
    }

    fn trouble_vcenter(&mut self, op: &Op) {
        let (Op::EndSessions { vcenter } | Op::VcenterDown { vcenter, .. } | Op::CutUpdates { vcenter }) = *op else {
            return;
        };
        let Some((name, vcenter)) = nth(self.world.vcenters.iter_mut(), vcenter) else { return };
        let name = name.clone();
        if let Op::VcenterDown { ms: span, .. } = *op {
            vcenter.faults.down = true;
            self.after(ms(span), Happening::Mended(Mended::Vcenter(name)));
        } else if matches!(op, Op::CutUpdates { .. }) {
            vcenter.faults.cut_update_sets = 1;
        } else {
            vcenter.terminate_sessions();
        }
    }

    fn trouble_switch(&mut self, op: &Op) {
        let (Op::Refuse { switch, .. }
        | Op::LoseReplies { switch, .. }
        | Op::Slow { switch, .. }
        | Op::Unreachable { switch, .. }) = *op
        else {
            return;
        };
        let Some((name, device)) = nth(self.world.switches.iter_mut(), switch) else { return };
        let name = name.clone();
        if let Op::Refuse { vlan, times, hidden, .. } = *op {
            let line = format!("allowed vlan add {}", FIRST_VLAN + vlan);
            match hidden {
                true => device.faults.hide_error(&line, "ERROR: the policy says no", times),
                false => device.faults.refuse(&line, "ERROR: the policy says no", times),
            }
        } else if let Op::LoseReplies { times, .. } = *op {
            device.faults.bad_reply = (times > 0).then_some((BadReply::HangUp, times));
        } else if let Op::Slow { ms: span, .. } = *op {
            device.delays = Delays { read: ms(span), write: ms(span) };
        } else if let Op::Unreachable { ms: span, .. } = *op {
            device.faults.unreachable = true;
            self.after(ms(span), Happening::Mended(Mended::Switch(name)));
        }
    }

    fn type_by_hand(&mut self, switch: usize, port: usize, vlan: u16, verb: &str) {
        let Some((name, device)) = nth(self.world.switches.iter(), switch) else { return };
        let edge = |interface: &InterfaceName| self.cabling.places().contains(&Place::new(name, *interface));
        let Some(interface) = nth(device.trunk_interfaces().into_iter().filter(edge), port) else { return };
        let Some(vlan) = VlanId::new(FIRST_VLAN + vlan) else { return };
        self.type_on_port(&name.clone(), interface, vlan, verb);
    }

    /// An operator adds a VLAN to a port's list or takes it off; on a switch without power nobody types.
    pub(super) fn type_on_port(&mut self, name: &str, interface: InterfaceName, vlan: VlanId, verb: &str) {
        let now = self.now;
        let Some(device) = self.world.switches.get_mut(name).filter(|device| device.runs()) else { return };
        let line: (String, InterfaceName, VlanId) = (name.to_owned(), interface, vlan);
        let before = lists(device);
        let typed = [
            "configure terminal".to_owned(),
            format!("interface {interface}"),
            format!("switchport trunk allowed vlan {verb} {vlan}"),
        ];
        device.type_lines("ann", &typed.each_ref().map(String::as_str), now);
        let after = lists(device);
        self.hands.typed(line, &before, &after, now);
    }

    fn crash(&mut self, down: Duration) {
        if self.controller.take().is_some() {
            self.hands.crashed(self.now);
            self.life += 1;
            self.after(down, Happening::Boot);
        }
    }

    pub(super) fn mend(&mut self, what: Mended) {
        match what {
            Mended::Store => self.store.broken = false,
            Mended::Switch(name) => {
                self.world.switches.get_mut(&name).map(|switch| std::mem::take(&mut switch.faults.unreachable));
            }
            Mended::Vcenter(name) => {
                self.world.vcenters.get_mut(&name).map(|vcenter| std::mem::take(&mut vcenter.faults.down));
            }
        }
    }

    /// Nothing is wrong any more.
    pub(super) fn heal(&mut self) {
        self.unbreak_all();
        self.store.broken = false;
        for switch in self.world.switches.values_mut() {
            (switch.faults, switch.delays) = (Faults::default(), QUICK);
        }
        self.world.vcenters.values_mut().for_each(|vcenter| vcenter.faults = VcenterFaults::default());
        self.notice();
    }
}

fn answering(vcenter: &Vcenter, host: &MoId) -> Result<(), Refused> {
    let host = vcenter.host(host).ok_or(Refused::NoSuchHost)?;
    (host.connection == SimConnection::Connected).then_some(()).ok_or(Refused::NoSuchHost)
}
