//! NX-API's limits: sessions, time, size; and the service itself.

use serde_json::json;

use super::{
    nxapi::{batch, text},
    nxapi_ins_api::{answer, job, post},
    *,
};
use crate::lab::model::switch::{Arrival, HttpReply, HttpRequest, Ticket};

fn rpc(line: &str) -> HttpRequest {
    post("application/json-rpc", &batch(&[line]).to_string())
}

fn ins_api(kind: &str, input: &str) -> HttpRequest {
    post("application/json", &job(kind, input).to_string())
}

fn arrive(switch: &mut Switch, request: &HttpRequest) -> Ticket {
    match switch.arrive(request, NOW) {
        Arrival::Serve(ticket) => ticket,
        Arrival::Answer(reply) => panic!("{reply:?}"),
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn twenty_callers_hold_sessions_and_the_next_waits_for_a_dropped_one() {
    let mut switch = switch();
    let from = |peer: u16| HttpRequest { peer: format!("198.51.100.{peer}"), ..ins_api("cli_show", "show hostname") };
    let full = |switch: &mut Switch, peer| text(switch.handle(&from(peer), NOW)).1.contains("Max sessions reached");
    assert!((1..=20).all(|peer| !full(&mut switch, peer)));
    assert!(full(&mut switch, 21));
    assert!(!full(&mut switch, 7), "who has a session keeps it");
    assert_eq!(switch.counters().turned_away, 1);
    switch.drop_sessions();
    assert!(!full(&mut switch, 21));
}

#[test]
fn a_turned_away_request_is_told_in_its_own_dialect() {
    let check = |request: HttpRequest, expected: &str| {
        let mut switch = switch();
        switch.faults.bad_reply = Some((crate::lab::model::switch::BadReply::TooManySessions, 1));
        let (status, body, _) = text(switch.handle(&request, NOW));
        assert_eq!(status, 200);
        let flat: String = body.split_whitespace().collect();
        assert!(flat.contains(expected), "{body}");
    };
    check(rpc("show hostname"), "{\"output\":{\"clierror\":\"InternalServererror\"");
    check(ins_api("cli_show", "show hostname"), "{\"output\":{\"clierror\":\"InternalServererror\",\"code\":\"429\"");
    let xml = "<ins_api><version>1.0</version><type>cli_show</type><input>show hostname</input></ins_api>";
    check(post("text/xml", xml), "<code>429</code>");
}

#[test]
fn a_slow_aaa_server_is_asked_about_every_command() {
    let mut switch = switch();
    switch.faults.aaa_delay = seconds(16);
    assert_eq!(arrive(&mut switch, &rpc("show hostname")).takes, seconds(16));
    let lines = ins_api("cli_conf", "interface Ethernet1/1 ;description x ;no description");
    assert_eq!(arrive(&mut switch, &lines).takes, seconds(48));
}

#[test]
fn a_command_over_300_seconds_is_an_error_although_a_save_finishes() {
    let check = |request: HttpRequest, status: u16, part: &str| {
        let mut switch = switch();
        switch.type_lines("ann", &["conf t", "vlan 60"], NOW);
        switch.save_time = seconds(301);
        let ticket = arrive(&mut switch, &request);
        assert_eq!(ticket.takes, seconds(300));
        let (got, body, _) = text(switch.serve(&request, &ticket, NOW + ticket.takes));
        assert!(got == status && body.contains(part), "{got} {body}");
        assert!(switch.is_saved());
    };
    let save = "copy running-config startup-config";
    check(rpc(save), 500, "\"msg\":\"Back-end processing error.\\n\"");
    check(ins_api("cli_show_ascii", save), 200, "\"msg\": \"Back-end processing error.\"");
    let mut switch = switch();
    switch.save_time = seconds(300);
    let request = rpc(save);
    let ticket = arrive(&mut switch, &request);
    assert_eq!(text(switch.serve(&request, &ticket, NOW + ticket.takes)).0, 200);
}

#[test]
fn replies_and_requests_have_a_longest() {
    let mut switch = switch();
    switch.profile.largest_reply = 600;
    assert_eq!(answer(&mut switch, &job("cli_show", "show hostname"))["ins_api"]["outputs"]["output"]["code"], "200");
    let output = answer(&mut switch, &job("cli_show", "show vlan"))["ins_api"]["outputs"]["output"].clone();
    assert_eq!((&output["code"], &output["msg"]), (&json!("413"), &json!("Response size too big")));
    let (status, body, _) = text(switch.handle(&rpc("show vlan"), NOW));
    assert!(status == 500 && body.contains("Response size too big"), "{body}");
    let (status, body, _) = text(switch.handle(&rpc(&"x".repeat(500_000)), NOW));
    assert!(status == 413 && body.contains("nginx"), "{body}");
}

#[test]
fn without_the_feature_nobody_answers() {
    let mut switch = switch();
    switch.type_lines("ann", &["conf t", "no feature nxapi"], NOW);
    assert_eq!(switch.handle(&rpc("show hostname"), NOW), HttpReply::HangUp);
    switch.type_lines("ann", &["conf t", "feature nxapi"], NOW);
    assert_eq!(text(switch.handle(&rpc("show hostname"), NOW)).0, 200);
}

#[test]
fn a_reboot_ends_every_session_and_the_feature_is_saved() {
    let mut switch = switch();
    let request = rpc("show hostname");
    let (_, _, cookie) = text(switch.handle(&request, NOW));
    switch.reload(NOW);
    assert_eq!(switch.handle(&request, NOW), HttpReply::HangUp);
    let up = NOW + switch.boot_time;
    switch.boot(up);
    let stale = HttpRequest { authorization: None, cookie, ..request.clone() };
    assert_eq!(text(switch.handle(&stale, up)).0, 401);
    assert_eq!(text(switch.handle(&request, up)).0, 200);
}
