//! The simulator as a process, its SOAP API and its control API.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use reqwest::{Client, Response, header};
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

/// How many clusters, hosts and port groups: what the switches of the lab are wired for.
const SIZE: [&str; 8] = ["-clusters", "2", "-hosts", "4", "-vms", "8", "-pgs", "6"];

/// A running simulator with somebody logged in.
pub(super) struct Peer {
    program: Program,
    process: Child,
    pub(super) url: String,
    http: Client,
    session: RefCell<Login>,
}

/// How the simulator is started, each time on the same ports.
struct Program {
    binary: String,
    dir: PathBuf,
    flags: Vec<String>,
    sdk: String,
    control: String,
}

/// The test's own session.
#[derive(Default)]
struct Login {
    cookie: String,
    /// How often the test logged in at the process that runs now.
    count: u64,
}

impl Peer {
    /// Starts `binary` with `flags` besides its size; its files go into `dir`.
    pub(super) async fn start(binary: &str, dir: &Path, flags: &[&str]) -> Self {
        let flags = flags.iter().copied().map(str::to_owned).collect();
        let (sdk, control) = (free_port(), free_port());
        let program = Program { binary: binary.to_owned(), dir: dir.to_owned(), flags, sdk, control };
        let ca = dir.join("vcsim-ca.pem");
        let (process, http) = (program.spawn(&ca).await, client(&ca));
        let url = format!("https://{}", program.sdk);
        let peer = Self { program, process, url, http, session: RefCell::default() };
        peer.log_in().await;
        peer
    }

    /// Ends the process and starts it anew at the same address: with other sessions, another inventory and another
    /// identity, and with a certificate of another authority, which it writes to `ca`.
    pub(super) async fn restart(&mut self, ca: &Path) {
        self.process.kill().await.expect("it ends");
        self.process = self.program.spawn(ca).await;
        self.http = client(ca);
        self.session.replace(Login::default());
        self.log_in().await;
    }

    async fn log_in(&self) {
        let login = format!("<userName>{USER}</userName><password>{PASSWORD}</password>");
        let reply = self.post(envelope("Login", ("SessionManager", "SessionManager"), &login), "").await;
        let cookie = reply.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).expect("a cookie").to_owned();
        let count = self.session.borrow().count + 1;
        self.session.replace(Login { cookie, count });
    }

    async fn post(&self, body: String, cookie: &str) -> Response {
        let request = self.http.post(format!("{}/sdk", self.url)).header(header::COOKIE, cookie);
        request.body(body).send().await.expect("an answer")
    }

    async fn answer(&self, method: &str, this: (&str, &str), arguments: &str) -> (Node, String) {
        let cookie = self.session.borrow().cookie.clone();
        let text = self.post(envelope(method, this, arguments), &cookie).await.text().await.expect("text");
        (read_call(&text).expect("an envelope").method, text)
    }

    /// Calls a method of the API; a fault ends the test. Where the simulator ends idle sessions, the test's own ends,
    /// too, and is opened anew.
    pub(super) async fn call(&self, method: &str, this: (&str, &str), arguments: &str) -> Node {
        let (mut answer, mut text) = self.answer(method, this, arguments).await;
        if answer.name == "Fault" && text.contains("NotAuthenticated") {
            self.log_in().await;
            (answer, text) = self.answer(method, this, arguments).await;
        }
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
                let state = self.one(("Task", task), &["info.state"]).await.text_of("info.state").to_owned();
                match state.as_str() {
                    "success" | "error" => return state,
                    _ => sleep(GLANCE).await,
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

    /// The properties of one object.
    pub(super) async fn one(&self, (kind, id): (&str, &str), paths: &[&str]) -> Node {
        let found = self.retrieve(kind, paths, &format!("<obj type=\"{kind}\">{id}</obj>")).await;
        found.into_iter().next().expect("the object").1
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
        let url = format!("http://{}{path}", self.program.control);
        let reply = self.http.get(url).send().await.expect("an answer");
        assert!(reply.status().is_success(), "{path}: {}", reply.status());
        reply.text().await.expect("text")
    }

    /// Calls of the API so far, by method.
    pub(super) async fn calls(&self) -> BTreeMap<String, u64> {
        serde_json::from_str(&self.control("/calls").await).expect("counts")
    }

    /// How often a method was called so far; of logins, those of the service.
    pub(super) async fn count(&self, method: &str) -> u64 {
        let own = if method == "Login" { self.session.borrow().count } else { 0 };
        self.calls().await.get(method).map_or(0, |count| count - own)
    }

    /// The sessions of others than the test.
    pub(super) async fn other_sessions(&self) -> Vec<String> {
        let found = self.one(("SessionManager", "SessionManager"), &["sessionList", "currentSession"]).await;
        let own = found.child("currentSession").map_or("", |session| session.text_of("key"));
        let list = found.child("sessionList").expect("a list");
        let keys = list.all("UserSession").map(|session| session.text_of("key").to_owned());
        keys.filter(|key| key != own).collect()
    }

    /// Ends the process.
    pub(super) async fn stop(mut self) {
        self.process.kill().await.expect("it ends");
    }
}

impl Program {
    async fn spawn(&self, ca: &Path) -> Child {
        let log = self.dir.join("vcsim.log");
        let said = fs::File::create(&log).expect("a log");
        let process = Command::new(&self.binary)
            .args(["-l", &self.sdk, "-ctl", &self.control])
            .args(SIZE)
            .args(&self.flags)
            .arg("-ca")
            .arg(ca)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a log"))
            .stderr(said)
            .kill_on_drop(true)
            .spawn()
            .expect("the simulator starts");
        until("the simulator is ready", || fs::read_to_string(&log).is_ok_and(|text| text.contains("ready in"))).await;
        process
    }
}

fn client(ca: &Path) -> Client {
    http_client(&Trust::CaFile(ca.to_owned()), PATIENCE).expect("a client")
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
    vmtracker::lab::site::free_port().expect("a port").to_string()
}
