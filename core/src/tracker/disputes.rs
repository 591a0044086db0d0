//! What speaks against an attachment besides its own witnesses: another host that claims the same port. And whether a host
//! is known to hang elsewhere.

use std::collections::BTreeSet;

use super::{Attachment, EdgePort, HostId, Tracker, Witness, account::Account, attachment::Trouble};
use crate::net::MacAddr;

impl Tracker {
    /// Why an attachment is disputed, if it is: then nothing is withdrawn there, and additions go on.
    pub(super) fn dispute(&self, host: &HostId, at: &Attachment) -> Option<String> {
        let rival = || {
            let others = self.attachments.claims(&(at.switch.clone(), at.interface));
            // People may say that several hosts hang behind one port: a blade chassis does so.
            let mut rivals = others.filter(|(_, other)| !(at.is_static() && other.is_static()));
            let (rival, _) = rivals.find(|(other, _)| *other != host && !self.is_same_machine(host, other))?;
            Some(format!("host {} claims the same port", self.sites.host_name(rival)))
        };
        at.conflict.clone().or_else(rival)
    }

    /// Whether a host says that it hangs on a port, and its switch has not confirmed it: its VMs may pass there.
    pub(super) fn is_claimed(&self, port: &EdgePort) -> bool {
        self.attachments.troubles().any(|(_, trouble)| match trouble {
            Trouble::Unconfirmed((switch, interface)) => self.fabric.edge_port(switch, *interface) == *port,
            Trouble::UnknownSwitch(_) | Trouble::Ambiguous(_) | Trouble::UnknownPort(_) => false,
        })
    }

    /// Whether two hosts are one machine, which two vCenters list.
    pub(super) fn is_same_machine(&self, one: &HostId, other: &HostId) -> bool {
        !self.pnic_macs(one).is_disjoint(&self.pnic_macs(other))
    }

    fn pnic_macs(&self, host: &HostId) -> BTreeSet<MacAddr> {
        let network = self.sites.hosts.get(host).and_then(|host| host.network.as_ref());
        network.into_iter().flat_map(|network| &network.pnics).filter_map(|pnic| pnic.mac).collect()
    }

    /// A host that left the inventory hangs no more where another one is found by witnesses of both sides. What its VMs
    /// needed there stays, until a person closes it.
    pub(super) fn evict_departed(&mut self, host: &HostId) {
        let both_sides = |at: &&Attachment| {
            let heard = at.witnesses.iter().any(|witness| matches!(witness, Witness::Hint(_)));
            heard && at.witnesses.iter().any(|witness| matches!(witness, Witness::Neighbor(_) | Witness::MacTable))
        };
        let sockets = self.attachments.of_host(host).filter(both_sides).map(|at| (at.switch.clone(), at.interface));
        for socket in sockets.collect::<Vec<_>>() {
            let departed = |other: &HostId| other != host && self.sites.left.contains(other);
            self.attachments.evict(&socket, departed);
        }
    }

    /// What stood for a host is over on a port that the host left for others. A pnic of which nobody knows where it hangs
    /// may hang there: after a restart only what is heard is known.
    pub(super) fn hangs_elsewhere(&self, host: &HostId, port: &EdgePort) -> Option<Account> {
        let mut legs = self.fabric.legs(port);
        let here = legs.any(|leg| self.attachments.on(&leg, &self.fabric).any(|(at, _)| at == host));
        let over = !here && self.is_wired(host) && self.sites.host_absent(host).is_none();
        over.then(|| Account::Over(format!("host {} hangs on other ports now", self.sites.host_name(host))))
    }

    /// Whether it is known where each pnic of a host hangs that a virtual switch uses or that has a link: a floor may stand
    /// for one that VMs use without a virtual switch.
    fn is_wired(&self, id: &HostId) -> bool {
        let Some(network) = self.sites.hosts.get(id).and_then(|host| host.network.as_ref()) else { return false };
        let standard = network.vswitches.iter().flat_map(|switch| &switch.pnics);
        let uplinks = network.proxy_switches.iter().flat_map(|proxy| &proxy.uplinks).map(|uplink| &uplink.pnic);
        let linked = network.pnics.iter().filter(|pnic| pnic.link_up).map(|pnic| &pnic.device);
        let mut used = standard.chain(uplinks).chain(linked);
        self.attachments.of_host(id).next().is_some() && used.all(|pnic| self.attachments.of(id, pnic).is_some())
    }
}
