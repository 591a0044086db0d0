//! VMs of which vCenter says less than everything, and such that stand in for another.

use vmtracker::lab::model::{
    dataplane::{Idle, Verdict},
    vcenter::SimVmState,
};
use vmtracker_core::tracker::FindingKind;

use super::{super::fabric::secs, BUNDLE, FIRST, LATE, SOON, floor};

const NET: &str = "[[port_group]]\nname = \"net\"\nvlan = 30\nactive = [\"Uplink 1\", \"lag1\"]\n";

fn with(vm: &str) -> super::Sim {
    floor(&format!("{NET}[[vm]]\nname = \"web\"\nhost = \"esx1\"\n{vm}\n"))
}

#[test]
fn a_vm_that_vcenter_cannot_read_keeps_what_it_has_even_over_a_restart_of_the_service() {
    for (state, word) in [(SimVmState::Invalid, "invalid"), (SimVmState::Inaccessible, "inaccessible")] {
        let mut sim = with("port_groups = [\"net\"]");
        sim.comes_to_pass("web");
        let web = sim.id_of("web");
        sim.in_vcenter(|vcenter| vcenter.set_vm_state(&web, state));
        sim.until("it is told", SOON, |sim| sim.says(FindingKind::UnknownNeed, &["web", word]));
        assert_eq!(sim.dark_within("web", LATE), 0, "{word}: {}", sim.told());
        sim.boot();
        assert_eq!(sim.dark_within("web", LATE + LATE), 0, "{word}, after a restart: {}", sim.told());
        sim.assert_rules();
    }
}

#[test]
fn a_secondary_is_ready_before_it_has_to_stand_in() {
    let mut sim = with("port_groups = [\"net\"]\nsecondary = \"esx2\"");
    sim.comes_to_pass("web");
    sim.until("its secondary is served", SOON, |sim| sim.forwards("leaf", BUNDLE, 30));
    assert!(sim.findings(FindingKind::UnseenSecondary).is_empty(), "{}", sim.told());
    let web = sim.id_of("web");
    sim.in_vcenter(|vcenter| vcenter.fail_over(&web));
    let heir = "web (secondary)";
    assert_eq!(sim.dark_within(heir, SOON), 0, "{}", sim.told());
    assert_eq!(sim.frames_of("web"), Verdict::Idle(Idle::Off));
    sim.assert_rules();
}

#[test]
fn an_adapter_is_served_when_it_is_plugged_in_and_not_while_it_is_only_to_be() {
    let mut sim = with("nics = [{ port_group = \"net\", connected = false, start_connected = true }]");
    sim.run(SOON);
    assert!(!sim.allows("leaf", FIRST, 30), "{}", sim.told());
    let web = sim.id_of("web");
    let key = sim.world.vcenters["vc1"].vm(&web).and_then(|vm| vm.vnics.first()).expect("an adapter").key;
    sim.in_vcenter(|vcenter| vcenter.connect_vnic(&web, key));
    sim.until("it is served", SOON, |sim| sim.forwards("leaf", FIRST, 30));
    sim.in_vcenter(|vcenter| vcenter.suspend(&web));
    sim.until("a suspended VM needs nothing", LATE, |sim| !sim.allows("leaf", FIRST, 30));
}

impl super::Sim {
    /// How many looks found the VM dark within `span`, one a second.
    fn dark_within(&mut self, name: &str, span: std::time::Duration) -> usize {
        let looks = span.as_secs();
        (0..looks)
            .filter(|_| {
                self.run(secs(1));
                self.frames_of(name) != Verdict::Passes
            })
            .count()
    }
}
