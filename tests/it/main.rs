//! The one integration binary.

mod absent_host;
mod attributes;
mod capture;
mod clients;
mod commands;
mod config;
mod control;
mod dashboard;
mod docs;
mod encodings;
mod pair;
mod refused;
mod reload;
mod restart;
mod sighup;
mod sim;
mod site;
mod tidy;
mod transports;
mod troubles;
mod vcenter_faults;
mod vcenter_lives;
mod vcsim;
