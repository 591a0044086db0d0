//! Over loopback, with a client that trusts the lab's authority and nobody else.

use std::{sync::Arc, sync::Mutex, time::Duration};

use reqwest::{Certificate, Client, StatusCode};
use serde_json::{Value, json};
use vmtracker_core::net::{InterfaceName, VlanId, VlanSet};

use super::*;
use crate::lab::model::{
    LabTime,
    switch::{BadReply, Delays, Port, StpType, Switch, SwitchSpec},
    vcenter::Vcenter,
    world::{Observer, World},
};

const EDGE: InterfaceName = InterfaceName::Ethernet(1, 1);

fn switch(name: &str) -> Switch {
    Switch::new(SwitchSpec {
        hostname: name.to_owned(),
        vlans: VlanSet::all().intersection(&"10-99".parse().expect("a list")),
        ports: [(EDGE, Port { stp: StpType::EdgeTrunk, ..Port::trunk("10".parse().expect("a list")) })].into(),
        ..SwitchSpec::default()
    })
}

/// Two switches being served, and a client.
struct Lab {
    world: SharedWorld,
    servers: RunningServers,
    client: Client,
}

async fn lab() -> Lab {
    let names = ["leaf1".to_owned(), "leaf2".to_owned()];
    let switches = names.iter().map(|name| (name.clone(), switch(name))).collect();
    let world = SharedWorld::new(World { switches, ..World::default() });
    let ca = LabCa::new().expect("an authority");
    let servers = serve_switches(world.clone(), &names, &ca, 0).await.expect("free ports");
    let client = trusting(&ca);
    Lab { world, servers, client }
}

fn trusting(ca: &LabCa) -> Client {
    // A second install is refused, which is as good: the provider is there.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let root = Certificate::from_pem(ca.ca_pem().as_bytes()).expect("the authority's certificate");
    Client::builder().no_proxy().tls_certs_only([root]).timeout(Duration::from_secs(20)).build().expect("a client")
}

impl Lab {
    fn post(&self, name: &str, lines: &[&str]) -> reqwest::RequestBuilder {
        let calls: Value = (1..)
            .zip(lines)
            .map(|(id, cmd)| json!({ "jsonrpc": "2.0", "method": "cli", "params": { "cmd": cmd, "version": 1 }, "id": id }))
            .collect();
        let url = format!("{}/ins", self.servers.url(name).expect("a switch"));
        let request = self.client.post(url).basic_auth("admin", Some("admin"));
        request.header("content-type", "application/json-rpc").body(calls.to_string())
    }

    fn allowed(&self, name: &str) -> String {
        self.world.look(|world, _| world.switches[name].allowed(EDGE).to_string())
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Switch)) {
        self.world.with(|world, _| change(world.switches.get_mut(name).expect("a switch")));
    }
}

const ADD: [&str; 2] = ["interface Ethernet1/1", "switchport trunk allowed vlan add 20"];

/// Needs no actix system around it.
#[tokio::test]
async fn each_switch_answers_on_its_own_port() {
    let lab = lab().await;
    for name in ["leaf1", "leaf2"] {
        let reply = lab.post(name, &["show hostname"]).send().await.expect("a reply");
        assert_eq!(reply.status(), StatusCode::OK);
        let cookie = reply.headers()["set-cookie"].to_str().expect("text").to_owned();
        assert!(cookie.starts_with("nxapi_auth=lab:"), "{cookie}");
        let body = reply.text().await.expect("a body");
        assert_eq!(body, json!({ "jsonrpc": "2.0", "result": { "body": { "hostname": name } }, "id": 1 }).to_string());
    }
    let reply = lab.post("leaf2", &ADD).send().await.expect("a reply");
    assert_eq!(reply.status(), StatusCode::OK);
    assert_eq!((lab.allowed("leaf1"), lab.allowed("leaf2")), ("10".to_owned(), "10,20".to_owned()));
    lab.servers.stop().await;
}

#[actix_web::test]
async fn nobody_else_is_trusted() {
    let lab = lab().await;
    let other = trusting(&LabCa::new().expect("an authority"));
    let url = lab.servers.url("leaf1").expect("a switch");
    let error = other.get(url).send().await.expect_err("an authority nobody knows");
    assert!(error.is_connect(), "{error:?}");
    lab.servers.stop().await;
}

#[actix_web::test]
async fn a_switch_may_apply_and_hang_up() {
    let lab = lab().await;
    lab.change("leaf1", |switch| switch.faults.bad_reply = Some((BadReply::HangUp, 1)));
    let error = lab.post("leaf1", &ADD).send().await.expect_err("no reply");
    assert!(error.is_request(), "{error:?}");
    assert_eq!(lab.allowed("leaf1"), "10,20");
    let reply = lab.post("leaf1", &["show hostname"]).send().await.expect("a reply");
    assert_eq!(reply.status(), StatusCode::OK);
    lab.servers.stop().await;
}

#[derive(Clone, Debug, Default)]
struct Notes(Arc<Mutex<Vec<(String, bool, bool)>>>);

impl Observer for Notes {
    fn changed(&mut self, _: &BTreeMap<String, Switch>, _: &BTreeMap<String, Vcenter>, _: LabTime) {}

