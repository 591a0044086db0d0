//! Clients that we did not write drive the simulated devices unmodified, and what they did counts on the data plane.
//!
//! Each runs when `VMTRACKER_CLIENTS` names a virtual environment with `tests/clients/requirements.txt`; the few lines
//! that drive it lie there, too.

mod client;
mod pyvmomi;

use serde_json::{Value, json};
use vmtracker::lab::{
    model::{dataplane::Verdict, switch::Platform},
    topology::{PASSWORD, Topology, USER},
};
use vmtracker_core::net::VlanId;

use crate::{refused, site::Site};
use client::Client;

const PORT: &str = "Ethernet1/1";
const VLAN: u16 = 77;
const NAME: &str = "tenant77";
/// A client that types adds to a trunk's list; one that compares names the list as it shall stand.
const ADD: &str = "add 77";
const WHOLE: &str = "5,77";

/// One VM, in a VLAN that its switch does not have. A second port: NAPALM takes it that there are several.
fn site(platform: &str) -> Site {
    let text = format!(
        "[[switch]]\nname = 'leaf1'\nplatform = '{platform}'\nvlans = '1,5'\n\
         port = [{{ name = '{PORT}', allowed = '5' }}, {{ name = 'Ethernet1/2' }}]\n\
         [[vcenter]]\nname = 'vc1'\n\
         [[host]]\nname = 'esx1'\n\
         pnics = [{{ device = 'vmnic0', switch = 'leaf1', port = '{PORT}', uplink = 'Uplink 1' }}]\n\
         [[port_group]]\nname = 'net'\nvlan = {VLAN}\n\
         [[vm]]\nname = 'vm1'\nhost = 'esx1'\nport_groups = ['net']\n"
    );
    Site::new(&Topology::parse(&text).expect("a good file"))
}

/// What the client is to do; `tests/clients/task.py` tells of it.
fn job(site: &Site, by: &str, lines: &[String]) -> Value {
    let (nxapi, ssh) = (site.nxapi("leaf1"), site.ssh("leaf1"));
    json!({
        "host": nxapi.ip(), "nxapi": nxapi.port(), "ssh": ssh.port(), "known_hosts": site.files.known_hosts(),
        "user": USER, "password": PASSWORD, "by": by, "times": 1, "lines": lines,
        "vlan": VLAN, "name": NAME, "port": PORT, "allowed": WHOLE, "state": "merged", "undo": false,
    })
}

fn lines(list: &str) -> [String; 4] {
    let list = format!("  switchport trunk allowed vlan {list}");
    [format!("vlan {VLAN}"), format!("  name {NAME}"), format!("interface {PORT}"), list]
}

fn show(site: &Site, what: &str) -> String {
    let line = format!("show {what}");
    site.switch("leaf1", |switch, now| switch.type_lines("operator", &[&line], now)).concat()
}

/// The client brings the VLAN, changes nothing when it is there, saves, and tells what is so.
fn check(peer: &'static str, by: &str, list: &str) {
    check_on("n9k", peer, by, list, |version| version);
}

fn check_on(platform: &str, peer: &'static str, by: &str, list: &str, version: fn(&'static str) -> &'static str) {
    let Some(client) = Client::find(peer) else { return };
    let site = site(platform);
    assert_ne!(site.verdict("vc1", "vm1"), Verdict::Passes);
    let mut job = job(&site, by, &lines(list));
    job["times"] = 2.into();
    let said = client.run(&job);
    assert_eq!(site.verdict("vc1", "vm1"), Verdict::Passes, "{said}");
    site.switch("leaf1", |switch, _| {
        let expected = json!({
            "hostname": switch.hostname(), "version": version(switch.profile().version), "serial": switch.serial(),
            "vlan_name": NAME, "changed": [true, false],
        });
        assert_eq!(said, expected, "{platform}");
        let vlan = VlanId::new(VLAN).expect("a VLAN");
        assert_eq!(switch.vlans().get(&vlan).map(|row| row.name(vlan)).as_deref(), Some(NAME));
        assert_eq!(switch.allowed(PORT.parse().expect("a port")).to_string(), WHOLE);
    });
    let saved = show(&site, "startup-config");
    assert!(saved.contains(NAME) && saved.contains(&format!("allowed vlan {WHOLE}")), "{saved}");
    client.ran();
}

