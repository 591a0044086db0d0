//! Sockets around the models: the only place of the lab that opens one.

pub mod legacy_tls;
pub mod nxapi;
mod service;
pub mod soap;
pub mod ssh;
pub mod tls;
pub mod vcenter;

pub use nxapi::{RunningServers, serve_switches};
pub use ssh::{LabKey, RunningSsh, serve_ssh};
pub use tls::LabCa;
