//! A data centre from a seed.
//!
//! Leaves stand in pairs; every host hangs on both leaves of its pair. Half of the port groups prefer the one leaf, half
//! the other. There are ten times as many VLANs as VMs per host, so that most moves need a write. Management and vMotion
//! VLANs stand on every trunk before the controller comes: somebody else's lines.
//!
//! With [`Layout::Pairs`] the leaves of a pair are one vPC domain, every second host of a vCenter hangs on them by a
//! static port-channel, and trunks join the pairs in a row; with [`Layout::Aggregated`] they meet at a pair above them.

use rand::{RngExt, SeedableRng, rngs::StdRng};
use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

mod pairs;

use super::{Discovery, HostRow, Plug, PnicRow, PortGroupRow, PortRow, Size, SwitchRow, Topology, VmRow, VmkernelRow};
use crate::lab::model::switch::Platform;

const MANAGEMENT: u16 = 10;
const VMOTION: u16 = 11;
const FIRST_VLAN: u16 = 100;
/// NX-OS keeps 3968 and up for itself (facts: NX-OS §4.3).
const LAST_VLAN: u16 = 3967;
const UPLINKS: [&str; 2] = ["Uplink 1", "Uplink 2"];
/// Ports on a slot of the simulated chassis; more hosts go on the next slot.
const PORTS_PER_SLOT: usize = 48;

/// Hosts of a cluster: vSphere's bound before 7.0 U1 (facts: vCenter §D).
const HOSTS_OF_A_CLUSTER: usize = 64;

/// What stands between the leaves of a generated data centre. The default is what [`Topology::generated`] makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Nothing: every leaf is alone, and every host active/standby.
    Leaves,
    /// vPC pairs with peer-links, trunks between the pairs, and hosts of both kinds.
    #[default]
    Pairs,
    /// The same, with the pairs joined by a pair of aggregation switches instead: one vPC from each pair to it.
    Aggregated,
}

impl Topology {
    /// A data centre of this size; the same seed gives the same.
    pub fn generated(size: Size, seed: u64) -> Self {
        Self::laid_out(Layout::default(), size, seed)
    }

    /// A data centre of this size with this between its leaves.
    pub fn laid_out(layout: Layout, size: Size, seed: u64) -> Self {
        let plan = Plan::new(layout, size);
        let mut rng = StdRng::seed_from_u64(seed);
        Self {
            switches: (0..plan.pairs * 2).map(|index| plan.switch(index)).chain(plan.aggregation()).collect(),
            vcenters: (0..plan.vcenters).map(vcenter_name).collect(),
            dvs: std::collections::BTreeMap::new(),
            links: plan.links(),
            hosts: (0..plan.hosts).map(|index| plan.host(index)).collect(),
            port_groups: (0..plan.vcenters).flat_map(|vcenter| plan.port_groups(vcenter)).collect(),
            vms: (0..size.vms).map(|index| plan.vm(index, &mut rng)).collect(),
        }
    }
}

struct Plan {
    layout: Layout,
    vcenters: usize,
    pairs: usize,
    hosts: usize,
    vlans: u16,
}

impl Plan {
    fn new(layout: Layout, size: Size) -> Self {
        let hosts = size.hosts.get();
        let per_host = size.vms.div_ceil(hosts);
        let room = usize::from(LAST_VLAN - FIRST_VLAN + 1);
        let vlans = u16::try_from((per_host * 10).clamp(64, room)).unwrap_or(LAST_VLAN - FIRST_VLAN);
        Self { layout, vcenters: size.vcenters.get().min(hosts), pairs: size.switches.get().div_ceil(2), hosts, vlans }
    }

    fn vlan_set(&self) -> VlanSet {
        let numbers = [MANAGEMENT, VMOTION].into_iter().chain(FIRST_VLAN..FIRST_VLAN + self.vlans);
        numbers.filter_map(VlanId::new).collect()
    }

    fn switch(&self, index: usize) -> SwitchRow {
        let name = switch_name(index);
        let here = (0..self.hosts).filter(|host| host % self.pairs == index / 2);
        SwitchRow {
            hostname: name.clone(),
            serial: format!("LAB{:08}", index + 1),
            name,
            platform: Platform::default(),
            domain: self.domain(index),
            vlans: self.vlan_set(),
            ports: here.flat_map(|host| self.host_ports(host)).chain(self.fabric_ports(index)).collect(),
        }
    }

