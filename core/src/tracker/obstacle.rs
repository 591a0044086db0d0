//! What a switch refused, or what was taken away behind our back: not tried again at once.

use std::{collections::BTreeMap, time::Duration};

use super::{Moment, Place, permit::Verdict};
use crate::net::{SwitchName, VlanId};

/// After the first refusal; each further one doubles it.
const FIRST: Duration = Duration::from_secs(30);
/// Never longer than this.
const LONGEST: Duration = Duration::from_secs(3600);
/// An outcome that nobody could tell is looked at again sooner: the switch was busy, not unwilling.
const UNKNOWN: Duration = Duration::from_secs(5);

/// A quarrel over a VLAN is over when nobody took it away for this long.
const QUARREL: Duration = Duration::from_secs(24 * 3600);

type Key = (SwitchName, Place, VlanId);

/// Everything that stands in the way.
#[derive(Clone, Debug, Default)]
pub(super) struct Obstacles {
    by_key: BTreeMap<Key, Obstacle>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Obstacle {
    /// What the switch said, or what happened.
    pub(super) text: String,
    /// Not tried before this.
    pub(super) until: Moment,
    /// How often in a row.
    pub(super) count: u32,
    kind: Kind,
}

/// What kind of obstacle it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The switch said no.
    Refused,
    /// Nobody could tell what came of it.
    Unknown,
    /// Somebody takes away what was ours since then: putting it back is no proof that this is over.
    Drift(Moment),
}

impl Obstacle {
    /// What it means for the VLAN, while it lasts.
    pub(super) fn verdict(&self) -> Verdict {
        match self.kind {
            Kind::Drift(_) => Verdict::Drift(format!("{} ({} times)", self.text, self.count)),
            Kind::Refused | Kind::Unknown => Verdict::Waits(self.text.clone()),
        }
    }
}

impl Obstacles {
    /// The switch said no.
    pub(super) fn refused(&mut self, key: Key, text: &str, now: Moment) {
        let count = self.by_key.get(&key).map_or(0, |before| before.count) + 1;
        let rest = FIRST.saturating_mul(1 << (count - 1).min(10)).min(LONGEST);
        self.by_key.insert(key, Obstacle { text: text.to_owned(), until: now + rest, count, kind: Kind::Refused });
    }

    /// Nobody could tell what came of it.
    pub(super) fn unknown(&mut self, key: Key, text: &str, now: Moment) {
        let count = self.by_key.get(&key).map_or(0, |before| before.count) + 1;
        let rest = UNKNOWN.saturating_mul(1 << (count - 1).min(8)).min(LONGEST);
        self.by_key.insert(key, Obstacle { text: text.to_owned(), until: now + rest, count, kind: Kind::Unknown });
    }

    /// Somebody took away what was ours since `owned`: once it is put back at once, after that later and later. It may be
    /// seen several times until the ledger knows.
    pub(super) fn drifted(&mut self, key: Key, text: &str, owned: Moment, now: Moment) {
        if self.by_key.get(&key).is_some_and(|before| before.kind == Kind::Drift(owned)) {
            return;
        }
        let recent = |before: &&Obstacle| now.since(before.until) < QUARREL;
        let count = self.by_key.get(&key).filter(recent).map_or(0, |before| before.count) + 1;
        let rest = if count == 1 { Duration::ZERO } else { FIRST.saturating_mul(1 << count.min(10)).min(LONGEST) };
        self.by_key.insert(key, Obstacle { text: text.to_owned(), until: now + rest, count, kind: Kind::Drift(owned) });
    }

    /// It worked.
    pub(super) fn clear(&mut self, key: &Key) {
        if self.by_key.get(key).is_some_and(|obstacle| !matches!(obstacle.kind, Kind::Drift(_))) {
            self.by_key.remove(key);
        }
    }

    /// What stands in the way now.
    pub(super) fn of(&self, key: &Key, now: Moment) -> Option<&Obstacle> {
        self.by_key.get(key).filter(|obstacle| obstacle.until > now)
    }

    /// The VLANs that something stands in the way of in one place now.
    pub(super) fn at(&self, switch: &SwitchName, place: Place, now: Moment) -> impl Iterator<Item = VlanId> {
        let first = (switch.clone(), place, VlanId::MIN);
        let here = self.by_key.range(first..=(switch.clone(), place, VlanId::MAX));
        here.filter(move |(_, obstacle)| obstacle.until > now).map(|((_, _, vlan), _)| *vlan)
    }

    /// What stood in the way when it was last tried, whether or not it may be tried again by now.
    pub(super) fn last(&self, key: &Key) -> Option<&Obstacle> {
        self.by_key.get(key).filter(|obstacle| !matches!(obstacle.kind, Kind::Drift(_)))
    }

    /// Everything that a switch said no to, and has not taken since.
    pub(super) fn refusals(&self) -> impl Iterator<Item = &Key> {
        self.by_key.iter().filter(|(_, obstacle)| obstacle.kind == Kind::Refused).map(|(key, _)| key)
    }

    /// When the next one ends after `now`.
    pub(super) fn next(&self, now: Moment) -> Option<Moment> {
        self.by_key.values().map(|obstacle| obstacle.until).filter(|until| *until > now).min()
    }

    /// The switches on which one ended since `before`.
    pub(super) fn ended(&self, before: Moment, now: Moment) -> impl Iterator<Item = &SwitchName> {
        let over = move |obstacle: &Obstacle| before < obstacle.until && obstacle.until <= now;
        self.by_key.iter().filter(move |(_, obstacle)| over(obstacle)).map(|((switch, _, _), _)| switch)
    }
}
