//! The client against a scripted switch on loopback.

use std::cell::Cell;

use rand::{SeedableRng, rngs::StdRng};
use russh::MethodKind;
use serde_json::json;
use vmtracker_core::nexus::{Answer, session::Class};

use self::server::{Act, HANG_UP, PASSWORD, Served, Switch, key, serve};
use super::*;
use crate::{
    clock,
    config::{HostTrust, PrivateKey, Secret},
    tls::{self, Trust, chain},
};

mod hosts;
pub(in crate::nexus) mod server;

const VERSION: &str =
    r#"{"host_name": "leaf1", "chassis_id": "Nexus9000", "proc_board_id": "S1", "nxos_ver_str": "9.3(5)"}"#;
const LIMIT: Duration = Duration::from_secs(20);

/// A switch that lets in by password, knows some commands, and refuses what it does not.
pub(in crate::nexus) fn switch() -> Switch {
    Switch { host_keys: vec![key(1)], methods: &[MethodKind::Password], key: None, rounds: Vec::new(), act }
}

fn act(line: &str) -> Act {
    let invalid = "                ^\n% Invalid command at '^' marker.\n";
    match line {
        "show version | json" => Act::Say(format!("{VERSION}\n")),
        "show hostname | json" => Act::Say("{\"hostname\": \"leaf1\"}\n".to_owned()),
        "show hostname" => Act::Say("leaf1 \n".to_owned()),
        "show fex" => Act::Say("one\n\ntwo#\n".to_owned()),
        "show slow" => Act::Stall("one\r\ntw"),
        "show bye" => Act::Cut("bye\r\nleaf1# "),
        "switchport cut" => Act::Cut(""),
        "show cut" => Act::Cut("one\r\ntw"),
        "copy slowly" => Act::Stall("[####"),
        "show complaint" => Act::Complain("out of memory\r\n"),
        "copy running-config startup-config" => Act::Stall("Overwrite? (y/n) [n] "),
        "configure terminal" => Act::Enter("(config)"),
        line if line.starts_with("interface ") => Act::Enter("(config-if)"),
        line if line.starts_with("switchport trunk allowed vlan add 9") => Act::Say("ERROR: no such VLAN\n".to_owned()),
        line if line.starts_with("switchport ") => Act::Say(String::new()),
        _ => Act::Say(invalid.to_owned()),
    }
}

/// How to reach `served`: it trusts its host key, and has no NX-API.
pub(in crate::nexus) fn settings(served: &Served) -> (SwitchSettings, SshSettings) {
    let fingerprint = tls::fingerprint(&served.host_key.to_bytes().unwrap());
    let ssh = SshSettings {
        host: "127.0.0.1".to_owned(),
        port: served.port,
        trust: HostTrust::Fingerprint(fingerprint),
        key: None,
        agent: false,
    };
    let settings = SwitchSettings {
        name: SwitchName::from("leaf1"),
        url: String::new(),
        username: "us".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
        trust: Trust::System,
        dialect: None,
        ssh: None,
    };
    (settings, ssh)
}

/// A client of `served`, with changes.
fn client(served: &Served, change: impl Fn(&mut SwitchSettings, &mut SshSettings)) -> SshClient {
    let (mut settings, mut ssh) = settings(served);
    change(&mut settings, &mut ssh);
    SshClient::new(settings, ssh)
}

fn text(command: &str) -> (Encoding, String) {
    (Encoding::Text, command.to_owned())
}

async fn show(client: &SshClient, command: &str) -> Result<Vec<Reply>, ClientError> {
    client.show(&[text(command)], LIMIT).await
}

fn said(text: &str) -> Reply {
    Ok(Answer::Text(text.to_owned()))
}

