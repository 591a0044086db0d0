//! Which VLANs must be on which edge port, and every reason for it; counted, so that work is as large as the change.

use std::collections::{BTreeMap, BTreeSet};

use super::{EdgePort, HostId, Network, Reason, reason::Unit};
use crate::net::{InterfaceName, SwitchName, VlanId};

/// A VLAN on an edge port.
pub(super) type Key = (EdgePort, VlanId);

/// What one unit asks for, by reason. `None` under a reason: unknown, so whatever stands for it stays.
pub(super) type Asked = BTreeMap<Reason, Option<BTreeSet<Key>>>;

/// All requirements of the fabric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Requirements {
    by_unit: BTreeMap<Unit, BTreeMap<Reason, BTreeSet<Key>>>,
    by_port: BTreeMap<EdgePort, BTreeMap<VlanId, BTreeSet<Reason>>>,
}

/// What an update changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// Requirements that gained a reason.
    pub(super) gained: BTreeSet<Key>,
    /// Requirements that lost one, and perhaps their last.
    pub(super) lost: BTreeSet<Key>,
}

impl Requirements {
    /// Replaces what `unit` asks for. A reason that `asked` does not name is over.
    pub(super) fn replace(&mut self, unit: Unit, asked: Asked) -> Changed {
        let before = self.by_unit.remove(&unit).unwrap_or_default();
        let mut after = BTreeMap::new();
        for (reason, keys) in asked {
            let keys = keys.or_else(|| before.get(&reason).cloned()).unwrap_or_default();
            after.insert(reason, keys);
        }
        let changed = self.apply(&before, &after);
        if after.values().any(|keys| !keys.is_empty()) {
            self.by_unit.insert(unit, after);
        }
        changed
    }

    fn apply(&mut self, before: &BTreeMap<Reason, BTreeSet<Key>>, after: &BTreeMap<Reason, BTreeSet<Key>>) -> Changed {
        let empty = BTreeSet::new();
        let mut changed = Changed::default();
        for (reason, keys) in after {
            for key in keys.difference(before.get(reason).unwrap_or(&empty)) {
                self.insert(key, reason);
                changed.gained.insert(key.clone());
            }
        }
        for (reason, keys) in before {
            for key in keys.difference(after.get(reason).unwrap_or(&empty)) {
                self.remove(key, reason);
                changed.lost.insert(key.clone());
            }
        }
        changed
    }

    fn insert(&mut self, (port, vlan): &Key, reason: &Reason) {
        self.by_port.entry(port.clone()).or_default().entry(*vlan).or_default().insert(reason.clone());
    }

    fn remove(&mut self, (port, vlan): &Key, reason: &Reason) {
        let Some(vlans) = self.by_port.get_mut(port) else { return };
        if let Some(reasons) = vlans.get_mut(vlan) {
            reasons.remove(reason);
            if reasons.is_empty() {
                vlans.remove(vlan);
            }
        }
        if vlans.is_empty() {
            self.by_port.remove(port);
        }
    }

    /// Takes one requirement away from every unit: a person said that it is needed no more.
    pub(super) fn close(&mut self, key: &Key) {
        for reason in self.reasons(key).cloned().unwrap_or_default() {
            self.remove(key, &reason);
            if let Some(keys) = self.by_unit.get_mut(&reason.unit()).and_then(|reasons| reasons.get_mut(&reason)) {
                keys.remove(key);
            }
        }
    }

    /// Every reason for a requirement; none when it is not required.
    pub(super) fn reasons(&self, (port, vlan): &Key) -> Option<&BTreeSet<Reason>> {
        self.by_port.get(port)?.get(vlan)
    }

    /// The VLANs required on `port`, each with its reasons.
    pub(super) fn on(&self, port: &EdgePort) -> impl Iterator<Item = (VlanId, &BTreeSet<Reason>)> {
        self.by_port.get(port).into_iter().flatten().map(|(vlan, reasons)| (*vlan, reasons))
    }

    /// What one unit asks for, by reason.
    pub(super) fn asked(&self, unit: &Unit) -> Option<&BTreeMap<Reason, BTreeSet<Key>>> {
        self.by_unit.get(unit)
    }

    /// What asks for prepared networks on one host.
    pub(super) fn prepared_on(&self, host: &HostId) -> impl Iterator<Item = &Unit> {
        let least = Network::Distributed { dvs_uuid: "".into(), port_group_key: "".into() };
        let units = self.by_unit.range(Unit::Prepared(host.clone(), least)..).map(|(unit, _)| unit);
        let host = host.clone();
        units.take_while(move |unit| matches!(unit, Unit::Prepared(at, _) if *at == host))
    }

    /// Every edge port of one switch with a requirement.
    pub(super) fn ports_of(&self, switch: &SwitchName) -> impl Iterator<Item = &EdgePort> {
        let first = EdgePort { switch: switch.clone(), interface: InterfaceName::Ethernet(0, 0) };
        let switch = switch.clone();
        self.by_port.range(first..).map(|(port, _)| port).take_while(move |port| port.switch == switch)
    }

    /// Every requirement of one unit.
    pub(super) fn of(&self, unit: &Unit) -> impl Iterator<Item = &Key> {
        self.by_unit.get(unit).into_iter().flat_map(BTreeMap::values).flatten()
    }

    /// Every requirement.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&EdgePort, VlanId, &BTreeSet<Reason>)> {
        self.by_port.iter().flat_map(|(port, vlans)| vlans.iter().map(move |(vlan, reasons)| (port, *vlan, reasons)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ObjectId;
    use super::*;

    fn key(port: u16, vlan: u16) -> Key {
        let interface = InterfaceName::Ethernet(1, port);
        (EdgePort { switch: "leaf1".into(), interface }, VlanId::new(vlan).expect("a VLAN"))
    }

    fn vm(number: u32) -> ObjectId {
        ObjectId::new(&"vc".into(), &format!("vm-{number}"))
    }

    fn ask(number: u32, keys: Option<&[Key]>) -> (Unit, Asked) {
        let reason = Reason::Vnic { vm: vm(number), key: 4000 };
        (Unit::Vm(vm(number)), BTreeMap::from([(reason, keys.map(|keys| keys.iter().cloned().collect()))]))
    }

    #[test]
    fn a_requirement_stands_until_its_last_reason_is_gone() {
        let mut all = Requirements::default();
        for number in [1, 2] {
            let (unit, asked) = ask(number, Some(&[key(1, 10)]));
            assert!(all.replace(unit, asked).gained.contains(&key(1, 10)));
        }
        all.replace(Unit::Vm(vm(1)), Asked::new());
        assert!(all.reasons(&key(1, 10)).is_some());
        let changed = all.replace(Unit::Vm(vm(2)), Asked::new());
        assert!(changed.lost.contains(&key(1, 10)));
        assert_eq!(all, Requirements::default());
    }

    #[test]
    fn unknown_keeps_what_stands() {
        let mut all = Requirements::default();
        let (unit, asked) = ask(1, Some(&[key(1, 10)]));
        all.replace(unit, asked);
        let (unit, asked) = ask(1, None);
        assert_eq!(all.replace(unit, asked), Changed::default());
        assert!(all.reasons(&key(1, 10)).is_some());
    }

    #[test]
    fn a_person_closes_a_requirement_for_every_reason() {
        let mut all = Requirements::default();
        let (unit, asked) = ask(1, Some(&[key(1, 10), key(2, 10)]));
        all.replace(unit, asked);
        all.close(&key(1, 10));
        assert_eq!(all.reasons(&key(1, 10)), None);
        assert!(all.reasons(&key(2, 10)).is_some());
    }
}
