//! Logging in: with what is configured and what the switch offers, each once.

use ssh2::{ErrorCode, KeyboardInteractivePrompt, Prompt, Session};

use super::SshError;
use crate::config::{Secret, SshSettings, SwitchSettings};

/// What is a refusal, in libssh2's numbers: the switch's (`PASSWORD_EXPIRED`, `AUTHENTICATION_FAILED`,
/// `PUBLICKEY_UNVERIFIED`), or that of a key which cannot be used (`DECRYPT`, `FILE`, `METHOD_NONE`,
/// `METHOD_NOT_SUPPORTED`).
const REFUSED: [i32; 7] = [-15, -18, -19, -12, -16, -17, -33];

/// The switch closed the connection (`SOCKET_DISCONNECT`, `SOCKET_RECV`).
const HUNG_UP: [ErrorCode; 2] = [ErrorCode::Session(-13), ErrorCode::Session(-43)];

/// The methods that take a password.
const PASSWORDS: [&str; 2] = ["password", "keyboard-interactive"];

/// Logs in.
///
/// # Errors
/// Everything was refused, nothing could be tried, or the connection broke.
pub(super) fn login(session: &Session, settings: &SwitchSettings, ssh: &SshSettings) -> Result<(), SshError> {
    let offered = match session.auth_methods(&settings.username) {
        Ok(methods) => methods.to_owned(),
        // Let in without any: nobody wants a switch like that, but it is what it is.
        Err(_) if session.authenticated() => return Ok(()),
        Err(error) => return Err(broken(ssh, error)),
    };
    let offers = |method: &str| offered.split(',').any(|one| one == method);
    let by_key = offers("publickey") && (ssh.key.is_some() || ssh.agent);
    let by_password = !settings.password.expose().is_empty() && PASSWORDS.into_iter().any(offers);
    if !by_key && !by_password {
        return Err(SshError::Methods { address: ssh.address(), offered });
    }
    if by_key && (with_key(session, settings, ssh)? || with_agent(session, settings, ssh)?) {
        return Ok(());
    }
    with_password(session, settings, ssh, offers)?.then_some(()).ok_or(SshError::Login)
}

/// By one of the two methods that take it: the same password twice counts as two attempts.
fn with_password(
    session: &Session,
    settings: &SwitchSettings,
    ssh: &SshSettings,
    offers: impl Fn(&str) -> bool,
) -> Result<bool, SshError> {
    let (user, password) = (settings.username.as_str(), settings.password.expose());
    let outcome = if password.is_empty() {
        return Ok(false);
    } else if offers("password") {
        session.userauth_password(user, password)
    } else if offers("keyboard-interactive") {
        session.userauth_keyboard_interactive(user, &mut Once { password: Some(password) })
    } else {
        return Ok(false);
    };
    match outcome {
        Err(source) if HUNG_UP.contains(&source.code()) => Err(SshError::HungUp { address: ssh.address(), source }),
        outcome => accepted(ssh, outcome),
    }
}

fn with_key(session: &Session, settings: &SwitchSettings, ssh: &SshSettings) -> Result<bool, SshError> {
    let Some(key) = &ssh.key else { return Ok(false) };
    let passphrase = key.passphrase.as_ref().map(Secret::expose);
    let outcome = session.userauth_pubkey_memory(&settings.username, None, key.text.expose(), passphrase);
    if let Err(error) = &outcome {
        tracing::warn!(switch = %settings.name, "{}: {error}", key.path.display());
    }
    accepted(ssh, outcome)
}

/// Every key of the agent, until one fits. Without an agent there is none.
fn with_agent(session: &Session, settings: &SwitchSettings, ssh: &SshSettings) -> Result<bool, SshError> {
    if !ssh.agent {
        return Ok(false);
    }
    let mut agent = session.agent().map_err(|error| broken(ssh, error))?;
    let listed = agent.connect().and_then(|()| agent.list_identities()).and_then(|()| agent.identities());
    let identities = listed.unwrap_or_else(|error| {
        tracing::warn!(switch = %settings.name, "no agent: {error}");
        Vec::new()
    });
    for identity in identities {
        if accepted(ssh, agent.userauth(&settings.username, &identity))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the switch lets us in; what is no word of the switch is an error.
fn accepted(ssh: &SshSettings, outcome: Result<(), ssh2::Error>) -> Result<bool, SshError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.code(), ErrorCode::Session(code) if REFUSED.contains(&code)) => Ok(false),
        Err(error) => Err(broken(ssh, error)),
    }
}

/// Not [`SshError::Broken`], after which a question is asked again at once: a password must not be.
fn broken(ssh: &SshSettings, source: ssh2::Error) -> SshError {
    SshError::Handshake { address: ssh.address(), source }
}

/// Answers one question, the first, if it is alone and hidden: any other is not for the password. After it a switch may
/// ask for a new password, which it does not get.
struct Once<'a> {
    password: Option<&'a str>,
}

impl KeyboardInteractivePrompt for Once<'_> {
    fn prompt<'a>(&mut self, _username: &str, _instructions: &str, prompts: &[Prompt<'a>]) -> Vec<String> {
        match prompts {
            [Prompt { echo: false, .. }] => self.password.take().map(str::to_owned).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}
