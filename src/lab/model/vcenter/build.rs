//! From a [`VcenterSpec`] to a vCenter.

use std::{collections::BTreeMap, time::Duration};

use vmtracker_core::net::{MacAddr, MoId};

use super::{
    Counts, Faults, Vcenter,
    agenda::{Agenda, Delays, Seen},
    change::Changes,
    custom_fields::CustomFields,
    event::Events,
    inventory::{
        SimBacking, SimCluster, SimConnection, SimHost, SimPlug, SimPnic, SimPortGroup, SimPower, SimStandardPortGroup,
        SimVm, SimVmkernel, SimVnic,
    },
    operate::Refused,
    spec::{HostSpec, PnicSpec, PortGroupSpec, SimVlan, StandardPortGroupSpec, VcenterSpec, VmSpec},
    task::Tasks,
};
use crate::lab::model::LabTime;

/// 30 minutes, as users of real vCenters report it (facts: vCenter §B2).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// A small VM's vMotion over 10 GbE takes a few seconds.
const COPY_PHASE: Duration = Duration::from_secs(4);

impl Vcenter {
    /// Builds it. A VM on an unknown host or in an unknown port group, and a vmkernel adapter in one, is an error.
    pub fn new(spec: VcenterSpec) -> Result<Self, Refused> {
        let mut vcenter = Self::empty(&spec);
        spec.clusters.iter().for_each(|name| drop(vcenter.cluster_named(name)));
        vcenter.add_port_groups(spec.port_groups);
        for group in &spec.standard_port_groups {
            let id = MoId::from(format!("network-{}", vcenter.next_number()));
            vcenter.networks.entry(group.name.clone()).or_insert(id);
        }
        for host in &spec.hosts {
            vcenter.add_host(host, &spec.standard_port_groups)?;
        }
        for vm in &spec.vms {
            let machine = vcenter.build_vm(vm)?;
            vcenter.vm_names.insert(machine.name.clone(), machine.id.clone());
            vcenter.vms.insert(machine.id.clone(), machine);
        }
        Ok(vcenter)
    }

    fn empty(spec: &VcenterSpec) -> Self {
        let uuid = if spec.instance_uuid.is_empty() { uuid(&spec.name, 0) } else { spec.instance_uuid.clone() };
        Self {
            faults: Faults::default(),
            counts: Counts::default(),
            idle_timeout: IDLE_TIMEOUT,
            copy_phase: COPY_PHASE,
            delays: Delays::default(),
            name: spec.name.clone(),
            instance_uuid: uuid,
            epoch_unix_ms: spec.epoch_unix_ms,
            clock: LabTime::ZERO,
            users: spec.users.clone(),
            clusters: BTreeMap::new(),
            hosts: BTreeMap::new(),
            host_names: BTreeMap::new(),
            vms: BTreeMap::new(),
            vm_names: BTreeMap::new(),
            uplinks: uplink_names(spec),
            port_groups: BTreeMap::new(),
            networks: BTreeMap::new(),
            next_id: 7,
            changes: Changes::default(),
            events: Events::default(),
            sessions: BTreeMap::new(),
            tasks: Tasks::default(),
            agenda: Agenda::default(),
            removed: BTreeMap::new(),
            custom: CustomFields::default(),
        }
    }

