//! Whether the host key of who answers is the switch's. Nothing is sent to anybody else.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine};
use ssh2::{CheckResult, KnownHostFileKind, KnownHostKeyFormat, KnownHosts, MethodType, Session};

use super::SshError;
use crate::{
    config::{HostTrust, SshSettings},
    tls,
};

/// The kinds of keys: how each begins in base64, and the algorithms that use it, the best first.
const KINDS: [(&str, &str); 5] = [
    ("AAAAC3NzaC1lZDI1NTE5", "ssh-ed25519"),
    ("AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY", "ecdsa-sha2-nistp256"),
    ("AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ", "ecdsa-sha2-nistp384"),
    ("AAAAE2VjZHNhLXNoYTItbmlzdHA1MjE", "ecdsa-sha2-nistp521"),
    ("AAAAB3NzaC1yc2E", "rsa-sha2-512,rsa-sha2-256,ssh-rsa"),
];

/// Asks for a key of a kind that is known of this host, if any is: a switch may have several, and another kind would
/// look like another host. A file that cannot be read says so when the key is checked.
pub(super) fn prefer(session: &Session, settings: &SshSettings) -> Result<(), ssh2::Error> {
    let HostTrust::KnownHosts { file, accept_new } = &settings.trust else { return Ok(()) };
    let text = read(file, *accept_new).unwrap_or_default();
    let lines = text.lines().filter_map(|line| parse(session, line).ok());
    // A line may hide its host's name: it is asked with a key that nobody has.
    let ours =
        lines.filter(|line| matches!(line.check_port(&settings.host, settings.port, b"?"), CheckResult::Mismatch));
    let ours: Vec<_> = ours.filter_map(|line| line.hosts().ok()).flatten().collect();
    let is_known = |start: &str| ours.iter().any(|host| host.key().starts_with(start));
    let known: Vec<_> = KINDS.iter().filter(|(start, _)| is_known(start)).map(|(_, algorithms)| *algorithms).collect();
    if known.is_empty() { Ok(()) } else { session.method_pref(MethodType::HostKey, &known.join(",")) }
}

/// Checks the key that the other side has just proved to hold.
///
/// # Errors
/// It is unknown or another, or the list of keys cannot be used.
pub(super) fn check(session: &Session, settings: &SshSettings) -> Result<(), SshError> {
    let (key, kind) = session.host_key().unwrap_or((&[], ssh2::HostKeyType::Unknown));
    match &settings.trust {
        HostTrust::Fingerprint(expected) if *expected == tls::fingerprint(key) => Ok(()),
        HostTrust::Fingerprint(_) => Err(wrong(settings, key)),
        HostTrust::KnownHosts { file, accept_new } => {
            let failed = |source| SshError::KnownHosts { path: file.clone(), source };
            let text = read(file, *accept_new).map_err(failed)?;
            let mut known = parse(session, &text).map_err(failed)?;
            match known.check_port(&settings.host, settings.port, key) {
                CheckResult::Match => Ok(()),
                CheckResult::NotFound if *accept_new => {
                    let line = line(&mut known, settings, key, kind.into()).map_err(|error| failed(error.into()))?;
                    // OpenSSH ends the last line, too, where a person did not.
                    let before = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
                    append(file, &format!("{before}{line}\n")).map_err(failed)
                }
                CheckResult::NotFound => {
                    Err(SshError::UnknownHost { address: settings.address(), fingerprint: shown(key) })
                }
                CheckResult::Mismatch | CheckResult::Failure => Err(wrong(settings, key)),
            }
        }
    }
}

fn wrong(settings: &SshSettings, key: &[u8]) -> SshError {
    SshError::WrongHost { address: settings.address(), fingerprint: shown(key) }
}

/// A file that is not there yet knows nobody, where it may be begun.
fn read(file: &Path, accept_new: bool) -> io::Result<String> {
    match fs::read_to_string(file) {
        Err(error) if accept_new && error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

fn parse(session: &Session, text: &str) -> io::Result<KnownHosts> {
    let mut known = session.known_hosts()?;
    text.lines().try_for_each(|line| known.read_str(line, KnownHostFileKind::OpenSSH))?;
    Ok(known)
}

/// The line of a host that is met for the first time, as OpenSSH would write it.
fn line(
    known: &mut KnownHosts,
    settings: &SshSettings,
    key: &[u8],
    format: KnownHostKeyFormat,
) -> Result<String, ssh2::Error> {
    let name = name(settings);
    known.add(&name, key, "", format)?;
    let hosts = known.hosts()?;
    let added = hosts.iter().rfind(|host| host.name() == Some(&name)).ok_or_else(ssh2::Error::unknown)?;
    Ok(known.write_string(added, KnownHostFileKind::OpenSSH)?.trim_end().to_owned())
}

/// In one piece: other switches' sessions may write theirs.
fn append(file: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(file)?.write_all(text.as_bytes())
}

/// How OpenSSH calls a host in its list.
fn name(settings: &SshSettings) -> String {
    match settings.port {
        22 => settings.host.clone(),
        port => format!("[{}]:{port}", settings.host),
    }
}

/// A key's fingerprint as OpenSSH shows it.
fn shown(key: &[u8]) -> String {
    format!("SHA256:{}", BASE64_STANDARD_NO_PAD.encode(tls::fingerprint(key)))
}
