//! The controller's pure machines side by side, as its actors hold them, and what of it survives a crash.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use vmtracker::lab::{
    model::{LabTime, vcenter::Vcenter, world::World},
    topology::USER,
};
use vmtracker_core::{
    net::SwitchName,
    nexus::{
        Guard,
        session::{Action, Input, Session},
    },
    tracker::{
        Act, Event, Intent, LinkPolicy, Mode, Moment, Pace, Policy, Record, Snapshot, SwitchPolicy, Tracker,
        VcenterPolicy,
    },
};

use super::vcenter::{Follower, Polled};

pub(super) const HOLD_DOWN: Duration = Duration::from_secs(20);

/// What is durable.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) records: Vec<Record>,
    pub(super) brake: Option<String>,
    /// It cannot be written.
    pub(super) broken: bool,
}

/// A running controller.
pub(super) struct Controller {
    tracker: Tracker,
    wake: Option<Moment>,
    sessions: BTreeMap<String, Shell>,
    followers: BTreeMap<String, Poller>,
}

struct Shell {
    session: Session,
    wake: Option<Moment>,
}

struct Poller {
    follower: Follower,
    /// The poll that is expected next: others are out of date.
    number: u64,
    /// A long poll waits, at this change of the vCenter.
    waits_at: Option<u64>,
}

impl Controller {
    pub(super) fn start(world: &World, policy: Arc<Policy>, store: &Store, now: Moment) -> Self {
        let session = |name: &String| {
            let name = SwitchName::from(name.as_str());
            let guard = Guard::new(&policy, &name);
            Shell { session: Session::new(name, USER.to_owned(), guard, now), wake: None }
        };
        let poller = |name: &String| Poller { follower: Follower::new(name), number: 0, waits_at: None };
        Self {
            sessions: world.switches.keys().map(|name| (name.clone(), session(name))).collect(),
            followers: world.vcenters.keys().map(|name| (name.clone(), poller(name))).collect(),
            tracker: Tracker::new(policy, &store.records, false, store.brake.clone()),
            wake: None,
        }
    }

    pub(super) fn tell(&mut self, event: Event, now: Moment) -> Vec<Intent> {
        let intents = self.tracker.handle(event, now);
        self.wake = self.tracker.next_deadline(now);
        intents
    }

    pub(super) fn drive(&mut self, switch: &str, input: Input, now: Moment) -> Vec<Action> {
        let Some(shell) = self.sessions.get_mut(switch) else { return Vec::new() };
        let actions = shell.session.handle(input, now);
        shell.wake = shell.session.next_deadline();
        actions
    }

    /// When the first of the machines wants to be woken.
    pub(super) fn next_wake(&self) -> Option<Moment> {
        self.sessions.values().map(|shell| shell.wake).chain([self.wake]).flatten().min()
    }

    /// Which of the machines that is: a switch's, or none: the tracker.
    pub(super) fn first_to_wake(&self) -> Option<Option<String>> {
        let first = self.next_wake();
        let session = self.sessions.iter().find(|(_, shell)| shell.wake == first).map(|(name, _)| Some(name.clone()));
        first.and_then(|_| session.or(Some(None)))
    }

    /// The poll with this number; nothing if it is out of date.
    pub(super) fn poll(&mut self, name: &str, number: u64, vcenter: &mut Vcenter, now: LabTime) -> Option<Polled> {
        let poller = self.followers.get_mut(name).filter(|poller| poller.number == number)?;
        let polled = poller.follower.poll(vcenter, now);
        poller.waits_at = polled.waits.then(|| vcenter.revision());
        Some(polled)
    }

    /// The number of the poll that follows one that was just made.
    pub(super) fn asked(&mut self, name: &str) -> u64 {
        let Some(poller) = self.followers.get_mut(name) else { return 0 };
        poller.number += 1;
        poller.number
    }

    /// The vCenters that changed, or went down, under a long poll, with the number of the poll that is to notice it.
    pub(super) fn changed(&mut self, vcenters: &BTreeMap<String, Vcenter>) -> Vec<(String, u64)> {
        let mut changed = Vec::new();
        for (name, poller) in &mut self.followers {
            let Some(vcenter) = vcenters.get(name) else { continue };
            let news = poller.waits_at.is_some_and(|at| at != vcenter.revision() || vcenter.faults.down);
            if news {
                poller.waits_at = None;
                poller.number += 1;
                changed.push((name.clone(), poller.number));
            }
        }
        changed
    }

    pub(super) fn snapshot(&mut self, now: Moment) -> Snapshot {
        self.tracker.snapshot(now)
    }
}

/// What people decided, unless a test decides otherwise.
pub(super) fn policy(world: &World) -> Policy {
    let switch =
        || SwitchPolicy { mode: Mode::both(Act::Enforce), allowed: None, interfaces: BTreeMap::new(), vpc_peer: None };
    Policy {
        hold_down: HOLD_DOWN,
        pace: Pace::Guarded,
        allowed: "2-3967".parse().ok(),
        vcenters: world.vcenters.keys().map(|name| (name.as_str().into(), VcenterPolicy::default())).collect(),
        switches: world.switches.keys().map(|name| (name.as_str().into(), switch())).collect(),
        links: LinkPolicy::Provision,
        ..Policy::default()
    }
}
