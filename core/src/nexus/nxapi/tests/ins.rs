//! `ins_api`, in both forms: what JSON says, XML says too.

use super::*;

/// The same outputs in both forms. A value that is a list stands for repeated elements.
fn bodies(outputs: &Value) -> [(Dialect, String); 2] {
    let reply = json!({"ins_api": {"type": "x", "version": "1.0", "sid": "eoc", "outputs": {"output": outputs}}});
    [(Dialect::InsJson, reply.to_string()), (Dialect::InsXml, format!("<?xml version=\"1.0\"?>\n{}", xml(&reply)))]
}

fn xml(value: &Value) -> String {
    match value {
        Value::Object(map) => map.iter().map(|(name, value)| element(name, value)).collect(),
        Value::String(text) => quick_xml::escape::escape(text).into_owned(),
        Value::Null => String::new(),
        Value::Number(_) | Value::Bool(_) | Value::Array(_) => value.to_string(),
    }
}

fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| element(name, item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            format!("<{name}>{}</{name}>\n", xml(value))
        }
    }
}

fn shown(outputs: &Value, asked: &[(Encoding, String)], expected: &[Reply], text_only: bool) {
    for (dialect, body) in bodies(outputs) {
        let found = request(dialect, Commands::Show(asked)).replies(body.as_bytes()).unwrap();
        assert_eq!(found, Replies { said: expected.to_vec(), text_only }, "{body}");
    }
}

fn configures(outputs: &Value, expected: &[Result<(), &str>]) {
    let lines: Vec<String> = ["vlan 10", "exit", "interface Ethernet1/1"].map(str::to_owned).into();
    for (dialect, body) in bodies(outputs) {
        let found = request(dialect, Commands::Configure(&lines)).replies(body.as_bytes()).unwrap().said;
        let found: Vec<_> = found.into_iter().map(|reply| reply.and_then(|answer| configured(&answer))).collect();
        let expected: Vec<_> = expected.iter().map(|result| result.map_err(str::to_owned)).collect();
        assert_eq!(found, expected, "{body}");
    }
}

fn refused(outputs: &Value, asked: &[(Encoding, String)], is_it: impl Fn(&DecodeError) -> bool) {
    for (dialect, body) in bodies(outputs) {
        let found = request(dialect, Commands::Show(asked)).replies(body.as_bytes());
        assert!(found.as_ref().is_err_and(&is_it), "{body}: {found:?}");
    }
}

#[test]
fn a_request_has_its_fields_in_the_order_that_old_releases_need() {
    let asked = commands(Encoding::Structured, 2);
    let sent = |dialect| String::from_utf8(request(dialect, Commands::Show(&asked)).body).unwrap();
    let expected = r#"{"ins_api":{"version":"1.0","type":"cli_show","chunk":"0","sid":"1","input":"show 0 ;show 1","output_format":"json"}}"#;
    assert_eq!(sent(Dialect::InsJson), expected);
    let expected = "<?xml version=\"1.0\"?><ins_api><version>1.0</version><type>cli_show</type><chunk>0</chunk>\
                    <sid>1</sid><input>show 0 ;show 1</input><output_format>xml</output_format></ins_api>";
    assert_eq!(sent(Dialect::InsXml), expected);
}

#[test]
fn one_command_is_answered_by_an_object_and_several_by_a_list() {
    let table = json!({"TABLE_a": {"ROW_a": [{"b": "1"}, {"b": "2", "c": ""}]}});
    let entry = |input: &str, body: &Value| json!({"input": input, "msg": "Success", "code": "200", "body": body});
    let answer = Ok(Answer::Structured(table.clone()));
    shown(&entry("show 0", &table), &commands(Encoding::Structured, 1), std::slice::from_ref(&answer), false);
    // The second input keeps the blank after the separator.
    let two = json!([entry("show 0", &table), entry(" show 1", &table)]);
    shown(&two, &commands(Encoding::Structured, 2), &[answer.clone(), answer], false);
    let texts = [Ok(Answer::Text("interface Ethernet1/1\n  no <shut> & \"go\"\n".to_owned()))];
    let text = json!("interface Ethernet1/1\n  no <shut> & \"go\"\n");
    shown(&entry("show 0", &text), &commands(Encoding::Text, 1), &texts, false);
}

