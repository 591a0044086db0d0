//! ins_api: dialects, types, entries.

use serde_json::{Value, json};

use super::{nxapi::text, *};
use crate::lab::model::switch::{HttpReply, HttpRequest};

/// A request as a client of this content type sends it.
pub(super) fn post(content_type: &str, body: &str) -> HttpRequest {
    HttpRequest {
        method: "POST".to_owned(),
        path: "/ins".to_owned(),
        content_type: Some(content_type.to_owned()),
        authorization: Some(GOOD.to_owned()),
        body: body.as_bytes().to_vec(),
        peer: "192.0.2.7".to_owned(),
        ..HttpRequest::default()
    }
}

pub(super) fn job(kind: &str, input: &str) -> Value {
    json!({ "ins_api": {
        "version": "1.0", "type": kind, "chunk": "0", "sid": "1", "input": input, "output_format": "json"
    } })
}

fn xml_job(kind: &str, input: &str, format: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<ins_api><version>0.1</version><type>{kind}</type><chunk>0</chunk><sid>sid</sid>\
         <input>{input}</input><output_format>{format}</output_format></ins_api>"
    )
}

fn send(switch: &mut Switch, content_type: &str, body: &str) -> (u16, &'static str, String) {
    match switch.handle(&post(content_type, body), NOW) {
        HttpReply::Answer { status, content_type, body, .. } => (status, content_type, body),
        HttpReply::HangUp => panic!("no reply"),
    }
}

/// The JSON of a reply inside HTTP 200.
pub(super) fn answer(switch: &mut Switch, body: &Value) -> Value {
    let (status, content_type, body) = send(switch, "application/json", &body.to_string());
    assert_eq!((status, content_type), (200, "text/json; charset=UTF-8"), "{body}");
    serde_json::from_str(&body).expect("JSON")
}

fn output(switch: &mut Switch, kind: &str, input: &str) -> Value {
    answer(switch, &job(kind, input))["ins_api"]["outputs"]["output"].clone()
}

fn success(input: &str, body: Value) -> Value {
    json!({ "input": input, "msg": "Success", "code": "200", "body": body })
}

const HOSTNAME: &str = "show hostname";

#[test]
fn content_type_and_body_choose_the_dialect() {
    let check = |content_type: &str, body: &str, status: u16, replied: &str, part: &str| {
        let (got, got_type, text) = send(&mut switch(), content_type, body);
        assert!(
            (got, got_type) == (status, replied) && text.contains(part),
            "{content_type} {body}: {got_type} {text}"
        );
    };
    let (json, xml) = ("text/json; charset=UTF-8", "text/xml; charset=UTF-8");
    let rpc = "application/json-rpc; charset=UTF-8";
    let call = json!([{ "jsonrpc": "2.0", "method": "cli", "params": { "cmd": HOSTNAME, "version": 1.0 }, "id": 1 }]);
    let call = call.to_string();
    let ins_api = job("cli_show", HOSTNAME).to_string();
    check("application/json-rpc", &call, 200, rpc, "\"result\"");
    check("application/json", &call, 200, rpc, "\"result\"");
    check("application/json", &ins_api, 200, json, "\"eoc\"");
    check("text/json; charset=UTF-8", &ins_api, 200, json, "\"eoc\"");
    check("application/x-www-form-urlencoded", &ins_api, 200, json, "\"eoc\"");
    check("application/json-rpc", &ins_api, 200, rpc, "JSON-RPC version structure was not found in request");
    for content_type in ["application/xml", "text/xml", "application/json"] {
        check(content_type, &xml_job("cli_show", HOSTNAME, "xml"), 200, xml, "<sid>eoc</sid>");
        check(content_type, &xml_job("cli_show", HOSTNAME, "json"), 200, json, "\"eoc\"");
    }
    let to_xml = ins_api.replace("\"output_format\":\"json\"", "\"output_format\":\"xml\"");
    check("application/json", &to_xml, 200, xml, "<hostname>leaf1</hostname>");
    for body in
        ["", "{", "<ins_api>", "<a/>", "<ins_api><a><b></b></a></ins_api>", "<x></x>", "<ins_api><a></b></ins_api>"]
    {
        for content_type in ["application/xml", "application/json", "application/json-rpc"] {
            check(content_type, body, 400, "text/xml", "<code>400</code>");
        }
    }
    check("application/xml", &ins_api, 400, "text/xml", "<code>400</code>");
}

