//! The client against a scripted server on loopback.

mod dialects;
mod limits;

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use vmtracker_core::{
    net::SwitchName,
    nexus::{Answer, Piece, session::Class},
};

use super::*;
use crate::{config::Secret, nexus::Driver, tls::Trust};

/// The scripted answers: what is written before the connection is closed.
type Script = Vec<String>;

/// What an answer ends with after which the connection is left open.
const SILENCE: &str = "...";

async fn serve(script: Script) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut open = Vec::new();
        for answer in script {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = request(&mut stream).await;
            requests.lock().unwrap().push(request);
            let said = answer.strip_suffix(SILENCE);
            stream.write_all(said.unwrap_or(&answer).as_bytes()).await.unwrap();
            if said.is_some() {
                open.push(stream);
            }
        }
        // Nobody listens any more, but what is open stays open.
        drop(listener);
        std::future::pending::<()>().await;
    });
    (url, seen)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head
                .to_ascii_lowercase()
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.split_whitespace().next().and_then(|number| number.parse::<usize>().ok()));
            body.len() >= length.unwrap_or(0)
        });
        if whole || count == 0 {
            return text;
        }
    }
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

fn settings(url: String) -> SwitchSettings {
    SwitchSettings {
        name: SwitchName::from("leaf1"),
        url,
        username: "us".to_owned(),
        password: Secret::new("hidden".to_owned()),
        trust: Trust::System,
        dialect: None,
        ssh: None,
    }
}

fn client_of(settings: SwitchSettings) -> NxapiClient {
    NxapiClient::new(settings, reqwest::Client::new())
}

fn client(url: String) -> NxapiClient {
    client_of(settings(url))
}

async fn check(script: Script, queries: &[Query]) -> (Result<Vec<Result<Piece, String>>, ClientError>, Vec<String>) {
    let (url, seen) = serve(script).await;
    let answer = client(url).read(queries).await;
    let seen = seen.lock().unwrap().clone();
    (answer, seen)
}

const EMPTY_CHANNELS: &str = r#"{"jsonrpc":"2.0","result":{"body":{}},"id":1}"#;

#[tokio::test]
async fn the_login_is_sent_once_and_then_its_cookie() {
    let cookie = "set-cookie: nxapi_auth=abc:def=; Secure; HttpOnly\r\n";
    let script = vec![http("200 OK", cookie, EMPTY_CHANNELS), http("200 OK", "", EMPTY_CHANNELS)];
    let (url, seen) = serve(script).await;
    let client = client(url);
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    assert!(!format!("{client:?}").contains("abc"), "who has the cookie is logged in");
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    let seen = seen.lock().unwrap().clone();
    assert!(seen[0].contains("authorization: Basic") && seen[0].contains("POST /ins "));
    assert!(seen[0].contains("content-type: application/json-rpc"));
    assert!(seen[1].contains("cookie: nxapi_auth=abc:def=\r\n") && !seen[1].contains("authorization"), "{}", seen[1]);
}

#[tokio::test]
async fn a_forgotten_cookie_is_replaced_by_the_login() {
    let cookie = "set-cookie: nxapi_auth=abc; Secure\r\n";
    let script = vec![
        http("200 OK", cookie, EMPTY_CHANNELS),
        http("401 Unauthorized", "", "<html></html>"),
        http("200 OK", "", EMPTY_CHANNELS),
    ];
    let (url, seen) = serve(script).await;
    let client = client(url);
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    assert!(seen.lock().unwrap()[2].contains("authorization: Basic"));
}

