//! NX-API: logins, envelopes, errors, faults.

use serde_json::{Value, json};

use super::*;
use crate::lab::model::switch::{Arrival, BadReply, HttpReply, HttpRequest};

fn post(body: &Value) -> HttpRequest {
    HttpRequest {
        method: "POST".to_owned(),
        path: "/ins".to_owned(),
        authorization: Some(GOOD.to_owned()),
        body: body.to_string().into_bytes(),
        peer: "192.0.2.7".to_owned(),
        ..HttpRequest::default()
    }
}

fn call(method: &str, cmd: &str, id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": { "cmd": cmd, "version": 1 }, "id": id, "rollback": "stop-on-error" })
}

pub(super) fn batch(lines: &[&str]) -> Value {
    (1..).zip(lines).map(|(id, line)| call("cli", line, id)).collect()
}

pub(super) fn text(reply: HttpReply) -> (u16, String, Option<String>) {
    match reply {
        HttpReply::Answer { status, body, set_cookie, .. } => (status, body, set_cookie),
        HttpReply::HangUp => panic!("no reply"),
    }
}

fn answer(switch: &mut Switch, body: &Value) -> (u16, Value) {
    let (status, body, _) = text(switch.handle(&post(body), NOW));
    (status, serde_json::from_str(&body).expect("JSON"))
}

#[test]
fn every_envelope_gets_the_reply_of_a_real_switch() {
    let check = |body: Value, status: u16, expected: Value| {
        assert_eq!(answer(&mut switch(), &body), (status, expected), "{body}");
    };
    let hostname = json!({ "jsonrpc": "2.0", "result": { "body": { "hostname": "leaf1" } }, "id": 1 });
    check(json!([call("cli", "show hostname", 1)]), 200, hostname.clone());
    check(call("cli", "show hostname", 1), 200, hostname.clone());
    check(
        json!([call("cli_ascii", "show hostname", 1)]),
        200,
        json!({ "jsonrpc": "2.0", "result": { "msg": "leaf1 \n" }, "id": 1 }),
    );
    check(json!([call("cli", "vlan 50", 1)]), 200, json!({ "jsonrpc": "2.0", "result": null, "id": 1 }));
    check(json!([call("cli", "show running-config", 1)]), 200, json!({ "jsonrpc": "2.0", "result": null, "id": 1 }));
    let invalid = |id: u64| {
        let error = json!({ "code": -32602, "message": "Invalid params", "data": { "msg": "% Invalid command\n" } });
        json!({ "jsonrpc": "2.0", "error": error, "id": id })
    };
    check(json!([call("cli", "bogus", 1)]), 500, invalid(1));
    check(json!([call("cli", "show system vlan reserved", 1)]), 500, invalid(1));
    check(batch(&["show hostname", "bogus", "show hostname"]), 500, json!([hostname, invalid(2)]));
    let request = |msg: &str| {
        let error = json!({ "code": -32600, "message": "Invalid request", "data": { "msg": msg } });
        json!({ "jsonrpc": "2.0", "error": error, "id": null })
    };
    let no_version = "The required NX-API \"version\" object was not found in params structure";
    check(
        json!([{ "jsonrpc": "2.0", "method": "cli", "params": { "cmd": "show version" }, "id": 1 }]),
        400,
        request(no_version),
    );
    check(json!([{ "method": "cli" }]), 200, request("JSON-RPC version structure was not found in request"));
}

#[test]
fn lines_before_an_error_stay_and_the_context_ends_with_the_batch() {
    let mut switch = switch();
    let lines = ["interface Ethernet1/1", "switchport trunk allowed vlan add 30", "vlan 4000", "vlan 60"];
    let (status, reply) = answer(&mut switch, &batch(&lines));
    assert_eq!((status, reply.as_array().map(Vec::len)), (500, Some(3)));
    assert_eq!(switch.allowed(eth(1)), list("10,20,30"));
    assert!(!switch.is_active(vlan(60)));
    let (status, _) = answer(&mut switch, &batch(&["switchport trunk allowed vlan add 40"]));
    assert_eq!(status, 500, "no interface is open any longer");
    let mut rolled = batch(&["vlan 61", "bogus"]);
    rolled[0]["rollback"] = json!("rollback-on-error");
    assert_eq!(answer(&mut switch, &rolled).0, 500);
    assert!(!switch.is_active(vlan(61)));
}

#[test]
fn garbage_other_methods_and_wrong_passwords_get_their_pages() {
    let check = |request: HttpRequest, status: u16, part: &str| {
        let (got, body, _) = text(switch().handle(&request, NOW));
        assert!(got == status && body.contains(part), "{got} {body}");
    };
    let good = post(&json!([]));
    check(HttpRequest { body: b"<html>".to_vec(), ..good.clone() }, 400, "<code>400</code>");
    check(HttpRequest { method: "GET".to_owned(), ..good.clone() }, 405, "405 Not Allowed");
    check(HttpRequest { authorization: None, ..good.clone() }, 401, "401 Authorization Required");
    check(HttpRequest { authorization: Some("Basic eDp5".to_owned()), ..good.clone() }, 401, "nginx/1.7.10");
    check(HttpRequest { path: "/".to_owned(), ..good }, 404, "404");
}

