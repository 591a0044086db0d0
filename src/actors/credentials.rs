//! Passwords that a device refused: tried once, then not again for a while, by any device that shares them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use vmtracker_core::tracker::Moment;

use crate::config::Secret;

/// How long a refused login is not repeated (design rule 12): an account that many devices share would otherwise be
/// locked by the directory behind it.
pub const REST: Duration = Duration::from_secs(15 * 60);

/// The logins that were refused, shared by all actors.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    refused: Arc<Mutex<BTreeMap<(String, Secret), Moment>>>,
}

impl Credentials {
    /// Until when this login must not be tried; none: it may.
    pub fn blocked(&self, username: &str, password: &Secret, now: Moment) -> Option<Moment> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(&(username.to_owned(), password.clone())).copied().filter(|until| *until > now)
    }

    /// A device refused this login.
    pub fn refused(&self, username: &str, password: &Secret, now: Moment) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert((username.to_owned(), password.clone()), now + REST);
    }

    /// The configuration was read anew, or a person said so: try everything again.
    pub fn forgive(&self) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_login_rests_for_all_devices_that_share_it() {
        let credentials = Credentials::default();
        let (password, other) = (Secret::new("a".to_owned()), Secret::new("b".to_owned()));
        let start = Moment::from_unix_ms(1_000);
        credentials.refused("admin", &password, start);
        let shared = credentials.clone();
        assert_eq!(shared.blocked("admin", &password, start), Some(start + REST));
        assert_eq!(shared.blocked("admin", &other, start), None);
        assert_eq!(shared.blocked("admin", &password, start + REST), None);
        credentials.forgive();
        assert_eq!(shared.blocked("admin", &password, start), None);
    }
}
