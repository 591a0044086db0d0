//! Port groups, teaming, adapters and uplinks, changed while VMs run.

use super::{
    end, findings, found,
    hands::edit_adapter,
    inventory::{Inventory, mac_of},
    rig::Rig,
    running,
};

#[actix::test]
async fn what_an_adapter_needs_follows_its_port_group_its_teaming_and_its_plug() {
    let Some(mut rig) = running(&[]).await else { return };
    vlans(&mut rig).await;
    teaming(&mut rig).await;
    a_new_port_group(&mut rig).await;
    adapters(&mut rig).await;
    links(&mut rig).await;
    ranges_and_private_vlans(&mut rig).await;
    end(rig).await;
}

async fn vlans(rig: &mut Rig) {
    let inventory = Inventory::read(&rig.peer).await;
    rig.peer.control(&format!("/dvpg-vlan?pg={}&vlan=155", inventory.group("DC0_DVPG2"))).await;
    rig.check("a port group got another VLAN").await;
    rig.peer.control(&format!("/dvpg-vlan?pg={}&vlan=160", inventory.group("DC0_DVPG0"))).await;
    rig.outlast("the port group of vmkernel adapters got another VLAN").await;
}

/// The specification of a distributed port group with one VLAN.
fn group_spec(name: &str, vlan: &str, order: &str) -> String {
    format!(
        "<spec><name>{name}</name><numPorts>8</numPorts><defaultPortConfig xsi:type=\"VMwareDVSPortSetting\">{vlan}\
         <uplinkTeamingPolicy><inherited>false</inherited><policy><inherited>false</inherited>\
         <value>loadbalance_loadbased</value></policy><uplinkPortOrder><inherited>false</inherited>{order}\
         </uplinkPortOrder></uplinkTeamingPolicy></defaultPortConfig><type>earlyBinding</type></spec>"
    )
}

fn single(vlan: u16) -> String {
    format!(
        "<vlan xsi:type=\"VmwareDistributedVirtualSwitchVlanIdSpec\"><inherited>false</inherited><vlanId>{vlan}</vlanId>\
         </vlan>"
    )
}

fn range(start: u16, end: u16) -> String {
    format!(
        "<vlan xsi:type=\"VmwareDistributedVirtualSwitchTrunkVlanSpec\"><inherited>false</inherited>\
         <vlanId><start>{start}</start><end>{end}</end></vlanId></vlan>"
    )
}

const SECOND_ONLY: &str = "<activeUplinkPort>Uplink 2</activeUplinkPort>";
const BOTH: &str = "<activeUplinkPort>Uplink 2</activeUplinkPort><standbyUplinkPort>Uplink 1</standbyUplinkPort>";

/// An uplink that a port group does not use loses its VLANs, and has them again when it stands by.
async fn teaming(rig: &mut Rig) {
    let group = Inventory::read(&rig.peer).await.group("DC0_DVPG1").to_owned();
    for (order, what) in [(SECOND_ONLY, "a port group left an uplink"), (BOTH, "the uplink stands by")] {
        let spec = group_spec("DC0_DVPG1", &single(101), order);
        rig.peer.task("ReconfigureDVPortgroup_Task", ("DistributedVirtualPortgroup", &group), &spec).await;
        rig.check(what).await;
    }
}

async fn a_new_port_group(rig: &mut Rig) {
    let switches = rig.peer.all("DistributedVirtualSwitch", &["uuid"]).await;
    let (id, _) = switches.first().expect("a switch");
    let spec = group_spec("tenant", &single(170), SECOND_ONLY);
    rig.peer.task("AddDVPortgroup_Task", ("DistributedVirtualSwitch", id), &spec).await;
    let inventory = Inventory::read(&rig.peer).await;
    let spec = edit_adapter(inventory.vm("DC0_C1_RP0_VM5"), inventory.group("tenant"), true);
    rig.operate("ReconfigVM_Task", "DC0_C1_RP0_VM5", &spec).await;
    rig.check("an adapter went into a new port group").await;
}

