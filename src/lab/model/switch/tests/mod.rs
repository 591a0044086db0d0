//! The switch as an operator, a client and the data plane meet it.

mod checkpoints;
mod cli;
mod clients;
mod forwarding;
mod nxapi;
mod nxapi_ins_api;
mod nxapi_limits;
mod pipes;
mod platforms;
mod properties;
mod shows;
mod terminal;

use std::time::Duration;

use vmtracker_core::net::{InterfaceName, MacAddr, VlanId, VlanSet};

use super::{Neighbor, Port, PortMode, Switch, SwitchSpec};
use crate::lab::model::LabTime;

const NOW: LabTime = Duration::from_secs(60);
const MAC: MacAddr = MacAddr::new([0x00, 0x50, 0x56, 0xab, 0xcd, 0xef]);

/// The login `admin`/`admin` in base64.
const GOOD: &str = "Basic YWRtaW46YWRtaW4=";

fn eth(port: u16) -> InterfaceName {
    InterfaceName::Ethernet(1, port)
}

fn vlan(number: u16) -> VlanId {
    VlanId::new(number).expect("a VLAN number")
}

fn list(text: &str) -> VlanSet {
    text.parse().expect("a VLAN list")
}

/// Ethernet1/1 trunk 10,20 facing a host, 1/2 trunk without a list, 1/3 access, 1/4 and 1/5 in port-channel 7,
/// 1/6 routed; VLANs 1, 10, 20, 30.
fn switch() -> Switch {
    let host = Neighbor::new("esx1.example", "vmnic2", MAC);
    let mut ports = std::collections::BTreeMap::from([
        (eth(1), Port::trunk(list("10,20")).facing(host)),
        (eth(2), Port::open_trunk()),
        (eth(3), Port::access(VlanId::MIN)),
        (eth(4), Port::member(7)),
        (eth(5), Port::member(7)),
    ]);
    ports.insert(eth(6), Port { mode: PortMode::Routed, ..Port::access(VlanId::MIN) });
    Switch::new(SwitchSpec {
        hostname: "leaf1".to_owned(),
        serial: "LAB12345678".to_owned(),
        vlans: list("10,20,30"),
        ports,
        channels: [(7, Port::trunk(list("30")))].into(),
        ..SwitchSpec::default()
    })
}
