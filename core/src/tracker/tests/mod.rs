//! The tracker against a bench: one vCenter, three hosts, two switches that do at once what they are told.

mod bench;
mod properties;
mod rules;
mod spine;