#[test]
fn the_code_may_be_a_number_and_the_input_missing() {
    let body = r#"{"outputs":{"output":{"body":{},"code":200,"msg":"Success"}},"sid":"eoc"}"#;
    let body = format!(r#"{{"ins_api":{body}}}"#);
    let found =
        request(Dialect::InsJson, Commands::Show(&commands(Encoding::Structured, 1))).replies(body.as_bytes()).unwrap();
    assert_eq!(found.said, [Ok(Answer::Structured(json!({})))]);
}

#[test]
fn nothing_may_be_written_in_several_ways() {
    for body in [json!(""), json!({}), Value::Null] {
        let output = json!({"code": "200", "body": body});
        for (dialect, reply) in bodies(&output) {
            let asked = commands(Encoding::Text, 1);
            let found = request(dialect, Commands::Show(&asked)).replies(reply.as_bytes()).unwrap();
            assert_eq!(found.said, [Ok(Answer::Text(String::new()))], "{reply}");
        }
    }
    shown(&json!({"code": "200"}), &commands(Encoding::Structured, 1), &[Ok(Answer::Structured(Value::Null))], false);
    refused(&json!({"code": "200", "body": {"a": "1"}}), &commands(Encoding::Text, 1), DecodeError::is_foreign);
}

#[test]
fn what_has_no_structured_output_is_to_be_asked_as_text() {
    let lacks = json!({"input": "show 1", "code": "501", "msg": "Structured output unsupported", "clierror": ""});
    let first = json!({"input": "show 0", "code": "200", "msg": "Success", "body": {}});
    for (dialect, body) in bodies(&json!([first, lacks])) {
        let found =
            request(dialect, Commands::Show(&commands(Encoding::Structured, 2))).replies(body.as_bytes()).unwrap();
        assert!(found.text_only && found.said.len() == 1, "{body}");
    }
    let alone = json!({"code": "501", "msg": "Structured output unsupported"});
    shown(&alone, &commands(Encoding::Structured, 1), &[], true);
    let words = "Structured output unsupported".to_owned();
    shown(&alone, &commands(Encoding::Text, 1), &[Err(words)], false);
    let state = json!({"code": "501", "msg": "Structured output unsupported", "clierror": "Note:  not running\n"});
    shown(&state, &commands(Encoding::Structured, 1), &[Err("Note: not running".to_owned())], false);
}

#[test]
fn a_refused_question_keeps_the_devices_words() {
    let syntax = json!({"clierror": "Syntax error while parsing 'show 0'\n\n\nCmd exec error.\n", "input": "show 0",
        "msg": "Input CLI command error", "code": "400"});
    let words = "Syntax error while parsing 'show 0' Cmd exec error.".to_owned();
    shown(&syntax, &commands(Encoding::Structured, 1), &[Err(words)], false);
    for (code, msg) in [("413", "Response size too big"), ("500", "Backend processing error"), ("432", "no object")] {
        let output = json!({"input": "show 0", "code": code, "msg": msg});
        shown(&output, &commands(Encoding::Structured, 1), &[Err(msg.to_owned())], false);
    }
}

#[test]
fn what_answers_something_else_is_no_reply() {
    let one = commands(Encoding::Structured, 1);
    let success = |input: &str| json!({"input": input, "code": "200", "body": {}});
    refused(&success("show 7"), &one, DecodeError::is_foreign);
    refused(&json!([success("show 0"), success("show 1")]), &one, DecodeError::is_foreign);
    refused(&json!({"input": "show 0", "body": {}}), &one, DecodeError::is_foreign);
    refused(&json!("text"), &one, DecodeError::is_foreign);
    let server = json!({"msg": "Server internal error.", "code": "400"});
    refused(&server, &one, |error| matches!(error, DecodeError::Refused(words) if words.contains("internal")));
    for body in ["", "<html><body>401</body></html>", "{}", "[]", "<a><b></a>", "<a>", "<a>&nbsp;</a>", "text"] {
        for dialect in [Dialect::InsJson, Dialect::InsXml] {
            let found = request(dialect, Commands::Show(&one)).replies(body.as_bytes());
            assert!(found.as_ref().is_err_and(DecodeError::is_foreign), "{body}: {found:?}");
        }
    }
}

#[test]
fn a_switch_without_a_free_session_is_busy() {
    let busy = json!({"clierror": "Internal Server error", "msg": "Max sessions reached.", "code": "429"});
    let one = commands(Encoding::Structured, 1);
    refused(&busy, &one, |error| matches!(error, DecodeError::Busy(_)));
    let bare = json!({"output": busy}).to_string();
    assert!(matches!(
        request(Dialect::InsJson, Commands::Show(&one)).replies(bare.as_bytes()),
        Err(DecodeError::Busy(_))
    ));
    // What came before was done, and nothing is said of the rest.
    configures(&json!([{"body": {}, "code": "200"}, busy]), &[Ok(())]);
}

#[test]
fn a_batch_is_answered_line_by_line_or_at_once() {
    let taken = json!({"body": {}, "code": "200", "msg": "Success"});
    configures(&json!([taken, taken, taken]), &[Ok(()); 3]);
    configures(&taken, &[Ok(()); 3]);
    configures(&json!([taken, taken]), &[Ok(()); 2]);
    for msg in ["CLI execution error", "Input CLI command error"] {
        let error = json!({"clierror": "% Invalid command\n", "code": "400", "msg": msg});
        configures(&json!([taken, error]), &[Ok(()), Err("% Invalid command")]);
        configures(&error, &[Err("% Invalid command")]);
    }
    let lines = vec!["exit".to_owned(); 3];
    for (dialect, body) in bodies(&json!([taken, taken, taken, taken])) {
        assert!(request(dialect, Commands::Configure(&lines)).replies(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn an_error_hidden_in_a_success_is_an_error() {
    let printed = |body: &str| json!({"body": body, "code": "200", "msg": "Success"});
    let hidden = [printed(""), printed("ERROR: VLAN 4000 is reserved\n"), printed(" \n")];
    configures(&json!(hidden), &[Ok(()), Err("ERROR: VLAN 4000 is reserved"), Ok(())]);
    configures(&printed("Warning: look"), &[Err("Warning: look")]);
    let beside = json!({"body": {}, "clierror": "% Permission denied\n", "code": "200", "msg": "Success"});
    configures(&beside, &[Err("% Permission denied")]);
}

#[test]
fn tables_are_found_inside_elements_of_their_own() {
    let wrapped = "<?xml version=\"1.0\"?><ins_api><outputs><output><body><nf:a xmlns:nf=\"x\"><b><TABLE_c><ROW_c>\
                   <d>1</d></ROW_c><ROW_c><d/></ROW_c></TABLE_c><e>2</e></b></nf:a></body><input>show 0</input>\
                   <msg>Success</msg><code>200</code></output></outputs></ins_api>";
    let asked = commands(Encoding::Structured, 1);
    let found = request(Dialect::InsXml, Commands::Show(&asked)).replies(wrapped.as_bytes()).unwrap().said;
    let table = json!({"TABLE_c": {"ROW_c": [{"d": "1"}, {"d": ""}]}, "e": "2"});
    assert_eq!(found, [Ok(Answer::Structured(table))]);
    // Without a table nothing is left out.
    shown(
        &json!({"code": "200", "body": {"a": {"b": "1"}}}),
        &asked,
        &[Ok(Answer::Structured(json!({"a": {"b": "1"}})))],
        false,
    );
}

/// What a table says, in both forms.
fn says_the_same(query: Query, body: &Value) {
    let asked = [(Encoding::Structured, query.to_string())];
    let pieces = bodies(&json!({"code": "200", "msg": "Success", "body": body})).map(|(dialect, reply)| {
        let said = request(dialect, Commands::Show(&asked)).replies(reply.as_bytes()).unwrap().said.remove(0).unwrap();
        parse::piece(query, &said).unwrap()
    });
    assert_eq!(pieces[0], pieces[1], "{query}");
}

#[test]
fn a_table_says_the_same_in_both_forms() {
    let row = |vlan: u16, ports: Value| {
        json!({"vlanshowbr-vlanid": vlan, "vlanshowbr-vlanid-utf": vlan.to_string(), "vlanshowbr-vlanname": "a <b>",
            "vlanshowbr-vlanstate": "active", "vlanshowbr-shutstate": "noshutdown", "vlanshowplist-ifidx": ports})
    };
    let rows = [row(1, json!(["Ethernet1/1,Ethernet1/2", "Ethernet1/3"])), row(10, json!({}))];
    says_the_same(Query::Vlans, &json!({"TABLE_vlanbrief": {"ROW_vlanbrief": rows}, "TABLE_mtuinfo": {}}));
    says_the_same(Query::PortChannels, &json!({}));
    says_the_same(Query::Lldp, &json!({"neigh_count": "0"}));
}

#[test]
fn real_tables_say_the_same_in_both_forms() {
    let Some(folder) = std::env::var_os("VMTRACKER_CAPTURES") else { return };
    let files = [
        (Query::Version, "show_version/rpc.json"),
        (Query::Vlans, "show_vlan/n9k_rpc.json"),
        (Query::Ports, "show_interface_brief/n9500_rpc.json"),
        (Query::PortChannels, "show_port-channel_summary/rpc.json"),
        (Query::Lldp, "show_lldp_neighbors_detail/cli_show.json"),
        (Query::Cdp, "show_cdp_neighbors_detail/cli_show.json"),
        (Query::Vpc, "show_vpc/rpc.json"),
    ];
    for (query, file) in files {
        let text = std::fs::read_to_string(std::path::Path::new(&folder).join(file)).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let body = value.pointer("/result/body").or_else(|| value.pointer("/ins_api/outputs/output/body"));
        says_the_same(query, body.unwrap_or(&value));
    }
}

#[test]
fn what_nests_too_deeply_is_no_answer() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(ins_xml::value(nested(60).as_bytes()).is_ok());
    assert!(ins_xml::value(nested(100_000).as_bytes()).is_err());
}

#[test]
fn text_in_another_character_set_costs_only_its_letters() {
    let body = b"{\"ins_api\":{\"outputs\":{\"output\":{\"code\":\"200\",\"body\":\"caf\xe9\"}}}}";
    let asked = commands(Encoding::Text, 1);
    let found = request(Dialect::InsJson, Commands::Show(&asked)).replies(body).unwrap();
    assert_eq!(found.said, [Ok(Answer::Text("caf\u{fffd}".to_owned()))]);
}
