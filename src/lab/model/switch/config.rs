//! What a configuration line changes.

use std::{collections::BTreeMap, time::Duration};

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{
    Bundling, LastRemove, Port, Rejection, Switch, Vlan, VpcDomain,
    grammar::{DomainChange, GlobalChange, PortChange, VlanChange},
};

/// What a member of a port-channel answers (facts: NX-OS §4.4).
const MEMBER: &str = "ERROR: : port already in a port-channel, no config allowed";

fn said(text: &str) -> Rejection {
    Rejection::Said(text.to_owned())
}

/// `interface X[,Y]`: a port-channel comes into being by being named, a physical port does not.
pub(super) fn open_interfaces(switch: &mut Switch, names: &[InterfaceName]) -> Result<(), Rejection> {
    for name in names.iter().filter(|name| !switch.ports.contains_key(name)) {
        match name {
            InterfaceName::PortChannel(1..=4096) => {}
            InterfaceName::PortChannel(_) => return Err(said("% Invalid value/range")),
            // The text of a real switch for a port that is not there was not found in the facts.
            InterfaceName::Ethernet(..)
            | InterfaceName::EthernetLane(..)
            | InterfaceName::Vlan(_)
            | InterfaceName::Loopback(_)
            | InterfaceName::Mgmt(_)
            | InterfaceName::Nve(_) => return Err(said("% Invalid interface format")),
        }
    }
    for name in names {
        switch.ports.entry(*name).or_insert_with(|| {
            switch.revision += 1;
            Port::access(VlanId::MIN)
        });
    }
    Ok(())
}

/// `vlan LIST`: the VLANs as they are, new ones as they begin; a reserved number refuses the whole line.
pub(super) fn created(switch: &Switch, vlans: &VlanSet) -> Result<BTreeMap<VlanId, Vlan>, Rejection> {
    if vlans.iter().any(|vlan| switch.profile.reserves(vlan)) {
        return Err(said(switch.profile.reserved_error));
    }
    Ok(vlans.iter().map(|vlan| (vlan, switch.vlans.get(&vlan).cloned().unwrap_or_default())).collect())
}

/// A change outside every sub-mode.
pub(super) fn global(switch: &mut Switch, change: &GlobalChange) -> Result<(), Rejection> {
    match change {
        GlobalChange::DeleteVlans(vlans) => delete_vlans(switch, vlans)?,
        GlobalChange::DeleteInterface(interface) => delete_channel(switch, *interface)?,
        GlobalChange::Hostname(name) => name.clone_into(&mut switch.hostname),
        GlobalChange::Feature(name, true) => _ = switch.features.insert(name.clone()),
        GlobalChange::Feature(name, false) => _ = switch.features.remove(name),
        GlobalChange::NoDomain => switch.domain = None,
        GlobalChange::StpMode(mode) => switch.spanning.mode = *mode,
        GlobalChange::StpPriority(priority) => switch.spanning.priority = *priority,
    }
    switch.revision += 1;
    Ok(())
}

/// `vpc domain N`: a switch is in one domain.
pub(super) fn open_domain(switch: &mut Switch, id: u16) -> Result<(), Rejection> {
    match switch.domain {
        Some(domain) if domain.id == id => return Ok(()),
        // The words of a real switch were not found in the facts.
        Some(_) => return Err(said("ERROR: another vPC domain is configured")),
        None if !(1..=1000).contains(&id) => return Err(said("% Invalid value/range")),
        None => switch.domain = Some(VpcDomain::new(id)),
    }
    switch.revision += 1;
    Ok(())
}

/// A change under `vpc domain`.
pub(super) fn on_domain(switch: &mut Switch, change: DomainChange) {
    let Some(domain) = &mut switch.domain else { return };
    let seconds = |number: u16| Duration::from_secs(u64::from(number));
    match change {
        DomainChange::Priority(priority) => domain.priority = priority,
        DomainChange::DelayRestore(number) => domain.delay_restore = seconds(number),
        DomainChange::AutoRecovery(number) => domain.auto_recovery = seconds(number),
        DomainChange::Other => return,
    }
    switch.revision += 1;
}

/// VLAN 1 cannot be deleted; trunk lists keep a VLAN that is gone (facts: NX-OS §4.3).
fn delete_vlans(switch: &mut Switch, vlans: &VlanSet) -> Result<(), Rejection> {
    if vlans.contains(VlanId::MIN) {
        return Err(said("ERROR: Deletion of default VLAN(s) not allowed"));
    }
    switch.vlans.retain(|vlan, _| !vlans.contains(*vlan));
    Ok(())
}

fn delete_channel(switch: &mut Switch, interface: InterfaceName) -> Result<(), Rejection> {
    let InterfaceName::PortChannel(number) = interface else {
        return Err(said("% Invalid interface format"));
    };
    switch.ports.remove(&interface);
    for port in switch.ports.values_mut().filter(|port| port.channel == Some(number)) {
        port.channel = None;
    }
    Ok(())
}

/// A change under `vlan`, in a copy of the database that is dropped when it is refused.
pub(super) fn on_vlans(
    database: &mut BTreeMap<VlanId, Vlan>,
    vlans: &VlanSet,
    change: &VlanChange,
) -> Result<(), Rejection> {
    for vlan in vlans.iter() {
        if let VlanChange::Name(name) = change {
            check_name(database, vlan, name.as_deref())?;
        }
        let Some(entry) = database.get_mut(&vlan) else { continue };
        match change {
            VlanChange::Name(name) => entry.name.clone_from(name),
            VlanChange::Suspend(suspended) => entry.suspended = *suspended,
            VlanChange::Shutdown(shutdown) => entry.shutdown = *shutdown,
        }
    }
    Ok(())
}

