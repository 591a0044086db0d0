//! A session of the command line: the mode it is in, and one line at a time.

use serde_json::Value;
use vmtracker_core::net::{InterfaceName, VlanSet};

use super::{
    Author, Switch, config,
    grammar::{self, Action, Parsed},
    show,
};
use crate::lab::model::LabTime;

/// Where a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `sw#`
    Exec,
    /// `sw(config)#`
    Config,
    /// `sw(config-if)#`
    Interface(InterfaceName),
    /// `sw(config-vlan)#`
    Vlan(VlanSet),
    /// `sw(config-vpc-domain)#`
    VpcDomain,
}

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

/// A session of the command line.
#[derive(Clone, Debug)]
pub struct Session {
    author: Author,
    base: Mode,
    pub(super) mode: Mode,
}

impl Session {
    /// Somebody at a terminal: begins in exec mode.
    pub const fn terminal(author: Author) -> Self {
        Self { author, base: Mode::Exec, mode: Mode::Exec }
    }

    /// One NX-API batch: takes shows and configuration alike, with no `configure terminal` in front (facts: NX-OS §5).
    pub const fn nxapi(author: Author) -> Self {
        Self { author, base: Mode::Config, mode: Mode::Config }
    }

    /// What stands in front of the next line (facts: NX-OS §4.7).
    pub fn prompt(&self, hostname: &str) -> String {
        match self.mode {
            Mode::Exec => format!("{hostname}# "),
            Mode::Config => format!("{hostname}(config)# "),
            Mode::Interface(_) => format!("{hostname}(config-if)# "),
            Mode::Vlan(_) => format!("{hostname}(config-vlan)# "),
            Mode::VpcDomain => format!("{hostname}(config-vpc-domain)# "),
        }
    }

    /// Types one line.
    pub fn type_line(&mut self, switch: &mut Switch, line: &str, now: LabTime) -> Outcome {
        if line.trim().is_empty() || line.trim_start().starts_with('!') {
            return Outcome::Quiet;
        }
        let parsed = match grammar::parse(&self.mode, line) {
            Ok(parsed) => parsed,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        let path = format!("{}{}", self.path(&parsed), parsed.canonical);
        let outcome = match switch.faults.take_refusal(line) {
            Some(refusal) if refusal.hidden => Outcome::text(refusal.message),
            Some(refusal) => Outcome::Rejected(Rejection::Said(refusal.message)),
            None => self.run(switch, &parsed, now),
        };
        if parsed.action.is_accounted() {
            let unix_s = switch.unix_s(now);
            switch.accounting.note(&self.author, &path, outcome.accepted(), unix_s);
        }
        outcome
    }

    fn run(&mut self, switch: &mut Switch, parsed: &Parsed, now: LabTime) -> Outcome {
        match &parsed.action {
            Action::Show(what) => show::show(switch, what, now),
            Action::Terminal => Outcome::Quiet,
            Action::Save => save(switch, now),
            Action::Configure => self.enter(Mode::Config),
            Action::End => self.enter(self.base.clone()),
            Action::Exit => self.leave(),
            Action::Interface(interface) => match config::open_interface(switch, *interface) {
                Ok(()) => self.enter(Mode::Interface(*interface)),
                Err(rejection) => Outcome::Rejected(rejection),
            },
            Action::Vlans(vlans) => match config::create_vlans(switch, vlans) {
                Ok(()) => self.enter(Mode::Vlan(vlans.clone())),
                Err(rejection) => Outcome::Rejected(rejection),
            },
            Action::Global(change) => finished(config::global(switch, change)),
            Action::VpcDomain(id) => match config::open_domain(switch, *id) {
                Ok(()) => self.enter(Mode::VpcDomain),
                Err(rejection) => Outcome::Rejected(rejection),
            },
            Action::OnDomain(change) => {
                config::on_domain(switch, *change);
                Outcome::Quiet
            }
            Action::OnInterface(change) => match self.mode {
                Mode::Interface(interface) => finished(config::on_interface(switch, interface, change)),
                Mode::Exec | Mode::Config | Mode::Vlan(_) | Mode::VpcDomain => Outcome::Rejected(Rejection::Invalid(0)),
            },
            Action::OnVlan(change) => match &self.mode {
                Mode::Vlan(vlans) => finished(config::on_vlans(switch, vlans, change)),
                Mode::Exec | Mode::Config | Mode::Interface(_) | Mode::VpcDomain => {
                    Outcome::Rejected(Rejection::Invalid(0))
                }
            },
        }
    }

    fn enter(&mut self, mode: Mode) -> Outcome {
        self.mode = mode;
        Outcome::Quiet
    }

    fn leave(&mut self) -> Outcome {
        let mode = match self.mode {
            Mode::Exec | Mode::Config => self.base.clone(),
            Mode::Interface(_) | Mode::Vlan(_) | Mode::VpcDomain => Mode::Config,
        };
        self.enter(mode)
    }

    /// The configuration path in front of a line in the accounting log.
    fn path(&self, parsed: &Parsed) -> String {
        let sub = match &parsed.action {
            Action::OnInterface(_) | Action::OnVlan(_) | Action::OnDomain(_) => true,
            Action::Interface(_) | Action::Vlans(_) | Action::Global(_) | Action::VpcDomain(_) => false,
            Action::Show(_) | Action::Terminal | Action::Save => return String::new(),
            Action::Configure | Action::End | Action::Exit => return String::new(),
        };
        match &self.mode {
            Mode::Interface(interface) if sub => format!("configure terminal ; interface {interface} ; "),
            Mode::Vlan(vlans) if sub => format!("configure terminal ; vlan {vlans} ; "),
            Mode::Exec | Mode::Config | Mode::Interface(_) | Mode::Vlan(_) | Mode::VpcDomain => {
                "configure terminal ; ".to_owned()
            }
        }
    }
}

fn finished(result: Result<(), Rejection>) -> Outcome {
    match result {
        Ok(()) => Outcome::Quiet,
        Err(rejection) => Outcome::Rejected(rejection),
    }
}

/// One save at a time on a switch (facts: NX-OS §4.6). The words of the refusal were not found in the facts.
fn save(switch: &mut Switch, now: LabTime) -> Outcome {
    if switch.saving_until.is_some_and(|until| until > now) {
        return Outcome::said("ERROR: copy running-config startup-config is in progress, try again later");
    }
    switch.save();
    let progress = "[########################################] 100%";
    let words = "Copy complete, now saving to disk (please wait)...\nCopy complete.";
    Outcome::text(format!("{progress}\n{words}\n"))
}
