//! Who is believed about a cable.

use super::super::{HostConnection, HostPower, Identity, MacEntry, Moment, Neighbor, ObjectId};
use super::*;
use crate::net::VlanId;

const MAC: MacAddr = MacAddr::new([0, 0x50, 0x56, 0, 0, 1]);

fn host() -> Host {
    Host {
        id: ObjectId::new(&"vc".into(), "host-1"),
        name: "esx1.dc.example".into(),
        cluster: None,
        connection: HostConnection::Connected,
        maintenance: false,
        power: HostPower::On,
        network: None,
    }
}

fn hint(switch: &str, port: &str) -> Hint {
    Hint {
        pnic: "vmnic0".into(),
        protocol: Discovery::Lldp,
        system_name: Some(switch.into()),
        serial: None,
        chassis: None,
        port: port.into(),
        interface: port.parse().ok(),
    }
}

fn neighbor(port: u16, name: &str, remote: &str, macs: &[MacAddr]) -> Neighbor {
    Neighbor {
        interface: InterfaceName::Ethernet(1, port),
        protocol: Discovery::Lldp,
        system_name: Some(name.into()),
        port: remote.into(),
        macs: macs.iter().copied().collect(),
    }
}

fn fabric(neighbors: Vec<Neighbor>, macs: &[(u16, MacAddr)]) -> Fabric {
    let identity =
        Identity { hostname: "leaf1".into(), serial: "S1".into(), platform: "N9K".into(), version: "10".into() };
    let mut switch = Switch { identity: Some(identity), live: true, neighbors, ..Switch::default() };
    for (port, mac) in macs {
        let interface = InterfaceName::Ethernet(1, *port);
        let entry = MacEntry { vlan: VlanId::MIN, mac: *mac, interface };
        switch.macs.insert(interface, (Moment::default(), BTreeSet::from([entry])));
    }
    Fabric { switches: BTreeMap::from([("leaf1".into(), switch)]), ..Fabric::default() }
}

/// Judges vmnic0 through `steps` of (hint, fabric), and tells the port that it ends on and whether there is a conflict.
fn judged(steps: &[(Option<Hint>, Fabric)], word: Option<&StaticAttachment>) -> Option<(InterfaceName, bool)> {
    let pnic = Pnic { device: "vmnic0".into(), mac: Some(MAC), link_up: true, pci: String::new() };
    let host = host();
    let mut attachments = Attachments::default();
    for (hint, fabric) in steps {
        let case = Case { host: &host, pnic: &pnic, hint: hint.as_ref(), word, macs: &BTreeSet::from([MAC]) };
        attachments.judge(&case, fabric);
    }
    attachments.of(&host.id, "vmnic0").map(|attachment| (attachment.interface, attachment.conflict.is_some()))
}

#[test]
fn a_first_attachment_needs_a_witness_from_each_side() {
    let check = |hint: Option<Hint>, fabric: Fabric, expected: Option<u16>| {
        let expected = expected.map(|port| (InterfaceName::Ethernet(1, port), false));
        assert_eq!(judged(&[(hint.clone(), fabric)], None), expected, "{hint:?}");
    };
    let heard = || Some(hint("leaf1", "Ethernet1/1"));
    check(heard(), fabric(vec![], &[]), None);
    check(heard(), fabric(vec![neighbor(1, "esx1.dc.example", "vmnic0", &[])], &[]), Some(1));
    check(heard(), fabric(vec![neighbor(1, "esx1", "vmnic0", &[])], &[]), Some(1));
    check(heard(), fabric(vec![neighbor(1, "other", "vmnic0", &[])], &[]), None);
    check(heard(), fabric(vec![neighbor(1, "localhost", "0050.5600.0001", &[MAC])], &[]), Some(1));
    check(heard(), fabric(vec![neighbor(2, "esx1", "vmnic0", &[MAC])], &[]), None);
    check(heard(), fabric(vec![], &[(1, MAC)]), Some(1));
    check(heard(), fabric(vec![], &[(2, MAC)]), None);
    check(None, fabric(vec![neighbor(1, "esx1", "vmnic0", &[MAC])], &[(1, MAC)]), None);
    check(Some(hint("leaf9", "Ethernet1/1")), fabric(vec![neighbor(1, "esx1", "vmnic0", &[MAC])], &[]), None);
    check(Some(hint("leaf1", "GigabitEthernet0/1")), fabric(vec![neighbor(1, "esx1", "vmnic0", &[MAC])], &[]), None);
}

#[test]
fn an_attachment_ends_by_contradiction_and_never_by_silence() {
    let both = |port: u16| fabric(vec![neighbor(port, "esx1", "vmnic0", &[MAC])], &[]);
    let quiet = || fabric(vec![], &[]);
    let at = |port: u16| Some(hint("leaf1", &format!("Ethernet1/{port}")));
    let check = |steps: &[(Option<Hint>, Fabric)], port: u16, conflict: bool| {
        assert_eq!(judged(steps, None), Some((InterfaceName::Ethernet(1, port), conflict)));
    };
    check(&[(at(1), both(1)), (None, quiet())], 1, false);
    check(&[(at(1), both(1)), (at(1), quiet())], 1, false);
    check(&[(at(1), both(1)), (at(2), both(2))], 2, false);
    check(&[(at(1), both(1)), (at(2), quiet())], 1, true);
    check(&[(at(1), both(1)), (None, both(2))], 1, true);
    check(&[(at(1), both(1)), (at(1), both(2))], 1, true);
    check(&[(at(1), both(1)), (at(1), both(2)), (at(1), both(1))], 1, false);
}

#[test]
fn a_person_s_word_needs_no_witness() {
    let word = StaticAttachment {
        vcenter: None,
        host: "esx1.dc.example".into(),
        pnic: "vmnic0".into(),
        switch: "leaf1".into(),
        interface: InterfaceName::PortChannel(7),
    };
    let found = judged(&[(Some(hint("interconnect", "Eth1/1")), fabric(vec![], &[]))], Some(&word));
    assert_eq!(found, Some((InterfaceName::PortChannel(7), false)));
}
