//! What one line came to, and how it looks on a terminal and over NX-API.

use serde_json::Value;

/// Why a line was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No command; the column of the first letter that fits none.
    Invalid(usize),
    /// A command that wants more words.
    Incomplete,
    /// A word that begins several commands; its column.
    Ambiguous(usize),
    /// What the command itself said.
    Said(String),
}

impl Rejection {
    /// As NX-API gives it: without the caret line.
    pub fn text(&self) -> String {
        match self {
            Self::Invalid(_) => "% Invalid command".to_owned(),
            Self::Incomplete => "% Incomplete command".to_owned(),
            Self::Ambiguous(_) => "% Ambiguous command".to_owned(),
            Self::Said(text) => text.clone(),
        }
    }

    /// As a terminal shows it: a caret under the column, then the text (facts: NX-OS §4.7).
    pub fn on_screen(&self) -> String {
        match self {
            Self::Invalid(column) => format!("{:>1$}\n% Invalid command at '^' marker.", "^", column + 1),
            Self::Incomplete => "% Incomplete command at '^' marker.".to_owned(),
            Self::Ambiguous(column) => format!("{:>1$}\n% Ambiguous command at '^' marker.", "^", column + 1),
            Self::Said(text) => text.clone(),
        }
    }
}

/// What one line came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Done, and nothing to say.
    Quiet,
    /// Done; what it printed, and the same structured where the command has a structured form.
    Printed {
        /// What a terminal shows.
        text: String,
        /// What NX-API gives to method `cli`.
        body: Option<Value>,
    },
    /// Refused; nothing was changed.
    Rejected(Rejection),
}

impl Outcome {
    pub(super) const fn text(text: String) -> Self {
        Self::Printed { text, body: None }
    }

    pub(super) fn said(text: &str) -> Self {
        Self::Rejected(Rejection::Said(text.to_owned()))
    }

    /// As the platform gives what a configuration line itself said: as an error, or printed in a success
    /// (facts: NX-OS §1.4).
    pub(super) fn or_printed(self, errors_printed: bool) -> Self {
        match self {
            Self::Rejected(Rejection::Said(text)) if errors_printed => Self::text(format!("{text}\n")),
            Self::Rejected(_) | Self::Printed { .. } | Self::Quiet => self,
        }
    }

    /// The text twice over.
    pub(super) fn doubled(self) -> Self {
        match self {
            Self::Printed { text, body } => Self::Printed { text: text.repeat(2), body },
            Self::Quiet | Self::Rejected(_) => self,
        }
    }

    /// What a terminal shows.
    pub fn on_screen(&self) -> String {
        match self {
            Self::Quiet => String::new(),
            Self::Printed { text, .. } => text.clone(),
            Self::Rejected(rejection) => rejection.on_screen(),
        }
    }

    /// Whether the line was taken.
    pub const fn accepted(&self) -> bool {
        match self {
            Self::Quiet | Self::Printed { .. } => true,
            Self::Rejected(_) => false,
        }
    }
}
