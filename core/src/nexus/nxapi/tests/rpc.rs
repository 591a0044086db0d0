//! JSON-RPC.

use super::*;

fn found(body: &str, asked: &[(Encoding, String)]) -> Result<Replies, DecodeError> {
    request(Dialect::JsonRpc, Commands::Show(asked)).replies(body.as_bytes())
}

fn check(body: &str, asked: &[(Encoding, String)]) -> Vec<Reply> {
    found(body, asked).unwrap().said
}

#[test]
fn a_request_has_its_fields_in_the_order_that_old_releases_need() {
    let asked = [(Encoding::Structured, "show version".to_owned())];
    let body = request(Dialect::JsonRpc, Commands::Show(&asked)).body;
    let expected = r#"[{"jsonrpc":"2.0","method":"cli","params":{"cmd":"show version","version":1},"id":1,"rollback":"stop-on-error"}]"#;
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

#[test]
fn one_command_is_answered_by_an_object_and_several_by_an_array() {
    let one = check(r#"{"jsonrpc":"2.0","result":{"body":{"a":1}},"id":1}"#, &commands(Encoding::Structured, 1));
    assert_eq!(one, vec![Ok(Answer::Structured(json!({"a": 1})))]);
    let two = r#"[{"result":{"msg":"x \n"},"id":1},{"result":null,"id":2}]"#;
    let texts = check(two, &commands(Encoding::Text, 2));
    assert_eq!(texts, vec![Ok(Answer::Text("x \n".to_owned())), Ok(Answer::Text(String::new()))]);
}

#[test]
fn an_empty_text_may_be_written_in_several_ways() {
    for empty in ["null", "{}", r#""""#, r#"{"msg":""}"#, r#"{"body":""}"#, r#"{"body":{}}"#, r#"{"body":null}"#] {
        let body = format!(r#"{{"jsonrpc":"2.0","result":{empty},"id":1}}"#);
        assert_eq!(check(&body, &commands(Encoding::Text, 1)), vec![Ok(Answer::Text(String::new()))], "{body}");
    }
    let table = r#"{"result":{"body":{"a":1}},"id":1}"#;
    assert!(found(table, &commands(Encoding::Text, 1)).is_err());
}

#[test]
fn a_refusal_keeps_the_devices_words_and_may_end_the_reply() {
    let body = r#"[{"result":null,"id":1},
        {"error":{"code":-32602,"message":"Invalid params","data":{"msg":"% Invalid command\n"}},"id":2}]"#;
    let said = check(body, &commands(Encoding::Structured, 3));
    assert_eq!(said, vec![Ok(Answer::Structured(Value::Null)), Err("% Invalid command".to_owned())]);
    let bare = r#"{"error":{"code":-32602,"message":"Invalid command."},"id":1}"#;
    assert_eq!(check(bare, &commands(Encoding::Structured, 1)), vec![Err("Invalid command.".to_owned())]);
}

#[test]
fn what_is_no_reply_is_an_error() {
    let refused = |body: &str| found(body, &commands(Encoding::Structured, 1)).is_err();
    for body in [
        "",
        "<html>401</html>",
        "[]",
        "{}",
        "null",
        r#"{"result":{"bo"#,
        r#"[{"result":null,"id":1},{"result":null,"id":2}]"#,
        r#"{"result":null,"id":7}"#,
        r#"{"error":{"code":-32602,"message":"Invalid params"},"id":7}"#,
        r#"{"error":{"code":-32600,"message":"Invalid request"},"id":null}"#,
    ] {
        assert!(refused(body), "{body}");
    }
}

#[test]
fn a_switch_without_a_free_session_is_busy() {
    let body = r#"{"output":{"clierror":"Internal Server error","msg":"Max sessions reached.","code":"429"}}"#;
    let said = found(body, &commands(Encoding::Structured, 1));
    assert!(matches!(said, Err(DecodeError::Busy(_))));
}

#[test]
fn an_error_hidden_in_a_success_is_an_error() {
    let check = |result: Value, accepted: bool| {
        let body = json!({"result": result, "id": 1}).to_string();
        let found = check(&body, &commands(Encoding::Structured, 1)).remove(0).and_then(|answer| configured(&answer));
        assert_eq!(found.is_ok(), accepted, "{body}: {found:?}");
    };
    check(Value::Null, true);
    check(json!({}), true);
    check(json!({"body": {}}), true);
    check(json!({"body": ""}), true);
    check(json!({"msg": " \n"}), true);
    check(json!({"msg": "ERROR: VLAN 4000 is reserved\n"}), false);
    check(json!({"body": "Warning: something"}), false);
    check(json!("VLAN: cannot"), false);
}
