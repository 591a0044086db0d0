//! The state of a simulated switch, and what the data plane and an operator ask of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

use super::{
    Accounting, Author, Delays, Faults, MacTable, Neighbor, Port, PortMode, Power, Profile, Session, Spanning,
    SwitchSpec, VpcDomain,
    checkpoint::Checkpoints,
    owners::Owners,
    spec::Login,
    standing::{Memory, Standing},
};
use crate::lab::model::LabTime;

/// One VLAN of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vlan {
    /// `name`, when one was given.
    pub name: Option<String>,
    /// `state suspend` is configured.
    pub suspended: bool,
    /// `shutdown` is configured.
    pub shutdown: bool,
}

impl Vlan {
    /// Whether it forwards.
    pub const fn is_active(&self) -> bool {
        !self.suspended && !self.shutdown
    }

    /// Its name, given or by default: `VLAN0020` (facts: NX-OS §4.3).
    pub fn name(&self, vlan: VlanId) -> String {
        let default = || if vlan == VlanId::MIN { "default".to_owned() } else { format!("VLAN{:04}", vlan.get()) };
        self.name.clone().unwrap_or_else(default)
    }
}

/// What was asked of a switch since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests of shows only.
    pub reads: u64,
    /// Requests that contain a configuration line.
    pub writes: u64,
    /// Requests that save and do not configure.
    pub saves: u64,
    /// Requests that were let in by a password rather than a cookie.
    pub logins: u64,
    /// Requests that gave a wrong password.
    pub wrong_passwords: u64,
    /// Requests and terminals turned away by the session limit.
    pub turned_away: u64,
    /// Terminals opened by SSH.
    pub ssh_sessions: u64,
}

/// A simulated Nexus switch.
#[derive(Debug)]
pub struct Switch {
    pub(super) hostname: String,
    pub(super) serial: String,
    pub(super) profile: Profile,
    pub(super) vlans: BTreeMap<VlanId, Vlan>,
    pub(super) ports: BTreeMap<InterfaceName, Port>,
    pub(super) login: Login,
    pub(super) epoch_unix_s: u64,
    pub(super) cookies: BTreeMap<String, LabTime>,
    pub(super) cookies_made: u64,
    /// The pairs of user and address that hold a VSH session.
    pub(super) pool: BTreeSet<(String, String)>,
    pub(super) in_service: usize,
    pub(super) vtys: BTreeMap<u16, u64>,
    pub(super) startup: Option<String>,
    pub(super) keepalive: bool,
    pub(super) saving_until: Option<LabTime>,
    pub(super) features: BTreeSet<String>,
    pub(super) domain: Option<VpcDomain>,
    pub(super) spanning: Spanning,
    pub(in crate::lab::model) power: Power,
    pub(in crate::lab::model) standing: Standing,
    pub(in crate::lab::model) memory: Memory,
    pub(super) revision: u64,
    pub(super) counters: Counters,
    pub(super) macs: MacTable,
    pub(super) accounting: Accounting,
    pub(super) checkpoints: Checkpoints,
    /// What is wrong with it at the moment.
    pub faults: Faults,
    /// How long it takes over a request.
    pub delays: Delays,
    /// How long it takes to save, when that is longer than a write.
    pub save_time: Duration,
    /// How long it takes to boot.
    pub boot_time: Duration,
    /// Whose hands hold its configuration.
    pub owners: Owners,
}

/// Two minutes: a Nexus 9300 takes longer, which changes nothing but the waiting.
const BOOT: Duration = Duration::from_secs(120);

impl Switch {
    /// A switch with its startup-config saved.
    pub fn new(spec: SwitchSpec) -> Self {
        let vlans = VlanSet::from(VlanId::MIN).union(&spec.vlans);
        let channels = spec.channels.into_iter().map(|(number, port)| (InterfaceName::PortChannel(number), port));
        let mut switch = Self {
            hostname: spec.hostname,
            serial: spec.serial,
            profile: spec.platform.profile(),
            vlans: vlans.iter().map(|vlan| (vlan, Vlan::default())).collect(),
            ports: spec.ports.into_iter().chain(channels).collect(),
            login: Login { user: spec.user, password: spec.password },
            epoch_unix_s: spec.epoch_unix_s,
            cookies: BTreeMap::new(),
            cookies_made: 0,
            pool: BTreeSet::new(),
            in_service: 0,
            vtys: BTreeMap::new(),
            startup: None,
            saving_until: None,
            features: spec.features,
            domain: spec.domain,
            spanning: spec.spanning,
            power: Power::On { since: LabTime::ZERO, booted: false },
            standing: Standing::default(),
            memory: Memory::default(),
            revision: 0,
            counters: Counters::default(),
            macs: MacTable::default(),
            accounting: Accounting::default(),
            checkpoints: Checkpoints::default(),
            faults: Faults::default(),
            delays: Delays::NONE,
            save_time: Duration::ZERO,
            boot_time: BOOT,
            keepalive: true,
            owners: Owners::default(),
        };
        switch.save();
        switch
    }

    /// The host name.
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// The serial number.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// What its platform does and calls itself.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Rises with every change of configuration or link, never otherwise.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// What was asked of it.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// The VLAN database.
    pub const fn vlans(&self) -> &BTreeMap<VlanId, Vlan> {
        &self.vlans
    }

