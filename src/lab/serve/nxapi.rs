//! NX-API over HTTPS for every simulated switch: one server, one thread, a listener for each switch.

use std::{
    any::Any,
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    os::fd::AsFd,
};

use super::{LabCa, legacy_tls, service};
use crate::{
    clock,
    lab::model::{
        switch::{Arrival, HttpReply, HttpRequest, Kind, Ticket},
        world::SharedWorld,
    },
};
use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    App, HttpRequest as WebRequest, HttpResponse, HttpServer,
    dev::{Extensions, ServerHandle},
    http::{StatusCode, header},
    rt, web,
};
use tokio::{net::TcpSocket, task::AbortHandle};

/// Longest body that is read at all.
const LARGEST: usize = 4 * 1024 * 1024;

/// The simulated switches' servers. They run until [`RunningServers::stop`].
#[derive(Debug)]
pub struct RunningServers {
    addresses: BTreeMap<String, SocketAddr>,
    handle: ServerHandle,
    legacy: Vec<AbortHandle>,
    /// Ports on which nobody listens, held so that nobody else gets them.
    _closed: Vec<TcpSocket>,
}

impl RunningServers {
    /// Where each switch listens.
    pub const fn addresses(&self) -> &BTreeMap<String, SocketAddr> {
        &self.addresses
    }

    /// The URL of one switch, such as `https://127.0.0.1:40123`.
    pub fn url(&self, name: &str) -> Option<String> {
        self.addresses.get(name).map(|address| format!("https://{address}"))
    }

    /// Closes every listener and connection.
    pub async fn stop(self) {
        self.legacy.iter().for_each(AbortHandle::abort);
        self.handle.stop(false).await;
    }
}

/// What the handlers know: the world, and which switch listens on which port.
#[derive(Clone, Debug)]
struct Site {
    world: SharedWorld,
    names: BTreeMap<u16, String>,
}

/// The connection's socket once more, to cut it in the middle.
struct Cut(Option<TcpStream>);

/// Starts NX-API on 127.0.0.1 for the switches of `world` with these names: on `base_port` and the ports after it, or
/// on any free port when it is 0. Each switch's clock is set to the machine's. A switch whose TLS is legacy by now only
/// refuses.
///
/// # Errors
/// When a port is taken.
pub async fn serve_switches(
    world: SharedWorld,
    names: &[String],
    ca: &LabCa,
    base_port: u16,
) -> io::Result<RunningServers> {
    set_clocks(&world);
    let (mut listeners, mut legacy, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    let mut addresses = BTreeMap::new();
    for (offset, name) in (0..).zip(names) {
        let port = if base_port == 0 { 0 } else { base_port.saturating_add(offset) };
        if world.look(|world, _| world.switches.get(name).is_some_and(|switch| !switch.has_nxapi())) {
            let socket = TcpSocket::new_v4()?;
            socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
            addresses.insert(name.clone(), socket.local_addr()?);
            closed.push(socket);
            continue;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        addresses.insert(name.clone(), listener.local_addr()?);
        if world.look(|world, _| world.switches.get(name).is_some_and(|switch| switch.faults.legacy_tls)) {
            legacy.push(legacy_tls::refuse_all(listener)?);
        } else {
            listeners.push(listener);
        }
    }
    let ports = addresses.iter().map(|(name, address)| (address.port(), name.clone())).collect();
    let handle = start(Site { world, names: ports }, listeners, ca)?;
    Ok(RunningServers { addresses, handle, legacy, _closed: closed })
}

fn start(site: Site, listeners: Vec<TcpListener>, ca: &LabCa) -> io::Result<ServerHandle> {
    let tls = ca.server_config(&["localhost", "127.0.0.1"])?;
    let site = web::Data::new(site);
    let app = move || {
        App::new()
            .app_data(site.clone())
            // Far above what the switch itself finds too long.
            .app_data(web::PayloadConfig::new(LARGEST))
            .default_service(web::to(answer))
    };
    let mut server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(1).on_connect(remember);
    for listener in listeners {
        server = server.listen_rustls_0_23(listener, tls.clone())?;
    }
    let running = server.run();
    let handle = running.handle();
    tokio::spawn(running);
    Ok(handle)
}

/// Sets every switch's clock, so that the accounting log tells the machine's time.
fn set_clocks(world: &SharedWorld) {
    let unix_s = clock::now().unix_ms() / 1000;
    world.serve(|world, now| {
        for switch in world.switches.values_mut() {
            switch.set_epoch(unix_s.saturating_sub(now.as_secs()));
        }
    });
}

/// Keeps a second handle of each connection's socket.
fn remember(connection: &dyn Any, data: &mut Extensions) {
    let tls = connection.downcast_ref::<TlsStream<rt::net::TcpStream>>();
    let socket = tls.and_then(|tls| tls.get_ref().0.as_fd().try_clone_to_owned().ok());
    data.insert(Cut(socket.map(TcpStream::from)));
}

async fn answer(web: WebRequest, body: web::Bytes, site: web::Data<Site>) -> HttpResponse {
    let Some(name) = site.names.get(&web.app_config().local_addr().port()).cloned() else {
        return HttpResponse::NotFound().finish();
    };
    let request = request(&web, &body);
    let world = site.world.clone();
    let arrival = world.serve(|world, now| world.switches.get_mut(&name).map(|switch| switch.arrive(&request, now)));
    let reply = match arrival {
        // A task of its own: a switch finishes what it has begun, whether or not the client waits for it.
        Some(Arrival::Serve(ticket)) => {
            rt::spawn(serve(world, name, request, ticket)).await.unwrap_or(HttpReply::HangUp)
        }
        Some(Arrival::Answer(reply)) => reply,
        None => HttpReply::HangUp,
    };
    respond(&web, reply)
}

/// Lets the service time pass, then serves.
async fn serve(world: SharedWorld, name: String, request: HttpRequest, ticket: Ticket) -> HttpReply {
    let service = (ticket.takes, ticket.kind == Kind::Write);
    let served = service::take(&world, &name, service, |switch, now| switch.serve(&request, &ticket, now)).await;
    served.unwrap_or(HttpReply::HangUp)
}

fn request(web: &WebRequest, body: &web::Bytes) -> HttpRequest {
    let text = |name| web.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    HttpRequest {
        method: web.method().to_string(),
        path: web.path().to_owned(),
        content_type: text(header::CONTENT_TYPE),
        authorization: text(header::AUTHORIZATION),
        cookie: text(header::COOKIE),
        body: body.to_vec(),
        peer: web.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default(),
    }
}

fn respond(web: &WebRequest, reply: HttpReply) -> HttpResponse {
    match reply {
        HttpReply::Answer { status, content_type, set_cookie, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = HttpResponse::build(status);
            response.content_type(content_type);
            if let Some(cookie) = set_cookie {
                response.insert_header((header::SET_COOKIE, cookie));
            }
            response.body(body)
        }
        HttpReply::HangUp => {
            if let Some(Cut(Some(socket))) = web.conn_data::<Cut>() {
                // A socket that the client has closed already needs no cutting.
                drop(socket.shutdown(Shutdown::Both));
            }
            HttpResponse::InternalServerError().force_close().finish()
        }
    }
}

#[cfg(test)]
mod tests;
