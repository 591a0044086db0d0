//! The actors: thin shells that carry between the pure machines and the world. `messages` says who talks to whom.

mod addresses;
pub mod control;
pub mod credentials;
mod feedback;
pub mod journal;
pub mod messages;
pub mod meter;
pub mod service;
pub mod switch;
pub mod tracker;
pub mod vcenter;
