//! Cisco Nexus switches, the I/O: transports (NX-API, SSH, whichever works) and the one driver over all of them.

mod auto;
mod client;
mod driver;
mod error;
mod probe;
mod ssh;

pub use auto::{AutoClient, connect};
pub use client::NxapiClient;
pub use driver::{Call, Driver, Traffic, Transport};
pub use error::ClientError;
pub use probe::{ProbeError, probe};
pub use ssh::{SshClient, SshError};
