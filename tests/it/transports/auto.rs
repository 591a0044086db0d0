//! Switches without a usable NX-API: the controller takes SSH by itself, and `check --connect` says why.

use std::time::Duration;

use vmtracker::lab::{model::switch::Switch, topology::Topology};

use super::{allow_ssh, host, passes, switches};
use crate::{commands::vmtracker, site::Site};

/// A leaf for every reason, each with a host.
const LEAVES: [(&str, u16); 3] = [("modern", 30), ("legacy", 40), ("without", 50)];

fn site() -> Site {
    let mut text = "[[vcenter]]\nname = 'vc1'\n".to_owned();
    for (name, vlan) in LEAVES {
        text += &format!(
            "[[switch]]\nname = '{name}'\nvlans = '1,5'\nport = [{{ name = 'Ethernet1/{vlan}', allowed = '5' }}]\n"
        );
        text += &host(name, vlan);
    }
    let site = Site::prepared(&Topology::parse(&text).expect("a good file"), |name, switch| match name {
        "legacy" => switch.faults.legacy_tls = true,
        "without" => turn_off_nxapi(switch),
        _ => {}
    });
    site.configure(|table| switches(table).for_each(|row| allow_ssh(&site, row)));
    site
}

fn turn_off_nxapi(switch: &mut Switch) {
    let said = switch.type_lines("operator", &["configure terminal", "no feature nxapi"], Duration::ZERO);
    assert!(said.iter().all(String::is_empty), "{said:?}");
}

#[test]
fn check_connect_says_by_which_way_and_why() {
    let site = site();
    let run = vmtracker(&["check", "--connect", "--config", site.files.config.to_str().expect("plain")]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let by_ssh = "reached by SSH, not NX-API: ";
    let parts: [(&str, &[&str]); 3] = [
        ("modern", &["reached by NX-API"]),
        ("legacy", &[by_ssh, "cannot be reached at https://127", "rotocol"]),
        ("without", &[by_ssh, "cannot be reached at https://127", "Connection refused"]),
    ];
    for (name, parts) in parts {
        let line = run.out.lines().find(|line| line.starts_with(&format!("switch {name}: "))).unwrap_or_default();
        assert!(line.contains("ok: ") && parts.iter().all(|part| line.contains(part)), "{parts:?} in {}", run.out);
    }
    let writes = LEAVES.map(|(name, _)| site.switch(name, |switch, _| switch.counters().writes));
    assert_eq!(writes, [0; 3], "it writes nothing");
}

#[test]
fn the_controller_serves_every_one_of_them() {
    let mut site = site();
    site.start();
    site.wait_right();
    assert!(LEAVES.iter().all(|(_, vlan)| passes(&site, &format!("vm{vlan}"))), "{}", site.report());
    let by_ssh = LEAVES.map(|(name, _)| site.switch(name, |switch, _| switch.counters().ssh_sessions > 0));
    assert_eq!(by_ssh, [false, true, true]);
    site.assert_no_line_twice();
    site.assert_log_is_clear(&[]);
}
