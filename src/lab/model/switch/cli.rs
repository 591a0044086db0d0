//! A session of the command line: the mode it is in, and one line at a time.

use std::collections::BTreeMap;

use vmtracker_core::net::{VlanId, VlanSet};

use super::{
    Author, Outcome, Rejection, Switch, Vlan, checkpoint, config,
    grammar::{self, Action, Line, Mode, Parsed, Place, Show, VlanChange, listed},
    pipe::{self, Filter},
    show,
};
use crate::lab::model::LabTime;

/// A session of the command line.
#[derive(Clone, Debug)]
pub struct Session {
    author: Author,
    base: Mode,
    pub(super) mode: Mode,
    /// VLANs that are made or changed and not yet in the database (facts: NX-OS §4.3).
    uncommitted: BTreeMap<VlanId, Vlan>,
    dont_ask: bool,
}

impl Session {
    /// Somebody at a terminal: begins in exec mode.
    pub const fn terminal(author: Author) -> Self {
        Self::beginning(author, Mode::Exec, Mode::Exec)
    }

    /// One NX-API batch: takes shows and configuration alike, with no `configure terminal` in front (facts: NX-OS §5).
    pub const fn nxapi(author: Author) -> Self {
        Self::beginning(author, Mode::Config, Mode::Config)
    }

    const fn beginning(author: Author, base: Mode, mode: Mode) -> Self {
        Self { author, base, mode, uncommitted: BTreeMap::new(), dont_ask: false }
    }

    /// What stands in front of the next line: `sw# `, `sw(config-if)# ` (facts: NX-OS §4.7). Those of `line console`,
    /// `line vty` and `vpc domain` are not in the facts; any that ends in `)# ` serves the clients.
    pub fn prompt(&self, hostname: &str) -> String {
        let mode = match &self.mode {
            Mode::Exec => "",
            Mode::Config => "(config)",
            Mode::Interface(names) if names.len() > 1 => "(config-if-range)",
            Mode::Interface(_) => "(config-if)",
            Mode::Vlan(_) => "(config-vlan)",
            Mode::VpcDomain => "(config-vpc-domain)",
            Mode::Line(Line::Console) => "(config-console)",
            Mode::Line(Line::Vty) => "(config-line)",
        };
        format!("{hostname}{mode}# ")
    }

    /// Types one line. Blanks in front are of no meaning; an empty line and a comment do nothing.
    pub fn type_line(&mut self, switch: &mut Switch, line: &str, now: LabTime) -> Outcome {
        if line.trim().is_empty() || line.trim_start().starts_with('!') {
            return Outcome::Quiet;
        }
        match self.understand(switch, line) {
            Ok((parsed, filters)) => pipe::through(self.perform(switch, line, &parsed, now), &filters),
            Err(rejection) => Outcome::Rejected(rejection),
        }
    }

    /// What a line asks for, and the pipes behind it. In a text, such as a description, `|` is a letter like any other.
    fn understand(&self, switch: &Switch, line: &str) -> Result<(Parsed, Vec<Filter>), Rejection> {
        if let Some((command, pipes)) = line.split_once('|')
            && let Ok(parsed) = grammar::parse(&self.mode, command)
            && matches!(parsed.action, Action::Show(_))
        {
            return Ok((parsed, pipe::parse(pipes, command.len() + 1, &switch.profile)?));
        }
        Ok((grammar::parse(&self.mode, line)?, Vec::new()))
    }

    fn perform(&mut self, switch: &mut Switch, line: &str, parsed: &Parsed, now: LabTime) -> Outcome {
        let path = format!("{}{}", self.path(parsed), parsed.canonical);
        let outcome = match switch.faults.take_refusal(line) {
            Some(refusal) if refusal.hidden => Outcome::text(refusal.message),
            Some(refusal) => Outcome::Rejected(Rejection::Said(refusal.message)),
            None => self.run(switch, parsed, now),
        };
        let outcome = outcome.or_printed(switch.profile.errors_printed && parsed.action.configures());
        if parsed.action.is_accounted() {
            let unix_s = switch.unix_s(now);
            switch.accounting.note(&self.author, &path, outcome.accepted(), unix_s);
        }
        outcome
    }

