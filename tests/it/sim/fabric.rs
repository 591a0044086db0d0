//! What happens to the fabric: power, cables, keepalive links, saving by hand.

use std::time::Duration;

use vmtracker::lab::model::plant;

use super::{
    case::Op,
    driver::{Happening, Mended, Sim},
    hands::lists,
    operate::{ms, nth},
};

/// What failed in the fabric for a while.
pub(super) enum Part {
    /// The power of a switch.
    Power(String),
    /// The cables between two switches.
    Cables(String, String),
    /// A switch's end of the keepalive link.
    Keepalive(String),
}

impl Sim {
    pub(super) fn trouble_fabric(&mut self, op: &Op) {
        let (part, span) = if let Op::PowerFails { switch, ms: span } = *op {
            (self.switch_name(switch).map(Part::Power), span)
        } else if let Op::KeepaliveFails { switch, ms: span } = *op {
            (self.switch_name(switch).map(Part::Keepalive), span)
        } else if let Op::CutLink { link, ms: span } = *op {
            (nth(self.linked(), link).map(|(one, two)| Part::Cables(one, two)), span)
        } else {
            return;
        };
        let Some(part) = part else { return };
        self.fail(&part);
        self.after(ms(span), Happening::Mended(Mended::Fabric(part)));
    }

    /// An operator saves the configuration of a switch.
    pub(super) fn save_by_hand(&mut self, switch: usize) {
        let name = self.switch_name(switch);
        if let Some(device) = name.and_then(|name| self.world.switches.get_mut(&name)) {
            device.save();
        }
    }

    fn switch_name(&self, number: usize) -> Option<String> {
        nth(self.world.switches.keys().cloned(), number)
    }

    /// Every two switches with a cable between them.
    fn linked(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, switch) in &self.world.switches {
            let far = switch.ports().values().filter_map(|port| port.far.as_ref());
            found.extend(far.filter(|far| name < &far.switch).map(|far| (name.clone(), far.switch.clone())));
        }
        found.dedup();
        found
    }

    fn fail(&mut self, part: &Part) {
        match part {
            Part::Power(name) => {
                if let Some(device) = self.world.switches.get_mut(name).filter(|device| device.runs()) {
                    self.before_boot.insert(name.clone(), lists(device));
                    device.power_off();
                }
            }
            Part::Cables(one, two) => plant::set_cables(&mut self.world.switches, one, two, false),
            Part::Keepalive(name) => self.keepalive(name, false),
        }
    }

    pub(super) fn mend_fabric(&mut self, part: &Part) {
        match part {
            Part::Power(name) => {
                let now = self.now;
                if let Some(device) = self.world.switches.get_mut(name) {
                    device.boot_time = BOOT;
                    device.power_on(now);
                }
            }
            Part::Cables(one, two) => plant::set_cables(&mut self.world.switches, one, two, true),
            Part::Keepalive(name) => self.keepalive(name, true),
        }
    }

    fn keepalive(&mut self, name: &str, works: bool) {
        if let Some(device) = self.world.switches.get_mut(name) {
            device.set_keepalive(works);
        }
    }

    /// A switch that has booted has the lists that were saved.
    pub(super) fn notice_boots(&mut self) {
        let booted = |name: &String| self.world.switches.get(name).is_some_and(|device| device.runs());
        let names: Vec<String> = self.before_boot.keys().filter(|name| booted(name)).cloned().collect();
        for name in names {
            let Some(before) = self.before_boot.remove(&name) else { continue };
            let after = lists(&self.world.switches[&name]);
            self.hands.booted(&name, &before, &after);
        }
    }

    /// Nothing is broken any more.
    pub(super) fn heal_fabric(&mut self) {
        for (one, two) in self.linked() {
            self.mend_fabric(&Part::Cables(one, two));
        }
        for name in self.world.switches.keys().cloned().collect::<Vec<_>>() {
            self.mend_fabric(&Part::Keepalive(name.clone()));
            self.mend_fabric(&Part::Power(name));
        }
    }
}

/// How long a switch boots; a real one takes minutes.
const BOOT: Duration = Duration::from_secs(60);
