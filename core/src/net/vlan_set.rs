//! Sets of VLANs, kept as a switch prints them: sorted, disjoint, merged ranges.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{ParseVlanError, VlanId};

/// A set of VLANs as sorted ranges that neither overlap nor touch.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VlanSet {
    ranges: Vec<(u16, u16)>,
}

/// A text that is no VLAN list in Cisco's syntax.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseVlanSetError {
    /// An element is no VLAN number.
    #[error("in a VLAN list: {0}")]
    Vlan(#[from] ParseVlanError),
    /// A range whose end lies before its start.
    #[error("in a VLAN list: the range {0}-{1} runs backwards")]
    Backwards(VlanId, VlanId),
}

impl VlanSet {
    /// No VLAN at all; a switch prints `none`.
    pub const EMPTY: Self = Self { ranges: Vec::new() };

    /// Every VLAN, 1 to 4094; a trunk without a list.
    pub fn all() -> Self {
        Self { ranges: vec![(1, 4094)] }
    }

    /// Whether there is no VLAN in it.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many VLANs are in it, 0 to 4094.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|(first, last)| usize::from(last - first) + 1).sum()
    }

    /// Whether `vlan` is in it.
    pub fn contains(&self, vlan: VlanId) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= vlan.get());
        after.checked_sub(1).is_some_and(|index| vlan.get() <= self.ranges[index].1)
    }

    /// Every VLAN in it, ascending.
    pub fn iter(&self) -> impl Iterator<Item = VlanId> + '_ {
        self.ranges.iter().flat_map(|(first, last)| *first..=*last).filter_map(VlanId::new)
    }

    /// The sorted ranges, both ends included.
    pub fn ranges(&self) -> impl Iterator<Item = (VlanId, VlanId)> + '_ {
        self.ranges.iter().filter_map(|(first, last)| Some((VlanId::new(*first)?, VlanId::new(*last)?)))
    }

    /// Puts `vlan` in; whether it was absent.
    pub fn insert(&mut self, vlan: VlanId) -> bool {
        let absent = !self.contains(vlan);
        if absent {
            *self = self.union(&Self::from(vlan));
        }
        absent
    }

    /// Takes `vlan` out; whether it was there.
    pub fn remove(&mut self, vlan: VlanId) -> bool {
        let there = self.contains(vlan);
        if there {
            *self = self.difference(&Self::from(vlan));
        }
        there
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut ranges: Vec<_> = self.ranges.iter().chain(&other.ranges).copied().collect();
        ranges.sort_unstable();
        Self { ranges: merged(ranges) }
    }

    /// What is in `self` and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.intersection(&other.complement())
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                ranges.push((first, last));
            }
            if a.1 < b.1 {
                left.next()
            } else {
                right.next()
            };
        }
        Self { ranges }
    }

    /// Whether every VLAN of `self` is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// Every VLAN that is not in it; Cisco's `except`.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut ranges = Vec::new();
        let mut next = 1;
        for (first, last) in &self.ranges {
            if *first > next {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= 4094 {
            ranges.push((next, 4094));
        }
        Self { ranges }
    }
}

