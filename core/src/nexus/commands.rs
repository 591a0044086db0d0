//! The only commands that are ever sent, as typed values, and the lines they become.

use crate::net::{InterfaceName, VlanSet};

/// The longest VLAN list in one line, in characters. Ansible keeps to 220 and IOS refuses more than about 223; NX-OS's
/// own limit is not documented (facts: NX-OS §4.2).
const LIST_MAX: usize = 200;

/// One change to a switch. There is no other: a bare list, a mode, a native VLAN or a deletion cannot be expressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `vlan LIST`: these VLANs exist.
    CreateVlans(VlanSet),
    /// `switchport trunk allowed vlan add LIST` on one trunk.
    Allow {
        /// The trunk.
        interface: InterfaceName,
        /// What is added to its list.
        vlans: VlanSet,
    },
    /// `switchport trunk allowed vlan remove LIST` on one trunk.
    Remove {
        /// The trunk.
        interface: InterfaceName,
        /// What is taken off its list.
        vlans: VlanSet,
    },
}

impl Step {
    /// The VLANs that it names.
    pub const fn vlans(&self) -> &VlanSet {
        match self {
            Self::CreateVlans(vlans) | Self::Allow { vlans, .. } | Self::Remove { vlans, .. } => vlans,
        }
    }

    /// Its lines, in order. A step without VLANs has none: `vlan` or `add` without a list would mean something else.
    pub fn lines(&self) -> Vec<String> {
        let lists = lists(self.vlans());
        if lists.is_empty() {
            return Vec::new();
        }
        match self {
            // Some images commit a VLAN only when its sub-mode is left (facts: NX-OS §4.3).
            Self::CreateVlans(_) => lists.iter().flat_map(|list| [format!("vlan {list}"), "exit".to_owned()]).collect(),
            Self::Allow { interface, .. } => on(*interface, "add", &lists),
            Self::Remove { interface, .. } => on(*interface, "remove", &lists),
        }
    }
}

/// The lines of a batch, each with the index of the step that it belongs to.
pub fn lines(steps: &[Step]) -> Vec<(usize, String)> {
    let numbered = steps.iter().enumerate();
    numbered.flat_map(|(index, step)| step.lines().into_iter().map(move |line| (index, line))).collect()
}

fn on(interface: InterfaceName, verb: &str, lists: &[String]) -> Vec<String> {
    let list_lines = lists.iter().map(|list| format!("switchport trunk allowed vlan {verb} {list}"));
    std::iter::once(format!("interface {interface}")).chain(list_lines).collect()
}

/// The set in pieces of at most [`LIST_MAX`] characters.
fn lists(vlans: &VlanSet) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for (first, last) in vlans.ranges() {
        let range = if last == first { first.to_string() } else { format!("{first}-{last}") };
        match pieces.last_mut() {
            Some(piece) if piece.len() + 1 + range.len() <= LIST_MAX => {
                piece.push(',');
                piece.push_str(&range);
            }
            Some(_) | None => pieces.push(range),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::*;
    use crate::net::VlanId;

    fn check(step: &Step, expected: &[&str]) {
        assert_eq!(step.lines(), expected);
    }

    #[test]
    fn each_step_becomes_its_lines() {
        let interface = InterfaceName::Ethernet(1, 1);
        let vlans: VlanSet = "10,20".parse().unwrap();
        check(&Step::CreateVlans(vlans.clone()), &["vlan 10,20", "exit"]);
        let add = ["interface Ethernet1/1", "switchport trunk allowed vlan add 10,20"];
        check(&Step::Allow { interface, vlans: vlans.clone() }, &add);
        let remove = ["interface port-channel7", "switchport trunk allowed vlan remove 10,20"];
        check(&Step::Remove { interface: InterfaceName::PortChannel(7), vlans }, &remove);
    }

    #[test]
    fn a_step_without_vlans_says_nothing() {
        check(&Step::CreateVlans(VlanSet::EMPTY), &[]);
        check(&Step::Allow { interface: InterfaceName::Ethernet(1, 1), vlans: VlanSet::EMPTY }, &[]);
    }

    fn any_step() -> impl Strategy<Value = Step> {
        let vlans = btree_set(1u16..=4094, 0..400)
            .prop_map(|numbers| numbers.into_iter().filter_map(VlanId::new).collect::<VlanSet>());
        let interface = prop_oneof![
            (1u16..20, 1u16..130).prop_map(|(slot, port)| InterfaceName::Ethernet(slot, port)),
            (1u16..200, 1u16..4, 1u16..50).prop_map(|(a, b, c)| InterfaceName::EthernetLane(a, b, c)),
            (1u16..=4096).prop_map(InterfaceName::PortChannel),
        ];
        (0..3, vlans, interface).prop_map(|(kind, vlans, interface)| match kind {
            0 => Step::CreateVlans(vlans),
            1 => Step::Allow { interface, vlans },
            _ => Step::Remove { interface, vlans },
        })
    }

    fn is_list(text: &str) -> bool {
        text.len() <= LIST_MAX && text.parse::<VlanSet>().is_ok() && text.starts_with(|c: char| c.is_ascii_digit())
    }

    fn is_known(line: &str) -> bool {
        let allowed = "switchport trunk allowed vlan ";
        let list = ["add ", "remove "].iter().find_map(|verb| line.strip_prefix(allowed)?.strip_prefix(verb));
        line == "exit"
            || line.strip_prefix("vlan ").is_some_and(is_list)
            || list.is_some_and(is_list)
            || line.strip_prefix("interface ").is_some_and(|name| name.parse::<InterfaceName>().is_ok())
    }

    proptest! {
        #[test]
        fn every_line_has_one_of_four_forms_and_plain_characters(step in any_step()) {
            for line in step.lines() {
                prop_assert!(is_known(&line), "{line}");
                prop_assert!(line.chars().all(|c| c.is_ascii_alphanumeric() || " ,-/".contains(c)), "{line}");
            }
        }

        #[test]
        fn the_lines_name_exactly_the_vlans_of_the_step(step in any_step()) {
            let named = step.lines().iter().filter_map(|line| line.rsplit(' ').next()?.parse::<VlanSet>().ok())
                .fold(VlanSet::EMPTY, |all, piece| all.union(&piece));
            prop_assert_eq!(&named, step.vlans());
        }
    }
}
