//! Which switch port a pnic hangs on, by several witnesses.
//!
//! A port gets its first VLAN only with one witness from each side, or on a person's word. An attachment ends by
//! contradiction, never by silence: a link that is down or a protocol that is quiet leaves it as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Discovery, EdgePort, Hint, Host, HostId, Pnic, StaticAttachment,
    fabric::{Fabric, Found, Switch, same_host},
};
use crate::net::{InterfaceName, MacAddr, SwitchName};

/// A place where a pnic may hang: a physical port.
pub(super) type Socket = (SwitchName, InterfaceName);

/// Where a pnic hangs, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// On which switch.
    pub switch: SwitchName,
    /// On which physical port (or on which port-channel, where a person said so).
    pub interface: InterfaceName,
    /// Who says so.
    pub witnesses: BTreeSet<Witness>,
    /// Somebody says otherwise, in these words; withdrawals there are blocked.
    pub conflict: Option<String>,
}

/// Who says where a pnic hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// A person, in the configuration.
    Static,
    /// The host hears the switch.
    Hint(Discovery),
    /// The switch hears the host.
    Neighbor(Discovery),
    /// The switch sees an address of the host there.
    MacTable,
}

/// Every attachment, and what stands in the way of others.
#[derive(Clone, Debug, Default)]
pub(super) struct Attachments {
    by_pnic: BTreeMap<(HostId, String), Attachment>,
    by_port: BTreeMap<Socket, BTreeSet<(HostId, String)>>,
    trouble: BTreeMap<(HostId, String), Trouble>,
}

/// Why a pnic has no attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What it hears is no configured switch.
    UnknownSwitch(String),
    /// Several configured switches have the name that it hears.
    Ambiguous(String),
    /// What it hears as a port is no Nexus interface.
    UnknownPort(String),
    /// The switch there has not confirmed it.
    Unconfirmed(Socket),
}

/// What is known of one pnic, for judging it.
pub(super) struct Case<'a> {
    pub(super) host: &'a Host,
    pub(super) pnic: &'a Pnic,
    pub(super) hint: Option<&'a Hint>,
    /// What a person says.
    pub(super) word: Option<&'a StaticAttachment>,
    /// Addresses that leave the host by its switches: pnic, vmkernel and VM addresses.
    pub(super) macs: &'a BTreeSet<MacAddr>,
}

impl Attachments {
    /// Judges one pnic anew.
    pub(super) fn judge(&mut self, case: &Case<'_>, fabric: &Fabric) {
        let key = (case.host.id.clone(), case.pnic.device.clone());
        let (attachment, trouble) = verdict(case, fabric, self.by_pnic.get(&key));
        self.forget(&key);
        if let Some(attachment) = attachment {
            let socket = (attachment.switch.clone(), attachment.interface);
            self.by_port.entry(socket).or_default().insert(key.clone());
            self.by_pnic.insert(key.clone(), attachment);
        }
        if let Some(trouble) = trouble {
            self.trouble.insert(key, trouble);
        }
    }

    fn forget(&mut self, key: &(HostId, String)) {
        self.trouble.remove(key);
        let Some(old) = self.by_pnic.remove(key) else { return };
        let socket = (old.switch, old.interface);
        if let Some(pnics) = self.by_port.get_mut(&socket) {
            pnics.remove(key);
            if pnics.is_empty() {
                self.by_port.remove(&socket);
            }
        }
    }

    /// Where a pnic hangs.
    pub(super) fn of(&self, host: &HostId, pnic: &str) -> Option<&Attachment> {
        self.by_pnic.get(&(host.clone(), pnic.to_owned()))
    }

