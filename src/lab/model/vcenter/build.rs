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
        SimBacking, SimCluster, SimConnection, SimFaultTolerance, SimHost, SimOpaqueNetwork, SimPlug, SimPnic, SimPort,
        SimPortGroup, SimPower, SimStandardPortGroup, SimVm, SimVmState, SimVmkernel, SimVnic,
    },
    operate::Refused,
    spec::{HostSpec, PnicSpec, VcenterSpec, VmSpec, VmkernelSpec, VnicSpec},
    spec_network::{OpaqueSpec, PortGroupSpec, SimVlan, StandardPortGroupSpec},
    task::Tasks,
};
use crate::lab::model::LabTime;

/// 30 minutes, as users of real vCenters report it (facts: vCenter §B2).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// A small VM's vMotion over 10 GbE takes a few seconds.
const COPY_PHASE: Duration = Duration::from_secs(4);
/// The stack of a vmkernel adapter that names none.
const DEFAULT_STACK: &str = "defaultTcpipStack";

impl Vcenter {
    /// Builds it. A VM on an unknown host or in an unknown port group, and a vmkernel adapter in one, is an error; so is
    /// a port's own VLAN where the port group allows none.
    pub fn new(spec: VcenterSpec) -> Result<Self, Refused> {
        let mut vcenter = Self::empty(&spec);
        spec.clusters.iter().for_each(|name| drop(vcenter.cluster_named(name)));
        vcenter.add_port_groups(spec.port_groups);
        spec.opaque_networks.into_iter().for_each(|network| vcenter.add_opaque_network(network));
        for group in &spec.standard_port_groups {
            let id = MoId::from(format!("network-{}", vcenter.next_number()));
            vcenter.networks.entry(group.name.clone()).or_insert(id);
        }
        for host in &spec.hosts {
            vcenter.add_host(host, &spec.standard_port_groups)?;
        }
        for vm in &spec.vms {
            let machine = vcenter.build_vm(vm)?;
            let secondary = vcenter.build_secondary(&machine, vm)?;
            for machine in std::iter::once(paired(machine, secondary.as_ref())).chain(secondary) {
                vcenter.vm_names.insert(machine.name.clone(), machine.id.clone());
                vcenter.vms.insert(machine.id.clone(), machine);
            }
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
            lags: spec.lags.clone(),
            pvlans: spec.pvlans.clone(),
            opaque_networks: BTreeMap::new(),
            next_port: 0,
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

    /// A distributed port that nobody has.
    pub(super) const fn next_port(&mut self) -> u32 {
        self.next_port += 1;
        self.next_port
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
            let PortGroupSpec { name, vlan, active, standby, teaming, vlan_override, nsx } = spec;
            let (uplink, free_port) = (index == 0, self.next_port());
            let key = id.clone();
            let group =
                SimPortGroup { id, name, vlan, active, standby, teaming, vlan_override, nsx, uplink, free_port };
            self.port_groups.insert(key, group);
        }
    }

    fn add_opaque_network(&mut self, spec: OpaqueSpec) {
        let number = self.next_number();
        let network_id = if spec.network_id.is_empty() { uuid(&spec.name, number) } else { spec.network_id };
        let id = MoId::from(format!("network-o{number}"));
        self.opaque_networks.insert(id.clone(), SimOpaqueNetwork { id, name: spec.name, network_id });
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
            pnics: spec.pnics.iter().zip(0..).map(|(spec, index)| pnic(spec, index, self.next_port())).collect(),
            port_groups: Vec::new(),
            vmkernels: Vec::new(),
        };
        let switches: Vec<String> = host.vswitches().into_iter().map(str::to_owned).collect();
        host.port_groups = groups.iter().filter(|group| switches.contains(&group.vswitch)).map(standard).collect();
        for vmkernel in &spec.vmkernels {
            let adapter = self.vmkernel_of(&host, vmkernel)?;
            host.vmkernels.push(adapter);
        }
        self.host_names.insert(host.name.clone(), id.clone());
        self.hosts.insert(id, host);
        Ok(())
    }

    fn vmkernel_of(&mut self, host: &SimHost, spec: &VmkernelSpec) -> Result<SimVmkernel, Refused> {
        let backing = self.backing(host, &spec.port_group)?;
        let port = self.port(&backing, spec.port_vlan.as_ref())?;
        let stack = spec.stack.clone().unwrap_or_else(|| DEFAULT_STACK.to_owned());
        let services = spec.services.clone();
        Ok(SimVmkernel { device: spec.device.clone(), mac: spec.mac, backing, services, stack, port })
    }

    fn backing(&self, host: &SimHost, name: &str) -> Result<SimBacking, Refused> {
        if host.port_groups.iter().any(|group| group.name == name) {
            return Ok(SimBacking::Standard(name.to_owned()));
        }
        let opaque = self.opaque_networks.values().find(|network| network.name == name);
        if let Some(network) = opaque {
            return Ok(SimBacking::Opaque(network.id.clone()));
        }
        self.port_group_named(name).cloned().map(SimBacking::Distributed).ok_or(Refused::NoSuchPortGroup)
    }

    /// A new port for an adapter plugged into `backing`; its own VLAN only where the port group allows one.
    pub(super) fn port(&mut self, backing: &SimBacking, vlan: Option<&SimVlan>) -> Result<SimPort, Refused> {
        if vlan.is_some() && !self.may_override(backing) {
            return Err(Refused::NoOverride);
        }
        Ok(SimPort { key: self.next_port(), vlan: vlan.cloned() })
    }

