//! From object to object along properties: what a `TraversalSpec` means when it starts elsewhere than at a view.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Node, Value},
};

/// The traversals of one object specification.
#[derive(Clone, Debug, Default)]
pub(super) struct Walks {
    steps: Vec<Step>,
    first: Vec<Next>,
}

/// A `TraversalSpec`.
#[derive(Clone, Debug)]
struct Step {
    kind: String,
    path: String,
    /// What it leads to is passed through and not selected.
    skip: bool,
    next: Vec<Next>,
}

/// What is followed next: a traversal that stands there, or one that stands elsewhere and is named.
#[derive(Clone, Debug)]
enum Next {
    Step(usize),
    Named(String),
}

impl Walks {
    /// Reads the `selectSet` of an `ObjectSpec`.
    pub(super) fn read(object: &Node) -> Self {
        let mut walks = Self::default();
        let mut names = BTreeMap::new();
        walks.first = walks.read_set(object, &mut names);
        let resolve = |next: &mut Vec<Next>| {
            for one in next {
                if let Next::Named(name) = one
                    && let Some(step) = names.get(name)
                {
                    *one = Next::Step(*step);
                }
            }
        };
        resolve(&mut walks.first);
        walks.steps.iter_mut().for_each(|step| resolve(&mut step.next));
        walks
    }

    /// A traversal has a type; a selection only the name of one.
    fn read_set(&mut self, node: &Node, names: &mut BTreeMap<String, usize>) -> Vec<Next> {
        let mut found = Vec::new();
        for select in node.all("selectSet") {
            let name = select.text_of("name").to_owned();
            if select.child("type").is_none() {
                found.push(Next::Named(name));
                continue;
            }
            let number = self.steps.len();
            names.insert(name, number);
            let (kind, path) = (select.text_of("type").to_owned(), select.text_of("path").to_owned());
            self.steps.push(Step { kind, path, skip: select.is_true("skip"), next: Vec::new() });
            let next = self.read_set(select, names);
            if let Some(step) = self.steps.get_mut(number) {
                step.next = next;
            }
            found.push(Next::Step(number));
        }
        found
    }

    /// Whether there is anything to follow.
    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Every object that is reached from this one and not passed through only.
    pub(super) fn reached(&self, vcenter: &Vcenter, from: &MoId) -> BTreeSet<MoId> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<(MoId, &[Next])> = vec![(from.clone(), &self.first)];
        while let Some((id, next)) = open.pop() {
            for number in numbers(next) {
                let Some(step) = self.steps.get(number).filter(|_| seen.insert((id.clone(), number))) else { continue };
                for target in step.targets(vcenter, &id) {
                    if !step.skip {
                        found.insert(target.clone());
                    }
                    open.push((target, &step.next));
                }
            }
        }
        found
    }
}

fn numbers(next: &[Next]) -> impl Iterator<Item = usize> {
    next.iter().filter_map(|next| match next {
        Next::Step(number) => Some(*number),
        Next::Named(_) => None,
    })
}

impl Step {
    /// Where it leads to from an object; nowhere from one of another type.
    fn targets(&self, vcenter: &Vcenter, id: &MoId) -> Vec<MoId> {
        if !vcenter.kind_of(id).is_some_and(|kind| kind.is_a(&self.kind)) {
            return Vec::new();
        }
        let value = vcenter.property(id, &self.path).ok().flatten();
        value.map(references).unwrap_or_default()
    }
}

fn references(value: Value) -> Vec<MoId> {
    match value {
        Value::Ref(_, id) => vec![id],
        Value::Array(_, items) => items.into_iter().flat_map(references).collect(),
        Value::Any(inner) => references(*inner),
        Value::Simple(..) | Value::Enum(..) | Value::Object(..) => Vec::new(),
    }
}
