//! A scripted server on loopback.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, mpsc::Receiver},
    time::Duration,
};

use crate::{
    config::{Secret, VcenterSettings},
    tls::Trust,
};

pub(super) const COOKIE: &str = "vmware_soap_session=\"5a6b-7c\"";

/// Methods that are answered in another way than usual: a status and a body.
pub(crate) type Script = BTreeMap<&'static str, (u16, String)>;

/// A method, and the cookie that came with it.
pub(super) type Call = (String, Option<String>);

/// What is done with one request.
pub(crate) enum Act {
    /// What a session needs.
    Usual,
    /// A status and a body; a body that does not end with its envelope is cut there.
    Answer(u16, String),
    /// HTTP 503, with the words of `Retry-After`.
    Busy(Option<&'static str>),
    /// After a while, what a session needs.
    Later(Duration),
    /// After a while, that nothing changed.
    Nothing(Duration),
    /// Nothing ever comes, and the connection stays.
    Silent,
    /// The body begins and does not go on, and the connection stays.
    Stalled(String),
    /// The first of the body, and once somebody says so, the rest.
    Gated(String, Receiver<()>, String),
}

/// Says what to do with a request: its method, its text, and how often the method was called before.
type Play = dyn Fn(&str, &str, usize) -> Act + Send + Sync;

/// A server that answers every method with what a session needs, unless it is told otherwise, and notes the calls.
pub(crate) struct Server {
    pub(crate) settings: VcenterSettings,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Server {
    pub(crate) fn start(script: Script) -> Self {
        Self::play(move |method, _, _| {
            script.get(method).cloned().map_or(Act::Usual, |(status, body)| Act::Answer(status, body))
        })
    }

    pub(crate) fn play(play: impl Fn(&str, &str, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (noted, play): (_, Arc<Play>) = (Arc::clone(&calls), Arc::new(play));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (play, noted) = (Arc::clone(&play), Arc::clone(&noted));
                std::thread::spawn(move || serve(socket, &*play, &noted));
            }
        });
        let settings = VcenterSettings {
            name: "lab".into(),
            url,
            username: "user".to_owned(),
            password: Secret::new("s3cret".to_owned()),
            trust: Trust::System,
            attributes: false,
            annotate: false,
            recommendations: false,
        };
        Self { settings, calls }
    }

    /// Every method that was called, and the cookie that came with it.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("calls").clone()
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        self.calls().into_iter().map(|(method, _)| method).collect()
    }

    /// How often a method was called.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.methods().iter().filter(|called| *called == method).count()
    }
}

/// One request on one connection; the answer ends with the connection, so that it can be cut anywhere.
fn serve(mut socket: TcpStream, play: &Play, calls: &Mutex<Vec<Call>>) {
    let Some(request) = read_request(&mut socket) else { return };
    let after = |mark: &str| request.split_once(mark).map(|(_, rest)| rest);
    let method = after("<soapenv:Body><").map_or("GET", |rest| rest.split(' ').next().unwrap_or_default());
    let cookie = after("cookie: ").and_then(|rest| rest.lines().next()).map(str::to_owned);
    let before = {
        let mut calls = calls.lock().expect("calls");
        calls.push((method.to_owned(), cookie));
        calls.iter().filter(|(called, _)| called == method).count() - 1
    };
    let mut write = |text: &str| drop(socket.write_all(text.as_bytes()));
    match play(method, &request, before) {
        Act::Usual => write(&whole(method, 200, "", &usual(method))),
        Act::Answer(status, body) => write(&whole(method, status, "", &body)),
        Act::Busy(None) => write(&whole(method, 503, "", "")),
        Act::Busy(Some(after)) => write(&whole(method, 503, &format!("Retry-After: {after}\r\n"), "")),
        Act::Later(pause) => {
            std::thread::sleep(pause);
            write(&whole(method, 200, "", &usual(method)));
        }
        Act::Nothing(pause) => {
            std::thread::sleep(pause);
            write(&whole(method, 200, "", &envelope("<WaitForUpdatesExResponse/>")));
        }
        Act::Silent => hold(&mut socket),
        Act::Stalled(body) => {
            write(&(head(200, "", body.len() + 999) + &body));
            hold(&mut socket);
        }
        Act::Gated(first, gate, rest) => {
            write(&(head(200, "", first.len() + rest.len()) + &first));
            if gate.recv().is_ok() {
                write(&rest);
            }
        }
    }
}

fn whole(method: &str, status: u16, headers: &str, body: &str) -> String {
    let length = if body.ends_with("Envelope>") || method == "GET" { body.len() } else { body.len() + 99 };
    head(status, headers, length) + body
}

fn head(status: u16, headers: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nSet-Cookie: {COOKIE}; Path=/; HttpOnly; Secure\r\nContent-Length: {length}\r\n{headers}\
         Connection: close\r\n\r\n"
    )
}

/// Until the other side hangs up.
fn hold(socket: &mut TcpStream) {
    while socket.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
}

fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    loop {
        let count = socket.read(&mut chunk).ok().filter(|count| *count > 0)?;
        text.push_str(&String::from_utf8_lossy(chunk.get(..count)?));
        if text.starts_with("GET") && text.ends_with("\r\n\r\n") || text.ends_with("Envelope>") {
            return Some(text);
        }
    }
}

pub(crate) fn envelope(body: &str) -> String {
    format!(
        "<E:Envelope xmlns:E=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><E:Body>{body}</E:Body></E:Envelope>"
    )
}

pub(crate) fn fault(class: &str) -> String {
    envelope(&format!(
        "<E:Fault><faultstring>no</faultstring><detail><x xmlns=\"urn:vim25\" i:type=\"{class}\"/></detail></E:Fault>"
    ))
}

pub(super) fn updates(objects: &str) -> String {
    envelope(&format!(
        "<WaitForUpdatesExResponse><returnval><version>1</version><filterSet>{objects}</filterSet></returnval>\
         </WaitForUpdatesExResponse>"
    ))
}

pub(super) fn usual(method: &str) -> String {
    let services = ["rootFolder", "sessionManager", "viewManager", "propertyCollector", "eventManager"];
    match method {
        "GET" => "<namespaces><namespace><name>urn:vim25</name><version>8.0.2.0</version></namespace></namespaces>"
            .to_owned(),
        "RetrieveServiceContent" => {
            let services: String = services.iter().map(|name| format!("<{name} type=\"T\">{name}</{name}>")).collect();
            let about = "<about><instanceUuid>uuid-1</instanceUuid><fullName>A vCenter</fullName></about>";
            envelope(&format!("<R><returnval>{services}{about}</returnval></R>"))
        }
        "WaitForUpdatesEx" => updates(OBJECT),
        _ => envelope("<R><returnval type=\"T\">session[1]2</returnval></R>"),
    }
}

pub(super) const OBJECT: &str = "<objectSet><kind>enter</kind><obj type=\"VirtualMachine\">vm-1</obj></objectSet>";
