//! Which events somebody asks for: `EventFilterSpec` by type, object, time and chain. Users and categories are not looked
//! at.

use std::collections::BTreeSet;

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::Node,
    event::{EventFilter, SimEvent},
    filter::View,
    moment::unix_ms,
};
use crate::lab::model::LabTime;

/// Which events, besides their types.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    about: Option<About>,
    chain: Option<i32>,
    from: Option<LabTime>,
    to: Option<LabTime>,
}

/// Whom an event is about: one object, or what lies below it.
#[derive(Clone, Debug)]
struct About {
    itself: Option<MoId>,
    below: BTreeSet<MoId>,
}

impl Scope {
    /// Whether an event is in it.
    pub(super) fn holds(&self, event: &SimEvent) -> bool {
        self.chain.is_none_or(|chain| event.chain == chain)
            && self.from.is_none_or(|from| event.at >= from)
            && self.to.is_none_or(|to| event.at <= to)
            && self.about.as_ref().is_none_or(|about| about.holds(event))
    }
}

impl About {
    /// An event about a VM names its host, too, but the VM is its subject.
    fn holds(&self, event: &SimEvent) -> bool {
        let names = || event.vm.iter().chain(&event.host).map(|named| &named.id);
        let itself = names().next();
        (itself.is_some() && itself == self.itself.as_ref()) || names().any(|id| self.below.contains(id))
    }
}

impl Vcenter {
    /// Reads an `EventFilterSpec`; without one every event is meant. What lies below an object is what does so now.
    pub(super) fn event_filter(&self, spec: Option<&Node>) -> EventFilter {
        let Some(spec) = spec else { return EventFilter::default() };
        let moment = |name| spec.child("time").and_then(|time| self.lab_time(time.text_of(name)));
        let scope = Scope {
            about: spec.child("entity").and_then(|entity| self.about(entity)),
            chain: spec.child("eventChainId").and_then(|chain| chain.text.trim().parse().ok()),
            from: moment("beginTime"),
            to: moment("endTime"),
        };
        let types = spec.texts("eventTypeId").into_iter().chain(spec.texts("type")).collect();
        EventFilter { types, after_key: None, scope }
    }

    fn about(&self, spec: &Node) -> Option<About> {
        let root = spec.reference("entity")?;
        let deep = spec.text_of("recursion") != "self";
        let itself = (spec.text_of("recursion") != "children").then(|| root.clone());
        let view = View { root, kinds: Vec::new(), recursive: true };
        let below = if deep { view.members(self).into_iter().map(|(_, id)| id).collect() } else { BTreeSet::new() };
        Some(About { itself, below })
    }

    /// The moment of the lab that the API writes so; what was before the lab is its begin.
    fn lab_time(&self, text: &str) -> Option<LabTime> {
        unix_ms(text).map(|at| LabTime::from_millis(at.saturating_sub(self.epoch_unix_ms)))
    }
}
