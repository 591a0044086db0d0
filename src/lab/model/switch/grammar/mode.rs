//! Where a session of the command line is: it decides which lines are understood.

use vmtracker_core::net::{InterfaceName, VlanSet};

use super::Line;

/// Where a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::lab::model::switch) enum Mode {
    /// `sw#`
    Exec,
    /// `sw(config)#`
    Config,
    /// `sw(config-if)#`, `sw(config-if-range)#`
    Interface(Vec<InterfaceName>),
    /// `sw(config-vlan)#`
    Vlan(VlanSet),
    /// `sw(config-vpc-domain)#`
    VpcDomain,
    /// `sw(config-console)#`, `sw(config-line)#`
    Line(Line),
}
