//! How a switch is reached, and what SSH needs: an address, a trusted host key, and perhaps a key to log in with.

use super::{
    login,
    settings::{HostTrust, PrivateKey, SshSettings},
    source::{Section, Source},
    value,
};

/// `transport`: which ways to a switch may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    /// NX-API, and SSH where that cannot be reached and a host key is configured.
    Auto,
    Nxapi,
    Ssh,
}

/// The keys that only SSH needs.
pub(super) const KEYS: [&str; 7] =
    ["ssh", "known_hosts_file", "host_key_sha256", "host_key", "private_key_file", "passphrase_file", "ssh_agent"];

const UNTRUSTED: &str = "by SSH the switch must prove who it is: set known_hosts_file, or host_key_sha256 to the \
                         fingerprint of its host key, which `ssh-keyscan HOST | ssh-keygen -lf -` shows";

/// `transport`; without it, or with another word, `auto`.
pub(super) fn transport(section: &Section<'_>) -> Transport {
    let parse = |text: &str| match text {
        "auto" => Ok(Transport::Auto),
        "nxapi" => Ok(Transport::Nxapi),
        "ssh" => Ok(Transport::Ssh),
        _ => Err(format!("{text:?} is no transport; use \"auto\", \"nxapi\" or \"ssh\"")),
    };
    section.parse("transport", parse).map_or(Transport::Auto, |it| it.value)
}

/// A key or the agent logs in, and no password is given.
pub(super) fn without_password(section: &Section<'_>) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|key| section.has(key));
    has(&["private_key_file", "ssh_agent"]) && !has(&["password_file", "password_env"])
}

/// How to reach the switch by SSH; none where it is not to be used, or where there are faults. `url` is NX-API's address.
pub(super) fn settings(
    source: &Source<'_>,
    section: &Section<'_>,
    transport: Transport,
    url: Option<&str>,
) -> Option<SshSettings> {
    let given: Vec<&str> = KEYS.into_iter().filter(|key| section.has(key)).collect();
    let trusted = section.has("known_hosts_file") || section.has("host_key_sha256");
    match transport {
        Transport::Nxapi => {
            given.iter().for_each(|key| section.fault(key, "is of no use with transport = \"nxapi\""));
            return None;
        }
        Transport::Ssh if !trusted => section.fault("transport", UNTRUSTED),
        Transport::Auto if !trusted => given.first().into_iter().for_each(|key| section.fault(key, UNTRUSTED)),
        Transport::Auto | Transport::Ssh => {}
    }
    let (key, agent) = (private_key(source, section), section.flag("ssh_agent"));
    if transport == Transport::Ssh
        && agent == Some(false)
        && !section.has("private_key_file")
        && without_password(section)
    {
        section.fault("ssh_agent", "nothing logs in: give a password, a private_key_file, or the agent");
    }
    let trust = host_trust(source, section);
    let (host, port) = address(section, transport, url)?;
    Some(SshSettings { host, port, trust: trust?, key, agent: agent.unwrap_or(false) })
}

/// `ssh`, else the host of the `url`.
fn address(section: &Section<'_>, transport: Transport, url: Option<&str>) -> Option<(String, u16)> {
    match transport {
        Transport::Ssh => drop(section.required("ssh")?),
        Transport::Auto | Transport::Nxapi => {}
    }
    if section.has("ssh") {
        return section.parse("ssh", value::host_and_port).map(|it| it.value);
    }
    let url = reqwest::Url::parse(url?).ok()?;
    Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), 22))
}

/// One of `known_hosts_file`, `host_key_sha256`.
fn host_trust(source: &Source<'_>, section: &Section<'_>) -> Option<HostTrust> {
    let accept_new = section.has("host_key") && section.parse("host_key", accept_new).is_some();
    if section.has("host_key") && !section.has("known_hosts_file") {
        section.fault("host_key", "needs known_hosts_file, to which new host keys are written");
    }
    match (section.has("known_hosts_file"), section.has("host_key_sha256")) {
        (true, false) => {
            let named = section.required("known_hosts_file")?;
            let file = source.resolve(&named.value);
            if !accept_new {
                login::read(source, &named, &file)?;
            }
            Some(HostTrust::KnownHosts { file, accept_new })
        }
        (false, true) => section.parse("host_key_sha256", value::host_key).map(|it| HostTrust::Fingerprint(it.value)),
        (true, true) => {
            section.fault("host_key_sha256", "give known_hosts_file or host_key_sha256, not both");
            None
        }
        (false, false) => None,
    }
}

fn accept_new(text: &str) -> Result<(), String> {
    match text {
        "accept-new" => Ok(()),
        _ => Err(format!("{text:?} is not known; the one word is \"accept-new\"")),
    }
}

fn private_key(source: &Source<'_>, section: &Section<'_>) -> Option<PrivateKey> {
    if section.has("passphrase_file") && !section.has("private_key_file") {
        section.fault("passphrase_file", "is of no use without private_key_file");
    }
    let passphrase = section.text("passphrase_file").and_then(|file| login::secret_file(source, &file));
    let file = section.text("private_key_file")?;
    let text = login::secret_file(source, &file)?;
    let path = source.resolve(&file.value);
    if !text.expose().contains("PRIVATE KEY-----") {
        section.fault("private_key_file", format!("{} holds no private key", path.display()));
        return None;
    }
    Some(PrivateKey { path, text, passphrase })
}
