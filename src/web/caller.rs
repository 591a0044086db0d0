//! Who is at the other end of the Unix socket.

use std::any::Any;

use actix_web::{HttpRequest, dev::Extensions};
use tokio::net::UnixStream;

use crate::api::Caller;

/// Asks the kernel who connected (`SO_PEERCRED`), once per connection.
pub(super) fn on_connect(connection: &dyn Any, data: &mut Extensions) {
    let stream = connection.downcast_ref::<UnixStream>();
    if let Some(credentials) = stream.and_then(|stream| stream.peer_cred().ok()) {
        data.insert(Caller::Uid(credentials.uid()));
    }
}

/// Who sent a request.
pub(super) fn of(request: &HttpRequest) -> Caller {
    request.conn_data::<Caller>().copied().unwrap_or(Caller::Unknown)
}
