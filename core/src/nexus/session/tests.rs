//! The session against a small switch on virtual time, with the faults that a real one has.

mod rules;
mod sim;
