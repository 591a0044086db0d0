//! What must be so once all is quiet: what the data plane passes, and what stands for no reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use vmtracker::lab::model::{
    dataplane::{Fabric, Leg, Place, Truth, Verdict, kernel, truth, verdict},
    plant,
    vcenter::{SimConnection, SimVm, Vcenter},
};
use vmtracker_core::{
    net::{VlanId, VlanSet},
    tracker::{Finding, FindingKind, Snapshot},
};

use super::{
    case::{Case, Op},
    driver::Sim,
    ends::Ends,
    hands::{Line, forbidden},
};

/// The first listing, the first readings, and the VLANs of the VMs that run at the start.
const BEGINNING: Duration = Duration::from_secs(30);
/// What the longest of a case's moves may take, with its event.
const LONGEST_MOVE: Duration = Duration::from_secs(30);
/// How often it is looked whether all is quiet, and how long at most: a refusal's back-off goes up to an hour.
const LOOK: Duration = Duration::from_secs(30);
const PATIENCE: usize = 4 * 120;
/// What keeps a VLAN of ours for good where nobody needs it, in any data centre.
const KEPT: [&str; 1] = ["but host "];
/// The brake, which only a person releases.
const BRAKED: &str = "but the brake is on";
/// A host that is away since before the controller started cannot be asked where it hangs.
const PUZZLED: &str = "but it cannot be told what ";
/// A VM that left is one whose end nobody can hear, or something went wrong.
const LEFT: &str = "left the inventory without a cause";
/// The same where something went wrong.
const KEPT_AFTER_A_FAULT: [&str; 5] = ["but host ", BRAKED, "but nobody knows what it stood for", LEFT, PUZZLED];

/// Plays a case and asserts what must hold of it.
pub(super) fn check(case: &Case) {
    let outcome = std::panic::catch_unwind(|| play(case)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
    });
    if let Err(why) = outcome {
        let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| "unknown".to_owned());
        let folder = keep(case);
        panic!("{why}\nseed {seed}; the scenario, for tests/scenarios: {}\n{}", folder.display(), case.to_toml());
    }
}

/// A case that failed becomes a scenario's folder; of one that is made smaller and smaller, the last stays.
fn keep(case: &Case) -> PathBuf {
    let test = std::thread::current().name().unwrap_or("case").replace("::", "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scenarios").join(test);
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("case.toml"), case.to_toml()));
    written.expect("the folder for temporary files can be written");
    folder
}

fn play(case: &Case) -> Result<(), String> {
    let mut sim = Sim::new(case.shape);
    sim.run(BEGINNING);
    let now = sim.now;
    sim.judge.restart(now);
    case.ops.iter().for_each(|op| sim.act(op));
    sim.run(LONGEST_MOVE);
    if !case.ops.iter().any(Op::is_fault) {
        let dark = sim.judge.score(sim.now).dark_vm_seconds.planned;
        ensure(dark == 0.0, || format!("VMs were dark for {dark} s after moves that vCenter announced"))?;
    }
    sim.heal();
    let faulty = case.ops.iter().any(Op::is_fault);
    becomes_quiet(&mut sim, if faulty { &KEPT_AFTER_A_FAULT } else { &KEPT })?;
    ensure(sim.hands.breaches.is_empty(), || sim.hands.breaches.join("\n"))?;
    let lines: Vec<String> = sim.world.switches.values().flat_map(forbidden).collect();
    ensure(lines.is_empty(), || format!("forbidden lines: {lines:#?}"))
}

/// Waits until all is as it must be, and looks whether it stays so.
fn becomes_quiet(sim: &mut Sim, kept: &[&str]) -> Result<(), String> {
    let mut last = Ok(());
    for _ in 0..PATIENCE {
        sim.run(LOOK);
        last = is_exact(sim, kept);
        if last.is_ok() {
            sim.run(LOOK * 3);
            // Whoever passes stays so. What was explained until now may still have to go: a host came back since.
            let snapshot = shown(sim)?;
            passes(sim, &snapshot, kept)?;
            last = is_exact(sim, kept);
            if last.is_ok() {
                return last;
            }
        }
    }
    last
}

