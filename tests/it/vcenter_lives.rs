//! What happens to a vCenter in years: restarts, failovers, a restore, other certificates, lost permissions, a wrong
//! clock. Nothing is withdrawn that should not be, no session is leaked, and the other vCenter sees nothing of it.

use std::sync::Arc;

use rustix::process::Signal;
use vmtracker::lab::{
    model::{
        dataplane::Verdict,
        vcenter::{SimBacking, SimPower, Vcenter, VmSpec, VnicSpec},
    },
    serve::LabCa,
};
use vmtracker_core::net::MoId;

use crate::site::{Site, moves, small};

/// How often vc1 was logged in to, and how many sessions stand there.
fn logins(site: &Site) -> (u64, usize) {
    (site.counts("vc1").logins, site.vcenter("vc1", |vcenter, _| vcenter.sessions()))
}

/// vc2 was logged in to once and never listed again; at the end, no session is left anywhere.
fn ends_well(mut site: Site) {
    site.assert_nothing_lost();
    site.assert_no_line_twice();
    assert_eq!(site.counts("vc2").logins, 1, "{}", site.report());
    assert_eq!(site.counts("vc2").calls.get("CreateContainerView"), Some(&1));
    site.end(Signal::TERM);
    for name in ["vc1", "vc2"] {
        assert_eq!(site.vcenter(name, |vcenter, _| vcenter.sessions()), 0, "{name}\n{}", site.report());
    }
}

/// Breaks vc1 and mends it again.
type Break = fn(&mut Site);

/// It restarts: nobody listens, then it is busy for a while; the sessions are gone.
fn restart(site: &mut Site) {
    site.vcenter("vc1", |vcenter, _| {
        vcenter.terminate_sessions();
        vcenter.faults.unavailable = u32::MAX;
    });
    site.wait_until("it says that vc1 starts", |site| site.vcenter_state("vc1").contains("HTTP 503"));
    site.vcenter("vc1", |vcenter, _| vcenter.faults.unavailable = 0);
}

/// vCenter HA: the connections are reset, and the other node, with the same UUID, knows no session.
fn failover(site: &mut Site) {
    site.vcenter("vc1", |vcenter, _| {
        vcenter.terminate_sessions();
        vcenter.faults.down = true;
    });
    site.wait_until("it says that vc1 is lost", |site| site.vcenter_state("vc1").starts_with("lost"));
    site.vcenter("vc1", |vcenter, _| vcenter.faults.down = false);
}

/// It has no time, says when it will, and keeps the session.
fn busy(site: &mut Site) {
    site.vcenter("vc1", |vcenter, _| {
        vcenter.faults.retry_after = Some(1);
        vcenter.faults.unavailable = 5;
    });
    site.wait_until("it was refused and came back", |site| {
        site.vcenter("vc1", |vcenter, _| vcenter.faults.unavailable == 0) && site.vcenter_state("vc1") == "watching"
    });
    site.vcenter("vc1", |vcenter, _| vcenter.faults.retry_after = None);
}

/// It forgets the version it gave, three times in a row.
fn versions(site: &mut Site) {
    site.vcenter("vc1", |vcenter, _| vcenter.faults.refuse_versions = 3);
    site.wait_until("three versions were refused", |site| {
        site.vcenter("vc1", |vcenter, _| vcenter.faults.refuse_versions == 0)
    });
}

#[test]
fn however_a_session_ends_it_costs_one_login_and_none_is_leaked() {
    let breaks: [(&str, Break, u64); 4] =
        [("a restart", restart, 1), ("a failover", failover, 1), ("a busy time", busy, 1), ("no version", versions, 1)];
    let mut site = Site::running(&small());
    site.begin(moves(2.0));
    for (what, break_it, expected) in breaks {
        let (before, _) = logins(&site);
        break_it(&mut site);
        site.wait_until(&format!("vc1 is followed again after {what}, in one session"), |site| {
            site.vcenter_state("vc1") == "watching" && logins(site) == (before + expected, 1)
        });
        let arrived = site.score().moves;
        site.wait_until("moves arrive", |site| site.score().moves > arrived + 2);
        assert_eq!(logins(&site), (before + expected, 1), "{what}\n{}", site.report());
    }
    site.finish();
    site.wait_right();
    ends_well(site);
}