/// A second adapter on a standard port group, and the first one pulled, plugged again and at last taken out.
async fn adapters(rig: &mut Rig) {
    let vm = "DC0_C0_RP0_VM1";
    rig.operate("ReconfigVM_Task", vm, &second_adapter()).await;
    rig.check("a VM got an adapter on a standard port group").await;
    let inventory = Inventory::read(&rig.peer).await;
    assert_eq!(inventory.vm(vm).nics.len(), 2);
    let group = inventory.group("DC0_DVPG1").to_owned();
    for (plugged, what) in [(false, "an adapter was disconnected"), (true, "it was connected again")] {
        let at = Inventory::read(&rig.peer).await;
        rig.operate("ReconfigVM_Task", vm, &edit_adapter(at.vm(vm), &group, plugged)).await;
        rig.check(what).await;
    }
    // An address that no VM has any more must run out in the switches' memory before its VLAN may go.
    let at = Inventory::read(&rig.peer).await;
    let nic = at.vm(vm).distributed().expect("the one on the distributed switch");
    let removal = format!(
        "<spec><deviceChange><operation>remove</operation><device xsi:type=\"VirtualVmxnet3\"><key>{}</key></device>\
         </deviceChange></spec>",
        nic.text_of("key")
    );
    rig.operate("ReconfigVM_Task", vm, &removal).await;
    rig.forget(mac_of(nic));
    rig.check("an adapter was taken out").await;
}

fn second_adapter() -> String {
    "<spec><deviceChange><operation>add</operation><device xsi:type=\"VirtualVmxnet3\"><key>-1</key>\
     <backing xsi:type=\"VirtualEthernetCardNetworkBackingInfo\"><deviceName>VM Network</deviceName></backing>\
     <connectable><startConnected>true</startConnected><allowGuestControl>true</allowGuestControl>\
     <connected>true</connected></connectable><addressType>generated</addressType></device></deviceChange></spec>"
        .to_owned()
}

/// A link that goes down and comes back makes the host be asked again what it hears; its VLANs stay, and new ones come.
async fn links(rig: &mut Rig) {
    let host = Inventory::read(&rig.peer).await.host("DC0_C1_H1").to_owned();
    for (up, method, what) in [
        (0, "PowerOffVM_Task", "a VM went off behind a link that is down"),
        (1, "PowerOnVM_Task", "it was powered on behind a link that is up"),
    ] {
        let asked = rig.peer.count("QueryNetworkHint").await;
        rig.peer.control(&format!("/pnic-link?host={host}&dev=vmnic2&up={up}")).await;
        rig.called("QueryNetworkHint", asked + 1).await;
        rig.operate(method, "DC0_C1_RP0_VM1", "").await;
        rig.check(what).await;
    }
}

/// Ranges are followed. The simulator's switches have no map of private VLANs, and that is said.
async fn ranges_and_private_vlans(rig: &mut Rig) {
    let told = findings(rig).await;
    let of = |vm: &str| told.iter().find(|finding| finding.kind == "unknown-need" && finding.subject.contains(vm));
    assert!(of("DC0_C0_RP0_VM4").is_none(), "{told:?}");
    assert!(of("DC0_C0_RP0_VM5").is_some_and(|finding| finding.text.contains("private VLAN 1101")), "{told:?}");
    reconfigure(rig, &range(250, 252)).await;
    rig.check("a port group got another range").await;
    let inventory = Inventory::read(&rig.peer).await;
    for vm in ["DC0_C0_RP0_VM4", "DC0_C1_RP0_VM2"] {
        rig.keep_what_stands_for(&inventory, &inventory.vm(vm).host);
    }
    reconfigure(rig, &range(0, 4094)).await;
    found(rig, "wide-trunk", "DC0_DVPG4").await;
    rig.outlast("a port group trunks everything, which nobody allowed").await;
}

async fn reconfigure(rig: &Rig, vlan: &str) {
    let group = Inventory::read(&rig.peer).await.group("DC0_DVPG4").to_owned();
    let spec = group_spec("DC0_DVPG4", vlan, BOTH);
    rig.peer.task("ReconfigureDVPortgroup_Task", ("DistributedVirtualPortgroup", &group), &spec).await;
}
