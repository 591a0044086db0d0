//! Sessions: login, idle time, and what each one owns.

use std::collections::BTreeMap;

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    build::uuid,
    call::{Answer, Call, Fault, Receipt, Reply, Value},
    collector::Collector,
    filter::Named,
    retrieve::Rest,
};
use crate::lab::model::LabTime;

/// The collector that every session has from the start.
pub(super) const DEFAULT_COLLECTOR: &str = "propertyCollector";

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) key: String,
    user: String,
    /// The change number at which it began, and its order among sessions.
    opened: u32,
    login: LabTime,
    last_used: LabTime,
    calls: u32,
    pub(super) named: Named,
    pub(super) collectors: BTreeMap<MoId, Collector>,
    /// What is left of a paged `RetrievePropertiesEx`, by token.
    pub(super) pages: BTreeMap<String, Rest>,
}

impl Session {
    /// Who logged in.
    pub(super) fn user(&self) -> &str {
        &self.user
    }

    /// As the API writes it.
    pub(super) fn describe(&self, vcenter: &Vcenter) -> Value {
        let fields = vec![
            ("key", Value::string(&self.key)),
            ("userName", Value::string(&self.user)),
            ("fullName", Value::string(&self.user)),
            ("loginTime", vcenter.time(self.login)),
            ("lastActiveTime", vcenter.time(self.last_used)),
            ("locale", Value::string("en")),
            ("messageLocale", Value::string("en")),
            ("extensionSession", Value::boolean(false)),
            ("callCount", Value::long(self.calls)),
        ];
        Value::Object("UserSession", fields)
    }
}

impl Vcenter {
    /// How many sessions are open.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// Opens a session, unless this one is open or name and password are wrong.
    pub(super) fn login(&mut self, session: Option<&str>, call: &Call) -> Answer {
        let (user, password) = (call.method.text_of("userName"), call.method.text_of("password"));
        let known = self.users.iter().any(|known| known.name == user && known.password == password);
        if !known || session.is_some_and(|key| self.sessions.contains_key(key)) {
            self.counts.refused_logins += 1;
            let message = "Cannot complete login due to an incorrect user name or password.";
            return Answer { reply: Reply::Fault(Fault::new("InvalidLogin", message)), opened: None };
        }
        self.counts.logins += 1;
        let opened = self.next_number();
        let collectors = BTreeMap::from([(MoId::from(DEFAULT_COLLECTOR), Collector::default())]);
        let session = Session {
            key: format!("52{}", uuid(&self.instance_uuid, opened)),
            user: user.to_owned(),
            opened,
            login: self.clock,
            last_used: self.clock,
            calls: 0,
            named: Named::default(),
            collectors,
            pages: BTreeMap::new(),
        };
        let (key, value) = (session.key.clone(), session.describe(self));
        self.sessions.insert(key.clone(), session);
        Answer { reply: Reply::Return(Some(value)), opened: Some(key) }
    }

    /// Ends sessions that were idle for too long. A long poll under way is asked again at every change, which
    /// counts as use.
    pub(super) fn expire_sessions(&mut self) {
        let (now, limit) = (self.clock, self.idle_timeout);
        self.sessions.retain(|_, session| now.saturating_sub(session.last_used) < limit);
    }

    /// Takes a session out for the length of a call.
    pub(super) fn take_session(&mut self, key: Option<&str>) -> Option<Session> {
        let mut session = self.sessions.remove(key?)?;
        session.last_used = self.clock;
        session.calls += 1;
        Some(session)
    }

    /// Puts a session back.
    pub(super) fn put_session(&mut self, session: Session) {
        self.sessions.insert(session.key.clone(), session);
    }

    /// The bytes of an update set have left.
    pub fn delivered(&mut self, receipt: &Receipt) {
        let session = self.sessions.get_mut(&receipt.session);
        let Some(collector) = session.and_then(|session| session.collectors.get_mut(&receipt.collector)) else {
            return;
        };
        collector.in_flight = collector.in_flight.saturating_sub(1);
        if let Some(upto) = receipt.upto {
            collector.told = collector.told.max(upto);
        }
    }

    /// The bytes of an update set were lost on their way.
    pub fn lost(&mut self, receipt: &Receipt) {
        self.delivered(&Receipt { upto: None, ..receipt.clone() });
    }

    /// Every change up to this number was told to the newest session that watches anything, on all its collectors.
    pub fn told_upto(&self) -> Option<u64> {
        let watching = |session: &&Session| session.collectors.values().any(Collector::is_watching);
        let newest = self.sessions.values().filter(watching).max_by_key(|session| session.opened)?;
        newest.collectors.values().filter(|collector| collector.is_watching()).map(|collector| collector.told).min()
    }
}