    /// Every attachment.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&(HostId, String), &Attachment)> {
        self.by_pnic.iter()
    }

    /// Every attachment of `host`.
    pub(super) fn of_host<'a>(&'a self, host: &HostId) -> impl Iterator<Item = &'a Attachment> {
        let wanted = host.clone();
        let from = (host.clone(), String::new());
        self.by_pnic.range(from..).take_while(move |((host, _), _)| *host == wanted).map(|(_, attachment)| attachment)
    }

    /// Every attachment on `port`: itself, and the members of a port-channel.
    pub(super) fn on<'a>(
        &'a self,
        port: &EdgePort,
        fabric: &'a Fabric,
    ) -> impl Iterator<Item = (&'a HostId, &'a Attachment)> {
        let members = fabric.switches.get(&port.switch).and_then(|switch| switch.members.get(&port.interface));
        let interfaces = members.into_iter().flatten().copied().chain([port.interface]);
        let switch = port.switch.clone();
        interfaces
            .filter_map(move |interface| self.by_port.get(&(switch.clone(), interface)))
            .flatten()
            .filter_map(|key| Some((&key.0, self.by_pnic.get(key)?)))
    }

    /// Every host that is held to hang on a physical port.
    pub(super) fn claims(&self, socket: &Socket) -> impl Iterator<Item = (&HostId, &Attachment)> + use<'_> {
        let keys = self.by_port.get(socket).into_iter().flatten();
        keys.filter_map(|key| Some((&key.0, self.by_pnic.get(key)?)))
    }

    /// Takes away what some hosts are held to have on a physical port.
    pub(super) fn evict(&mut self, socket: &Socket, whose: impl Fn(&HostId) -> bool) {
        let keys = self.by_port.get(socket).into_iter().flatten().filter(|key| whose(&key.0));
        let keys: Vec<(HostId, String)> = keys.cloned().collect();
        keys.iter().for_each(|key| self.forget(key));
    }

    /// Whether something is known to be wrong with a pnic.
    pub(super) fn has_trouble(&self, host: &HostId, pnic: &str) -> bool {
        self.trouble.contains_key(&(host.clone(), pnic.to_owned()))
    }

    /// Every pnic without an attachment, and why.
    pub(super) fn troubles(&self) -> impl Iterator<Item = (&(HostId, String), &Trouble)> {
        self.trouble.iter()
    }
}

/// The verdict on one pnic: where it hangs, and what is wrong.
fn verdict(case: &Case<'_>, fabric: &Fabric, current: Option<&Attachment>) -> (Option<Attachment>, Option<Trouble>) {
    if let Some(word) = case.word {
        let mut attachment = fresh(&(word.switch.clone(), word.interface));
        attachment.witnesses = witnesses(case, fabric, &(word.switch.clone(), word.interface));
        attachment.witnesses.insert(Witness::Static);
        return (Some(attachment), None);
    }
    let heard = match case.hint.map(|hint| socket(hint, fabric)) {
        None => return (current.cloned().map(|kept| contradicted(kept, case, fabric)), None),
        Some(Err(trouble)) => return (current.cloned().map(|kept| contradicted(kept, case, fabric)), Some(trouble)),
        Some(Ok(heard)) => heard,
    };
    let witnesses = witnesses(case, fabric, &heard);
    let both_sides = witnesses.iter().any(|witness| !matches!(witness, Witness::Hint(_)));
    match current {
        Some(kept) if (kept.switch.clone(), kept.interface) == heard => {
            let kept = Attachment {
                witnesses: witnesses.union(&kept.witnesses).copied().collect(),
                conflict: None,
                ..kept.clone()
            };
            let kept = contradicted(kept, case, fabric);
            (Some(kept), None)
        }
        Some(_) | None if both_sides => (Some(Attachment { witnesses, ..fresh(&heard) }), None),
        Some(kept) => {
            let text = format!("the host now hears {} {}, and that switch has not confirmed it", heard.0, heard.1);
            (Some(Attachment { conflict: Some(text), ..kept.clone() }), Some(Trouble::Unconfirmed(heard)))
        }
        None => (None, Some(Trouble::Unconfirmed(heard))),
    }
}

fn fresh((switch, interface): &Socket) -> Attachment {
    Attachment { switch: switch.clone(), interface: *interface, witnesses: BTreeSet::new(), conflict: None }
}

