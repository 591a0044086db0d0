//! The simulated Nexus switch: VLAN database, ports, port-channels, neighbours, MAC table, accounting log, and the
//! command line over them.
//!
//! Layers, outermost first: `nxapi` (JSON-RPC and ins_api) → `cli` (a session: mode, prompt path, one line at a
//! time) → `grammar` (words to commands) → `config` (what a line changes), `checkpoint` (what is saved and brought back)
//! and `show` (what a line prints) → `pipe` (what becomes of it). All of it is pure: time is an argument. A session is
//! what NX-API and SSH share; `terminal` is SSH's side: keys, echo, prompts, pages. What differs between platforms is a
//! row of `profile`.

mod accounting;
mod checkpoint;
mod cli;
mod config;
mod faults;
mod grammar;
mod macs;
mod nxapi;
mod outcome;
mod owners;
mod passing;
mod pipe;
mod port;
mod profile;
mod reload;
mod running;
mod service;
mod show;
mod spec;
mod standing;
mod state;
mod terminal;
mod vpc;

pub use accounting::{Accounting, Author};
pub use cli::Session;
pub use faults::{BadReply, Delays, Faults, Refusal};
pub use macs::{AGING, MacRow, MacTable};
pub use nxapi::{Arrival, HttpReply, HttpRequest, Kind, Ticket};
pub use outcome::{Outcome, Rejection};
pub use owners::Owners;
pub use port::{Bundling, Far, Neighbor, Port, PortMode, StpType};
pub use profile::{LastRemove, Platform, Profile, Structured, VersionKeys, VlanKeys};
pub use spec::{Spanning, StpMode, SwitchSpec};
pub use standing::Power;
pub(in crate::lab::model) use standing::{Learning, Standing};
pub use state::{Counters, Switch, Vlan};
pub use terminal::{Credential, Next, Reply, Terminal};
pub use vpc::{Held, PairView, Role, VpcDomain};

#[cfg(test)]
mod tests;
