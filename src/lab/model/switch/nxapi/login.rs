//! Who may in: basic authentication, or the cookie of an earlier one (facts: NX-OS §1.2).

use std::time::Duration;

use super::{HttpRequest, Switch, refusal::Refusal};
use crate::lab::model::LabTime;

/// How long a cookie is good; fixed on a real switch (facts: NX-OS §1.2).
const COOKIE_LIFE: Duration = Duration::from_secs(600);

/// VSH sessions in one worker's pool, by user and remote address (facts: NX-OS §1.6).
const VSH_PER_WORKER: usize = 5;

impl Switch {
    /// The user, and the `Set-Cookie` of a fresh login. A stale cookie does not spoil a good password.
    pub(super) fn log_in(&mut self, request: &HttpRequest, now: LabTime) -> Option<(String, Option<String>)> {
        if request.cookie.as_deref().is_some_and(|cookie| self.knows(cookie, now)) {
            return Some((self.login.user.clone(), None));
        }
        let authorization = request.authorization.as_deref()?;
        if self.faults.refuse_logins || authorization != basic(&self.login.user, &self.login.password) {
            self.counters.wrong_passwords += 1;
            return None;
        }
        self.counters.logins += 1;
        Some((self.login.user.clone(), Some(self.bake(now))))
    }

    fn knows(&self, cookie: &str, now: LabTime) -> bool {
        let crumbs = cookie.split(';').filter_map(|crumb| crumb.trim().strip_prefix("nxapi_auth="));
        let fresh = |made: &LabTime| now.saturating_sub(*made) < COOKIE_LIFE;
        crumbs.into_iter().any(|crumb| self.cookies.get(crumb).is_some_and(fresh))
    }

    /// A VSH session for this user and address. Every worker keeps a pool of them; when one is given up is not in the
    /// facts, so here it lasts until the sessions are dropped or the switch boots.
    pub(super) fn join_pool(&mut self, user: &str, peer: &str) -> Result<(), Refusal> {
        let pair = (user.to_owned(), peer.to_owned());
        if !self.pool.contains(&pair) && self.pool.len() >= self.profile.workers * VSH_PER_WORKER {
            return Err(Refusal::TooManySessions);
        }
        self.pool.insert(pair);
        Ok(())
    }

    /// Makes a cookie. The value need not be secret: the lab's switches have nothing to lose.
    fn bake(&mut self, now: LabTime) -> String {
        self.cookies.retain(|_, made| now.saturating_sub(*made) < COOKIE_LIFE);
        self.cookies_made += 1;
        let scattered = self.cookies_made.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        let crumb = format!("lab:{}", base64(&scattered));
        self.cookies.insert(crumb.clone(), now);
        format!("nxapi_auth={crumb}; Secure; HttpOnly;")
    }
}

/// The header of basic authentication.
pub(super) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let letter = LETTERS[usize::from((group >> (18 - 6 * index)) as u8 & 63)];
            text.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_rfc_4648_says() {
        let check = |text: &str, expected: &str| assert_eq!(base64(text.as_bytes()), expected, "{text:?}");
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
        check("admin:admin", "YWRtaW46YWRtaW4=");
    }
}
