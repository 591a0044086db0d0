//! Custom attributes over a session: reads what they are called, and writes findings into ours.
//!
//! The task holds nothing up: it looks once a second at what is to stand and at what stands, and gives at most one order
//! at a time. What it may do, and when, the core's [`Annotator`] says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time};
use tracing::debug;
use vmtracker_core::{
    net::VcenterName,
    tracker::{Entity, Event, Snapshot},
    vcenter::{Annotator, DecodeError, FINDINGS_ATTRIBUTE, FieldNames, MoRef, Order, Told, defined, soap},
    view,
};

use super::{Session, VcenterError, error::Refusal};
use crate::clock;

/// How often it is looked whether something is to be written.
const TICK: Duration = Duration::from_secs(1);

/// What stands in our attribute on each VM and host; none: not known yet.
pub type Standing = Option<BTreeMap<Entity, String>>;

/// Writes the findings of one vCenter's VMs and hosts over one session.
#[derive(Debug)]
pub struct FeedbackTask {
    session: Arc<Session>,
    name: VcenterName,
    annotator: Arc<Mutex<Annotator>>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    standing: watch::Receiver<Standing>,
    told: Option<String>,
}

impl FeedbackTask {
    /// Writes over `session` what `snapshot` holds, against what is `standing` there. `annotator` outlives sessions.
    pub fn new(
        session: Arc<Session>,
        name: VcenterName,
        annotator: Arc<Mutex<Annotator>>,
        snapshot: watch::Receiver<Arc<Snapshot>>,
        standing: watch::Receiver<Standing>,
    ) -> Self {
        annotator.lock().unwrap_or_else(PoisonError::into_inner).reconnected();
        Self { session, name, annotator, snapshot, standing, told: None }
    }

    /// Tells whenever what is in the way changes, for as long as it is polled.
    pub async fn run(mut self, tell: impl AsyncFn(Event)) {
        loop {
            time::sleep(TICK).await;
            if let Some(order) = self.look() {
                let told = self.obey(order).await;
                self.with(|annotator| annotator.done(told, clock::now()));
            }
            let trouble = self.trouble();
            if trouble != self.told {
                self.told.clone_from(&trouble);
                tell(Event::Annotated { vcenter: self.name.clone(), trouble }).await;
            }
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Annotator) -> T) -> T {
        act(&mut self.annotator.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What to do now. Nothing, while it is not known what stands or what is to stand.
    fn look(&self) -> Option<Order> {
        let standing = self.standing.borrow().clone()?;
        let texts = view::annotations(&self.snapshot.borrow(), &self.name, self.session.id())?;
        let now = clock::now();
        self.with(|annotator| {
            annotator.stands(standing);
            annotator.wants(&texts, now);
            annotator.next(now)
        })
    }

    async fn obey(&self, order: Order) -> Told {
        let done = match &order {
            Order::Define => self.session.field().await.map(Told::Defined),
            Order::Write(number, entity, text) => {
                let written = self.session.set_field(*number, entity, text).await;
                written.map(|()| Told::Written(entity.clone(), text.clone()))
            }
        };
        done.unwrap_or_else(|error| failed(order, &error))
    }

    fn trouble(&self) -> Option<String> {
        let snapshot = self.snapshot.borrow();
        let named = |entity: &Entity| match entity {
            Entity::Vm(id) => {
                let name = snapshot.vms.get(id).map(|vm| vm.name.escape_debug().to_string());
                format!("VM {}", name.unwrap_or_else(|| id.to_string()))
            }
            Entity::Host(id) => {
                let name = snapshot.hosts.get(id).map(|host| host.name.escape_debug().to_string());
                format!("host {}", name.unwrap_or_else(|| id.to_string()))
            }
        };
        self.with(|annotator| annotator.trouble(named))
    }
}

impl Session {
    /// What every custom attribute is called; an ESXi host has none.
    ///
    /// # Errors
    /// As any call.
    pub async fn field_names(&self) -> Result<FieldNames, VcenterError> {
        let Some(manager) = &self.content.custom_fields_manager else { return Ok(FieldNames::default()) };
        let request = soap::retrieve_fields(&self.content, manager);
        let answer = self.transport.call("the question what custom attributes are called", request).await?;
        Ok(FieldNames::read(&answer))
    }

    /// The number of the attribute for findings, which is defined if it is not.
    async fn field(&self) -> Result<i32, VcenterError> {
        if let Some(number) = self.field_names().await?.number(FINDINGS_ATTRIBUTE) {
            return Ok(number);
        }
        let step = "the definition of a custom attribute";
        let answer = self.transport.call(step, soap::add_field(&self.fields(step)?, FINDINGS_ATTRIBUTE)).await?;
        defined(&answer).ok_or_else(|| self.none(step, "the number of an attribute"))
    }

    async fn set_field(&self, number: i32, entity: &Entity, text: &str) -> Result<(), VcenterError> {
        let step = "setting a custom attribute";
        let entity = match entity {
            Entity::Vm(id) => MoRef::new("VirtualMachine", id.moid.as_str()),
            Entity::Host(id) => MoRef::new("HostSystem", id.moid.as_str()),
        };
        let request = soap::set_field(&self.fields(step)?, &entity, number, text);
        self.transport.call(step, request).await.map(drop)
    }

    fn fields(&self, step: &'static str) -> Result<MoRef, VcenterError> {
        let manager = self.content.custom_fields_manager.clone();
        manager.ok_or_else(|| self.none(step, "a CustomFieldsManager"))
    }

    fn none(&self, step: &'static str, wanted: &'static str) -> VcenterError {
        self.transport.unreadable(step, DecodeError::Unexpected { wanted, found: "nothing".to_owned() })
    }
}

/// What a failure means, with what to do. Only what vCenter itself says is a refusal.
fn failed(order: Order, error: &VcenterError) -> Told {
    debug!(?order, %error, "no feedback");
    match (order, error.refusal()) {
        (Order::Write(_, entity, _), _) if error.object_is_gone() => Told::Gone(entity),
        (order, None) => Told::Failed(order),
        (order @ Order::Define, Some(Refusal::Lacks(privilege))) => {
            let why = format!(
                "there is no custom attribute {FINDINGS_ATTRIBUTE}, and the account lacks the privilege {} on the root to \
                 define it: give it (\"Manage custom attributes\"), or define the attribute by hand for all types",
                plain(&privilege)
            );
            Told::Refused(order, why)
        }
        (order @ Order::Write(..), Some(Refusal::Lacks(privilege))) => {
            let why = format!(
                "findings cannot be shown in it: the account lacks the privilege {} (\"Set custom attribute\")",
                plain(&privilege)
            );
            Told::Refused(order, why)
        }
        (order, Some(Refusal::Words(text))) => Told::Refused(order, format!("findings cannot be shown in it: {text}")),
    }
}

/// The id of a privilege, such as `Global.SetCustomField`, and nothing else.
fn plain(privilege: &str) -> String {
    privilege.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '.').take(60).collect()
}
