//! Power off, boot, and a startup-config that becomes the running-config.

use std::{collections::BTreeMap, time::Duration};

use vmtracker_core::net::{InterfaceName, VlanId};

use super::{
    Author, MacTable, Port, Power, Session, Spanning, Switch, Vlan, config,
    standing::{Memory, Standing},
};
use crate::lab::model::LabTime;

/// What runs at the beginning of the lab has been running for sixty days.
const BEFORE: Duration = Duration::from_secs(60 * 24 * 3600);

impl Switch {
    /// Whether it has power and has booted.
    pub const fn runs(&self) -> bool {
        matches!(self.power, Power::On { .. })
    }

    /// How long its kernel has been running: it starts when the switch begins to boot.
    pub(super) fn uptime(&self, now: LabTime) -> Duration {
        match self.power {
            Power::On { since, booted: true } => now.saturating_sub(since) + self.boot_time,
            Power::On { since, booted: false } => now.saturating_sub(since) + BEFORE,
            Power::Off | Power::Booting(_) => Duration::ZERO,
        }
    }

    /// The power fails: no port has a link, nobody answers, and what was not saved is lost.
    pub fn power_off(&mut self) {
        self.power = Power::Off;
        self.forget_all();
        self.revision += 1;
    }

    /// The power is back: it boots for [`Switch::boot_time`].
    pub fn power_on(&mut self, now: LabTime) {
        if self.power == Power::Off {
            self.power = Power::Booting(now + self.boot_time);
            self.revision += 1;
        }
    }

    /// `reload`: off and on again.
    pub fn reload(&mut self, now: LabTime) {
        self.power_off();
        self.power_on(now);
    }

    /// Booting is over when its time is.
    pub(in crate::lab::model) fn boot(&mut self, now: LabTime) {
        if let Power::Booting(until) = self.power
            && until <= now
        {
            self.power = Power::On { since: until, booted: true };
            self.load_startup(now);
            self.revision += 1;
        }
    }

    /// A cold switch with its startup-config.
    fn load_startup(&mut self, now: LabTime) {
        self.forget_all();
        let text = self.startup.clone().unwrap_or_default();
        self.replace_config(&text, now);
    }

    /// Another configuration in place of the running one: what is plugged in stays, and so does what was learned
    /// where it is still carried.
    pub(super) fn replace_config(&mut self, text: &str, now: LabTime) {
        let macs = std::mem::take(&mut self.macs);
        let (log, faults) = (self.accounting.clone(), std::mem::take(&mut self.faults));
        self.vlans = BTreeMap::from([(VlanId::MIN, Vlan::default())]);
        self.ports.retain(|name, _| !matches!(name, InterfaceName::PortChannel(_)));
        self.ports.values_mut().for_each(|port| *port = Port::blank(port));
        (self.domain, self.spanning) = (None, Spanning::default());
        self.features.clear();
        let mut session = Session::terminal(Author { origin: "console0".to_owned(), user: String::new() });
        session.type_line(self, "configure terminal", now);
        for line in text.lines().filter(|line| !line.starts_with("version ")) {
            session.type_line(self, line, now);
        }
        session.type_line(self, "end", now);
        (self.accounting, self.faults, self.macs) = (log, faults, macs);
        for name in self.ports.keys().copied().collect::<Vec<_>>() {
            config::unlearn(self, name);
        }
    }

    fn forget_all(&mut self) {
        self.macs = MacTable::default();
        self.drop_sessions();
        self.saving_until = None;
        (self.standing, self.memory) = (Standing::default(), Memory { settled: true, ..Memory::default() });
    }
}
