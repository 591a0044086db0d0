//! Calls of the API and the answers to them, without their XML.

use vmtracker_core::net::MoId;

use super::inventory::Kind;
use crate::lab::model::LabTime;

/// An element of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Local name.
    pub name: String,
    /// Local part of its `xsi:type`.
    pub xsi_type: Option<String>,
    /// The unprefixed attribute `type`: the type of a managed object reference.
    pub kind: Option<String>,
    /// Its text, with entities resolved.
    pub text: String,
    /// Its elements.
    pub children: Vec<Self>,
}

impl Node {
    /// The first element with this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every element with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first element with this name; empty without one.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// The text of every element with this name.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).map(|child| child.text.trim().to_owned()).collect()
    }

    /// The reference in the first element with this name.
    pub fn reference(&self, name: &str) -> Option<MoId> {
        self.child(name).map(|child| MoId::from(child.text.trim()))
    }

    /// The number in the first element with this name.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.child(name).and_then(|child| child.text.trim().parse().ok())
    }

    /// Whether the first element with this name says true.
    pub fn is_true(&self, name: &str) -> bool {
        matches!(self.text_of(name), "true" | "1")
    }
}

/// A call: the method's element, whose `_this` names the object.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method's element.
    pub method: Node,
}

impl Call {
    /// The object it is made to; empty without one.
    pub fn this(&self) -> MoId {
        self.method.reference("_this").unwrap_or_else(|| MoId::from(""))
    }
}

/// A value of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of a simple XML schema type (`string`, `int`, `boolean`, `dateTime`, …).
    Simple(&'static str, String),
    /// An enumeration constant, with its type.
    Enum(&'static str, &'static str),
    /// A reference to a managed object: its type and id.
    Ref(&'static str, MoId),
    /// An object: its type and its fields in the order of the API.
    Object(&'static str, Vec<(&'static str, Self)>),
    /// An array with the type of its elements; inside of an object, the field repeats.
    Array(&'static str, Vec<Self>),
    /// A value where the API declares `anyType`: its own type is written with it.
    Any(Box<Self>),
}

impl Value {
    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::Simple("string", text.into())
    }

    /// An int.
    pub fn int(number: impl Into<i64>) -> Self {
        Self::Simple("int", number.into().to_string())
    }

    /// A long.
    pub fn long(number: impl Into<i64>) -> Self {
        Self::Simple("long", number.into().to_string())
    }

    /// A boolean.
    pub fn boolean(value: bool) -> Self {
        Self::Simple("boolean", value.to_string())
    }

    /// A reference to an object of the inventory.
    pub fn reference(kind: Kind, id: &MoId) -> Self {
        Self::Ref(kind.as_str(), id.clone())
    }

    /// An array of strings.
    pub fn strings<'a>(texts: impl IntoIterator<Item = &'a String>) -> Self {
        Self::Array("string", texts.into_iter().map(Self::string).collect())
    }

    /// An array of references.
    pub fn references<'a>(kind: Kind, ids: impl IntoIterator<Item = &'a MoId>) -> Self {
        Self::Array("ManagedObjectReference", ids.into_iter().map(|id| Self::reference(kind, id)).collect())
    }

    /// The same where the API declares `anyType`.
    #[must_use]
    pub fn any(self) -> Self {
        Self::Any(Box::new(self))
    }

    /// The field that a dotted path leads to; the value itself for an empty one.
    pub fn find(&self, path: &str) -> Option<&Self> {
        path.split('.').filter(|step| !step.is_empty()).try_fold(self, |value, step| match value {
            Self::Object(_, fields) => fields.iter().find(|(name, _)| *name == step).map(|(_, value)| value),
            Self::Simple(..) | Self::Enum(..) | Self::Ref(..) | Self::Array(..) | Self::Any(_) => None,
        })
    }

    /// The same, and nothing of it is left behind.
    pub fn at(self, path: &str) -> Option<Self> {
        if path.is_empty() { Some(self) } else { self.find(path).cloned() }
    }
}

/// A fault: its type, what it says, and its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Such as `NotAuthenticated`.
    pub kind: &'static str,
    /// The text of `faultstring`.
    pub message: String,
    /// Its fields.
    pub fields: Vec<(&'static str, Value)>,
}

impl Fault {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), fields: Vec::new() }
    }

    /// As vCenter refuses whoever has no session.
    pub(super) fn not_authenticated() -> Self {
        let folder = Value::Ref("Folder", MoId::from("group-d1"));
        Self {
            kind: "NotAuthenticated",
            message: "The session is not authenticated.".to_owned(),
            fields: vec![("object", folder), ("privilegeId", Value::string("System.View"))],
        }
    }

    /// As vCenter answers for an object that is not there.
    pub(super) fn not_found(kind: &'static str, id: &MoId) -> Self {
        let message =
            format!("The object 'vim.{kind}:{id}' has already been deleted or has not been completely created");
        Self { kind: "ManagedObjectNotFound", message, fields: vec![("obj", Value::Ref(kind, id.clone()))] }
    }

    /// As vCenter refuses a property that an object of this type does not have.
    pub(super) fn invalid_property(name: &str) -> Self {
        Self { kind: "InvalidProperty", message: String::new(), fields: vec![("name", Value::string(name))] }
    }

    pub(super) fn invalid_argument(property: &str) -> Self {
        Self {
            kind: "InvalidArgument",
            message: "A specified parameter was not correct.".to_owned(),
            fields: vec![("invalidProperty", Value::string(property))],
        }
    }
}

/// What a call is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It returned: nothing, a value, or an array whose elements repeat `returnval`.
    Return(Option<Value>),
    /// A non-empty update set. Once its bytes have left, [`super::Vcenter::delivered`] is to hear the receipt.
    Updates(Value, Receipt),
    /// A fault.
    Fault(Fault),
    /// Nothing yet: ask again, with this, at the next change or when the time is up.
    Wait(Waiting),
}

/// Names an update set that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub(super) session: String,
    pub(super) collector: MoId,
    pub(super) upto: Option<u64>,
}

/// A long poll under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When it is answered with nothing. None: never.
    pub until: Option<LabTime>,
    pub(super) cancels: u64,
}

/// An answer, with the session that it opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub reply: Reply,
    /// The key of a session that this call opened, for the cookie.
    pub opened: Option<String>,
}
