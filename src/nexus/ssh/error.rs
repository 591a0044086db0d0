//! Why a switch gave no answer over SSH.

use std::{io, path::PathBuf};

use thiserror::Error;
use vmtracker_core::nexus::{screen::ScreenError, session::Class};

/// Why a switch gave no answer over SSH. No text holds a secret.
#[derive(Debug, Error)]
pub enum SshError {
    /// Nobody answers at the address.
    #[error("no SSH at {address}")]
    Connect {
        /// `host:port`.
        address: String,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// Who answers there does not come to terms with us.
    #[error("no SSH session with {address}")]
    Handshake {
        /// `host:port`.
        address: String,
        /// What failed.
        #[source]
        source: ssh2::Error,
    },
    /// Nothing says that the host key is the switch's.
    #[error(
        "the host key of {address} is not known; if {fingerprint} is what the switch itself shows, set host_key_sha256 or add the key to known_hosts_file"
    )]
    UnknownHost {
        /// `host:port`.
        address: String,
        /// `SHA256:…`.
        fingerprint: String,
    },
    /// The host key is another than the switch's. Nothing was sent.
    #[error(
        "the host key of {address} is not the one that is trusted: it is {fingerprint}; somebody else may answer there, or the switch has a new key, or several"
    )]
    WrongHost {
        /// `host:port`.
        address: String,
        /// `SHA256:…`.
        fingerprint: String,
    },
    /// The list of host keys cannot be used.
    #[error("cannot use {path}")]
    KnownHosts {
        /// The file.
        path: PathBuf,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// The switch closed the connection when it had the password.
    #[error("{address} hung up when it had the password")]
    HungUp {
        /// `host:port`.
        address: String,
        /// What failed.
        #[source]
        source: ssh2::Error,
    },
    /// The switch lets in nobody with what is configured.
    #[error("the login is refused")]
    Login,
    /// The switch asks for something else than what is configured; nothing was tried.
    #[error("{address} offers only {offered} to log in, and there is nothing for that in the configuration")]
    Methods {
        /// `host:port`.
        address: String,
        /// SSH's names of the methods.
        offered: String,
    },
    /// The switch gives no terminal, perhaps because all are taken.
    #[error("the switch opens no terminal")]
    Shell(#[source] ssh2::Error),
    /// A command without which nothing can be read.
    #[error("the switch refuses {command:?}: {words}")]
    Refused {
        /// Which command.
        command: String,
        /// The switch's words.
        words: String,
    },
    /// The connection broke.
    #[error("the SSH connection broke during {command:?}")]
    Broken {
        /// During which command.
        command: String,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// No prompt in time.
    #[error("no answer to {command:?} within {seconds} s")]
    Timeout {
        /// After which command.
        command: String,
        /// How long it had.
        seconds: u64,
    },
    /// What came cannot be understood.
    #[error("the answer to {command:?} cannot be read")]
    Screen {
        /// To which command.
        command: String,
        /// What is wrong.
        #[source]
        source: ScreenError,
    },
    /// There is no thread for the session, or it has too much to do.
    #[error("the SSH session takes no more commands")]
    Busy,
}

impl SshError {
    /// The kind of failure.
    pub const fn class(&self) -> Class {
        match self {
            Self::Login => Class::Auth,
            Self::Timeout { .. } => Class::Timeout,
            Self::Connect { .. }
            | Self::Handshake { .. }
            | Self::UnknownHost { .. }
            | Self::WrongHost { .. }
            | Self::KnownHosts { .. }
            | Self::Methods { .. }
            | Self::HungUp { .. }
            | Self::Shell(_)
            | Self::Broken { .. }
            | Self::Busy => Class::Refused,
            Self::Refused { .. } => Class::Device,
            Self::Screen { .. } => Class::Protocol,
        }
    }
}
