//! The pure core of vmtracker: everything that decides, nothing that acts.
//!
//! No clock, no socket, no randomness and no file is reachable from here: the only dependencies are serializers and
//! an XML reader, so the compiler keeps this package pure. Time comes in as an argument ([`tracker::Moment`]).
//!
//! Arrows: `vcenter, nexus → tracker (its nouns only) → net`. `vcenter` and `nexus` never know each other.

#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod net;
pub mod nexus;
pub mod tracker;
pub mod vcenter;
pub mod view;
