//! Clients that we did not write drive the simulated switch unmodified, and what they did counts on the data plane.
//!
//! Each runs when `VMTRACKER_CLIENTS` names a virtual environment with `tests/clients/requirements.txt`.

mod client;

use serde_json::{Value, json};
use vmtracker::lab::{
    model::dataplane::Verdict,
    topology::{PASSWORD, Topology, USER},
};
use vmtracker_core::net::VlanId;

use crate::{refused, site::Site};
use client::Client;

const PORT: &str = "Ethernet1/1";
const VLAN: u16 = 77;
const NAME: &str = "tenant77";

/// One VM, in a VLAN that its switch does not have. A second port: NAPALM takes it that there are several.
fn site() -> Site {
    let text = format!(
        "[[switch]]\nname = 'leaf1'\nvlans = '1,5'\nport = [{{ name = '{PORT}', allowed = '5' }}, {{ name = 'Ethernet1/2' }}]\n\
         [[vcenter]]\nname = 'vc1'\n\
         [[host]]\nname = 'esx1'\n\
         pnics = [{{ device = 'vmnic0', switch = 'leaf1', port = '{PORT}', uplink = 'Uplink 1' }}]\n\
         [[port_group]]\nname = 'net'\nvlan = {VLAN}\n\
         [[vm]]\nname = 'vm1'\nhost = 'esx1'\nport_groups = ['net']\n"
    );
    Site::new(&Topology::parse(&text).expect("a good file"))
}

/// What the client is to do; `tests/clients/task.py` tells of it.
fn job(site: &Site, by: &str, port: &str, times: u8, lines: &[String]) -> Value {
    let nxapi = site.nxapi("leaf1");
    json!({
        "host": nxapi.ip(), "nxapi": nxapi.port(), "ssh": site.ssh("leaf1").port(), "user": USER, "password": PASSWORD, "by": by,
        "times": times, "lines": lines, "vlan": VLAN, "name": NAME, "port": port, "allowed": format!("5,{VLAN}"),
    })
}

/// The lines of a VLAN and of a port's list; a client that compares, compares them as they stand in a configuration.
fn lines(list: &str) -> [String; 4] {
    let list = format!("  switchport trunk allowed vlan {list}");
    [format!("vlan {VLAN}"), format!("  name {NAME}"), format!("interface {PORT}"), list]
}

fn startup(site: &Site) -> String {
    site.switch("leaf1", |switch, now| switch.type_lines("operator", &["show startup-config"], now)).concat()
}

/// The client reads the facts, brings the VLAN, changes nothing when it is there, and saves.
fn check(peer: &'static str, by: &str, list: &str, knows_version: bool) {
    let Some(client) = Client::find(peer) else { return };
    let site = site();
    assert_ne!(site.verdict("vc1", "vm1"), Verdict::Passes);
    let said = client.run(&job(&site, by, PORT, 2, &lines(list)));
    assert_eq!(site.verdict("vc1", "vm1"), Verdict::Passes, "{said}");
    site.switch("leaf1", |switch, _| {
        let version = if knows_version { switch.profile().version } else { "" };
        let expected = json!({
            "hostname": switch.hostname(), "version": version, "serial": switch.serial(),
            "vlan_name": NAME, "changed": [true, false],
        });
        assert_eq!(said, expected);
        let vlan = VlanId::new(VLAN).expect("a VLAN");
        assert_eq!(switch.vlans().get(&vlan).map(|row| row.name(vlan)).as_deref(), Some(NAME));
        assert_eq!(switch.allowed(PORT.parse().expect("a port")).to_string(), format!("5,{VLAN}"));
    });
    let startup = startup(&site);
    assert!(startup.contains(NAME) && startup.contains(&format!("allowed vlan 5,{VLAN}")), "{startup}");
    client.ran();
}

/// NAPALM looks for the version under keys that NX-OS 9.3 no longer has (facts: NX-OS §2.14), and tells none.
#[test]
fn napalm_over_nxapi() {
    check("napalm", "nxos", "5,77", false);
}

#[test]
fn what_napalm_adds_stays_and_what_it_removes_is_put_back_and_told() {
    let Some(client) = Client::find("napalm") else { return };
    refused::dispute(|site, port, change| {
        let port = format!("Ethernet1/{port}");
        client.run(&job(site, "nxos", &port, 1, &[format!("interface {port}"), format!("  {change}")]));
    });
    client.ran();
}

#[test]
fn ansible_over_nxapi() {
    check("ansible", "httpapi", "5,77", true);
}

#[test]
fn ansible_over_ssh() {
    check("ansible", "network_cli", "5,77", true);
}

#[test]
fn napalm_over_ssh() {
    check("napalm", "nxos_ssh", "5,77", true);
}

#[test]
fn netmiko_over_ssh() {
    check("netmiko", "ssh", "add 77", true);
}

#[test]
fn scrapli_over_ssh() {
    check("scrapli", "ssh", "add 77", true);
}
