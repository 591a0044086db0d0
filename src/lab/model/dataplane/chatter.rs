//! VMs speak, and switches learn where they are.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use vmtracker_core::net::MoId;

use super::{
    Cabling, Fabric, Place, frames,
    power::{follow_appliances, follow_power},
};
use crate::lab::model::{LabTime, plant, switch::Switch, vcenter::Vcenter, world::World};

/// A running guest says something at least this often, well within the switches' aging time.
const EVERYBODY: Duration = Duration::from_secs(300);
/// A guest whose frames are lost tries again this often, as TCP and ARP do.
const AGAIN: Duration = Duration::from_secs(1);
/// So many speak in a row besides those that changed: nobody else sees the world meanwhile.
const AT_ONCE: usize = 250;

/// Lets VMs' frames pass, and the switches learn their addresses: after every change of a VM (ESXi sends RARP after a
/// move), again every second while they do not pass, and of everybody every five minutes. Hosts see whether the other
/// ends of their cables are lit, and switches whether hosts have power.
#[derive(Debug)]
pub struct Chatter {
    cabling: Arc<Cabling>,
    numbers: BTreeMap<String, u64>,
    lit: BTreeMap<(String, String), bool>,
    unheard: BTreeSet<(String, MoId)>,
    unpowered: BTreeSet<String>,
    /// Who still has to speak.
    queue: VecDeque<(String, MoId)>,
    everybody_at: LabTime,
    again_at: LabTime,
    /// The scene at the last look at the cables, and at the last time that the unheard tried again.
    followed: Option<Scene>,
    tried: Option<Scene>,
}

/// What decides whether a frame passes, besides the VM itself: the sum of all switches' revisions, which only grow, and the
/// version of the cabling.
type Scene = (u64, u64);

impl Chatter {
    /// Nobody has spoken yet.
    pub const fn new(cabling: Arc<Cabling>) -> Self {
        let (everybody_at, again_at) = (LabTime::ZERO, LabTime::ZERO);
        Self {
            cabling,
            numbers: BTreeMap::new(),
            lit: BTreeMap::new(),
            unheard: BTreeSet::new(),
            unpowered: BTreeSet::new(),
            queue: VecDeque::new(),
            everybody_at,
            again_at,
            followed: None,
            tried: None,
        }
    }

    /// Where hosts are plugged in.
    pub fn cabling(&self) -> &Cabling {
        &self.cabling
    }

    /// Whoever has something to say says it, on links as they are now.
    pub fn speak(&mut self, world: &mut World, now: LabTime) {
        plant::settle(&mut world.switches, now);
        let powered = follow_power(world, &self.cabling, &mut self.unpowered);
        if powered {
            plant::settle(&mut world.switches, now);
        }
        let scene = (world.switches.values().map(Switch::revision).sum(), self.cabling.version());
        if self.followed.replace(scene) != Some(scene) || powered {
            self.follow(world);
        }
        follow_appliances(world, &self.cabling);
        self.enqueue(world, scene, now);
        for (name, vcenter) in &world.vcenters {
            let known = self.numbers.insert(name.clone(), vcenter.revision()).unwrap_or(vcenter.revision());
            let changed: Vec<MoId> = vcenter.dirty_since(known).map(|(_, id)| id.clone()).collect();
            for id in changed {
                self.say(name, vcenter, id, &mut world.switches, now);
            }
        }
        for _ in 0..AT_ONCE {
            let Some((name, id)) = self.queue.pop_front() else { break };
            if let Some(vcenter) = world.vcenters.get(&name) {
                self.say(&name, vcenter, id, &mut world.switches, now);
            }
        }
    }

    /// Who has to speak besides those that changed: everybody, or those that were not heard. Where nothing changed, what did
    /// not pass does not pass now.
    fn enqueue(&mut self, world: &World, scene: Scene, now: LabTime) {
        if !self.queue.is_empty() {
            return;
        }
        if now >= self.everybody_at {
            self.everybody_at = now + EVERYBODY;
            let all = world.vcenters.iter();
            self.queue =
                all.flat_map(|(name, vcenter)| vcenter.vms().map(|vm| (name.clone(), vm.id.clone()))).collect();
        } else if now >= self.again_at && self.tried != Some(scene) {
            (self.again_at, self.tried) = (now + AGAIN, Some(scene));
            self.queue = self.unheard.iter().cloned().collect();
        }
    }

    /// A pnic gains or loses its link when the other end of its cable does. A link that somebody took down at the host
    /// stays down until the other end changes.
    fn follow(&mut self, world: &mut World) {
        let powered = |host: &String| !self.unpowered.contains(host);
        for (host, device, end) in self.cabling.cables().into_iter().filter(|(host, _, _)| powered(host)) {
            let unlit = end.ports.iter().filter(|port| !world.switches.is_up(port)).cloned();
            let unlit: BTreeSet<Place> = unlit.collect();
            let lit = unlit.len() < end.ports.len();
            let news = self.cabling.set_unlit(&host, &device, unlit);
            let key = (host, device);
            let before = self.lit.get(&key).copied().unwrap_or(true);
            if news || lit != before {
                tell(world, &key, (lit != before).then_some(lit));
            }
            self.lit.insert(key, lit);
        }
    }

    fn say(&mut self, name: &str, vcenter: &Vcenter, id: MoId, switches: &mut BTreeMap<String, Switch>, now: LabTime) {
        let key = (name.to_owned(), id);
        let said = vcenter.vm(&key.1).map(|vm| frames(vcenter, &self.cabling, vm)).unwrap_or_default();
        if said.iter().all(|frame| frame.passes(switches)) {
            self.unheard.remove(&key)
        } else {
            self.unheard.insert(key)
        };
        for frame in said {
            if let Some(leg) = frame.leg(switches) {
                plant::learn(switches, frame.mac, &leg, now);
            }
        }
    }
}

/// The host sees its link come or go; or its frames take another way, which its vCenter's watchers look at again.
fn tell(world: &mut World, (host, device): &(String, String), link: Option<bool>) {
    for vcenter in world.vcenters.values_mut() {
        let found = vcenter.hosts().find(|found| found.name == *host);
        let here = found.and_then(|found| Some((found.id.clone(), link.unwrap_or(found.pnic(device)?.link))));
        // A host that is in no inventory has nobody to tell.
        here.map(|(id, link)| vcenter.set_pnic_link(&id, device, link).unwrap_or_default());
    }
}
