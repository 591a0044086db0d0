//! The simulated vCenter, pure: objects in real VIM shapes, operations upon them, and the answers of the API.
//!
//! * Build: [`Vcenter::new`] from a [`VcenterSpec`].
//! * Change: the operations of `operate` and `motion` (VMs), `relocate` (to another vCenter), `operate_host`, `host_life`
//!   and `ha` (hosts, port groups, sessions), `cluster` (DRS). Each returns the number of the change it made; numbers only
//!   grow, so a judge can ask for what changed since.
//! * Go on: [`Vcenter::next_deadline`] and [`Vcenter::finish_due`], for what takes time: copies, boots, and what is told
//!   later than it happened ([`Delays`]).
//! * Look: [`Vcenter::vms`], [`Vcenter::hosts`], [`Vcenter::uplinks_of`], [`Vcenter::dirty_since`].
//! * Serve: [`Vcenter::handle`] answers one call of the API at a moment; a long poll is a reply that says until when
//!   to ask again.
//!
//! Not simulated: privileges other than per-VM visibility and custom attributes, several distributed switches, a port's
//! own teaming, the VLANs that a LAG may be limited to.

mod agenda;
mod build;
mod call;
mod change;
mod cluster;
mod collector;
mod custom_fields;
mod event;
mod event_fields;
mod event_kind;
mod event_query;
mod events_reply;
mod faults;
mod filter;
mod ha;
mod handle;
mod hints;
mod host_life;
mod inventory;
mod kind;
mod managers;
#[cfg(test)]
mod mirror;
mod moment;
mod motion;
#[cfg(test)]
mod network_tests;
mod operate;
mod operate_host;
mod operate_network;
mod ports;
mod properties;
mod properties_dvs;
mod properties_network;
mod properties_vm;
mod relocate;
mod resolve;
mod restore;
mod retrieve;
mod schema;
mod session;
mod spec;
mod spec_network;
mod summary;
mod task;
#[cfg(test)]
mod tests;
mod vm_state;
mod waits;
mod walk;

use std::collections::BTreeMap;

use vmtracker_core::net::MoId;

use self::{
    agenda::Agenda, change::Changes, custom_fields::CustomFields, event::Events, host_life::Removed, session::Session,
    task::Tasks,
};
pub use self::{
    agenda::Delays,
    call::{Answer, Call, Fault, Node, Receipt, Reply, Value, Waiting},
    custom_fields::Role,
    event::{Named, SimEvent},
    event_kind::{EventKind, MigrationClass},
    faults::{Counts, Faults},
    inventory::*,
    motion::{Failure, MoveKind},
    operate::Refused,
    properties_network::SERVICES,
    relocate::two,
    resolve::{Plugged, Resolved, Wire},
    restore::Backup,
    spec::*,
    spec_network::*,
};
use super::LabTime;

/// A simulated vCenter.
#[derive(Debug)]
pub struct Vcenter {
    /// Faults it is made to have.
    pub faults: Faults,
    /// What clients did so far.
    pub counts: Counts,
    /// How long a session may be idle; 30 minutes, as users report it (facts: vCenter §B2).
    pub idle_timeout: LabTime,
    /// How long the copy phase of a move takes that ends by itself: one that was asked for through the API, or that
    /// empties a host for its maintenance.
    pub copy_phase: LabTime,
    /// How long after something happened it tells.
    pub delays: Delays,
    name: String,
    instance_uuid: String,
    epoch_unix_ms: u64,
    clock: LabTime,
    users: Vec<UserSpec>,
    clusters: BTreeMap<MoId, SimCluster>,
    hosts: BTreeMap<MoId, SimHost>,
    host_names: BTreeMap<String, MoId>,
    vms: BTreeMap<MoId, SimVm>,
    vm_names: BTreeMap<String, MoId>,
    uplinks: Vec<String>,
    lags: Vec<LagSpec>,
    pvlans: Vec<PvlanSpec>,
    opaque_networks: BTreeMap<MoId, SimOpaqueNetwork>,
    next_port: u32,
    port_groups: BTreeMap<MoId, SimPortGroup>,
    networks: BTreeMap<String, MoId>,
    next_id: u32,
    changes: Changes,
    events: Events,
    sessions: BTreeMap<String, Session>,
    tasks: Tasks,
    agenda: Agenda,
    removed: BTreeMap<String, Removed>,
    custom: CustomFields,
}

impl Vcenter {
    /// Its name in the lab.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `about.instanceUuid`.
    pub fn instance_uuid(&self) -> &str {
        &self.instance_uuid
    }

    /// Every VM in the inventory, those whose permission was withdrawn included.
    pub fn vms(&self) -> impl Iterator<Item = &SimVm> {
        self.vms.values()
    }

    /// One VM.
    pub fn vm(&self, id: &MoId) -> Option<&SimVm> {
        self.vms.get(id)
    }

    /// The id of the VM with this name.
    pub fn vm_named(&self, name: &str) -> Option<&MoId> {
        self.vm_names.get(name)
    }

    /// Every host in the inventory.
    pub fn hosts(&self) -> impl Iterator<Item = &SimHost> {
        self.hosts.values()
    }

    /// One host.
    pub fn host(&self, id: &MoId) -> Option<&SimHost> {
        self.hosts.get(id)
    }

    /// The id of the host with this name.
    pub fn host_named(&self, name: &str) -> Option<&MoId> {
        self.host_names.get(name)
    }

    /// Every distributed port group, the uplinks' own included.
    pub fn port_groups(&self) -> impl Iterator<Item = &SimPortGroup> {
        self.port_groups.values()
    }

    /// One distributed port group.
    pub fn port_group(&self, id: &MoId) -> Option<&SimPortGroup> {
        self.port_groups.get(id)
    }

    /// The id of the distributed port group with this name.
    pub fn port_group_named(&self, name: &str) -> Option<&MoId> {
        self.port_groups.values().find(|group| group.name == name).map(|group| &group.id)
    }

    /// Every cluster.
    pub fn clusters(&self) -> impl Iterator<Item = &SimCluster> {
        self.clusters.values()
    }

    /// The number of the newest change.
    pub const fn revision(&self) -> u64 {
        self.changes.revision()
    }

    /// Every object that changed, came or went after change `number`, once each, with the number of its newest
    /// change, in that order. What is no longer found went.
    pub fn dirty_since(&self, number: u64) -> impl Iterator<Item = (u64, &MoId)> {
        self.changes.since(number)
    }

    /// Tells the time, which events carry; it never goes back.
    pub fn advance(&mut self, now: LabTime) {
        self.clock = self.clock.max(now);
        if self.changes.is_full() {
            let mut changes = std::mem::take(&mut self.changes);
            changes.forget(|id| self.kind_of(id).is_some());
            self.changes = changes;
        }
    }
}
