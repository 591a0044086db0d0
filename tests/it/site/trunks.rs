//! What the switches carry, and what was written to them.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker::lab::{
    judge::{Score, State},
    model::{
        dataplane::{Fabric, Leg, Place, Verdict, verdict},
        world::World,
    },
    topology::USER,
};
use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::Site;

/// A line that changed a trunk's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// `switchport trunk allowed vlan add`.
    Add(InterfaceName, VlanSet),
    /// `switchport trunk allowed vlan remove`.
    Remove(InterfaceName, VlanSet),
}

impl Site {
    /// Every managed trunk that does not carry exactly what was there before and what is needed, in words.
    pub(crate) fn wrong_trunks(&self) -> Vec<String> {
        self.world.look(|world, _| {
            let expected = self.expected(world).into_iter();
            expected
                .filter_map(|(place, expected)| differs(&place, &expected, &world.switches.allowed(&place)))
                .collect()
        })
    }

    fn expected(&self, world: &World) -> BTreeMap<Place, VlanSet> {
        let mut expected = self.witness.presets();
        for Leg { place, vlan } in self.witness.needs(&world.vcenters) {
            expected.entry(place).or_default().insert(vlan);
        }
        let managed: BTreeSet<&str> = self.managed.switches.iter().map(|(name, _)| name.as_str()).collect();
        expected.retain(|place, _| managed.contains(place.switch.as_str()));
        expected
    }

    /// What becomes of a VM's frames.
    pub(crate) fn verdict(&self, vcenter: &str, vm: &str) -> Verdict {
        self.world.look(|world, _| {
            let vcenter = world.vcenters.get(vcenter).expect("such a vCenter");
            let id = vcenter.vm_named(vm).expect("such a VM");
            verdict(vcenter, &self.witness.cabling, &world.switches, id)
        })
    }

    /// What the judge sees at this moment.
    pub(crate) fn state(&self) -> State {
        self.lab.lock().expect("lock").judge.state()
    }

    /// The score since the last load began.
    pub(crate) fn score(&self) -> Score {
        self.lab.lock().expect("lock").judge.score(self.world.now())
    }

    /// Every VLAN that left a trunk so far.
    pub(crate) fn withdrawn(&self) -> Vec<Leg> {
        self.witness.withdrawn()
    }

    /// Whether a switch is busy with a write.
    pub(crate) fn is_writing(&self) -> bool {
        self.witness.is_writing()
    }

    /// No VLAN ever left a trunk that was somebody else's or needed.
    pub(crate) fn assert_nothing_lost(&self) {
        let wrong = self.witness.wrong();
        assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), self.report());
    }

    /// What the controller did to the trunks of a switch, by its accounting log.
    pub(crate) fn lines(&self, switch: &str) -> Vec<Line> {
        self.world.look(|world, _| {
            let switch = world.switches.get(switch).expect("such a switch");
            switch.accounting().entries().filter_map(line).collect()
        })
    }

    /// An operator allows a VLAN on a trunk by hand: it is somebody else's from now on.
    pub(crate) fn operator_allows(&self, switch: &str, port: InterfaceName, vlan: VlanId) {
        let (interface, add) = (format!("interface {port}"), format!("switchport trunk allowed vlan add {vlan}"));
        self.witness.foreign(Leg { place: Place::new(switch, port), vlan });
        self.switch(switch, |switch, now| {
            switch.type_lines("operator", &["configure terminal", &interface, &add], now);
            assert!(switch.allowed(port).contains(vlan), "typed in vain");
        });
    }

    /// Lines of all switches together.
    pub(crate) fn lines_written(&self) -> usize {
        self.switch_names().iter().map(|switch| self.lines(switch).len()).sum()
    }

    /// No line ever added a VLAN that stood, or removed one that did not: by the accounting logs.
    pub(crate) fn assert_no_line_twice(&self) {
        for switch in self.switch_names() {
            let mut lists = self.presets(&switch);
            for line in self.lines(&switch) {
                let fits = match &line {
                    Line::Add(port, vlans) => put(&mut lists, *port, vlans),
                    Line::Remove(port, vlans) => take(&mut lists, *port, vlans),
                };
                assert!(fits, "{switch}: nothing to do for {line:?}\n{}", self.report());
            }
        }
    }

    /// How often a password was given to a switch.
    pub(crate) fn switch_logins(&self, switch: &str) -> u64 {
        self.world.look(|world, _| world.switches.get(switch).expect("such a switch").counters().logins)
    }

    fn presets(&self, switch: &str) -> BTreeMap<InterfaceName, VlanSet> {
        let here = self.witness.presets().into_iter().filter(|(place, _)| place.switch.as_str() == switch);
        here.map(|(place, list)| (place.interface, list)).collect()
    }

    fn switch_names(&self) -> Vec<String> {
        self.world.look(|world, _| world.switches.keys().cloned().collect())
    }
}

fn differs(place: &Place, expected: &VlanSet, found: &VlanSet) -> Option<String> {
    let (lacks, more) = (expected.difference(found), found.difference(expected));
    let text = format!("{} {} lacks {lacks:?} and has {more:?} too many", place.switch, place.interface);
    (expected != found).then_some(text)
}

fn put(lists: &mut BTreeMap<InterfaceName, VlanSet>, port: InterfaceName, vlans: &VlanSet) -> bool {
    let list = lists.entry(port).or_default();
    let fits = list.intersection(vlans).is_empty();
    *list = list.union(vlans);
    fits
}

fn take(lists: &mut BTreeMap<InterfaceName, VlanSet>, port: InterfaceName, vlans: &VlanSet) -> bool {
    let list = lists.entry(port).or_default();
    let fits = vlans.is_subset(list);
    *list = list.difference(vlans);
    fits
}

/// `…:cmd=configure terminal ; interface Ethernet1/1 ; switchport trunk allowed vlan add 7 (SUCCESS)`.
fn line(entry: &str) -> Option<Line> {
    let (author, command) = entry.split_once(":cmd=")?;
    if !author.ends_with(&format!(":user={USER}")) {
        return None;
    }
    let mut words = command.strip_suffix(" (SUCCESS)")?.split(" ; ");
    let port = words.find_map(|word| word.strip_prefix("interface "))?.parse().expect("a port");
    let change = words.next()?.strip_prefix("switchport trunk allowed vlan ")?;
    let (verb, vlans) = change.split_once(' ')?;
    let vlans = vlans.parse().expect("a list of VLANs");
    match verb {
        "add" => Some(Line::Add(port, vlans)),
        "remove" => Some(Line::Remove(port, vlans)),
        _ => panic!("neither add nor remove: {entry}"),
    }
}
