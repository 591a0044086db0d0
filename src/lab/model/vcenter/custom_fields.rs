//! Custom attributes: `CustomFieldsManager`, and the values on objects, with the privileges that they need
//! (VIM API reference: `AddCustomFieldDef` needs `Global.ManageCustomFields`, `SetField` needs `Global.SetCustomField`).
//!
//! Not simulated: types of objects (`moType` is noted and not enforced), privileges of single attributes.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    inventory::Kind,
    properties::ROOT,
    session::Session,
};

/// The one `CustomFieldsManager`.
pub(super) const MANAGER: &str = "CustomFieldsManager";
/// Numbers of attributes begin here.
const FIRST: i32 = 101;
const MANAGE: &str = "Global.ManageCustomFields";
const SET: &str = "Global.SetCustomField";
const VALUES: &str = "customValue";

/// What an account may do besides reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing: every account to begin with.
    ReadOnly,
    /// Set custom attributes that are defined.
    Annotate,
    /// Define them, too.
    Define,
}

/// Attributes and their values.
#[derive(Debug, Default)]
pub(super) struct CustomFields {
    names: BTreeMap<i32, (String, Option<String>)>,
    values: BTreeMap<MoId, BTreeMap<i32, String>>,
    roles: BTreeMap<String, Role>,
    /// Objects on which nobody may set anything.
    locked: BTreeSet<MoId>,
}

impl CustomFields {
    fn number(&self, name: &str) -> Option<i32> {
        self.names.iter().find(|(_, (known, _))| known == name).map(|(number, _)| *number)
    }

    fn define(&mut self, name: &str, kind: Option<String>) -> i32 {
        let number = self.names.keys().next_back().map_or(FIRST, |last| last + 1);
        self.names.insert(number, (name.to_owned(), kind));
        number
    }
}

impl Vcenter {
    /// What an account may do from now on.
    pub fn set_role(&mut self, user: &str, role: Role) {
        self.custom.roles.insert(user.to_owned(), role);
    }

    /// Nobody may set attributes of this object from now on, whatever his role.
    pub fn lock_attributes(&mut self, object: &MoId) {
        self.custom.locked.insert(object.clone());
    }

    /// Somebody sets an attribute of an object by hand, and defines it if it is not. An empty value clears it.
    pub fn set_attribute(&mut self, object: &MoId, name: &str, value: &str) -> u64 {
        let number = self.custom.number(name).unwrap_or_else(|| self.custom.define(name, None));
        self.put_attribute(object, number, value)
    }

    /// What stands in an attribute of an object; empty: nothing.
    pub fn attribute(&self, object: &MoId, name: &str) -> &str {
        let number = self.custom.number(name);
        let value = number.and_then(|number| self.custom.values.get(object)?.get(&number));
        value.map_or("", String::as_str)
    }

    /// Whether vCenter keeps the place of an attribute that was emptied is not documented; here it does.
    fn put_attribute(&mut self, object: &MoId, number: i32, value: &str) -> u64 {
        self.custom.values.entry(object.clone()).or_default().insert(number, value.to_owned());
        self.changes.touch(object, &[VALUES])
    }

    /// The methods of `CustomFieldsManager`.
    pub(super) fn custom_fields(&mut self, session: &Session, call: &Call) -> Result<Option<Value>, Fault> {
        let method = &call.method;
        match method.name.as_str() {
            "AddCustomFieldDef" => {
                self.require(session, MANAGE, &MoId::from(ROOT))?;
                let name = method.text_of("name");
                if self.custom.number(name).is_some() {
                    return Err(duplicate(name));
                }
                let kind = method.child("moType").map(|kind| kind.text.clone());
                let number = self.custom.define(name, kind);
                Ok(self.custom.names.get(&number).map(|field| definition(number, field)))
            }
            "RemoveCustomFieldDef" => {
                self.require(session, MANAGE, &MoId::from(ROOT))?;
                let number = self.known(call)?;
                self.custom.names.remove(&number);
                self.custom.values.values_mut().for_each(|values| drop(values.remove(&number)));
                Ok(None)
            }
            _ => self.set_field(session, call),
        }
    }

