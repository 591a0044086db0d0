//! One life of a small data centre as it is written down: its shape, and what happens there, in order.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use vmtracker::lab::topology::{Layout, Size, Topology};

use super::breaks::Break;

/// The first VLAN that a guest may be in.
pub(super) const FIRST_VLAN: u16 = 100;
/// Of the guests' VLANs, so many exist on the switches before the controller comes; it creates the others.
const CREATED: u16 = 3;

/// A whole case, as a scenario's file holds it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// Why it is kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) about: String,
    pub(super) shape: Shape,
    pub(super) ops: Vec<Op>,
}

/// How large the data centre is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    pub(super) vcenters: usize,
    /// Leaves, an even number: every host hangs on both leaves of a pair.
    pub(super) switches: usize,
    /// Whether the leaves of a pair are one vPC domain, with trunks between the pairs, and every second host has a vPC.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) pairs: bool,
    pub(super) hosts: usize,
    pub(super) vms: usize,
    /// Port groups for guests in each vCenter, each with a VLAN of its own.
    pub(super) groups: u16,
}

/// Something that happens. Numbers count from 0 and wrap around; an operation that makes no sense at its moment (a move
/// of a VM that is off) does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Op {
    /// Something breaks between switches and hosts.
    Break(Break),
    /// Time passes.
    Wait {
        ms: u64,
    },
    PowerOn {
        vm: usize,
    },
    PowerOff {
        vm: usize,
    },
    /// A vMotion that ends after its copy phase.
    Move {
        vm: usize,
        host: usize,
        copy_ms: u64,
    },
    /// A vMotion that fails at the end of its copy phase.
    FailMove {
        vm: usize,
        host: usize,
        copy_ms: u64,
    },
    Create {
        host: usize,
        group: u16,
    },
    Destroy {
        vm: usize,
    },
    /// The permission on a VM is withdrawn: it leaves vCenter's view and runs on.
    Vanish {
        vm: usize,
    },
    /// A VM's adapter goes to another port group.
    Plug {
        vm: usize,
        group: u16,
    },
    /// A port group gets another VLAN; `vlan` counts from the first.
    Retag {
        group: u16,
        vlan: u16,
    },
    /// A host is disconnected by a person; it runs on.
    Disconnect {
        host: usize,
    },
    /// A host dies, and HA restarts its VMs on another one.
    Die {
        host: usize,
    },
    Reconnect {
        host: usize,
    },
    /// An administrator ends every session of a vCenter.
    EndSessions {
        vcenter: usize,
    },
    VcenterDown {
        vcenter: usize,
        ms: u64,
    },
    /// The next update set is cut in the middle.
    CutUpdates {
        vcenter: usize,
    },
    /// The controller dies, and another one starts later on the same store.
    Crash {
        down_ms: u64,
    },
    /// The store cannot be written for a while.
    StoreFails {
        ms: u64,
    },
    /// The switch refuses to allow a VLAN so many times.
    Refuse {
        switch: usize,
        vlan: u16,
        times: u32,
        hidden: bool,
    },
    /// The next replies get lost after the switch did what it was told.
    LoseReplies {
        switch: usize,
        times: u32,
    },
    /// The switch takes this long over a request from now on.
    Slow {
        switch: usize,
        ms: u64,
    },
    Unreachable {
        switch: usize,
        ms: u64,
    },
    /// An operator adds a VLAN to a host's port by hand.
    AddByHand {
        switch: usize,
        port: usize,
        vlan: u16,
    },
    /// An operator takes a VLAN off a host's port by hand.
    RemoveByHand {
        switch: usize,
        port: usize,
        vlan: u16,
    },
}

impl Op {
    /// Whether a VM that moves may be dark because of it, and nobody is to blame.
    pub(super) const fn is_fault(&self) -> bool {
        match self {
            Self::Wait { .. }
            | Self::PowerOn { .. }
            | Self::PowerOff { .. }
            | Self::Move { .. }
            | Self::FailMove { .. }
            | Self::Create { .. }
            | Self::Destroy { .. }
            | Self::Plug { .. }
            | Self::Disconnect { .. }
            | Self::Reconnect { .. }
            | Self::AddByHand { .. } => false,
            Self::Break(_)
            | Self::Vanish { .. }
            | Self::Retag { .. }
            | Self::Die { .. }
            | Self::EndSessions { .. }
            | Self::VcenterDown { .. }
            | Self::CutUpdates { .. }
            | Self::Crash { .. }
            | Self::StoreFails { .. }
            | Self::Refuse { .. }
            | Self::LoseReplies { .. }
            | Self::Slow { .. }
            | Self::Unreachable { .. }
            | Self::RemoveByHand { .. } => true,
        }
    }
}

impl Case {
    /// As a scenario's file.
    pub(super) fn to_toml(&self) -> String {
        toml::to_string(self).expect("a case can be written")
    }
}

impl Shape {
    /// The data centre: as the lab generates it, with few VLANs, so that VMs share them, of which some do not exist yet.
    pub(super) fn topology(self) -> Topology {
        let count = |number: usize| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
        let size = Size {
            vcenters: count(self.vcenters),
            switches: count(self.switches),
            hosts: count(self.hosts),
            vms: self.vms,
        };
        let layout = if self.pairs { Layout::Pairs } else { Layout::Leaves };
        let mut topology = Topology::laid_out(layout, size, 1);
        let guests: Vec<String> = (0..self.groups).map(|number| format!("vlan-{}", FIRST_VLAN + number)).collect();
        let known = |name: &str| guests.iter().any(|guest| guest == name) || !name.starts_with("vlan-");
        topology.port_groups.retain(|group| known(&group.name));
        for (index, vm) in topology.vms.iter_mut().enumerate() {
            vm.port_groups = guests.iter().cycle().skip(index).take(1).cloned().collect();
        }
        let created = format!("10,11,{FIRST_VLAN}-{}", FIRST_VLAN + CREATED - 1);
        for switch in &mut topology.switches {
            switch.vlans = created.parse().expect("a list");
        }
        topology
    }
}
