//! The configuration changes under load.

use std::collections::BTreeMap;

use rustix::process::Signal;
use vmtracker::lab::{
    model::{dataplane::Verdict, switch::Platform},
    topology::{Discovery, HostRow, Plug, PnicRow, PortGroupRow, PortRow, SwitchRow, Topology, VmRow},
};
use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

use crate::site::{Site, moves, small};

/// VLANs of the extra switches, above all others.
const EXTRA: [u16; 2] = [3000, 3001];

/// The small data centre, and beside it two switches, each with one host of a vCenter of its own: what is done to
/// them must not touch the rest.
fn with_extras() -> Topology {
    let mut topology = small();
    extra(&mut topology, 3, "leaf-old");
    extra(&mut topology, 4, "leaf-new");
    topology
}

fn extra(topology: &mut Topology, number: u8, switch: &str) {
    let port = InterfaceName::Ethernet(1, 1);
    let (vcenter, host) = (format!("vc{number}"), format!("esx90{number}.lab"));
    let vlans: VlanSet = EXTRA.into_iter().filter_map(VlanId::new).collect();
    topology.switches.push(SwitchRow {
        name: switch.to_owned(),
        hostname: switch.to_owned(),
        serial: format!("EXTRA{number}"),
        platform: Platform::default(),
        domain: None,
        vlans,
        ports: vec![trunk(port)],
    });
    topology.vcenters.push(vcenter.clone());
    topology.hosts.push(HostRow {
        vcenter: Some(vcenter.clone()),
        name: host.clone(),
        cluster: "cluster1".to_owned(),
        pnics: vec![PnicRow {
            device: "vmnic0".to_owned(),
            mac: MacAddr::new([2, 0x90, 0, 0, 0, number]),
            switch: switch.to_owned(),
            port,
            plug: Plug::Uplink("Uplink 1".to_owned()),
            discovery: Discovery::Lldp,
        }],
        vmkernels: Vec::new(),
    });
    for (index, vlan) in (1..).zip(EXTRA) {
        let group = format!("extra-{vlan}");
        topology.port_groups.push(PortGroupRow {
            vcenter: vcenter.clone(),
            name: group.clone(),
            vlan: vlan.into(),
            ..PortGroupRow::default()
        });
        let name = format!("extra{number}-{index}");
        topology.vms.push(VmRow { name, host: host.clone(), port_groups: vec![group], on: true, ..VmRow::default() });
    }
}

/// A trunk on which somebody allowed VLAN 1 only.
fn trunk(name: InterfaceName) -> PortRow {
    PortRow { allowed: Some(VlanSet::from(VlanId::MIN)), ..PortRow::trunk(name) }
}

fn logins(site: &Site) -> BTreeMap<String, u64> {
    let vcenters = ["vc1", "vc2"].map(|name| (name.to_owned(), site.counts(name).logins));
    let switches = ["leaf1a", "leaf1b", "leaf2a", "leaf2b"].map(|name| (name.to_owned(), site.switch_logins(name)));
    vcenters.into_iter().chain(switches).collect()
}

#[test]
fn reloads_under_load_disturb_nobody() {
    let mut site = Site::new(&with_extras());
    site.manage(|name| name != "leaf-new");
    site.start();
    site.wait_until("it knows all its devices", Site::knows_all);
    site.wait_until("all trunks are right", |site| site.wrong_trunks().is_empty());
    let logged_in = logins(&site);
    site.begin(moves(4.0));
    site.wait_until("moves are under way", |site| site.in_flight() > 3);
    add_a_switch(&mut site);
    remove_a_switch(&mut site);
    narrow_the_range(&mut site);
    break_the_file(&mut site);
    site.finish();
    site.wait_until("all trunks are right", |site| site.wrong_trunks().is_empty());
    assert_eq!(logins(&site), logged_in, "unchanged devices see no new login\n{}", site.report());
    let score = site.score();
    assert_eq!(score.dark_vm_seconds.planned, 0.0, "{score:?}\n{}", site.report());
    assert!(score.moves_needing_a_write > 10, "the test is void: {score:?}");
    site.assert_nothing_lost();
    site.assert_no_line_twice();
}

fn add_a_switch(site: &mut Site) {
    assert!(matches!(site.verdict("vc4", "extra4-1"), Verdict::Dark(_)));
    site.manage(|_| true);
    site.reload();
    site.wait_until("the new switch passes", |site| site.verdict("vc4", "extra4-1") == Verdict::Passes);
}

/// It keeps what it has, even what nobody needs any more.
fn remove_a_switch(site: &mut Site) {
    site.manage(|name| name != "leaf-old");
    site.reload();
    let lines = site.lines("leaf-old");
    site.vcenter("vc3", |vcenter, _| {
        let id = vcenter.vm_named("extra3-1").expect("there").clone();
        vcenter.power_off(&id).expect("powered off");
    });
    site.outlast(3);
    assert_eq!(site.lines("leaf-old"), lines);
    assert_eq!(site.verdict("vc3", "extra3-2"), Verdict::Passes);
}

/// What stands outside of the range stays, needed or not.
fn narrow_the_range(site: &mut Site) {
    site.edit(|text| text.replace("2-3967", "2-2999"));
    site.reload();
    let lines = site.lines("leaf-new");
    site.outlast(3);
    assert_eq!(site.lines("leaf-new"), lines, "{}", site.report());
    assert_eq!(site.verdict("vc4", "extra4-2"), Verdict::Passes);
}

/// A broken file is refused; the old configuration goes on.
fn break_the_file(site: &mut Site) {
    site.edit(|text| format!("{text}\n[[switch]]\nnmae = 'leaf'\n"));
    site.signal(Signal::HUP);
    site.wait_until("the broken file is refused", |site| site.metric("vmtracker_config_reload_success") == Some(0.0));
    assert!(site.log().contains("the configuration is refused and the old one stays"), "{}", site.report());
    let moved = site.score().moves_ready_before_arrival;
    site.wait_until("moves go on being prepared", |site| site.score().moves_ready_before_arrival > moved + 3);
    site.edit(|text| text.replace("\n[[switch]]\nnmae = 'leaf'\n", ""));
    site.reload();
}
