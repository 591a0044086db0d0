//! What a configuration line changes.

use std::time::Duration;

use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::{
    Bundling, LastRemove, Port, Switch, VpcDomain,
    cli::Rejection,
    grammar::{DomainChange, GlobalChange, PortChange, VlanChange},
};

/// What a member of a port-channel answers (facts: NX-OS §4.4).
const MEMBER: &str = "ERROR: : port already in a port-channel, no config allowed";

fn said(text: &str) -> Rejection {
    Rejection::Said(text.to_owned())
}

/// `interface X`: a port-channel comes into being by being named, a physical port does not.
pub(super) fn open_interface(switch: &mut Switch, interface: InterfaceName) -> Result<(), Rejection> {
    if switch.ports.contains_key(&interface) {
        return Ok(());
    }
    let InterfaceName::PortChannel(number) = interface else {
        // The text of a real switch for a port that is not there was not found in the facts.
        return Err(said("% Invalid interface format"));
    };
    if !(1..=4096).contains(&number) {
        return Err(said("% Invalid value/range"));
    }
    switch.ports.insert(interface, Port::access(VlanId::MIN));
    switch.revision += 1;
    Ok(())
}

/// `vlan LIST`: creates what is not there; a reserved number refuses the whole line.
pub(super) fn create_vlans(switch: &mut Switch, vlans: &VlanSet) -> Result<(), Rejection> {
    if vlans.iter().any(|vlan| switch.profile.reserves(vlan)) {
        return Err(said(switch.profile.reserved_error));
    }
    for vlan in vlans.iter() {
        switch.vlans.entry(vlan).or_insert_with(|| {
            switch.revision += 1;
            super::Vlan::default()
        });
    }
    Ok(())
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

/// A change under `vlan`.
pub(super) fn on_vlans(switch: &mut Switch, vlans: &VlanSet, change: &VlanChange) -> Result<(), Rejection> {
    for vlan in vlans.iter() {
        let Some(entry) = switch.vlans.get_mut(&vlan) else { continue };
        let before = entry.clone();
        match change {
            VlanChange::Name(name) => {
                check_name(vlan, name.as_deref())?;
                entry.name.clone_from(name);
            }
            VlanChange::Suspend(suspended) => entry.suspended = *suspended,
            VlanChange::Shutdown(shutdown) => entry.shutdown = *shutdown,
        }
        if *entry != before {
            switch.revision += 1;
        }
    }
    Ok(())
}

/// At most 32 letters, and VLAN 1 keeps its name (facts: NX-OS §4.3).
fn check_name(vlan: VlanId, name: Option<&str>) -> Result<(), Rejection> {
    if name.is_some_and(|name| name.chars().count() > 32 || name.contains(' ')) {
        return Err(said("% String exceeded max length of (32)"));
    }
    if vlan == VlanId::MIN {
        return Err(said("ERROR: Default VLAN 1 may not have its name changed."));
    }
    Ok(())
}

/// A change under `interface`.
pub(super) fn on_interface(
    switch: &mut Switch,
    interface: InterfaceName,
    change: &PortChange,
) -> Result<(), Rejection> {
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
fn unlearn(switch: &mut Switch, interface: InterfaceName) {
    let mut macs = std::mem::take(&mut switch.macs);
    let carried = |vlan| switch.forwards(interface, vlan) || switch.untagged(interface) == Some(vlan);
    macs.flush(interface, carried);
    switch.macs = macs;
}