    pub(super) const fn next_number(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    fn cluster_named(&mut self, name: &str) -> MoId {
        if let Some(cluster) = self.clusters.values().find(|cluster| cluster.name == name) {
            return cluster.id.clone();
        }
        let id = MoId::from(format!("domain-c{}", self.next_number()));
        self.clusters
            .insert(id.clone(), SimCluster { id: id.clone(), name: name.to_owned(), recommendations: Vec::new() });
        id
    }

    fn add_port_groups(&mut self, specs: Vec<PortGroupSpec>) {
        let uplinks = PortGroupSpec {
            name: "DSwitch-DVUplinks".to_owned(),
            vlan: SimVlan::Trunk(vec![(0, 4094)]),
            ..PortGroupSpec::default()
        };
        for (index, spec) in std::iter::once(uplinks).chain(specs).enumerate() {
            let id = MoId::from(format!("dvportgroup-{}", self.next_number()));
            let PortGroupSpec { name, vlan, active, standby } = spec;
            let group = SimPortGroup { id: id.clone(), name, vlan, active, standby, uplink: index == 0 };
            self.port_groups.insert(id, group);
        }
    }

    fn add_host(&mut self, spec: &HostSpec, groups: &[StandardPortGroupSpec]) -> Result<(), Refused> {
        let cluster = self.cluster_named(&spec.cluster);
        let id = MoId::from(format!("host-{}", self.next_number()));
        let mut host = SimHost {
            id: id.clone(),
            name: spec.name.clone(),
            cluster,
            connection: SimConnection::Connected,
            maintenance: false,
            powered: true,
            standby: false,
            entering: false,
            pnics: spec.pnics.iter().map(pnic).collect(),
            port_groups: Vec::new(),
            vmkernels: Vec::new(),
        };
        let switches: Vec<String> = host.vswitches().into_iter().map(str::to_owned).collect();
        host.port_groups = groups.iter().filter(|group| switches.contains(&group.vswitch)).map(standard).collect();
        for vmkernel in &spec.vmkernels {
            let backing = self.backing(&host, &vmkernel.port_group)?;
            host.vmkernels.push(SimVmkernel { device: vmkernel.device.clone(), mac: vmkernel.mac, backing });
        }
        self.host_names.insert(host.name.clone(), id.clone());
        self.hosts.insert(id, host);
        Ok(())
    }

    fn backing(&self, host: &SimHost, name: &str) -> Result<SimBacking, Refused> {
        if host.port_groups.iter().any(|group| group.name == name) {
            return Ok(SimBacking::Standard(name.to_owned()));
        }
        self.port_group_named(name).cloned().map(SimBacking::Distributed).ok_or(Refused::NoSuchPortGroup)
    }

    /// A VM as a specification describes it, not yet in the inventory.
    pub(super) fn build_vm(&mut self, spec: &VmSpec) -> Result<SimVm, Refused> {
        let host = self.host_names.get(&spec.host).and_then(|id| self.hosts.get(id)).ok_or(Refused::NoSuchHost)?;
        let (host_id, mut backings) = (host.id.clone(), Vec::with_capacity(spec.vnics.len()));
        for name in &spec.vnics {
            backings.push(self.backing(host, name)?);
        }
        let number = self.next_number();
        let vnics = backings.into_iter().zip(0u8..).map(|(backing, index)| vnic(&self.name, number, index, backing));
        let power = if spec.on { SimPower::On } else { SimPower::Off };
        Ok(SimVm {
            id: MoId::from(format!("vm-{number}")),
            name: spec.name.clone(),
            seen: Seen { host: host_id.clone(), power },
            host: host_id,
            power,
            vnics: vnics.collect(),
            migrating_to: None,
            instance_uuid: uuid(&self.name, number),
            hidden: false,
            denied: false,
            failover: false,
            copy_on: None,
            guest_hostname: spec.guest_hostname.clone(),
            guest_ip: spec.guest_ip.clone(),
            appliance: spec.appliance,
            motion: None,
            chain: 0,
        })
    }
}

fn uplink_names(spec: &VcenterSpec) -> Vec<String> {
    if !spec.uplinks.is_empty() {
        return spec.uplinks.clone();
    }
    let mut names = Vec::new();
    for name in spec.hosts.iter().flat_map(|host| &host.pnics).filter_map(|pnic| pnic.dvs_uplink.as_ref()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn pnic(spec: &PnicSpec) -> SimPnic {
    let plug = match (&spec.dvs_uplink, &spec.vswitch) {
        (Some(uplink), _) => SimPlug::Uplink(uplink.clone()),
        (None, Some(vswitch)) => SimPlug::Vswitch(vswitch.clone()),
        (None, None) => SimPlug::Unused,
    };
    SimPnic { device: spec.device.clone(), mac: spec.mac, link: true, plug, hint: spec.hint.clone() }
}

fn standard(spec: &StandardPortGroupSpec) -> SimStandardPortGroup {
    let StandardPortGroupSpec { name, vlan, vswitch, active, standby } = spec.clone();
    SimStandardPortGroup { name, vlan, vswitch, active, standby }
}

/// A vnic with an address of its own: locally administered, two octets of the vCenter, then the vnic's place and the
/// VM's number. VMware's own prefix leaves too few bits to keep vCenters apart by name.
fn vnic(vcenter: &str, number: u32, index: u8, backing: SimBacking) -> SimVnic {
    let [first, second, ..] = hash(vcenter, 1).to_be_bytes();
    let [_, a, b, c] = number.to_be_bytes();
    let mac = MacAddr::new([0x02, first, second, (index << 4) | (a & 0x0f), b, c]);
    SimVnic { key: 4000 + i32::from(index), mac, backing, connected: true, port_key: number * 16 + u32::from(index) }
}

/// A UUID made from a name and a number, the same at every start.
pub(super) fn uuid(name: &str, number: u32) -> String {
    let (a, b) = (hash(name, number), hash(name, !number));
    format!(
        "{:08x}-{:04x}-5{:03x}-a{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        (b >> 48) & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

/// FNV-1a: the same everywhere, and good enough to tell names apart.
fn hash(name: &str, number: u32) -> u64 {
    let bytes = name.bytes().chain(number.to_be_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
