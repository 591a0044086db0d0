//! Simulated vCenters on loopback: SOAP over HTTPS, the long poll, and what can go wrong with both.
//!
//! A front socket stands before each HTTPS server, so that a vCenter that is down refuses and cuts connections as a
//! machine does that lost its power, and not as an HTTP server does that is stopping.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::{StatusCode, header},
    web::{self, Bytes},
};
use futures_util::stream;
use rustls::{
    ServerConfig,
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::soap::{fault, read_call, returned};
use crate::lab::model::{
    LabTime,
    vcenter::{Answer, Call, Fault, Receipt, Reply, Vcenter, Waiting},
    world::SharedWorld,
};

/// The largest request that a client of the lab has cause to send.
const LARGEST: usize = 1 << 20;
/// How a vCenter answers `GET /sdk/vimServiceVersions.xml`.
const VERSIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<namespaces version=\"1.0\"><namespace>\
    <name>urn:vim25</name><version>8.0.2.0</version><priorVersions><version>8.0.1.0</version>\
    <version>8.0.0.0</version><version>7.0.3.0</version><version>7.0</version><version>6.7</version>\
    <version>6.5</version></priorVersions></namespace></namespaces>";

/// Simulated vCenters that serve. Dropped without [`RunningVcenters::stop`], they serve on until the process ends.
#[derive(Debug)]
pub struct RunningVcenters {
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    name: String,
    address: SocketAddr,
    handle: ServerHandle,
    tasks: Vec<JoinHandle<()>>,
}

impl RunningVcenters {
    /// Name and address of each.
    pub fn addresses(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        self.running.iter().map(|running| (running.name.as_str(), running.address))
    }

    /// Where this one serves.
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.running.iter().find(|running| running.name == name).map(|running| running.address)
    }

    /// Closes every connection and stops.
    pub async fn stop(self) {
        for running in self.running {
            running.tasks.iter().for_each(JoinHandle::abort);
            running.handle.stop(false).await;
        }
    }
}

/// Serves these vCenters of the world on free ports of 127.0.0.1, each with the TLS settings that `tls` makes for its
/// name.
pub async fn serve_vcenters(
    world: SharedWorld,
    names: Vec<String>,
    tls: impl Fn(&str) -> Arc<ServerConfig>,
) -> io::Result<RunningVcenters> {
    let mut running = Vec::with_capacity(names.len());
    for name in names {
        let config = ServerConfig::clone(&tls(&name));
        running.push(serve(&world, name, config).await?);
    }
    Ok(RunningVcenters { running })
}

async fn serve(world: &SharedWorld, name: String, mut tls: ServerConfig) -> io::Result<Running> {
    let usual = Arc::clone(&tls.cert_resolver);
    tls.cert_resolver = Arc::new(Shown { served: Served { world: world.clone(), name: name.clone() }, usual });
    // Whoever resumes a session is shown no certificate.
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.send_tls13_tickets = 0;
    let state = web::Data::new(Served { world: world.clone(), name: name.clone() });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(LARGEST))
            .route("/sdk/vimServiceVersions.xml", web::get().to(versions))
            .route("/sdk", web::post().to(sdk))
            .route("/sdk/vimService", web::post().to(sdk))
    })
    .workers(1)
    // A busy lab may take long over anything; a client that waits is not a client that is slow.
    .keep_alive(Duration::from_secs(60))
    .client_request_timeout(Duration::ZERO)
    // Else the end of a large answer waits 40 ms for the word that its begin arrived.
    .tcp_nodelay(true)
    .disable_signals()
    .shutdown_timeout(1)
    .bind_rustls_0_23("127.0.0.1:0", tls)?;
    let behind = server.addrs().first().copied().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let server = server.run();
    let handle = server.handle();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let state = Served { world: world.clone(), name: name.clone() };
    let tasks = vec![
        tokio::spawn(async move { drop(server.await) }),
        tokio::spawn(front(state.clone(), listener, behind)),
        tokio::spawn(go_on(state)),
    ];
    Ok(Running { name, address, handle, tasks })
}

#[derive(Clone, Debug)]
struct Served {
    world: SharedWorld,
    name: String,
}