/// NAPALM looks for the version under keys that NX-OS 9.3 no longer has (facts: NX-OS §2.14), and tells none.
#[test]
fn napalm_over_nxapi() {
    check_on("n9k", "napalm", "nxos", WHOLE, |_| "");
    check_on("n7k", "napalm", "nxos", WHOLE, |version| version);
}

#[test]
fn napalm_over_ssh() {
    check("napalm", "nxos_ssh", WHOLE);
}

#[test]
fn netmiko_over_ssh() {
    for (_, platform) in Platform::ALL {
        check_on(platform, "netmiko", "ssh", ADD, |version| version);
    }
}

#[test]
fn scrapli_over_ssh() {
    check("scrapli", "ssh", ADD);
}

#[test]
fn ansible_over_nxapi() {
    check("ansible", "httpapi", WHOLE);
}

#[test]
fn ansible_over_ssh() {
    check("ansible", "network_cli", WHOLE);
}

#[test]
fn napalm_takes_back_what_it_merged_and_what_the_switch_refused_half_way() {
    let Some(client) = Client::find("napalm") else { return };
    let site = site("n9k");
    let before = show(&site, "running-config");
    for by in ["nxos", "nxos_ssh"] {
        let mut job = job(&site, by, &lines(WHOLE));
        job["undo"] = true.into();
        let said = client.run(&job);
        assert_eq!((&said["changed"], &said["vlan_name"]), (&json!([true]), &Value::Null));
        assert_eq!(show(&site, "running-config"), before);
    }
    site.switch("leaf1", |switch, _| switch.faults.refuse("allowed vlan", "ERROR: the port is locked", 1));
    let said = client.fail(&job(&site, "nxos", &lines(WHOLE)));
    assert!(said.contains("rollback attempted") && said.contains("the port is locked"), "{said}");
    assert_eq!(show(&site, "running-config"), before);
    client.ran();
}

/// VLAN 3970 is reserved (facts: NX-OS §4.3), which scrapli does not know for an error; it knows the marker of a caret.
#[test]
fn every_client_sees_that_a_line_is_refused() {
    let (line, why) = ("vlan 3970", "Invalid value/range");
    for (peer, by, line, why) in [
        ("ansible", "httpapi", line, why),
        ("ansible", "network_cli", line, why),
        ("napalm", "nxos", line, why),
        ("netmiko", "ssh", line, why),
        ("scrapli", "ssh", "vlam 77", "ScrapliCommandFailure"),
    ] {
        let Some(client) = Client::find(peer) else { continue };
        let site = site("n9k");
        let before = show(&site, "running-config");
        let mut job = job(&site, by, &[line.to_owned()]);
        job["vlan"] = 3970.into();
        let said = client.fail(&job);
        assert!(said.contains(why), "{peer}: {said}");
        assert_eq!(show(&site, "running-config"), before);
        client.ran();
    }
}

#[test]
fn what_napalm_adds_stays_and_what_it_removes_is_put_back_and_told() {
    let Some(client) = Client::find("napalm") else { return };
    refused::dispute(|site, port, change| {
        let port = format!("Ethernet1/{port}");
        let mut job = job(site, "nxos", &[format!("interface {port}"), format!("  {change}")]);
        job["port"] = port.into();
        client.run(&job);
    });
    client.ran();
}

/// What is in the playbook is all that shall be there, and it knows of no VLAN 60.
#[test]
fn what_ansible_adds_stays_and_what_it_replaces_is_put_back_and_told() {
    let Some(client) = Client::find("ansible") else { return };
    refused::dispute(|site, port, change| {
        let mut job = job(site, "httpapi", &[]);
        job["port"] = format!("Ethernet1/{port}").into();
        job["allowed"] = "5,61".into();
        job["state"] = if change.contains("add") { "merged" } else { "replaced" }.into();
        client.run(&job);
    });
    client.ran();
}
