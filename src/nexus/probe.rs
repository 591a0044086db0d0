//! One question to a switch, for `check --connect`.

use thiserror::Error;
use vmtracker_core::nexus::{Piece, Query};

use super::{ClientError, Driver, connect};
use crate::{config::SwitchSettings, tls};

/// Why nothing is known of a switch.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// What is trusted there cannot be used.
    #[error("cannot set up a client")]
    Client(#[source] tls::TlsError),
    /// The question or its answer did not get through.
    #[error(transparent)]
    Request(#[from] ClientError),
    /// The switch's own words.
    #[error("it refuses show version: {0}")]
    Refused(String),
    /// The answer is to something else.
    #[error("it does not answer show version")]
    Unanswered,
}

/// Logs in and asks for the version; what the switch says of itself. Writes nothing.
///
/// # Errors
/// See [`ProbeError`].
pub async fn probe(settings: &SwitchSettings) -> Result<String, ProbeError> {
    let client = connect(settings).map_err(ProbeError::Client)?;
    match client.read(&[Query::Version]).await?.pop() {
        Some(Ok(Piece::Version(identity, _))) => Ok(format!(
            "{} is a {}, serial number {}, NX-OS {}, reached by {}",
            identity.hostname,
            identity.platform,
            identity.serial,
            identity.version,
            client.way()
        )),
        Some(Err(words)) => Err(ProbeError::Refused(words)),
        Some(Ok(_)) | None => Err(ProbeError::Unanswered),
    }
}
