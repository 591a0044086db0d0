//! Custom attributes (`CustomFieldsManager`): what they are called, and what those of ours say.
//!
//! An object's `customValue` holds values under numbers; what a number is called stands in `CustomFieldsManager.field`,
//! which is no property of the inventory and is read apart: at the beginning, and when a number comes that nobody knows.

use std::collections::BTreeMap;

use super::VimValue;
use crate::{
    net::VlanSet,
    tracker::{ALLOWED_ATTRIBUTE, MODE_ATTRIBUTE, Steering},
};

/// The path of the values, asked only where the configuration wants attributes.
pub(super) const PATH: &str = "customValue";

/// The attribute of hosts and VMs that findings are written to.
pub const FINDINGS_ATTRIBUTE: &str = "vmtracker.findings";

/// Of a value that cannot be read, so many characters are shown.
const SHOWN: usize = 40;

/// What custom attributes are called, by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames(BTreeMap<i32, String>);

impl FieldNames {
    /// Reads the answer to [`super::soap::retrieve_fields`]. That there are none is an answer, too; none at all where
    /// vCenter would not say: a dead session and a missing right show in `missingSet` only (facts: vCenter §A1, §B2).
    pub fn read(response: &VimValue) -> Option<Self> {
        let content = response.at(&["returnval", "objects"])?;
        if content.child("missingSet").is_some() {
            return None;
        }
        let properties = content.all("propSet");
        let values = properties.filter(|property| property.text_at(&["name"]) == Some("field"));
        let fields = values.filter_map(|property| property.child("val")).flat_map(|value| &value.children);
        let named = fields.filter_map(|field| Some((number(field)?, field.text_at(&["name"])?.to_owned())));
        Some(Self(named.collect()))
    }

    /// The number of the attribute of this name. vCenter lets a name be used once.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.0.iter().find(|(_, known)| *known == name).map(|(number, _)| *number)
    }

    pub(super) fn knows(&self, number: i32) -> bool {
        self.0.contains_key(&number)
    }

    /// Numbers that nobody names are known to be nobody's.
    pub(super) fn disown(&mut self, numbers: impl IntoIterator<Item = i32>) {
        for number in numbers {
            self.0.entry(number).or_default();
        }
    }
}

/// The number of the attribute that [`super::soap::add_field`] defined.
pub fn defined(response: &VimValue) -> Option<i32> {
    response.child("returnval").and_then(number)
}

fn number(field: &VimValue) -> Option<i32> {
    field.text_at(&["key"])?.trim().parse().ok()
}

/// An object's values by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// These; an attribute that was emptied is like one that was never set.
    Known(BTreeMap<i32, String>),
    /// vCenter would not say.
    Unknown,
}

impl Default for Values {
    fn default() -> Self {
        Self::Known(BTreeMap::new())
    }
}

impl Values {
    /// From the property; none: unset.
    pub(super) fn read(value: Option<&VimValue>) -> Self {
        let fields = value.into_iter().flat_map(|value| &value.children);
        let set = fields.filter_map(|field| {
            let text = field.text_at(&["value"])?.trim();
            (!text.is_empty()).then(|| Some((number(field)?, text.to_owned())))?
        });
        Self::Known(set.collect())
    }

    /// Whether some value's name is not known.
    fn lacks_names(&self, names: Option<&FieldNames>) -> bool {
        match self {
            Self::Known(values) => values.keys().any(|number| names.is_none_or(|names| !names.knows(*number))),
            Self::Unknown => false,
        }
    }

    /// The numbers in use.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i32> {
        let known = match self {
            Self::Known(values) => Some(values),
            Self::Unknown => None,
        };
        known.into_iter().flat_map(BTreeMap::keys).copied()
    }

    /// Only the value of the attribute of this name, and those that have no name yet.
    pub(super) fn only(self, name: &str, names: &FieldNames) -> Self {
        match self {
            Self::Known(mut values) => {
                values.retain(|number, _| !names.knows(*number) || names.number(name) == Some(*number));
                Self::Known(values)
            }
            Self::Unknown => Self::Unknown,
        }
    }

    /// The value of the attribute of this name.
    pub(super) fn of(&self, name: &str, names: &FieldNames) -> Option<&str> {
        match self {
            Self::Known(values) => values.get(&names.number(name)?).map(String::as_str),
            Self::Unknown => None,
        }
    }

    /// What they say of a port group. What cannot be told is said: it is not the same as nothing.
    pub(super) fn steering(&self, names: Option<&FieldNames>) -> Steering {
        let mut steering = Steering::default();
        if *self == Self::Unknown {
            steering.unread.push("vCenter does not show its custom attributes to this account".to_owned());
        } else if self.lacks_names(names) {
            steering.unread.push("vCenter has not told yet what its custom attributes are called".to_owned());
        }
        let value = |name: &str| names.and_then(|names| self.of(name, names));
        match value(MODE_ATTRIBUTE) {
            Some("observe") => steering.observe = true,
            Some("enforce") | None => {}
            Some(other) => steering.unread.push(unreadable(MODE_ATTRIBUTE, other, "use observe or enforce")),
        }
        match value(ALLOWED_ATTRIBUTE).map(|text| (text, text.parse::<VlanSet>())) {
            Some((_, Ok(range))) => steering.allowed = Some(range),
            Some((text, Err(_))) => {
                steering.unread.push(unreadable(ALLOWED_ATTRIBUTE, text, "use a list of VLANs such as 100,110-120"));
            }
            None => {}
        }
        steering
    }
}