    fn set_field(&mut self, session: &Session, call: &Call) -> Result<Option<Value>, Fault> {
        let entity = call.method.reference("entity").ok_or_else(|| Fault::invalid_argument("entity"))?;
        self.kind_of(&entity).ok_or_else(|| Fault::not_found("ManagedEntity", &entity))?;
        self.require(session, SET, &entity)?;
        let number = self.known(call)?;
        let value = call.method.child("value").map_or("", |value| value.text.as_str()).to_owned();
        self.put_attribute(&entity, number, &value);
        Ok(None)
    }

    fn known(&self, call: &Call) -> Result<i32, Fault> {
        let number = call.method.number("key").and_then(|number| i32::try_from(number).ok());
        number.filter(|number| self.custom.names.contains_key(number)).ok_or_else(|| Fault::invalid_argument("key"))
    }

    fn require(&self, session: &Session, privilege: &str, object: &MoId) -> Result<(), Fault> {
        let role = self.custom.roles.get(session.user()).copied().unwrap_or(Role::ReadOnly);
        let may = match role {
            Role::ReadOnly => false,
            Role::Annotate => privilege == SET,
            Role::Define => true,
        };
        if may && !self.custom.locked.contains(object) {
            return Ok(());
        }
        let mut fault = Fault::new("NoPermission", "Permission to perform this operation was denied.");
        let kind = self.kind_of(object).unwrap_or(Kind::Folder);
        fault.fields = vec![("object", Value::reference(kind, object)), ("privilegeId", Value::string(privilege))];
        Err(fault)
    }

    /// `field` of the manager.
    pub(super) fn custom_field_definitions(&self, head: &str) -> Option<Value> {
        let all = self.custom.names.iter().map(|(number, field)| definition(*number, field));
        (head == "field").then(|| Value::Array("CustomFieldDef", all.collect()))
    }

    /// `customValue` and `availableField` of an object. None: it is neither.
    pub(super) fn custom_property(&self, id: &MoId, head: &str) -> Option<Option<Value>> {
        match head {
            "availableField" => Some(self.custom_field_definitions("field")),
            VALUES => {
                let values = self.custom.values.get(id)?.iter().map(|(number, value)| {
                    let fields = vec![("key", Value::int(*number)), ("value", Value::string(value))];
                    Value::Object("CustomFieldStringValue", fields)
                });
                Some(Some(Value::Array("CustomFieldValue", values.collect())))
            }
            _ => None,
        }
    }
}

fn definition(number: i32, (name, kind): &(String, Option<String>)) -> Value {
    let mut fields =
        vec![("key", Value::int(number)), ("name", Value::string(name)), ("type", Value::string("string"))];
    fields.extend(kind.as_ref().map(|kind| ("managedObjectType", Value::string(kind))));
    Value::Object("CustomFieldDef", fields)
}

