//! Commands to a running service: from the binary, over the socket, to the service behind it and back.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use metrics_exporter_prometheus::PrometheusBuilder;
use vmtracker::{
    api::{Caller, Close, Control, ControlError, FindingRow, HistoryRow, Reply, Status, SwitchRow, VcenterRow},
    web,
};

use crate::commands::vmtracker;

/// A service that keeps what it is told.
#[derive(Debug, Default)]
struct Fake(Mutex<Vec<String>>);

impl Fake {
    fn note(&self, line: String) -> Reply<'_, ()> {
        self.0.lock().expect("lock").push(line);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Control for Fake {
    fn status(&self) -> Status {
        let lost = "lost: connection refused".to_owned();
        let vcenter =
            VcenterRow { name: "vc1".to_owned(), state: "watching".to_owned(), vms: 20, ..VcenterRow::default() };
        let switch = SwitchRow { name: "leaf-1".to_owned(), state: lost, owned: 17, ..SwitchRow::default() };
        Status { paused: true, vcenters: vec![vcenter], switches: vec![switch], unmet: 5, ..Status::default() }
    }
    fn findings(&self) -> Vec<FindingRow> {
        // A name from vCenter that would clear the terminal.
        let (kind, subject) = ("unattached".to_owned(), "host esx7 vmnic2".to_owned());
        vec![FindingRow { kind, subject, text: "esx\u{1b}[2J".to_owned(), ..FindingRow::default() }]
    }
    fn history(&self, limit: usize) -> Reply<'_, Vec<HistoryRow>> {
        let row = HistoryRow {
            at_ms: 0,
            actor: "controller".to_owned(),
            what: "owned".to_owned(),
            switch: Some("leaf-1".to_owned()),
            place: Some("Ethernet1/6".to_owned()),
            vlan: Some(120),
            text: format!("one of {limit}"),
        };
        Box::pin(std::future::ready(Ok(vec![row])))
    }
    fn pause(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("pause by {who}"))
    }
    fn resume(&self, _: Caller) -> Reply<'_, ()> {
        Box::pin(std::future::ready(Err(ControlError::Unavailable("the store cannot be written".to_owned()))))
    }
    fn close(&self, _: Caller, what: Close) -> Reply<'_, ()> {
        self.note(format!("close {} {} {}", what.switch, what.interface, what.vlan))
    }
    fn release_brake(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("retry by {who}"))
    }

    fn retry(&self, who: Caller) -> Reply<'_, ()> {
        self.note(format!("retry by {who}"))
    }
}

/// Runs a command against the service, on another thread, and looks at what it prints.
async fn check(socket: &Path, arguments: &'static [&'static str], code: i32, parts: &[&str]) {
    let control = socket.to_str().expect("plain").to_owned();
    let run = tokio::task::spawn_blocking(move || vmtracker(&[arguments, &["--control", control.as_str()]].concat()));
    let run = run.await.expect("ran");
    let shown = format!("{}{}", run.out, run.err);
    assert_eq!(run.code, Some(code), "{arguments:?}: {shown}");
    for part in parts {
        assert!(shown.contains(part), "{arguments:?}: no {part:?} in {shown}");
    }
}

#[actix::test]
async fn commands_reach_the_service_and_print_its_answer() {
    let folder = tempfile::tempdir().expect("a directory");
    let socket = folder.path().join("control.sock");
    let fake = Arc::new(Fake::default());
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let web = web::serve(fake.clone(), metrics, &socket, None).expect("serves");
    check(&socket, &["status"], 0, &["PAUSED", "vc1", "watching", "leaf-1", "lost: connection refused", "17"]).await;
    check(&socket, &["status", "--json"], 0, &["\"paused\":true", "\"unmet\":5"]).await;
    check(&socket, &["findings"], 0, &["unattached", "host esx7 vmnic2", "esx\\u{1b}[2J"]).await;
    check(&socket, &["history", "--limit", "7"], 0, &["Ethernet1/6", "120", "one of 7"]).await;
    check(&socket, &["pause"], 0, &["paused"]).await;
    check(&socket, &["resume"], 1, &["the store cannot be written"]).await;
    check(&socket, &["retry", "--json"], 0, &["{\"done\":"]).await;
    check(&socket, &["close", "leaf-1", "eth1/6", "120"], 0, &["VLAN 120 on leaf-1 Ethernet1/6 is closed"]).await;
    web.stop().await;
    let uid = rustix::process::getuid().as_raw();
    let told = fake.0.lock().expect("lock").clone();
    let expected =
        [format!("pause by uid {uid}"), format!("retry by uid {uid}"), "close leaf-1 Ethernet1/6 120".to_owned()];
    assert_eq!(told, expected);
}
