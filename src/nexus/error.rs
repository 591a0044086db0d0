//! Why a switch gave no answer.

use thiserror::Error;
use vmtracker_core::{
    net::SwitchName,
    nexus::{
        nxapi::{DecodeError, EncodeError},
        parse::ParseError,
        session::Class,
        session::Failure,
    },
};

use super::ssh::SshError;
use crate::tls::chain;

/// Why a switch gave no answer. Every text names the switch, and the command where there was one; none holds a secret.
#[derive(Debug, Error)]
pub enum ClientError {
    /// HTTP 401 or 403.
    #[error("{switch} refuses the login of {username:?}; correct username and password and reload the configuration")]
    Login {
        /// Which switch.
        switch: SwitchName,
        /// As whom.
        username: String,
    },
    /// The login was refused before, and is left alone for a while.
    #[error(
        "{switch}: the login of {username:?} was refused elsewhere and is not tried for now; correct it and reload the configuration, or: vmtracker retry"
    )]
    Blocked {
        /// Which switch.
        switch: SwitchName,
        /// As whom.
        username: String,
    },
    /// Nobody answers at the address, or not one who is trusted.
    #[error("{switch} cannot be reached at {url}")]
    Connect {
        /// Which switch.
        switch: SwitchName,
        /// Where.
        url: String,
        /// What failed.
        #[source]
        source: reqwest::Error,
    },
    /// No answer in time.
    #[error("{switch} did not answer {command:?} within {seconds} s")]
    Timeout {
        /// Which switch.
        switch: SwitchName,
        /// To which command.
        command: String,
        /// How long it had.
        seconds: u64,
    },
    /// The connection broke.
    #[error("{switch}: the connection broke during {command:?}")]
    Broken {
        /// Which switch.
        switch: SwitchName,
        /// During which command.
        command: String,
        /// What failed.
        #[source]
        source: reqwest::Error,
    },
    /// The answer is larger than any switch's answer should be.
    #[error("{switch}: the answer to {command:?} is larger than {limit} bytes")]
    TooLarge {
        /// Which switch.
        switch: SwitchName,
        /// To which command.
        command: String,
        /// The limit.
        limit: usize,
    },
    /// An HTTP status and no NX-API answer.
    #[error("{switch} answers {command:?} with HTTP {status} and no NX-API reply{}", hint(*status))]
    Status {
        /// Which switch.
        switch: SwitchName,
        /// To which command.
        command: String,
        /// The status.
        status: u16,
    },
    /// No NX-API answer.
    #[error("{switch}: the answer to {command:?} is no NX-API reply")]
    Decode {
        /// Which switch.
        switch: SwitchName,
        /// To which command.
        command: String,
        /// What is wrong.
        #[source]
        source: DecodeError,
    },
    /// An output that cannot be believed.
    #[error("{switch}: the output of {command:?} cannot be used")]
    Parse {
        /// Which switch.
        switch: SwitchName,
        /// Of which command.
        command: String,
        /// What is wrong.
        #[source]
        source: ParseError,
    },
    /// The device is something else.
    #[error("{switch} is not a Nexus switch: its show version says nothing of NX-OS; check its url")]
    NotNexus {
        /// Which switch.
        switch: SwitchName,
    },
    /// The request could not be made.
    #[error("{switch}: the request could not be encoded")]
    Encode {
        /// Which switch.
        switch: SwitchName,
        /// What failed.
        #[source]
        source: EncodeError,
    },
    /// Lines without an answer, and no refusal before them.
    #[error("{switch} answered {answered} of {lines} lines and refused none")]
    Short {
        /// Which switch.
        switch: SwitchName,
        /// How many lines were sent.
        lines: usize,
        /// How many were answered.
        answered: usize,
    },
    /// SSH gave no answer.
    #[error("{switch}")]
    Ssh {
        /// Which switch.
        switch: SwitchName,
        /// What failed.
        #[source]
        source: SshError,
    },
    /// Neither NX-API nor SSH reaches it.
    #[error("{switch}: by NX-API: {}; by SSH: {}", chain(nxapi.as_ref()), chain(ssh.as_ref()))]
    Neither {
        /// Which switch.
        switch: SwitchName,
        /// Why not by NX-API.
        nxapi: Box<Self>,
        /// Why not by SSH.
        ssh: Box<Self>,
    },
    /// The permit ran out before the batch was sent.
    #[error("{switch}: the permit ran out before the batch was sent")]
    Late {
        /// Which switch.
        switch: SwitchName,
    },
}

impl ClientError {
    /// The kind of failure; it alone drives the retry and the metric's label.
    pub const fn class(&self) -> Class {
        match self {
            Self::Login { .. } | Self::Blocked { .. } => Class::Auth,
            Self::Ssh { source, .. } => source.class(),
            Self::Neither { ssh, .. } => ssh.class(),
            Self::Timeout { .. } => Class::Timeout,
            Self::Connect { .. } | Self::Broken { .. } | Self::Decode { source: DecodeError::Busy(_), .. } => {
                Class::Refused
            }
            Self::Late { .. } | Self::NotNexus { .. } | Self::Decode { source: DecodeError::Refused(_), .. } => {
                Class::Device
            }
            Self::TooLarge { .. }
            | Self::Status { .. }
            | Self::Decode {
                source:
                    DecodeError::NotJson { .. } | DecodeError::NotXml { .. } | DecodeError::NotRpc | DecodeError::NotIns,
                ..
            }
            | Self::Short { .. }
            | Self::Parse { .. }
            | Self::Encode { .. } => Class::Protocol,
        }
    }

    /// The connection stood, and broke: an idle one may have been closed.
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::Ssh { source: SshError::Broken { .. }, .. })
    }

    /// The failure in one line, with its causes and what to do.
    pub fn failure(&self) -> Failure {
        Failure { class: self.class(), why: chain(self) }
    }
}

/// 404, 405 and the like come from a web server that is no NX-API; 5xx may come from one that is.
const fn hint(status: u16) -> &'static str {
    if status < 500 { ": is it a Nexus, with feature nxapi on?" } else { "" }
}
