//! Cisco Nexus switches, the I/O: transports (NX-API; SSH beside it) and the one driver over all of them.

mod capture;
mod connect;
mod driver;
mod error;
mod nxapi;
mod probe;

pub use capture::{Capture, capture, label};
pub use connect::connect;
pub use driver::{Call, Driver, Traffic, Transport};
pub use error::ClientError;
pub use nxapi::NxapiClient;
pub use probe::{ProbeError, probe};
