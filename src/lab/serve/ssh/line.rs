//! One channel: a terminal of the switch, and the bytes between it and the caller.

use std::sync::Arc;

use russh::{ChannelId, Disconnect, server::Handle};
use tokio::sync::mpsc::UnboundedReceiver;

use super::Door;
use crate::lab::{
    model::switch::{Next, Reply, Terminal},
    serve::service,
};

/// What comes in on a channel.
pub(super) enum Typed {
    /// Bytes.
    Bytes(Vec<u8>),
    /// There will be no more.
    End,
}

/// A terminal in use; its virtual line is free again when this is dropped.
pub(super) struct Line {
    door: Arc<Door>,
    terminal: Terminal,
}

impl Line {
    /// Takes a line of the switch; none when every line is taken.
    pub(super) fn take(door: &Arc<Door>, peer: &str, user: &str) -> Option<Self> {
        let terminal = door.ask(|switch, _| switch.open_terminal(peer, user)).flatten()?;
        Some(Self { door: Arc::clone(door), terminal })
    }

    /// For one command only.
    pub(super) const fn single(&mut self) {
        self.terminal.single();
    }

    /// Serves channel `id` until either side ends it. What the caller no longer hears is dropped; the switch finishes
    /// what it has begun, whether or not the caller waits for it.
    pub(super) async fn attend(mut self, id: ChannelId, caller: Handle, mut typed: UnboundedReceiver<Typed>) {
        let greeting = self.door.ask(|switch, _| self.terminal.greeting(switch)).unwrap_or_default();
        drop(caller.data(id, greeting).await);
        while let Some(Typed::Bytes(bytes)) = typed.recv().await {
            match self.answer(id, &caller, &bytes).await {
                Next::Listen | Next::Serve { .. } => {}
                Next::Close => break,
                Next::Cut => return hang_up(&caller).await,
            }
        }
        // Whoever has left needs no farewell.
        say_goodbye(&caller, id).await.unwrap_or(());
    }

    /// Answers `bytes`, with the time that it takes.
    async fn answer(&mut self, id: ChannelId, caller: &Handle, bytes: &[u8]) -> Next {
        let mut reply = self.door.ask(|switch, now| self.terminal.input(switch, bytes, now));
        loop {
            let Some(Reply { bytes, next }) = reply else { return Next::Cut };
            if !bytes.is_empty() {
                drop(caller.data(id, bytes).await);
            }
            let Next::Serve { takes, write } = next else { return next };
            let Door { world, switch, .. } = self.door.as_ref();
            let serve = |switch: &mut _, now| self.terminal.serve(switch, now);
            reply = service::take(world, switch, (takes, write), serve).await;
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.door.ask(|switch, _| switch.close_terminal(&self.terminal));
    }
}

async fn say_goodbye(caller: &Handle, id: ChannelId) -> Result<(), ()> {
    caller.exit_status_request(id, 0).await?;
    caller.eof(id).await?;
    caller.close(id).await
}

async fn hang_up(caller: &Handle) {
    drop(caller.disconnect(Disconnect::ConnectionLost, String::new(), String::new()).await);
}
