//! The second guard: whatever the core asks for, no step leaves the allowed ranges or touches a port that is not ours.

use std::collections::BTreeMap;

use super::Reading;
use crate::{
    net::{InterfaceName, SwitchName, VlanId, VlanSet},
    tracker::{Act, Configure, Mode, Place, Policy, PortMode},
};

/// What may be written to one switch at all, from the policy alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    allowed: VlanSet,
    creatable: VlanSet,
    mode: Mode,
    interfaces: BTreeMap<InterfaceName, (VlanSet, Mode)>,
}

impl Guard {
    /// The guard of `switch`. A switch that the policy does not name may not be written at all.
    pub fn new(policy: &Policy, switch: &SwitchName) -> Self {
        let Some(own) = policy.switches.get(switch) else {
            return Self::nothing();
        };
        let bound = |set: &Option<VlanSet>| set.clone().unwrap_or_else(VlanSet::all);
        let allowed = bound(&policy.allowed).intersection(&bound(&own.allowed));
        let on_ports = own.interfaces.iter().map(|(interface, port)| {
            (*interface, (allowed.intersection(&bound(&port.allowed)), port.mode.unwrap_or(own.mode)))
        });
        Self {
            // Without a range that the configuration names, no VLAN is created (design rule 7).
            creatable: policy.allowed.as_ref().or(own.allowed.as_ref()).map_or(VlanSet::EMPTY, |_| allowed.clone()),
            mode: own.mode,
            interfaces: on_ports.collect(),
            allowed,
        }
    }

    /// A guard that lets nothing pass.
    pub const fn nothing() -> Self {
        Self {
            allowed: VlanSet::EMPTY,
            creatable: VlanSet::EMPTY,
            mode: Mode::both(Act::Observe),
            interfaces: BTreeMap::new(),
        }
    }

    /// Why `vlan` may not be added in `place` for `intent`.
    ///
    /// # Errors
    /// One line for people.
    pub fn may_add(&self, place: Place, vlan: VlanId, reading: &Reading, intent: &Configure) -> Result<(), String> {
        unowned(reading)?;
        match place {
            Place::VlanDatabase => self.may_create(vlan, reading),
            Place::Interface(interface) => {
                let (allowed, mode) = self.bounds(interface);
                acts(mode.additions, "additions")?;
                within(allowed, vlan)?;
                // A peer-link is written as what it is, or not at all.
                if reading.peer_link() == Some(interface) && !is_link(interface, intent) {
                    return Err(format!("{interface} is the vPC peer-link"));
                }
                is_ours(interface, reading)
            }
        }
    }

    /// Why `vlan` may not be taken off `place` for `intent`.
    ///
    /// # Errors
    /// One line for people.
    pub fn may_remove(&self, place: Place, vlan: VlanId, reading: &Reading, intent: &Configure) -> Result<(), String> {
        unowned(reading)?;
        match place {
            Place::VlanDatabase => Err("a VLAN is never deleted".to_owned()),
            Place::Interface(interface) if is_link(interface, intent) || reading.peer_link() == Some(interface) => {
                Err(format!("{interface} is a link between switches: a VLAN is never taken off it"))
            }
            Place::Interface(interface) => {
                let (allowed, mode) = self.bounds(interface);
                acts(mode.withdrawals, "withdrawals")?;
                within(allowed, vlan)?;
                is_ours(interface, reading)
            }
        }
    }

    fn bounds(&self, interface: InterfaceName) -> (&VlanSet, Mode) {
        self.interfaces.get(&interface).map_or((&self.allowed, self.mode), |(allowed, mode)| (allowed, *mode))
    }

    fn may_create(&self, vlan: VlanId, reading: &Reading) -> Result<(), String> {
        acts(self.mode.additions, "additions")?;
        within(&self.creatable, vlan)?;
        if let Some(owner) = reading.owners.iter().find(|owner| !owner.owns_ports()) {
            return Err(format!("{owner}: no VLAN is created here"));
        }
        let Some(database) = reading.database() else {
            return Err("the VLAN database could not be read".to_owned());
        };
        if database.reserved.contains(vlan) { Err(format!("VLAN {vlan} is reserved on this switch")) } else { Ok(()) }
    }
}

fn is_link(interface: InterfaceName, intent: &Configure) -> bool {
    intent.peer_link == Some(interface) || intent.links.contains(&interface)
}

/// What somebody else's machinery owns is not written (design rule 9).
fn unowned(reading: &Reading) -> Result<(), String> {
    match reading.owners.iter().find(|owner| owner.owns_ports()) {
        Some(owner) => Err(format!("{owner}: nothing is written here")),
        None => Ok(()),
    }
}

fn acts(act: Act, what: &str) -> Result<(), String> {
    match act {
        Act::Enforce => Ok(()),
        Act::Observe => Err(format!("the mode here is observe for {what}")),
    }
}

fn within(allowed: &VlanSet, vlan: VlanId) -> Result<(), String> {
    if vlan == VlanId::MIN {
        return Err("VLAN 1 is never touched".to_owned());
    }
    if allowed.contains(vlan) { Ok(()) } else { Err(format!("VLAN {vlan} is outside the allowed ranges")) }
}

fn is_ours(interface: InterfaceName, reading: &Reading) -> Result<(), String> {
    let Some(port) = reading.port(interface).filter(|_| interface.can_trunk()) else {
        return Err(format!("{interface} does not exist"));
    };
    if reading.members.contains(&interface) {
        return Err(format!("{interface} is a member of a port-channel"));
    }
    match &port.mode {
        PortMode::Trunk => Ok(()),
        PortMode::Access => Err(format!("{interface} is an access port, not a trunk")),
        PortMode::Routed => Err(format!("{interface} is a routed port, not a trunk")),
        PortMode::FexFabric => Err(format!("{interface} is a FEX fabric port")),
        PortMode::Other(word) => Err(format!("{interface} is not a plain trunk: {word}")),
    }
}
