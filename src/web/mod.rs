//! HTTP: commands and queries on a Unix socket, `/metrics` on a TCP address.
//!
//! Whoever may open the socket (its owner and group: mode 0660) may command; the kernel tells who it is, and the
//! history keeps it. The web knows the service only as [`api::Control`](crate::api::Control).

mod caller;
mod routes;

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    web::Data,
};
use metrics_exporter_prometheus::PrometheusHandle;
use thiserror::Error;

use crate::api::Control;

/// One thread serves people and one scraper.
const WORKERS: usize = 1;
/// How long requests in flight may take when the service stops; none of them waits for a device.
const GRACE_SECONDS: u64 = 2;

/// Why the web cannot be served.
#[derive(Debug, Error)]
pub enum WebError {
    /// The control socket cannot be made.
    #[error("cannot listen on the control socket {}", path.display())]
    Control {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The metrics' address cannot be had.
    #[error("cannot listen on {address} for metrics")]
    Metrics {
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

/// The servers, running; call [`Web::stop`] at the end.
#[derive(Debug)]
pub struct Web {
    handles: Vec<ServerHandle>,
    control: PathBuf,
    metrics: Option<SocketAddr>,
}

/// Serves the control socket, and `/metrics` where an address is configured. Call it inside an actix system.
///
/// # Errors
/// A socket cannot be had; then nothing is served.
pub fn serve(
    control: Arc<dyn Control>,
    metrics: PrometheusHandle,
    socket: &Path,
    address: Option<SocketAddr>,
) -> Result<Web, WebError> {
    let path = || socket.to_owned();
    let commands = control_server(control, metrics.clone(), socket);
    let mut servers = vec![commands.map_err(|source| WebError::Control { path: path(), source })?];
    let mut bound = None;
    if let Some(address) = address {
        let (server, at) = metrics_server(metrics, address).map_err(|source| WebError::Metrics { address, source })?;
        servers.push(server);
        bound = at;
    }
    let handles = servers.iter().map(Server::handle).collect();
    for server in servers {
        actix::spawn(async move {
            if let Err(why) = server.await {
                tracing::error!("the web server ended: {why}");
            }
        });
    }
    Ok(Web { handles, control: path(), metrics: bound })
}

impl Web {
    /// Where `/metrics` is served, with the port that the kernel chose if port 0 was asked for.
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Ends every server after its requests in flight, and removes the socket.
    pub async fn stop(self) {
        for handle in &self.handles {
            handle.stop(true).await;
        }
        // The next start replaces it anyhow.
        drop(fs::remove_file(&self.control));
    }
}

fn control_server(control: Arc<dyn Control>, metrics: PrometheusHandle, socket: &Path) -> io::Result<Server> {
    let listener = listen(socket)?;
    let app = move || {
        App::new()
            .app_data(Data::from(control.clone()))
            .app_data(Data::new(metrics.clone()))
            .configure(routes::control)
            .configure(routes::metrics)
    };
    let server = HttpServer::new(app).on_connect(caller::on_connect).listen_uds(listener)?;
    Ok(server.workers(WORKERS).disable_signals().shutdown_timeout(GRACE_SECONDS).run())
}

fn metrics_server(metrics: PrometheusHandle, address: SocketAddr) -> io::Result<(Server, Option<SocketAddr>)> {
    let app = move || App::new().app_data(Data::new(metrics.clone())).configure(routes::metrics);
    let server = HttpServer::new(app).client_request_timeout(Duration::from_secs(5)).bind(address)?;
    let bound = server.addrs().first().copied();
    Ok((server.workers(WORKERS).disable_signals().shutdown_timeout(GRACE_SECONDS).run(), bound))
}

/// Binds under another name, restricts it, and only then gives it its own: nobody else can connect in between, and a
/// socket that a crash left behind is replaced.
fn listen(socket: &Path) -> io::Result<UnixListener> {
    let mut name = socket.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(name);
    let listener = UnixListener::bind(&fresh)?;
    fs::set_permissions(&fresh, fs::Permissions::from_mode(0o660))?;
    fs::rename(&fresh, socket)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[cfg(test)]
mod tests;
