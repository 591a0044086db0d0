//! The long poll, in its newer form with options and in the two older ones.

use super::{
    Vcenter,
    call::{Call, Fault, Receipt, Reply, Waiting},
    collector::{Collector, PAGE},
    handle::default_or,
    session::Session,
};
use crate::lab::model::LabTime;

/// How long a call waits for news, and the most objects that it takes at once.
struct Terms {
    until: Option<LabTime>,
    most: usize,
}

impl Vcenter {
    /// `WaitForUpdatesEx` waits until `maxWaitSeconds` are over, for ever without them, and answers in pages;
    /// `WaitForUpdates`, which pyVmomi's `WaitForTask` uses, waits for ever, and `CheckForUpdates` not at all, and both
    /// answer with everything at once: they know no truncated set.
    pub(super) fn wait(&self, session: &mut Session, call: &Call, waiting: Option<&Waiting>) -> Reply {
        let (key, id, terms) = (session.key.clone(), call.this(), self.terms(call));
        let Session { collectors, named, .. } = session;
        let Some(collector) = collectors.get_mut(&default_or(&id)) else {
            return Reply::Fault(Fault::not_found("PropertyCollector", &id));
        };
        if waiting.is_none() {
            // One wait at a time: a new one ends an older one, whose client may be gone.
            collector.cancels += 1;
        }
        if waiting.is_some_and(|waiting| waiting.cancels != collector.cancels) {
            return Reply::Fault(Fault::new("RequestCanceled", "The task was canceled by a user."));
        }
        let version = call.method.text_of("version");
        let resumed = if waiting.is_none() { collector.resume(version) } else { Ok(()) };
        if let Err(fault) = resumed {
            return Reply::Fault(fault);
        }
        if !collector.can_follow(self) {
            return Reply::Fault(Collector::invalid_version());
        }
        if let Some(updates) = collector.next(self, named, terms.most) {
            collector.in_flight += 1;
            let receipt = Receipt { session: key, collector: default_or(&id), upto: updates.upto };
            return Reply::Updates(updates.set, receipt);
        }
        if collector.in_flight == 0 {
            collector.told = self.revision();
        }
        let first = Waiting { until: terms.until, cancels: collector.cancels };
        let waiting = waiting.cloned().unwrap_or(first);
        let over = waiting.until.is_some_and(|until| until <= self.clock);
        if over { Reply::Return(None) } else { Reply::Wait(waiting) }
    }

    fn terms(&self, call: &Call) -> Terms {
        match call.method.name.as_str() {
            "WaitForUpdates" => Terms { until: None, most: usize::MAX },
            "CheckForUpdates" => Terms { until: Some(self.clock), most: usize::MAX },
            _ => {
                let option = |name| call.method.child("options").and_then(|options| options.number(name));
                let most = option("maxObjectUpdates").and_then(|most| usize::try_from(most).ok());
                let seconds = option("maxWaitSeconds").map(|seconds| LabTime::from_secs(seconds.into()));
                let until = seconds.map(|seconds| self.clock.saturating_add(seconds));
                Terms { until, most: most.filter(|most| *most > 0).map_or(PAGE, |most| most.min(PAGE)) }
            }
        }
    }
}
