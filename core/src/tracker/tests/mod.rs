//! The tracker against a bench: one vCenter, three hosts, two switches that do at once what they are told.

use proptest::prelude::ProptestConfig;

mod advice;
mod bench;
mod cables;
mod critical;
mod endurance;
mod fake_switch;
mod hands;
mod hosts;
mod identity;
pub(super) mod inventory;
mod link_bench;
mod link_lives;
mod links;
mod networks;
mod owners;
mod pair_bench;
mod pair_lives;
mod pair_readings;
mod pairing;
mod pairs;
mod prepared;
mod properties;
mod quiet_cables;
mod reloads;
mod rules;
mod saving;
mod special;
mod spine;
mod steering;
mod steering_lives;
mod two_vcenters;
mod unread;
mod vcenters;

/// How many cases an ordinary run plays; `PROPTEST_CASES` asks for more.
pub(crate) fn cases(ordinary: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(ordinary), failure_persistence: None, ..ProptestConfig::default() }
}
