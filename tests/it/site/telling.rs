//! What people read: findings, and the log that tells of each of them once.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use rustix::process::Signal;
use toml::{Table, Value};
use vmtracker::{api::FindingRow, lab::topology::PASSWORD};

use super::Site;

impl Site {
    /// Changes the configuration as a table.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Table)) {
        self.edit(|text| {
            let mut table: Table = text.parse().expect("TOML");
            change(&mut table);
            table.to_string()
        });
    }

    /// Changes what the configuration says of one device; `kind` is `switch` or `vcenter`.
    pub(crate) fn configure_device(&self, kind: &str, name: &str, change: impl FnOnce(&mut Table)) {
        self.configure(|table| {
            let rows = table.get_mut(kind).and_then(Value::as_array_mut).expect("devices");
            let mut rows = rows.iter_mut().filter_map(Value::as_table_mut);
            let named = |row: &&mut Table| row.get("name").and_then(Value::as_str) == Some(name);
            change(rows.find(named).expect("such a device"));
        });
    }

    /// The controller reads its configuration again, which is a good one.
    pub(crate) fn reload(&mut self) {
        let read = self.metric("vmtracker_config_last_reload_timestamp_seconds").unwrap_or_default();
        self.signal(Signal::HUP);
        self.wait_until("the configuration was read again", |site| {
            site.metric("vmtracker_config_last_reload_timestamp_seconds").is_some_and(|now| now > read)
        });
        assert_eq!(self.metric("vmtracker_config_reload_success"), Some(1.0));
    }

    /// Writes a file beside the configuration; where it is.
    pub(crate) fn file(&self, name: &str, text: &str) -> Value {
        let path = self.files.dir.join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("plain").into()
    }

    /// Writes a password beside the configuration, as nobody else may read it; where it is.
    pub(crate) fn secret(&self, name: &str, password: &str) -> Value {
        let path = self.file(name, password);
        let private = Permissions::from_mode(0o600);
        fs::set_permissions(self.files.dir.join(name), private).expect("set");
        path
    }

    /// Waits until there is exactly one finding of this kind and subject, with all of these parts.
    pub(crate) fn wait_finding(&mut self, kind: &str, subject: &str, parts: &[&str]) {
        let what = format!("one finding {kind} for {subject} with {parts:?}");
        self.wait_until(&what, |site| {
            let found = site.findings_on(kind, subject);
            found.len() == 1 && found.iter().all(|row| parts.iter().all(|part| row.text.contains(part)))
        });
    }

    /// Waits until nobody finds this any more.
    pub(crate) fn wait_mended(&mut self, kind: &str, subject: &str) {
        self.wait_until(&format!("no finding {kind} for {subject}"), |site| {
            site.status().is_some() && site.findings_on(kind, subject).is_empty()
        });
    }

    pub(crate) fn findings_of(&self, kind: &str) -> Vec<FindingRow> {
        self.findings().into_iter().filter(|row| row.kind == kind).collect()
    }

    pub(crate) fn findings_on(&self, kind: &str, subject: &str) -> Vec<FindingRow> {
        self.findings().into_iter().filter(|row| row.kind == kind && row.subject == subject).collect()
    }

    /// How many lines of the log begin so, behind their time.
    pub(crate) fn logged(&self, beginning: &str) -> usize {
        self.log().lines().filter(|line| said(line).is_some_and(|said| said.starts_with(beginning))).count()
    }

    /// The log has one line for each finding that stands, no warning twice, nothing of many lines, and no password.
    pub(crate) fn assert_log_is_clear(&self, secrets: &[&str]) {
        let log = self.log();
        for row in self.findings() {
            assert_eq!(self.logged(&format!("{} {}: ", row.kind, row.subject)), 1, "{row:?}\n{log}");
        }
        let mut warnings: Vec<&str> = log.lines().filter_map(warning).collect();
        let count = warnings.len();
        warnings.sort_unstable();
        warnings.dedup();
        assert_eq!(warnings.len(), count, "said twice:\n{log}");
        assert!(log.lines().all(|line| said(line).is_some()), "a line of many lines:\n{log}");
        for secret in secrets.iter().chain(&[PASSWORD]) {
            assert!(!log.contains(secret), "{secret} is in\n{log}");
        }
    }
}

/// What stands behind time and level.
fn said(line: &str) -> Option<&str> {
    let (time, rest) = line.split_once(' ')?;
    let (level, said) = rest.trim_start().split_once(' ')?;
    (time.ends_with('Z') && ["ERROR", "WARN", "INFO"].contains(&level)).then_some(said)
}

fn warning(line: &str) -> Option<&str> {
    let warns = line.contains(" WARN ") || line.contains(" ERROR ");
    said(line).filter(|_| warns)
}
