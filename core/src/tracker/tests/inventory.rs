//! What the vCenter of the bench tells of: hosts with two pnics, VMs with one adapter, port groups with one VLAN.

use super::super::*;
use crate::net::{MacAddr, VcenterId, VlanId};

pub(in super::super) fn vlan(number: u16) -> VlanId {
    VlanId::new(number).expect("a VLAN")
}

pub(in super::super) fn vc() -> VcenterId {
    "vc-uuid".into()
}

pub(in super::super) fn host_id(number: u16) -> HostId {
    ObjectId::new(&vc(), &format!("host-{number}"))
}

pub(in super::super) fn vm_id(number: u16) -> VmId {
    ObjectId::new(&vc(), &format!("vm-{number}"))
}

pub(in super::super) fn mac(kind: u8, number: u16, nic: u8) -> MacAddr {
    let [high, low] = number.to_be_bytes();
    MacAddr::new([0, 0x50, 0x56, kind, high.wrapping_add(nic), low])
}

/// A port group `pg-V` for VLAN V, and host `number` on it.
pub(in super::super) fn host(number: u16) -> Host {
    let pnic = |nic: u8| Pnic {
        device: format!("vmnic{nic}"),
        mac: Some(mac(1, number, nic)),
        link_up: true,
        pci: format!("0000:3b:00.{nic}"),
    };
    let uplink = |nic: u8| Uplink { name: format!("Uplink {}", nic + 1), pnic: format!("vmnic{nic}") };
    Host {
        id: host_id(number),
        name: format!("esx{number}"),
        cluster: Some(ObjectId::new(&vc(), "domain-c1")),
        connection: HostConnection::Connected,
        maintenance: false,
        power: HostPower::On,
        network: Some(HostNetwork {
            pnics: vec![pnic(0), pnic(1)],
            proxy_switches: vec![ProxySwitch {
                dvs_uuid: "dvs".into(),
                dvs_name: "DSwitch".into(),
                uplinks: vec![uplink(0), uplink(1)],
            }],
            ..HostNetwork::default()
        }),
    }
}

pub(in super::super) fn vm(number: u16, on_host: u16, vlan: u16, power: PowerState) -> Vm {
    let backing = Backing::Distributed { dvs_uuid: "dvs".into(), port_group_key: format!("pg-{vlan}") };
    Vm {
        id: vm_id(number),
        name: format!("web;{number}\n"),
        power,
        host: Some(host_id(on_host)),
        template: false,
        instance_uuid: None,
        guest_names: Vec::new(),
        vnics: Some(vec![Vnic {
            key: 4000,
            mac: Some(mac(2, number, 0)),
            connected: true,
            backing,
            port_key: Some(number.to_string()),
            sriov: None,
        }]),
        connection: VmConnection::Connected,
        fault_tolerance: None,
        pass_through: 0,
    }
}

pub(in super::super) fn group(number: u16) -> PortGroup {
    PortGroup {
        id: ObjectId::new(&vc(), &format!("pg-{number}")),
        key: format!("pg-{number}"),
        name: format!("net {number}"),
        vlan: VlanSpec::Access(vlan(number)),
        teaming: Some(Teaming {
            active: vec!["Uplink 1".into()],
            standby: vec!["Uplink 2".into()],
            ..Teaming::default()
        }),
        uplink: false,
        steering: Default::default(),
        dvs: None,
        nsx: false,
        overrides: Default::default(),
    }
}
