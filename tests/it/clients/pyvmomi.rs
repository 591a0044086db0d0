//! pyVmomi reads the simulated vCenter as it reads VMware's own simulator, and the switches follow what it does.

use std::{
    env,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use vmtracker::{
    clock,
    lab::{
        model::{
            dataplane::Verdict,
            vcenter::{SimBacking, SimHost, SimPlug, SimPortGroup, SimVlan, SimVm, Vcenter},
        },
        topology::{PASSWORD, USER},
    },
};

use super::client::Client;
use crate::{
    site::{Site, small},
    vcsim::say,
};

const PEER: &str = "pyvmomi";
/// As long as a small VM's vMotion takes.
const COPY: Duration = Duration::from_secs(2);
/// The longest that VMware's simulator may take to start: a loaded machine, not a target.
const PATIENCE: Duration = Duration::from_secs(90);

/// How a vCenter behaves, whatever is in it.
fn behaviour() -> Value {
    json!({
        "logins": { "wrong password": "InvalidLogin", "untrusted": "SSLCertVerificationError" },
        "clock": true,
        "paging": { "full but the last": true, "sum": true },
        "updates": {
            "full but the last": true,
            "enter": true,
            "truncated version again": "InvalidCollectorVersion",
            "bogus version": "InvalidCollectorVersion",
            "nothing": [null, true],
            "changes": [["modify", true, "runtime.powerState", "poweredOff"]],
            "same version again": [true],
        },
        "refused": { "power on twice": "InvalidPowerState", "is": "poweredOn" },
        "gone": "ManagedObjectNotFound",
        "move": {
            "arrived": true,
            "page": [
                ["VmBeingHotMigratedEvent", "vm", "source", "target"],
                ["VmMigratedEvent", "vm", "target", "source"],
            ],
            "one chain": true,
            "query": true,
            "listed": [true, false],
        },
        "sessions": { "terminated": "NotAuthenticated", "logged out": "NotAuthenticated", "user": true },
    })
}

/// The topology's leaves follow the VM that pyVmomi moves, and what it reads is what the model holds.
#[test]
fn pyvmomi_reads_and_moves_and_the_switches_follow() {
    let Some(client) = Client::find(PEER) else { return };
    let mut site = Site::running(&small());
    let (before, held) = site.vcenter("vc1", |vcenter, _| {
        vcenter.copy_phase = COPY;
        (vcenter.sessions(), inventory(vcenter))
    });
    let sdk = site.sdk("vc1");
    let said = client.run(&json!({
        "host": "localhost", "port": sdk.port(), "ca": site.files.dir.join("ca.pem"), "user": USER,
        "password": PASSWORD,
    }));
    assert_eq!(said.get("calls"), Some(&behaviour()));
    assert_same(said.get("inventory"), &held);
    let moved = said.get("moved").and_then(Value::as_array).expect("what it moved");
    let [vm, source, target] = moved.iter().filter_map(Value::as_str).collect::<Vec<_>>()[..] else { panic!("{said}") };
    site.vcenter("vc1", |vcenter, _| {
        let machine = vcenter.vm_named(vm).and_then(|id| vcenter.vm(id)).expect("the VM");
        assert_eq!(Some(&machine.host), vcenter.host_named(target));
        assert_ne!(Some(&machine.host), vcenter.host_named(source));
        assert_eq!(vcenter.sessions(), before, "it logged out");
    });
    site.wait_right();
    assert_eq!(site.verdict("vc1", vm), Verdict::Passes);
    site.assert_nothing_lost();
    client.ran();
}

/// One part after the other: a whole data centre in one line helps nobody.
fn assert_same(said: Option<&Value>, held: &Value) {
    for (part, held) in held.as_object().expect("an object") {
        assert_eq!(said.and_then(|said| said.get(part)), Some(held), "{part}");
    }
}

fn inventory(vcenter: &Vcenter) -> Value {
    let named = |rows: &mut dyn Iterator<Item = (String, Value)>| rows.collect::<serde_json::Map<_, _>>();
    let mut hosts: Vec<&str> = vcenter.hosts().map(|host| host.name.as_str()).collect();
    hosts.sort_unstable();
    let mut vms: Vec<&str> = vcenter.vms().map(|vm| vm.name.as_str()).collect();
    vms.sort_unstable();
    json!({
        "instance": vcenter.instance_uuid(),
        "vms": named(&mut vcenter.vms().map(|vm| (vm.name.clone(), machine(vcenter, vm)))),
        "hosts": named(&mut vcenter.hosts().map(|host| (host.name.clone(), server(host)))),
        "groups": named(&mut vcenter.port_groups().map(|group| (group.name.clone(), port_group(group)))),
        "clusters": { "cluster1": hosts },
        "switches": { "DSwitch": ["Uplink 1", "Uplink 2"] },
        "folders": vms,
    })
}

fn machine(vcenter: &Vcenter, vm: &SimVm) -> Value {
    let nics = vm.vnics.iter().map(|vnic| {
        let SimBacking::Distributed(group) = &vnic.backing else { panic!("{vnic:?}") };
        json!({ "mac": vnic.mac.to_string(), "group": group.as_str(), "on": vnic.connected })
    });
    json!({
        "host": vcenter.host(&vm.host).map(|host| &host.name), "power": vm.power.as_str(), "uuid": vm.instance_uuid,
        "template": false, "nics": nics.collect::<Vec<_>>(),
    })
}

fn server(host: &SimHost) -> Value {
    let uplink = |plug: &SimPlug| match plug {
        SimPlug::Uplink(name) => name.clone(),
        SimPlug::Unused | SimPlug::Vswitch(_) | SimPlug::Lag(_) => panic!("{plug:?}"),
    };
    let (mut pnics, mut uplinks, mut hints) = (serde_json::Map::new(), serde_json::Map::new(), serde_json::Map::new());
    for pnic in &host.pnics {
        let heard = pnic.hint.as_ref().expect("every leaf speaks");
        pnics.insert(pnic.device.clone(), pnic.mac.to_string().into());
        uplinks.insert(pnic.device.clone(), uplink(&pnic.plug).into());
        hints.insert(pnic.device.clone(), json!([heard.system_name, heard.port]));
    }
    let vmkernels: Vec<&str> = host.vmkernels.iter().map(|vmkernel| vmkernel.device.as_str()).collect();
    json!({
        "cluster": "cluster1", "state": [host.connection.as_str(), host.maintenance], "pnics": pnics,
        "uplinks": uplinks, "vmkernels": vmkernels, "hints": hints,
    })
}

fn port_group(group: &SimPortGroup) -> Value {
    let both = ["Uplink 1", "Uplink 2"].map(str::to_owned).to_vec();
    let vlan = match &group.vlan {
        SimVlan::Id(number) => json!(number),
        SimVlan::Trunk(ranges) => json!(ranges.iter().map(|range| json!([range.0, range.1])).collect::<Vec<_>>()),
        SimVlan::Private(_) => Value::Null,
    };
    json!({
        "key": group.id.as_str(), "vlan": vlan, "uplink": group.uplink, "switch": "DSwitch",
        "active": if group.active.is_empty() { &both } else { &group.active },
    })
}

/// Two things are other there: it knows no chains of events, and its names of tasks are none that pyVmomi knows.
#[test]
fn pyvmomi_sees_no_difference_between_our_vcenter_and_vmwares_simulator() {
    let Some(client) = Client::find(PEER) else { return };
    let Some(binary) = env::var("VMTRACKER_VCSIM").ok().filter(|path| !path.is_empty()) else {
        return say("peer vcsim: skipped (VMTRACKER_VCSIM names no binary)");
    };
    let dir = tempfile::tempdir().expect("a directory");
    let simulator = Simulator::start(&binary, dir.path());
    let said = client.run(&json!({
        "host": "localhost", "port": simulator.port, "ca": dir.path().join("ca.pem"), "user": "user",
        "password": "pass", "poll": true,
    }));
    let mut expected = behaviour();
    expected["move"]["one chain"] = false.into();
    assert_eq!(said.get("calls"), Some(&expected));
    client.ran();
}

/// VMware's simulator; it ends when it is dropped.
struct Simulator {
    process: Child,
    port: u16,
}

impl Simulator {
    fn start(binary: &str, dir: &Path) -> Self {
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("bound");
        let (sdk, control, log) = (free(), free(), dir.join("log"));
        let said = File::create(&log).expect("a log");
        let process = Command::new(binary)
            .args(["-l", &sdk.to_string(), "-ctl", &control.to_string()])
            .args(["-clusters", "2", "-hosts", "4", "-vms", "8", "-pgs", "6", "-ca"])
            .arg(dir.join("ca.pem"))
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a log"))
            .stderr(said)
            .spawn()
            .expect("the simulator starts");
        let began = clock::instant();
        while !fs::read_to_string(&log).is_ok_and(|text| text.contains("ready in")) {
            assert!(began.elapsed() < PATIENCE, "VMware's simulator does not start");
            thread::sleep(Duration::from_millis(20));
        }
        Self { process, port: sdk.port() }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // A process that ended by itself cannot be killed, and the test says why it ended.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
