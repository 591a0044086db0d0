//! Somebody moves a cable of a host to another port.

use vmtracker_core::net::InterfaceName;

use super::{Cabling, End, Place};
use crate::lab::model::{
    switch::{Neighbor, Switch},
    vcenter::{HintSpec, Vcenter},
    world::World,
};

/// The cable of `device` of `host` goes to the port `interface` of `switch`: the old port loses its link and its
/// neighbour, both ends of the cable hear each other, and the host sees its link go and come back.
pub fn recable(world: &mut World, cabling: &Cabling, host: &str, device: &str, switch: &str, interface: InterfaceName) {
    let old = cabling.cables().into_iter().find(|(at, name, _)| at == host && name == device);
    let old: Vec<Place> = old.map(|(_, _, end)| end.ports).unwrap_or_default();
    let heard = old.iter().filter_map(|port| unplug(world, port)).next_back();
    let Some(target) = world.switches.get_mut(switch) else { return };
    target.set_link(interface, true);
    target.set_neighbor(interface, heard);
    let logical = target.logical(interface);
    let in_bundle = logical != interface;
    cabling.attach(
        host,
        device,
        End {
            places: vec![Place::new(switch, logical)],
            ports: vec![Place::new(switch, interface)],
            bundle: in_bundle.then(|| target.bundle_name(switch, logical)),
        },
    );
    let told = (target.hostname().to_owned(), target.serial().to_owned());
    for vcenter in world.vcenters.values_mut() {
        // A host of another vCenter is not concerned.
        blink(vcenter, host, device, &told, interface);
    }
}

fn unplug(world: &mut World, port: &Place) -> Option<Neighbor> {
    let switch = world.switches.get_mut(port.switch.as_str())?;
    let heard = switch.ports().get(&port.interface).and_then(|port| port.neighbor.clone());
    switch.set_neighbor(port.interface, None);
    switch.set_link(port.interface, false);
    heard
}

fn blink(
    vcenter: &mut Vcenter,
    host: &str,
    device: &str,
    told: &(String, String),
    interface: InterfaceName,
) -> Option<()> {
    let found = vcenter.hosts().find(|found| found.name == host)?;
    let (id, hint) = (found.id.clone(), found.pnic(device)?.hint.clone());
    let hint = hint.map(|old| HintSpec {
        system_name: told.0.clone(),
        serial: told.1.clone(),
        port: interface.to_string(),
        ..old
    });
    vcenter.set_pnic_link(&id, device, false).ok()?;
    vcenter.set_hint(&id, device, hint).ok()?;
    vcenter.set_pnic_link(&id, device, true).ok().map(drop)
}

impl Switch {
    /// What the cables of one bundle are called: a vPC is the same on both switches of a pair.
    fn bundle_name(&self, name: &str, logical: InterfaceName) -> String {
        let vpc = self.ports().get(&logical).and_then(|port| port.vpc);
        match (vpc, self.domain()) {
            (Some(vpc), Some(domain)) => format!("vpc {} {vpc}", domain.id),
            (Some(_) | None, _) => format!("{name} {logical}"),
        }
    }
}
