//! From the TOML to a consistent topology: every fault at once, with its line.

mod networks;
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

use super::{Discovery, DvsRow, HostRow, Plug, PnicRow, SwitchRow, Topology, schema};
use crate::lab::model::vcenter::LagSpec;
use networks::Groups;

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

/// What the rows of hosts name.
#[derive(Clone, Copy)]
struct Site<'a> {
    vcenters: &'a BTreeSet<String>,
    groups: &'a BTreeMap<String, Groups>,
    ports: &'a BTreeMap<String, BTreeSet<InterfaceName>>,
    dvs: &'a BTreeMap<String, DvsRow>,
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
        for row in file.vcenter {
            let (name, dvs) = self.dvs(row);
            topology.dvs.extend((dvs != DvsRow::default()).then(|| (name.clone(), dvs)));
            topology.vcenters.push(name);
        }
        let dvs = topology.dvs.clone();
        topology.port_groups = file.port_group.into_iter().map(|row| self.port_group(row, &vcenters, &dvs)).collect();
        let groups = self.groups(&topology.port_groups);
        let ports = ports(&topology.switches);
        topology.links = file.link.into_iter().map(|row| self.link(row, &ports)).collect();
        let site = Site { vcenters: &vcenters, groups: &groups, ports: &ports, dvs: &dvs };
        topology.hosts = file.host.into_iter().map(|row| self.host(row, site)).collect();
        self.unique("VM", file.vm.iter().map(|row| &row.name));
        topology.vms = file.vm.into_iter().map(|row| self.vm(row, &host_names, &topology.hosts, &groups)).collect();
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

    fn host(&mut self, row: schema::Host, site: Site<'_>) -> HostRow {
        self.unique("pnic", row.pnics.iter().map(|pnic| &pnic.device));
        let vcenter = self.vcenter(row.vcenter, &row.name.span(), site.vcenters);
        let known = vcenter.as_ref().map(|name| site.groups.get(name).cloned().unwrap_or_default());
        let lags = vcenter.as_ref().and_then(|name| site.dvs.get(name)).map(|dvs| dvs.lags.as_slice());
        HostRow {
            vcenter,
            name: row.name.into_inner(),
            cluster: row.cluster,
            pnics: row.pnics.into_iter().map(|pnic| self.pnic(pnic, site.ports, lags.unwrap_or_default())).collect(),
            vmkernels: row.vmkernels.into_iter().map(|row| self.vmkernel(row, known.as_ref())).collect(),
        }
    }

    fn pnic(
        &mut self,
        row: schema::Pnic,
        ports: &BTreeMap<String, BTreeSet<InterfaceName>>,
        lags: &[LagSpec],
    ) -> PnicRow {
        let port = self.cable(&row.switch, &row.port, ports);
        if let Some(lag) = row.lag.as_ref().filter(|lag| !lags.iter().any(|known| known.name == *lag.get_ref())) {
            self.fault(&lag.span(), format!("no LAG of its host's vCenter is called {:?}", lag.get_ref()));
        }
        PnicRow {
            mac: self.mac(row.mac.as_ref()),
            plug: self.plug(row.vswitch, row.uplink, row.lag),
            discovery: self.discovery(&row.discovery),
            device: row.device.into_inner(),
            switch: row.switch.into_inner(),
            port,
        }
    }

    fn plug(
        &mut self,
        vswitch: Option<Spanned<String>>,
        uplink: Option<Spanned<String>>,
        lag: Option<Spanned<String>>,
    ) -> Plug {
        let vswitch = vswitch.map(|name| (name.span(), Plug::Vswitch(name.into_inner())));
        let uplink = uplink.map(|name| (name.span(), Plug::Uplink(name.into_inner())));
        let lag = lag.map(|name| (name.span(), Plug::Lag(name.into_inner())));
        let mut given = [vswitch, uplink, lag].into_iter().flatten();
        let Some((span, plug)) = given.next() else { return Plug::Unused };
        if given.next().is_some() {
            self.fault(&span, "a pnic has one of \"vswitch\", \"uplink\" and \"lag\"".to_owned());
        }
        plug
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
}

/// The ports that a cable can end at.
fn ports(switches: &[SwitchRow]) -> BTreeMap<String, BTreeSet<InterfaceName>> {
    let physical = |row: &SwitchRow| row.ports.iter().map(|port| port.name).filter(|name| !is_channel(*name)).collect();
    switches.iter().map(|row| (row.name.clone(), physical(row))).collect()
}

const fn is_channel(name: InterfaceName) -> bool {
    matches!(name, InterfaceName::PortChannel(_))
}
