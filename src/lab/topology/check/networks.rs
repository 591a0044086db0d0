//! The networks of a topology file, and what is plugged into them.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use vmtracker_core::net::VlanSet;

use super::{
    super::{Backing, DvsRow, HostRow, PortGroupRow, VmRow, VmkernelRow, schema},
    Check,
};
use crate::lab::model::vcenter::{BadRanges, LagSpec, PvlanKind, PvlanSpec, SERVICES, SimVlan, Teaming, VnicSpec};

/// The port groups of one vCenter by name, and whether their ports may have VLANs of their own.
pub(super) type Groups = BTreeMap<String, bool>;

impl Check<'_> {
    pub(super) fn dvs(&mut self, row: schema::Vcenter) -> (String, DvsRow) {
        self.unique("LAG", row.lags.iter().map(|lag| &lag.name));
        let lags = row.lags.into_iter().map(|lag| self.lag(lag)).collect();
        let pvlans = row.pvlan.into_iter().map(|row| self.pvlan(&row)).collect();
        (row.name.into_inner(), DvsRow { lags, pvlans })
    }

    fn lag(&mut self, row: schema::Lag) -> LagSpec {
        let active = self.word("mode", &row.mode, ["active", "passive"]);
        LagSpec { name: row.name.into_inner(), ports: row.ports, active }
    }

    fn pvlan(&mut self, row: &schema::Pvlan) -> PvlanSpec {
        let (primary, secondary) = (self.vlan(&row.primary).get(), self.vlan(&row.secondary).get());
        let kind = self.one_of("type", &row.kind, PvlanKind::ALL, PvlanKind::as_str);
        if kind.is_some_and(|kind| (kind == PvlanKind::Promiscuous) != (primary == secondary)) {
            let text = "the secondary of a promiscuous private VLAN, and of no other, is its primary";
            self.fault(&row.secondary.span(), text.to_owned());
        }
        PvlanSpec { primary, secondary, kind: kind.unwrap_or(PvlanKind::Community) }
    }

    /// The one of `all` that is written so; when none is, a fault.
    fn one_of<T: Copy, const N: usize>(
        &mut self,
        key: &str,
        value: &Spanned<String>,
        all: [T; N],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let found = all.into_iter().find(|one| name(*one) == value.get_ref());
        if found.is_none() {
            let names = all.map(&name).join(", ");
            self.fault(&value.span(), format!("{key} is one of {names}, not {:?}", value.get_ref()));
        }
        found
    }

    pub(super) fn port_group(
        &mut self,
        row: schema::PortGroup,
        vcenters: &BTreeSet<String>,
        dvs: &BTreeMap<String, DvsRow>,
    ) -> PortGroupRow {
        if vcenters.is_empty() {
            self.fault(&row.name.span(), "a port group needs a vCenter".to_owned());
        }
        let vcenter = self.vcenter(row.vcenter.clone(), &row.name.span(), vcenters).unwrap_or_default();
        let backing = self.backing(row.backing.as_ref());
        let pvlans = dvs.get(&vcenter).map(|dvs| dvs.pvlans.as_slice()).unwrap_or_default();
        let vlan = if backing == Backing::Plain { self.group_vlan(&row, pvlans) } else { SimVlan::default() };
        let teaming = row.teaming.as_ref();
        let teaming = teaming.and_then(|word| self.one_of("teaming", word, Teaming::ALL, Teaming::as_str));
        if row.vswitch.is_some() && (row.port_vlans || backing != Backing::Plain) {
            let text = "a port group of a standard vSwitch has no \"port_vlans\" and no \"backing\"";
            self.fault(&row.name.span(), text.to_owned());
        }
        PortGroupRow {
            vcenter,
            name: row.name.into_inner(),
            vlan,
            vswitch: row.vswitch,
            active: row.active,
            standby: row.standby,
            teaming: teaming.unwrap_or_default(),
            port_vlans: row.port_vlans,
            backing,
        }
    }

    fn backing(&mut self, value: Option<&Spanned<String>>) -> Backing {
        match value.map(|value| (value, value.get_ref().as_str())) {
            None => Backing::Plain,
            Some((_, "nsx")) => Backing::Nsx,
            Some((_, "opaque")) => Backing::Opaque,
            Some((value, word)) => {
                self.fault(&value.span(), format!("backing is \"nsx\" or \"opaque\", not {word:?}"));
                Backing::Plain
            }
        }
    }

    fn group_vlan(&mut self, row: &schema::PortGroup, pvlans: &[PvlanSpec]) -> SimVlan {
        match (&row.vlan, &row.private_vlan) {
            (Some(vlan), None) => self.vlans(vlan, row.vswitch.is_some()),
            (None, Some(number)) => {
                if !pvlans.iter().any(|known| known.secondary == *number.get_ref()) {
                    let text = format!("the vCenter's \"pvlan\" has no secondary {}", number.get_ref());
                    self.fault(&number.span(), text);
                }
                if row.vswitch.is_some() {
                    self.fault(&number.span(), "a standard vSwitch has no private VLANs".to_owned());
                }
                SimVlan::Private(*number.get_ref())
            }
            (Some(_), Some(number)) => {
                self.fault(&number.span(), "a port group has \"vlan\" or \"private_vlan\", not both".to_owned());
                SimVlan::default()
            }
            (None, None) => {
                self.fault(&row.name.span(), "a port group needs \"vlan\" or \"private_vlan\"".to_owned());
                SimVlan::default()
            }
        }
    }

    /// A number or ranges. A standard vSwitch has no ranges, but 4095 for a guest that tags.
    fn vlans(&mut self, vlan: &Spanned<schema::Vlan>, standard: bool) -> SimVlan {
        let most = if standard { 4095 } else { 4094 };
        match vlan.get_ref() {
            schema::Vlan::Id(number) if *number > most => {
                self.fault(&vlan.span(), format!("vlan is 0 to {most}, not {number}"));
                SimVlan::default()
            }
            schema::Vlan::Id(number) => SimVlan::Id(*number),
            schema::Vlan::Ranges(_) if standard => {
                self.fault(&vlan.span(), "a standard vSwitch has no VLAN ranges, but 4095".to_owned());
                SimVlan::default()
            }
            schema::Vlan::Ranges(text) => text.parse().unwrap_or_else(|error: BadRanges| {
                self.fault(&vlan.span(), error.to_string());
                SimVlan::default()
            }),
        }
    }

    /// Port groups by vCenter.
    pub(super) fn groups(&mut self, rows: &[PortGroupRow]) -> BTreeMap<String, Groups> {
        let mut groups: BTreeMap<String, Groups> = BTreeMap::new();
        for row in rows {
            let of_vcenter = groups.entry(row.vcenter.clone()).or_default();
            if of_vcenter.insert(row.name.clone(), row.port_vlans).is_some() {
                self.fault(&(0..0), format!("port group {:?} of vCenter {:?} is there twice", row.name, row.vcenter));
            }
        }
        groups
    }

    fn plugged(&mut self, what: &str, name: &Spanned<String>, groups: &Groups) {
        if !groups.contains_key(name.get_ref()) {
            self.fault(&name.span(), format!("no port group of {what} is called {:?}", name.get_ref()));
        }
    }

    /// A port's own VLAN, where its group allows one. Of an unknown group nothing more is said.
    fn port_vlan(
        &mut self,
        vlan: Option<&Spanned<schema::Vlan>>,
        group: &Spanned<String>,
        groups: &Groups,
    ) -> Option<SimVlan> {
        let vlan = vlan?;
        if groups.get(group.get_ref()) == Some(&false) {
            let text = format!("port group {:?} needs \"port_vlans = true\" for that", group.get_ref());
            self.fault(&vlan.span(), text);
        }
        Some(self.vlans(vlan, false))
    }

    pub(super) fn vmkernel(&mut self, row: schema::Vmkernel, groups: Option<&Groups>) -> VmkernelRow {
        if let Some(groups) = groups {
            self.plugged("its vCenter", &row.port_group, groups);
        }
        for name in row.services.iter().filter(|name| !SERVICES.contains(&name.get_ref().as_str())) {
            let text = format!("a service is one of {}, not {:?}", SERVICES.join(", "), name.get_ref());
            self.fault(&name.span(), text);
        }
        let mac = self.mac(row.mac.as_ref());
        let none = Groups::new();
        VmkernelRow {
            device: row.device.into_inner(),
            mac,
            port_vlan: self.port_vlan(row.port_vlan.as_ref(), &row.port_group, groups.unwrap_or(&none)),
            port_group: row.port_group.into_inner(),
            services: row.services.into_iter().map(Spanned::into_inner).collect(),
            stack: row.stack,
        }
    }

    pub(super) fn vm(
        &mut self,
        row: schema::Vm,
        names: &BTreeSet<String>,
        hosts: &[HostRow],
        groups: &BTreeMap<String, Groups>,
    ) -> VmRow {
        self.known("host", &row.host, names);
        let host = hosts.iter().find(|host| host.name == *row.host.get_ref());
        let known = host.map(|host| groups.get(host.vcenter.as_deref().unwrap_or_default()).cloned());
        if let Some(known) = known.clone() {
            let known = known.unwrap_or_default();
            row.port_groups.iter().for_each(|name| self.plugged("its host's vCenter", name, &known));
            row.nics.iter().for_each(|nic| self.plugged("its host's vCenter", &nic.port_group, &known));
        }
        if let Some(other) = &row.secondary {
            self.secondary(other, host, hosts);
        }
        let known = known.flatten().unwrap_or_default();
        VmRow {
            name: row.name.into_inner(),
            host: row.host.into_inner(),
            port_groups: row.port_groups.into_iter().map(Spanned::into_inner).collect(),
            nics: row.nics.into_iter().map(|nic| self.nic(nic, host, &known)).collect(),
            on: row.on && !row.template,
            guest_hostname: row.guest_hostname,
            guest_ip: row.guest_ip,
            appliance: row.appliance,
            template: row.template,
            passthrough: row.passthrough,
            secondary: row.secondary.map(Spanned::into_inner),
        }
    }

    /// A secondary is at another host of the same vCenter.
    fn secondary(&mut self, name: &Spanned<String>, primary: Option<&HostRow>, hosts: &[HostRow]) {
        let other = hosts.iter().find(|host| host.name == *name.get_ref());
        let together = primary.zip(other).is_some_and(|(one, two)| one.vcenter == two.vcenter && one.name != two.name);
        if !together {
            let text = format!("a secondary is at another host of the same vCenter, not at {:?}", name.get_ref());
            self.fault(&name.span(), text);
        }
    }

    fn nic(&mut self, row: schema::Nic, host: Option<&HostRow>, groups: &Groups) -> VnicSpec {
        if let Some((device, host)) = row.sriov.as_ref().zip(host)
            && !host.pnics.iter().any(|pnic| pnic.device == *device.get_ref())
        {
            self.fault(&device.span(), format!("its host has no pnic {:?}", device.get_ref()));
        }
        let guest_vlans = row.guest_vlans.as_ref().map(|list| self.parse(list, VlanSet::EMPTY));
        VnicSpec {
            port_vlan: self.port_vlan(row.port_vlan.as_ref(), &row.port_group, groups),
            port_group: row.port_group.into_inner(),
            guest_vlans: guest_vlans.unwrap_or_default(),
            connected: row.connected,
            start_connected: row.start_connected.unwrap_or(row.connected),
            sriov: row.sriov.map(Spanned::into_inner),
        }
    }
}
