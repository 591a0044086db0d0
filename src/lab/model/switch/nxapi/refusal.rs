//! What NX-API's backend refuses before or after the command line had its say (facts: NX-OS §1.4, §1.5, §1.6).

use super::output::{Body, Output};

/// Why a whole request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Every VSH session is somebody else's.
    TooManySessions,
    /// A command took longer than a VSH session lasts.
    Overran,
    /// The reply is longer than NX-API sends.
    TooBig,
    /// More shows than one request may have; known from memory only (facts: NX-OS §1.5 \[M\]).
    TooManyShows,
    /// A type or version that this release does not know, or no command; the text is from memory only
    /// (facts: NX-OS §1.5 \[M\]).
    BadMessage,
    /// `bash` without the shell; only the code is in the facts (facts: NX-OS §1.5 \[M\]), the text is ours.
    NoBash,
}

impl Refusal {
    /// The code of the table (facts: NX-OS §1.5).
    const fn code(self) -> u16 {
        match self {
            Self::TooManySessions => 429,
            Self::Overran => 500,
            Self::TooBig | Self::TooManyShows => 413,
            Self::BadMessage => 400,
            Self::NoBash => 501,
        }
    }

    /// What it says.
    pub(super) const fn msg(self) -> &'static str {
        match self {
            Self::TooManySessions => "Max sessions reached. If you are a new user/client, please try again later.",
            Self::Overran => "Back-end processing error.",
            Self::TooBig => "Response size too big",
            Self::TooManyShows => "Maximum number of consecutive show commands exceeded. The maximum is 10",
            Self::BadMessage => "Request message is invalid",
            Self::NoBash => "Bash command not supported",
        }
    }

    /// The one entry that a refused request gets. Only the session limit's is known word by word.
    pub(super) fn output(self, input: &str) -> Output {
        let clierror = (self == Self::TooManySessions).then(|| "Internal Server error".to_owned());
        let body = clierror.map_or(Body::Absent, Body::Error);
        Output { input: Some(input.to_owned()), body, msg: self.msg(), code: self.code() }
    }
}
