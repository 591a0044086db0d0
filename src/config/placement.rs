//! `[[attachment]]`, `[[cluster]]` and `[[floor]]`: what a person says about where things are.

use std::collections::BTreeSet;

use vmtracker_core::{
    net::{SwitchName, VcenterName, VlanSet},
    tracker::{ClusterPolicy, Floor, StaticAttachment},
};

use super::{
    devices::{Switches, Vcenters, interface},
    fabric::prepare,
    source::{Located, Section, Source},
    value,
};

/// The devices that a placement may name.
pub(super) struct Known {
    vcenters: BTreeSet<VcenterName>,
    switches: BTreeSet<SwitchName>,
}

impl Known {
    pub(super) fn new(vcenters: &Vcenters, switches: &Switches) -> Self {
        Self { vcenters: vcenters.keys().cloned().collect(), switches: switches.keys().cloned().collect() }
    }

    fn vcenter(&self, source: &Source<'_>, text: &Located<String>) -> Option<VcenterName> {
        let name = VcenterName::from(text.value.as_str());
        self.vcenters.contains(&name).then_some(name).or_else(|| unknown(source, text, "vcenter"))
    }

    fn switch(&self, source: &Source<'_>, text: &Located<String>) -> Option<SwitchName> {
        let name = SwitchName::from(text.value.as_str());
        self.switches.contains(&name).then_some(name).or_else(|| unknown(source, text, "switch"))
    }
}

fn unknown<T>(source: &Source<'_>, text: &Located<String>, kind: &str) -> Option<T> {
    source.fault(text.key.clone(), text.span.clone(), format!("no [[{kind}]] is called {:?}", text.value));
    None
}

pub(super) fn attachments(source: &Source<'_>, root: &Section<'_>, known: &Known) -> Vec<StaticAttachment> {
    let mut seen = BTreeSet::new();
    let mut attachments = Vec::new();
    for section in root.sections("attachment") {
        section.allow(&["vcenter", "host", "pnic", "switch", "interface"]);
        let Some(one) = attachment(source, &section, known) else { continue };
        if !seen.insert((one.vcenter.clone(), one.host.clone(), one.pnic.clone())) {
            section.fault("", format!("{} of {} is attached twice", one.pnic, one.host));
        }
        attachments.push(one);
    }
    attachments
}

fn attachment(source: &Source<'_>, section: &Section<'_>, known: &Known) -> Option<StaticAttachment> {
    let vcenter = section.text("vcenter").map(|text| known.vcenter(source, &text));
    let (host, pnic) = (section.required("host"), section.required("pnic"));
    let switch = section.required("switch").and_then(|text| known.switch(source, &text));
    let interface = interface(section, "interface");
    Some(StaticAttachment {
        vcenter: match vcenter {
            Some(named) => Some(named?),
            None => None,
        },
        host: host?.value,
        pnic: pnic?.value,
        switch: switch?,
        interface: interface?,
    })
}

pub(super) fn clusters(source: &Source<'_>, root: &Section<'_>, known: &Known) -> Vec<ClusterPolicy> {
    let mut seen = BTreeSet::new();
    let one = |section: &Section<'_>| {
        section.allow(&["vcenter", "name", "prepare"]);
        let vcenter = section.required("vcenter").and_then(|text| known.vcenter(source, &text));
        let cluster = section.required("name").map(|text| text.value);
        let prepare = section.required("prepare").and_then(|_| prepare(section));
        let (vcenter, cluster) = (vcenter?, cluster?);
        if !seen.insert((vcenter.clone(), cluster.clone())) {
            section.fault("name", format!("cluster {cluster:?} of {vcenter} is listed twice"));
        }
        Some(ClusterPolicy { vcenter, cluster, prepare: prepare? })
    };
    root.sections("cluster").iter().filter_map(one).collect()
}

pub(super) fn floors(source: &Source<'_>, root: &Section<'_>, known: &Known, allowed: Option<&VlanSet>) -> Vec<Floor> {
    let one = |section: &Section<'_>| {
        section.allow(&["vcenter", "cluster", "vlans"]);
        let vcenter = section.required("vcenter").and_then(|text| known.vcenter(source, &text));
        let cluster = section.required("cluster").map(|text| text.value);
        let vlans = floor_vlans(source, section, allowed);
        Some(Floor { vcenter: vcenter?, cluster: cluster?, vlans: vlans? })
    };
    root.sections("floor").iter().filter_map(one).collect()
}

fn floor_vlans(source: &Source<'_>, section: &Section<'_>, allowed: Option<&VlanSet>) -> Option<VlanSet> {
    section.required("vlans")?;
    let vlans = section.parse("vlans", value::vlans)?;
    let never = vlans.value.intersection(&value::untouchable());
    if !never.is_empty() {
        section.fault("vlans", format!("VLAN {never} is never touched"));
        return None;
    }
    let outside = allowed.map(|allowed| vlans.value.difference(allowed)).unwrap_or_default();
    if !outside.is_empty() {
        let text = format!("VLAN {outside} lies outside of fabric.allowed_vlans and will not be added");
        source.warn(vlans.key, vlans.span, text);
    }
    Some(vlans.value)
}
