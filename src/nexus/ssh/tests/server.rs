//! A tiny scripted switch behind a real SSH server on loopback.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Duration,
};

use rand::{SeedableRng, rngs::StdRng};
use russh::{
    Channel, ChannelId, MethodKind, MethodSet,
    keys::{Algorithm, PrivateKey, PublicKey},
    server::{self, Auth, ChannelOpenHandle, Msg, Response, Session, VerifiedPublicKey},
};
use tokio::net::TcpListener;

/// What the switch does with a line.
pub(in crate::nexus) enum Act {
    /// Prints, and prompts.
    Say(String),
    /// Prints, and is silent.
    Stall(&'static str),
    /// Prints, and hangs up.
    Cut(&'static str),
    /// Complains on another stream, and hangs up.
    Complain(&'static str),
    /// Goes to another mode without a word.
    Enter(&'static str),
}

/// How it lets people in, and how it answers.
#[derive(Clone)]
pub(in crate::nexus) struct Switch {
    pub(in crate::nexus) host_keys: Vec<PrivateKey>,
    pub(in crate::nexus) methods: &'static [MethodKind],
    pub(in crate::nexus) key: Option<PublicKey>,
    /// What it asks for by keyboard-interactive, each round; `true` shows the answer.
    pub(in crate::nexus) rounds: Vec<Vec<(&'static str, bool)>>,
    pub(in crate::nexus) act: fn(&str) -> Act,
}

/// What it saw.
#[derive(Debug, Default)]
pub(in crate::nexus) struct Seen {
    pub(in crate::nexus) logins: Vec<String>,
    pub(in crate::nexus) lines: Vec<String>,
    pub(in crate::nexus) sessions: usize,
}

/// Where it is.
pub(in crate::nexus) struct Served {
    pub(in crate::nexus) port: u16,
    /// The public half of its last host key.
    pub(in crate::nexus) host_key: PublicKey,
    pub(in crate::nexus) seen: Arc<Mutex<Seen>>,
}

/// The password that it accepts.
pub(in crate::nexus) const PASSWORD: &str = "hidden";

/// The password at which it hangs up.
pub(in crate::nexus) const HANG_UP: &str = "good bye";

/// A key pair, always the same for a seed.
pub(in crate::nexus) fn key(seed: u64) -> PrivateKey {
    key_of(seed, Algorithm::Ed25519)
}

/// The same of another kind.
pub(in crate::nexus) fn key_of(seed: u64, algorithm: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut StdRng::seed_from_u64(seed), algorithm).unwrap()
}

pub(in crate::nexus) async fn serve(switch: Switch) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let host_key = switch.host_keys.last().unwrap().public_key().clone();
    let config = Arc::new(server::Config {
        methods: MethodSet::from(switch.methods),
        auth_rejection_time: Duration::ZERO,
        keys: switch.host_keys.clone(),
        nodelay: true,
        ..Default::default()
    });
    let seen = Arc::<Mutex<Seen>>::default();
    let noted = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let session =
                Line { switch: switch.clone(), seen: Arc::clone(&noted), mode: "", typed: Vec::new(), round: 0 };
            // A client that does not trust the key hangs up.
            drop(server::run_stream(Arc::clone(&config), stream, session).await);
        }
    });
    Served { port, host_key, seen }
}

struct Line {
    switch: Switch,
    seen: Arc<Mutex<Seen>>,
    mode: &'static str,
    typed: Vec<u8>,
    round: usize,
}

impl Line {
    fn note(&self, login: String) {
        self.seen.lock().unwrap().logins.push(login);
    }

    fn note_line(&self, line: &str) {
        self.seen.lock().unwrap().lines.push(line.to_owned());
    }

    fn prompt(&self) -> String {
        format!("\rleaf1{}# ", self.mode)
    }

    fn answer(&mut self, line: &str, channel: ChannelId, session: &mut Session) -> Result<(), russh::Error> {
        self.note_line(line);
        session.data(channel, format!("{line}\r\r\n"))?;
        let act = match line {
            "end" => Act::Enter(""),
            line if line.starts_with("terminal ") => Act::Say(String::new()),
            line => (self.switch.act)(line),
        };
        match act {
            Act::Say(text) => session.data(channel, format!("{}{}", text.replace('\n', "\r\n"), self.prompt())),
            Act::Stall(text) => session.data(channel, text),
            Act::Cut(text) => session.data(channel, text).and_then(|()| session.close(channel)),
            Act::Complain(text) => session.extended_data(channel, 1, text).and_then(|()| session.close(channel)),
            Act::Enter(mode) => {
                self.mode = mode;
                session.data(channel, self.prompt())
            }
        }
    }
}

fn judge(accepted: bool) -> Auth {
    if accepted { Auth::Accept } else { Auth::reject() }
}

impl server::Handler for Line {
    type Error = russh::Error;

    async fn auth_password(&mut self, _user: &str, password: &str) -> Result<Auth, Self::Error> {
        self.note(format!("password {password}"));
        if password == HANG_UP {
            return Err(russh::Error::Disconnect);
        }
        Ok(judge(password == PASSWORD))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        self.note(format!("key of {user}"));
        Ok(judge(self.switch.key.as_ref() == Some(key.public_key)))
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        if let Some(answers) = response {
            let answers: Vec<_> = answers.map(|it| String::from_utf8_lossy(&it).into_owned()).collect();
            self.note(format!("answers {}", answers.join("|")));
            if answers.iter().any(|answer| answer != PASSWORD) {
                return Ok(Auth::reject());
            }
        }
        let Some(prompts) = self.switch.rounds.get(self.round) else { return Ok(Auth::Accept) };
        self.round += 1;
        let prompts: Vec<(Cow<'static, str>, bool)> =
            prompts.iter().map(|(text, echo)| ((*text).into(), *echo)).collect();
        Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts: prompts.into() })
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.seen.lock().unwrap().sessions += 1;
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(russh::Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        session.data(channel, format!("\r\n#### Access is logged ####\r\nroom1#\r\n{}", self.prompt()))
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        for byte in data {
            if *byte != b'\n' {
                self.typed.push(*byte);
                continue;
            }
            let line = String::from_utf8(std::mem::take(&mut self.typed)).unwrap();
            self.answer(&line, channel, session)?;
        }
        Ok(())
    }
}
