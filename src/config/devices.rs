//! `[[vcenter]]` and `[[switch]]`: how to reach each device, and its part of the policy.

use std::collections::BTreeMap;

use vmtracker_core::{
    net::{InterfaceName, SwitchName, VcenterName},
    nexus::nxapi::Dialect,
    tracker::{InterfacePolicy, Mode, SwitchPolicy, VcenterPolicy, WideTrunks},
};

use super::{
    fabric::{Fabric, allowed, mode, prepare, wide_trunk, wide_trunks},
    login,
    settings::{Secret, SwitchSettings, VcenterSettings},
    source::{Section, Source},
    ssh::{self, Transport},
    value,
};

/// A device as configured; without settings where those have faults, so that others may still refer to it.
pub(super) struct Device<S, P> {
    pub(super) settings: Option<S>,
    pub(super) policy: P,
}

/// Each vCenter by its name.
pub(super) type Vcenters = BTreeMap<VcenterName, Device<VcenterSettings, VcenterPolicy>>;
/// Each switch by its name.
pub(super) type Switches = BTreeMap<SwitchName, Device<SwitchSettings, SwitchPolicy>>;

const REACH: [&str; 7] = ["name", "url", "username", "password_file", "password_env", "ca_file", "fingerprint_sha256"];

pub(super) fn vcenters(source: &Source<'_>, root: &Section<'_>, fabric: &Fabric) -> Vcenters {
    let mut unique = Unique::default();
    let one = |section: &Section<'_>| {
        let own = [
            "allowed_vlans",
            "wide_trunk",
            "wide_trunks",
            "prepare",
            "critical_vms",
            "drs_recommendations",
            "attributes",
            "annotate",
        ];
        section.allow(&[&REACH[..], &own].concat());
        let name = VcenterName::from(unique.name(section)?);
        let policy = VcenterPolicy {
            allowed: allowed(section),
            prepare: prepare(section).unwrap_or(fabric.prepare),
            address: section.text("url").and_then(|url| value::host(&url.value)).unwrap_or_default(),
            critical_vms: section.texts("critical_vms").into_iter().collect(),
            drs_recommendations: section.flag("drs_recommendations").unwrap_or(fabric.drs_recommendations),
            wide_trunk: wide_trunk(section),
            wide_trunks: wide_trunks(section),
        };
        consent_is_bounded(section, &policy, fabric);
        let settings = vcenter(source, section, &name, &mut unique);
        let recommendations = policy.drs_recommendations;
        let settings = settings.map(|settings| VcenterSettings { recommendations, ..settings });
        Some((name, Device { settings, policy }))
    };
    root.sections("vcenter").iter().filter_map(one).collect()
}

/// Consent to wide trunks needs a range that bounds it: else it would be every VLAN there is. Where only the fabric
/// consents, its own key is at fault.
fn consent_is_bounded(section: &Section<'_>, policy: &VcenterPolicy, fabric: &Fabric) {
    let consents = policy.wide_trunks == Some(WideTrunks::AllowedVlans);
    if consents && policy.allowed.is_none() && fabric.allowed.is_none() {
        section.fault("wide_trunks", "needs allowed_vlans, here or in [fabric], that says which VLANs are meant");
    }
}

pub(super) fn switches(source: &Source<'_>, root: &Section<'_>, fabric: Mode) -> Switches {
    let mut unique = Unique::default();
    let one = |section: &Section<'_>| {
        section.allow(
            &[
                &REACH[..],
                &ssh::KEYS[..],
                &["transport", "nxapi_dialect", "mode", "allowed_vlans", "interface", "vpc_peer"],
            ]
            .concat(),
        );
        let name = SwitchName::from(unique.name(section)?);
        let policy = SwitchPolicy {
            mode: mode(section).unwrap_or(fabric),
            allowed: allowed(section),
            interfaces: interfaces(section),
            vpc_peer: section.text("vpc_peer").map(|text| SwitchName::from(text.value)),
        };
        let settings = switch(source, section, &name, &mut unique);
        Some((name, Device { settings, policy }))
    };
    let sections = root.sections("switch");
    let switches: Switches = sections.iter().filter_map(one).collect();
    sections.iter().for_each(|section| peer_is_another(section, &switches));
    switches
}

/// `vpc_peer` names another switch of the configuration.
fn peer_is_another(section: &Section<'_>, switches: &Switches) {
    let Some(peer) = section.text("vpc_peer").map(|text| text.value) else { return };
    if section.text("name").is_some_and(|name| name.value == peer) {
        section.fault("vpc_peer", "a switch is not its own peer");
    } else if !switches.contains_key(&SwitchName::from(peer.as_str())) {
        section.fault("vpc_peer", format!("no [[switch]] is called {peer:?}"));
    }
}

