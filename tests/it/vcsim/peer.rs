//! The simulator as a process, its SOAP API and its control API.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use reqwest::{Client, header};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};
use vmtracker::{
    lab::{model::vcenter::Node, serve::soap::read_call},
    tls::{Trust, http_client},
};

/// The longest that anything in this test may take: a loaded machine, not a target.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);
/// How often a condition is looked at.
pub(super) const GLANCE: Duration = Duration::from_millis(20);
pub(super) const USER: &str = "user";
pub(super) const PASSWORD: &str = "pass";

/// A running simulator with somebody logged in.
pub(super) struct Peer {
    process: Child,
    pub(super) url: String,
    pub(super) ca: PathBuf,
    control: String,
    http: Client,
    cookie: String,
}

impl Peer {
    /// Starts `binary`; its files go into `dir`.
    pub(super) async fn start(binary: &str, dir: &Path) -> Self {
        let (sdk, control) = (free_port(), free_port());
        let (ca, log) = (dir.join("vcsim-ca.pem"), dir.join("vcsim.log"));
        let said = fs::File::create(&log).expect("a log");
        let process = Command::new(binary)
            .args(["-l", &sdk, "-ctl", &control, "-clusters", "2", "-hosts", "4", "-vms", "8", "-pgs", "6", "-ca"])
            .arg(&ca)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a log"))
            .stderr(said)
            .kill_on_drop(true)
            .spawn()
            .expect("the simulator starts");
        until("the simulator is ready", || fs::read_to_string(&log).is_ok_and(|text| text.contains("ready in"))).await;
        let http = http_client(&Trust::CaFile(ca.clone()), PATIENCE).expect("a client");
        let mut peer = Self { process, url: format!("https://{sdk}"), ca, control, http, cookie: String::new() };
        peer.log_in().await;
        peer
    }

    async fn log_in(&mut self) {
        let login = format!("<userName>{USER}</userName><password>{PASSWORD}</password>");
        let body = envelope("Login", ("SessionManager", "SessionManager"), &login);
        let reply = self.http.post(format!("{}/sdk", self.url)).body(body).send().await.expect("an answer");
        let cookie = reply.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).expect("a cookie");
        self.cookie = cookie.to_owned();
    }

    /// Calls a method of the API; a fault ends the test.
    pub(super) async fn call(&self, method: &str, this: (&str, &str), arguments: &str) -> Node {
        let request = self.http.post(format!("{}/sdk", self.url)).header(header::COOKIE, &self.cookie);
        let reply = request.body(envelope(method, this, arguments)).send().await.expect("an answer");
        let text = reply.text().await.expect("text");
        let answer = read_call(&text).expect("an envelope").method;
        assert_eq!(answer.name, format!("{method}Response"), "{text}");
        answer
    }

    /// Begins a task.
    pub(super) async fn begin(&self, method: &str, this: (&str, &str), arguments: &str) -> String {
        self.call(method, this, arguments).await.text_of("returnval").to_owned()
    }

    /// Begins a task and waits for its end.
    pub(super) async fn task(&self, method: &str, this: (&str, &str), arguments: &str) {
        let task = self.begin(method, this, arguments).await;
        assert_eq!(self.outcome(&task).await, "success", "{method} {this:?}");
    }

    /// How a task ended, once it has.
    pub(super) async fn outcome(&self, task: &str) -> String {
        let ended = timeout(PATIENCE, async {
            loop {
                let spec = format!("<obj type=\"Task\">{task}</obj>");
                let found = self.retrieve("Task", &["info.state"], &spec).await;
                let state = found.first().map(|(_, properties)| properties.text_of("info.state").to_owned());
                match state.as_deref() {
                    Some("success" | "error") => return state.unwrap_or_default(),
                    Some(_) | None => sleep(GLANCE).await,
                }
            }
        });
        ended.await.unwrap_or_else(|_| panic!("{task} does not end"))
    }

    /// Every object of a kind: its id, and its properties by path.
    pub(super) async fn all(&self, kind: &str, paths: &[&str]) -> Vec<(String, Node)> {
        let arguments =
            format!("<container type=\"Folder\">group-d1</container><type>{kind}</type><recursive>true</recursive>");
        let view = self.call("CreateContainerView", ("ViewManager", "ViewManager"), &arguments).await;
        let view = view.text_of("returnval").to_owned();
        let spec = format!(
            "<obj type=\"ContainerView\">{view}</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\">\
             <type>ContainerView</type><path>view</path><skip>false</skip></selectSet>"
        );
        let found = self.retrieve(kind, paths, &spec).await;
        self.call("DestroyView", ("ContainerView", &view), "").await;
        found
    }

    async fn retrieve(&self, kind: &str, paths: &[&str], objects: &str) -> Vec<(String, Node)> {
        let paths: String = paths.iter().map(|path| format!("<pathSet>{path}</pathSet>")).collect();
        let arguments = format!(
            "<specSet><propSet><type>{kind}</type>{paths}</propSet><objectSet>{objects}</objectSet></specSet><options/>"
        );
        let collector = ("PropertyCollector", "propertyCollector");
        let answer = self.call("RetrievePropertiesEx", collector, &arguments).await;
        let objects = answer.child("returnval").into_iter().flat_map(|found| found.all("objects"));
        objects.map(|object| (object.text_of("obj").to_owned(), properties(object))).collect()
    }

    /// Asks the control API, such as `/phase?d=2s`.
    pub(super) async fn control(&self, path: &str) -> String {
        let reply = self.http.get(format!("http://{}{path}", self.control)).send().await.expect("an answer");
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.text().await.expect("text")
    }

    /// Ends the process.
    pub(super) async fn stop(mut self) {
        self.process.kill().await.expect("it ends");
    }
}

/// The properties of an object: each value under the path's name.
fn properties(object: &Node) -> Node {
    let value = |set: &Node| {
        let value = set.child("val").cloned().unwrap_or_default();
        Node { name: set.text_of("name").to_owned(), ..value }
    };
    Node { children: object.all("propSet").map(value).collect(), ..Node::default() }
}

fn envelope(method: &str, (kind, id): (&str, &str), arguments: &str) -> String {
    format!(
        "<Envelope xmlns=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Body><{method} xmlns=\"urn:vim25\">\
         <_this type=\"{kind}\">{id}</_this>{arguments}</{method}></Body></Envelope>"
    )
}

/// Waits until something is so.
pub(super) async fn until(what: &str, so: impl Fn() -> bool) {
    let waiting = timeout(PATIENCE, async {
        while !so() {
            sleep(GLANCE).await;
        }
    });
    waiting.await.unwrap_or_else(|_| panic!("not so: {what}"));
}

/// An address of this machine that is free at this moment.
pub(super) fn free_port() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("bound").to_string()
}
