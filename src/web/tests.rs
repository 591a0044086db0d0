//! The control socket over the wire: who may open it, what it answers, who is written to the history.

use std::{os::unix::fs::MetadataExt, sync::Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::StatusCode;
use vmtracker_core::net::{SwitchName, VlanId};

use super::*;
use crate::api::{Caller, Close, ControlError, FindingRow, HistoryRow, Reply, Status};

/// A service that keeps what it is told.
#[derive(Debug, Default)]
struct Fake {
    told: Mutex<Vec<String>>,
}

impl Fake {
    fn note(&self, line: String) -> Reply<'_, ()> {
        self.told.lock().expect("lock").push(line);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Control for Fake {
    fn status(&self) -> Status {
        Status { unmet: 3, ..Status::default() }
    }
    fn findings(&self) -> Vec<FindingRow> {
        vec![FindingRow { kind: "no-attachment".to_owned(), ..FindingRow::default() }]
    }
    fn history(&self, limit: usize) -> Reply<'_, Vec<HistoryRow>> {
        Box::pin(std::future::ready(Err(ControlError::Unavailable(format!("no {limit} lines")))))
    }
    fn pause(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("pause by {who}"))
    }
    fn resume(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("resume by {who}"))
    }
    fn close(&self, who: Caller, what: Close) -> Reply<'_, ()> {
        match what.switch == SwitchName::from("leaf-1") && VlanId::new(20) == Some(what.vlan) {
            true => self.note(format!("close by {who} on {}", what.interface)),
            false => Box::pin(std::future::ready(Err(ControlError::NotFound("no such requirement".to_owned())))),
        }
    }
    fn release_brake(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("retry by {who}"))
    }

    fn retry(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("retry by {who}"))
    }
}

struct Bench {
    fake: Arc<Fake>,
    web: Web,
    client: reqwest::Client,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let socket = folder.path().join("control.sock");
        let fake = Arc::new(Fake::default());
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let web = serve(fake.clone(), metrics, &socket, Some(([127, 0, 0, 1], 0).into())).expect("serves");
        // Another test of this process may have been first.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let client = reqwest::Client::builder().unix_socket(socket).no_proxy().build().expect("a client");
        Self { fake, web, client, folder }
    }

    async fn check(&self, method: reqwest::Method, path: &str, body: &str, status: StatusCode, part: &str) {
        let request = self.client.request(method, format!("http://localhost{path}"));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let response = request.send().await.expect("answers");
        let found = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(found, status, "{path}: {text}");
        assert!(text.contains(part), "{path}: {text}");
    }
}

#[actix::test]
async fn only_owner_and_group_may_open_the_socket_and_it_goes_with_the_service() {
    let bench = Bench::new();
    let socket = bench.folder.path().join("control.sock");
    assert_eq!(fs::metadata(&socket).expect("it is there").mode() & 0o777, 0o660);
    bench.web.stop().await;
    assert!(!socket.exists());
}

#[actix::test]
async fn queries_answer_with_rows() {
    let bench = Bench::new();
    let get = reqwest::Method::GET;
    bench.check(get.clone(), "/v1/status", "", StatusCode::OK, "\"unmet\":3").await;
    bench.check(get.clone(), "/v1/findings", "", StatusCode::OK, "no-attachment").await;
    bench.check(get.clone(), "/v1/history?limit=7", "", StatusCode::SERVICE_UNAVAILABLE, "no 7 lines").await;
    bench.check(get.clone(), "/v1/history?limit=x", "", StatusCode::BAD_REQUEST, "error").await;
    bench.check(get.clone(), "/metrics", "", StatusCode::OK, "").await;
    bench.check(get, "/v1/pause", "", StatusCode::NOT_FOUND, "").await;
    bench.web.stop().await;
}

#[actix::test]
async fn commands_carry_the_callers_uid() {
    let bench = Bench::new();
    let post = reqwest::Method::POST;
    let close = |switch: &str, vlan: u16| format!(r#"{{"switch":"{switch}","interface":"Eth1/6","vlan":{vlan}}}"#);
    bench.check(post.clone(), "/v1/pause", "", StatusCode::OK, "paused").await;
    bench.check(post.clone(), "/v1/resume", "", StatusCode::OK, "goes on").await;
    bench.check(post.clone(), "/v1/retry", "", StatusCode::OK, "tried again").await;
    bench.check(post.clone(), "/v1/close", &close("leaf-1", 20), StatusCode::OK, "Ethernet1/6").await;
    bench.check(post.clone(), "/v1/close", &close("leaf-2", 20), StatusCode::NOT_FOUND, "no such").await;
    bench.check(post.clone(), "/v1/close", &close("leaf-1", 4095), StatusCode::BAD_REQUEST, "4095").await;
    bench.check(post, "/v1/close", "{}", StatusCode::BAD_REQUEST, "switch").await;
    let uid = rustix::process::getuid().as_raw();
    let told = bench.fake.told.lock().expect("lock").clone();
    let expected = ["pause", "resume", "retry"].map(|word| format!("{word} by uid {uid}"));
    assert_eq!(told.get(..3), Some(expected.as_slice()));
    assert_eq!(told.get(3), Some(&format!("close by uid {uid} on Ethernet1/6")));
    bench.web.stop().await;
}

#[actix::test]
async fn over_tcp_there_are_metrics_and_nothing_else() {
    let bench = Bench::new();
    let address = bench.web.metrics_address().expect("an address");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let check = async |path: &str, status: StatusCode| {
        let response = client.get(format!("http://{address}{path}")).send().await.expect("answers");
        assert_eq!(response.status(), status, "{path}");
    };
    check("/metrics", StatusCode::OK).await;
    check("/v1/status", StatusCode::NOT_FOUND).await;
    bench.web.stop().await;
}

#[actix::test]
async fn a_socket_that_a_crash_left_behind_is_replaced() {
    let folder = tempfile::tempdir().expect("a directory");
    let socket = folder.path().join("control.sock");
    drop(UnixListener::bind(&socket).expect("binds"));
    assert!(std::os::unix::net::UnixStream::connect(&socket).is_err(), "nobody is there");
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let web = serve(Arc::new(Fake::default()), metrics, &socket, None).expect("serves");
    std::os::unix::net::UnixStream::connect(&socket).expect("somebody is there");
    web.stop().await;
}
