//! How a device is logged in to, and whom we trust that it is the right one.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::{
    settings::Secret,
    source::{Located, Section, Source},
    value,
};
use crate::tls::Trust;

/// `username` and one of `password_file`, `password_env`.
pub(super) fn login(source: &Source<'_>, section: &Section<'_>) -> (Option<String>, Option<Secret>) {
    let username = section.required("username").map(|it| it.value);
    let password = match (section.text("password_file"), section.text("password_env")) {
        (Some(file), None) => secret_file(source, &file),
        (None, Some(variable)) => password_env(source, &variable),
        (Some(_), Some(_)) => refuse(section, "password_env", "give password_file or password_env, not both"),
        (None, None) if section.has("password_file") || section.has("password_env") => None,
        (None, None) => refuse(section, "", "password_file or password_env is missing"),
    };
    (username, password)
}

/// One of `ca_file`, `fingerprint_sha256`; neither: the machine's own certificate store.
pub(super) fn trust(source: &Source<'_>, section: &Section<'_>) -> Option<Trust> {
    match (section.has("ca_file"), section.has("fingerprint_sha256")) {
        (false, false) => Some(Trust::System),
        (true, false) => ca_file(source, &section.text("ca_file")?),
        (false, true) => section.parse("fingerprint_sha256", value::fingerprint).map(|it| Trust::Fingerprint(it.value)),
        (true, true) => refuse(section, "fingerprint_sha256", "give ca_file or fingerprint_sha256, not both"),
    }
}

fn refuse<T>(section: &Section<'_>, key: &str, why: &str) -> Option<T> {
    section.fault(key, why);
    None
}

/// A file with one secret and nothing else.
pub(super) fn secret_file(source: &Source<'_>, file: &Located<String>) -> Option<Secret> {
    let path = source.resolve(&file.value);
    let text = read(source, file, &path)?;
    if open_to_all(&path) {
        let advice = format!("{} can be read by everybody on this machine; chmod 0600", path.display());
        source.warn(file.key.clone(), file.span.clone(), advice);
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        source.fault(file.key.clone(), file.span.clone(), format!("{} is empty", path.display()));
        return None;
    }
    Some(Secret::new(secret.to_owned()))
}

fn password_env(source: &Source<'_>, variable: &Located<String>) -> Option<Secret> {
    let set = std::env::var(&variable.value).ok().filter(|text| !text.is_empty());
    if set.is_none() {
        let why = format!("the environment variable {:?} is not set", variable.value);
        source.fault(variable.key.clone(), variable.span.clone(), why);
    }
    set.map(Secret::new)
}

fn ca_file(source: &Source<'_>, file: &Located<String>) -> Option<Trust> {
    let path = source.resolve(&file.value);
    let text = read(source, file, &path)?;
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        let why = format!("{} holds no certificate in PEM form", path.display());
        source.fault(file.key.clone(), file.span.clone(), why);
        return None;
    }
    Some(Trust::CaFile(path))
}

/// The content is never part of the fault: it may be a password.
pub(super) fn read(source: &Source<'_>, file: &Located<String>, path: &Path) -> Option<String> {
    let report = |why: std::io::Error| {
        let text = format!("cannot read {}: {}", path.display(), why.kind());
        source.fault(file.key.clone(), file.span.clone(), text);
    };
    fs::read_to_string(path).map_err(report).ok()
}

fn open_to_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o004 != 0)
}