/// The socket that a hint names.
fn socket(hint: &Hint, fabric: &Fabric) -> Result<Socket, Trouble> {
    let name = hint.system_name.clone().unwrap_or_else(|| "a device without a name".to_owned());
    let switch = match fabric.find(hint) {
        Found::One(switch) => switch,
        Found::Nobody => return Err(Trouble::UnknownSwitch(format!("{name} {}", hint.port))),
        Found::Several(several) => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            return Err(Trouble::Ambiguous(format!("{name}, which is the host name of {}", several.join(" and "))));
        }
    };
    let interface = hint.interface.ok_or_else(|| Trouble::UnknownPort(format!("{name} {:?}", hint.port)))?;
    Ok((switch, interface))
}

/// Everybody who says that the pnic hangs on this socket.
fn witnesses(case: &Case<'_>, fabric: &Fabric, (name, interface): &Socket) -> BTreeSet<Witness> {
    let mut witnesses = BTreeSet::new();
    if let Some(hint) = case.hint
        && socket(hint, fabric).is_ok_and(|heard| heard == (name.clone(), *interface))
    {
        witnesses.insert(Witness::Hint(hint.protocol));
    }
    let Some(switch) = fabric.switches.get(name) else { return witnesses };
    witnesses.extend(heard_by(switch, case).filter(|(at, _)| at == interface).map(|(_, by)| Witness::Neighbor(by)));
    let behind = switch.channel_of(*interface).unwrap_or(*interface);
    // A member's addresses are learned on its port-channel; there they tell the host, not which of its pnics.
    if switch.macs_on(behind).any(|mac| case.macs.contains(&mac)) {
        witnesses.insert(Witness::MacTable);
    }
    witnesses
}

/// The ports on which a switch hears this very pnic.
fn heard_by<'a>(switch: &'a Switch, case: &'a Case<'_>) -> impl Iterator<Item = (InterfaceName, Discovery)> + 'a {
    switch.neighbors.iter().filter_map(move |neighbor| {
        let by_mac = case.pnic.mac.is_some_and(|mac| neighbor.macs.contains(&mac));
        let named = neighbor.system_name.as_ref().is_some_and(|name| same_host(name, &case.host.name));
        (by_mac || (named && neighbor.port == case.pnic.device)).then_some((neighbor.interface, neighbor.protocol))
    })
}

/// Notes what speaks against a kept attachment: a switch hears the pnic somewhere else than where it is held to hang, or
/// it hears another device there.
fn contradicted(kept: Attachment, case: &Case<'_>, fabric: &Fabric) -> Attachment {
    let elsewhere = fabric.switches.iter().filter(|(_, switch)| switch.live).find_map(|(name, switch)| {
        let mut heard = heard_by(switch, case);
        heard.find(|(at, _)| (name, *at) != (&kept.switch, kept.interface)).map(|(at, by)| (name.clone(), at, by))
    });
    let conflict = elsewhere.map(|(name, at, by)| format!("{name} hears it on {at} by {by}"));
    let conflict = conflict.or_else(|| stranger(&kept, case, fabric));
    Attachment { conflict, ..kept }
}

/// Another device that the switch hears where a pnic is held to hang. Where both sides still vouch for the pnic, another
/// name is only another name; and so it is where vCenter knows the host by an address.
fn stranger(kept: &Attachment, case: &Case<'_>, fabric: &Fabric) -> Option<String> {
    let switch = fabric.switches.get(&kept.switch).filter(|switch| switch.live)?;
    let here = |interface: InterfaceName| interface == kept.interface;
    let vouched = case.hint.is_some() && witnesses(case, fabric, &(kept.switch.clone(), kept.interface)).len() > 1;
    if vouched || heard_by(switch, case).any(|(at, _)| here(at)) {
        return None;
    }
    let nameless = case.host.name.parse::<std::net::IpAddr>().is_ok();
    let other = switch.neighbors.iter().filter(|neighbor| here(neighbor.interface)).find(|neighbor| {
        let named = neighbor.system_name.as_ref().is_some_and(|name| !same_host(name, &case.host.name));
        named && case.macs.is_disjoint(&neighbor.macs) && !(nameless && neighbor.port == case.pnic.device)
    })?;
    let name = other.system_name.as_deref().unwrap_or_default();
    Some(format!("{} hears another device there, {} {}", kept.switch, name.escape_debug(), other.port.escape_debug()))
}

#[cfg(test)]
#[path = "attachment_tests.rs"]
mod tests;
