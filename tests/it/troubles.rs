//! Every trouble with a device says so in one clear line, and everything else goes on.

use std::{
    io::Read,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use vmtracker::lab::{model::dataplane::Verdict, serve::LabCa, site::free_port, topology::Topology};

use crate::{commands::vmtracker, site::Site};

/// Passwords that no device takes, and that no log may show.
const SECRETS: [&str; 2] = ["wrong-switch-password", "wrong-vcenter-password"];

/// Every switch but leaf1 and every vCenter but vc1 is in trouble; esxN hangs on its own switch with a running VM.
const SWITCHES: [&str; 6] = ["leaf1", "locked", "stranger", "gone", "other", "mute"];
const VCENTERS: [&str; 5] = ["vc1", "vc-locked", "vc-stranger", "vc-gone", "vc-down"];

fn topology() -> Topology {
    let mut text = String::new();
    for (number, name) in SWITCHES.iter().enumerate() {
        let vlan = 10 + number;
        text += &format!(
            "[[switch]]\nname = '{name}'\nvlans = '1,5'\nport = [{{ name = 'Ethernet1/1', allowed = '5' }}]\n\
             [[host]]\nvcenter = 'vc1'\nname = 'esx-{name}'\n\
             pnics = [{{ device = 'vmnic0', switch = '{name}', port = 'Ethernet1/1', uplink = 'Uplink 1' }}]\n\
             [[port_group]]\nvcenter = 'vc1'\nname = 'net{vlan}'\nvlan = {vlan}\n\
             [[vm]]\nname = 'vm-{name}'\nhost = 'esx-{name}'\nport_groups = ['net{vlan}']\n"
        );
    }
    text += "[[port_group]]\nvcenter = 'vc1'\nname = 'net30'\nvlan = 30\n\
             [[vm]]\nname = 'later'\nhost = 'esx-leaf1'\nport_groups = ['net30']\non = false\n";
    text += &VCENTERS.map(|name| format!("[[vcenter]]\nname = '{name}'\n")).concat();
    Topology::parse(&text).expect("a good file")
}

/// The whole site in trouble, before the controller starts. Whoever calls the switch `mute` is counted.
fn site() -> (Site, Arc<AtomicU64>) {
    let site = Site::new(&topology());
    let stranger = site.file("stranger.pem", &LabCa::new().expect("a CA").ca_pem());
    let gone = || format!("https://{}", free_port().expect("a port"));
    let (mute, calls) = mute();
    for (kind, name, password) in [("switch", "locked", SECRETS[0]), ("vcenter", "vc-locked", SECRETS[1])] {
        let file = site.secret(name, password);
        site.configure_device(kind, name, |row| drop(row.insert("password_file".to_owned(), file)));
    }
    for (kind, name) in [("switch", "stranger"), ("vcenter", "vc-stranger")] {
        site.configure_device(kind, name, |row| drop(row.insert("ca_file".to_owned(), stranger.clone())));
    }
    for (kind, name, url) in [("switch", "gone", gone()), ("vcenter", "vc-gone", gone()), ("switch", "mute", mute)] {
        site.configure_device(kind, name, |row| drop(row.insert("url".to_owned(), url.into())));
    }
    site.switch("other", |switch, _| switch.faults.not_a_nexus = true);
    site.vcenter("vc-down", |vcenter, _| vcenter.faults.unavailable = u32::MAX);
    (site, calls)
}

/// Takes connections and hangs up at the first byte, as a balancer does that has nobody behind it; counts the calls.
fn mute() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    // Ends with the test's process.
    thread::spawn(move || {
        for mut caller in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::Relaxed);
            drop(caller.read(&mut [0]));
        }
    });
    (url, calls)
}

/// Each trouble, and what its line says: what was tried, what came of it, what to do.
const LINES: [(&str, &str, &[&str]); 9] = [
    ("switch-lost", "switch locked", &["refuses the login of \"vmtracker\"", "correct username and password"]),
    ("switch-lost", "switch stranger", &["cannot be reached at https://127", "peer certificate", "check its ca_file"]),
    ("switch-lost", "switch gone", &["cannot be reached at https://127", "Connection refused", "check its url"]),
    ("switch-lost", "switch other", &["is not a Nexus switch"]),
    ("switch-lost", "switch mute", &["cannot be reached at https://127"]),
    ("vcenter-lost", "vCenter vc-locked", &["refuses the user name or the password", "correct them and reload"]),
    ("vcenter-lost", "vCenter vc-stranger", &["cannot be reached", "peer certificate", "check its ca_file"]),
    ("vcenter-lost", "vCenter vc-gone", &["cannot be reached", "Connection refused", "check its url"]),
    ("vcenter-lost", "vCenter vc-down", &["HTTP 503", "may be starting"]),
];

