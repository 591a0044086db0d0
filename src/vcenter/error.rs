//! What can fail between us and a vCenter.

use std::time::Duration;

use reqwest::StatusCode;
use thiserror::Error;
use vmtracker_core::{
    net::VcenterName,
    vcenter::{AnswerError, DecodeError, Failure, Fault},
};

use crate::tls::{TlsError, is_distrust};

/// What failed between us and a vCenter. Every text names the vCenter; none holds a password.
#[derive(Debug, Error)]
pub enum VcenterError {
    /// No connection can even be tried.
    #[error("vCenter {vcenter}: the trust settings cannot be used")]
    Trust {
        /// Which vCenter.
        vcenter: VcenterName,
        /// What is wrong with them.
        #[source]
        source: TlsError,
    },
    /// No connection, or it broke.
    #[error("vCenter {vcenter} cannot be reached ({step})")]
    Connection {
        /// Which vCenter.
        vcenter: VcenterName,
        /// During which call.
        step: &'static str,
        /// What failed, without the URL.
        #[source]
        source: reqwest::Error,
    },
    /// Nothing came in time.
    #[error("vCenter {vcenter} did not answer {step} in time")]
    Timeout {
        /// Which vCenter.
        vcenter: VcenterName,
        /// Which call.
        step: &'static str,
    },
    /// It is not there for us now: 503 means starting, or too many sessions (facts: vCenter §B2).
    #[error("vCenter {vcenter} answered {step} with HTTP {status}; it may be starting, or have too many sessions")]
    Unavailable {
        /// Which vCenter.
        vcenter: VcenterName,
        /// Which call.
        step: &'static str,
        /// HTTP status.
        status: StatusCode,
        /// When it wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// The user name or the password is wrong. Not to be tried again soon.
    #[error("vCenter {vcenter} refuses the user name or the password; correct them and reload the configuration")]
    Login {
        /// Which vCenter.
        vcenter: VcenterName,
    },
    /// vCenter said no, in its own protocol.
    #[error("vCenter {vcenter} refused {step}")]
    Fault {
        /// Which vCenter.
        vcenter: VcenterName,
        /// Which call.
        step: &'static str,
        /// What it said.
        #[source]
        source: Fault,
    },
    /// The connection broke in the middle of an answer.
    #[error("vCenter {vcenter} broke off its answer to {step}")]
    Broken {
        /// Which vCenter.
        vcenter: VcenterName,
        /// Which call.
        step: &'static str,
        /// How.
        #[source]
        source: DecodeError,
    },
    /// Its answer cannot be read.
    #[error("vCenter {vcenter} answered {step} with something unreadable; is this url a vCenter's?")]
    Answer {
        /// Which vCenter.
        vcenter: VcenterName,
        /// Which call.
        step: &'static str,
        /// What is wrong with it.
        #[source]
        source: DecodeError,
    },
    /// It answers, and is no vCenter (an ESXi host has no instance UUID).
    #[error("{vcenter} is no vCenter: it says it is {found:?}")]
    NoVcenter {
        /// Which vCenter.
        vcenter: VcenterName,
        /// `about.fullName`.
        found: String,
    },
}

/// What kind of failure; drives retries and metric labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The credentials are wrong: not tried again soon.
    Auth,
    /// Nothing came in time.
    Timeout,
    /// No connection, or it is not there for us.
    Refused,
    /// What came is not what the protocol says.
    Protocol,
    /// vCenter itself said no.
    Device,
}

/// What vCenter said against a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The account lacks this privilege.
    Lacks(String),
    /// Something else, in its words.
    Words(String),
}

impl Class {
    /// The metric's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Protocol => "protocol",
            Self::Device => "device",
        }
    }
}

/// A trouble that people hear of once while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    class: Class,
    /// The certificate is not trusted.
    distrusted: bool,
    /// It is there, and has no time for us.
    busy: bool,
}

impl Trouble {
    /// The credentials are wrong, and perhaps were refused elsewhere.
    pub const AUTH: Self = Self { class: Class::Auth, distrusted: false, busy: false };
}