    pub(super) fn set_vlans(&mut self, database: BTreeMap<VlanId, Vlan>) {
        if self.vlans != database {
            self.vlans = database;
            self.revision += 1;
        }
    }

    /// Every port and port-channel, by name.
    pub const fn ports(&self) -> &BTreeMap<InterfaceName, Port> {
        &self.ports
    }

    /// The port-channel that carries `interface`'s configuration, or `interface` itself.
    pub fn logical(&self, interface: InterfaceName) -> InterfaceName {
        let channel = self.ports.get(&interface).and_then(|port| port.channel);
        channel.map_or(interface, InterfaceName::PortChannel)
    }

    /// The members of a port-channel.
    pub fn members(&self, channel: u16) -> impl Iterator<Item = InterfaceName> + '_ {
        self.ports.iter().filter(move |(_, port)| port.channel == Some(channel)).map(|(name, _)| *name)
    }

    /// The configuration that holds on `interface`: its port-channel's where it is a member.
    pub fn effective(&self, interface: InterfaceName) -> Option<&Port> {
        self.ports.get(&self.logical(interface))
    }

    /// Every interface whose own configuration is a trunk: port-channels, not their members.
    pub fn trunk_interfaces(&self) -> BTreeSet<InterfaceName> {
        let trunk = |port: &Port| port.mode == PortMode::Trunk && port.channel.is_none();
        self.ports.iter().filter(|(_, port)| trunk(port)).map(|(name, _)| *name).collect()
    }

    /// A cable is plugged or pulled, or its other end goes up or down.
    pub fn set_link(&mut self, interface: InterfaceName, up: bool) {
        let changed = self.ports.get_mut(&interface).is_some_and(|port| std::mem::replace(&mut port.link, up) != up);
        if changed {
            self.revision += 1;
            let logical = self.logical(interface);
            if !self.is_up(logical) {
                self.macs.flush(logical, |_| false);
            }
        }
    }

    /// Who is at the other end of a port's cable, from now on.
    pub fn set_neighbor(&mut self, interface: InterfaceName, neighbor: Option<Neighbor>) {
        if let Some(port) = self.ports.get_mut(&interface) {
            port.neighbor = neighbor;
        }
    }

    /// A frame from `mac`, tagged with `vlan`, came in on `interface`: learned on its port-channel where it is a
    /// member, and only where it is forwarded. Whether it was.
    pub fn learn(&mut self, mac: MacAddr, vlan: VlanId, interface: InterfaceName, now: LabTime) -> bool {
        let passes = self.forwards(interface, vlan) || self.untagged(interface) == Some(vlan);
        if passes {
            let logical = self.logical(interface);
            self.macs.learn(mac, vlan, logical, now);
        }
        passes
    }

    /// Forgets `mac` on every VLAN, as `clear mac address-table dynamic address` does.
    pub fn forget(&mut self, mac: MacAddr) {
        self.macs.forget(mac);
    }

    /// The MAC address table.
    pub const fn macs(&self) -> &MacTable {
        &self.macs
    }

    /// The accounting log.
    pub const fn accounting(&self) -> &Accounting {
        &self.accounting
    }

    /// The running-config, as `show running-config` prints it.
    pub fn running_config(&self) -> String {
        super::running::config(self)
    }

    /// The startup-config, as last saved.
    pub fn startup_config(&self) -> Option<&str> {
        self.startup.as_deref()
    }

    /// Whether the running-config is saved.
    pub fn is_saved(&self) -> bool {
        self.startup.as_ref() == Some(&self.running_config())
    }

    /// Copies the running-config to the startup-config.
    pub fn save(&mut self) {
        self.startup = Some(self.running_config());
    }

    /// Another password from now on; cookies stay good until they run out.
    pub fn set_password(&mut self, password: &str) {
        password.clone_into(&mut self.login.password);
    }

    /// Ends every session: the next NX-API request needs the password again, and terminals are cut.
    pub fn drop_sessions(&mut self) {
        self.cookies.clear();
        self.pool.clear();
        self.vtys.clear();
    }

    /// What the wall clock shows when the lab's time is zero.
    pub const fn set_epoch(&mut self, unix_s: u64) {
        self.epoch_unix_s = unix_s;
    }

    /// Another `remove` of the last VLAN from now on.
    pub const fn set_last_remove(&mut self, ends: super::LastRemove) {
        self.profile.last_remove = ends;
    }

    /// An operator's session: logs in, types every line, logs out. What the switch answered, line by line.
    pub fn type_lines(&mut self, user: &str, lines: &[&str], now: LabTime) -> Vec<String> {
        let author = Author { origin: "192.0.2.10@pts/3".to_owned(), user: user.to_owned() };
        let mut session = Session::terminal(author);
        lines.iter().map(|line| session.type_line(self, line, now).on_screen()).collect()
    }

    /// What NX-API would give for a show command; none when it has no structured form, or is refused.
    pub fn show_structured(&mut self, command: &str, now: LabTime) -> Option<serde_json::Value> {
        let author = Author { origin: "192.0.2.10@nginx".to_owned(), user: "lab".to_owned() };
        match Session::nxapi(author).type_line(self, command, now) {
            super::Outcome::Printed { body, .. } => body,
            super::Outcome::Quiet | super::Outcome::Rejected(_) => None,
        }
    }

    pub(super) const fn unix_s(&self, now: LabTime) -> u64 {
        self.epoch_unix_s + now.as_secs()
    }
}
