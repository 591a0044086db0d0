//! Cisco Nexus switches, the I/O: transports (NX-API; SSH beside it) and the one driver over all of them.

mod client;
mod driver;
mod error;
mod probe;

pub use client::NxapiClient;
pub use driver::{Call, Driver, Transport};
pub use error::ClientError;
pub use probe::{ProbeError, probe};
