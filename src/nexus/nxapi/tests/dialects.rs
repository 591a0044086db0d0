//! Which dialect is spoken, and what is never tried twice.

use vmtracker_core::net::InterfaceName;

use super::*;

const PAGE: &str = "<?xml version=\"1.0\"?>\n<ins_api><outputs><output><msg>Server internal error.</msg><code>400</code>\
                    </output></outputs></ins_api>";
const INS_JSON: &str = "content-type: application/json\r\n";
const INS_XML: &str = "content-type: application/xml\r\n";
const RPC: &str = "content-type: application/json-rpc\r\n";
const SECONDS: Duration = Duration::from_secs(5);

fn page() -> String {
    http("400 Bad Request", "", PAGE)
}

fn json(outputs: &str) -> String {
    http("200 OK", "", &format!(r#"{{"ins_api":{{"sid":"eoc","outputs":{{"output":{outputs}}}}}}}"#))
}

fn xml(output: &str) -> String {
    let body = format!("<ins_api><outputs><output>{output}</output></outputs></ins_api>");
    http("200 OK", "", &body)
}

async fn switch(dialect: Option<Dialect>, script: Script) -> (NxapiClient, Arc<Mutex<Vec<String>>>) {
    let (url, seen) = serve(script).await;
    (client_of(SwitchSettings { dialect, ..settings(url) }), seen)
}

/// What each request holds.
fn check(seen: &Mutex<Vec<String>>, expected: &[&str]) {
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), expected.len(), "{seen:?}");
    for (request, part) in seen.iter().zip(expected) {
        assert!(request.contains(part), "{part}: {request}");
    }
}

fn show(line: &str) -> (Encoding, String) {
    (Encoding::Structured, line.to_owned())
}

async fn configure(client: &NxapiClient, limit: Duration) -> Result<Vec<Reply>, ClientError> {
    let lines = ["vlan 10".to_owned(), "exit".to_owned()];
    client.configure(&lines, limit, clock::now() + SECONDS).await
}

#[tokio::test]
async fn the_dialect_that_is_answered_is_remembered() {
    let empty = || json(r#"{"code":"200","msg":"Success","body":{}}"#);
    let (client, seen) = switch(None, vec![page(), empty(), empty()]).await;
    for _ in 0..2 {
        client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    }
    check(&seen, &[RPC, INS_JSON, INS_JSON]);
}

#[tokio::test]
async fn what_speaks_xml_only_is_spoken_to_in_xml() {
    let row = "<ROW_channel><group>7</group><port-channel>port-channel7</port-channel></ROW_channel>";
    let table = format!("<body><TABLE_channel>{row}</TABLE_channel></body><code>200</code>");
    let html = http("200 OK", "", "<html></html>");
    let (client, seen) = switch(None, vec![html, page(), xml(&table)]).await;
    let found = client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    assert!(matches!(&found, Piece::PortChannels(channels) if channels.len() == 1), "{found:?}");
    check(&seen, &[RPC, INS_JSON, INS_XML]);
}

#[tokio::test]
async fn what_speaks_none_is_told_by_its_first_answer_and_asked_anew() {
    let (client, seen) = switch(None, (0..4).map(|_| page()).collect()).await;
    let error = client.read(&[Query::PortChannels]).await.unwrap_err();
    assert!(matches!(error, ClientError::Status { status: 400, .. }), "{error:?}");
    client.read(&[Query::PortChannels]).await.unwrap_err();
    assert_eq!(seen.lock().unwrap()[..4].iter().filter(|request| request.contains(RPC)).count(), 2);
}

#[tokio::test]
async fn what_only_starts_is_not_asked_in_another_dialect() {
    for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "404 Not Found"] {
        let (client, seen) = switch(None, vec![http(status, "", "<html></html>"), page()]).await;
        client.read(&[Query::PortChannels]).await.unwrap_err();
        check(&seen, &[RPC]);
    }
}