impl VcenterError {
    /// What kind of failure it is.
    pub const fn class(&self) -> Class {
        match self {
            Self::Login { .. } => Class::Auth,
            Self::Timeout { .. } => Class::Timeout,
            Self::Trust { .. } | Self::Connection { .. } | Self::Broken { .. } | Self::Unavailable { .. } => {
                Class::Refused
            }
            Self::Answer { .. } | Self::NoVcenter { .. } => Class::Protocol,
            Self::Fault { .. } => Class::Device,
        }
    }

    /// What it means for the watcher: whether the session may still be good.
    pub const fn failure(&self) -> Failure {
        match self {
            Self::Fault { source: Fault::InvalidCollectorVersion, .. } => Failure::Version,
            Self::Timeout { .. }
            | Self::Connection { .. }
            | Self::Broken { .. }
            | Self::Answer { .. }
            | Self::Unavailable { retry_after: None, .. } => Failure::Cut,
            Self::Fault { .. }
            | Self::Login { .. }
            | Self::Trust { .. }
            | Self::NoVcenter { .. }
            | Self::Unavailable { retry_after: Some(_), .. } => Failure::Session,
        }
    }

    /// When vCenter wants to be asked again, if it said so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Trust { .. }
            | Self::Connection { .. }
            | Self::Timeout { .. }
            | Self::Login { .. }
            | Self::Fault { .. }
            | Self::Answer { .. }
            | Self::Broken { .. }
            | Self::NoVcenter { .. } => None,
        }
    }

    /// What people should hear of anew when it becomes another.
    pub fn trouble(&self) -> Trouble {
        let busy = matches!(self, Self::Unavailable { .. });
        Trouble { class: self.class(), distrusted: is_distrust(self), busy }
    }

    /// vCenter itself answered, if only to say no.
    pub(super) const fn was_heard(&self) -> bool {
        matches!(self, Self::Fault { .. } | Self::Login { .. })
    }

    /// What was asked for may have been done: the answer was lost.
    pub(super) const fn leaves_in_doubt(&self) -> bool {
        match self {
            Self::Connection { .. } | Self::Timeout { .. } | Self::Answer { .. } | Self::Broken { .. } => true,
            Self::Fault { .. }
            | Self::Login { .. }
            | Self::Trust { .. }
            | Self::Unavailable { .. }
            | Self::NoVcenter { .. } => false,
        }
    }

    /// What vCenter itself said against it; none where it did not say anything about this.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Fault { source: Fault::NoPermission(privilege), .. } => Some(Refusal::Lacks(privilege.clone())),
            Self::Fault { source: Fault::Other(text), .. } => Some(Refusal::Words(text.clone())),
            Self::Fault { .. }
            | Self::Trust { .. }
            | Self::Connection { .. }
            | Self::Timeout { .. }
            | Self::Unavailable { .. }
            | Self::Login { .. }
            | Self::Answer { .. }
            | Self::Broken { .. }
            | Self::NoVcenter { .. } => None,
        }
    }

    /// The object that was asked is gone.
    pub(super) const fn object_is_gone(&self) -> bool {
        matches!(self, Self::Fault { source: Fault::ManagedObjectNotFound, .. })
    }

    /// Whether asking again in another way may help: vCenter itself refused, and not because the object is away.
    pub(super) const fn is_odd_fault(&self) -> bool {
        match self {
            Self::Fault { source, .. } => matches!(source, Fault::Other(_)),
            Self::Trust { .. }
            | Self::Connection { .. }
            | Self::Timeout { .. }
            | Self::Unavailable { .. }
            | Self::Login { .. }
            | Self::Answer { .. }
            | Self::Broken { .. }
            | Self::NoVcenter { .. } => false,
        }
    }

    pub(super) fn answer(vcenter: &VcenterName, step: &'static str, error: AnswerError) -> Self {
        let vcenter = vcenter.clone();
        match error {
            AnswerError::Fault(Fault::InvalidLogin) => Self::Login { vcenter },
            AnswerError::Fault(source) => Self::Fault { vcenter, step, source },
            AnswerError::Decode(source) if source.is_broken() => Self::Broken { vcenter, step, source },
            AnswerError::Decode(source) => Self::Answer { vcenter, step, source },
        }
    }
}
