//! A host that leaves, or is away for longer than the hold-down, keeps what its ports have.

use vmtracker::lab::{
    model::vcenter::{SimConnection, Vcenter},
    topology::Topology,
};
use vmtracker_core::net::MoId;

use crate::site::Site;

/// `web` and `db` run on esx1, `app` on esx2; VLAN 5 is somebody else's.
const TWO_HOSTS: &str = r#"
[[switch]]
name = "leaf1"
vlans = "1,5"
port = [{ name = "Ethernet1/1", allowed = "5" }, { name = "Ethernet1/2", allowed = "5" }]
[[vcenter]]
name = "vc1"
[[host]]
name = "esx1"
pnics = [{ device = "vmnic0", switch = "leaf1", port = "Ethernet1/1", uplink = "Uplink 1" }]
[[host]]
name = "esx2"
pnics = [{ device = "vmnic0", switch = "leaf1", port = "Ethernet1/2", uplink = "Uplink 1" }]
[[port_group]]
name = "ten"
vlan = 10
[[port_group]]
name = "eleven"
vlan = 11
[[port_group]]
name = "twelve"
vlan = 12
[[vm]]
name = "web"
host = "esx1"
port_groups = ["ten"]
[[vm]]
name = "db"
host = "esx1"
port_groups = ["eleven"]
[[vm]]
name = "app"
host = "esx2"
port_groups = ["twelve"]
"#;

fn site() -> Site {
    Site::running(&Topology::parse(TWO_HOSTS).expect("a good file"))
}

fn host(vcenter: &Vcenter, name: &str) -> MoId {
    vcenter.host_named(name).expect("such a host").clone()
}

fn vm(vcenter: &Vcenter, name: &str) -> MoId {
    vcenter.vm_named(name).expect("such a VM").clone()
}

/// What the port of a host allows.
fn list(site: &Site, port: &str) -> String {
    let port = port.parse().expect("a port");
    site.world.look(|world, _| world.switches["leaf1"].allowed(port).to_string())
}

/// Powers a VM off at esx2, and sees its VLAN go there: withdrawals as such go on.
fn check(site: &mut Site, left: &str) {
    site.vcenter("vc1", |vcenter, _| vcenter.power_off(&vm(vcenter, "app")).expect("powered off"));
    site.wait_until("VLAN 12 left the port of esx2", |site| list(site, "Ethernet1/2") == left);
    site.outlast(3);
    assert_eq!(list(site, "Ethernet1/1"), "5,10-11", "{}", site.report());
}

#[test]
fn a_host_that_leaves_the_inventory_while_its_vms_run_keeps_their_vlans_over_a_restart() {
    let mut site = site();
    site.vcenter("vc1", |vcenter, _| vcenter.remove_host(&host(vcenter, "esx1")).expect("removed"));
    site.wait_finding("absent-host", "host esx1", &["left the inventory", "leaf1 Ethernet1/1", "keep what they have"]);
    check(&mut site, "5");
    let orphans: Vec<_> = site.findings().into_iter().filter(|row| row.kind == "orphan").collect();
    assert_eq!(orphans.len(), 2, "one for each VM: {orphans:?}");
    for (vlan, name) in [("10", "VM web ("), ("11", "VM db (")] {
        let close = format!("vmtracker close leaf1 Ethernet1/1 {vlan}");
        assert!(orphans.iter().any(|row| row.subject.starts_with(name) && row.text.contains(&close)), "{orphans:?}");
    }
    site.assert_log_is_clear(&[]);
    site.kill();
    site.start();
    site.wait_until("it is up again", Site::is_content);
    site.outlast(4);
    assert_eq!(list(&site, "Ethernet1/1"), "5,10-11", "{}", site.report());
}

#[test]
fn a_person_closes_what_a_host_left_behind() {
    let mut site = site();
    site.vcenter("vc1", |vcenter, _| vcenter.remove_host(&host(vcenter, "esx1")).expect("removed"));
    site.wait_finding("absent-host", "host esx1", &[]);
    let closed = site.command(&["close", "leaf1", "Ethernet1/1", "10"]);
    assert_eq!(closed.code, Some(0), "{}", closed.err);
    site.wait_until("VLAN 10 is gone, and VLAN 11 is not", |site| list(site, "Ethernet1/1") == "5,11");
}

#[test]
fn a_host_away_for_longer_than_the_hold_down_keeps_its_vlans_though_its_vms_run_elsewhere() {
    for (to, words) in
        [(SimConnection::Disconnected, "is disconnected"), (SimConnection::NotResponding, "is not responding")]
    {
        let mut site = site();
        site.vcenter("vc1", |vcenter, _| {
            vcenter.set_host_connection(&host(vcenter, "esx1"), to).expect("away");
            vcenter.restart_elsewhere(&vm(vcenter, "web"), &host(vcenter, "esx2")).expect("restarted");
        });
        site.wait_finding("absent-host", "host esx1", &[words, "leaf1 Ethernet1/1", "keep what they have"]);
        site.wait_until("web is on the air again", |site| list(site, "Ethernet1/2") == "5,10,12");
        check(&mut site, "5,10");
        site.assert_log_is_clear(&[]);
        site.vcenter("vc1", |vcenter, _| {
            vcenter.set_host_connection(&host(vcenter, "esx1"), SimConnection::Connected).expect("back");
        });
        site.wait_mended("absent-host", "host esx1");
        site.wait_right();
        assert_eq!(site.logged("mended: absent-host host esx1"), 1, "{}", site.log());
    }
}