fn vcenter(
    source: &Source<'_>,
    section: &Section<'_>,
    name: &VcenterName,
    unique: &mut Unique,
) -> Option<VcenterSettings> {
    let url = unique.url(section);
    let (username, password) = login::login(source, section);
    let trust = login::trust(source, section);
    let wants = |key: &str| section.flag(key).unwrap_or_default();
    let (attributes, annotate) = (wants("attributes"), wants("annotate"));
    Some(VcenterSettings {
        name: name.clone(),
        url: url?,
        username: username?,
        password: password?,
        trust: trust?,
        attributes,
        annotate,
        recommendations: false,
    })
}

fn switch(
    source: &Source<'_>,
    section: &Section<'_>,
    name: &SwitchName,
    unique: &mut Unique,
) -> Option<SwitchSettings> {
    let transport = ssh::transport(section);
    let only_ssh = transport == Transport::Ssh;
    let url = if only_ssh { Some(String::new()) } else { unique.url(section) };
    if only_ssh {
        let useless = ["url", "ca_file", "fingerprint_sha256"].into_iter().filter(|key| section.has(key));
        useless.for_each(|key| section.fault(key, "is of no use with transport = \"ssh\""));
    }
    let (username, password) = match only_ssh && ssh::without_password(section) {
        true => (section.required("username").map(|it| it.value), Some(Secret::new(String::new()))),
        false => login::login(source, section),
    };
    let trust = login::trust(source, section);
    let ssh = ssh::settings(source, section, transport, url.as_deref());
    if let Some(ssh) = &ssh
        && section.has("ssh")
    {
        unique.address(section, "ssh", ssh.address())?;
    }
    let (name, dialect) = (name.clone(), dialect(section));
    Some(SwitchSettings { name, url: url?, username: username?, password: password?, trust: trust?, dialect, ssh })
}

/// `nxapi_dialect`; none for `auto`: it is found out.
fn dialect(section: &Section<'_>) -> Option<Dialect> {
    section.parse("nxapi_dialect", value::dialect)?.value
}

fn interfaces(switch: &Section<'_>) -> BTreeMap<InterfaceName, InterfacePolicy> {
    let mut interfaces = BTreeMap::new();
    for section in switch.sections("interface") {
        section.allow(&["name", "mode", "allowed_vlans"]);
        let policy = InterfacePolicy { mode: mode(&section), allowed: allowed(&section) };
        let Some(name) = interface(&section, "name") else { continue };
        if interfaces.insert(name, policy).is_some() {
            section.fault("name", format!("{name} is listed twice"));
        }
    }
    interfaces
}

/// The name of a port that can be a trunk to a host.
pub(super) fn interface(section: &Section<'_>, key: &str) -> Option<InterfaceName> {
    section.required(key)?;
    let parse = |text: &str| {
        let name: InterfaceName = text.parse().map_err(|why| format!("{why}"))?;
        let refusal = || format!("{name} cannot be a trunk to a host; use an Ethernet port or a port-channel");
        name.can_trunk().then_some(name).ok_or_else(refusal)
    };
    section.parse(key, parse).map(|it| it.value)
}

/// Names and addresses that were seen, so that none is used twice.
#[derive(Default)]
struct Unique {
    names: BTreeMap<String, ()>,
    addresses: BTreeMap<String, String>,
}

impl Unique {
    fn name(&mut self, section: &Section<'_>) -> Option<String> {
        let name = section.required("name")?.value;
        // The name is a metric's label and a word on the command line.
        let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
        if !plain || name.len() > 64 {
            section.fault("name", format!("{name:?} must be letters, digits, '.', '_' and '-', at most 64"));
            return None;
        }
        if self.names.insert(name.clone(), ()).is_some() {
            section.fault("name", format!("{name:?} is used twice"));
            return None;
        }
        Some(name)
    }

    fn url(&mut self, section: &Section<'_>) -> Option<String> {
        section.required("url")?;
        let url = section.parse("url", value::https_url)?.value;
        self.address(section, "url", url)
    }

    fn address(&mut self, section: &Section<'_>, key: &str, address: String) -> Option<String> {
        match self.addresses.insert(address.clone(), section.path_of(key)) {
            Some(first) => {
                section.fault(key, format!("{address} is used twice: also by {first}"));
                None
            }
            None => Some(address),
        }
    }
}