/// Merges sorted ranges that overlap or touch.
fn merged(sorted: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    let mut out: Vec<(u16, u16)> = Vec::with_capacity(sorted.len());
    for (first, last) in sorted {
        match out.last_mut() {
            Some(previous) if first <= previous.1 + 1 => previous.1 = previous.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

impl From<VlanId> for VlanSet {
    fn from(vlan: VlanId) -> Self {
        Self { ranges: vec![(vlan.get(), vlan.get())] }
    }
}

impl FromIterator<VlanId> for VlanSet {
    fn from_iter<I: IntoIterator<Item = VlanId>>(vlans: I) -> Self {
        let mut ranges: Vec<_> = vlans.into_iter().map(|vlan| (vlan.get(), vlan.get())).collect();
        ranges.sort_unstable();
        Self { ranges: merged(ranges) }
    }
}

/// Cisco's syntax: `1,10-20,30`, blanks after commas, `none`, `all`, `except 5,7-9`; the empty text is `none`.
/// Ranges may overlap or touch, as some images print them (`827-828`).
impl FromStr for VlanSet {
    type Err = ParseVlanSetError;

    fn from_str(text: &str) -> Result<Self, ParseVlanSetError> {
        let text = text.trim();
        match text {
            "" | "none" => return Ok(Self::EMPTY),
            "all" => return Ok(Self::all()),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix("except ") {
            return Ok(parse_list(rest)?.complement());
        }
        parse_list(text)
    }
}

fn parse_list(text: &str) -> Result<VlanSet, ParseVlanSetError> {
    let mut ranges = text.split(',').map(parse_range).collect::<Result<Vec<_>, _>>()?;
    ranges.sort_unstable();
    Ok(VlanSet { ranges: merged(ranges) })
}

fn parse_range(text: &str) -> Result<(u16, u16), ParseVlanSetError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (VlanId, VlanId) = (first.parse()?, last.parse()?);
    if first > last {
        return Err(ParseVlanSetError::Backwards(first, last));
    }
    Ok((first.get(), last.get()))
}

impl TryFrom<String> for VlanSet {
    type Error = ParseVlanSetError;

    fn try_from(text: String) -> Result<Self, ParseVlanSetError> {
        text.parse()
    }
}

impl From<VlanSet> for String {
    fn from(set: VlanSet) -> Self {
        set.to_string()
    }
}

/// As a switch prints it: `1,10-20,30`; `none` when empty. Every VLAN prints as `1-4094`.
impl fmt::Display for VlanSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for VlanSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection::btree_set, prelude::*};

    use super::*;

    #[test]
    fn reads_every_form_a_switch_prints() {
        let check = |text: &str, expected: &str| {
            assert_eq!(text.parse::<VlanSet>().map(|set| set.to_string()), Ok(expected.to_owned()), "{text:?}");
        };
        check("1,10-20,30", "1,10-20,30");
        check("none", "none");
        check("", "none");
        check("all", "1-4094");
        check("except 5,7-9", "1-4,6,10-4094");
        check("10, 20,30", "10,20,30");
        check("827-828,828,829", "827-829");
        check("4094", "4094");
    }

    #[test]
    fn refuses_what_is_no_list() {
        for text in ["0", "1-4095", "20-10", "1,,2", "1;2", "a", "1-", "-1", "except", "add 5"] {
            assert!(text.parse::<VlanSet>().is_err(), "{text:?}");
        }
    }

    fn plain() -> impl Strategy<Value = BTreeSet<u16>> {
        prop_oneof![btree_set(1u16..=60, 0..40), btree_set(1u16..=4094, 0..80), btree_set(4080u16..=4094, 0..15)]
    }

    fn set(plain: &BTreeSet<u16>) -> VlanSet {
        plain.iter().filter_map(|number| VlanId::new(*number)).collect()
    }

    proptest! {
        #[test]
        fn parse_of_print_is_identity(a in plain()) {
            let set = set(&a);
            prop_assert_eq!(set.to_string().parse(), Ok(set.clone()));
            prop_assert_eq!(set.iter().map(VlanId::get).collect::<BTreeSet<_>>(), a);
        }

        #[test]
        fn behaves_as_a_plain_set(a in plain(), b in plain()) {
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(x.union(&y), set(&(&a | &b)));
            prop_assert_eq!(x.difference(&y), set(&(&a - &b)));
            prop_assert_eq!(x.intersection(&y), set(&(&a & &b)));
            prop_assert_eq!(x.complement().complement(), set(&a));
            prop_assert_eq!(x.len(), a.len());
            prop_assert_eq!(x.is_subset(&y), a.is_subset(&b));
            for number in &b {
                let vlan = VlanId::new(*number).expect("in range");
                prop_assert_eq!(x.contains(vlan), a.contains(number));
            }
        }

        #[test]
        fn insert_and_remove_keep_the_ranges_merged(a in plain(), number in 1u16..=4094) {
            let vlan = VlanId::new(number).expect("in range");
            let (mut grown, mut shrunk) = (set(&a), set(&a));
            prop_assert_eq!(grown.insert(vlan), !a.contains(&number));
            prop_assert_eq!(shrunk.remove(vlan), a.contains(&number));
            prop_assert_eq!(grown, set(&(&a | &BTreeSet::from([number]))));
            prop_assert_eq!(shrunk, set(&(&a - &BTreeSet::from([number]))));
        }

        #[test]
        fn never_panics(text in ".{0,40}") {
            drop(text.parse::<VlanSet>());
        }
    }
}
