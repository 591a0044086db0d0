//! What is read once: the service's content, and properties page by page.

use std::collections::VecDeque;

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Node, Value},
    custom_fields::MANAGER,
    filter::{FilterSpec, Named, Readings, read},
    inventory::Kind,
    moment::date_time,
    properties::ROOT,
    session::Session,
};
use crate::lab::model::LabTime;

/// Objects per page, as vCenter cuts them.
const PAGE: usize = 100;

/// How many readings of a session may be under way.
const MOST_READINGS: usize = 16;

/// What is left of a paged reading. The objects are noted, and read when their page is asked for.
#[derive(Debug)]
pub(super) struct Rest {
    specs: Vec<FilterSpec>,
    left: VecDeque<(usize, MoId)>,
}

impl Vcenter {
    /// `ServiceContent`, which needs no session.
    pub(super) fn service_content(&self) -> Value {
        let about = vec![
            ("name", Value::string("VMware vCenter Server")),
            ("fullName", Value::string("VMware vCenter Server 8.0.2 build-22617221")),
            ("vendor", Value::string("VMware, Inc.")),
            ("version", Value::string("8.0.2")),
            ("build", Value::string("22617221")),
            ("osType", Value::string("linux-x64")),
            ("productLineId", Value::string("vpx")),
            ("apiType", Value::string("VirtualCenter")),
            ("apiVersion", Value::string("8.0.2.0")),
            ("instanceUuid", Value::string(&self.instance_uuid)),
        ];
        let object = |kind, id| Value::Ref(kind, MoId::from(id));
        let fields = vec![
            ("rootFolder", object("Folder", ROOT)),
            ("propertyCollector", object("PropertyCollector", "propertyCollector")),
            ("viewManager", object("ViewManager", "ViewManager")),
            ("about", Value::Object("AboutInfo", about)),
            ("sessionManager", object("SessionManager", "SessionManager")),
            ("eventManager", object("EventManager", "EventManager")),
            ("taskManager", object("TaskManager", "TaskManager")),
            ("customFieldsManager", object(MANAGER, MANAGER)),
        ];
        Value::Object("ServiceContent", fields)
    }

    /// A moment of the lab as the API writes it.
    pub(super) fn time(&self, at: LabTime) -> Value {
        let since = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        Value::Simple("dateTime", date_time(self.epoch_unix_ms.saturating_add(since)))
    }

    /// `RetrievePropertiesEx`, the older form without pages, the next page, the word that it is not wanted any more, and
    /// pyVmomi's `Fetch` of one property.
    pub(super) fn retrieve(&mut self, session: &mut Session, call: &Call) -> Result<Option<Value>, Fault> {
        let method = &call.method;
        match method.name.as_str() {
            "Fetch" => self.fetch(Some(session), call),
            "ContinueRetrievePropertiesEx" => {
                let rest = self.rest(session, method)?;
                Ok(Some(self.page(session, rest, PAGE)))
            }
            "CancelRetrievePropertiesEx" => self.rest(session, method).map(|_| None),
            "RetrieveProperties" => {
                let mut rest = self.begin(&session.named, method)?;
                let contents = self.contents(&session.named, &mut rest, usize::MAX);
                Ok((!contents.is_empty()).then_some(Value::Array("ObjectContent", contents)))
            }
            _ => {
                let rest = self.begin(&session.named, method)?;
                let max = method.child("options").and_then(|options| options.number("maxObjects"));
                let max = max.and_then(|max| usize::try_from(max).ok()).filter(|max| *max > 0);
                Ok((!rest.left.is_empty()).then(|| self.page(session, rest, max.unwrap_or(PAGE).min(PAGE))))
            }
        }
    }

    /// Everything that the specifications now select.
    fn begin(&self, named: &Named, method: &Node) -> Result<Rest, Fault> {
        let mut specs = method.all("specSet").map(FilterSpec::read).collect::<Result<Vec<_>, _>>()?;
        specs.iter_mut().for_each(|spec| spec.walk(self, named));
        let of = |(number, spec): (usize, &FilterSpec)| {
            spec.selection(self, named).into_iter().map(move |id| (number, id)).collect::<Vec<_>>()
        };
        let left = specs.iter().enumerate().flat_map(of).collect();
        Ok(Rest { specs, left })
    }

    fn rest(&self, session: &mut Session, method: &Node) -> Result<Rest, Fault> {
        session.pages.remove(method.text_of("token")).ok_or_else(|| Fault::invalid_argument("token"))
    }

    /// The next objects. One that left since the reading began is not there any more.
    fn contents(&self, named: &Named, rest: &mut Rest, max: usize) -> Vec<Value> {
        let mut found = Vec::new();
        while found.len() < max
            && let Some((number, id)) = rest.left.pop_front()
        {
            let Some(spec) = rest.specs.get(number) else { continue };
            if let Some(kind) = spec.selects(self, named, &id) {
                found.push(object_content(kind, &id, read(self, named, &id, spec.paths(kind))));
            }
        }
        found
    }

    fn page(&mut self, session: &mut Session, mut rest: Rest, max: usize) -> Value {
        let contents = self.contents(&session.named, &mut rest, max);
        let mut fields = Vec::new();
        if !rest.left.is_empty() {
            let token = format!("{}-{:010}", session.key, self.next_number());
            session.pages.insert(token.clone(), rest);
            if session.pages.len() > MOST_READINGS {
                // Tokens grow with time: the first is the oldest, whose client has gone.
                session.pages.pop_first();
            }
            fields.push(("token", Value::string(token)));
        }
        fields.push(("objects", Value::Array("ObjectContent", contents)));
        Value::Object("RetrieveResult", fields)
    }
}

fn object_content(kind: Kind, id: &MoId, readings: Readings) -> Value {
    let property = |(name, value): (String, Option<Value>)| {
        let value = value?.any();
        Some(Value::Object("DynamicProperty", vec![("name", Value::string(name)), ("val", value)]))
    };
    let fields = vec![
        ("obj", Value::reference(kind, id)),
        ("propSet", Value::Array("DynamicProperty", readings.values.into_iter().filter_map(property).collect())),
        ("missingSet", Value::Array("MissingProperty", readings.missing)),
    ];
    Value::Object("ObjectContent", fields)
}
