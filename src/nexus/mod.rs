//! Cisco Nexus switches, the I/O: transports (NX-API; SSH beside it) and the one driver over all of them.

mod capture;
mod client;
mod connect;
mod driver;
mod error;
mod probe;

pub use capture::{Capture, capture, label};
pub use client::NxapiClient;
pub use connect::connect;
pub use driver::{Call, Driver, Transport};
pub use error::ClientError;
pub use probe::{ProbeError, probe};
