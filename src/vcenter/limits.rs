//! How long a vCenter may take.

use std::time::Duration;

/// How long a vCenter may take over what; the default is the product's. Tests have less patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For a connection to stand.
    pub connect: Duration,
    /// For a small call. A busy vCenter takes seconds; half a minute is a vCenter in trouble.
    pub call: Duration,
    /// For a wait in which nothing happens, in whole seconds. Short enough that a dead connection is found within a
    /// minute, long enough to be a quiet client.
    pub wait: Duration,
    /// Beyond the wait it was given: it answers "earlier or later" (facts: vCenter §B3).
    pub margin: Duration,
    /// For the next piece of an answer that has begun.
    pub piece: Duration,
    /// For the farewell: it is polite, and nothing depends on it.
    pub farewell: Duration,
    /// Without any answer, before the session is kept alive: it idles out after 30 minutes, or what an administrator set
    /// (facts: vCenter §B2).
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            call: Duration::from_secs(30),
            wait: Duration::from_secs(30),
            margin: Duration::from_secs(30),
            piece: Duration::from_secs(30),
            farewell: Duration::from_secs(3),
            silence: Duration::from_secs(300),
        }
    }
}