    fn served(&mut self, switch: &str, write: bool, began: bool, _: LabTime) {
        self.0.lock().expect("no panic").push((switch.to_owned(), write, began));
    }

    fn told(&mut self, _: &str, _: u64, _: LabTime) {}
}

#[actix_web::test]
async fn configuration_takes_effect_when_its_time_is_over_even_for_a_client_that_left() {
    let lab = lab().await;
    let notes = Notes::default();
    lab.world.with(|world, _| world.observers.push(Box::new(notes.clone())));
    lab.change("leaf1", |switch| switch.delays = Delays { write: Duration::from_millis(300), ..Delays::NONE });
    let mut changes = lab.world.changes();
    changes.mark_unchanged();
    let error = lab.post("leaf1", &ADD).timeout(Duration::from_millis(150)).send().await.expect_err("too slow");
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(lab.allowed("leaf1"), "10");
    let in_time = tokio::time::timeout(Duration::from_secs(20), changes.changed()).await;
    assert!(matches!(in_time, Ok(Ok(()))));
    assert_eq!(lab.allowed("leaf1"), "10,20");
    let reply = lab.post("leaf1", &["show hostname"]).send().await.expect("a reply");
    assert_eq!(reply.status(), StatusCode::OK);
    let noted = notes.0.lock().expect("no panic").clone();
    let expected = [(true, true), (true, false), (false, true), (false, false)];
    assert_eq!(noted, expected.map(|(write, began)| ("leaf1".to_owned(), write, began)));
    lab.servers.stop().await;
}

#[actix_web::test]
async fn more_than_four_at_once_are_turned_away() {
    let lab = lab().await;
    lab.change("leaf1", |switch| switch.delays = Delays { read: Duration::from_millis(500), ..Delays::NONE });
    let asked = (0..6).map(|_| lab.post("leaf1", &["show hostname"]).send());
    let mut turned_away = 0;
    for reply in futures_util::future::join_all(asked).await {
        let body = reply.expect("a reply").text().await.expect("a body");
        turned_away += u32::from(body.contains("\"code\":\"429\""));
    }
    assert_eq!(turned_away, 2);
    lab.servers.stop().await;
}

#[actix_web::test]
async fn a_hundred_switches_fit_in_one_server() {
    let names: Vec<_> = (1..=100).map(|number| format!("leaf{number}")).collect();
    let switches = names.iter().map(|name| (name.clone(), switch(name))).collect();
    let world = SharedWorld::new(World { switches, ..World::default() });
    let ca = LabCa::new().expect("an authority");
    let servers = serve_switches(world.clone(), &names, &ca, 0).await.expect("free ports");
    let lab = Lab { world, servers, client: trusting(&ca) };
    let replies = futures_util::future::join_all(names.iter().map(|name| lab.post(name, &ADD).send())).await;
    assert!(replies.iter().all(|reply| reply.as_ref().is_ok_and(|reply| reply.status() == StatusCode::OK)));
    let twenty = VlanId::new(20).expect("a VLAN");
    assert!(lab.world.look(|world, _| world.switches.values().all(|switch| switch.forwards(EDGE, twenty))));
    lab.servers.stop().await;
}

#[actix_web::test]
async fn ins_api_is_served_by_content_type_and_replies_in_its_own() {
    let lab = lab().await;
    let body = json!({ "ins_api": {
        "version": "1.0", "type": "cli_show", "chunk": "0", "sid": null, "input": "show hostname", "output_format": "json"
    } });
    let url = format!("{}/ins", lab.servers.url("leaf1").expect("a switch"));
    let request = lab.client.post(url).basic_auth("admin", Some("admin")).header("content-type", "application/json");
    let reply = request.body(body.to_string()).send().await.expect("a reply");
    assert_eq!(reply.headers()["content-type"], "text/json; charset=UTF-8");
    let body: Value = serde_json::from_str(&reply.text().await.expect("a body")).expect("JSON");
    assert_eq!(body["ins_api"]["outputs"]["output"]["body"], json!({ "hostname": "leaf1" }));
    lab.servers.stop().await;
}

#[actix_web::test]
async fn a_switch_of_the_old_days_wants_another_tls() {
    let names = ["leaf1".to_owned(), "leaf2".to_owned()];
    let mut world =
        World { switches: names.iter().map(|name| (name.clone(), switch(name))).collect(), ..World::default() };
    world.switches.values_mut().take(1).for_each(|old| old.faults.legacy_tls = true);
    let (world, ca) = (SharedWorld::new(world), LabCa::new().expect("an authority"));
    let servers = serve_switches(world.clone(), &names, &ca, 0).await.expect("free ports");
    let lab = Lab { world, servers, client: trusting(&ca) };
    for _ in 0..2 {
        let error = lab.post("leaf1", &["show hostname"]).send().await.expect_err("no common version");
        assert!(error.is_connect() && format!("{error:?}").contains("ProtocolVersion"), "{error:?}");
    }
    let reply = lab.post("leaf2", &["show hostname"]).send().await.expect("a reply");
    assert_eq!(reply.status(), StatusCode::OK);
    let address = lab.servers.addresses()["leaf1"];
    lab.servers.stop().await;
    let closed = async {
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("the listener is closed");
}
