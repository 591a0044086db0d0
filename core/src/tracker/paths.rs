//! Which links of a graph lie on a path between some of its switches.
//!
//! A link lies on some simple path between two switches exactly if its block (a part that no single switch cuts in two)
//! lies between them in the tree of blocks and switches. So blocks are found once for a graph, and for each VLAN the
//! tree is peeled: what hangs on one thread only, and needs nothing itself, falls off.

use std::collections::{BTreeMap, BTreeSet};

use crate::net::SwitchName;

/// The blocks of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Paths {
    numbers: BTreeMap<SwitchName, usize>,
    /// The blocks of each switch.
    blocks: Vec<BTreeSet<usize>>,
    /// The switches of each block.
    switches: Vec<BTreeSet<usize>>,
    /// The block of each link, the smaller number first.
    links: BTreeMap<(usize, usize), usize>,
}

impl Paths {
    /// The blocks of the graph with these links.
    pub(super) fn of(links: &BTreeSet<(SwitchName, SwitchName)>) -> Self {
        let names: BTreeSet<&SwitchName> = links.iter().flat_map(|(one, other)| [one, other]).collect();
        let numbers: BTreeMap<SwitchName, usize> =
            names.into_iter().enumerate().map(|(number, name)| (name.clone(), number)).collect();
        let number = |name: &SwitchName| numbers.get(name).copied().unwrap_or_default();
        let edges: BTreeSet<(usize, usize)> = links
            .iter()
            .map(|(one, other)| (number(one), number(other)))
            .filter(|(one, other)| one != other)
            .map(|(one, other)| (one.min(other), one.max(other)))
            .collect();
        let (links, count) = blocks(&edges, numbers.len());
        let mut paths = Self {
            blocks: vec![BTreeSet::new(); numbers.len()],
            switches: vec![BTreeSet::new(); count],
            numbers,
            links,
        };
        for ((one, other), block) in &paths.links {
            for end in [*one, *other] {
                paths.blocks[end].insert(*block);
                paths.switches[*block].insert(end);
            }
        }
        paths
    }

    /// The block of the link between two switches.
    pub(super) fn block(&self, one: &SwitchName, other: &SwitchName) -> Option<usize> {
        let (one, other) = (*self.numbers.get(one)?, *self.numbers.get(other)?);
        self.links.get(&(one.min(other), one.max(other))).copied()
    }

    /// The blocks that a switch is a part of.
    pub(super) fn blocks_of(&self, switch: &SwitchName) -> BTreeSet<usize> {
        let number = self.numbers.get(switch).copied();
        number.and_then(|number| self.blocks.get(number)).cloned().unwrap_or_default()
    }

    /// The blocks between these switches.
    pub(super) fn between<'a>(&self, ends: impl Iterator<Item = &'a SwitchName>) -> BTreeSet<usize> {
        let ends: BTreeSet<usize> = ends.filter_map(|name| self.numbers.get(name).copied()).collect();
        let mut left: Vec<usize> = self.blocks.iter().map(BTreeSet::len).collect();
        let mut sizes: Vec<usize> = self.switches.iter().map(BTreeSet::len).collect();
        let mut standing: BTreeSet<usize> = (0..self.switches.len()).collect();
        let mut gone = BTreeSet::new();
        let mut loose: Vec<usize> = (0..left.len()).filter(|at| left[*at] <= 1 && !ends.contains(at)).collect();
        while let Some(switch) = loose.pop() {
            if !gone.insert(switch) {
                continue;
            }
            for block in
                self.blocks[switch].iter().filter(|block| standing.contains(block)).copied().collect::<Vec<_>>()
            {
                sizes[block] -= 1;
                if sizes[block] > 1 {
                    continue;
                }
                standing.remove(&block);
                for last in self.switches[block].iter().filter(|at| !gone.contains(at)) {
                    left[*last] -= 1;
                    if left[*last] <= 1 && !ends.contains(last) {
                        loose.push(*last);
                    }
                }
            }
        }
        standing
    }
}