impl Served {
    fn look<R>(&self, see: impl FnOnce(&Vcenter) -> R) -> Option<R> {
        self.world.look(|world, _| world.vcenters.get(&self.name).map(see))
    }

    /// Does something to the vCenter; if that changed the inventory, everybody is woken.
    fn act<R>(&self, act: impl FnOnce(&mut Vcenter, LabTime) -> R) -> Option<R> {
        let (result, changed) = self.world.serve(|world, now| {
            let Some(vcenter) = world.vcenters.get_mut(&self.name) else { return (None, false) };
            let before = vcenter.revision();
            let result = act(vcenter, now);
            (Some(result), vcenter.revision() != before)
        });
        if changed {
            self.world.with(|_, _| ());
        }
        result
    }

    fn is_down(&self) -> bool {
        self.look(|vcenter| vcenter.faults.down).unwrap_or(true)
    }

    /// The bytes of an update set have left, or a poll found that there is nothing to tell.
    fn tell_observers(&self) {
        if let Some(upto) = self.look(Vcenter::told_upto).flatten() {
            self.world.told(&self.name, upto);
        }
    }
}

/// The certificate that a vCenter shows: its own, or another one.
#[derive(Debug)]
struct Shown {
    served: Served,
    usual: Arc<dyn ResolvesServerCert>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let other = self.served.look(|vcenter| vcenter.faults.certificate.clone()).flatten();
        other.map_or_else(|| Arc::clone(&self.usual), |other| Arc::clone(&other.cert_resolver)).resolve(hello)
    }
}

/// Passes connections on to the HTTPS server while the vCenter is up; cuts them once it is down.
async fn front(served: Served, listener: TcpListener, behind: SocketAddr) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if served.is_down() {
            continue;
        }
        let served = served.clone();
        drop(tokio::spawn(async move {
            tokio::select! {
                () = pass(client, behind) => {}
                () = until_down(&served) => {}
            }
        }));
    }
}

async fn pass(mut client: TcpStream, behind: SocketAddr) {
    if let Ok(mut server) = TcpStream::connect(behind).await {
        // Either side may hang up at any time; that ends the connection and is nobody's fault.
        client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).ok();
        tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
    }
}

