//! Connecting, losing, trying again.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use super::{
    Class, Failure, Session,
    lanes::{Job, Link, Writes},
};
use crate::tracker::{Event, Moment};

/// The longest pause between two tries.
const LONGEST: Duration = Duration::from_secs(60);
/// The same for a switch of a vPC pair: one that returns is written before its legs come up (design rule 6).
const LONGEST_PAIRED: Duration = Duration::from_secs(2);
/// After a refused login: how often to look whether it may be tried again. The driver answers that without asking the
/// switch, which is left alone for 15 minutes.
const BLOCKED: Duration = Duration::from_secs(5);

impl Session {
    pub(super) fn connect_if_due(&mut self, now: Moment) {
        if let Link::Down { retry, attempts } = self.link
            && retry <= now
            && self.slow.is_idle()
        {
            self.link = Link::Connecting { attempts };
            self.begin(Job::Whole, now);
        }
    }

    /// The first whole reading came: the switch is there.
    pub(super) fn connected(&mut self) {
        self.link = Link::Up;
        self.lost = None;
        self.dirty = true;
    }

    /// The switch does not answer, or not as it should. Told once for each kind of failure, until it is back.
    pub(super) fn lose(&mut self, failure: &Failure, now: Moment) {
        let attempts = match self.link {
            Link::Down { attempts, .. } => attempts,
            Link::Connecting { attempts } => attempts.saturating_add(1),
            Link::Up => 0,
        };
        self.link = Link::Down { retry: now + self.pause(failure.class, attempts), attempts };
        // What is not yet sent is not sent; what was sent is followed to its end.
        if matches!(self.writes, Writes::Reading { .. } | Writes::Claiming { .. } | Writes::Held(_)) {
            self.writes = Writes::Idle;
        }
        self.dirty = true;
        self.abandon_save(&failure.why, now);
        if self.lost != Some(failure.class) {
            self.lost = Some(failure.class);
            self.report(Event::SwitchLost { switch: self.switch.clone(), why: failure.why.clone() });
        }
    }

    /// From 1 s doubling to 60 s, between a half and the whole of it. The jitter comes from the name, so that switches
    /// that fall together do not come back together, and the machine stays deterministic.
    fn pause(&self, class: Class, attempts: u32) -> Duration {
        if class == Class::Auth {
            return BLOCKED;
        }
        let paired = self.intent.as_ref().is_some_and(|intent| intent.paired);
        let longest = if paired { LONGEST_PAIRED } else { LONGEST };
        let whole = Duration::from_secs(1_u64 << attempts.min(6)).min(longest);
        let mut hasher = DefaultHasher::new();
        (self.switch.as_str(), attempts).hash(&mut hasher);
        let percent = 50 + u32::try_from(hasher.finish() % 51).unwrap_or(50);
        whole * percent / 100
    }
}
