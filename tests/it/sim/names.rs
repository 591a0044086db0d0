//! No text from outside reaches a switch (design rule 2): whatever hosts, VMs, port groups and descriptions are called,
//! a switch is asked and told the same lines.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;
use vmtracker::lab::topology::Topology;
use vmtracker_core::net::{InterfaceName, VlanSet};

use super::{
    case::{Op, Shape},
    cases,
    driver::Sim,
};

/// No line of ours has it.
const MARK: &str = "zq";
const SHAPE: Shape = Shape { vcenters: 1, switches: 2, pairs: true, hosts: 4, vms: 4, groups: 4 };

/// Names that would do harm where text is pasted together, and any other.
fn evil() -> impl Strategy<Value = String> {
    let words = ["\nreload\n", " ;reload", "\"],[\"", "$(reload)", "`reload`", "%s%n", " | xml", "</input>", "\r\n"];
    let known = prop::sample::select(words.to_vec()).prop_map(|word| format!("{MARK}{word}{MARK}"));
    prop_oneof![known, "\\PC{1,30}".prop_map(|text| format!("{MARK}{text}"))]
}

/// The same data centre, where everything that people name has `evil` in its name.
fn renamed(evil: &str) -> Topology {
    let mut topology = SHAPE.topology();
    let rename = |name: &mut String| *name = format!("{evil}{name}");
    for host in &mut topology.hosts {
        rename(&mut host.name);
        host.vmkernels.iter_mut().for_each(|vmkernel| rename(&mut vmkernel.port_group));
    }
    topology.port_groups.iter_mut().for_each(|group| rename(&mut group.name));
    for vm in &mut topology.vms {
        rename(&mut vm.name);
        rename(&mut vm.host);
        vm.port_groups.iter_mut().for_each(rename);
    }
    let ports = topology.switches.iter_mut().flat_map(|switch| &mut switch.ports);
    ports.for_each(|port| port.description = Some(evil.replace(['\n', '\r'], " ")));
    topology
}

/// What the controller sends: questions, and lines of four forms.
fn is_ours(line: &str) -> bool {
    let list = |text: &str| text.parse::<VlanSet>().is_ok();
    let allowed = line.strip_prefix("switchport trunk allowed vlan ");
    let change = allowed.and_then(|rest| rest.strip_prefix("add ").or_else(|| rest.strip_prefix("remove ")));
    let port = line.strip_prefix("interface ").is_some_and(|name| name.parse::<InterfaceName>().is_ok());
    let plain = line.chars().all(|letter| letter.is_ascii_alphanumeric() || " ,-/".contains(letter));
    let form = line.starts_with("show ") || line == "exit" || line == "copy running-config startup-config";
    plain && (form || port || change.is_some_and(list) || line.strip_prefix("vlan ").is_some_and(list))
}

fn lines(body: &[u8]) -> Vec<String> {
    let calls: Value = serde_json::from_slice(body).expect("a request");
    let line = |call: &Value| call["params"]["cmd"].as_str().expect("a command").to_owned();
    calls.as_array().expect("a batch").iter().map(line).collect()
}

proptest! {
    #![proptest_config(cases(30))]
    #[test]
    fn no_name_ever_reaches_a_command_line(evil in evil()) {
        let mut sim = Sim::of(&renamed(&evil), SHAPE, |_| {});
        sim.run(Duration::from_secs(30));
        sim.act(&Op::Move { vm: 0, host: 2, copy_ms: 3_000 });
        sim.act(&Op::Create { host: 1, group: 3 });
        sim.run(Duration::from_secs(60));
        let sent: Vec<String> = sim.sent.iter().flat_map(|body| lines(body)).collect();
        prop_assert!(sent.iter().any(|line| line.contains(" add ")), "something was written");
        for line in sent {
            prop_assert!(is_ours(&line) && !line.contains(MARK), "{line:?}");
        }
    }
}
