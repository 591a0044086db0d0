//! The one place that reads a clock.

use std::{
    sync::OnceLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use vmtracker_core::tracker::Moment;

/// Now: the wall clock as it was at the first call, plus monotonic time since. It never goes back in one run, whatever
/// is done to the machine's clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Moment {
    static START: OnceLock<(Instant, u64)> = OnceLock::new();
    let (instant, unix_ms) = START.get_or_init(|| {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (Instant::now(), u64::try_from(wall.as_millis()).unwrap_or(u64::MAX))
    });
    Moment::from_unix_ms(*unix_ms) + instant.elapsed()
}

/// A monotonic instant, for measuring how long something took.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn instant() -> Instant {
    Instant::now()
}