/// A running VM in a port group that none uses, at the first host.
fn newcomer(vcenter: &mut Vcenter) -> MoId {
    let used: Vec<_> = vcenter.vms().flat_map(|vm| vm.vnics.iter().map(|vnic| vnic.backing.clone())).collect();
    let group = vcenter.port_groups().map(|group| (SimBacking::Distributed(group.id.clone()), group.name.clone()));
    let (_, name) = group
        .filter(|(_, name)| name.starts_with("vlan-"))
        .find(|(backing, _)| !used.contains(backing))
        .expect("a free one");
    let host = vcenter.hosts().next().expect("a host").name.clone();
    let spec =
        VmSpec { name: "newcomer".to_owned(), host, vnics: vec![VnicSpec::new(&name)], on: true, ..VmSpec::default() };
    vcenter.create_vm(&spec).expect("made").0
}

/// The events of moves after the restore have keys that were told before it.
#[test]
fn a_vcenter_that_is_restored_from_a_backup_withdraws_nothing_and_its_moves_are_prepared() {
    let mut site = Site::running(&small());
    let backup = site.vcenter("vc1", |vcenter, _| vcenter.backup());
    site.vcenter("vc1", |vcenter, _| newcomer(vcenter));
    site.begin(moves(4.0));
    site.wait_until("moves arrived", |site| site.score().moves > 10);
    site.finish();
    site.wait_right();
    let (before, _) = logins(&site);
    let withdrawn = site.withdrawn().len();
    site.vcenter("vc1", |vcenter, _| vcenter.restore(&backup));
    site.wait_until("vc1 is followed again", |site| {
        site.vcenter_state("vc1") == "watching" && logins(site) == (before + 1, 1)
    });
    site.wait_until("the newcomer is missed", |site| !site.findings_of("orphan").is_empty());
    site.outlast(4);
    assert_eq!(site.withdrawn().len(), withdrawn, "{}", site.report());
    assert_eq!(site.verdict("vc1", "newcomer"), Verdict::Passes);
    site.vcenter("vc1", |vcenter, _| {
        let id = vcenter.vm_named("newcomer").expect("there").clone();
        vcenter.unvanish_vm(&id).expect("registered again");
    });
    site.wait_until("nobody misses it", |site| site.findings_of("orphan").is_empty());
    site.begin(moves(4.0));
    site.wait_until("moves arrived", |site| site.score().moves > 10);
    site.finish();
    let score = site.score();
    assert!(score.is_clean() && score.moves_needing_a_write > 3, "{score:?}\n{}", site.report());
    site.wait_right();
    ends_well(site);
}

#[test]
fn another_certificate_is_refused_until_the_configuration_names_it() {
    let mut site = Site::running(&small());
    let (config, fingerprint) =
        LabCa::new().expect("a CA").certified(&["localhost", "127.0.0.1"]).expect("a certificate");
    let withdrawn = site.withdrawn().len();
    site.vcenter("vc1", |vcenter, _| {
        vcenter.terminate_sessions();
        vcenter.faults.down = true;
    });
    site.wait_until("vc1 is lost", |site| site.vcenter_state("vc1").starts_with("lost"));
    site.vcenter("vc1", |vcenter, _| {
        vcenter.faults.certificate = Some(Arc::new(config));
        vcenter.faults.down = false;
    });
    site.wait_finding("vcenter-lost", "vCenter vc1", &["certificate", "check its ca_file or fingerprint_sha256"]);
    let (before, _) = logins(&site);
    site.begin(moves(4.0));
    site.wait_until("moves arrived", |site| site.score().moves > 6);
    site.finish();
    assert_eq!(logins(&site).0, before, "no password goes to a stranger");
    assert_eq!(site.vcenter_state("vc2"), "watching");
    site.configure_device("vcenter", "vc1", |row| {
        row.remove("ca_file");
        row.insert("fingerprint_sha256".to_owned(), fingerprint.into());
    });
    site.reload();
    site.wait_mended("vcenter-lost", "vCenter vc1");
    site.wait_right();
    assert!(site.withdrawn().len() >= withdrawn);
    ends_well(site);
}

