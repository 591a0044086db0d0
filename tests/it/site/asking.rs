//! What the controller says of itself.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde::de::DeserializeOwned;
use vmtracker::{
    api::{FindingRow, HistoryRow, Status},
    lab::model::vcenter::Counts,
};

use super::Site;
use crate::commands::{Run, vmtracker};

impl Site {
    /// Gives the running controller a command, as a person does.
    pub(crate) fn command(&self, arguments: &[&str]) -> Run {
        let control = self.control().to_str().expect("plain");
        vmtracker(&[arguments, &["--control", control]].concat())
    }

    /// How the service stands; none while it does not answer.
    pub(crate) fn status(&self) -> Option<Status> {
        self.ask(&["status", "--json"])
    }

    /// What a person should mend.
    pub(crate) fn findings(&self) -> Vec<FindingRow> {
        self.ask(&["findings", "--json"]).unwrap_or_default()
    }

    /// The newest lines of the history.
    pub(crate) fn history(&self) -> Vec<HistoryRow> {
        self.ask(&["history", "--limit", "1000", "--json"]).unwrap_or_default()
    }

    fn ask<T: DeserializeOwned>(&self, arguments: &[&str]) -> Option<T> {
        let run = self.command(arguments);
        (run.code == Some(0)).then(|| serde_json::from_str(&run.out).expect("as the api writes it"))
    }

    /// The controller knows all devices of its configuration and lacks nothing.
    pub(crate) fn is_content(&self) -> bool {
        self.knows_all() && self.status().is_some_and(|status| status.unmet == 0)
    }

    /// The controller knows all devices of its configuration.
    pub(crate) fn knows_all(&self) -> bool {
        let Some(status) = self.status() else { return false };
        let (vcenters, switches) = (&self.managed.vcenters, &self.managed.switches);
        status.vcenters.iter().filter(|row| row.state == "watching").count() == vcenters.len()
            && status.switches.iter().filter(|row| row.state == "up").count() == switches.len()
    }

    /// What the controller says of a vCenter: `watching`, `listing`, `lost: …`.
    pub(crate) fn vcenter_state(&self, vcenter: &str) -> String {
        let row = self.status().and_then(|status| status.vcenters.into_iter().find(|row| row.name == vcenter));
        row.map(|row| row.state).unwrap_or_default()
    }

    /// What clients of a vCenter did so far.
    pub(crate) fn counts(&self, vcenter: &str) -> Counts {
        self.world.look(|world, _| world.vcenters.get(vcenter).expect("such a vCenter").counts.clone())
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let page = self.metrics()?;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        line.trim().parse().ok()
    }

    fn metrics(&self) -> Option<String> {
        let mut stream = TcpStream::connect(self.terms.metrics).ok()?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut page = Vec::new();
        stream.read_to_end(&mut page).ok()?;
        Some(String::from_utf8_lossy(&page).into_owned())
    }
}
