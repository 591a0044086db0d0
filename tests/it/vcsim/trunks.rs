//! What the trunks must carry by what the simulator says, and what they do carry.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::time::sleep;
use vmtracker::lab::model::{dataplane::Place, switch::Switch};
use vmtracker_core::net::{MacAddr, VlanId, VlanSet};

use super::{
    inventory::{Inventory, Need},
    peer::{GLANCE, PATIENCE},
    rig::Rig,
};

impl Rig {
    /// Waits until the trunks carry exactly what they must, and says how long that took.
    pub(super) async fn settle(&mut self, after: &str) -> Duration {
        let began = self.now();
        loop {
            let inventory = self.look().await;
            let wrong = self.wrong(&inventory);
            let took = self.now().saturating_sub(began);
            if wrong.is_empty() {
                return took;
            }
            assert!(took < PATIENCE, "after {after}:\n{}\n{}", wrong.join("\n"), self.said());
            sleep(GLANCE).await;
        }
    }

    /// Reads the inventory; VMs that can speak, speak.
    async fn look(&mut self) -> Inventory {
        let inventory = Inventory::read(&self.peer).await;
        let kernels = self.places(inventory.kernel_needs());
        self.kept.extend(kernels);
        for vm in inventory.vms.values() {
            for (mac, needs) in inventory.adapters_of(vm) {
                self.speak(mac, needs);
            }
        }
        inventory
    }

    fn speak(&self, mac: MacAddr, needs: BTreeSet<Need>) {
        for (place, vlan) in self.places(needs.into_iter().next()) {
            self.world.with(|world, now| {
                let switch = world.switches.get_mut(place.switch.as_str()).expect("a switch");
                switch.learn(mac, vlan, place.interface, now);
            });
        }
    }

    /// The switches' memory of an address runs out.
    pub(super) fn forget(&self, mac: MacAddr) {
        self.world.with(|world, _| world.switches.values_mut().for_each(|switch| switch.forget(mac)));
    }

    /// How many lines took VLANs off trunks so far.
    pub(super) fn withdrawals(&self) -> usize {
        let removes = |line: &&str| line.contains("allowed vlan remove");
        let of = |switch: &Switch| switch.accounting().entries().filter(removes).count();
        self.world.look(|world, _| world.switches.values().map(of).sum())
    }

    /// What the trunks of hosts that are away carry stays; to be called when one goes.
    pub(super) fn keep_what_stands_for(&mut self, inventory: &Inventory, host: &str) {
        let vms = inventory.vms.values().filter(|vm| vm.host == host);
        let needs: Vec<Need> = vms.flat_map(|vm| inventory.needs_of(vm)).collect();
        let stands = self.places(needs);
        self.kept.extend(stands);
    }

    /// What differs between the trunks and what they must carry, and VLANs that are needed and pass no frame.
    fn wrong(&self, inventory: &Inventory) -> Vec<String> {
        let mut must: BTreeMap<Place, BTreeSet<VlanId>> = BTreeMap::new();
        let needs = inventory.vms.values().flat_map(|vm| inventory.needs_of(vm));
        for (place, vlan) in self.places(needs).into_iter().chain(self.kept.iter().cloned()) {
            must.entry(place).or_default().insert(vlan);
        }
        self.before.iter().flat_map(|(place, before)| self.wrong_at(place, before, must.remove(place))).collect()
    }

    fn wrong_at(&self, place: &Place, before: &VlanSet, needed: Option<BTreeSet<VlanId>>) -> Vec<String> {
        let needed: VlanSet = needed.into_iter().flatten().collect();
        let expected = needed.union(before);
        self.world.look(|world, _| {
            let switch = world.switches.get(place.switch.as_str()).expect("a switch");
            let allowed = switch.allowed(place.interface);
            let list = (allowed != expected).then(|| format!("{place:?} carries {allowed}, not {expected}"));
            let dark = needed.iter().filter(|vlan| !switch.forwards(place.interface, *vlan));
            let dark = dark.map(|vlan| format!("{place:?} passes no frame of VLAN {vlan}"));
            list.into_iter().chain(dark).collect()
        })
    }

    /// Whether every port behind these needs passes frames.
    pub(super) fn passes(&self, needs: &BTreeSet<Need>) -> bool {
        self.world.look(|world, _| {
            let carries = |(place, vlan): (Place, VlanId)| {
                world.switches.get(place.switch.as_str()).is_some_and(|switch| switch.forwards(place.interface, vlan))
            };
            !needs.is_empty() && self.places(needs.iter().cloned()).into_iter().all(carries)
        })
    }

    fn places(&self, needs: impl IntoIterator<Item = Need>) -> Vec<(Place, VlanId)> {
        let end = |(host, pnic, vlan): Need| (self.cabling.end(&host, &pnic).expect("a cable"), vlan);
        needs.into_iter().map(end).collect()
    }
}
