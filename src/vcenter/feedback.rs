//! Custom attributes over a session: what they are called, and orders of the core's `Annotator` carried out.

use tracing::debug;
use vmtracker_core::{
    tracker::Entity,
    vcenter::{DecodeError, FINDINGS_ATTRIBUTE, FieldNames, MoRef, Order, Told, defined, soap},
};

use super::{Session, VcenterError, error::Refusal};

impl Session {
    /// What every custom attribute is called; an ESXi host has none.
    ///
    /// # Errors
    /// As any call.
    pub async fn field_names(&self) -> Result<FieldNames, VcenterError> {
        let Some(manager) = &self.content.custom_fields_manager else { return Ok(FieldNames::default()) };
        let request = soap::retrieve_fields(&self.content, manager);
        let step = "the question what custom attributes are called";
        let answer = self.transport.call(step, request).await?;
        FieldNames::read(&answer).ok_or_else(|| self.none(step, "the names of custom attributes"))
    }

    /// Carries out an order; what came of it.
    pub async fn obey(&self, order: Order) -> Told {
        let done = match &order {
            Order::Define => self.field().await.map(Told::Defined),
            Order::Write(number, entity, text) => {
                let written = self.set_field(*number, entity, text).await;
                written.map(|()| Told::Written(entity.clone(), text.clone()))
            }
        };
        done.unwrap_or_else(|error| failed(order, &error))
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