#[tokio::test]
async fn a_write_whose_cookie_is_refused_too_late_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(format!("http://{}", listener.local_addr().unwrap()));
    let until = clock::now() + Duration::from_millis(500);
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        let cookie = http("200 OK", "set-cookie: nxapi_auth=abc; Secure\r\n", EMPTY_CHANNELS);
        let refusals = std::iter::repeat_with(|| http("401 Unauthorized", "", "<html></html>"));
        for answer in std::iter::once(cookie).chain(refusals) {
            let (mut stream, _) = listener.accept().await.unwrap();
            request(&mut stream).await;
            *count.lock().unwrap() += 1;
            while answer.contains("401") && clock::now() < until {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    let error = client.configure(&["exit".to_owned()], Duration::from_secs(10), until).await.unwrap_err();
    assert!(matches!(error, ClientError::Late { .. }), "{error:?}");
    assert_eq!(*seen.lock().unwrap(), 2, "the question, and the write once");
}

#[tokio::test]
async fn a_cookie_that_is_forgotten_under_two_requests_is_no_refused_login() {
    let cookie = "set-cookie: nxapi_auth=abc; Secure\r\n";
    let forgotten = || http("401 Unauthorized", "", "<html></html>");
    let script = vec![
        http("200 OK", cookie, EMPTY_CHANNELS),
        forgotten(),
        forgotten(),
        http("200 OK", "", EMPTY_CHANNELS),
        http("200 OK", "", EMPTY_CHANNELS),
    ];
    let (url, seen) = serve(script).await;
    let client = client(url);
    client.read(&[Query::PortChannels]).await.unwrap().remove(0).unwrap();
    let (one, other) = tokio::join!(client.read(&[Query::PortChannels]), client.read(&[Query::PortChannels]));
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    let seen = seen.lock().unwrap().clone();
    assert!(seen[3..].iter().all(|request| request.contains("authorization: Basic")), "{seen:?}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_never_shown() {
    let (answer, seen) = check(vec![http("401 Unauthorized", "", "<html></html>")], &[Query::Version]).await;
    let error = answer.unwrap_err();
    assert_eq!((error.class(), seen.len()), (Class::Auth, 1));
    assert!(error.failure().why.contains("leaf1") && !format!("{error:?}").contains("hidden"));
}

#[tokio::test]
async fn a_broken_connection_is_tried_once_more_for_a_read() {
    let (answer, seen) = check(vec![String::new(), http("200 OK", "", EMPTY_CHANNELS)], &[Query::PortChannels]).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(seen.len(), 2);
    let (answer, _) = check(vec![String::new(), String::new()], &[Query::PortChannels]).await;
    assert_eq!(answer.unwrap_err().class(), Class::Refused);
}

#[tokio::test]
async fn after_a_refused_question_the_rest_is_asked_again() {
    let refusal = r#"{"error":{"code":-32602,"message":"Invalid params","data":{"msg":"% Invalid range\n"}},"id":1}"#;
    let script = vec![http("500 Internal Server Error", "", refusal), http("200 OK", "", EMPTY_CHANNELS)];
    let (answer, seen) = check(script, &[Query::Vlans, Query::PortChannels]).await;
    let answer = answer.unwrap();
    assert_eq!(answer[0], Err("% Invalid range".to_owned()));
    assert!(answer[1].is_ok() && seen.len() == 2);
}

#[tokio::test]
async fn what_is_no_nexus_is_said_to_be_none() {
    let (answer, _) = check(vec![http("404 Not Found", "", "<html></html>")], &[Query::Version]).await;
    let error = answer.unwrap_err();
    assert_eq!(error.class(), Class::Protocol);
    assert!(error.failure().why.contains("is it a Nexus"), "{}", error.failure().why);
    let other = r#"{"jsonrpc":"2.0","result":{"body":{"modelName":"DCS-7050"}},"id":1}"#;
    let (answer, _) = check(vec![http("200 OK", "", other)], &[Query::Version]).await;
    assert!(answer.unwrap_err().failure().why.contains("is not a Nexus"));
}

#[tokio::test]
async fn a_busy_switch_is_asked_again() {
    let busy = r#"{"output":{"msg":"Max sessions reached.","code":"429"}}"#;
    let script = vec![http("200 OK", "", busy), http("200 OK", "", EMPTY_CHANNELS)];
    let (answer, seen) = check(script, &[Query::PortChannels]).await;
    assert!(answer.is_ok() && seen.len() == 2, "{answer:?}");
}

#[tokio::test]
async fn nobody_at_the_address_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(url.clone()).read(&[Query::Version]).await.unwrap_err();
    assert_eq!(error.class(), Class::Refused);
    assert!(error.failure().why.contains(&url), "{}", error.failure().why);
}

#[tokio::test]
async fn a_save_is_not_sent_again_when_the_connection_broke() {
    let copied = r#"{"jsonrpc":"2.0","result":{"msg":"[####] 100%\nCopy complete.\n"},"id":1}"#;
    let (url, seen) = serve(vec![String::new(), http("200 OK", "", copied)]).await;
    let client = client_of(SwitchSettings { dialect: Some(Dialect::JsonRpc), ..settings(url) });
    assert_eq!(client.read(&[Query::Save]).await.unwrap_err().class(), Class::Refused);
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(client.read(&[Query::Save]).await.unwrap(), [Ok(Piece::Saved(Ok(())))]);
    let sent = seen.lock().unwrap()[1].clone();
    assert!(sent.contains("cli_ascii") && sent.contains("copy running-config startup-config"));
}

#[tokio::test]
async fn what_no_session_needs_may_be_unreadable() {
    let foreign = r#"{"jsonrpc":"2.0","result":{"msg":"something else"},"id":1}"#;
    let (answer, _) = check(vec![http("200 OK", "", foreign)], &[Query::Fex]).await;
    assert_eq!(answer.unwrap(), [Ok(Piece::Silent(Query::Fex))]);
    let (answer, _) = check(vec![http("200 OK", "", foreign)], &[Query::Vpc]).await;
    assert_eq!(answer.unwrap_err().class(), Class::Protocol);
}
