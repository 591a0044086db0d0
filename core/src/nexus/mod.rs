//! Cisco Nexus switches, purely: commands from typed values, the plan, parsers of what a switch prints, the NX-API
//! codec, and the session machine. The sockets are in the service's `nexus` module.
//!
//! **Architecture Invariant:** a command line is only ever made by [`Step`], from numbers. No text from anywhere else
//! reaches a switch.

mod answer;
mod batch;
mod commands;
pub mod disguise;
mod guard;
pub mod nxapi;
pub mod parse;
mod plan;
pub mod platform;
mod query;
mod reading;
pub mod screen;
pub mod session;

pub use answer::{Answer, Reply, configured};
pub use batch::Batch;
pub use commands::{Step, lines};
pub use guard::Guard;
pub use plan::{Plan, plan};
pub use query::{Encoding, Piece, Query};
pub use reading::Reading;
