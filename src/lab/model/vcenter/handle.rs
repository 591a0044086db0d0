//! One call of the API and its answer.

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Answer, Call, Fault, Reply, Value, Waiting},
    collector::Collector,
    filter::{EventCollector, FilterSpec, View},
    inventory::Kind,
    session::{DEFAULT_COLLECTOR, Session},
};
use crate::lab::model::LabTime;

/// Events on `latestPage` unless the filter says otherwise.
const EVENT_PAGE: u32 = 10;
/// The most that `maxCount` can ask for.
const MOST_EVENTS: u32 = 1000;

impl Vcenter {
    /// Answers a call made at `now` in the session whose cookie came with it. A reply that says to wait is asked
    /// again with what it gave, at the next change or when its time is up.
    pub fn handle(&mut self, session: Option<&str>, call: &Call, now: LabTime, waiting: Option<&Waiting>) -> Answer {
        self.advance(now);
        self.expire_sessions();
        if waiting.is_none() {
            *self.counts.calls.entry(call.method.name.clone()).or_default() += 1;
        }
        let reply = match call.method.name.as_str() {
            "Login" => return self.login(session, call),
            "RetrieveServiceContent" => Reply::Return(Some(self.service_content())),
            _ => match self.take_session(session) {
                Some(session) => self.in_session(session, call, waiting),
                None if waiting.is_some() => {
                    Reply::Fault(Fault::new("RequestCanceled", "The task was canceled by a user."))
                }
                None if call.method.name == "Fetch" => reply(self.fetch(None, call)),
                None => Reply::Fault(Fault::not_authenticated()),
            },
        };
        Answer { reply, opened: None }
    }

    fn in_session(&mut self, mut session: Session, call: &Call, waiting: Option<&Waiting>) -> Reply {
        if call.method.name == "Logout" {
            self.counts.logouts += 1;
            return Reply::Return(None);
        }
        let reply = match call.method.name.as_str() {
            "WaitForUpdatesEx" if waiting.is_none() && self.refuses_version(call) => {
                Reply::Fault(Fault::new("InvalidCollectorVersion", "The version is not valid for this collector."))
            }
            "WaitForUpdatesEx" | "WaitForUpdates" | "CheckForUpdates" => self.wait(&mut session, call, waiting),
            _ => reply(self.immediate(&mut session, call)),
        };
        self.put_session(session);
        reply
    }

    fn refuses_version(&mut self, call: &Call) -> bool {
        let left = self.faults.refuse_versions.checked_sub(1).filter(|_| !call.method.text_of("version").is_empty());
        self.faults.refuse_versions = left.unwrap_or(self.faults.refuse_versions);
        left.is_some()
    }

    fn immediate(&mut self, session: &mut Session, call: &Call) -> Result<Option<Value>, Fault> {
        let method = &call.method;
        match method.name.as_str() {
            "CurrentTime" => Ok(Some(self.time(self.clock))),
            "SessionIsActive" => {
                let key = method.text_of("sessionID");
                Ok(Some(Value::boolean(key == session.key || self.sessions.contains_key(key))))
            }
            "TerminateSession" => self.terminate(session, &method.texts("sessionId")),
            "CreateContainerView" => self.create_view(session, call),
            "DestroyView" => gone(session.named.views.remove(&call.this()).is_some(), "ContainerView", call),
            "CreatePropertyCollector" => {
                let id = MoId::from(format!("session[{}]pc-{}", session.key, self.next_number()));
                session.collectors.insert(id.clone(), Collector::default());
                Ok(Some(Value::Ref("PropertyCollector", id)))
            }
            "DestroyPropertyCollector" => {
                gone(session.collectors.remove(&call.this()).is_some(), "PropertyCollector", call)
            }
            "CreateFilter" => self.create_filter(session, call),
            "DestroyPropertyFilter" => {
                let removed = session.collectors.values_mut().any(|collector| collector.remove(&call.this()));
                gone(removed, "PropertyFilter", call)
            }
            "CancelWaitForUpdates" => {
                collector(session, &call.this())?.cancels += 1;
                self.changes.next();
                Ok(None)
            }
            "CreateCollectorForEvents" => Ok(Some(self.create_event_collector(session, call))),
            "DestroyCollector" => gone(session.named.events.remove(&call.this()).is_some(), "HistoryCollector", call),
            "SetCollectorPageSize" | "ReadNextEvents" | "ReadPreviousEvents" | "RewindCollector" | "ResetCollector" => {
                self.event_collector(session, call)
            }
            "FetchDVPorts" => self.fetch_ports(call),
            "QueryEvents" => Ok(Some(self.query_events(call))),
            "RetrievePropertiesEx" | "RetrieveProperties" | "Fetch" => self.retrieve(session, call),
            "ContinueRetrievePropertiesEx" | "CancelRetrievePropertiesEx" => self.retrieve(session, call),
            "QueryNetworkHint" => self.network_hints(call),
            "PowerOnVM_Task" | "PowerOffVM_Task" | "SuspendVM_Task" | "MigrateVM_Task" | "RelocateVM_Task" => {
                self.task(call)
            }
            "ApplyRecommendation" | "CancelRecommendation" => self.decide_recommendation(call),
            "AddCustomFieldDef" | "RemoveCustomFieldDef" | "SetField" => self.custom_fields(session, call),
            name => Err(Fault::new("MethodNotFound", format!("{name} is not simulated"))),
        }
    }

