//! Cisco Nexus switches, the I/O: a client for NX-API behind a small driver trait, so that SSH can stand beside it.

mod client;
mod error;
mod probe;

use std::{collections::BTreeMap, pin::Pin};

pub use client::NxapiClient;
pub use error::ClientError;
pub use probe::{ProbeError, probe};
use vmtracker_core::nexus::{Batch, Piece, Query};

/// What a driver's call returns: a future on the heap, so that drivers can be chosen at run time.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, ClientError>> + Send + 'a>>;

/// One way to talk to a switch.
pub trait Driver: Send + Sync {
    /// Asks, one result for each question: a piece, or the switch's words of refusal. May ask again when the connection
    /// broke: reading twice harms nobody.
    fn read<'a>(&'a self, queries: &'a [Query]) -> Call<'a, Vec<Result<Piece, String>>>;

    /// Sends a batch once and stops at the first refusal; returns the words of refusal by step. After an error nobody
    /// knows what was done.
    fn apply<'a>(&'a self, batch: &'a Batch) -> Call<'a, BTreeMap<usize, String>>;
}
