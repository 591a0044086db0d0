//! The lab: a whole simulated data centre on loopback.
//!
//! `model` is pure (devices and data plane, `handle(request, now) -> reply`), `serve` puts sockets around it. The lab
//! imports `vmtracker_core::net` and nothing else of the product: it has codecs of its own, or a mistake would be made
//! on both sides and pass.

pub mod child;
pub mod judge;
pub mod load;
pub mod model;
pub mod run;
pub mod serve;
pub mod settings;
pub mod site;
pub mod summary;
pub mod topology;
