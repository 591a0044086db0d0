//! Which object changed when, so that an update costs work in proportion to what changed.
//!
//! Every change of a vCenter has a number; numbers only grow. An object stands once in the order, at its newest
//! change; older changes of it are remembered by path only. Objects that went are forgotten after a while: who has not
//! asked since then starts anew.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound::{Excluded, Unbounded},
};

use vmtracker_core::net::MoId;

/// The whole object: it came or went.
pub(super) const EVERYTHING: &str = "";

/// How many comings and goings are remembered: many hours of a busy data centre, and few megabytes.
const REMEMBERED: usize = 10_000;

/// The log of changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    revision: u64,
    order: BTreeMap<u64, MoId>,
    touched: BTreeMap<MoId, Touched>,
    /// Comings and goings, oldest first.
    whole: VecDeque<(u64, MoId)>,
    /// The newest change that was forgotten.
    forgotten: u64,
}

#[derive(Debug, Default)]
struct Touched {
    newest: u64,
    paths: BTreeMap<&'static str, u64>,
}

impl Changes {
    /// The number of the newest change; 0 before the first.
    pub(super) const fn revision(&self) -> u64 {
        self.revision
    }

    /// A change that touches no object, such as an event.
    pub(super) const fn next(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }

    /// A change of these property paths of one object.
    pub(super) fn touch(&mut self, id: &MoId, paths: &[&'static str]) -> u64 {
        let number = self.next();
        let touched = self.touched.entry(id.clone()).or_default();
        self.order.remove(&touched.newest);
        touched.newest = number;
        for path in paths {
            touched.paths.insert(path, number);
        }
        self.order.insert(number, id.clone());
        if paths.contains(&EVERYTHING) {
            self.whole.push_back((number, id.clone()));
        }
        number
    }

    /// Forgets the oldest of those that went, once there are many; `is_there` says who did not.
    pub(super) fn forget(&mut self, is_there: impl Fn(&MoId) -> bool) {
        while self.whole.len() > REMEMBERED
            && let Some((number, id)) = self.whole.pop_front()
        {
            let newest = self.touched.get(&id).is_some_and(|touched| touched.newest == number);
            if newest && !is_there(&id) {
                self.touched.remove(&id);
                self.order.remove(&number);
                self.forgotten = number;
            }
        }
    }

    /// Whether everything after change `number` is still known.
    pub(super) const fn knows(&self, number: u64) -> bool {
        number >= self.forgotten
    }

    /// Whether there is something to forget.
    pub(super) fn is_full(&self) -> bool {
        self.whole.len() > REMEMBERED
    }

    /// Every object changed after change `number`, oldest change first, with the number of its newest change.
    pub(super) fn since(&self, number: u64) -> impl Iterator<Item = (u64, &MoId)> {
        self.order.range((Excluded(number), Unbounded)).map(|(at, id)| (*at, id))
    }

    /// Whether a change after `number` touched this path of the object: the path itself, or one above or below it.
    pub(super) fn touches(&self, id: &MoId, path: &str, number: u64) -> bool {
        let recent = |touched: &Touched| {
            touched.paths.iter().any(|(changed, at)| *at > number && (within(changed, path) || within(path, changed)))
        };
        self.touched.get(id).is_some_and(recent)
    }
}

/// Whether `path` is `whole` or lies inside of it.
fn within(whole: &str, path: &str) -> bool {
    whole.is_empty() || path.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_stands_once_at_its_newest_change() {
        let mut changes = Changes::default();
        let (a, b) = (MoId::from("vm-1"), MoId::from("vm-2"));
        for id in [&a, &b, &a] {
            changes.touch(id, &["runtime.host"]);
        }
        assert_eq!(changes.since(0).collect::<Vec<_>>(), [(2, &b), (3, &a)]);
        assert_eq!(changes.since(2).collect::<Vec<_>>(), [(3, &a)]);
        assert_eq!(changes.since(3).count(), 0);
    }

    #[test]
    fn who_went_long_ago_is_forgotten_and_who_is_there_is_not() {
        let mut changes = Changes::default();
        let id = |number: usize| MoId::from(format!("vm-{number}"));
        for number in 0..REMEMBERED + 10 {
            changes.touch(&id(number), &[EVERYTHING]);
        }
        changes.forget(|there| *there == id(3));
        assert!(changes.is_full() == changes.knows(9) && changes.knows(10));
        assert_eq!(changes.since(0).next(), Some((4, &id(3))));
        assert_eq!(changes.since(10).count(), REMEMBERED);
    }

    #[test]
    fn a_path_is_touched_by_itself_and_by_what_lies_above_or_below() {
        let id = MoId::from("vm-1");
        let check = |changed: &'static str, path: &str, expected: bool| {
            let mut changes = Changes::default();
            changes.touch(&id, &[changed]);
            assert_eq!(changes.touches(&id, path, 0), expected, "{changed:?} {path:?}");
            assert!(!changes.touches(&id, path, 1), "not after it");
        };
        check("runtime.host", "runtime.host", true);
        check("runtime.host", "runtime", true);
        check("runtime", "runtime.host", true);
        check(EVERYTHING, "name", true);
        check("runtime.host", "runtime.hostess", false);
        check("runtime.host", "runtime.powerState", false);
    }
}
