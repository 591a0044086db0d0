//! The client against a scripted server on loopback: cookie, faults, cut answers, the farewell.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use vmtracker_core::vcenter::{Failure, Part};

use super::{Class, Session, VcenterError};
use crate::tls::chain;
use crate::{
    config::{Secret, VcenterSettings},
    tls::Trust,
};

const COOKIE: &str = "vmware_soap_session=\"5a6b-7c\"";

/// Methods that are answered in another way than usual: a status and a body.
pub(crate) type Script = BTreeMap<&'static str, (u16, String)>;

/// A method, and the cookie that came with it.
type Call = (String, Option<String>);

/// A server that answers every method with what a session needs, and notes the calls.
pub(crate) struct Server {
    pub(crate) settings: VcenterSettings,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Server {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&calls);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                serve(socket, &script, &noted);
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
        };
        Self { settings, calls }
    }

    pub(crate) fn methods(&self) -> Vec<String> {
        self.calls.lock().expect("calls").iter().map(|(method, _)| method.clone()).collect()
    }
}

/// One request on one connection; the answer ends with the connection, so that it can be cut anywhere.
fn serve(mut socket: TcpStream, script: &Script, calls: &Mutex<Vec<Call>>) {
    let Some(request) = read_request(&mut socket) else { return };
    let after = |mark: &str| request.split_once(mark).map(|(_, rest)| rest);
    let method = after("<soapenv:Body><").map_or("GET", |rest| rest.split(' ').next().unwrap_or_default());
    let cookie = after("cookie: ").and_then(|rest| rest.lines().next()).map(str::to_owned);
    calls.lock().expect("calls").push((method.to_owned(), cookie));
    let (status, body) = script.get(method).cloned().unwrap_or_else(|| (200, usual(method)));
    let length = if body.ends_with("Envelope>") || method == "GET" { body.len() } else { body.len() + 99 };
    let head = format!(
        "HTTP/1.1 {status} X\r\nSet-Cookie: {COOKIE}; Path=/; HttpOnly; Secure\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    drop(socket.write_all((head + &body).as_bytes()));
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

fn envelope(body: &str) -> String {
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

fn updates(objects: &str) -> String {
    envelope(&format!(
        "<WaitForUpdatesExResponse><returnval><version>1</version><filterSet>{objects}</filterSet></returnval>\
         </WaitForUpdatesExResponse>"
    ))
}

fn usual(method: &str) -> String {
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

const OBJECT: &str = "<objectSet><kind>enter</kind><obj type=\"VirtualMachine\">vm-1</obj></objectSet>";

async fn open(script: Script) -> (Server, Result<Session, VcenterError>) {
    let server = Server::start(script);
    let session = Session::open(&server.settings).await;
    (server, session)
}

/// Everything that one wait brings.
async fn wait(session: &Session) -> Result<Vec<Part>, VcenterError> {
    let mut updates = session.wait("").await?;
    let mut parts = Vec::new();
    while let Some(part) = updates.next().await {
        parts.push(part?);
    }
    Ok(parts)
}

#[tokio::test]
async fn a_session_echoes_the_cookie_verbatim_and_logs_out() {
    let (server, session) = open(Script::new()).await;
    let session = session.expect("a session");
    assert_eq!(session.id().as_str(), "uuid-1");
    assert_eq!(wait(&session).await.expect("parts").len(), 2);
    session.close().await;
    let calls = server.calls.lock().expect("calls").clone();
    let (last, cookie) = calls.last().expect("calls");
    assert_eq!((last.as_str(), cookie.as_deref()), ("Logout", Some(COOKIE)));
}

#[tokio::test]
async fn a_set_up_that_fails_logs_out_again() {
    let (server, session) = open(Script::from([("CreateFilter", (500, fault("InvalidProperty")))])).await;
    assert!(session.is_err_and(|error| error.class() == Class::Device));
    assert_eq!(server.methods().last().map(String::as_str), Some("Logout"));
}

#[tokio::test]
async fn every_failure_of_a_login_has_its_class_and_no_password() {
    let table = [
        ("Login", 500, fault("InvalidLogin"), Class::Auth),
        ("Login", 500, fault("NoPermission"), Class::Device),
        ("Login", 503, String::new(), Class::Refused),
        ("RetrieveServiceContent", 200, "<html><body>hello</body></html>".to_owned(), Class::Refused),
        ("RetrieveServiceContent", 200, envelope("<R/>"), Class::Protocol),
        ("GET", 200, "<html/>".to_owned(), Class::Protocol),
    ];
    for (method, status, body, class) in table {
        let (server, session) = open(Script::from([(method, (status, body))])).await;
        let error = session.expect_err("refused");
        assert_eq!(error.class(), class, "{method} {status}: {error:?}");
        let text = chain(&error);
        assert!(text.contains("lab") && !text.contains("s3cret"), "{text}");
        drop(server);
    }
}

#[tokio::test]
async fn a_host_is_no_vcenter() {
    let body = usual("RetrieveServiceContent").replace("<instanceUuid>uuid-1</instanceUuid>", "");
    let (_server, session) = open(Script::from([("RetrieveServiceContent", (200, body))])).await;
    assert!(matches!(session, Err(VcenterError::NoVcenter { .. })));
}

#[tokio::test]
async fn a_wait_that_fails_says_what_it_means_for_the_session() {
    let cut = updates(OBJECT).split("</filterSet>").next().unwrap_or_default().to_owned();
    let table = [
        (500, fault("InvalidCollectorVersion"), Failure::Version),
        (500, fault("NotAuthenticated"), Failure::Session),
        (500, fault("ManagedObjectNotFound"), Failure::Session),
        (503, String::new(), Failure::Cut),
        (200, cut, Failure::Cut),
    ];
    for (status, body, failure) in table {
        let (_server, session) = open(Script::from([("WaitForUpdatesEx", (status, body))])).await;
        let outcome = wait(&session.expect("a session")).await;
        let found = outcome.as_ref().map_err(VcenterError::failure);
        assert_eq!(found.err(), Some(failure), "{status}");
    }
}

#[tokio::test]
async fn what_came_before_a_cut_stands() {
    let cut = updates(OBJECT).split("</filterSet>").next().unwrap_or_default().to_owned();
    let (_server, session) = open(Script::from([("WaitForUpdatesEx", (200, cut))])).await;
    let mut updates = session.expect("a session").wait("").await.expect("begun");
    assert!(matches!(updates.next().await, Some(Ok(Part::Object(_)))));
    assert!(matches!(updates.next().await, Some(Err(_))));
    assert!(updates.next().await.is_none());
}