#[tokio::test]
async fn shows_are_answered_on_one_session_as_json_where_there_is_some() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    let commands = [(Encoding::Structured, "show hostname".to_owned()), (Encoding::Structured, "show fex".to_owned())];
    let expected = [Ok(Answer::Structured(json!({"hostname": "leaf1"}))), said("one\n\ntwo#\n")];
    assert_eq!(client.show(&commands, LIMIT).await.unwrap(), expected);
    assert_eq!(client.show(&commands[1..], LIMIT).await.unwrap(), expected[1..]);
    let typed =
        ["terminal length 0", "terminal width 511", "show hostname | json", "show fex | json", "show fex", "show fex"];
    let seen = served.seen.lock().unwrap();
    assert_eq!((seen.lines.as_slice(), seen.sessions), (typed.map(str::to_owned).as_slice(), 1));
    let traffic = client.traffic();
    assert_eq!((traffic.requests, traffic.sent), (6, typed.iter().map(|line| line.len() as u64 + 1).sum()));
    assert!(traffic.received > traffic.sent, "{traffic:?}");
}

#[tokio::test]
async fn a_refused_command_ends_the_request() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    let replies = client.show(&[text("show vpc"), text("show fex")], LIMIT).await.unwrap();
    assert_eq!(replies, [Err("% Invalid command at '^' marker.".to_owned())]);
    let structured = client.show(&[(Encoding::Structured, "show vpc".to_owned())], LIMIT).await.unwrap();
    assert_eq!(structured, replies);
}

/// Types `lines`; what came of them, and what the switch saw.
async fn configured(lines: &[&str], until: Duration) -> (Result<Vec<Reply>, ClientError>, Vec<String>) {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    show(&client, "show fex").await.unwrap().pop().unwrap().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
    let outcome = client.configure(&lines, LIMIT, clock::now() + until).await;
    let seen = served.seen.lock().unwrap().lines.split_off(3);
    (outcome, seen)
}

#[tokio::test]
async fn lines_are_typed_one_by_one_and_the_first_refusal_is_the_last() {
    let (interface, add) = ("interface Ethernet1/1", "switchport trunk allowed vlan add 10");
    let (outcome, seen) = configured(&[interface, add], LIMIT).await;
    assert_eq!(outcome.unwrap(), [said(""), said("")]);
    assert_eq!(seen, ["configure terminal", interface, add, "end"]);
    let wrong = "switchport trunk allowed vlan add 99";
    let (outcome, seen) = configured(&[interface, wrong, add], LIMIT).await;
    assert_eq!(outcome.unwrap(), [said(""), Err("ERROR: no such VLAN".to_owned())]);
    assert_eq!(seen, ["configure terminal", interface, wrong, "end"]);
}

#[tokio::test]
async fn nothing_is_typed_too_late() {
    let (outcome, seen) = configured(&["interface Ethernet1/1"], Duration::ZERO).await;
    assert!(matches!(outcome, Err(ClientError::Late { .. })), "{outcome:?}");
    assert!(seen.is_empty(), "{seen:?}");
}

/// Types two lines while it may go on `times` times; what came of it, and what the switch saw.
async fn interrupted(times: usize) -> (Outcome, Vec<String>) {
    let served = serve(switch()).await;
    let (settings, ssh) = settings(&served);
    let outcome = tokio::task::spawn_blocking(move || {
        let left = Cell::new(times);
        let may_go_on = || left.replace(left.get().saturating_sub(1)) > 0;
        let lines = ["interface Ethernet1/1", "switchport trunk allowed vlan add 10"].map(str::to_owned);
        Worker::new(settings, ssh, Arc::default(), Idle::Keep).configure(&lines, LIMIT, may_go_on)
    });
    let outcome = outcome.await.unwrap().unwrap();
    let lines = served.seen.lock().unwrap().lines.clone();
    (outcome, lines.into_iter().filter(|line| !line.starts_with("terminal ")).collect())
}

