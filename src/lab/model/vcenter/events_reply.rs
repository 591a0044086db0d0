//! Events as values, and what event collectors answer.

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    event::{EventFilter, Named, SimEvent},
    event_fields::{DATACENTER_NAME, argument, host_argument, special},
    filter::EventCollector,
    properties::DATACENTER,
    session::Session,
};

impl Vcenter {
    /// A property of an event collector; only `latestPage`, newest first. A client may not count on any order.
    pub(super) fn collector_property(&self, collector: &EventCollector, path: &str) -> Option<Value> {
        (path == "latestPage").then(|| self.newest(&collector.filter, collector.page))
    }

    fn newest(&self, filter: &EventFilter, count: usize) -> Value {
        let events = self.events.newest_first(filter).take(count);
        Value::Array("Event", events.map(|event| self.event(event)).collect())
    }

    /// `EventManager.latestEvent`.
    pub(super) fn latest_event(&self) -> Option<Value> {
        self.events.newest_first(&EventFilter::default()).next().map(|event| self.event(event))
    }

    /// `QueryEvents`: the newest that the filter lets through, `maxCount` of them or a thousand.
    pub(super) fn query_events(&self, call: &Call) -> Value {
        let spec = call.method.child("filter");
        let count = spec.and_then(|spec| spec.number("maxCount")).and_then(|count| usize::try_from(count).ok());
        self.newest(&self.event_filter(spec), count.unwrap_or(1000).clamp(1, 1000))
    }

    /// `SetCollectorPageSize`, `RewindCollector`, `ResetCollector`, `ReadNextEvents`, `ReadPreviousEvents`.
    pub(super) fn event_collector(&self, session: &mut Session, call: &Call) -> Result<Option<Value>, Fault> {
        let id = call.this();
        let collector = session.named.events.get_mut(&id);
        let collector = collector.ok_or_else(|| Fault::not_found("EventHistoryCollector", &id))?;
        let count = call.method.number("maxCount").and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1);
        match call.method.name.as_str() {
            "SetCollectorPageSize" => collector.page = count.min(1000),
            "RewindCollector" => collector.read = 0,
            "ResetCollector" => collector.read = self.events.newest_key(),
            "ReadPreviousEvents" => return Ok(self.read_previous(collector, count)),
            _ => return Ok(self.read_next(collector, count)),
        }
        Ok(None)
    }

    /// The oldest events that were not read yet, oldest first. Without a rewind, those posted
    /// since the collector was made.
    fn read_next(&self, collector: &mut EventCollector, count: usize) -> Option<Value> {
        let filter = EventFilter { after_key: Some(collector.read), ..collector.filter.clone() };
        let mut events: Vec<&SimEvent> = self.events.newest_first(&filter).collect();
        events.reverse();
        events.truncate(count);
        collector.read = events.last().map_or(collector.read, |event| event.key);
        self.page_of(events)
    }

    /// The newest of those before what was read last, newest first.
    fn read_previous(&self, collector: &mut EventCollector, count: usize) -> Option<Value> {
        let older = self.events.newest_first(&collector.filter).filter(|event| event.key <= collector.read);
        let events: Vec<&SimEvent> = older.take(count).collect();
        collector.read = events.last().map_or(collector.read, |event| event.key - 1);
        self.page_of(events)
    }

    fn page_of(&self, events: Vec<&SimEvent>) -> Option<Value> {
        let values = events.into_iter().map(|event| self.event(event)).collect::<Vec<_>>();
        (!values.is_empty()).then_some(Value::Array("Event", values))
    }

    fn event(&self, event: &SimEvent) -> Value {
        let kind = event.kind.types().first().copied().unwrap_or("Event");
        let datacenter = Named { id: MoId::from(DATACENTER), name: DATACENTER_NAME.to_owned() };
        let mut fields = vec![
            ("key", Value::int(event.key)),
            ("chainId", Value::int(event.chain)),
            ("createdTime", self.time(event.at)),
            ("userName", Value::string("")),
            ("datacenter", argument("DatacenterEventArgument", "datacenter", "Datacenter", &datacenter)),
        ];
        fields.extend(event.host.as_ref().map(|named| ("host", host_argument(named))));
        if let Some(named) = &event.vm {
            fields.push(("vm", argument("VmEventArgument", "vm", "VirtualMachine", named)));
        }
        fields.push(("fullFormattedMessage", Value::string(event.kind.name())));
        fields.extend(special(&event.kind, event.vm.as_ref(), event.host.as_ref()));
        Value::Object(kind, fields)
    }
}
