//! Somebody else's machinery that owns a switch's configuration, and how it shows.

/// Whose hands hold a switch's configuration besides people's; the default is nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// `feature-set fabricpath` is enabled.
    pub fabricpath: bool,
    /// The VTP mode (`server`, `client`, `transparent`); none: `feature vtp` is off.
    pub vtp: Option<String>,
    /// The switch is in maintenance mode.
    pub maintenance: bool,
    /// The name of a switch-profile (config-sync).
    pub switch_profile: Option<String>,
}
