//! The lab's own SOAP codec, independent of the product's: what both misread in the same way, no test would find.

mod read;
mod write;

pub use read::{ReadError, read_call};
pub use write::{fault, returned};