/// At most 32 letters, no other VLAN's name, and VLAN 1 keeps its own (facts: NX-OS §4.3, which has none of the texts).
fn check_name(database: &BTreeMap<VlanId, Vlan>, vlan: VlanId, name: Option<&str>) -> Result<(), Rejection> {
    let Some(name) = name else { return Ok(()) };
    if vlan == VlanId::MIN {
        return Err(said("ERROR: Default VLAN 1 may not have its name changed."));
    }
    if name.chars().count() > 32 || name.contains(' ') {
        return Err(said("% String exceeded max length of (32)"));
    }
    match database.iter().find(|(other, entry)| **other != vlan && entry.name(**other) == name) {
        Some((other, _)) => Err(said(&format!("ERROR: VLAN: the name {name} is in use by VLAN {other}"))),
        None => Ok(()),
    }
}

/// A change under `interface`, on every one of a range. What a real switch keeps of a range that fails half way is not
/// in the facts; here nothing.
pub(super) fn on_interfaces(
    switch: &mut Switch,
    names: &[InterfaceName],
    change: &PortChange,
) -> Result<(), Rejection> {
    let before = (names.len() > 1).then(|| (switch.ports.clone(), switch.macs.clone(), switch.revision));
    let result = names.iter().try_for_each(|name| on_interface(switch, *name, change));
    if let (Err(_), Some(before)) = (&result, before) {
        (switch.ports, switch.macs, switch.revision) = before;
    }
    result
}

/// A change on one interface.
fn on_interface(switch: &mut Switch, interface: InterfaceName, change: &PortChange) -> Result<(), Rejection> {
    if let PortChange::Channel(channel, bundling) = change {
        return join(switch, interface, *channel, *bundling);
    }
    let bundle = matches!(interface, InterfaceName::PortChannel(_));
    if matches!(change, PortChange::Vpc(_) | PortChange::PeerLink(_)) && !bundle {
        return Err(said("ERROR: Operation failed: [vPC is supported on port-channels only]"));
    }
    let last_remove = switch.profile.last_remove;
    let Some(port) = switch.ports.get_mut(&interface) else {
        return Err(said("% Invalid interface format"));
    };
    if port.channel.is_some() && !matches!(change, PortChange::Shutdown(_) | PortChange::Description(_)) {
        return Err(said(MEMBER));
    }
    let before = port.clone();
    change_port(port, change, last_remove);
    if *port != before {
        switch.revision += 1;
        unlearn(switch, interface);
    }
    Ok(())
}

fn change_port(port: &mut Port, change: &PortChange, last_remove: LastRemove) {
    match change {
        PortChange::Mode(mode) => port.mode = *mode,
        PortChange::Access(vlan) => port.access = *vlan,
        PortChange::Native(vlan) => port.native = *vlan,
        PortChange::Allow(list) => port.allowed = explicit(list.clone()),
        PortChange::AllowAll => port.allowed = None,
        PortChange::Add(list) => port.allowed = port.allowed.take().and_then(|old| explicit(old.union(list))),
        PortChange::Remove(list) => port.allowed = removed(port.allowed(), list, last_remove),
        PortChange::Shutdown(shutdown) => port.shutdown = *shutdown,
        PortChange::Description(text) => port.description.clone_from(text),
        PortChange::Channel(channel, bundling) => (port.channel, port.bundling) = (*channel, *bundling),
        PortChange::Stp(kind) => port.stp = *kind,
        PortChange::Vpc(vpc) => port.vpc = *vpc,
        PortChange::PeerLink(yes) => port.peer_link = *yes,
        PortChange::Fex(fex) => port.fex = *fex,
    }
}

/// A list that names every VLAN is no list: running-config shows no line for it (facts: NX-OS §4.1).
fn explicit(list: VlanSet) -> Option<VlanSet> {
    (list != VlanSet::all()).then_some(list)
}

/// `remove`; the last VLAN's removal ends as the platform has it (facts: NX-OS §4.1).
fn removed(old: VlanSet, list: &VlanSet, ends: LastRemove) -> Option<VlanSet> {
    let left = old.difference(list);
    match ends {
        LastRemove::All if left.is_empty() && !old.is_empty() => None,
        LastRemove::All | LastRemove::None => explicit(left),
    }
}

/// `channel-group`: a port that joins takes the channel's configuration; a channel that is not there begins with the
/// port's.
fn join(
    switch: &mut Switch,
    interface: InterfaceName,
    channel: Option<u16>,
    bundling: Bundling,
) -> Result<(), Rejection> {
    let Some(port) = switch.ports.get(&interface).cloned() else {
        return Err(said("% Invalid interface format"));
    };
    if let Some(number) = channel {
        if matches!(interface, InterfaceName::PortChannel(_)) || !(1..=4096).contains(&number) {
            return Err(said("% Invalid value/range"));
        }
        let logical = Port { channel: None, neighbor: None, far: None, description: None, ..port };
        switch.ports.entry(InterfaceName::PortChannel(number)).or_insert(logical);
    }
    if let Some(port) = switch.ports.get_mut(&interface) {
        (port.channel, port.bundling) = (channel, bundling);
    }
    switch.revision += 1;
    Ok(())
}

/// What a port no longer carries is forgotten there.
pub(super) fn unlearn(switch: &mut Switch, interface: InterfaceName) {
    let mut macs = std::mem::take(&mut switch.macs);
    let carried = |vlan| switch.forwards(interface, vlan) || switch.untagged(interface) == Some(vlan);
    macs.flush(interface, carried);
    switch.macs = macs;
}
