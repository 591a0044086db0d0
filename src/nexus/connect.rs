//! The way to a switch, as its settings say.

use std::{sync::Arc, time::Duration};

use super::{NxapiClient, Transport};
use crate::{config::SwitchSettings, tls};

/// How long a switch may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A transport to the switch; nothing is sent yet.
///
/// # Errors
/// When what is trusted there cannot be used.
pub fn connect(settings: &SwitchSettings) -> Result<Arc<dyn Transport>, tls::TlsError> {
    let http = tls::http_client(&settings.trust, CONNECT)?;
    Ok(Arc::new(NxapiClient::new(settings.clone(), http)))
}
