//! From the TOML to a consistent topology: every fault at once, with its line.

mod switches;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
    str::FromStr,
};

use thiserror::Error;
use toml::Spanned;
use vmtracker_core::net::{InterfaceName, MacAddr, VlanId};

use super::{Discovery, HostRow, Plug, PnicRow, PortGroupRow, SwitchRow, Topology, VmRow, VmkernelRow, schema};

/// One fault of a topology file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
}

/// Every fault of a topology file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match fault.line {
                Some(line) => write!(f, "line {line}: {}", fault.text)?,
                None => f.write_str(&fault.text)?,
            }
        }
        Ok(())
    }
}

impl Topology {
    /// Reads a topology file.
    ///
    /// # Errors
    /// Every fault at once; of a file that is no TOML, or not of this shape, the first.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        let file: schema::File = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| line_of(text, &span));
            Faults(vec![Fault { line, text: error.message().to_owned() }])
        })?;
        let mut check = Check { text, faults: Vec::new(), ends: BTreeSet::new(), macs: 0 };
        let topology = check.file(file);
        if check.faults.is_empty() { Ok(topology) } else { Err(Faults(check.faults)) }
    }

    /// Writes it as a file that [`Self::parse`] reads back to the same.
    ///
    /// # Errors
    /// When it cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&schema::File::from(self))
    }
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
}

struct Check<'a> {
    text: &'a str,
    faults: Vec<Fault>,
    ends: BTreeSet<(String, InterfaceName)>,
    macs: u32,
}

