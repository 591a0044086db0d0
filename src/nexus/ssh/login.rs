//! Logging in: with what is configured and what the switch offers, each once.

use std::io;

use ssh2::{ErrorCode, KeyboardInteractivePrompt, Prompt, Session};

use super::SshError;
use crate::config::{Secret, SshSettings, SwitchSettings};

/// What is a refusal, in libssh2's numbers: the switch's (`PASSWORD_EXPIRED`, `AUTHENTICATION_FAILED`,
/// `PUBLICKEY_UNVERIFIED`), or that of a key which cannot be used (`DECRYPT`, `FILE`, `METHOD_NONE`,
/// `METHOD_NOT_SUPPORTED`).
const REFUSED: [i32; 7] = [-15, -18, -19, -12, -16, -17, -33];

/// Logs in.
///
/// # Errors
/// Everything was refused, or the connection broke.
pub(super) fn login(session: &Session, settings: &SwitchSettings, ssh: &SshSettings) -> Result<(), SshError> {
    let user = settings.username.as_str();
    let offered = match session.auth_methods(user) {
        Ok(methods) => methods.to_owned(),
        // Let in without any: nobody wants a switch like that, but it is what it is.
        Err(_) if session.authenticated() => return Ok(()),
        Err(error) => return Err(broken(error)),
    };
    let offers = |method: &str| offered.split(',').any(|one| one == method);
    if offers("publickey") && (with_key(session, settings, ssh)? || with_agent(session, settings, ssh)?) {
        return Ok(());
    }
    if settings.password.expose().is_empty() {
        return Err(SshError::Login);
    }
    // One of the two: the same password twice counts as two attempts.
    let outcome = if offers("password") {
        session.userauth_password(user, settings.password.expose())
    } else if offers("keyboard-interactive") {
        session.userauth_keyboard_interactive(user, &mut Once { password: Some(&settings.password) })
    } else {
        return Err(SshError::Login);
    };
    if accepted(outcome)? { Ok(()) } else { Err(SshError::Login) }
}

fn with_key(session: &Session, settings: &SwitchSettings, ssh: &SshSettings) -> Result<bool, SshError> {
    let Some(key) = &ssh.key else { return Ok(false) };
    let passphrase = key.passphrase.as_ref().map(Secret::expose);
    let outcome = session.userauth_pubkey_memory(&settings.username, None, key.text.expose(), passphrase);
    if let Err(error) = &outcome {
        tracing::warn!(switch = %settings.name, "{}: {error}", key.path.display());
    }
    accepted(outcome)
}

/// Every key of the agent, until one fits. Without an agent there is none.
fn with_agent(session: &Session, settings: &SwitchSettings, ssh: &SshSettings) -> Result<bool, SshError> {
    if !ssh.agent {
        return Ok(false);
    }
    let mut agent = session.agent().map_err(broken)?;
    let listed = agent.connect().and_then(|()| agent.list_identities()).and_then(|()| agent.identities());
    let identities = listed.unwrap_or_else(|error| {
        tracing::warn!(switch = %settings.name, "no agent: {error}");
        Vec::new()
    });
    for identity in identities {
        if accepted(agent.userauth(&settings.username, &identity))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the switch lets us in; what is no word of the switch is an error.
fn accepted(outcome: Result<(), ssh2::Error>) -> Result<bool, SshError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.code(), ErrorCode::Session(code) if REFUSED.contains(&code)) => Ok(false),
        Err(error) => Err(broken(error)),
    }
}

fn broken(error: ssh2::Error) -> SshError {
    SshError::Broken { command: "login".to_owned(), source: io::Error::from(error) }
}

/// Answers one question, the first, if it is alone and hidden: any other is not for the password. After it a switch may
/// ask for a new password, which it does not get.
struct Once<'a> {
    password: Option<&'a Secret>,
}

impl KeyboardInteractivePrompt for Once<'_> {
    fn prompt<'a>(&mut self, _username: &str, _instructions: &str, prompts: &[Prompt<'a>]) -> Vec<String> {
        match prompts {
            [Prompt { echo: false, .. }] => self.password.take().map(|it| it.expose().to_owned()).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}
