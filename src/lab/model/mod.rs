//! Pure models: simulated vCenters, simulated Nexus switches, and the data plane between them.

pub mod dataplane;
pub mod plant;
pub mod switch;
pub mod vcenter;
pub mod world;

/// Time since the lab began.
pub type LabTime = std::time::Duration;