impl Check<'_> {
    fn fault(&mut self, span: &Range<usize>, text: String) {
        let line = (!span.is_empty()).then(|| line_of(self.text, span));
        self.faults.push(Fault { line, text });
    }

    fn parse<T: FromStr<Err: fmt::Display>>(&mut self, value: &Spanned<String>, or: T) -> T {
        value.get_ref().parse().unwrap_or_else(|error: T::Err| {
            self.fault(&value.span(), error.to_string());
            or
        })
    }

    fn unique<'t>(&mut self, what: &str, names: impl Iterator<Item = &'t Spanned<String>>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        for name in names {
            if name.get_ref().is_empty() {
                self.fault(&name.span(), format!("a {what} needs a name"));
            }
            if !seen.insert(name.get_ref().clone()) {
                self.fault(&name.span(), format!("{what} {:?} is there twice", name.get_ref()));
            }
        }
        seen
    }

    fn known(&mut self, what: &str, name: &Spanned<String>, names: &BTreeSet<String>) {
        if !names.contains(name.get_ref()) {
            self.fault(&name.span(), format!("no {what} is called {:?}", name.get_ref()));
        }
    }

    fn file(&mut self, file: schema::File) -> Topology {
        self.unique("switch", file.switch.iter().map(|row| &row.name));
        let vcenters = self.unique("vCenter", file.vcenter.iter().map(|row| &row.name));
        let host_names = self.unique("host", file.host.iter().map(|row| &row.name));
        let switches: Vec<_> = (1..).zip(file.switch).map(|(number, row)| self.switch(number, row)).collect();
        let mut topology = Topology { switches, ..Topology::default() };
        topology.vcenters = file.vcenter.into_iter().map(|row| row.name.into_inner()).collect();
        topology.port_groups = file.port_group.into_iter().map(|row| self.port_group(row, &vcenters)).collect();
        let groups = self.groups(&topology.port_groups);
        let ports = ports(&topology.switches);
        topology.links = file.link.into_iter().map(|row| self.link(row, &ports)).collect();
        topology.hosts = file.host.into_iter().map(|row| self.host(row, &vcenters, &groups, &ports)).collect();
        self.unique("VM", file.vm.iter().map(|row| &row.name));
        let homes = topology.hosts.iter().map(|row| (row.name.clone(), row.vcenter.clone().unwrap_or_default()));
        let homes: BTreeMap<_, _> = homes.collect();
        topology.vms = file.vm.into_iter().map(|row| self.vm(row, &host_names, &homes, &groups)).collect();
        topology
    }

    fn vlan(&mut self, number: &Spanned<u16>) -> VlanId {
        VlanId::new(*number.get_ref()).unwrap_or_else(|| {
            self.fault(&number.span(), format!("a VLAN is 1 to 4094, not {}", number.get_ref()));
            VlanId::MIN
        })
    }

    /// The vCenter that a row names, or the only one there is.
    fn vcenter(
        &mut self,
        name: Option<Spanned<String>>,
        at: &Range<usize>,
        vcenters: &BTreeSet<String>,
    ) -> Option<String> {
        if let Some(name) = name {
            self.known("vCenter", &name, vcenters);
            return Some(name.into_inner());
        }
        if vcenters.len() > 1 {
            self.fault(at, "with several vCenters this needs the key \"vcenter\"".to_owned());
        }
        vcenters.first().cloned()
    }

    fn port_group(&mut self, row: schema::PortGroup, vcenters: &BTreeSet<String>) -> PortGroupRow {
        if *row.vlan.get_ref() > 4095 {
            self.fault(&row.vlan.span(), format!("vlan is 0 to 4095, not {}", row.vlan.get_ref()));
        }
        if vcenters.is_empty() {
            self.fault(&row.name.span(), "a port group needs a vCenter".to_owned());
        }
        PortGroupRow {
            vcenter: self.vcenter(row.vcenter, &row.name.span(), vcenters).unwrap_or_default(),
            name: row.name.into_inner(),
            vlan: row.vlan.into_inner(),
            vswitch: row.vswitch,
            active: row.active,
            standby: row.standby,
        }
    }

    /// Names of port groups by vCenter.
    fn groups(&mut self, rows: &[PortGroupRow]) -> BTreeMap<String, BTreeSet<String>> {
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in rows {
            if !groups.entry(row.vcenter.clone()).or_default().insert(row.name.clone()) {
                self.fault(&(0..0), format!("port group {:?} of vCenter {:?} is there twice", row.name, row.vcenter));
            }
        }
        groups
    }

    fn host(
        &mut self,
        row: schema::Host,
        vcenters: &BTreeSet<String>,
        groups: &BTreeMap<String, BTreeSet<String>>,
        ports: &BTreeMap<String, BTreeSet<InterfaceName>>,
    ) -> HostRow {
        self.unique("pnic", row.pnics.iter().map(|pnic| &pnic.device));
        let vcenter = self.vcenter(row.vcenter, &row.name.span(), vcenters);
        let known = vcenter.as_ref().map(|name| groups.get(name).cloned().unwrap_or_default());
        HostRow {
            vcenter,
            name: row.name.into_inner(),
            cluster: row.cluster,
            pnics: row.pnics.into_iter().map(|pnic| self.pnic(pnic, ports)).collect(),
            vmkernels: row.vmkernels.into_iter().map(|row| self.vmkernel(row, known.as_ref())).collect(),
        }
    }

    fn pnic(&mut self, row: schema::Pnic, ports: &BTreeMap<String, BTreeSet<InterfaceName>>) -> PnicRow {
        let port = self.cable(&row.switch, &row.port, ports);
        PnicRow {
            mac: self.mac(row.mac.as_ref()),
            plug: self.plug(row.vswitch, row.uplink),
            discovery: self.discovery(&row.discovery),
            device: row.device.into_inner(),
            switch: row.switch.into_inner(),
            port,
        }
    }

    fn plug(&mut self, vswitch: Option<Spanned<String>>, uplink: Option<Spanned<String>>) -> Plug {
        match (vswitch, uplink) {
            (None, None) => Plug::Unused,
            (Some(name), None) => Plug::Vswitch(name.into_inner()),
            (None, Some(name)) => Plug::Uplink(name.into_inner()),
            (Some(name), Some(_)) => {
                self.fault(&name.span(), "a pnic has \"vswitch\" or \"uplink\", not both".to_owned());
                Plug::Unused
            }
        }
    }

    fn discovery(&mut self, value: &Spanned<String>) -> Discovery {
        match value.get_ref().as_str() {
            "lldp" => Discovery::Lldp,
            "cdp" => Discovery::Cdp,
            "none" => Discovery::None,
            other => {
                self.fault(&value.span(), format!("discovery is \"lldp\", \"cdp\" or \"none\", not {other:?}"));
                Discovery::None
            }
        }
    }

    /// The address given, or the next locally administered one.
    fn mac(&mut self, given: Option<&Spanned<String>>) -> MacAddr {
        self.macs += 1;
        let [a, b, c, d] = self.macs.to_be_bytes();
        let next = MacAddr::new([0x02, 0x1a, a, b, c, d]);
        given.map_or(next, |text| self.parse(text, next))
    }

    fn vmkernel(&mut self, row: schema::Vmkernel, groups: Option<&BTreeSet<String>>) -> VmkernelRow {
        if let Some(groups) = groups {
            self.known("port group of its vCenter", &row.port_group, groups);
        }
        let mac = self.mac(row.mac.as_ref());
        VmkernelRow { device: row.device.into_inner(), mac, port_group: row.port_group.into_inner() }
    }

    fn vm(
        &mut self,
        row: schema::Vm,
        hosts: &BTreeSet<String>,
        homes: &BTreeMap<String, String>,
        groups: &BTreeMap<String, BTreeSet<String>>,
    ) -> VmRow {
        self.known("host", &row.host, hosts);
        if let Some(vcenter) = homes.get(row.host.get_ref()) {
            let empty = BTreeSet::new();
            let known = groups.get(vcenter).unwrap_or(&empty);
            row.port_groups.iter().for_each(|name| self.known("port group of its host's vCenter", name, known));
        }
        let port_groups = row.port_groups.into_iter().map(Spanned::into_inner).collect();
        VmRow {
            name: row.name.into_inner(),
            host: row.host.into_inner(),
            port_groups,
            on: row.on,
            guest_hostname: row.guest_hostname,
            guest_ip: row.guest_ip,
            appliance: row.appliance,
        }
    }
}

/// The ports that a cable can end at.
fn ports(switches: &[SwitchRow]) -> BTreeMap<String, BTreeSet<InterfaceName>> {
    let physical = |row: &SwitchRow| row.ports.iter().map(|port| port.name).filter(|name| !is_channel(*name)).collect();
    switches.iter().map(|row| (row.name.clone(), physical(row))).collect()
}

const fn is_channel(name: InterfaceName) -> bool {
    matches!(name, InterfaceName::PortChannel(_))
}
