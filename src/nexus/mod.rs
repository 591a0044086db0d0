//! Cisco Nexus switches, the I/O: transports (NX-API, SSH, whichever works) and the one driver over all of them.

mod auto;
mod capture;
mod driver;
mod error;
mod nxapi;
mod probe;
mod ssh;

pub use auto::{AutoClient, connect};
pub use capture::{Capture, capture, label, readings};
pub use driver::{Call, Driver, Traffic, Transport};
pub use error::ClientError;
pub use nxapi::NxapiClient;
pub use probe::{ProbeError, probe};
pub use ssh::{SshClient, SshError};