/// The block of each edge, and how many blocks there are. Two edges are in one block exactly if a chain of cycles joins
/// them, and for that the cycles that each edge outside of a spanning tree closes are enough.
fn blocks(edges: &BTreeSet<(usize, usize)>, count: usize) -> (BTreeMap<(usize, usize), usize>, usize) {
    let parents = spanning_tree(edges, count);
    let mut union = Union::of(count);
    // An edge of the tree is called by its lower end; a block is the union of the tree's edges in it.
    for (one, other) in edges {
        let tree = |low: usize, high: usize| parents[low].is_some_and(|(parent, _)| parent == high);
        if !tree(*one, *other) && !tree(*other, *one) {
            union.join_cycle(&parents, *one, *other);
        }
    }
    let mut numbers = BTreeMap::new();
    let mut blocks = BTreeMap::new();
    for (one, other) in edges {
        let depth = |at: usize| parents[at].map_or(0, |(_, depth)| depth);
        let root = union.root(if depth(*one) > depth(*other) { *one } else { *other });
        let next = numbers.len();
        blocks.insert((*one, *other), *numbers.entry(root).or_insert(next));
    }
    (blocks, numbers.len())
}

/// The parent of each switch in a spanning tree (a forest), and how deep it hangs; none: a root.
fn spanning_tree(edges: &BTreeSet<(usize, usize)>, count: usize) -> Vec<Option<(usize, usize)>> {
    let mut near = vec![Vec::new(); count];
    for (one, other) in edges {
        near[*one].push(*other);
        near[*other].push(*one);
    }
    let mut parents = vec![None; count];
    let mut seen = vec![false; count];
    for root in 0..count {
        let mut queue = std::collections::VecDeque::from([(root, 0)]);
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        while let Some((at, depth)) = queue.pop_front() {
            for next in &near[at] {
                if !std::mem::replace(&mut seen[*next], true) {
                    parents[*next] = Some((at, depth + 1));
                    queue.push_back((*next, depth + 1));
                }
            }
        }
    }
    parents
}

/// Sets that are joined.
#[derive(Clone, Debug)]
pub(super) struct Union {
    parents: Vec<usize>,
}

impl Union {
    /// So many, each for itself.
    pub(super) fn of(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    /// Who stands for the set of `at`.
    pub(super) fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    /// Makes one set of two.
    pub(super) fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }

    /// Joins the edges of the tree that close a cycle with the edge between two switches.
    fn join_cycle(&mut self, parents: &[Option<(usize, usize)>], mut one: usize, mut other: usize) {
        let depth = |at: usize| parents[at].map_or(0, |(_, depth)| depth);
        let first = if depth(one) > depth(other) { one } else { other };
        while one != other {
            let low = if depth(one) >= depth(other) { &mut one } else { &mut other };
            let Some((parent, _)) = parents[*low] else { return };
            self.join(*low, first);
            *low = parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(number: usize) -> SwitchName {
        format!("s{number}").as_str().into()
    }

    /// Every link on some simple path from `at` to `to`.
    fn walk(
        edges: &[(usize, usize)],
        at: usize,
        to: usize,
        way: &mut Vec<usize>,
        found: &mut BTreeSet<(usize, usize)>,
    ) {
        way.push(at);
        if at == to {
            found.extend(way.windows(2).map(|step| (step[0].min(step[1]), step[0].max(step[1]))));
        } else {
            for (one, other) in edges {
                for (from, next) in [(*one, *other), (*other, *one)] {
                    if from == at && !way.contains(&next) {
                        walk(edges, next, to, way, found);
                    }
                }
            }
        }
        way.pop();
    }

    proptest! {
        #[test]
        fn what_lies_between_is_what_some_simple_path_uses(
            edges in prop::collection::btree_set((0usize..7, 0usize..7), 1..11),
            ends in prop::collection::btree_set(0usize..7, 1..4),
        ) {
            let edges: BTreeSet<(usize, usize)> =
                edges.into_iter().filter(|(one, other)| one != other).map(|(one, other)| (one.min(other), one.max(other))).collect();
            let links = edges.iter().map(|(one, other)| (name(*one), name(*other))).collect();
            let paths = Paths::of(&links);
            let names: Vec<SwitchName> = ends.iter().map(|end| name(*end)).collect();
            let blocks = paths.between(names.iter());
            let list: Vec<(usize, usize)> = edges.iter().copied().collect();
            let mut expected = BTreeSet::new();
            for one in &ends {
                for other in ends.iter().filter(|other| *other > one) {
                    walk(&list, *one, *other, &mut Vec::new(), &mut expected);
                }
            }
            let block = |(one, other): &(usize, usize)| paths.block(&name(*one), &name(*other));
            let found: BTreeSet<(usize, usize)> =
                edges.iter().filter(|edge| block(edge).is_some_and(|block| blocks.contains(&block))).copied().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
