//! Two vCenters on one pair of switches: hosts 1 and 2 belong to the first, host 3 to the second.

use std::{ops::RangeInclusive, sync::Arc};

use super::{super::*, bench::*};
use crate::net::{InterfaceName, VcenterId};

/// The instance UUID of VM `number`.
pub(super) fn uuid(number: u16) -> Option<String> {
    Some(format!("uuid-{number}"))
}

pub(super) fn other() -> VcenterId {
    "other-uuid".into()
}

/// The same managed object id in the other vCenter.
pub(super) fn there(id: &ObjectId) -> ObjectId {
    ObjectId { vcenter: other(), moid: id.moid.clone() }
}

/// A VM of the first vCenter, with its UUID.
pub(super) fn vm_here(number: u16, on_host: u16, vlan: u16) -> Vm {
    Vm { instance_uuid: uuid(number), ..vm(number, on_host, vlan, PowerState::On) }
}

/// A VM in the other vCenter: another object on port groups of its own, the same VM by its UUID.
pub(super) fn vm_there(number: u16, moid: &str, on_host: u16, vlan: u16) -> Vm {
    let mut moved = vm_here(number, on_host, vlan);
    moved.id = ObjectId::new(&other(), moid);
    moved.host = moved.host.map(|host| there(&host));
    for vnic in moved.vnics.iter_mut().flatten() {
        let port_group_key = format!("other-pg-{vlan}");
        vnic.backing = Backing::Distributed { dvs_uuid: "other-dvs".into(), port_group_key };
    }
    moved
}

/// Host `number` in the other vCenter, on its own distributed switch.
pub(super) fn host_there(number: u16) -> Host {
    let mut host = host(number);
    host.id = there(&host.id);
    host.cluster = host.cluster.map(|cluster| there(&cluster));
    for proxy in host.network.iter_mut().flat_map(|network| &mut network.proxy_switches) {
        proxy.dvs_uuid = "other-dvs".into();
    }
    host
}

pub(super) fn group_there(number: u16) -> PortGroup {
    let own = group(number);
    PortGroup { id: there(&own.id), key: format!("other-pg-{number}"), ..own }
}

/// A whole listing of the other vCenter, with what each host hears.
pub(super) fn list_there(bench: &mut Bench, hosts: &[Host], vlans: RangeInclusive<u16>, vms: &[Vm]) {
    bench.send(Event::VcenterConnected { vcenter: "other".into(), id: other() });
    bench.send(Event::ResyncBegan(other()));
    vlans.for_each(|vlan| bench.send(Event::PortGroupSeen(Arc::new(group_there(vlan)))));
    hosts.iter().for_each(|host| bench.send(Event::HostSeen(Arc::new(host.clone()))));
    vms.iter().for_each(|vm| bench.seen(vm.clone()));
    bench.send(Event::ResyncEnded(other()));
    for host in hosts {
        hear_there(bench, &host.id, 3);
    }
}

fn hear_there(bench: &mut Bench, host: &HostId, port: u16) {
    let hint = |(nic, switch): (usize, &str)| Hint {
        pnic: format!("vmnic{nic}"),
        protocol: Discovery::Lldp,
        system_name: Some(switch.to_owned()),
        serial: None,
        chassis: None,
        port: format!("Ethernet1/{port}"),
        interface: Some(InterfaceName::Ethernet(1, port)),
    };
    let hints = ["leafa", "leafb"].into_iter().enumerate().map(hint).collect();
    bench.send(Event::HintsSeen { host: host.clone(), hints });
}

/// Hosts 1 and 2 in the first vCenter, host 3 in the other, all port groups in both, no VM.
pub(super) fn two_vcenters() -> Bench {
    let mut bench = Bench::unconnected();
    bench.policy.vcenters.insert("other".into(), VcenterPolicy::default());
    bench.send(Event::PolicyChanged(Arc::new(bench.policy.clone())));
    bench.read_switches();
    bench.list(&[1, 2], &[]);
    list_there(&mut bench, &[host_there(3)], 10..=39, &[]);
    bench
}

/// The vCenter is gone.
pub(super) fn lose(bench: &mut Bench, name: &str) {
    bench.send(Event::VcenterLost { vcenter: name.into(), why: "cut".into() });
}
