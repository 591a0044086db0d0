//! What stands for an answer that was refused or cannot be read.

use std::collections::BTreeMap;

use super::super::{Piece, Query};
use crate::tracker::Vpc;

/// What stands for a refused query: a protocol or feature that is switched off has nothing to tell. What no session
/// needs to stand is unknown then. Anything else has no stand-in.
pub fn piece_when_refused(query: Query, message: &str) -> Option<Piece> {
    let message = message.to_ascii_lowercase();
    let off = ["invalid command", "not enabled", "not running", "disabled"];
    let is_off = off.iter().any(|words| message.contains(words));
    let silent = Some(Piece::Silent(query));
    match query {
        Query::Lldp | Query::Cdp => is_off.then(|| Piece::Neighbors(Vec::new())),
        Query::AccountingLog => Some(Piece::Accounting(Vec::new())),
        Query::Vpc => {
            if is_off {
                Some(Piece::Vpc(Vpc::None))
            } else {
                silent
            }
        }
        Query::Fex => {
            if is_off {
                Some(Piece::Fexes(BTreeMap::new()))
            } else {
                silent
            }
        }
        Query::Trunks
        | Query::Features
        | Query::FeatureSets
        | Query::Vtp
        | Query::SystemMode
        | Query::SwitchProfiles => silent,
        Query::Version
        | Query::Config
        | Query::PortConfig(_)
        | Query::Ports
        | Query::Vlans
        | Query::PortChannels
        | Query::Macs(_)
        | Query::Save => None,
    }
}

/// What stands for an answer that cannot be read, where no session needs it: it is unknown.
pub const fn piece_when_unreadable(query: Query) -> Option<Piece> {
    match query {
        Query::Trunks
        | Query::Fex
        | Query::Features
        | Query::FeatureSets
        | Query::Vtp
        | Query::SystemMode
        | Query::SwitchProfiles => Some(Piece::Silent(query)),
        // Two switches of a pair must never be taken for two that have nothing to do with each other.
        Query::Vpc
        | Query::Version
        | Query::Config
        | Query::PortConfig(_)
        | Query::Ports
        | Query::Vlans
        | Query::PortChannels
        | Query::Lldp
        | Query::Cdp
        | Query::Macs(_)
        | Query::AccountingLog
        | Query::Save => None,
    }
}
