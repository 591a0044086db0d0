//! A vCenter that we did not write: VMware's own simulator drives the switches of the lab through the service.
//!
//! Runs when `VMTRACKER_VCSIM` names the simulator's binary. What the switches must carry is computed from what the
//! simulator itself says, over SOAP calls of the test's own.

mod inventory;
mod peer;
mod rig;

use std::collections::BTreeSet;

use inventory::{Inventory, Need};
use peer::{GLANCE, PATIENCE, until};
use rig::Rig;
use tokio::time::{sleep, timeout};

use crate::commands::vmtracker;

/// How long a move copies memory: far longer than a write takes, or being first would be luck.
const COPY: &str = "/phase?d=5s";
const AT_ONCE: &str = "/phase?d=0s";

/// Prints for whoever runs the tests, and for `tests/run`.
#[expect(clippy::print_stdout, reason = "which peers ran is part of a test run's result")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

#[actix::test]
async fn the_switches_follow_a_vcenter_we_did_not_write() {
    let Some(binary) = std::env::var("VMTRACKER_VCSIM").ok().filter(|path| !path.is_empty()) else {
        return say("peer vcsim: skipped (VMTRACKER_VCSIM names no binary)");
    };
    let mut rig = Rig::new(&binary).await;
    spread(&rig).await;
    rig.run();
    check(&mut rig, "the start").await;
    power(&mut rig).await;
    moves(&mut rig).await;
    edits(&mut rig).await;
    end_of_a_vm(&mut rig).await;
    end_of_a_host(&mut rig).await;
    findings(&rig).await;
    let used = rig.stop_service().await;
    logged_out(&rig).await;
    say(&format!("peer vcsim: {}; {used}", rig.requests()));
    rig.stop().await;
    say("peer vcsim: ran");
}

/// The trunks come to carry exactly what they must.
async fn check(rig: &mut Rig, after: &str) {
    let took = rig.settle(after).await;
    say(&format!("peer vcsim: exact {} ms after {after}", took.as_millis()));
}

/// The simulator places VMs by chance: puts them where each is alone with its VLAN at its host.
async fn spread(rig: &Rig) {
    rig.peer.control(AT_ONCE).await;
    let inventory = Inventory::read(&rig.peer).await;
    for (cluster, number) in (0..2).flat_map(|cluster| (0..8).map(move |number| (cluster, number))) {
        let host = format!("DC0_C{cluster}_H{}", number % 4);
        migrate(rig, &inventory, &format!("DC0_C{cluster}_RP0_VM{number}"), &host).await;
    }
}

async fn migrate(rig: &Rig, inventory: &Inventory, vm: &str, host: &str) {
    let task = begin_move(rig, inventory, vm, host).await;
    assert_eq!(rig.peer.outcome(&task).await, "success");
}

async fn begin_move(rig: &Rig, inventory: &Inventory, vm: &str, host: &str) -> String {
    let target =
        format!("<host type=\"HostSystem\">{}</host><priority>defaultPriority</priority>", inventory.host(host));
    rig.peer.begin("MigrateVM_Task", ("VirtualMachine", &inventory.vm(vm).id), &target).await
}

async fn operate(rig: &Rig, method: &str, vm: &str) {
    let inventory = Inventory::read(&rig.peer).await;
    rig.peer.task(method, ("VirtualMachine", &inventory.vm(vm).id), "").await;
}

async fn power(rig: &mut Rig) {
    operate(rig, "PowerOffVM_Task", "DC0_C0_RP0_VM1").await;
    check(rig, "a power-off").await;
    operate(rig, "PowerOnVM_Task", "DC0_C0_RP0_VM1").await;
    check(rig, "a power-on").await;
}

async fn moves(rig: &mut Rig) {
    rig.peer.control(COPY).await;
    let inventory = Inventory::read(&rig.peer).await;
    let task = begin_move(rig, &inventory, "DC0_C0_RP0_VM2", "DC0_C0_H3").await;
    prepared(rig, &inventory, "DC0_C0_RP0_VM2", "DC0_C0_H3").await;
    assert_eq!(rig.peer.outcome(&task).await, "success");
    check(rig, "a vMotion").await;
    let (vm, host) = (&inventory.vm("DC0_C1_RP0_VM0").id, inventory.host("DC0_C1_H1"));
    rig.peer.control(&format!("/drs?vm={vm}&host={host}")).await;
    prepared(rig, &inventory, "DC0_C1_RP0_VM0", "DC0_C1_H1").await;
    arrived(rig, "DC0_C1_RP0_VM0", host).await;
    check(rig, "a move by DRS away from a port with a line of somebody else's").await;
    rig.peer.control("/fail-motion?n=1").await;
    let task = begin_move(rig, &inventory, "DC0_C0_RP0_VM3", "DC0_C0_H2").await;
    prepared(rig, &inventory, "DC0_C0_RP0_VM3", "DC0_C0_H2").await;
    assert_eq!(rig.peer.outcome(&task).await, "error");
    check(rig, "a vMotion that failed").await;
    rig.peer.control(AT_ONCE).await;
}

