//! From answered questions to what is known, and to what the tracker is told.

use std::collections::{BTreeMap, BTreeSet};

use super::Session;
use crate::{
    net::InterfaceName,
    nexus::{Piece, parse::accounting::Entry, parse::config::PortConfig, parse::ports::PortStatus},
    tracker::{Identity, MacEntry, Moment, Neighbor, Observation, Port, Scope},
};

/// What a reading brought that is not kept by the session.
#[derive(Debug, Default)]
pub(super) struct Read {
    identity: Option<Identity>,
    database: bool,
    /// Whether link states were read; and the ports whose link changed.
    links: Option<BTreeSet<InterfaceName>>,
    channels: Option<BTreeMap<InterfaceName, BTreeSet<InterfaceName>>>,
    neighbors: Option<Vec<Neighbor>>,
    macs: Option<Vec<MacEntry>>,
    pub(super) accounting: Vec<Entry>,
    /// The ports whose configuration is now known to be different.
    pub(super) changed: BTreeSet<InterfaceName>,
}

impl Session {
    pub(super) fn learn_pieces(&mut self, at: Moment, pieces: Vec<Piece>, whole: bool) -> Read {
        let mut read = Read::default();
        let mut configs = BTreeMap::new();
        for piece in pieces {
            match piece {
                Piece::Version(identity) => read.identity = Some(identity),
                Piece::Config(ports) => configs.extend(ports),
                Piece::Ports(status) => read.links = Some(self.learn_status(status)),
                Piece::Vlans(vlans) => {
                    self.known.learn_vlans(at, vlans);
                    read.database = true;
                }
                Piece::PortChannels(channels) => read.channels = Some(channels),
                Piece::Neighbors(more) => read.neighbors.get_or_insert_default().extend(more),
                Piece::Macs(more) => read.macs.get_or_insert_default().extend(more),
                Piece::Accounting(entries) => read.accounting = entries,
            }
        }
        self.learn_configs(at, configs, whole, &mut read);
        if let Some(identity) = &read.identity {
            self.identity = Some(identity.clone());
        }
        read
    }

    fn learn_status(&mut self, status: BTreeMap<InterfaceName, PortStatus>) -> BTreeSet<InterfaceName> {
        let differs = |interface: &InterfaceName, now: &PortStatus| {
            self.status.get(interface).is_some_and(|before| before.up != now.up)
        };
        let changed = status.iter().filter(|(interface, now)| differs(interface, now));
        let changed = changed.map(|(interface, _)| *interface).collect();
        self.status = status;
        changed
    }

    fn learn_configs(
        &mut self,
        at: Moment,
        configs: BTreeMap<InterfaceName, PortConfig>,
        whole: bool,
        read: &mut Read,
    ) {
        let bundled: BTreeSet<_> = read.channels.iter().flat_map(BTreeMap::values).flatten().copied().collect();
        if whole {
            // Another switch under the same name: nothing that was known holds.
            if self.identity.as_ref().map(|known| &known.serial) != read.identity.as_ref().map(|new| &new.serial) {
                self.known.ports.clear();
            }
            self.known.forget_missing(at, &configs.keys().copied().collect());
        }
        for (interface, config) in configs {
            let port = self.port(interface, &config);
            let member = config.channel_group.is_some() || bundled.contains(&interface);
            let before = self.known.port(interface).cloned();
            if self.known.learn_port(interface, at, port.clone(), member) && before != Some(port) {
                read.changed.insert(interface);
            }
        }
    }

    fn port(&self, interface: InterfaceName, config: &PortConfig) -> Port {
        let status = self.status.get(&interface).and_then(|status| status.mode.as_ref());
        Port {
            mode: config.mode_or(status),
            allowed: config.allowed(),
            native: config.native(),
            up: None,
            forwarding: None,
            edge: true,
        }
    }

    /// What the tracker is told: the ports of the scope as they are known now. A port that a write touched meanwhile
    /// is told as read back, which is newer than the reading.
    pub(super) fn observation(&self, at: Moment, scope: Scope, read: Read) -> Observation {
        let covered = self.known.ports.iter().filter(|(interface, _)| scope.covers(**interface));
        let with_links = read.links.is_some();
        let told = covered.map(|(interface, (_, port))| {
            let up = self.status.get(interface).filter(|_| with_links).map(|status| status.up);
            (*interface, Port { up, ..port.clone() })
        });
        Observation {
            switch: self.switch.clone(),
            at,
            ports: told.collect(),
            scope,
            identity: read.identity,
            vlans: self.known.database().filter(|_| read.database).cloned(),
            port_channels: read.channels,
            neighbors: read.neighbors,
            macs: read.macs,
            vpc: None,
            fexes: None,
            owners: None,
        }
    }

    /// A link that went up or down is told with the port's whole state: its lists are read at once.
    pub(super) fn refresh_changed(&mut self, read: &Read) {
        let changed = read.links.iter().flatten().copied();
        let known: BTreeSet<_> = changed.filter(|interface| self.known.port(*interface).is_some()).collect();
        if !known.is_empty() {
            self.timers.lists = super::lanes::Timer::default();
        }
    }
}
