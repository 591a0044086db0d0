//! The session against a small switch on virtual time, with the faults that a real one has.

mod fabric;
mod links;
mod races;
mod rules;
mod saving;
mod sim;
