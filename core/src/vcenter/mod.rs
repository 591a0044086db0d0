//! vCenter's side of the core: the VIM SOAP codec and the watcher, both without a socket.
//!
//! ```text
//! bytes ─▶ UpdateReader ─ObjectUpdate─▶ Watcher ─▶ Vec<tracker::Event>
//!          (one object at a time)       (property cache, states)
//! ```
//!
//! [`soap`] builds requests, [`read_answer`] and [`UpdateReader`] read answers, [`Watcher`] turns update sets into
//! events. Nothing here panics on any input, and nothing holds more than one object of an update set as a tree.

mod annotator;
mod answer;
mod asking;
mod cache;
mod custom_fields;
mod custom_values;
mod datetime;
mod dvs;
mod fault;
#[cfg(test)]
mod fixtures;
mod hint;
mod history;
mod host;
#[cfg(test)]
mod life_tests;
mod motion;
#[cfg(test)]
mod network_tests;
mod port_group;
pub mod soap;
#[cfg(test)]
mod tests;
mod updates;
mod value;
mod vm;
mod watcher;
mod xml;

pub use annotator::{Annotator, Order, Told};
pub use answer::{AnswerError, ServiceContent, newest_version, read_answer, returned_reference};
pub use asking::PortTarget;
pub use cache::HintTarget;
pub use custom_fields::{FINDINGS_ATTRIBUTE, FieldNames, defined};
pub use datetime::unix_ms;
pub use dvs::ports;
pub use fault::Fault;
pub use hint::hints;
pub use updates::{Change, ObjectUpdate, PageEnd, Part, UpdateKind, UpdateReader};
pub use value::{MoRef, VimValue};
pub use watcher::{Failure, Next, State, Watcher};
pub use xml::{DecodeError, OBJECT_LIMIT};
