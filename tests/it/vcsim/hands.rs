//! What an administrator does at the simulator.

use tokio::time::{sleep, timeout};

use super::{
    inventory::{Inventory, Vm},
    peer::{GLANCE, PATIENCE, until},
    rig::{HOLD_DOWN, Rig},
    say,
};

/// How long a move copies memory: far longer than a write takes, or being first would be luck.
pub(super) const COPY: &str = "/phase?d=5s";
pub(super) const AT_ONCE: &str = "/phase?d=0s";

/// A VM that no test does anything else to: alone with its VLAN at its host.
const LAST: &str = "DC0_C1_RP0_VM7";

impl Rig {
    /// The trunks come to carry exactly what they must.
    pub(super) async fn check(&mut self, after: &str) {
        let took = self.settle(after).await;
        say(&format!("peer vcsim: exact {} ms after {after}", took.as_millis()));
    }

    /// As [`Self::check`], and beyond the hold-down: a VLAN that lapses later than anything before must have gone.
    pub(super) async fn outlast(&mut self, after: &str) {
        self.check(after).await;
        self.operate("PowerOffVM_Task", LAST, "").await;
        self.check(&format!("{after}, and the hold-down")).await;
        self.operate("PowerOnVM_Task", LAST, "").await;
        self.check("the last VM is back").await;
    }

    /// That nothing is withdrawn can only be seen over time.
    pub(super) async fn hold_down_passes(&self) {
        sleep(2 * HOLD_DOWN).await;
    }

    /// The simulator places VMs by chance: puts them where each is alone with its VLAN at its host, the first one at the
    /// host with this number in its cluster.
    pub(super) async fn spread(&self, first: usize) {
        self.peer.control(AT_ONCE).await;
        let inventory = Inventory::read(&self.peer).await;
        for (cluster, number) in (0..2).flat_map(|cluster| (0..8).map(move |number| (cluster, number))) {
            let host = format!("DC0_C{cluster}_H{}", (number + first) % 4);
            let task = self.begin_move(&inventory, &format!("DC0_C{cluster}_RP0_VM{number}"), &host).await;
            assert_eq!(self.peer.outcome(&task).await, "success");
        }
    }

    /// Begins a vMotion; the task.
    pub(super) async fn begin_move(&self, inventory: &Inventory, vm: &str, host: &str) -> String {
        let target =
            format!("<host type=\"HostSystem\">{}</host><priority>defaultPriority</priority>", inventory.host(host));
        self.peer.begin("MigrateVM_Task", ("VirtualMachine", &inventory.vm(vm).id), &target).await
    }

    /// Carries out a task on a VM.
    pub(super) async fn operate(&self, method: &str, vm: &str, arguments: &str) {
        let inventory = Inventory::read(&self.peer).await;
        self.peer.task(method, ("VirtualMachine", &inventory.vm(vm).id), arguments).await;
    }

    /// Make before break: the target's ports pass the VM's frames while the VM is still where it was.
    pub(super) async fn prepared(&self, before: &Inventory, vm: &str, host: &str) {
        let needs = before.needs_at(vm, before.host(host));
        assert_eq!(needs.len(), 2, "two uplinks");
        let began = self.now();
        until(&format!("{host} is prepared for {vm}"), || self.passes(&needs)).await;
        let took = self.now().saturating_sub(began);
        say(&format!("peer vcsim: {host} prepared for {vm} in {} ms", took.as_millis()));
        let now = Inventory::read(&self.peer).await;
        assert_eq!(now.vm(vm).host, before.vm(vm).host, "{vm} was there before {host} was prepared");
    }

    /// Waits until the simulator says that a VM is at a host, by its id.
    pub(super) async fn arrived(&self, vm: &str, host: &str) {
        let there = timeout(PATIENCE, async {
            while Inventory::read(&self.peer).await.vm(vm).host != host {
                sleep(GLANCE).await;
            }
        });
        there.await.unwrap_or_else(|_| panic!("{vm} does not come to {host}"));
    }

    /// Waits until a method was called so often, without a call: the simulator looks after idle sessions only when it
    /// is left alone.
    pub(super) async fn called(&self, method: &str, times: u64) {
        let called = timeout(PATIENCE, async {
            while self.peer.count(method).await < times {
                sleep(GLANCE).await;
            }
        });
        called.await.unwrap_or_else(|_| panic!("{method} is not called {times} times"));
    }
}

/// The specification that changes a VM's adapter on a distributed switch: the port group that it is in, and whether it is plugged.
pub(super) fn edit_adapter(vm: &Vm, group: &str, connected: bool) -> String {
    let nic = vm.distributed().expect("an adapter on a distributed switch");
    let text = |name| nic.text_of(name);
    let backing = nic.child("backing").and_then(|backing| backing.child("port"));
    let uuid = backing.map_or("", |port| port.text_of("switchUuid"));
    format!(
        "<spec><deviceChange><operation>edit</operation><device xsi:type=\"VirtualVmxnet3\"><key>{}</key>\
         <deviceInfo><label>Network adapter 1</label><summary>DVSwitch</summary></deviceInfo>\
         <backing xsi:type=\"VirtualEthernetCardDistributedVirtualPortBackingInfo\"><port><switchUuid>{uuid}</switchUuid>\
         <portgroupKey>{group}</portgroupKey></port></backing><connectable><startConnected>true</startConnected>\
         <allowGuestControl>true</allowGuestControl><connected>{connected}</connected></connectable>\
         <controllerKey>{}</controllerKey><unitNumber>{}</unitNumber><addressType>generated</addressType>\
         <macAddress>{}</macAddress></device></deviceChange></spec>",
        text("key"),
        text("controllerKey"),
        text("unitNumber"),
        text("macAddress"),
    )
}
