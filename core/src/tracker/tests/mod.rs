//! The tracker against a bench: one vCenter, three hosts, two switches that do at once what they are told.

mod bench;
mod cables;
mod link_bench;
mod link_lives;
mod links;
mod owners;
mod pair_bench;
mod pair_lives;
mod pair_readings;
mod pairing;
mod pairs;
mod properties;
mod rules;
mod saving;
mod spine;
