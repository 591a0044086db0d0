//! From answered questions to what is known, and to what the tracker is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use super::{Session, owners::Clues};
use crate::{
    net::InterfaceName,
    nexus::{
        Piece, Reading, parse::accounting::Entry, parse::config::PortConfig, parse::ports::PortStatus,
        platform::Platform,
    },
    tracker::{Fex, ForeignOwner, Identity, MacEntry, Moment, Neighbor, Observation, Port, Scope, VlanDatabase},
};

/// What a reading brought that is not kept by the session.
#[derive(Debug, Default)]
pub(super) struct Read {
    identity: Option<Identity>,
    booted: Option<Moment>,
    database: bool,
    /// Whether link states were read.
    links: bool,
    /// Whether it was read what spanning tree forwards.
    trunks: bool,
    vpc: bool,
    fexes: Option<BTreeMap<u16, Fex>>,
    clues: Clues,
    owners: Option<BTreeSet<ForeignOwner>>,
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
                Piece::Version(identity, uptime) => {
                    self.learn_identity(identity, &mut read);
                    read.booted = uptime.map(|uptime| at - uptime);
                }
                Piece::Config(ports) => configs.extend(ports),
                Piece::Ports(status) => self.learn_status(status, &mut read),
                Piece::Vlans(vlans) => {
                    // A whole reading tells the version first.
                    let reserved = self.identity.as_ref().map(|identity| Platform::of(identity).reserved());
                    let reserved = reserved.unwrap_or_else(|| vlans.reserved.clone());
                    self.known.learn_vlans(at, VlanDatabase { reserved, ..vlans });
                    read.database = true;
                }
                Piece::PortChannels(channels) => self.learn_channels(channels, whole, &mut read),
                Piece::Neighbors(more) => read.neighbors.get_or_insert_default().extend(more),
                Piece::Macs(more) => read.macs.get_or_insert_default().extend(more),
                Piece::Accounting(entries) => read.accounting = entries,
                Piece::Vpc(vpc) => {
                    self.known.learn_vpc(at, vpc);
                    read.vpc = true;
                }
                Piece::Trunks(trunks) => {
                    let changed = self.known.learn_trunks(at, trunks);
                    self.shifted.extend(changed);
                    read.trunks = true;
                }
                Piece::Fexes(fexes) => read.fexes = Some(fexes),
                Piece::Features(features) => read.clues.features = Some(features),
                Piece::FeatureSets(sets) => read.clues.sets = Some(sets),
                Piece::Vtp(changes) => read.clues.vtp = Some(changes),
                Piece::Maintenance(is) => read.clues.maintenance = Some(is),
                Piece::SwitchProfile(is) => read.clues.switch_profile = Some(is),
                Piece::Saved(_) | Piece::Silent(_) => {}
            }
        }
        self.learn_configs(at, configs, whole, &mut read);
        self.learn_owners(&mut read);
        read
    }

    fn learn_owners(&mut self, read: &mut Read) {
        if read.clues.is_empty() {
            return;
        }
        self.clues.learn(mem::take(&mut read.clues));
        read.owners = self.clues.owners();
        if let Some(owners) = &read.owners {
            self.known.owners.clone_from(owners);
        }
    }

    /// Who is a member of what is told only together with the ports' configuration, in a whole reading.
    fn learn_channels(
        &mut self,
        channels: BTreeMap<InterfaceName, BTreeSet<InterfaceName>>,
        whole: bool,
        read: &mut Read,
    ) {
        self.rebundled = !whole && channels != self.known.channels;
        if whole {
            self.known.channels.clone_from(&channels);
            read.channels = Some(channels);
        }
    }

    fn learn_identity(&mut self, identity: Identity, read: &mut Read) {
        // Another switch under the same name: nothing that was known holds.
        if self.identity.as_ref().is_none_or(|known| known.serial != identity.serial) {
            self.known = Reading::default();
            self.clues = Clues::default();
            self.shifted.clear();
            self.flapped.clear();
        }
        self.identity = Some(identity.clone());
        read.identity = Some(identity);
    }

    /// A link that went up or down is told with the port's whole state: it is read at once.
    fn learn_status(&mut self, status: BTreeMap<InterfaceName, PortStatus>, read: &mut Read) {
        let differs = |interface: &InterfaceName, now: &PortStatus| {
            self.status.get(interface).is_some_and(|before| before.up != now.up)
        };
        let changed = status.iter().filter(|(interface, now)| differs(interface, now));
        let changed: Vec<_> = changed.map(|(interface, _)| *interface).collect();
        self.flapped.extend(changed);
        self.status = status;
        read.links = true;
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
            edge: config.edge,
        }
    }

    /// What the tracker is told: the ports of the scope as they are known now. A port that a write touched meanwhile
    /// is told as read back, which is newer than the reading.
    pub(super) fn observation(&mut self, at: Moment, scope: Scope, read: Read) -> Observation {
        if read.links {
            self.flapped.retain(|interface| !scope.covers(*interface));
        }
        if read.trunks {
            self.shifted.retain(|interface| !scope.covers(*interface));
        }
        let covered = self.known.ports.iter().filter(|(interface, _)| scope.covers(**interface));
        let told = covered.map(|(interface, (_, port))| {
            let up = self.status.get(interface).filter(|_| read.links).map(|status| status.up);
            let forwarding = self.known.forwarding(*interface).filter(|_| read.trunks);
            (*interface, Port { up, forwarding, ..port.clone() })
        });
        Observation {
            switch: self.switch.clone(),
            at,
            ports: told.collect(),
            scope,
            identity: read.identity,
            booted: read.booted,
            vlans: self.known.database().filter(|_| read.database).cloned(),
            port_channels: read.channels,
            neighbors: read.neighbors,
            macs: read.macs,
            vpc: self.known.vpc.as_ref().filter(|_| read.vpc).map(|(_, vpc)| vpc.clone()),
            fexes: read.fexes,
            owners: read.owners,
        }
    }
}
