//! vCenter's own events of moves and destroyed VMs: the only cause of a destroy, and the only early word of a move
//! (facts: vCenter §C).

use super::{VimValue, unix_ms, value::unescaped};
use crate::{
    net::{MoId, VcenterId},
    tracker::{Destination, ObjectId},
};

/// What the event collector is asked for. Classes and the ids of `EventEx` share one list: giving both `type` and
/// `eventTypeId` may fault (facts: vCenter §C).
pub(super) const EVENT_TYPES: [&str; 16] = [
    "VmBeingHotMigratedEvent",
    "VmBeingMigratedEvent",
    "VmBeingRelocatedEvent",
    HOT_MIGRATING_ENCRYPTED,
    "VmMigratedEvent",
    "DrsVmMigratedEvent",
    "VmRelocatedEvent",
    "VmFailedMigrateEvent",
    "VmRelocateFailedEvent",
    "MigrationErrorEvent",
    "MigrationHostErrorEvent",
    "MigrationResourceErrorEvent",
    SOURCE_MIGRATED,
    DESTINATION_MIGRATED,
    SOURCE_FAILED,
    "VmRemovedEvent",
];

const HOT_MIGRATING_ENCRYPTED: &str = "com.vmware.vc.vm.VmHotMigratingWithEncryptionEvent";
const SOURCE_MIGRATED: &str = "com.vmware.vc.vm.SrcVmMigratedEvent";
const DESTINATION_MIGRATED: &str = "com.vmware.vc.vm.DstVmMigratedEvent";
const SOURCE_FAILED: &str = "com.vmware.vc.vm.SrcVmMigrateFailedEvent";

/// One event that concerns a VM's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Motion {
    /// Grows with time inside one vCenter; pages are unordered, so this is what orders them.
    pub(super) key: i32,
    /// When it was written, by vCenter's clock, in milliseconds since 1970; none when unreadable.
    pub(super) at: Option<i64>,
    /// Which VM.
    pub(super) vm: MoId,
    /// The host that the event names: the source of a start, the target of an end, the last one of a removal.
    pub(super) host: Option<MoId>,
    /// What happened.
    pub(super) what: What,
}

/// What happened to a VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It is about to run on this host.
    Started(Target),
    /// The move ended.
    Ended(Result<(), String>),
    /// It was destroyed or unregistered by vCenter's own word.
    Removed,
    /// It moved to another vCenter, by this one's own word.
    MigratedAway,
}

/// Where a move goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// This host, by the name that stands beside its id. A move to another vCenter may carry an id of that one, which
    /// may be another host's here (the facts are silent on it): the tracker holds it against the name.
    Host(MoId, Option<String>),
    /// A host of this name.
    Named(String),
}

impl Target {
    pub(super) fn destination(self, vcenter: &VcenterId) -> Destination {
        match self {
            Self::Host(moid, name) => {
                let host = ObjectId { vcenter: vcenter.clone(), moid };
                match name {
                    Some(name) => Destination::HostNamed { host, name },
                    None => Destination::Host(host),
                }
            }
            Self::Named(name) => Destination::Named(name),
        }
    }
}

/// The motions of an `EventHistoryCollector.latestPage`, in the order of their keys.
pub(super) fn motions(page: &VimValue) -> Vec<Motion> {
    let mut motions: Vec<Motion> = page.children.iter().filter_map(motion).collect();
    motions.sort_by_key(|motion| motion.key);
    motions
}

fn motion(event: &VimValue) -> Option<Motion> {
    Some(Motion {
        key: event.text_at(&["key"])?.trim().parse().ok()?,
        at: event.text_at(&["createdTime"]).and_then(unix_ms),
        vm: event.at(&["vm", "vm"]).and_then(VimValue::reference)?.id.into(),
        host: event.at(&["host", "host"]).and_then(VimValue::reference).map(|host| host.id.into()),
        what: what(event)?,
    })
}

fn what(event: &VimValue) -> Option<What> {
    let class = match event.class.as_str() {
        "EventEx" | "ExtendedEvent" => event.text_at(&["eventTypeId"])?,
        class => class,
    };
    match class {
        "VmBeingHotMigratedEvent" | "VmBeingMigratedEvent" | "VmBeingRelocatedEvent" => {
            started(event).map(What::Started)
        }
        HOT_MIGRATING_ENCRYPTED => named(event).map(What::Started),
        "VmMigratedEvent" | "DrsVmMigratedEvent" | "VmRelocatedEvent" | DESTINATION_MIGRATED => {
            Some(What::Ended(Ok(())))
        }
        SOURCE_MIGRATED => Some(What::MigratedAway),
        "VmFailedMigrateEvent"
        | "VmRelocateFailedEvent"
        | "MigrationErrorEvent"
        | "MigrationHostErrorEvent"
        | "MigrationResourceErrorEvent"
        | SOURCE_FAILED => Some(What::Ended(Err(reason(event)))),
        "VmRemovedEvent" => Some(What::Removed),
        _ => None,
    }
}

/// The same host on both sides is a storage vMotion: nothing moves on the network. The same id under another name is a
/// host of another vCenter.
fn started(event: &VimValue) -> Option<Target> {
    let target = event.at(&["destHost", "host"]).and_then(VimValue::reference);
    let source = event.at(&["host", "host"]).and_then(VimValue::reference);
    let name = event.text_at(&["destHost", "name"]).map(unescaped);
    let from = event.text_at(&["host", "name"]).map(unescaped);
    let one_name = name.is_none() || from.is_none() || name == from;
    match target {
        Some(host) if Some(&host) == source.as_ref() && one_name => None,
        Some(host) => Some(Target::Host(host.id.into(), name)),
        None => other_host(event, event.text_at(&["destHost", "name"])?),
    }
}

/// An encrypted move's event carries its target only as a name among the arguments (facts: vCenter §C). The facts do
/// not name the argument, so any key that speaks of a destination host is taken.
fn named(event: &VimValue) -> Option<Target> {
    let is_target = |argument: &&VimValue| {
        let key = argument.text_at(&["key"]).unwrap_or_default().to_ascii_lowercase();
        key.contains("dest") && key.contains("host")
    };
    other_host(event, event.all("arguments").find(is_target)?.text_at(&["value"])?)
}

fn other_host(event: &VimValue, name: &str) -> Option<Target> {
    (event.text_at(&["host", "name"]) != Some(name)).then(|| Target::Named(unescaped(name)))
}

/// vCenter's own words, at most 300 characters, for people only.
fn reason(event: &VimValue) -> String {
    let fault = ["reason", "fault"].iter().find_map(|name| event.text_at(&[name, "localizedMessage"]));
    let text = fault.or_else(|| event.text_at(&["fullFormattedMessage"])).unwrap_or("vCenter gave no reason");
    text.chars().filter(|letter| !letter.is_control()).take(300).collect()
}