    fn run(&mut self, switch: &mut Switch, parsed: &Parsed, now: LabTime) -> Outcome {
        match &parsed.action {
            Action::Show(what) if self.shows_twice(switch, what) => show::show(switch, what, now).doubled(),
            Action::Show(what) => show::show(switch, what, now),
            Action::Terminal | Action::Inert => Outcome::Quiet,
            Action::DontAsk(yes) => {
                self.dont_ask = *yes;
                Outcome::Quiet
            }
            Action::Save => checkpoint::save(switch, now),
            Action::Checkpoint(target) => finished(checkpoint::make(switch, target, self.dont_ask, now)),
            Action::Delete(target) => finished(checkpoint::delete(switch, target)),
            Action::Rollback(source) => checkpoint::roll_back(switch, source, now),
            Action::Configure => self.enter(switch, Mode::Config),
            Action::End => self.enter(switch, self.base.clone()),
            Action::Exit => self.leave(switch),
            Action::Line(which) => self.enter(switch, Mode::Line(*which)),
            Action::Interface(names) => match config::open_interfaces(switch, names) {
                Ok(()) => self.enter(switch, Mode::Interface(names.clone())),
                Err(rejection) => Outcome::Rejected(rejection),
            },
            Action::Vlans(vlans) => self.enter_vlans(switch, vlans),
            Action::Global(change) => {
                self.commit(switch);
                finished(config::global(switch, change))
            }
            Action::VpcDomain(id) => match config::open_domain(switch, *id) {
                Ok(()) => self.enter(switch, Mode::VpcDomain),
                Err(rejection) => Outcome::Rejected(rejection),
            },
            Action::OnDomain(change) => {
                config::on_domain(switch, *change);
                Outcome::Quiet
            }
            Action::OnInterface(change) => match &self.mode {
                Mode::Interface(names) => finished(config::on_interfaces(switch, names, change)),
                Mode::Exec | Mode::Config | Mode::Vlan(_) | Mode::VpcDomain | Mode::Line(_) => OUT_OF_PLACE,
            },
            Action::OnVlan(change) => match &self.mode {
                Mode::Vlan(vlans) => finished(self.change_vlans(switch, &vlans.clone(), change)),
                Mode::Exec | Mode::Config | Mode::Interface(_) | Mode::VpcDomain | Mode::Line(_) => OUT_OF_PLACE,
            },
        }
    }

    fn enter(&mut self, switch: &mut Switch, mode: Mode) -> Outcome {
        self.commit(switch);
        self.mode = mode;
        Outcome::Quiet
    }

    fn leave(&mut self, switch: &mut Switch) -> Outcome {
        let mode = match self.mode {
            Mode::Exec | Mode::Config => self.base.clone(),
            Mode::Interface(_) | Mode::Vlan(_) | Mode::VpcDomain | Mode::Line(_) => Mode::Config,
        };
        self.enter(switch, mode)
    }

    /// `vlan LIST`: makes what is not there, at once or when the sub-mode is left.
    fn enter_vlans(&mut self, switch: &mut Switch, vlans: &VlanSet) -> Outcome {
        self.commit(switch);
        let made = match config::created(switch, vlans) {
            Ok(made) => made,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        self.uncommitted = made;
        if !switch.profile.vlans_on_exit {
            self.commit(switch);
        }
        self.mode = Mode::Vlan(vlans.clone());
        Outcome::Quiet
    }

    fn change_vlans(&mut self, switch: &mut Switch, vlans: &VlanSet, change: &VlanChange) -> Result<(), Rejection> {
        let mut database = switch.vlans.clone();
        database.extend(self.uncommitted.clone());
        config::on_vlans(&mut database, vlans, change)?;
        if switch.profile.vlans_on_exit {
            self.uncommitted = database.into_iter().filter(|(vlan, _)| vlans.contains(*vlan)).collect();
        } else {
            switch.set_vlans(database);
        }
        Ok(())
    }

    /// Puts what was made or changed under `vlan` into the database. What a session that is cut off leaves behind is
    /// not in the facts; here it is lost.
    fn commit(&mut self, switch: &mut Switch) {
        if self.uncommitted.is_empty() {
            return;
        }
        let mut database = switch.vlans.clone();
        database.extend(std::mem::take(&mut self.uncommitted));
        switch.set_vlans(database);
    }

    /// The N7K prints `show vlan` twice over NX-API (facts: NX-OS §2.13).
    fn shows_twice(&self, switch: &Switch, what: &Show) -> bool {
        switch.profile.vlan_twice && self.base == Mode::Config && *what == Show::Vlan
    }

    /// The configuration path in front of a line in the accounting log.
    fn path(&self, parsed: &Parsed) -> String {
        let sub = match parsed.action.place() {
            Place::Exec => return String::new(),
            Place::Global => false,
            Place::Sub => true,
        };
        match &self.mode {
            Mode::Interface(names) if sub => format!("configure terminal ; interface {} ; ", listed(names)),
            Mode::Vlan(vlans) if sub => format!("configure terminal ; vlan {vlans} ; "),
            Mode::Exec | Mode::Config | Mode::Interface(_) | Mode::Vlan(_) | Mode::VpcDomain | Mode::Line(_) => {
                "configure terminal ; ".to_owned()
            }
        }
    }
}

/// A line of a sub-mode that is not the session's; the grammar of the modes lets none through.
const OUT_OF_PLACE: Outcome = Outcome::Rejected(Rejection::Invalid(0));

fn finished(result: Result<(), Rejection>) -> Outcome {
    match result {
        Ok(()) => Outcome::Quiet,
        Err(rejection) => Outcome::Rejected(rejection),
    }
}