fn passwords_tried(site: &Site) -> (u64, u64) {
    let switch = site.switch("locked", |switch, _| switch.counters().wrong_passwords);
    (switch, site.counts("vc-locked").refused_logins)
}

#[test]
fn every_device_in_trouble_says_so_once_and_all_others_go_on() {
    let (mut site, calls) = site();
    site.start();
    for (kind, subject, parts) in LINES {
        site.wait_finding(kind, subject, parts);
    }
    site.wait_until("the VM behind leaf1 is on the air", |site| site.verdict("vc1", "vm-leaf1") == Verdict::Passes);
    site.wait_until("mute was tried five times", |_| calls.load(Ordering::Relaxed) >= 5);
    assert_eq!(passwords_tried(&site), (1, 1), "a wrong password is tried once\n{}", site.report());
    site.vcenter("vc1", |vcenter, _| {
        let later = vcenter.vm_named("later").expect("there").clone();
        vcenter.power_on(&later).expect("powered on");
    });
    site.wait_until("a VM more is on the air", |site| site.verdict("vc1", "later") == Verdict::Passes);
    assert_eq!(site.findings().len(), LINES.len(), "no trouble has two findings\n{}", site.report());
    site.assert_log_is_clear(&SECRETS);
}

#[test]
fn retry_tries_a_password_again() {
    let (mut site, _) = site();
    site.start();
    site.wait_finding("switch-lost", "switch locked", &[]);
    site.wait_finding("vcenter-lost", "vCenter vc-locked", &[]);
    site.switch("locked", |switch, _| switch.set_password(SECRETS[0]));
    let retried = site.command(&["retry"]);
    assert_eq!(retried.code, Some(0), "{}", retried.err);
    site.wait_mended("switch-lost", "switch locked");
    site.wait_until("its VM is on the air", |site| site.verdict("vc1", "vm-locked") == Verdict::Passes);
    site.wait_until("vc-locked was tried again", |site| passwords_tried(site) == (1, 2));
    assert_eq!(site.logged("mended: switch-lost switch locked"), 1);
    site.assert_log_is_clear(&SECRETS);
}

#[test]
fn check_connect_says_what_it_found_at_every_device() {
    let (site, _) = site();
    let config = site.files.config.to_str().expect("plain");
    let run = vmtracker(&["check", "--connect", "--config", config]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let line = |subject: &str| {
        let mut lines = run.out.lines().filter(|line| line.starts_with(&format!("{subject}: ")));
        let line = lines.next().unwrap_or_else(|| panic!("no {subject} in {}", run.out));
        assert_eq!(lines.next(), None, "{subject} has one line");
        line.to_owned()
    };
    assert!(line("switch leaf1").contains("ok: leaf1 is a "), "{}", run.out);
    assert!(line("vcenter vc1").contains("ok: VMware vCenter Server 8"), "{}", run.out);
    for (_, subject, parts) in LINES {
        let line = line(&subject.replace("vCenter", "vcenter"));
        assert!(line.contains("FAILED: ") && parts.iter().all(|part| line.contains(part)), "{line}: {parts:?}");
    }
    assert!(SECRETS.iter().all(|secret| !run.out.contains(secret) && !run.err.contains(secret)));
    assert!(site.switch("leaf1", |switch, _| switch.counters().writes) == 0, "it writes nothing");
    assert_eq!(site.counts("vc1").logouts, site.counts("vc1").logins);
}

#[test]
fn check_connect_ends_with_0_where_every_device_answers() {
    let (mut site, _) = site();
    site.manage(|name| ["leaf1", "vc1"].contains(&name));
    let config = site.files.config.to_str().expect("plain");
    let run = vmtracker(&["check", "--connect", "--json", "--config", config]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).expect("one JSON object");
    assert_eq!(json["devices"].as_array().map(Vec::len), Some(2), "{json}");
}