    fn terminate(&mut self, session: &Session, keys: &[String]) -> Result<Option<Value>, Fault> {
        if keys.contains(&session.key) {
            return Err(Fault::invalid_argument("sessionId"));
        }
        if let Some(key) = keys.iter().find(|key| !self.sessions.contains_key(*key)) {
            return Err(Fault::new("NotFound", format!("there is no session {key}")));
        }
        self.sessions.retain(|key, _| !keys.contains(key));
        self.changes.next();
        Ok(None)
    }

    fn create_view(&mut self, session: &mut Session, call: &Call) -> Result<Option<Value>, Fault> {
        let root = call.method.reference("container").ok_or_else(|| Fault::invalid_argument("container"))?;
        self.kind_of(&root).ok_or_else(|| Fault::not_found("ManagedEntity", &root))?;
        let view = View { root, kinds: call.method.texts("type"), recursive: call.method.is_true("recursive") };
        let id = MoId::from(format!("session[{}]view-{}", session.key, self.next_number()));
        session.named.views.insert(id.clone(), view);
        Ok(Some(Value::Ref("ContainerView", id)))
    }

    fn create_filter(&mut self, session: &mut Session, call: &Call) -> Result<Option<Value>, Fault> {
        let spec = call.method.child("spec").ok_or_else(|| Fault::invalid_argument("spec"))?;
        let id = MoId::from(format!("session[{}]filter-{}", session.key, self.next_number()));
        collector(session, &call.this())?.add(id.clone(), FilterSpec::read(spec)?);
        Ok(Some(Value::Ref("PropertyFilter", id)))
    }

    fn create_event_collector(&mut self, session: &mut Session, call: &Call) -> Value {
        let spec = call.method.child("filter");
        let page = spec.and_then(|spec| spec.number("maxCount")).unwrap_or(EVENT_PAGE).min(MOST_EVENTS);
        let id = MoId::from(format!("session[{}]events-{}", session.key, self.next_number()));
        let page = usize::try_from(page).unwrap_or(1).max(1);
        let filter = self.event_filter(spec);
        session.named.events.insert(id.clone(), EventCollector { filter, page, read: self.events.newest_key() });
        Value::reference(Kind::EventHistoryCollector, &id)
    }
}

/// pyVmomi and others call the default collector by the id in the service content.
pub(super) fn default_or(id: &MoId) -> MoId {
    if id.as_str().is_empty() { MoId::from(DEFAULT_COLLECTOR) } else { id.clone() }
}

fn collector<'a>(session: &'a mut Session, id: &MoId) -> Result<&'a mut Collector, Fault> {
    session.collectors.get_mut(&default_or(id)).ok_or_else(|| Fault::not_found("PropertyCollector", id))
}

fn reply(outcome: Result<Option<Value>, Fault>) -> Reply {
    match outcome {
        Ok(value) => Reply::Return(value),
        Err(fault) => Reply::Fault(fault),
    }
}

fn gone(was_there: bool, kind: &'static str, call: &Call) -> Result<Option<Value>, Fault> {
    if was_there { Ok(None) } else { Err(Fault::not_found(kind, &call.this())) }
}