/// `{:?}` lets no control character through.
fn unreadable(name: &str, text: &str, advice: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    format!("{name} is {shown:?}: {advice}")
}

#[cfg(test)]
mod tests {
    use super::super::{
        fixtures::{DIALECTS, envelope},
        read_answer,
    };
    use super::*;

    fn names() -> FieldNames {
        let names = [(1, MODE_ATTRIBUTE), (2, ALLOWED_ATTRIBUTE), (3, "owner")];
        FieldNames(names.into_iter().map(|(number, name)| (number, name.to_owned())).collect())
    }

    fn values(values: &[(i32, &str)]) -> Values {
        let children = values.iter().map(|(number, text)| {
            let element =
                |name: &str, text: &str| VimValue { name: name.into(), text: text.into(), ..VimValue::default() };
            VimValue {
                children: vec![element("key", &number.to_string()), element("value", text)],
                ..VimValue::default()
            }
        });
        Values::read(Some(&VimValue { children: children.collect(), ..VimValue::default() }))
    }

    #[test]
    fn definitions_are_read_in_both_dialects() {
        let body = "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects>\
            <obj type=\"CustomFieldsManager\">CustomFieldsManager</obj><propSet><name>field</name>\
            <val @ArrayOfCustomFieldDef><CustomFieldDef><key>101</key><name>owner</name><type>string</type>\
            </CustomFieldDef><CustomFieldDef><key>7</key><name>vmtracker.findings</name></CustomFieldDef>\
            <CustomFieldDef><name>no key</name></CustomFieldDef></val></propSet></objects></returnval>\
            </RetrievePropertiesExResponse>";
        for dialect in DIALECTS {
            let answer = read_answer(envelope(dialect, body).as_bytes()).expect("an answer");
            let names = FieldNames::read(&answer).expect("names");
            assert_eq!((names.number(FINDINGS_ATTRIBUTE), names.number("owner")), (Some(7), Some(101)));
            assert_eq!(names.number(MODE_ATTRIBUTE), None);
        }
    }

    #[test]
    fn names_that_vcenter_does_not_show_are_not_none() {
        let read = |objects: &str| {
            let body =
                format!("<RetrievePropertiesExResponse xmlns=\"urn:vim25\">{objects}</RetrievePropertiesExResponse>");
            FieldNames::read(&read_answer(envelope(DIALECTS[0], &body).as_bytes()).expect("an answer"))
        };
        let object = "<obj type=\"CustomFieldsManager\">CustomFieldsManager</obj>";
        let hidden = "<missingSet><path>field</path><fault><fault @NotAuthenticated/>\
            <localizedMessage>no</localizedMessage></fault></missingSet>";
        assert_eq!(read(&format!("<returnval><objects>{object}</objects></returnval>")), Some(FieldNames::default()));
        assert_eq!(read(&format!("<returnval><objects>{object}{hidden}</objects></returnval>")), None);
        assert_eq!(read(""), None, "an answer without the object that was asked for");
    }

    #[test]
    fn only_what_can_be_read_says_something() {
        let check = |set: &[(i32, &str)], observe: bool, allowed: Option<&str>, unread: usize| {
            let steering = values(set).steering(Some(&names()));
            let range = steering.allowed.map(|range| range.to_string());
            assert_eq!(
                (steering.observe, range.as_deref(), steering.unread.len()),
                (observe, allowed, unread),
                "{set:?}"
            );
        };
        check(&[], false, None, 0);
        check(&[(3, "observe")], false, None, 0);
        check(&[(1, "observe"), (2, " 10, 20-30 ")], true, Some("10,20-30"), 0);
        check(&[(1, "enforce"), (2, "none")], false, Some("none"), 0);
        check(&[(1, ""), (2, " ")], false, None, 0);
        check(&[(1, "Observe")], false, None, 1);
        check(&[(1, "off"), (2, "30-20")], false, None, 2);
        check(&[(2, "10,x")], false, None, 1);
        check(&[(2, "4095")], false, None, 1);
    }

    #[test]
    fn what_nobody_tells_is_not_nothing() {
        assert_eq!(Values::Unknown.steering(Some(&names())).unread.len(), 1);
        assert_eq!(values(&[(1, "enforce")]).steering(None).unread.len(), 1);
        assert_eq!(values(&[(9, "x")]).steering(Some(&names())).unread.len(), 1);
        assert_eq!(values(&[]).steering(None), Steering::default());
    }

    #[test]
    fn a_value_is_shown_without_control_characters_and_cut() {
        let long = format!("\u{7}\u{1b}[31m{}", "x".repeat(500));
        let unread = values(&[(1, &long)]).steering(Some(&names())).unread.concat();
        assert!(unread.len() < 200 && unread.chars().all(|letter| !letter.is_control()), "{unread}");
    }
}
