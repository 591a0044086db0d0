//! vCenter's client: the I/O around the core's codec.
//!
//! [`Session`] opens, waits, asks for hints and logs out; [`Updates`] carries an answer from the socket through the
//! decoder, one object at a time. Decisions are the core's ([`vmtracker_core::vcenter::Watcher`]).

mod error;
mod feedback;
mod hints;
mod limits;
mod ports;
mod session;
#[cfg(test)]
pub(crate) mod tests;
mod transport;
mod updates;

pub use error::{Class, Trouble, VcenterError};
pub use hints::HintTask;
pub use limits::Limits;
pub use ports::{PortOrders, PortTask};
pub use session::{Session, probe};
pub use updates::Updates;
