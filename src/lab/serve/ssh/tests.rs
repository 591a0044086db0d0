//! Over loopback, with libssh2 as the client.

use std::{
    io::{Read, Write},
    net::TcpStream as Socket,
};

use ssh2::{Channel, KeyboardInteractivePrompt, Prompt};
use tokio::task::spawn_blocking;
use vmtracker_core::net::{InterfaceName, VlanSet};

use super::*;
use crate::lab::model::{
    switch::{BadReply, Delays, Port, SwitchSpec},
    world::World,
};

const EDGE: InterfaceName = InterfaceName::Ethernet(1, 1);

/// Two switches being served.
struct Lab {
    world: SharedWorld,
    running: RunningSsh,
    key: LabKey,
}

async fn lab() -> Lab {
    let names = ["leaf1".to_owned(), "leaf2".to_owned()];
    let switch = |name: &String| {
        let ports = [(EDGE, Port::trunk("10".parse().expect("a list")))].into();
        let vlans = VlanSet::all().intersection(&"10-99".parse().expect("a list"));
        Switch::new(SwitchSpec { hostname: name.clone(), vlans, ports, ..SwitchSpec::default() })
    };
    let switches = names.iter().map(|name| (name.clone(), switch(name))).collect();
    let world = SharedWorld::new(World { switches, ..World::default() });
    let key = LabKey::new().expect("a key");
    let running = serve_ssh(&world, &names, &key).await.expect("free ports");
    Lab { world, running, key }
}

impl Lab {
    /// Does something as a client of `leaf1`, on a thread of its own.
    async fn client<R: Send + 'static>(&self, act: impl FnOnce(ssh2::Session) -> R + Send + 'static) -> R {
        let address = self.running.addresses()["leaf1"];
        spawn_blocking(move || act(connect(address).expect("an SSH server"))).await.expect("no panic")
    }

    fn change(&self, change: impl FnOnce(&mut Switch)) {
        self.world.with(|world, _| change(world.switches.get_mut("leaf1").expect("a switch")));
    }

    fn look<R>(&self, see: impl FnOnce(&Switch) -> R) -> R {
        self.world.look(|world, _| see(&world.switches["leaf1"]))
    }
}

fn connect(address: SocketAddr) -> io::Result<ssh2::Session> {
    let mut session = ssh2::Session::new()?;
    session.set_timeout(20_000);
    session.set_tcp_stream(Socket::connect(address)?);
    session.handshake()?;
    Ok(session)
}

fn log_in(session: ssh2::Session) -> ssh2::Session {
    session.userauth_password("admin", "admin").expect("a good login");
    session
}

fn shell(session: &ssh2::Session) -> Channel {
    let mut channel = session.channel_session().expect("a channel");
    channel.request_pty("vt100", None, Some((511, 1000, 0, 0))).expect("a terminal");
    channel.shell().expect("a shell");
    until(&mut channel, "leaf1# ");
    channel
}

/// Reads until what was read ends in `end`.
fn until(channel: &mut Channel, end: &str) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(end.as_bytes()) {
        channel.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&seen)));
        seen.push(byte[0]);
    }
    String::from_utf8(seen).expect("text")
}

fn ask(channel: &mut Channel, line: &str, end: &str) -> String {
    channel.write_all(line.as_bytes()).expect("written");
    until(channel, end)
}

/// The rest, once the other side has closed the channel.
fn rest(mut channel: Channel) -> String {
    let mut seen = String::new();
    channel.read_to_string(&mut seen).expect("text to the end");
    channel.wait_close().expect("closed");
    seen
}

struct Answers(&'static str);

impl KeyboardInteractivePrompt for Answers {
    fn prompt(&mut self, _user: &str, _instructions: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        assert!(prompts.iter().all(|prompt| !prompt.echo));
        prompts.iter().map(|_| self.0.to_owned()).collect()
    }
}

#[tokio::test]
async fn the_login_is_a_password_an_answer_or_the_labs_key() {
    let lab = lab().await;
    let private = lab.key.private_text().expect("a key");
    let other = LabKey::new().and_then(|key| key.private_text()).expect("a key");
    let good = lab.client(|session| session.userauth_password("admin", "admin").map(|()| session.authenticated()));
    assert!(good.await.is_ok_and(|authenticated| authenticated));
    let check =
        |answer| lab.client(move |session| session.userauth_keyboard_interactive("admin", &mut Answers(answer)));
    assert!(check("admin").await.is_ok());
    assert!(check("wrong").await.is_err());
    assert!(lab.client(|session| session.userauth_password("admin", "wrong")).await.is_err());
    assert!(lab.client(|session| session.userauth_password("root", "admin")).await.is_err());
    let second = |session: ssh2::Session| {
        drop(session.userauth_password("admin", "wrong"));
        session.userauth_password("admin", "admin")
    };
    assert!(lab.client(second).await.is_ok());
    let by_key = |key: String| lab.client(move |session| session.userauth_pubkey_memory("admin", None, &key, None));
    assert!(by_key(private.clone()).await.is_ok());
    assert!(by_key(other).await.is_err());
    lab.change(|switch| switch.faults.refuse_logins = true);
    assert!(by_key(private).await.is_err());
    let counters = lab.look(Switch::counters);
    assert_eq!((counters.logins, counters.wrong_passwords, counters.ssh_sessions), (4, 5, 0));
    lab.running.stop().await;
}

#[tokio::test]
async fn a_shell_configures_and_exit_closes_it() {
    let lab = lab().await;
    lab.change(|switch| switch.delays = Delays { write: Duration::from_millis(30), ..Delays::NONE });
    let seen = lab
        .client(|session| {
            let session = log_in(session);
            let mut channel = shell(&session);
            ask(&mut channel, "configure terminal\n", "leaf1(config)# ");
            ask(&mut channel, "interface Ethernet1/1\n", "leaf1(config-if)# ");
            let seen = ask(&mut channel, "switchport trunk allowed vlan add 20\n", "leaf1(config-if)# ");
            ask(&mut channel, "end\n", "leaf1# ");
            channel.write_all(b"exit\n").expect("written");
            assert_eq!(rest(channel), "exit\r\n");
            seen
        })
        .await;
    assert_eq!(seen, "switchport trunk allowed vlan add 20\r\nleaf1(config-if)# ");
    assert_eq!(lab.look(|switch| switch.allowed(EDGE).to_string()), "10,20");
    lab.running.stop().await;
}

#[tokio::test]
async fn a_single_command_is_answered_and_that_is_all() {
    let lab = lab().await;
    let check = |command: &'static str| {
        lab.client(move |session| {
            let session = log_in(session);
            let mut channel = session.channel_session().expect("a channel");
            channel.exec(command).expect("taken");
            rest(channel)
        })
    };
    assert_eq!(check("show hostname").await, "leaf1 \r\n");
    let config = lab.look(|switch| switch.running_config().trim_end().replace('\n', "\r\n")) + "\r\n";
    assert_eq!(check("show running-config").await, config);
    lab.running.stop().await;
}

