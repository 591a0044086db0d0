//! Properties of what is no part of the inventory: managers, views, collectors, a host's network system.

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    filter::View,
    inventory::Kind,
    properties_network::network_system,
    session::{DEFAULT_COLLECTOR, Session},
};

/// How many event collectors a session of a real vCenter may have (facts: vCenter §A1).
const MOST_COLLECTORS: i32 = 32;

impl Vcenter {
    /// pyVmomi's `Fetch`: one property of one object. What needs no session is answered without one.
    pub(super) fn fetch(&self, session: Option<&Session>, call: &Call) -> Result<Option<Value>, Fault> {
        let (id, path) = (call.this(), call.method.text_of("prop"));
        match (id.as_str(), path) {
            ("ServiceInstance", "content") => return Ok(Some(self.service_content())),
            ("ServiceInstance", "serverClock") => return Ok(Some(self.time(self.clock))),
            ("SessionManager", "currentSession") => return Ok(session.map(|session| session.describe(self))),
            _ => {}
        }
        let session = session.ok_or_else(Fault::not_authenticated)?;
        if let Some(collector) = session.named.events.get(&id) {
            return Ok(self.collector_property(collector, path));
        }
        if let Some(view) = session.named.views.get(&id) {
            return Ok(self.view_property(view, path));
        }
        if let Some(collector) = session.collectors.get(&id) {
            let filters = collector.filters().map(|id| Value::Ref("PropertyFilter", id.clone())).collect();
            return Ok((path == "filter").then_some(Value::Array("ManagedObjectReference", filters)));
        }
        match id.as_str() {
            "SessionManager" => Ok((path == "sessionList").then(|| self.session_list(session))),
            "EventManager" => Ok(self.event_manager(path)),
            "TaskManager" => Ok(self.task_manager(path)),
            DEFAULT_COLLECTOR | "ServiceInstance" | "ViewManager" => Ok(None),
            _ => self.host_manager(&id.to_string(), path).unwrap_or_else(|| self.property(&id, path)),
        }
    }

    fn view_property(&self, view: &View, path: &str) -> Option<Value> {
        match path {
            "container" => self.kind_of(&view.root).map(|kind| Value::reference(kind, &view.root)),
            "type" => Some(Value::strings(&view.kinds)),
            "recursive" => Some(Value::boolean(view.recursive)),
            "view" => {
                let shown = view.members(self).into_iter().map(|(kind, id)| Value::reference(kind, &id));
                Some(Value::Array("ManagedObjectReference", shown.collect()))
            }
            _ => None,
        }
    }

    /// Every session, the caller's own included.
    fn session_list(&self, own: &Session) -> Value {
        let all = self.sessions.values().chain([own]).map(|session| session.describe(self));
        Value::Array("UserSession", all.collect())
    }

    fn event_manager(&self, path: &str) -> Option<Value> {
        match path {
            "latestEvent" => self.latest_event(),
            "maxCollector" => Some(Value::int(MOST_COLLECTORS)),
            _ => None,
        }
    }

    fn task_manager(&self, path: &str) -> Option<Value> {
        match path {
            "recentTask" => Some(Value::references(Kind::Task, self.tasks.ids())),
            "maxCollector" => Some(Value::int(MOST_COLLECTORS)),
            _ => None,
        }
    }

    /// A property of a host's `HostNetworkSystem`. None: it is none of those.
    fn host_manager(&self, id: &str, path: &str) -> Option<Result<Option<Value>, Fault>> {
        let host = self.hosts.values().find(|host| network_system(host) == id)?;
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        Some(match head {
            "networkInfo" => {
                self.property(&host.id, "config.network").map(|value| value.and_then(|value| value.at(rest)))
            }
            _ => Ok(None),
        })
    }
}