#[test]
fn a_cookie_stands_for_the_password_for_ten_minutes() {
    let mut switch = switch();
    let request = post(&batch(&["show hostname"]));
    let (_, _, cookie) = text(switch.handle(&request, NOW));
    let cookie = cookie.expect("a cookie with the first login");
    assert!(cookie.starts_with("nxapi_auth=") && cookie.ends_with("; Secure; HttpOnly;"), "{cookie}");
    let with_cookie = HttpRequest { authorization: None, cookie: Some(cookie.clone()), ..request.clone() };
    let (status, _, again) = text(switch.handle(&with_cookie, NOW + Duration::from_secs(599)));
    assert_eq!((status, again), (200, None));
    let (status, ..) = text(switch.handle(&with_cookie, NOW + Duration::from_secs(600)));
    assert_eq!(status, 401);
    let both = HttpRequest { cookie: Some(cookie), ..request };
    let (status, _, fresh) = text(switch.handle(&both, NOW + Duration::from_secs(600)));
    assert_eq!((status, fresh.is_some()), (200, true));
    let counters = switch.counters();
    assert_eq!((counters.logins, counters.reads, counters.writes), (2, 3, 0));
}

#[test]
fn requests_are_counted_by_what_they_do() {
    let mut switch = switch();
    for lines in [
        &["show version", "terminal length 0"][..],
        &["show nonsense"],
        &["configure terminal", "vlan 50"],
        &["show version", "interface Ethernet1/1"],
        &["copy running-config startup-config"],
    ] {
        answer(&mut switch, &batch(lines));
    }
    let counters = switch.counters();
    assert_eq!((counters.reads, counters.writes, counters.saves), (2, 2, 1));
}

#[test]
fn the_fifth_request_at_once_is_turned_away() {
    let mut switch = switch();
    let request = post(&batch(&["show hostname"]));
    let tickets: Vec<_> = (0..4).map(|_| switch.arrive(&request, NOW)).collect();
    let Arrival::Answer(reply) = switch.arrive(&request, NOW) else { panic!("a fifth was let in") };
    let (status, body, _) = text(reply);
    assert!(status == 200 && body.contains("\"code\":\"429\""), "{status} {body}");
    let Some(Arrival::Serve(ticket)) = tickets.first() else { panic!("the first was refused") };
    switch.serve(&request, ticket, NOW);
    assert!(matches!(switch.arrive(&request, NOW), Arrival::Serve(_)));
    assert_eq!(switch.counters().turned_away, 1);
}

#[test]
fn faults_happen_as_often_as_they_were_ordered() {
    let mut switch = switch();
    let write = batch(&["vlan 50"]);
    switch.faults.refuse("vlan 50", "ERROR: no room", 1);
    let (status, reply) = answer(&mut switch, &write);
    assert_eq!((status, &reply["error"]["data"]["msg"]), (500, &json!("ERROR: no room\n")));
    switch.faults.hide_error("vlan 50", "ERROR: VLAN is busy", 1);
    let (status, reply) = answer(&mut switch, &write);
    assert_eq!((status, &reply["result"]["msg"]), (200, &json!("ERROR: VLAN is busy")));
    assert!(!switch.is_active(vlan(50)));
    switch.faults.bad_reply = Some((BadReply::HangUp, 2));
    assert_eq!(switch.handle(&post(&write), NOW), HttpReply::HangUp);
    assert!(switch.is_active(vlan(50)), "applied, then hung up");
    assert_eq!(switch.handle(&post(&write), NOW), HttpReply::HangUp);
    assert_eq!(answer(&mut switch, &write).0, 200);
    switch.faults.bad_reply = Some((BadReply::ServerError, 1));
    assert_eq!(text(switch.handle(&post(&write), NOW)).0, 500);
    switch.faults.bad_reply = Some((BadReply::TooManySessions, 1));
    assert!(text(switch.handle(&post(&write), NOW)).1.contains("429"));
    switch.faults.unreachable = true;
    assert_eq!(switch.handle(&post(&write), NOW), HttpReply::HangUp);
    switch.faults.unreachable = false;
    switch.faults.not_a_nexus = true;
    let (_, reply) = answer(&mut switch, &batch(&["show version"]));
    assert!(!reply.to_string().contains("Nexus"), "{reply}");
}

#[test]
fn no_password_is_ever_printed() {
    let spec = SwitchSpec { password: "hunter2-in-the-lab".to_owned(), ..SwitchSpec::default() };
    let request = HttpRequest { authorization: Some("Basic aHVudGVyMg==".to_owned()), ..HttpRequest::default() };
    let printed = format!("{spec:?} {request:?} {:?}", Switch::new(spec.clone()));
    assert!(!printed.contains("hunter2") && !printed.contains("aHVudGVyMg"), "{printed}");
}

#[test]
fn one_save_runs_at_a_time() {
    let mut switch = switch();
    switch.save_time = Duration::from_secs(20);
    let request = post(&json!([call("cli_ascii", "copy running-config startup-config", 1)]));
    let arrive = |switch: &mut Switch, at| match switch.arrive(&request, NOW + at) {
        Arrival::Serve(ticket) => ticket,
        Arrival::Answer(reply) => panic!("{reply:?}"),
    };
    let first = arrive(&mut switch, Duration::ZERO);
    let second = arrive(&mut switch, Duration::from_secs(5));
    assert_eq!(first.takes, Duration::from_secs(20));
    assert!(text(switch.serve(&request, &second, NOW + Duration::from_secs(5))).1.contains("in progress"));
    assert!(text(switch.serve(&request, &first, NOW + Duration::from_secs(20))).1.contains("Copy complete."));
    assert_eq!(switch.counters().saves, 2);
}