/// Every second VM leaves without an event, and runs on.
fn vanish_half(vcenter: &mut Vcenter) -> Vec<MoId> {
    let running = vcenter.vms().filter(|vm| vm.power == SimPower::On).map(|vm| vm.id.clone());
    let half: Vec<MoId> = running.step_by(2).collect();
    assert!(half.len() >= 5, "the test is void: {half:?}");
    for vm in &half {
        vcenter.vanish_vm(vm).expect("there");
    }
    half
}

/// The permission comes back, and all is as it was.
fn come_back(mut site: Site, hidden: &[MoId], withdrawn: usize) {
    site.outlast(4);
    assert_eq!(site.withdrawn().len(), withdrawn, "{}", site.report());
    site.vcenter("vc1", |vcenter, _| {
        for vm in hidden {
            vcenter.unvanish_vm(vm).expect("there");
        }
    });
    site.wait_until("nobody is missed", |site| site.findings_of("orphan").is_empty());
    site.wait_right();
    assert_eq!(site.withdrawn().len(), withdrawn, "{}", site.report());
    ends_well(site);
}

#[test]
fn a_permission_that_is_lost_on_half_the_vms_withdraws_nothing() {
    let mut site = Site::running(&small());
    let withdrawn = site.withdrawn().len();
    let hidden = site.vcenter("vc1", |vcenter, _| vanish_half(vcenter));
    site.wait_until("they are missed", |site| !site.findings_of("orphan").is_empty());
    come_back(site, &hidden, withdrawn);
}

/// It was lost while nobody looked: the next listing is short.
#[test]
fn a_listing_that_lacks_half_the_vms_withdraws_nothing_and_pulls_the_brake() {
    let mut site = Site::running(&small());
    let withdrawn = site.withdrawn().len();
    let hidden = site.vcenter("vc1", |vcenter, _| {
        vcenter.terminate_sessions();
        vanish_half(vcenter)
    });
    site.wait_until("they are missed", |site| !site.findings_of("orphan").is_empty());
    site.wait_until("the brake is on", |site| site.findings_of("brake").len() == 1);
    come_back(site, &hidden, withdrawn);
}

/// One VM's configuration may not be read any more, and it moves: what it needs is not known, and what stands for it
/// stays.
#[test]
fn a_vm_whose_configuration_may_not_be_read_loses_nothing() {
    let mut site = Site::running(&small());
    let withdrawn = site.withdrawn().len();
    let vm = site.vcenter("vc1", |vcenter, _| {
        let vm = vcenter.vms().find(|vm| vm.power == SimPower::On).expect("one").clone();
        vcenter.deny_config(&vm.id).expect("denied");
        vm
    });
    site.wait_until("what it needs is unknown", |site| {
        site.findings_of("unknown-need").iter().any(|row| row.subject.contains(&vm.name))
    });
    site.outlast(4);
    assert_eq!(site.withdrawn().len(), withdrawn, "{}", site.report());
    assert_eq!(site.verdict("vc1", &vm.name), Verdict::Passes);
    ends_well(site);
}

#[test]
fn moves_are_prepared_by_vcenters_whose_clocks_are_wrong_and_old_events_are_no_news() {
    const HOUR_MS: i64 = 3_600_000;
    let mut site = Site::new(&small());
    site.vcenter("vc1", |vcenter, _| vcenter.skew_clock(HOUR_MS));
    site.vcenter("vc2", |vcenter, _| vcenter.skew_clock(-HOUR_MS));
    site.start();
    site.wait_right();
    site.begin(moves(4.0));
    site.wait_until("moves arrived", |site| site.score().moves > 12);
    site.finish();
    let score = site.score();
    assert!(score.is_clean() && score.moves_needing_a_write > 6, "{score:?}\n{}", site.report());
    site.wait_right();
    let (before, _) = logins(&site);
    let written = site.lines_written();
    site.vcenter("vc1", |vcenter, _| vcenter.terminate_sessions());
    site.wait_until("vc1 is followed again", |site| {
        site.vcenter_state("vc1") == "watching" && logins(site) == (before + 1, 1)
    });
    site.outlast(3);
    assert_eq!(site.lines_written(), written, "moves that are over ask for nothing\n{}", site.report());
    site.wait_right();
    ends_well(site);
}