#[tokio::test]
async fn sessions_stand_beside_each_other_until_every_line_is_taken() {
    let lab = lab().await;
    let lines = lab.look(|switch| switch.profile().vtys);
    let refused = lab
        .client(move |session| {
            let session = log_in(session);
            let (mut first, mut second) = (shell(&session), shell(&session));
            ask(&mut first, "conf t\n", "leaf1(config)# ");
            assert_eq!(ask(&mut second, "\n", "leaf1# "), "\r\nleaf1# ");
            let _others: Vec<_> = (2..lines).map(|_| session.channel_session().expect("a free line")).collect();
            session.channel_session().is_err()
        })
        .await;
    assert!(refused);
    assert_eq!(lab.look(Switch::counters).turned_away, 1);
    lab.running.stop().await;
}

#[tokio::test]
async fn a_line_is_free_again_when_its_session_ends() {
    let lab = lab().await;
    for _ in 0..2 {
        let lines = lab.look(|switch| switch.profile().vtys);
        lab.client(move |session| {
            let session = log_in(session);
            let mut channels: Vec<_> = (0..lines).map(|_| shell(&session)).collect();
            for channel in &mut channels {
                channel.write_all(b"exit\n").expect("written");
            }
            channels.into_iter().for_each(|channel| drop(rest(channel)));
        })
        .await;
    }
    assert_eq!(lab.look(Switch::counters).turned_away, 0);
    lab.running.stop().await;
}

#[tokio::test]
async fn a_switch_may_apply_and_hang_up_or_not_answer_at_all() {
    let lab = lab().await;
    lab.change(|switch| switch.faults.bad_reply = Some((BadReply::HangUp, 1)));
    let cut = lab
        .client(|session| {
            let session = log_in(session);
            let mut channel = shell(&session);
            ask(&mut channel, "conf t\n", "leaf1(config)# ");
            channel.write_all(b"vlan 200\n").expect("written");
            // Either the channel ends or the reading fails, but no prompt comes.
            let mut seen = Vec::new();
            drop(channel.read_to_end(&mut seen));
            String::from_utf8(seen).expect("text")
        })
        .await;
    assert!(!cut.contains('#'), "{cut}");
    assert!(lab.look(|switch| switch.is_active("200".parse().expect("a VLAN"))));
    lab.change(|switch| switch.faults.unreachable = true);
    let address = lab.running.addresses()["leaf1"];
    let refused = spawn_blocking(move || connect(address).is_err()).await.expect("no panic");
    assert!(refused);
    lab.running.stop().await;
}

#[tokio::test]
async fn the_known_hosts_name_every_switchs_key() {
    let lab = lab().await;
    for (name, address) in lab.running.addresses().clone() {
        let known = lab.running.known_hosts().to_owned();
        let key = spawn_blocking(move || {
            let session = connect(address).expect("an SSH server");
            let mut hosts = session.known_hosts().expect("a list");
            for line in known.lines() {
                hosts.read_str(line, ssh2::KnownHostFileKind::OpenSSH).expect("a line");
            }
            let (key, _) = session.host_key().expect("a key");
            matches!(hosts.check_port("127.0.0.1", address.port(), key), ssh2::CheckResult::Match)
        });
        assert!(key.await.expect("no panic"), "{name}");
    }
    lab.running.stop().await;
}

#[tokio::test]
async fn when_the_servers_stop_every_connection_ends() {
    let lab = lab().await;
    let (open, opened) = tokio::sync::oneshot::channel();
    let address = lab.running.addresses()["leaf1"];
    let client = spawn_blocking(move || {
        let session = log_in(connect(address).expect("an SSH server"));
        let mut channel = shell(&session);
        open.send(()).expect("somebody waits");
        let mut seen = Vec::new();
        channel.read_to_end(&mut seen).is_err() || channel.eof()
    });
    opened.await.expect("a shell");
    lab.running.stop().await;
    assert!(client.await.expect("no panic"));
    assert!(Socket::connect(address).is_err());
}
