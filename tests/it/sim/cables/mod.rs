//! What a network engineer sees of a fabric when cables, VLANs and hands meet: one test for each of it, played in two
//! pairs on virtual time. Every test asks the data plane whether frames of VMs pass, before, while and after.

mod rig;

mod hands;
mod links;
mod recabled;
mod returns;
mod spanning;
mod suspended;
