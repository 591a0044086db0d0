//! From a topology to device models.

use std::collections::{BTreeMap, BTreeSet};

use vmtracker_core::net::{InterfaceName, MacAddr};

use super::{
    Backing, Discovery, HostRow, Plug, PnicRow, PortGroupRow, PortRow, SwitchRow, Topology, VmRow, VmkernelRow, wiring,
};
use crate::lab::model::{
    LabTime,
    dataplane::Cabling,
    plant,
    switch::{Neighbor, Port, PortMode, StpType, Switch, SwitchSpec, VpcDomain},
    vcenter::{
        HintProtocol, HintSpec, HostSpec, OpaqueSpec, PnicSpec, PortGroupSpec, Refused, SimVlan, StandardPortGroupSpec,
        UserSpec, Vcenter, VcenterSpec, VmSpec, VmkernelSpec, VnicSpec,
    },
};

/// The login of every device of the lab.
pub const USER: &str = "vmtracker";
/// Its password; the devices listen on loopback.
pub const PASSWORD: &str = "lab-password";

impl Topology {
    /// The simulated switches, with their neighbours, by name. `epoch_unix_ms` is the wall clock at lab time zero.
    pub fn switches(&self, epoch_unix_ms: u64) -> BTreeMap<String, Switch> {
        let mut heard = self.neighbors();
        let build = |row: &SwitchRow| {
            let neighbors = heard.remove(&row.name).unwrap_or_default();
            (row.name.clone(), Switch::new(self.switch(row, neighbors, epoch_unix_ms / 1000)))
        };
        let mut switches = self.switches.iter().map(build).collect();
        for row in &self.links {
            let [one, two] = row.ends.each_ref().map(|end| (end.switch.as_str(), end.port));
            plant::join(&mut switches, one, two);
        }
        plant::settle(&mut switches, LabTime::ZERO);
        switches
    }

    /// The simulated vCenters by name.
    ///
    /// # Errors
    /// When a model refuses its specification.
    pub fn vcenters(&self, epoch_unix_ms: u64) -> Result<BTreeMap<String, Vcenter>, Refused> {
        let build = |name: &String| Ok((name.clone(), Vcenter::new(self.vcenter(name, epoch_unix_ms))?));
        self.vcenters.iter().map(build).collect()
    }

    /// Where every pnic is plugged in, by logical port.
    pub fn cabling(&self) -> Cabling {
        wiring::cabling(self)
    }

    pub(super) fn cables(&self) -> impl Iterator<Item = (&HostRow, &PnicRow)> {
        self.hosts.iter().flat_map(|host| host.pnics.iter().map(move |pnic| (host, pnic)))
    }

    /// What each switch hears, by port.
    fn neighbors(&self) -> BTreeMap<String, BTreeMap<InterfaceName, Neighbor>> {
        let mut heard: BTreeMap<String, BTreeMap<InterfaceName, Neighbor>> = BTreeMap::new();
        for (host, pnic) in self.cables().filter(|(_, pnic)| pnic.discovery != Discovery::None) {
            let neighbor = Neighbor {
                cdp: pnic.discovery == Discovery::Cdp,
                lldp: pnic.discovery == Discovery::Lldp,
                ..Neighbor::new(&host.name, &pnic.device, pnic.mac)
            };
            heard.entry(pnic.switch.clone()).or_default().insert(pnic.port, neighbor);
        }
        heard
    }

    fn switch(
        &self,
        row: &SwitchRow,
        mut neighbors: BTreeMap<InterfaceName, Neighbor>,
        epoch_unix_s: u64,
    ) -> SwitchSpec {
        let mut spec = SwitchSpec {
            hostname: row.hostname.clone(),
            serial: row.serial.clone(),
            platform: row.platform,
            vlans: row.vlans.clone(),
            domain: row.domain.map(VpcDomain::new),
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
            epoch_unix_s,
            ..SwitchSpec::default()
        };
        let extends = row.ports.iter().any(|port| port.fex.is_some());
        spec.features.extend(row.domain.map(|_| "vpc".to_owned()));
        spec.features.extend(extends.then(|| "fex".to_owned()));
        for port_row in &row.ports {
            let stp = spanning(port_row, wiring::is_link(self, row, port_row));
            let port = Port { stp, ..port(port_row, neighbors.remove(&port_row.name)) };
            if let InterfaceName::PortChannel(number) = port_row.name {
                spec.channels.insert(number, port);
            } else {
                spec.ports.insert(port_row.name, port);
            }
        }
        spec
    }