#[test]
fn the_envelope_is_echoed_and_tabs_indent_it() {
    let mut switch = switch();
    for sid in [json!("1"), json!("sid"), json!(null)] {
        let mut request = job("cli_show", HOSTNAME);
        request["ins_api"]["sid"] = sid;
        let expected = json!({ "ins_api": {
            "type": "cli_show", "version": "1.0", "sid": "eoc",
            "outputs": { "output": success(HOSTNAME, json!({ "hostname": "leaf1" })) },
        } });
        assert_eq!(answer(&mut switch, &request), expected);
    }
    let (_, _, body) = send(&mut switch, "application/json", &job("cli_show", HOSTNAME).to_string());
    assert!(body.starts_with("{\n\t\"ins_api\": {\n\t\t\""), "{body}");
}

#[test]
fn newer_versions_than_the_release_knows_are_refused() {
    let check = |newest: &'static str, version: Value, code: &str| {
        let mut switch = switch();
        switch.profile.ins_api_version = newest;
        let mut request = job("cli_show", HOSTNAME);
        request["ins_api"]["version"] = version;
        let reply = answer(&mut switch, &request);
        assert_eq!(reply["ins_api"]["outputs"]["output"]["code"], code, "{request}");
    };
    check("1.2", json!("1.2"), "200");
    check("1.2", json!(1.0), "200");
    check("1.0", json!("0.1"), "200");
    check("1.0", json!("1.2"), "400");
    check("0.1", json!("1.0"), "400");
    check("1.2", json!("7.0"), "400");
    check("1.2", json!(null), "400");
}

#[test]
fn every_show_type_gets_its_kind_of_body() {
    let check = |kind: &str, input: &str, expected: Value| {
        assert_eq!(output(&mut switch(), kind, input), expected, "{kind} {input}");
    };
    let failed = |input: &str, code: &str, msg: &str| json!({ "input": input, "code": code, "msg": msg });
    check("cli_show", HOSTNAME, success(HOSTNAME, json!({ "hostname": "leaf1" })));
    check("cli_show_ascii", HOSTNAME, success(HOSTNAME, json!("leaf1 \n")));
    check("cli_show_array", HOSTNAME, success(HOSTNAME, json!({ "hostname": "leaf1" })));
    check("cli_show_ascii", "terminal length 0", success("terminal length 0", json!("")));
    check("cli_show", "terminal length 0", success("terminal length 0", json!({})));
    check("cli_show", "show running-config", failed("show running-config", "501", "Structured output unsupported"));
    let piped = "show vlan | json";
    check("cli_show", piped, failed(piped, "501", "Pipe is not allowed for this message type"));
    check("cli_show_array", piped, failed(piped, "501", "Pipe is not allowed for this message type"));
    let mut bogus = failed("show bogus", "400", "Input CLI command error");
    bogus["clierror"] = json!("% Invalid command\n");
    check("cli_show", "show bogus", bogus.clone());
    check("cli_show_ascii", "show bogus", bogus);
    check(
        "cli_show",
        "vlan 60",
        json!({
            "input": "vlan 60", "code": "400", "msg": "Input CLI command error", "clierror": "% Invalid command\n"
        }),
    );
    check("bash", "ls", failed("ls", "501", "Bash command not supported"));
    check("cli_dance", "show version", failed("show version", "400", "Request message is invalid"));
    check("cli_show", "", failed("", "400", "Request message is invalid"));
}

#[test]
fn a_state_in_place_of_a_table_comes_as_an_error() {
    let mut switch = switch();
    switch.faults.hide_error("show vlan", "Note:  process is not running\n", 1);
    let expected = json!({
        "input": "show vlan", "code": "501", "msg": "Structured output unsupported",
        "clierror": "Note:  process is not running\n"
    });
    assert_eq!(output(&mut switch, "cli_show", "show vlan"), expected);
}

#[test]
fn numbers_are_text_to_cli_show_and_numbers_to_cli_show_array() {
    let memory = |kind: &str| output(&mut switch(), kind, "show version")["body"]["memory"].clone();
    assert!(memory("cli_show").is_string());
    assert!(memory("cli_show_array").is_number());
}

