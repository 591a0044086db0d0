//! Everything in the lab behind one lock: devices, cables, and whoever watches them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::sync::watch;

use super::{LabTime, plant, switch::Switch, vcenter::Vcenter};
use crate::clock;

/// Every device of the lab by its name.
#[derive(Debug, Default)]
pub struct World {
    /// The simulated switches.
    pub switches: BTreeMap<String, Switch>,
    /// The simulated vCenters.
    pub vcenters: BTreeMap<String, Vcenter>,
    /// Whoever integrates over time what the data plane lets pass; called after every change.
    pub observers: Vec<Box<dyn Observer>>,
}

/// Watches the world.
pub trait Observer: Send + std::fmt::Debug {
    /// Something may have changed; `now` never goes back.
    fn changed(&mut self, switches: &BTreeMap<String, Switch>, vcenters: &BTreeMap<String, Vcenter>, now: LabTime);
    /// A switch began (true) or finished (false) to serve a request; `write` if it changes the configuration.
    fn served(&mut self, switch: &str, write: bool, began: bool, now: LabTime);
    /// The bytes that carry every change of `vcenter` up to its change number `upto` have left.
    fn told(&mut self, vcenter: &str, upto: u64, now: LabTime);
}

/// The world, shared by all servers.
#[derive(Clone, Debug)]
pub struct SharedWorld {
    world: Arc<Mutex<World>>,
    start: Instant,
    changes: watch::Sender<u64>,
}

impl SharedWorld {
    /// Starts the lab's clock.
    pub fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)), start: clock::instant(), changes: watch::Sender::new(0) }
    }

    /// Time since the lab began.
    pub fn now(&self) -> LabTime {
        self.start.elapsed()
    }

    /// Tells every observer that `switch` began or finished to serve a request; `write` if it changes the
    /// configuration.
    pub fn served(&self, switch: &str, write: bool, began: bool) {
        self.serve(|world, now| {
            world.observers.iter_mut().for_each(|observer| observer.served(switch, write, began, now));
        });
    }

    /// Does something to the world, lets every observer look, and wakes whoever waits for a change.
    pub fn with<R>(&self, act: impl FnOnce(&mut World, LabTime) -> R) -> R {
        let mut guard = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let world = &mut *guard;
        plant::settle(&mut world.switches, now);
        let result = act(world, now);
        plant::settle(&mut world.switches, now);
        for observer in &mut world.observers {
            observer.changed(&world.switches, &world.vcenters, now);
        }
        drop(guard);
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Reads the world without changing it; nobody is woken.
    pub fn look<R>(&self, see: impl FnOnce(&World, LabTime) -> R) -> R {
        let guard = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        see(&guard, now)
    }

    /// Serves a request that may change sessions and counters but not what observers look at; nobody is woken.
    pub fn serve<R>(&self, act: impl FnOnce(&mut World, LabTime) -> R) -> R {
        let mut guard = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        plant::settle(&mut guard.switches, now);
        act(&mut guard, now)
    }

    /// Tells every observer that the bytes with every change of `vcenter` up to its change number `upto` have left.
    pub fn told(&self, vcenter: &str, upto: u64) {
        self.serve(|world, now| world.observers.iter_mut().for_each(|observer| observer.told(vcenter, upto, now)));
    }

    /// Wakes at every change, for long polls.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}
