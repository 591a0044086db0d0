//! A listener whose TLS is too old for anybody today: it answers every greeting with the alert of a server that wants
//! another version of the protocol, as an old switch answers a client that knows nothing below TLS 1.2
//! (facts: NX-OS §1.7).

use std::{io, net::TcpListener};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::AbortHandle,
};

/// A fatal alert, `protocol_version`, in a record of TLS 1.0 (RFC 5246 §7.2.2).
const PROTOCOL_VERSION: [u8; 7] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46];

/// Refuses whoever connects until it is aborted.
///
/// # Errors
/// The listener is none that tokio can watch.
pub(super) fn refuse_all(listener: TcpListener) -> io::Result<AbortHandle> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let task = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            // A client that is gone needs no answer.
            tokio::spawn(async move { drop(refuse(client).await) });
        }
    });
    Ok(task.abort_handle())
}

/// Hears the whole greeting out, since closing on unread bytes would reset the connection and lose the alert.
async fn refuse(mut client: TcpStream) -> io::Result<()> {
    let mut head = [0; 5];
    client.read_exact(&mut head).await?;
    let mut greeting = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    client.read_exact(&mut greeting).await?;
    client.write_all(&PROTOCOL_VERSION).await?;
    client.shutdown().await
}
