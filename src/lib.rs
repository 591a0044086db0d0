//! vmtracker: VM Tracker for a whole fabric. The service around the pure core of `vmtracker_core`.
//!
//! Arrows: `cli, main → actors, web, lab → clients (vcenter, nexus), store, config → core`; `lab` imports
//! `vmtracker_core::net` only. `tests/it/tidy.rs` holds what the compiler does not.

pub mod actors;
pub mod api;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "lab")]
pub mod lab;
pub mod metrics;
pub mod nexus;
pub mod store;
pub mod tls;
pub mod vcenter;
pub mod web;
