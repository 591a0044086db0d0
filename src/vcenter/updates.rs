//! An answer to `WaitForUpdatesEx`, from the socket through the decoder, one object at a time.
//!
//! A task feeds chunks to a blocking thread, which decodes and hands on; every channel between is short, so that a
//! slow reader slows vCenter down and no answer is ever held whole.

use std::{
    io::{self, BufRead, Read},
    sync::Arc,
    time::Duration,
};

use bytes::{Buf, Bytes};
use reqwest::Response;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
    time::timeout,
};
use vmtracker_core::{
    net::VcenterName,
    vcenter::{AnswerError, Part, UpdateReader},
};

use super::{
    VcenterError,
    transport::{Traffic, Transport},
};

/// Chunks of some 16 KB under way to the decoder.
const CHUNKS_AHEAD: usize = 8;

/// Objects decoded and not yet taken.
const PARTS_AHEAD: usize = 32;

const STEP: &str = "the wait for changes";

/// The pieces of one answer. Dropping it ends the reading.
#[derive(Debug)]
pub struct Updates {
    parts: Receiver<Result<Part, VcenterError>>,
    feeder: JoinHandle<()>,
}

impl Updates {
    pub(super) fn read(transport: &Transport, response: Response) -> Self {
        let (vcenter, piece, traffic) =
            (transport.vcenter.clone(), transport.limits.piece, Arc::clone(&transport.traffic));
        let (chunks, feed) = mpsc::channel(CHUNKS_AHEAD);
        let (sink, parts) = mpsc::channel(PARTS_AHEAD);
        let feeder = tokio::spawn(pump(response, chunks, piece, traffic));
        tokio::task::spawn_blocking(move || decode(&vcenter, Feed { feed, current: Bytes::new() }, &sink));
        Self { parts, feeder }
    }

    /// The next piece; none after the end of a set or an error.
    ///
    /// # Errors
    /// A fault, or an answer that was cut off or cannot be read. Whatever came before stands.
    pub async fn next(&mut self) -> Option<Result<Part, VcenterError>> {
        self.parts.recv().await
    }
}

impl Drop for Updates {
    fn drop(&mut self) {
        self.feeder.abort();
    }
}

async fn pump(mut response: Response, chunks: Sender<io::Result<Bytes>>, piece: Duration, traffic: Arc<Traffic>) {
    loop {
        let chunk = match timeout(piece, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                traffic.received(chunk.len());
                Ok(chunk)
            }
            Ok(Ok(None)) => return,
            Ok(Err(error)) => Err(io::Error::other(error.without_url())),
            Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
        };
        let last = chunk.is_err();
        if chunks.send(chunk).await.is_err() || last {
            return;
        }
    }
}

fn decode(vcenter: &VcenterName, feed: Feed, sink: &Sender<Result<Part, VcenterError>>) {
    let fail = |error: AnswerError| VcenterError::answer(vcenter, STEP, error);
    let mut reader = match UpdateReader::open(feed) {
        Ok(reader) => reader,
        Err(error) => return drop(sink.blocking_send(Err(fail(error)))),
    };
    while let Some(part) = reader.next_part().map_err(|error| fail(error.into())).transpose() {
        let last = part.is_err();
        if sink.blocking_send(part).is_err() || last {
            return;
        }
    }
}

/// Chunks as a reader. It blocks: for the decoder's own thread only.
#[derive(Debug)]
struct Feed {
    feed: Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.len().min(out.len());
        self.current.copy_to_slice(out.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.current.is_empty() {
            match self.feed.blocking_recv() {
                Some(chunk) => self.current = chunk?,
                None => break,
            }
        }
        Ok(&self.current)
    }

    fn consume(&mut self, count: usize) {
        self.current.advance(count.min(self.current.len()));
    }
}
