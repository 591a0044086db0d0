//! `[fabric]` and `[service]`: what holds everywhere.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use vmtracker_core::{
    net::VlanSet,
    tracker::{Act, LinkPolicy, Mode, Pace, Prepare, Save, VcenterPolicy, WideTrunks},
};

use super::{
    devices::Vcenters,
    settings::Service,
    source::{Located, Section, Source},
    value,
};

/// How long a requirement must be gone before its VLAN is withdrawn, where nothing else is said (design §2).
const HOLD_DOWN: Duration = Duration::from_secs(60 * 60);
/// Where the ledger is kept, where nothing else is said; systemd's `StateDirectory`.
const STORE: &str = "/var/lib/vmtracker/vmtracker.db";
/// Where commands are taken, where nothing else is said; systemd's `RuntimeDirectory`.
const CONTROL: &str = "/run/vmtracker/control.sock";

/// `[fabric]`.
pub(super) struct Fabric {
    pub(super) mode: Mode,
    pub(super) allowed: Option<VlanSet>,
    pub(super) hold_down: Duration,
    pub(super) pace: Pace,
    pub(super) links: LinkPolicy,
    pub(super) save: Save,
    pub(super) wide_trunk: u16,
    pub(super) wide_trunks: WideTrunks,
    pub(super) prepare: Prepare,
    pub(super) drs_recommendations: bool,
}

/// How many VLANs a port group trunks at most without being wide, where nothing else is said: more than the guests of
/// one port group commonly tag, and fewer than whoever ticked the default range 0-4094.
const WIDE_TRUNK: u16 = 32;

pub(super) fn fabric(source: &Source<'_>, section: Option<&Section<'_>>) -> Fabric {
    let mut fabric = Fabric {
        mode: Mode::both(Act::Observe),
        allowed: None,
        hold_down: HOLD_DOWN,
        pace: Pace::Guarded,
        links: LinkPolicy::default(),
        save: Save::default(),
        wide_trunk: WIDE_TRUNK,
        wide_trunks: WideTrunks::default(),
        prepare: Prepare::default(),
        drs_recommendations: false,
    };
    let Some(section) = section else { return fabric };
    let known = ["mode", "allowed_vlans", "hold_down", "pace", "links", "save", "wide_trunk", "wide_trunks"];
    section.allow(&[&known[..], &["prepare", "drs_recommendations"]].concat());
    fabric.mode = mode(section).unwrap_or(fabric.mode);
    fabric.allowed = allowed(section);
    fabric.hold_down = section.parse("hold_down", value::duration).map_or(fabric.hold_down, |it| it.value);
    fabric.pace = section.parse("pace", pace).map_or(fabric.pace, |it| it.value);
    fabric.links = section.parse("links", links).map_or(fabric.links, |it| it.value);
    fabric.save = save(source, section).unwrap_or(fabric.save);
    fabric.wide_trunk = wide_trunk(section).unwrap_or(fabric.wide_trunk);
    fabric.wide_trunks = wide_trunks(section).unwrap_or(fabric.wide_trunks);
    fabric.prepare = prepare(section).unwrap_or(fabric.prepare);
    fabric.drs_recommendations = section.flag("drs_recommendations").unwrap_or(false);
    fabric
}

pub(super) fn service(source: &Source<'_>, section: Option<&Section<'_>>) -> Service {
    let control = control(source, section);
    let mut service = Service { store: STORE.into(), control, metrics: None, log: "info".to_owned() };
    let Some(section) = section else { return service };
    section.allow(&["store", "control", "metrics", "log"]);
    service.store = section.text("store").map_or(service.store, |text| source.resolve(&text.value));
    service.metrics = section.parse("metrics", address).map(|it| it.value);
    service.log = section.parse("log", log_filter).map_or(service.log, |it| it.value);
    service
}

/// `service.control`.
pub(super) fn control(source: &Source<'_>, section: Option<&Section<'_>>) -> PathBuf {
    let text = section.and_then(|section| section.text("control"));
    text.map_or_else(|| CONTROL.into(), |text| source.resolve(&text.value))
}

/// `allowed_vlans` of any section.
pub(super) fn allowed(section: &Section<'_>) -> Option<VlanSet> {
    section.parse("allowed_vlans", value::vlans).map(|it| it.value)
}