#[tokio::test]
async fn a_dialect_that_is_configured_is_the_only_one() {
    let (client, seen) = switch(Some(Dialect::InsXml), vec![page(), page()]).await;
    let error = client.read(&[Query::PortChannels]).await.unwrap_err();
    assert_eq!(error.class(), Class::Device, "{error:?}");
    client.read(&[Query::PortChannels]).await.unwrap_err();
    check(&seen, &[INS_XML, INS_XML]);
}

#[tokio::test]
async fn a_switch_that_is_not_understood_any_more_is_found_out_anew() {
    let empty = || json(r#"{"code":"200","msg":"Success","body":{}}"#);
    let script = vec![page(), empty(), page(), http("200 OK", "", EMPTY_CHANNELS)];
    let (client, seen) = switch(None, script).await;
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    client.read(&[Query::PortChannels]).await.unwrap_err();
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    check(&seen, &[RPC, INS_JSON, INS_JSON, RPC]);
}

#[tokio::test]
async fn a_write_is_sent_once_in_one_dialect() {
    for dialect in Dialect::ALL {
        for answer in [page(), String::new(), http("502 Bad Gateway", "", "<html></html>")] {
            let (client, seen) = switch(Some(dialect), vec![answer.clone(), page()]).await;
            assert!(configure(&client, SECONDS).await.map_or(true, |said| said[0].is_err()), "{answer}");
            assert_eq!(seen.lock().unwrap().len(), 1, "{dialect:?}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_dialect_is_never_found_out_by_a_write() {
    let version = || json(r#"{"code":"200","body":{"nxos_ver_str":"10.3(4)"}}"#);
    let taken = json(r#"[{"body":{},"code":"200","msg":"Success"},{"body":{},"code":"200","msg":"Success"}]"#);
    let (client, seen) = switch(None, vec![page(), version(), taken]).await;
    assert_eq!(configure(&client, SECONDS).await.unwrap().len(), 2);
    check(
        &seen,
        &[
            "\"show version\"",
            "\"show version\"",
            "\"cli_conf\",\"chunk\":\"0\",\"sid\":\"1\",\"input\":\"vlan 10 ;exit\"",
        ],
    );
    // Nor by a save.
    let copied = json(r#"{"code":"200","body":"Copy complete.\n"}"#);
    let (client, seen) = switch(None, vec![page(), version(), copied]).await;
    assert_eq!(client.read(&[Query::Save]).await.unwrap(), [Ok(Piece::Saved(Ok(())))]);
    check(&seen, &["\"show version\"", "\"show version\"", "cli_show_ascii"]);
}

#[tokio::test]
async fn what_has_no_tables_is_asked_as_text_and_that_is_remembered() {
    let entry = |input: &str| format!(r#"{{"input":"{input}","code":"200","body":{{"a":"1"}}}}"#);
    let lacks = r#"{"input":" show vpc","code":"501","msg":"Structured output unsupported"}"#;
    let text = || json(r#"{"input":"show vpc","code":"200","body":"Legend:\n"}"#);
    let script = vec![json(&format!("[{},{lacks}]", entry("show fex"))), text(), json(&entry("show fex")), text()];
    let (client, seen) = switch(Some(Dialect::InsJson), script).await;
    let asked = [show("show fex"), show("show vpc")];
    for _ in 0..2 {
        let said = client.show(&asked, SECONDS).await.unwrap();
        assert!(matches!(said.as_slice(), [Ok(Answer::Structured(_))]), "{said:?}");
        let said = client.show(&asked[1..], SECONDS).await.unwrap();
        assert_eq!(said, [Ok(Answer::Text("Legend:\n".to_owned()))]);
    }
    let (tables, texts) = ("\"cli_show\"", "\"cli_show_ascii\"");
    check(&seen, &[tables, texts, tables, texts]);
    assert!(seen.lock().unwrap()[2].contains("\"input\":\"show fex\""));
}

#[tokio::test]
async fn a_switch_without_a_version_is_asked_for_it_as_text() {
    let answers = [
        (Dialect::InsJson, json(r#"{"code":"200","body":""}"#), json(r#"{"code":"200","body":"NX-OS\n"}"#)),
        (Dialect::InsXml, xml("<code>200</code><body/>"), xml("<code>200</code><body>NX-OS&#10;</body>")),
        (
            Dialect::JsonRpc,
            http("200 OK", "", r#"{"result":null,"id":1}"#),
            http("200 OK", "", r#"{"result":{"msg":"NX-OS\n"},"id":1}"#),
        ),
    ];
    for (dialect, nothing, text) in answers {
        let (client, seen) = switch(Some(dialect), vec![nothing, text]).await;
        let said = client.show(&[show("show version")], SECONDS).await.unwrap();
        assert_eq!(said, [Ok(Answer::Text("NX-OS\n".to_owned()))]);
        check(&seen, &["show version", "_ascii"]);
    }
}

#[tokio::test]
async fn a_busy_switch_is_written_to_again_but_not_too_late() {
    let busy = || json(r#"{"clierror":"Internal Server error","msg":"Max sessions reached.","code":"429"}"#);
    let taken = json(r#"{"body":{},"code":"200","msg":"Success"}"#);
    let (client, seen) = switch(Some(Dialect::InsJson), vec![busy(), taken]).await;
    assert_eq!(configure(&client, SECONDS).await.unwrap().len(), 2);
    assert_eq!(seen.lock().unwrap().len(), 2);
    let (client, seen) = switch(Some(Dialect::InsJson), vec![busy(), busy(), busy()]).await;
    let until = clock::now() + Duration::from_secs(1);
    let error = client.configure(&["exit".to_owned()], SECONDS, until).await.unwrap_err();
    assert!(matches!(error, ClientError::Late { .. }), "{error:?}");
    assert!(seen.lock().unwrap().len() <= 2);
}

#[tokio::test]
async fn a_refused_line_ends_the_batch_in_every_dialect() {
    let rpc = r#"[{"result":null,"id":1},{"error":{"code":-32602,"data":{"msg":"% Invalid\n"}},"id":2}]"#;
    let error = r#"{"clierror":"% Invalid\n","code":"400","msg":"CLI execution error"}"#;
    let ins = format!("[{},{error}]", r#"{"body":{},"code":"200","msg":"Success"}"#);
    let outputs = "<body/><code>200</code></output><output><clierror>% Invalid\n</clierror><code>400</code>";
    let answers = [http("500 Internal Server Error", "", rpc), json(&ins), xml(outputs)];
    for (dialect, answer) in Dialect::ALL.into_iter().zip(answers) {
        let (client, _) = switch(Some(dialect), vec![answer]).await;
        let said = configure(&client, SECONDS).await.unwrap();
        assert!(said[0].is_ok() && said[1] == Err("% Invalid".to_owned()), "{dialect:?}: {said:?}");
    }
}

#[tokio::test]
async fn no_addresses_are_believed_only_as_text() {
    let macs = |port| Query::Macs(InterfaceName::Ethernet(1, port));
    let head =
        "   VLAN     MAC Address      Type      age     Secure NTFY Ports\n---------+-----------------+--------\n";
    let text = |row: &str| json(&serde_json::json!({"code": "200", "body": format!("{head}{row}")}).to_string());
    let row = "*   10     0050.5600.0001   dynamic  0         F      F    Eth1/1\n";
    let nothing = json(r#"{"code":"200","body":""}"#);
    let (client, seen) = switch(Some(Dialect::InsJson), vec![nothing, text(row), text("")]).await;
    let found = client.read(&[macs(1)]).await.unwrap().remove(0).unwrap();
    assert!(matches!(&found, Piece::Macs(entries) if entries.len() == 1), "{found:?}");
    assert_eq!(client.read(&[macs(2)]).await.unwrap(), [Ok(Piece::Macs(Vec::new()))]);
    let (tables, texts) = ("\"cli_show\"", "\"cli_show_ascii\"");
    check(&seen, &[tables, texts, texts]);
}