fn is_exact(sim: &mut Sim, kept: &[&str]) -> Result<(), String> {
    let booting = sim.world.switches.values().find(|switch| !switch.runs());
    ensure(booting.is_none(), || format!("at {:?} a switch does not run", sim.now))?;
    let snapshot = shown(sim)?;
    passes(sim, &snapshot, kept)?;
    let surplus: Vec<Line> =
        surplus(sim).into_iter().filter(|line| !is_any_explained(sim, line, kept, &snapshot)).collect();
    ensure(surplus.is_empty(), || format!("at {:?} ours for no reason: {surplus:?}\n{:#?}", sim.now, snapshot.findings))
}

/// What the controller shows of itself.
fn shown(sim: &mut Sim) -> Result<Snapshot, String> {
    let now = sim.moment();
    let shown = sim.controller.as_mut().map(|controller| controller.snapshot(now));
    shown.ok_or_else(|| "no controller runs".to_owned())
}

/// Whether every frame passes that should.
fn passes(sim: &Sim, snapshot: &Snapshot, kept: &[&str]) -> Result<(), String> {
    let missing = dark(sim, snapshot).into_iter().chain(torn(sim, snapshot)).chain(halves(sim, kept, snapshot));
    let missing: Vec<String> = missing.collect();
    ensure(missing.is_empty(), || format!("at {:?}: {missing:#?}\n{:#?}", sim.now, snapshot.findings))
}

/// The VMs that vCenter shows and whose frames do not pass, and the ways that do not stand for them. Where a host hangs
/// that is away since before the controller started, nobody can tell.
fn dark(sim: &Sim, snapshot: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    for (vcenter, vm) in served(sim, snapshot) {
        match verdict(vcenter, &sim.cabling, &sim.world.switches, &vm.id) {
            Verdict::Passes | Verdict::Idle(_) => {}
            Verdict::Dark(why) => found.push(format!("{} is dark: {why:?}", vm.name)),
        }
        let needs = truth(vcenter, &sim.cabling, vm).map(|truth| truth.requires).unwrap_or_default();
        let lacking = needs.into_iter().filter(|leg| !sim.world.switches.forwards(leg));
        found.extend(lacking.map(|leg| format!("{} lacks {leg:?}", vm.name)));
    }
    found
}

/// The VMs that vCenter shows, but those of which nobody can tell where they hang.
fn served<'a>(sim: &'a Sim, snapshot: &'a Snapshot) -> impl Iterator<Item = (&'a Vcenter, &'a SimVm)> {
    let lost = |vcenter: &Vcenter, vm: &SimVm| {
        let away = vcenter.host(&vm.host).filter(|host| host.connection != SimConnection::Connected);
        away.is_some_and(|host| is_unattached(&host.name, snapshot))
    };
    let shown = sim.world.vcenters.values().flat_map(|vcenter| vcenter.vms().map(move |vm| (vcenter, vm)));
    shown.filter(move |(vcenter, vm)| !vm.hidden && !lost(vcenter, vm))
}

/// The VLANs in which VMs that run on different ports do not reach each other over the trunks between the pairs.
fn torn(sim: &Sim, snapshot: &Snapshot) -> Vec<String> {
    let mut users: BTreeMap<VlanId, BTreeSet<Place>> = BTreeMap::new();
    let served = served(sim, snapshot).filter(|_| sim.shape.pairs);
    let running = served.filter_map(|(vcenter, vm)| truth(vcenter, &sim.cabling, vm));
    for leg in running.filter(|truth| !truth.blocked).flat_map(|truth| truth.uses) {
        users.entry(leg.vlan).or_default().insert(leg.place);
    }
    let mut found = Vec::new();
    for (vlan, places) in &users {
        let places: Vec<&Place> = places.iter().collect();
        let pairs = places.windows(2).flat_map(|two| [(two[0], two[1]), (two[1], two[0])]);
        let torn = pairs.filter(|(a, b)| !plant::reaches(&sim.world.switches, a, b, *vlan));
        found.extend(torn.map(|(a, b)| format!("VLAN {vlan} does not get from {a:?} to {b:?}")));
    }
    found
}

/// The VLANs of ours that stand on one leg of a vPC only, for a reason that nobody tells. (What a host that is away keeps
/// on one leg after a reload of the other passes nothing, and nobody needs it.)
fn halves(sim: &Sim, kept: &[&str], snapshot: &Snapshot) -> Vec<String> {
    let mut found = Vec::new();
    for line in sim.hands.ours.iter().filter(|line| !is_any_explained(sim, line, kept, snapshot)) {
        let allows = |(switch, interface, vlan): &Line| {
            sim.world.switches.get(switch).is_some_and(|switch| switch.allowed(*interface).contains(*vlan))
        };
        found.extend(sim.legs(line).iter().find(|leg| !allows(leg)).map(|leg| format!("{line:?} and not {leg:?}")));
    }
    found
}