#[tokio::test]
async fn what_was_typed_in_time_is_told_and_the_rest_is_not_typed() {
    let check = async |times, outcome, expected: &[&str]| {
        let (found, seen) = interrupted(times).await;
        assert_eq!((&found, seen.iter().map(String::as_str).collect::<Vec<_>>()), (&outcome, expected.to_vec()));
    };
    let (enter, interface) = ("configure terminal", "interface Ethernet1/1");
    check(0, Outcome::Late, &[]).await;
    check(1, Outcome::Late, &[enter, "end"]).await;
    check(2, Outcome::Replies(vec![said("")]), &[enter, interface, "end"]).await;
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_line_leaves_it_open_what_was_done() {
    let (outcome, seen) =
        configured(&["interface Ethernet1/1", "switchport cut", "switchport mode trunk"], LIMIT).await;
    assert!(outcome.as_ref().is_err_and(ClientError::is_broken), "{outcome:?}");
    assert_eq!(seen, ["configure terminal", "interface Ethernet1/1", "switchport cut"], "nothing is typed twice");
}

#[tokio::test]
async fn who_may_not_configure_is_told_so() {
    let served = serve(Switch { act: |_| Act::Say("% Permission denied for the role\n".to_owned()), ..switch() }).await;
    let client = client(&served, |_, _| {});
    let replies = client.configure(&["vlan 10".to_owned()], LIMIT, clock::now() + LIMIT).await.unwrap();
    assert_eq!(replies, [Err("configure terminal: % Permission denied for the role".to_owned())]);
    assert_eq!(served.seen.lock().unwrap().lines.last().unwrap(), "configure terminal");
}

#[tokio::test]
async fn a_cut_answer_is_an_error_and_the_next_session_is_new() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    for cut in ["show cut", "show complaint"] {
        let error = client.show(&[text(cut)], Duration::from_secs(5)).await.unwrap_err();
        assert!(error.is_broken(), "{error:?}");
    }
    assert_eq!(show(&client, "show fex").await.unwrap(), [said("one\n\ntwo#\n")]);
    assert_eq!(served.seen.lock().unwrap().sessions, 3);
}

#[tokio::test]
async fn silence_is_a_time_out_and_a_question_is_not_answered() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    let error = client.show(&[text("show slow")], Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(
        (error.class(), chain(&error)),
        (Class::Timeout, "leaf1: no answer to \"show slow\" within 1 s".to_owned())
    );
    let error = show(&client, "copy running-config startup-config").await.unwrap_err();
    assert!(chain(&error).contains("asks \"Overwrite? (y/n) [n]\""), "{}", chain(&error));
    assert_eq!(served.seen.lock().unwrap().lines.last().unwrap(), "copy running-config startup-config");
}

#[tokio::test]
async fn a_save_that_takes_its_time_delays_nobody() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    let copy = [text("copy slowly")];
    let save = client.show(&copy, Duration::from_secs(3));
    let write = ["interface Ethernet1/1".to_owned()];
    let write = client.configure(&write, LIMIT, clock::now() + LIMIT);
    tokio::select! {
        biased;
        saved = save => panic!("the write waited: {saved:?}"),
        written = write => assert_eq!(written.unwrap(), [said("")]),
    }
}

/// Logs in at `switch`: whether it let us in, and what it saw of the login.
async fn login(switch: Switch, change: impl Fn(&mut SwitchSettings, &mut SshSettings)) -> (bool, Vec<String>) {
    let served = serve(switch).await;
    let outcome = show(&client(&served, change), "show fex").await;
    if let Err(error) = &outcome {
        assert!(matches!(error, ClientError::Login { .. }), "{error:?}");
    }
    (outcome.is_ok(), served.seen.lock().unwrap().logins.clone())
}

#[tokio::test]
async fn a_password_is_tried_once() {
    let (let_in, logins) = login(switch(), |_, _| {}).await;
    assert_eq!((let_in, logins), (true, vec!["password hidden".to_owned()]));
    let both = Switch { methods: &[MethodKind::Password, MethodKind::KeyboardInteractive], ..switch() };
    let (let_in, logins) = login(both, |settings, _| settings.password = Secret::new("wrong".to_owned())).await;
    assert_eq!((let_in, logins), (false, vec!["password wrong".to_owned()]));
}

#[tokio::test]
async fn who_hangs_up_twice_at_the_password_refuses_it() {
    let served = serve(switch()).await;
    let client = client(&served, |settings, _| settings.password = Secret::new(HANG_UP.to_owned()));
    // The switch may just be reloading, and the password is that of all others, too.
    let error = show(&client, "show fex").await.unwrap_err();
    assert_eq!((error.class(), error.is_broken()), (Class::Refused, false), "{error:?}");
    let error = show(&client, "show fex").await.unwrap_err();
    assert!(matches!(error, ClientError::Login { .. }), "{error:?}");
    assert_eq!(served.seen.lock().unwrap().logins.len(), 2);
}