/// Make before break: the target's ports pass the VM's frames while the VM is still where it was.
async fn prepared(rig: &Rig, before: &Inventory, vm: &str, host: &str) {
    let needs = Rig::needs_at(before, vm, before.host(host));
    assert_eq!(needs.len(), 2, "two uplinks");
    let began = rig.now();
    until(&format!("{host} is prepared for {vm}"), || rig.passes(&needs)).await;
    let took = rig.now().saturating_sub(began);
    say(&format!("peer vcsim: {host} prepared for {vm} in {} ms", took.as_millis()));
    let now = Inventory::read(&rig.peer).await;
    assert_eq!(now.vm(vm).host, before.vm(vm).host, "{vm} was there before {host} was prepared");
}

async fn arrived(rig: &Rig, vm: &str, host: &str) {
    let there = timeout(PATIENCE, async {
        while Inventory::read(&rig.peer).await.vm(vm).host != host {
            sleep(GLANCE).await;
        }
    });
    there.await.unwrap_or_else(|_| panic!("{vm} does not come to {host}"));
}

async fn edits(rig: &mut Rig) {
    let inventory = Inventory::read(&rig.peer).await;
    let vm = inventory.vm("DC0_C1_RP0_VM7");
    let group = inventory.group("DC0_DVPG1");
    rig.peer.task("ReconfigVM_Task", ("VirtualMachine", &vm.id), &replug(vm, group)).await;
    check(rig, "a vNIC went to another port group").await;
    rig.peer.control(&format!("/dvpg-vlan?pg={}&vlan=155", inventory.group("DC0_DVPG2"))).await;
    check(rig, "a port group got another VLAN").await;
    rig.peer.control(&format!("/dvpg-vlan?pg={}&vlan=160", inventory.group("DC0_DVPG0"))).await;
    check(rig, "the port group of vmkernel adapters got another VLAN").await;
}

/// The specification that puts the VM's adapter into another port group.
fn replug(vm: &inventory::Vm, group: &str) -> String {
    let text = |name| vm.nic.text_of(name);
    let uuid =
        vm.nic.child("backing").and_then(|backing| backing.child("port")).map_or("", |port| port.text_of("switchUuid"));
    format!(
        "<spec><deviceChange><operation>edit</operation><device xsi:type=\"VirtualVmxnet3\"><key>{}</key>\
         <deviceInfo><label>Network adapter 1</label><summary>DVSwitch</summary></deviceInfo>\
         <backing xsi:type=\"VirtualEthernetCardDistributedVirtualPortBackingInfo\"><port><switchUuid>{uuid}</switchUuid>\
         <portgroupKey>{group}</portgroupKey></port></backing><connectable><startConnected>true</startConnected>\
         <allowGuestControl>true</allowGuestControl><connected>true</connected></connectable>\
         <controllerKey>{}</controllerKey><unitNumber>{}</unitNumber><addressType>generated</addressType>\
         <macAddress>{}</macAddress></device></deviceChange></spec>",
        text("key"),
        text("controllerKey"),
        text("unitNumber"),
        text("macAddress"),
    )
}

async fn end_of_a_vm(rig: &mut Rig) {
    operate(rig, "PowerOffVM_Task", "DC0_C1_RP0_VM6").await;
    operate(rig, "Destroy_Task", "DC0_C1_RP0_VM6").await;
    check(rig, "a VM was destroyed").await;
}

/// A host is lost and its VMs start elsewhere: what stood for them at its ports stays.
async fn end_of_a_host(rig: &mut Rig) {
    let inventory = Inventory::read(&rig.peer).await;
    let (lost, other) = (inventory.host("DC0_C0_H1"), inventory.host("DC0_C0_H0"));
    rig.keep_what_stands_for(&inventory, lost);
    let moved: BTreeSet<Need> = Rig::needs_at(&inventory, "DC0_C0_RP0_VM1", other);
    rig.peer.control(&format!("/host-fail?host={lost}&to={other}")).await;
    arrived(rig, "DC0_C0_RP0_VM1", other).await;
    check(rig, "a host was lost").await;
    assert!(rig.passes(&moved));
    let now = Inventory::read(&rig.peer).await;
    assert!(now.hosts.get(lost).is_some_and(|host| !host.connected));
}

/// What the service cannot follow yet, it says.
async fn findings(rig: &Rig) {
    let control = rig.files.control.display().to_string();
    let run = move || vmtracker(&["findings", "--control", &control]);
    let run = tokio::task::spawn_blocking(run).await.expect("ran");
    assert_eq!(run.code, Some(0), "{}", run.err);
    let vm = "DC0_C0_RP0_VM5";
    let line = run.out.lines().find(|line| line.contains(vm)).unwrap_or_else(|| panic!("no {vm} in {}", run.out));
    assert!(line.contains("unknown-need") && line.contains("private VLAN"), "{line}");
}

/// Whoever logged in, besides the test, has logged out.
async fn logged_out(rig: &Rig) {
    let calls = rig.peer.control("/calls").await;
    say(&format!("peer vcsim: calls {}", calls.trim()));
    assert!(calls.contains("\"Logout\":1"), "{calls}");
}