    fn vcenter(&self, name: &str, epoch_unix_ms: u64) -> VcenterSpec {
        let hosts: Vec<&HostRow> = self.hosts.iter().filter(|row| row.vcenter.as_deref() == Some(name)).collect();
        let groups = || self.port_groups.iter().filter(|row| row.vcenter == name);
        let homes: BTreeSet<&str> = hosts.iter().map(|row| row.name.as_str()).collect();
        let dvs = self.dvs.get(name).cloned().unwrap_or_default();
        let opaque = groups().filter(|row| row.backing == Backing::Opaque);
        let on_dvs = |row: &&PortGroupRow| row.vswitch.is_none() && row.backing != Backing::Opaque;
        VcenterSpec {
            name: name.to_owned(),
            epoch_unix_ms,
            users: vec![UserSpec { name: USER.to_owned(), password: PASSWORD.to_owned() }],
            lags: dvs.lags,
            pvlans: dvs.pvlans,
            opaque_networks: opaque.map(|row| OpaqueSpec { name: row.name.clone(), ..OpaqueSpec::default() }).collect(),
            hosts: hosts.iter().map(|row| self.host(row)).collect(),
            port_groups: groups().filter(on_dvs).map(distributed).collect(),
            standard_port_groups: groups().filter_map(standard).collect(),
            vms: self.vms.iter().filter(|row| homes.contains(row.host.as_str())).map(machine).collect(),
            ..VcenterSpec::default()
        }
    }

    fn host(&self, row: &HostRow) -> HostSpec {
        let vmkernel = |row: &VmkernelRow| VmkernelSpec {
            services: row.services.clone(),
            stack: row.stack.clone(),
            port_vlan: row.port_vlan.clone(),
            ..VmkernelSpec::new(&row.device, row.mac, &row.port_group)
        };
        HostSpec {
            name: row.name.clone(),
            cluster: row.cluster.clone(),
            pnics: row.pnics.iter().map(|pnic| self.pnic(pnic)).collect(),
            vmkernels: row.vmkernels.iter().map(vmkernel).collect(),
        }
    }

    fn pnic(&self, row: &PnicRow) -> PnicSpec {
        let (dvs_uplink, lag, vswitch) = match &row.plug {
            Plug::Unused => (None, None, None),
            Plug::Vswitch(name) => (None, None, Some(name.clone())),
            Plug::Uplink(name) => (Some(name.clone()), None, None),
            Plug::Lag(name) => (None, Some(name.clone()), None),
        };
        PnicSpec { device: row.device.clone(), mac: row.mac, dvs_uplink, lag, vswitch, hint: self.hint(row) }
    }

    fn hint(&self, row: &PnicRow) -> Option<HintSpec> {
        let protocol = match row.discovery {
            Discovery::Lldp => HintProtocol::Lldp,
            Discovery::Cdp => HintProtocol::Cdp,
            Discovery::None => return None,
        };
        let index = self.switches.iter().position(|switch| switch.name == row.switch)?;
        let switch = self.switches.get(index)?;
        let [_, _, high, low] = u32::try_from(index).unwrap_or(0).to_be_bytes();
        Some(HintSpec {
            protocol,
            system_name: switch.hostname.clone(),
            serial: switch.serial.clone(),
            chassis: MacAddr::new([0x02, 0x5c, 0, high, low, 0]),
            port: row.port.to_string(),
        })
    }
}

const fn spanning(row: &PortRow, link: bool) -> StpType {
    match row.edge {
        Some(false) => StpType::Normal,
        None if link => StpType::Network,
        Some(true) | None if row.fex.is_some() => StpType::Normal,
        Some(true) | None if row.trunk => StpType::EdgeTrunk,
        Some(true) | None => StpType::Edge,
    }
}

const fn mode(row: &PortRow) -> PortMode {
    match (row.fex, row.trunk) {
        (Some(_), _) => PortMode::FexFabric,
        (None, true) => PortMode::Trunk,
        (None, false) => PortMode::Access,
    }
}

fn port(row: &PortRow, neighbor: Option<Neighbor>) -> Port {
    Port {
        mode: mode(row),
        access: row.native,
        native: row.native,
        allowed: row.allowed.clone(),
        description: row.description.clone(),
        channel: row.channel,
        bundling: row.bundling,
        vpc: row.vpc,
        peer_link: row.peer_link,
        fex: row.fex,
        neighbor,
        ..Port::open_trunk()
    }
}

fn distributed(row: &PortGroupRow) -> PortGroupSpec {
    PortGroupSpec {
        name: row.name.clone(),
        vlan: row.vlan.clone(),
        active: row.active.clone(),
        standby: row.standby.clone(),
        teaming: row.teaming,
        vlan_override: row.port_vlans,
        nsx: row.backing == Backing::Nsx,
    }
}

fn standard(row: &PortGroupRow) -> Option<StandardPortGroupSpec> {
    let (vswitch, name, teaming) = (row.vswitch.clone()?, row.name.clone(), row.teaming);
    let (active, standby) = (row.active.clone(), row.standby.clone());
    let vlan = match row.vlan {
        SimVlan::Id(number) => number,
        SimVlan::Trunk(_) | SimVlan::Private(_) => return None,
    };
    Some(StandardPortGroupSpec { name, vlan, vswitch, active, standby, teaming })
}

fn machine(row: &VmRow) -> VmSpec {
    let plain = row.port_groups.iter().map(|name| VnicSpec::new(name));
    VmSpec {
        name: row.name.clone(),
        host: row.host.clone(),
        vnics: plain.chain(row.nics.iter().cloned()).collect(),
        on: row.on,
        guest_hostname: row.guest_hostname.clone(),
        guest_ip: row.guest_ip.clone(),
        appliance: row.appliance,
        template: row.template,
        passthrough: row.passthrough,
        secondary: row.secondary.clone(),
    }
}
