//! Events as vCenter posts them (facts: vCenter §C), and what an event collector lets through.

use std::collections::VecDeque;

use vmtracker_core::net::MoId;

use crate::lab::model::LabTime;

/// How many events a vCenter keeps for its collectors. The real number is a database's; this covers a burst of
/// a thousand moves.
const KEPT: usize = 4000;

/// An event.
#[derive(Clone, Debug)]
pub struct SimEvent {
    /// The change number at which it was posted.
    pub number: u64,
    /// `key`: grows by one.
    pub key: i32,
    /// `chainId`: the same for all events of one operation.
    pub chain: i32,
    /// `createdTime`.
    pub at: LabTime,
    /// What happened.
    pub kind: EventKind,
    /// `vm`, with its name.
    pub vm: Option<Named>,
    /// `host`, with its name.
    pub host: Option<Named>,
}

/// An object and the name it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: MoId,
    /// Its name.
    pub name: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the VIM API, without `Vm…Event`")]
pub enum EventKind {
    Starting,
    PoweredOn,
    Stopping,
    PoweredOff,
    Suspended,
    Created,
    Removed,
    Reconfigured,
    /// `host` is the source.
    BeingHotMigrated {
        dest: Named,
    },
    Emigrating,
    /// `host` is the destination.
    Migrated {
        source: Named,
        drs: bool,
    },
    /// `host` is the source.
    FailedMigrate {
        dest: Named,
        reason: String,
    },
    /// An EventEx, `com.vmware.vc.ha.VmRestartedByHAEvent`.
    RestartedByHa,
    HostConnected,
    HostDisconnected,
    HostConnectionLost,
    HostRemoved,
    EnteredMaintenance,
    ExitMaintenance,
    PortGroupReconfigured {
        group: Named,
    },
    /// The port of this key.
    PortReconfigured {
        dvs: Named,
        key: u32,
    },
}

/// The id of the event that says that HA restarted a VM elsewhere.
pub(super) const HA_RESTART: &str = "com.vmware.vc.ha.VmRestartedByHAEvent";

impl EventKind {
    /// The event's type and its base types, nearest first.
    pub const fn types(&self) -> &'static [&'static str] {
        match self {
            Self::Starting => &["VmStartingEvent", "VmEvent", "Event"],
            Self::PoweredOn => &["VmPoweredOnEvent", "VmEvent", "Event"],
            Self::Stopping => &["VmStoppingEvent", "VmEvent", "Event"],
            Self::PoweredOff => &["VmPoweredOffEvent", "VmEvent", "Event"],
            Self::Suspended => &["VmSuspendedEvent", "VmEvent", "Event"],
            Self::Created => &["VmCreatedEvent", "VmEvent", "Event"],
            Self::Removed => &["VmRemovedEvent", "VmEvent", "Event"],
            Self::Reconfigured => &["VmReconfiguredEvent", "VmEvent", "Event"],
            Self::BeingHotMigrated { .. } => &["VmBeingHotMigratedEvent", "VmEvent", "Event"],
            Self::Emigrating => &["VmEmigratingEvent", "VmEvent", "Event"],
            Self::Migrated { drs: false, .. } => &["VmMigratedEvent", "VmEvent", "Event"],
            Self::Migrated { drs: true, .. } => &["DrsVmMigratedEvent", "VmMigratedEvent", "VmEvent", "Event"],
            Self::FailedMigrate { .. } => &["VmFailedMigrateEvent", "VmEvent", "Event"],
            Self::RestartedByHa => &["EventEx", "Event"],
            Self::HostConnected => &["HostConnectedEvent", "HostEvent", "Event"],
            Self::HostDisconnected => &["HostDisconnectedEvent", "HostEvent", "Event"],
            Self::HostConnectionLost => &["HostConnectionLostEvent", "HostEvent", "Event"],
            Self::HostRemoved => &["HostRemovedEvent", "HostEvent", "Event"],
            Self::EnteredMaintenance => &["EnteredMaintenanceModeEvent", "HostEvent", "Event"],
            Self::ExitMaintenance => &["ExitMaintenanceModeEvent", "HostEvent", "Event"],
            Self::PortGroupReconfigured { .. } => &["DVPortgroupReconfiguredEvent", "DVPortgroupEvent", "Event"],
            Self::PortReconfigured { .. } => &["DvsPortReconfiguredEvent", "DvsEvent", "Event"],
        }
    }

    /// Whether this type id of a filter means it: a type, a base type, or the id of an EventEx.
    pub fn is(&self, type_id: &str) -> bool {
        let plain = type_id.strip_prefix("vim.event.").unwrap_or(type_id);
        self.types().contains(&plain) || (*self == Self::RestartedByHa && type_id == HA_RESTART)
    }
}

/// The events that a vCenter remembers, oldest first.
#[derive(Debug)]
pub(super) struct Events {
    kept: VecDeque<SimEvent>,
    next_key: i32,
    next_chain: i32,
}

impl Default for Events {
    fn default() -> Self {
        Self { kept: VecDeque::new(), next_key: 1001, next_chain: 501 }
    }
}

impl Events {
    /// A chain for the events of a new operation.
    pub(super) const fn new_chain(&mut self) -> i32 {
        self.next_chain = self.next_chain.wrapping_add(1);
        self.next_chain
    }

    /// Posts an event; its key is given here.
    pub(super) fn post(&mut self, event: SimEvent) {
        let key = self.next_key;
        self.next_key = key.wrapping_add(1);
        self.kept.push_back(SimEvent { key, ..event });
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// The key of the newest event; 0 without one.
    pub(super) fn newest_key(&self) -> i32 {
        self.kept.back().map_or(0, |event| event.key)
    }

    /// The events that a filter lets through, newest first.
    pub(super) fn newest_first<'a>(&'a self, wanted: &'a EventFilter) -> impl Iterator<Item = &'a SimEvent> {
        self.kept.iter().rev().filter(|event| wanted.lets_through(event))
    }

    /// Whether one that a filter lets through was posted after change `number`.
    pub(super) fn any_since(&self, wanted: &EventFilter, number: u64) -> bool {
        self.kept.iter().rev().take_while(|event| event.number > number).any(|event| wanted.lets_through(event))
    }
}

/// What an event collector wants, of `EventFilterSpec`. Entity, time and user are not looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct EventFilter {
    /// `eventTypeId` and `type`; empty: every event.
    pub(super) types: Vec<String>,
    /// Nothing older than this key.
    pub(super) after_key: Option<i32>,
}

impl EventFilter {
    fn lets_through(&self, event: &SimEvent) -> bool {
        self.after_key.is_none_or(|key| event.key > key)
            && (self.types.is_empty() || self.types.iter().any(|wanted| event.kind.is(wanted)))
    }
}
