//! One connection: who calls, and what is asked of each channel.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr, sync::Arc};

use russh::{
    Channel, ChannelId, ChannelOpenFailure, Error,
    server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey},
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{
    Door,
    line::{Line, Typed},
    methods,
};
use crate::lab::model::switch::Credential;

/// Somebody who called.
pub(super) struct Caller {
    door: Arc<Door>,
    peer: String,
    user: String,
    /// Channels that nothing was asked of yet.
    open: BTreeMap<ChannelId, Line>,
    /// Channels that somebody attends to.
    attended: BTreeMap<ChannelId, UnboundedSender<Typed>>,
}

impl Caller {
    pub(super) fn new(door: Arc<Door>, peer: IpAddr) -> Self {
        Self { door, peer: peer.to_string(), user: String::new(), open: BTreeMap::new(), attended: BTreeMap::new() }
    }

    fn admit(&mut self, user: &str, credential: Credential<'_>) -> Auth {
        if self.door.ask(|switch, _| switch.admits(user, credential)) == Some(true) {
            user.clone_into(&mut self.user);
            Auth::Accept
        } else {
            refused()
        }
    }

    /// Begins to attend to a channel; with `command`, to that only.
    fn begin(&mut self, id: ChannelId, command: Option<&[u8]>, session: &mut Session) -> Result<(), Error> {
        let Some(mut line) = self.open.remove(&id) else { return session.channel_failure(id) };
        let (sender, typed) = unbounded_channel();
        if let Some(command) = command {
            line.single();
            // The receiver is at hand.
            drop(sender.send(Typed::Bytes([command, b"\n"].concat())));
        }
        self.attended.insert(id, sender);
        session.channel_success(id)?;
        tokio::spawn(line.attend(id, session.handle(), typed));
        Ok(())
    }

    fn pass_on(&self, id: ChannelId, typed: Typed) {
        if let Some(sender) = self.attended.get(&id) {
            // A channel that is over takes nothing any more.
            drop(sender.send(typed));
        }
    }
}

/// Every way stays open for another try.
fn refused() -> Auth {
    Auth::Reject { proceed_with_methods: Some(methods()), partial_success: false }
}

impl Handler for Caller {
    type Error = Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Error> {
        Ok(self.admit(user, Credential::Password(password)))
    }

    async fn auth_publickey_offered(&mut self, _user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Error> {
        let known = offer.public_key.key_data() == self.door.key.key_data();
        Ok(if known { Auth::Accept } else { refused() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Error> {
        let known = key.public_key.key_data() == self.door.key.key_data();
        Ok(if known { self.admit(user, Credential::Key) } else { refused() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _submethods: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Error> {
        let Some(mut response) = response else {
            let prompts = Cow::Borrowed([(Cow::Borrowed("Password: "), false)].as_slice());
            return Ok(Auth::Partial { name: "".into(), instructions: "".into(), prompts });
        };
        let password = response.next().unwrap_or_default();
        Ok(match std::str::from_utf8(&password) {
            Ok(password) => self.admit(user, Credential::Password(password)),
            Err(_) => refused(),
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Error> {
        match Line::take(&self.door, &self.peer, &self.user) {
            Some(line) => {
                self.open.insert(channel.id(), line);
                reply.accept().await;
            }
            None => reply.reject(ChannelOpenFailure::ResourceShortage).await,
        }
        Ok(())
    }

    /// The size of the window changes nothing: the facts know of no line that a switch wraps.
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
    ) -> Result<(), Error> {
        session.channel_success(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Error> {
        self.begin(channel, None, session)
    }

    async fn exec_request(&mut self, channel: ChannelId, data: &[u8], session: &mut Session) -> Result<(), Error> {
        self.begin(channel, Some(data), session)
    }

    /// Neither SFTP nor anything else.
    async fn subsystem_request(&mut self, channel: ChannelId, _name: &str, session: &mut Session) -> Result<(), Error> {
        session.channel_failure(channel)
    }

    async fn data(&mut self, channel: ChannelId, data: &[u8], _session: &mut Session) -> Result<(), Error> {
        self.pass_on(channel, Typed::Bytes(data.to_vec()));
        Ok(())
    }

    async fn channel_eof(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Error> {
        self.pass_on(channel, Typed::End);
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _session: &mut Session) -> Result<(), Error> {
        self.open.remove(&channel);
        self.attended.remove(&channel);
        Ok(())
    }
}