    /// Whether a port there may have a VLAN of its own.
    pub(super) fn may_override(&self, backing: &SimBacking) -> bool {
        match backing {
            SimBacking::Distributed(group) => self.port_groups.get(group).is_some_and(|group| group.vlan_override),
            SimBacking::Standard(_) | SimBacking::Opaque(_) => false,
        }
    }

    /// A VM as a specification describes it, not yet in the inventory, without a secondary.
    pub(super) fn build_vm(&mut self, spec: &VmSpec) -> Result<SimVm, Refused> {
        let host = self.host_names.get(&spec.host).cloned().ok_or(Refused::NoSuchHost)?;
        let number = self.next_number();
        let mut vnics = Vec::with_capacity(spec.vnics.len());
        for (vnic, index) in spec.vnics.iter().zip(0u8..) {
            vnics.push(self.vnic_of(&host, vnic, number, index)?);
        }
        let power = if spec.on && !spec.template { SimPower::On } else { SimPower::Off };
        Ok(SimVm {
            id: MoId::from(format!("vm-{number}")),
            name: spec.name.clone(),
            seen: Seen { host: host.clone(), power },
            host,
            power,
            vnics,
            migrating_to: None,
            instance_uuid: uuid(&self.name, number),
            hidden: false,
            denied: false,
            state: SimVmState::Known,
            template: spec.template,
            passthrough: spec.passthrough,
            fault_tolerance: SimFaultTolerance::None,
            failover: false,
            copy_on: None,
            guest_hostname: spec.guest_hostname.clone(),
            guest_ip: spec.guest_ip.clone(),
            appliance: spec.appliance,
            motion: None,
            chain: 0,
        })
    }

    fn vnic_of(&mut self, host: &MoId, spec: &VnicSpec, number: u32, index: u8) -> Result<SimVnic, Refused> {
        let host = self.hosts.get(host).ok_or(Refused::NoSuchHost)?;
        if let Some(device) = &spec.sriov {
            host.pnic(device).ok_or(Refused::NoSuchAdapter)?;
        }
        let backing = self.backing(host, &spec.port_group)?;
        let port = self.port(&backing, spec.port_vlan.as_ref())?;
        let mac = vnic_mac(&self.name, number, index);
        Ok(SimVnic {
            key: 4000 + i32::from(index),
            mac,
            backing,
            connected: spec.connected,
            start_connected: spec.start_connected,
            guest_vlans: spec.guest_vlans.clone(),
            sriov: spec.sriov.clone(),
            port,
        })
    }

    /// The secondary of `primary`, when its specification wants one: the same addresses, ports of its own.
    fn build_secondary(&mut self, primary: &SimVm, spec: &VmSpec) -> Result<Option<SimVm>, Refused> {
        let Some(host) = &spec.secondary else { return Ok(None) };
        let name = format!("{} (secondary)", spec.name);
        let mut secondary = self.build_vm(&VmSpec { name, host: host.clone(), ..spec.clone() })?;
        for (vnic, original) in secondary.vnics.iter_mut().zip(&primary.vnics) {
            vnic.mac = original.mac;
        }
        secondary.fault_tolerance = SimFaultTolerance::Secondary(primary.id.clone());
        Ok(Some(secondary))
    }
}

/// A primary that knows its secondary; any other VM as it is.
fn paired(machine: SimVm, secondary: Option<&SimVm>) -> SimVm {
    let part = secondary.map(|secondary| SimFaultTolerance::Primary(secondary.id.clone()));
    SimVm { fault_tolerance: part.unwrap_or_default(), ..machine }
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

fn pnic(spec: &PnicSpec, index: u32, port_key: u32) -> SimPnic {
    let plug = match (&spec.dvs_uplink, &spec.lag, &spec.vswitch) {
        (Some(uplink), _, _) => SimPlug::Uplink(uplink.clone()),
        (None, Some(lag), _) => SimPlug::Lag(lag.clone()),
        (None, None, Some(vswitch)) => SimPlug::Vswitch(vswitch.clone()),
        (None, None, None) => SimPlug::Unused,
    };
    // Two ports on each card.
    let pci = format!("0000:{:02x}:00.{}", 0x3b + index / 2, index % 2);
    SimPnic { device: spec.device.clone(), mac: spec.mac, link: true, plug, hint: spec.hint.clone(), pci, port_key }
}

fn standard(spec: &StandardPortGroupSpec) -> SimStandardPortGroup {
    let StandardPortGroupSpec { name, vlan, vswitch, active, standby, teaming } = spec.clone();
    SimStandardPortGroup { name, vlan, vswitch, active, standby, teaming }
}

/// An address of its own for a vnic: locally administered, two octets of the vCenter, then the vnic's place and the VM's
/// number. VMware's own prefix leaves too few bits to keep vCenters apart by name.
fn vnic_mac(vcenter: &str, number: u32, index: u8) -> MacAddr {
    let [first, second, ..] = hash(vcenter, 1).to_be_bytes();
    let [_, a, b, c] = number.to_be_bytes();
    MacAddr::new([0x02, first, second, (index << 4) | (a & 0x0f), b, c])
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