async fn until_down(served: &Served) {
    let mut changes = served.world.changes();
    while !served.is_down() {
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Lets the vCenter do and tell what takes time, when it is due.
async fn go_on(served: Served) {
    let mut changes = served.world.changes();
    loop {
        let left = served.look(Vcenter::next_deadline).flatten().map(|due| due.saturating_sub(served.world.now()));
        match left {
            Some(left) if left.is_zero() => drop(served.act(Vcenter::finish_due)),
            // A change may bring something that is due sooner.
            Some(left) => drop(timeout(left, changes.changed()).await),
            None if changes.changed().await.is_err() => return,
            None => {}
        }
    }
}

async fn versions() -> HttpResponse {
    HttpResponse::Ok().content_type("text/xml").body(VERSIONS)
}

async fn sdk(request: HttpRequest, body: Bytes, served: web::Data<Served>) -> HttpResponse {
    if let Some(busy) = busy(&served) {
        return busy;
    }
    let text = String::from_utf8_lossy(&body);
    let call = match read_call(&text) {
        Ok(call) => call,
        Err(error) => return xml(StatusCode::INTERNAL_SERVER_ERROR, unreadable(&error.to_string())),
    };
    if let Some(delay) = served.look(|vcenter| vcenter.faults.delay.get(&call.method.name).copied()).flatten() {
        sleep(delay).await;
    }
    let session = session_key(&request);
    match poll(&served, session.as_deref(), &call).await {
        Some(answer) => respond(&served, &call, answer),
        None => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// What a vCenter says that has no time for us.
fn busy(served: &Served) -> Option<HttpResponse> {
    let refused = served.act(|vcenter, _| match vcenter.faults.unavailable.checked_sub(1) {
        Some(left) => {
            vcenter.faults.unavailable = left;
            Some(vcenter.faults.retry_after)
        }
        None => None,
    });
    let retry_after = refused.unwrap_or(Some(None))?;
    let mut reply = HttpResponse::ServiceUnavailable();
    if let Some(seconds) = retry_after {
        reply.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    Some(reply.content_type("text/plain").body("503 Service Unavailable"))
}

fn unreadable(message: &str) -> String {
    fault(&Fault { kind: "InvalidRequest", message: message.to_owned(), fields: Vec::new() })
}

/// The session in the cookie, whose value a real vCenter quotes and clients echo as it is.
fn session_key(request: &HttpRequest) -> Option<String> {
    let cookies = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, key) = pairs.find(|(name, _)| *name == "vmware_soap_session")?;
    Some(key.trim_matches('"').to_owned())
}

/// Asks the model until it has an answer. None: the vCenter is no longer there.
async fn poll(served: &Served, session: Option<&str>, call: &Call) -> Option<Answer> {
    let mut changes = served.world.changes();
    let mut waiting: Option<Waiting> = None;
    loop {
        changes.mark_unchanged();
        let answer = served.act(|vcenter, now| vcenter.handle(session, call, now, waiting.as_ref()))?;
        let Reply::Wait(wait) = answer.reply else { return Some(answer) };
        served.tell_observers();
        pause(served, &mut changes, wait.until).await;
        waiting = Some(wait);
    }
}

/// Until something changes or the time is up.
async fn pause(served: &Served, changes: &mut tokio::sync::watch::Receiver<u64>, until: Option<LabTime>) {
    match until {
        Some(until) => {
            let left = until.saturating_sub(served.world.now());
            timeout(left, changes.changed()).await.ok();
        }
        None => drop(changes.changed().await),
    }
}

fn respond(served: &Served, call: &Call, answer: Answer) -> HttpResponse {
    let method = &call.method.name;
    let response = match answer.reply {
        Reply::Return(value) => xml(StatusCode::OK, returned(method, value.as_ref())),
        Reply::Fault(problem) => xml(StatusCode::INTERNAL_SERVER_ERROR, fault(&problem)),
        Reply::Updates(value, receipt) => updates(served, returned(method, Some(&value)), receipt),
        Reply::Wait(_) => xml(StatusCode::OK, returned(method, None)),
    };
    match answer.opened {
        Some(key) => with_cookie(response, &key),
        None => response,
    }
}

fn with_cookie(mut response: HttpResponse, key: &str) -> HttpResponse {
    let cookie = format!("vmware_soap_session=\"{key}\"; Path=/; HttpOnly; Secure; ");
    if let Ok(value) = header::HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn xml(status: StatusCode, text: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/xml; charset=utf-8").body(text)
}

/// An update set as a stream, which knows when its last byte was taken, or that it is to be cut in the middle.
fn updates(served: &Served, text: String, receipt: Receipt) -> HttpResponse {
    let cut = served.act(|vcenter, _| match vcenter.faults.cut_update_sets.checked_sub(1) {
        Some(left) => {
            vcenter.faults.cut_update_sets = left;
            true
        }
        None => false,
    });
    let mut bytes = Bytes::from(text);
    let cut = cut.unwrap_or(false);
    if cut {
        bytes.truncate(bytes.len() / 2);
    }
    let delivery = Delivery { served: served.clone(), receipt: Some(receipt) };
    let body = stream::unfold((Some(bytes), delivery), move |(bytes, delivery)| async move {
        match (bytes, cut) {
            (Some(bytes), _) => Some((Ok(bytes), (None, delivery))),
            (None, true) => Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), (None, delivery))),
            (None, false) => {
                delivery.done();
                None
            }
        }
    });
    HttpResponse::Ok().content_type("text/xml; charset=utf-8").streaming(body)
}

/// An update set on its way; if it is dropped before it is done, its bytes were lost.
struct Delivery {
    served: Served,
    receipt: Option<Receipt>,
}

impl Delivery {
    fn done(mut self) {
        if let Some(receipt) = self.receipt.take() {
            self.served
                .world
                .serve(|world, _| world.vcenters.get_mut(&self.served.name).map(|vcenter| vcenter.delivered(&receipt)));
            self.served.tell_observers();
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(receipt) = self.receipt.take() {
            self.served
                .world
                .serve(|world, _| world.vcenters.get_mut(&self.served.name).map(|vcenter| vcenter.lost(&receipt)));
        }
    }
}

#[cfg(test)]
mod tests;
