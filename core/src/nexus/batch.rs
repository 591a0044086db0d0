//! A batch of commands that may be sent: it cannot be made without the journal's permit.

use super::{Plan, Step, lines};
use crate::tracker::{Moment, Permit};

/// Commands that may be sent to a switch, once.
///
/// **Architecture Invariant:** only `Batch::permitted` makes one, and it needs a [`Permit`].
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    steps: Vec<Step>,
    until: Moment,
}

impl Batch {
    /// The batch of `plan`, if `permit` is still good at `now`. It spends the permit.
    pub(super) fn permitted(plan: &Plan, permit: Permit, now: Moment) -> Option<Self> {
        let until = permit.until();
        (until > now).then(|| Self { steps: plan.steps(), until })
    }

    /// The lines, each with the index of the step that it belongs to.
    pub fn lines(&self) -> Vec<(usize, String)> {
        lines(&self.steps)
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// It is not sent after this.
    pub const fn until(&self) -> Moment {
        self.until
    }
}
