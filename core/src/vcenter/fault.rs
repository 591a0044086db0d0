//! SOAP faults of vCenter, as far as they decide what to do next.

use thiserror::Error;

use super::VimValue;

/// A fault that vCenter answered with (HTTP 500 and a `soapenv:Fault`; facts: vCenter §B1).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The session is gone or never was: log in again.
    #[error("the session is not logged in")]
    NotAuthenticated,
    /// The user name or the password is wrong.
    #[error("vCenter refuses this user name and password")]
    InvalidLogin,
    /// The version of a wait is unknown or used up: start again from "".
    #[error("vCenter no longer knows this version of the inventory")]
    InvalidCollectorVersion,
    /// The wait was cancelled, its collector destroyed, or its session closed.
    #[error("the request was cancelled")]
    RequestCanceled,
    /// The host is away; what it would say is unknown.
    #[error("the host is not connected")]
    HostNotConnected,
    /// The object is gone, or belonged to another session.
    #[error("the object is gone")]
    ManagedObjectNotFound,
    /// The account may not do that.
    #[error("the account lacks the privilege {0}; the role Read-only on the root, propagated, is enough")]
    NoPermission(String),
    /// Any other, in vCenter's words (at most 300 characters).
    #[error("vCenter answered with a fault: {0}")]
    Other(String),
}

impl Fault {
    /// Reads a `soapenv:Fault` element. The typed detail decides; the text only where there is none.
    pub(super) fn read(fault: &VimValue) -> Self {
        let detail = fault.child("detail").and_then(|detail| detail.children.first());
        let text = fault.text_at(&["faultstring"]).unwrap_or("no reason given");
        detail.map_or_else(|| Self::Other(clipped(text)), |detail| Self::named(detail, text))
    }

    /// From an element whose class names the fault, or whose own name does with the suffix `Fault`.
    pub(super) fn named(detail: &VimValue, text: &str) -> Self {
        let class = if detail.class.is_empty() { detail.name.trim_end_matches("Fault") } else { &detail.class };
        match class {
            "NotAuthenticated" => Self::NotAuthenticated,
            "InvalidLogin" => Self::InvalidLogin,
            "InvalidCollectorVersion" => Self::InvalidCollectorVersion,
            "RequestCanceled" => Self::RequestCanceled,
            "HostNotConnected" => Self::HostNotConnected,
            "ManagedObjectNotFound" => Self::ManagedObjectNotFound,
            "NoPermission" => Self::NoPermission(detail.text_at(&["privilegeId"]).unwrap_or("System.Read").to_owned()),
            _ => Self::Other(clipped(&format!("{class}: {text}"))),
        }
    }
}

fn clipped(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(300).collect()
}