fn duplicate(name: &str) -> Fault {
    let mut fault = Fault::new("DuplicateName", format!("The name '{name}' already exists."));
    fault.fields = vec![("name", Value::string(name)), ("object", Value::Ref(MANAGER, MoId::from(MANAGER)))];
    fault
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{
            Node, Reply,
            tests::{items, text, vcenter},
        },
        *,
    };

    fn node(name: &str, text: &str) -> Node {
        Node { name: name.to_owned(), text: text.to_owned(), ..Node::default() }
    }

    /// A client that is logged in.
    struct Client(Vcenter, Option<String>);

    impl Client {
        fn new() -> Self {
            let mut client = Self(vcenter(2), None);
            client.call("Login", "SessionManager", &[("userName", "user"), ("password", "pass")]).expect("logged in");
            client
        }

        fn call(&mut self, method: &str, this: &str, arguments: &[(&str, &str)]) -> Result<Option<Value>, Fault> {
            let arguments = arguments.iter().map(|(name, value)| node(name, value));
            let children = [node("_this", this)].into_iter().chain(arguments).collect();
            let call = Call { method: Node { name: method.to_owned(), children, ..Node::default() } };
            let answer = self.0.handle(self.1.as_deref(), &call, Duration::ZERO, None);
            self.1 = answer.opened.or(self.1.take());
            match answer.reply {
                Reply::Return(value) => Ok(value),
                Reply::Fault(fault) => Err(fault),
                other @ (Reply::Updates(..) | Reply::Wait(_)) => panic!("{method}: {other:?}"),
            }
        }

        fn define(&mut self, name: &str) -> Result<String, Fault> {
            self.call("AddCustomFieldDef", MANAGER, &[("name", name)])
                .map(|field| text(&field.expect("a field"), "key"))
        }

        fn set(&mut self, entity: &MoId, key: &str, value: &str) -> Result<Option<Value>, Fault> {
            self.call("SetField", MANAGER, &[("entity", entity.as_str()), ("key", key), ("value", value)])
        }

        fn lacks(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Fault>, privilege: &str) {
            let fault = act(self).expect_err("not permitted");
            assert_eq!(fault.kind, "NoPermission");
            assert!(fault.fields.contains(&("privilegeId", Value::string(privilege))), "{fault:?}");
        }
    }

    #[test]
    fn attributes_are_defined_and_set_by_whoever_has_the_privilege() {
        let mut client = Client::new();
        let vm = client.0.vm_named("vm00000").expect("there").clone();
        client.lacks(|client| client.define("a").map(drop), MANAGE);
        client.0.set_role("user", Role::Annotate);
        client.lacks(|client| client.define("a").map(drop), MANAGE);
        client.0.set_role("user", Role::Define);
        let key = client.define("a").expect("defined");
        assert_eq!(client.define("a").map_err(|fault| fault.kind), Err("DuplicateName"));
        client.0.set_role("user", Role::ReadOnly);
        client.lacks(|client| client.set(&vm, &key, "x").map(drop), SET);
        client.0.set_role("user", Role::Annotate);
        client.set(&vm, &key, "x").expect("set");
        assert_eq!(client.0.attribute(&vm, "a"), "x");
        assert_eq!(client.set(&vm, "999", "x").map_err(|fault| fault.kind), Err("InvalidArgument"));
        assert_eq!(client.set(&"vm-999".into(), &key, "x").map_err(|fault| fault.kind), Err("ManagedObjectNotFound"));
        client.0.lock_attributes(&vm);
        client.lacks(|client| client.set(&vm, &key, "y").map(drop), SET);
        client.0.set_role("user", Role::Define);
        client.call("RemoveCustomFieldDef", MANAGER, &[("key", &key)]).expect("removed");
        assert_eq!(client.0.attribute(&vm, "a"), "");
    }

    #[test]
    fn values_are_a_property_and_a_change_of_one_is_a_change_of_it() {
        let mut client = Client::new();
        let vm = client.0.vm_named("vm00000").expect("there").clone();
        assert_eq!(client.0.property(&vm, VALUES), Ok(None));
        let before = client.0.revision();
        let number = client.0.set_attribute(&vm, "a", "x");
        assert!(number > before && client.0.changes.touches(&vm, VALUES, before));
        let value = client.0.property(&vm, VALUES).expect("readable").expect("set");
        let Value::Array("CustomFieldValue", values) = value else { panic!("{value:?}") };
        assert_eq!(values.iter().map(|value| text(value, "value")).collect::<Vec<_>>(), ["x"]);
        let fields = Value::Object(
            "it",
            vec![("all", client.0.property(&MANAGER.into(), "field").expect("readable").expect("set"))],
        );
        assert_eq!(items(&fields, "all").iter().map(|field| text(field, "name")).collect::<Vec<_>>(), ["a"]);
    }
}