#[tokio::test]
async fn one_hidden_question_gets_the_password_and_no_other() {
    let interactive = |rounds| Switch { methods: &[MethodKind::KeyboardInteractive], rounds, ..switch() };
    let (let_in, logins) = login(interactive(vec![vec![("Password: ", false)]]), |_, _| {}).await;
    assert_eq!((let_in, logins), (true, vec!["answers hidden".to_owned()]));
    let (let_in, logins) = login(interactive(vec![vec![("Token: ", true)]]), |_, _| {}).await;
    assert_eq!((let_in, logins), (false, vec!["answers ".to_owned()]));
    let change = vec![vec![("Password: ", false)], vec![("New password: ", false)]];
    let (let_in, logins) = login(interactive(change), |_, _| {}).await;
    assert_eq!((let_in, logins), (false, vec!["answers hidden".to_owned(), "answers ".to_owned()]));
}

#[tokio::test]
async fn a_key_logs_in_without_a_password() {
    let mine = key(2);
    let locked = mine.encrypt(&mut StdRng::seed_from_u64(4), "swordfish").unwrap();
    let pem = locked.to_openssh(russh::keys::ssh_key::LineEnding::LF).unwrap().to_string();
    let with_key = |settings: &mut SwitchSettings, ssh: &mut SshSettings| {
        settings.password = Secret::new(String::new());
        ssh.key = Some(PrivateKey {
            path: "id".into(),
            text: Secret::new(pem.clone()),
            passphrase: Some(Secret::new("swordfish".to_owned())),
        });
    };
    let known = |key| Switch { methods: &[MethodKind::PublicKey, MethodKind::Password], key, ..switch() };
    let (let_in, logins) = login(known(Some(mine.public_key().clone())), with_key).await;
    assert_eq!((let_in, logins), (true, vec!["key of us".to_owned()]));
    let (let_in, logins) = login(known(None), with_key).await;
    assert!(!let_in && logins.iter().all(|login| login.starts_with("key")), "{logins:?}");
}

#[tokio::test]
async fn a_login_that_was_not_tried_was_not_refused() {
    let served = serve(Switch { methods: &[MethodKind::PublicKey], ..switch() }).await;
    let error = show(&client(&served, |_, _| {}), "show fex").await.unwrap_err();
    assert!(chain(&error).contains("offers only publickey"), "{}", chain(&error));
    assert_eq!((error.class(), served.seen.lock().unwrap().logins.len()), (Class::Refused, 0));
}

#[tokio::test]
async fn a_thread_that_ended_is_begun_anew() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    show(&client, "show fex").await.unwrap().pop().unwrap().unwrap();
    *client.lanes[0].jobs.lock().unwrap() = Some(mpsc::sync_channel(1).0);
    assert!(matches!(show(&client, "show fex").await, Err(ClientError::Ssh { source: SshError::Busy, .. })));
    assert_eq!(show(&client, "show fex").await.unwrap(), [said("one\n\ntwo#\n")]);
}

#[tokio::test]
async fn nobody_at_the_address_is_said() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let served = serve(switch()).await;
    let error = show(&client(&served, |_, ssh| ssh.port = port), "show fex").await.unwrap_err();
    assert!(chain(&error).contains(&format!("no SSH at 127.0.0.1:{port}: Connection refused")), "{}", chain(&error));
}

#[tokio::test]
async fn an_idle_session_that_was_closed_is_opened_again_before_a_line_is_typed() {
    let served = serve(switch()).await;
    let client = client(&served, |_, _| {});
    assert_eq!(show(&client, "show bye").await.unwrap(), [said("bye\n")]);
    let replies = client.configure(&["interface Ethernet1/1".to_owned()], LIMIT, clock::now() + LIMIT).await.unwrap();
    assert_eq!(replies, [said("")]);
    let seen = served.seen.lock().unwrap();
    assert_eq!((seen.sessions, seen.lines.iter().filter(|line| line.starts_with("interface")).count()), (2, 1));
}