fn is_unattached(host: &str, snapshot: &Snapshot) -> bool {
    let about = |subject: &str| subject.strip_prefix("host ").is_some_and(|rest| rest.starts_with(host));
    snapshot.findings.iter().any(|found| found.kind == FindingKind::Unattached && about(&found.subject))
}

/// What is the controller's on edge ports and needed by nobody, hidden VMs included.
fn surplus(sim: &Sim) -> BTreeSet<Line> {
    let mut needed: BTreeSet<Leg> = BTreeSet::new();
    let mut need = |truth: Truth| {
        needed.extend(truth.requires);
        needed.extend(truth.moving.into_iter().flat_map(|(_, legs)| legs));
    };
    for vcenter in sim.world.vcenters.values() {
        vcenter.vms().filter_map(|vm| truth(vcenter, &sim.cabling, vm)).for_each(&mut need);
        vcenter.hosts().for_each(|host| need(kernel(vcenter, &sim.cabling, host)));
    }
    let needed: BTreeSet<Line> =
        needed.into_iter().map(|leg| (leg.place.switch.to_string(), leg.place.interface, leg.vlan)).collect();
    // Nothing is ever taken off a trunk between switches (design rule 7).
    let edges = sim.cabling.places();
    let on_edge = |(switch, interface, _): &&Line| edges.contains(&Place::new(switch, *interface));
    sim.hands.ours.difference(&needed).filter(on_edge).cloned().collect()
}

/// Whether a finding says why a VLAN of ours stands where nobody needs it, or on the other leg of the same bundle.
fn is_any_explained(sim: &Sim, line: &Line, kept: &[&str], snapshot: &Snapshot) -> bool {
    let mut hosts = BTreeSet::new();
    let legs = sim.legs(line);
    for (host, _, end) in sim.cabling.cables() {
        let here = |(switch, interface, _): &Line| end.places.contains(&Place::new(switch, *interface));
        hosts.extend(legs.iter().any(here).then(|| format!("host {host}")));
    }
    legs.iter().any(|leg| is_explained(leg, kept, &sim.ends, &hosts, snapshot))
}

/// The same of one leg, on which these hosts hang.
fn is_explained(
    (switch, interface, vlan): &Line,
    kept: &[&str],
    ends: &Ends,
    hosts: &BTreeSet<String>,
    snapshot: &Snapshot,
) -> bool {
    let subject = format!("{switch} {interface} VLAN {vlan}");
    let mut about = snapshot.findings.iter().filter(|found| found.subject == subject);
    let says = about.any(|found| {
        found.kind == FindingKind::WithdrawalBlocked
            && (kept.iter().any(|why| found.text.contains(why)) || ends.blocks(&found.text))
    });
    let foreign = snapshot.findings.iter().any(|found| {
        let mut words = found.text.split(' ').skip(1);
        found.kind == FindingKind::Unproved
            && found.subject == format!("{switch} {interface}")
            && words.next().and_then(|list| list.parse::<VlanSet>().ok()).is_some_and(|vlans| vlans.contains(*vlan))
    });
    // What a host that is away, a cable that is not known or the brake holds back stands under that one finding.
    let absent = |found: &Finding| found.kind == FindingKind::AbsentHost && hosts.contains(&found.subject);
    let braked = |found: &Finding| found.kind == FindingKind::Brake && kept.contains(&BRAKED);
    let puzzled = |found: &Finding| found.kind == FindingKind::Unattached && kept.contains(&PUZZLED);
    let held = snapshot.findings.iter().any(|found| absent(found) || braked(found) || puzzled(found));
    let required = snapshot.requirements.iter().any(|requirement| {
        requirement.port.switch.as_str() == switch
            && requirement.port.interface == *interface
            && requirement.vlan == *vlan
    });
    let orphan =
        |found: &Finding| found.kind == FindingKind::Orphan && (kept.contains(&LEFT) || ends.is_orphan(&found.subject));
    let away = |found: &Finding| found.kind == FindingKind::AbsentHost || orphan(found);
    says || foreign || held || (required && snapshot.findings.iter().any(away))
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