#[test]
fn old_platforms_send_an_empty_body_and_know_no_array() {
    let mut switch = switch();
    switch.profile.unsupported_is_empty = true;
    let shown = output(&mut switch, "cli_show", "show running-config");
    assert_eq!(shown, success("show running-config", json!("")));
    switch.profile.show_array = false;
    assert_eq!(output(&mut switch, "cli_show_array", HOSTNAME)["code"], "400");
}

#[test]
fn a_blank_and_a_semicolon_part_commands() {
    let check = |kind: &str, input: &str, inputs: &[&str]| {
        let outputs = output(&mut switch(), kind, input);
        let outputs = outputs.as_array().cloned().unwrap_or_else(|| vec![outputs]);
        let got: Vec<_> = outputs.iter().map(|output| output["input"].as_str().expect("an input")).collect();
        assert_eq!(got, inputs, "{input}");
        assert!(outputs.iter().all(|output| output["code"] == "200"), "{outputs:?}");
    };
    check("cli_show", "show hostname ;show vlan", &["show hostname", "show vlan"]);
    check("cli_show_ascii", "show hostname ; show vlan", &["show hostname", " show vlan"]);
    check("cli_show", "show hostname  ;show vlan ; ;", &["show hostname ", "show vlan"]);
}

#[test]
fn without_the_blank_it_is_one_command_that_nobody_knows() {
    let mut switch = switch();
    assert_eq!(output(&mut switch, "cli_show", "show hostname;show vlan")["code"], "400");
    let conf = output(&mut switch, "cli_conf", "interface Ethernet1/1;switchport trunk allowed vlan add 30");
    assert_eq!(conf["code"], "400");
    assert_eq!(switch.allowed(eth(1)), list("10,20"));
}

#[test]
fn several_commands_break_the_json_of_cli_show_array() {
    let body = job("cli_show_array", "show hostname ;show vlan").to_string();
    let (status, _, text) = send(&mut switch(), "application/json", &body);
    assert_eq!(status, 200);
    assert!(text.contains("leaf1") && serde_json::from_str::<Value>(&text).is_err(), "{text}");
}

#[test]
fn more_than_ten_shows_are_refused_as_a_whole() {
    let shows = |count: usize| vec![HOSTNAME; count].join(" ;");
    let mut switch = switch();
    assert_eq!(output(&mut switch, "cli_show", &shows(10)).as_array().map(Vec::len), Some(10));
    let refused = output(&mut switch, "cli_show", &shows(11));
    let msg = "Maximum number of consecutive show commands exceeded. The maximum is 10";
    assert_eq!((&refused["code"], &refused["msg"]), (&json!("413"), &json!(msg)));
}

#[test]
fn configuration_has_an_entry_for_every_line_and_stops_at_an_error() {
    let done = json!({ "body": {}, "code": "200", "msg": "Success" });
    let error = |msg: &str| json!({ "clierror": "% Invalid command\n", "code": "400", "msg": msg });
    let mut switch = switch();
    assert_eq!(output(&mut switch, "cli_conf", "vlan 60"), done);
    let lines = "interface Ethernet1/1 ;switchport trunk allowed vlan add 30 ;bogus ;vlan 61";
    assert_eq!(output(&mut switch, "cli_conf", lines), json!([done, done, error("CLI execution error")]));
    assert_eq!(switch.allowed(eth(1)), list("10,20,30"));
    assert!(switch.is_active(vlan(60)) && !switch.is_active(vlan(61)));
    switch.profile.config_error_msg = "Input CLI command error";
    assert_eq!(output(&mut switch, "cli_conf", "bogus"), error("Input CLI command error"));
    assert_eq!(output(&mut switch, "cli_conf", "switchport trunk allowed vlan add 40")["code"], "400");
}

#[test]
fn an_old_guide_promises_one_entry_for_all_lines() {
    let check = |input: &str, code: &str| {
        let mut switch = switch();
        switch.profile.one_conf_entry = true;
        assert_eq!(output(&mut switch, "cli_conf", input)["code"], code, "{input}");
        assert!(switch.is_active(vlan(60)));
    };
    check("vlan 60 ;name x", "200");
    check("vlan 60 ;bogus ;name x", "400");
}

