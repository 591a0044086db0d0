//! What the watcher remembers of custom attributes: those of port groups, and what stands in ours on VMs and hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Change,
    custom_fields::{FINDINGS_ATTRIBUTE, FieldNames, PATH, Values},
};
use crate::{
    net::{MoId, VcenterId},
    tracker::{Entity, ObjectId, Steering},
};

/// Whose attributes they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    PortGroup(MoId),
    Vm(MoId),
    Host(MoId),
}

/// Values by their holders, and what their numbers are called.
#[derive(Debug, Default)]
pub(super) struct CustomValues {
    names: Option<FieldNames>,
    by_holder: BTreeMap<Holder, Values>,
    nameless: BTreeSet<i32>,
    changed: bool,
}

impl CustomValues {
    /// Takes in what an update says of them; whether it said anything.
    pub(super) fn apply(&mut self, holder: Holder, changes: &[Change], missing: &[&str]) -> bool {
        let change = changes.iter().find(|change| change.path == PATH);
        let values = match change {
            Some(change) => Values::read(change.value.as_ref()),
            None if missing.contains(&PATH) => Values::Unknown,
            None => return false,
        };
        let nameless = values.numbers().filter(|number| self.names.as_ref().is_none_or(|names| !names.knows(*number)));
        self.nameless.extend(nameless);
        self.changed |= !matches!(holder, Holder::PortGroup(_));
        let values = self.kept(&holder, values);
        self.by_holder.insert(holder, values);
        true
    }

    /// Of VMs and hosts only what is ours, or may be: others write attributes on thousands of them.
    fn kept(&self, holder: &Holder, values: Values) -> Values {
        match (holder, &self.names) {
            (Holder::Vm(_) | Holder::Host(_), Some(names)) => values.only(FINDINGS_ATTRIBUTE, names),
            (Holder::Vm(_) | Holder::Host(_), None) | (Holder::PortGroup(_), _) => values,
        }
    }

    /// What the attributes of a port group say.
    pub(super) fn steering(&self, group: &MoId) -> Steering {
        let values = self.by_holder.get(&Holder::PortGroup(group.clone()));
        values.map(|values| values.steering(self.names.as_ref())).unwrap_or_default()
    }

    /// Whether a number came that has no name yet.
    pub(super) fn lacks_names(&self) -> bool {
        !self.nameless.is_empty()
    }

    /// What attributes are called now; the port groups that have some. A number that has no name even now is of an
    /// attribute that somebody removed, or hid: it is not ours.
    pub(super) fn learn(&mut self, mut names: FieldNames) -> Vec<MoId> {
        names.disown(std::mem::take(&mut self.nameless));
        self.names = Some(names);
        self.changed = true;
        let held = std::mem::take(&mut self.by_holder);
        self.by_holder =
            held.into_iter().map(|(holder, values)| (holder.clone(), self.kept(&holder, values))).collect();
        let groups = self.by_holder.keys().filter_map(|holder| match holder {
            Holder::PortGroup(group) => Some(group.clone()),
            Holder::Vm(_) | Holder::Host(_) => None,
        });
        groups.collect()
    }

    /// Forgets an object that left.
    pub(super) fn leave(&mut self, holder: &Holder) {
        self.changed |= self.by_holder.remove(holder).is_some();
    }

    /// Forgets all values; a new listing brings them.
    pub(super) fn emptied(self) -> Self {
        Self { names: self.names, changed: true, ..Self::default() }
    }

    /// What stands in our attribute on VMs and hosts, if that changed since this was last asked.
    pub(super) fn take_annotated(&mut self, vcenter: &VcenterId) -> Option<BTreeMap<Entity, String>> {
        let names = self.names.as_ref().filter(|_| std::mem::take(&mut self.changed))?;
        let id = |moid: &MoId| ObjectId { vcenter: vcenter.clone(), moid: moid.clone() };
        let standing = self.by_holder.iter().filter_map(|(holder, values)| {
            let entity = match holder {
                Holder::Vm(vm) => Entity::Vm(id(vm)),
                Holder::Host(host) => Entity::Host(id(host)),
                Holder::PortGroup(_) => return None,
            };
            Some((entity, values.of(FINDINGS_ATTRIBUTE, names)?.to_owned()))
        });
        Some(standing.collect())
    }
}