/// `prepare` of any section.
pub(super) fn prepare(section: &Section<'_>) -> Option<Prepare> {
    let parse = |text: &str| match text {
        "on-move" => Ok(Prepare::OnMove),
        "cluster" => Ok(Prepare::Cluster),
        _ => Err(format!("{text:?} is no way to prepare; use \"on-move\" or \"cluster\"")),
    };
    section.parse("prepare", parse).map(|it| it.value)
}

/// `mode` of any section: one word, or a table with one for additions and one for withdrawals.
pub(super) fn mode(section: &Section<'_>) -> Option<Mode> {
    if !section.has("mode") {
        return None;
    }
    if section.is_text("mode") {
        return section.parse("mode", act).map(|it| Mode::both(it.value));
    }
    let apart = section.section("mode")?;
    apart.allow(&["additions", "withdrawals"]);
    let one = |key: &str| apart.parse(key, act).map_or(Act::Observe, |it| it.value);
    Some(Mode { additions: one("additions"), withdrawals: one("withdrawals") })
}

fn act(text: &str) -> Result<Act, String> {
    match text {
        "observe" => Ok(Act::Observe),
        "enforce" => Ok(Act::Enforce),
        "propose" => Err("\"propose\" comes later; use \"observe\" or \"enforce\"".to_owned()),
        _ => Err(format!("{text:?} is not a mode; use \"observe\" or \"enforce\"")),
    }
}

fn pace(text: &str) -> Result<Pace, String> {
    match text {
        "guarded" => Ok(Pace::Guarded),
        "unlimited" => Ok(Pace::Unlimited),
        _ => Err(format!("{text:?} is not a pace; use \"guarded\" or \"unlimited\"")),
    }
}

/// `fabric.save`; what is saved late or never may be lost, and with it VLANs on two switches.
fn save(source: &Source<'_>, section: &Section<'_>) -> Option<Save> {
    let Located { value, key, span } = section.parse("save", value::save)?;
    if !matches!(value, Save::After(_)) {
        let advice = "a vPC peer that is reloaded before our changes were saved returns without them, and suspends, on both switches, the VLANs that it lacks";
        source.warn(key, span, advice);
    }
    Some(value)
}

/// `wide_trunk` of any section: a number of VLANs.
pub(super) fn wide_trunk(section: &Section<'_>) -> Option<u16> {
    section.number("wide_trunk", 1..=4094).map(|it| it.value)
}

/// `wide_trunks` of any section.
pub(super) fn wide_trunks(section: &Section<'_>) -> Option<WideTrunks> {
    let word = |text: &str| match text {
        "refuse" => Ok(WideTrunks::Refuse),
        "allowed-vlans" => Ok(WideTrunks::AllowedVlans),
        _ => Err(format!("{text:?} is no word for wide trunks; use \"refuse\" or \"allowed-vlans\"")),
    };
    section.parse("wide_trunks", word).map(|it| it.value)
}

/// Consent of the whole fabric is bounded by its own range, or by one of each vCenter that it holds for.
pub(super) fn consent_is_bounded(section: &Section<'_>, fabric: &Fabric, vcenters: &Vcenters) {
    if fabric.wide_trunks != WideTrunks::AllowedVlans || fabric.allowed.is_some() {
        return;
    }
    let unbounded = |own: &VcenterPolicy| own.wide_trunks.is_none() && own.allowed.is_none();
    if vcenters.is_empty() || vcenters.values().any(|vcenter| unbounded(&vcenter.policy)) {
        let text = "needs allowed_vlans, here or in each [[vcenter]], that says which VLANs are meant";
        section.fault("wide_trunks", text);
    }
}

fn links(text: &str) -> Result<LinkPolicy, String> {
    match text {
        "verify" => Ok(LinkPolicy::Verify),
        "provision" => Ok(LinkPolicy::Provision),
        _ => Err(format!("{text:?} is no policy for links; use \"verify\" or \"provision\"")),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("{text:?} is not an address such as \"127.0.0.1:9464\""))
}

fn log_filter(text: &str) -> Result<String, String> {
    let parsed = text.parse::<tracing_subscriber::EnvFilter>();
    parsed.map(|_| text.to_owned()).map_err(|why| format!("{text:?} is not a log filter: {why}"))
}