#[test]
fn some_releases_want_the_type_before_an_input_that_has_the_word() {
    let check = |members: &str, code: &str| {
        let mut switch = switch();
        switch.profile.wants_type_first = true;
        let body = format!("{{\"ins_api\":{{\"version\":\"1.0\",{members}}}}}");
        let (_, _, text) = send(&mut switch, "application/json", &body);
        assert!(text.contains(code), "{members}: {text}");
    };
    let kind = "\"type\":\"cli_conf\"";
    let input = "\"input\":\"interface Ethernet1/1 ;spanning-tree port type edge\"";
    check(&format!("{kind},{input}"), "\"code\": \"200\"");
    check(&format!("{input},{kind}"), "<code>400</code>");
    check(&format!("\"input\":\"vlan 60\",{kind}"), "\"code\": \"200\"");
}

#[test]
fn rollback_says_what_follows_an_error() {
    let check = |rollback: &str, entries: usize, first: bool, last: bool| {
        let mut switch = switch();
        let mut request = job("cli_conf", "vlan 60 ;bogus ;vlan 61");
        request["ins_api"]["rollback"] = json!(rollback);
        let reply = answer(&mut switch, &request);
        let got = reply["ins_api"]["outputs"]["output"].as_array().map(Vec::len);
        assert_eq!(
            (got, switch.is_active(vlan(60)), switch.is_active(vlan(61))),
            (Some(entries), first, last),
            "{rollback}"
        );
    };
    check("stop-on-error", 2, true, false);
    check("continue-on-error", 3, true, true);
    check("rollback-on-error", 2, false, false);
}

#[test]
fn an_error_may_hide_in_a_success_as_a_text() {
    let mut switch = switch();
    switch.faults.hide_error("vlan 50", "ERROR: VLAN is busy\n", 1);
    let expected = json!({ "body": "ERROR: VLAN is busy\n", "code": "200", "msg": "Success" });
    assert_eq!(output(&mut switch, "cli_conf", "vlan 50"), expected);
    assert!(!switch.is_active(vlan(50)));
}

#[test]
fn a_show_among_configuration_refuses_the_request() {
    let mut switch = switch();
    let refused = output(&mut switch, "cli_conf", "vlan 60 ;show vlan");
    assert_eq!((&refused["code"], &refused["msg"]), (&json!("405"), &json!("Configuration mode does not allow show")));
    assert!(!switch.is_active(vlan(60)));
    assert_eq!(output(&mut switch, "cli_conf", "interface Ethernet1/1 ;shutdown")[1]["code"], "200");
}

#[test]
fn xml_spells_tables_as_repeated_elements_and_escapes_text() {
    let check = |body: String, expected: &str| {
        let (_, content_type, text) = send(&mut switch(), "application/xml", &body);
        assert_eq!(content_type, "text/xml; charset=UTF-8");
        assert!(text.contains(expected), "{text}");
    };
    check(
        xml_job("cli_show", "show&#32;hostname", "xml"),
        "<?xml version=\"1.0\"?>\n<ins_api><type>cli_show</type><version>0.1</version><sid>eoc</sid><outputs><output>\
         <body><hostname>leaf1</hostname></body><input>show hostname</input><msg>Success</msg><code>200</code></output>\
         </outputs></ins_api>",
    );
    check(xml_job("cli_show", "show vlan brief", "xml"), "</ROW_vlanbriefxbrief><ROW_vlanbriefxbrief>");
    check(
        xml_job("cli_conf", "vlan 60 ;<![CDATA[a<b&c]]>", "xml"),
        "<output><body></body><msg>Success</msg><code>200</code></output><output><clierror>% Invalid command\n</clierror>\
         <msg>CLI execution error</msg><code>400</code></output>",
    );
    check(xml_job("cli_show", "a&lt;b&gt;&amp;", "xml"), "<input>a&lt;b&gt;&amp;</input>");
}

#[test]
fn ins_api_writes_and_saves_are_counted_as_such() {
    let mut switch = switch();
    output(&mut switch, "cli_conf", "vlan 60");
    output(&mut switch, "cli_show_ascii", "copy running-config startup-config");
    output(&mut switch, "cli_show", "show version ;show vlan");
    let counters = switch.counters();
    assert_eq!((counters.reads, counters.writes, counters.saves), (1, 1, 1));
    assert!(switch.is_saved());
    let (status, ..) = text(switch.handle(&HttpRequest { authorization: None, ..post("text/xml", "<") }, NOW));
    assert_eq!(status, 401);
}