    /// The port of an active/standby host.
    fn port(&self, host: usize) -> PortRow {
        PortRow {
            allowed: Some([MANAGEMENT, VMOTION].into_iter().filter_map(VlanId::new).collect()),
            description: Some(format!("to {}", host_name(host))),
            ..PortRow::trunk(self.interface(host))
        }
    }

    fn interface(&self, host: usize) -> InterfaceName {
        let (slot, port) = (host / self.pairs / PORTS_PER_SLOT, host / self.pairs % PORTS_PER_SLOT);
        InterfaceName::Ethernet(short(slot + 1), short(port + 1))
    }

    fn host(&self, index: usize) -> HostRow {
        let pnic = |leg: usize, uplink: &str| PnicRow {
            device: format!("vmnic{leg}"),
            mac: mac(0x10 + short(leg), index),
            switch: switch_name(index % self.pairs * 2 + leg),
            port: self.interface(index),
            plug: Plug::Uplink(uplink.to_owned()),
            discovery: Discovery::Lldp,
        };
        let vmkernel = |number: u16, port_group: &str| VmkernelRow {
            device: format!("vmk{number}"),
            mac: mac(0x20 + number, index),
            port_group: port_group.to_owned(),
            services: vec![port_group.to_owned()],
            stack: None,
            port_vlan: None,
        };
        HostRow {
            vcenter: Some(vcenter_name(self.home(index))),
            name: host_name(index),
            cluster: format!("cluster{}", self.rank(index) / HOSTS_OF_A_CLUSTER + 1),
            pnics: (0..).zip(UPLINKS).map(|(leg, uplink)| pnic(leg, uplink)).collect(),
            vmkernels: vec![vmkernel(0, "management"), vmkernel(1, "vmotion")],
        }
    }

    /// The vCenter of a host: hosts of every pair in every vCenter.
    const fn home(&self, host: usize) -> usize {
        host / self.pairs % self.vcenters
    }

    /// The how manieth host of its vCenter this is, from 0.
    const fn rank(&self, host: usize) -> usize {
        host / self.pairs / self.vcenters * self.pairs + host % self.pairs
    }

    fn port_groups(&self, vcenter: usize) -> Vec<PortGroupRow> {
        let group = |called: String, vlan: u16| {
            let name = str::to_owned;
            let [first, second] = if vlan.is_multiple_of(2) { UPLINKS } else { swapped(UPLINKS) };
            PortGroupRow {
                vcenter: vcenter_name(vcenter),
                name: called,
                vlan: vlan.into(),
                active: if self.is_paired() { vec![name(first), name(second)] } else { vec![name(first)] },
                standby: if self.is_paired() { Vec::new() } else { vec![name(second)] },
                ..PortGroupRow::default()
            }
        };
        let own = [group("management".to_owned(), MANAGEMENT), group("vmotion".to_owned(), VMOTION)];
        let guests = (0..self.vlans).map(|number| group(group_name(number), FIRST_VLAN + number));
        own.into_iter().chain(guests).collect()
    }

    fn vm(&self, index: usize, rng: &mut StdRng) -> VmRow {
        let group = group_name(rng.random_range(0..self.vlans));
        VmRow {
            name: format!("vm{:05}", index + 1),
            host: host_name(index % self.hosts),
            port_groups: vec![group],
            on: true,
            ..VmRow::default()
        }
    }
}

const fn swapped<T: Copy>([first, second]: [T; 2]) -> [T; 2] {
    [second, first]
}

fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn switch_name(index: usize) -> String {
    format!("leaf{}{}", index / 2 + 1, if index.is_multiple_of(2) { 'a' } else { 'b' })
}

fn vcenter_name(index: usize) -> String {
    format!("vc{}", index + 1)
}

fn host_name(index: usize) -> String {
    format!("esx{:03}.lab", index + 1)
}

fn group_name(number: u16) -> String {
    format!("vlan-{}", FIRST_VLAN + number)
}

/// A locally administered address: the kind of adapter and the host's number.
fn mac(kind: u16, host: usize) -> MacAddr {
    let [_, kind] = kind.to_be_bytes();
    let [a, b, c, d] = u32::try_from(host).unwrap_or(u32::MAX).to_be_bytes();
    MacAddr::new([0x02, kind, a, b, c, d])
}
