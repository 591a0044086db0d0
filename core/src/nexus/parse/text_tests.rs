//! Every parser of text, on outputs of our own in the shapes of real ones.

use std::time::Duration;

use super::{
    tests::{ALL, PORT},
    *,
};
use crate::{
    net::{InterfaceName, VlanSet},
    tracker::{PortMode, Vpc, VpcRole},
};

pub(super) const VERSION: &str = "\
Cisco Nexus Operating System (NX-OS) Software
TAC support: http://www.cisco.com/tac

Software
  BIOS: version 07.00
  NXOS: version 10.3(4a) [Maintenance Release]
  NXOS image file is: bootflash:///nxos64-cs.10.3.4a.M.bin

Hardware
  cisco Nexus9000 C9508 (8 Slot) Chassis (\"Supervisor Module\")
  Intel(R) Xeon(R) CPU with 24000000 kB of memory.
  Processor Board ID FDO00000001
  Device name: leaf1
  bootflash:   50000000 kB

Kernel uptime is 2 day(s), 3 hour(s), 4 minute(s), 5 second(s)

Last reset at 1 usecs after Mon Jan 1 00:00:00 2024
  System version: 9.3(15)
";

const VERSION_N5K: &str = "\
Cisco Nexus Operating System (NX-OS) Software
Software
  kickstart: version 5.0(3)N1(1)
  system:    version 5.0(3)N1(1a)
  system image file is:    bootflash:///n5000-uk9.5.0.3.N1.1a.bin
Hardware
  cisco Nexus5548 Chassis (\"O2 32X10GE/Modular Supervisor\")
  Processor Board ID SSI00000002

  Device name: n5k
Kernel uptime is 0 day(s), 0 hour(s), 1 minute(s), 1 second(s)
";

pub(super) const PORTS: &str = "
--------------------------------------------------------------------------------
Port   VRF          Status IP Address                              Speed    MTU
--------------------------------------------------------------------------------
mgmt0  --           up     192.0.2.1                               1000     1500

--------------------------------------------------------------------------------
Ethernet      VLAN    Type Mode   Status  Reason                   Speed     Port
Interface                                                                    Ch #
--------------------------------------------------------------------------------
Eth1/1        1       eth  trunk  up      none                        10G(D) 5
Eth1/2        --      eth  routed down    Administratively down      auto(D) --
Eth1/3.10     --      eth  routed up      none                        10G(D) --
Eth101/1/4    20      eth  access down    Link not connected         auto(D) --
Eth1/53       1       eth  fabric up      none                        10G(D) 101

--------------------------------------------------------------------------------
Port-channel VLAN    Type Mode   Status  Reason                    Speed   Protocol
Interface
--------------------------------------------------------------------------------
Po5          1       eth  trunk  up      none                       a-10G(D)  lacp

";

pub(super) const VLANS: &str = "
VLAN Name                             Status    Ports
---- -------------------------------- --------- -------------------------------
1    default                          active    Eth1/1, Eth1/2, Eth1/3, Eth1/4
                                                Eth1/5
20   VLAN0020                         suspended Eth1/6
300  web                              active
301  shut                             act/lshut

VLAN Type         Vlan-mode
---- -----        ----------
1    enet         CE
20   enet         CE
300  enet         CE
301  enet         CE

Primary  Secondary  Type             Ports
-------  ---------  ---------------  -------------------------------------------

";

pub(super) const CHANNELS: &str = "\
Flags:  D - Down        P - Up in port-channel (members)
        U - Up (port-channel)
--------------------------------------------------------------------------------
Group Port-       Type     Protocol  Member Ports
      Channel
--------------------------------------------------------------------------------
1     Po1(SU)     Eth      LACP      Eth1/1(P)    Eth1/2(P)    Eth1/3(P)
                                     Eth1/4(H)
20    Po20(SD)    Eth      NONE      --
4096  Po4096(RU)  Eth      LACP      Eth101/1/4(P)
";

pub(super) const LLDP: &str = "\
Capability codes:
  (R) Router, (B) Bridge, (T) Telephone, (C) DOCSIS Cable Device
Device ID            Local Intf      Hold-time  Capability  Port ID

Chassis id: 0050.5600.00aa
Port id: 0050.5600.0002
Local Port id: Eth1/1
Port Description: port 3 on dvSwitch vmnic2
System Name: esx1
System Description: a host
System Name: another
Time remaining: 97 seconds
Vlan ID: not advertised

Chassis id: 0050.5600.00bb
Port id: eth0
Local Port id: Eth101/1/10
Port Description: not advertised
System Name: not advertised
System Description: not advertised
Time remaining: 3 seconds

Total entries displayed: 2
";

pub(super) const CDP: &str = "\
----------------------------------------
Device ID:leaf2(SAL00000000)
System Name: leaf2

Interface address(es):
    IPv4 Address: 192.0.2.2
Platform: N9K-C9372TX, Capabilities: Router Switch
Interface: Ethernet1/49, Port ID (outgoing port): Ethernet1/52
Holdtime: 157 sec

Version:
Cisco Nexus Operating System (NX-OS) Software, Version 9.3(8)

Advertisement Version: 2
----------------------------------------
Device ID:esx1

Platform: VMware ESX, Capabilities: Switch
Interface: Ethernet1/1, Port ID (outgoing port): vmnic2
Holdtime: 100 sec
";

pub(super) const MACS: &str = "\
Legend:
        * - primary entry, G - Gateway MAC, (R) - Routed MAC, O - Overlay MAC
   VLAN     MAC Address      Type      age     Secure NTFY Ports
---------+-----------------+--------+---------+------+----+------------------
*   10     0050.5600.0001   dynamic  0         F      F    Eth1/1
    20     0050.5600.0002   dynamic  ~~~       F      F    Po5
G    -     0050.5600.00fe   static   -         F      F    sup-eth1(R)
*   30     0050.5600.0003   static   -         F      F    Drop
  2000     0050.5600.0004   static   -         F      F  vPC Peer-Link(R)
";

pub(super) const VPC: &str = "\
Legend:
                (*) - local vPC is down, forwarding via vPC peer-link

vPC domain id                     : 10
Peer status                       : peer adjacency formed ok
vPC keep-alive status             : peer is alive
Configuration consistency status  : success
vPC role                          : secondary, operational primary
Number of vPCs configured         : 3
Delay-restore status              : Timer is off.(timeout = 30s)

vPC Peer-link status
---------------------------------------------------------------------
id    Port   Status Active vlans
--    ----   ------ -------------------------------------------------
1     Po100  up     1-501

vPC status
----------------------------------------------------------------------------
Id    Port          Status Consistency Reason                Active vlans
--    ----          ------ ----------- ------                ---------------
11    Po1           up     success     success               1-100,302-400,
                                                             401-501

12    Po2           down*  Not         Consistency Check Not -
                           Applicable  Performed
13    Po3           down   failed      vPC type-1            -
                                       configuration
                                       incompatible - STP 1
";

pub(super) const TRUNKS: &str = "
--------------------------------------------------------------------------------
Port          Native  Status        Port
              Vlan                  Channel
--------------------------------------------------------------------------------
Eth1/7        1       trnk-bndl     Po8
Po8           1       trunking      --

--------------------------------------------------------------------------------
Port          Vlans Allowed on Trunk
--------------------------------------------------------------------------------
Po8           1-4094

--------------------------------------------------------------------------------
Port          STP Forwarding
--------------------------------------------------------------------------------
Eth1/7        none
Po8           1,10-20,33,
              40-50
--------------------------------------------------------------------------------
Port          Vlans in spanning tree forwarding state and not pruned
--------------------------------------------------------------------------------
Feature VTP is not enabled
";

fn said(query: Query, text: &str) -> Result<Piece, ParseError> {
    piece(query, &Answer::Text(text.to_owned()))
}

fn set(text: &str) -> VlanSet {
    text.parse().unwrap()
}

#[test]
fn show_version_tells_the_same_as_its_json() {
    let Ok(Piece::Version(who, uptime)) = said(Query::Version, VERSION) else { panic!() };
    let found = [who.hostname, who.serial, who.platform, who.version];
    assert_eq!(found, ["leaf1", "FDO00000001", "Nexus9000 C9508 (8 Slot) Chassis", "10.3(4a)"]);
    assert_eq!(uptime, Some(Duration::from_secs(2 * 86_400 + 3 * 3600 + 4 * 60 + 5)));
    let Ok(Piece::Version(who, Some(uptime))) = said(Query::Version, VERSION_N5K) else { panic!() };
    let found = [who.hostname, who.serial, who.platform, who.version];
    assert_eq!(found, ["n5k", "SSI00000002", "Nexus5548 Chassis", "5.0(3)N1(1a)"]);
    assert_eq!(uptime.as_secs(), 61);
}

#[test]
fn another_system_is_refused_by_name() {
    assert_eq!(said(Query::Version, "Arista DCS-7050\nSoftware image version: 4.28\n"), Err(ParseError::NotNexus));
    assert_eq!(said(Query::Version, "Cisco IOS Software, C3750 Software\n"), Err(ParseError::NotNexus));
    let leaf = VERSION.replace("nxos64-cs.10.3.4a.M.bin", "aci-n9000-dk9.14.2.1.bin");
    assert_eq!(said(Query::Version, &leaf), Err(ParseError::Aci));
    let body = serde_json::json!({"chassis_id": "Nexus9000", "proc_board_id": "S1", "kickstart_ver_str": "14.2(1)",
        "kick_file_name": "/bootflash/aci-n9000-dk9.14.2.1.bin"});
    assert_eq!(piece(Query::Version, &Answer::Structured(body)), Err(ParseError::Aci));
}

#[test]
fn every_port_has_its_mode_and_its_link() {
    let Ok(Piece::Ports(found)) = said(Query::Ports, PORTS) else { panic!() };
    let port = |name: &str| {
        let status = &found[&name.parse::<InterfaceName>().unwrap()];
        (status.mode.clone().unwrap(), status.up)
    };
    assert_eq!(port("Eth1/1"), (PortMode::Trunk, true));
    assert_eq!(port("Eth1/2"), (PortMode::Routed, false));
    assert_eq!(port("Eth101/1/4"), (PortMode::Access, false));
    assert_eq!(port("Eth1/53"), (PortMode::FexFabric, true));
    assert_eq!(port("Po5"), (PortMode::Trunk, true));
    assert_eq!(found.len(), 5);
}

#[test]
fn a_vlan_that_is_suspended_or_shut_is_present_and_not_active() {
    let Ok(Piece::Vlans(found)) = said(Query::Vlans, VLANS) else { panic!() };
    assert_eq!((found.present, found.active), (set("1,20,300-301"), set("1,300")));
    assert!(said(Query::Vlans, &VLANS.replace("default", "")).is_err(), "a row that lost a cell");
    let row = |text: &str| said(Query::Vlans, &VLANS.replace("300  web                              active", text));
    let active = |text: &str| match row(text) {
        Ok(Piece::Vlans(found)) if found.present == set("1,20,300-301") => found.active == set("1,300"),
        other => panic!("{text}: {other:?}"),
    };
    for state in ["act/unsup", "act/lshut", "sus/lshut", "act/ishut   Eth1/9"] {
        assert!(!active(&format!("300  web                              {state}")), "{state}");
    }
    assert!(!active("300  active                           suspended"), "a name like a state");
    assert!(active("300  my web                           active    Eth1/9"), "a name of two words");
    assert!(row("300  web                              unheard").is_err());
    let headless = VLANS.replace("1    default                          active ", "                    ");
    assert!(said(Query::Vlans, &headless).is_err(), "a wrapped row without its head");
}

#[test]
fn members_of_a_port_channel_go_on_in_the_next_line() {
    let Ok(Piece::PortChannels(found)) = said(Query::PortChannels, CHANNELS) else { panic!() };
    let members = |group| found[&InterfaceName::PortChannel(group)].iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(members(1), ["Ethernet1/1", "Ethernet1/2", "Ethernet1/3", "Ethernet1/4"]);
    assert_eq!(members(4096), ["Ethernet101/1/4"]);
    assert!(members(20).is_empty());
    assert!(said(Query::PortChannels, &CHANNELS.replace("20    Po20", "20    Po21")).is_err());
}

#[test]
fn neighbours_are_heard_by_both_protocols() {
    let Ok(Piece::Neighbors(found)) = said(Query::Lldp, LLDP) else { panic!() };
    let of = |index: usize| {
        let one = &found[index];
        (one.interface.to_string(), one.system_name.as_deref(), one.port.as_str(), one.macs.len())
    };
    assert_eq!(of(0), ("Ethernet1/1".to_owned(), Some("esx1"), "vmnic2", 2));
    assert_eq!(of(1), ("Ethernet101/1/10".to_owned(), None, "eth0", 1));
    assert_eq!(
        said(Query::Lldp, "Capability codes:\n\nTotal entries displayed: 0\n"),
        Ok(Piece::Neighbors(Vec::new()))
    );
    let Ok(Piece::Neighbors(found)) = said(Query::Cdp, CDP) else { panic!() };
    let of = |index: usize| (found[index].interface, found[index].system_name.as_deref(), found[index].port.as_str());
    assert_eq!(of(0), (InterfaceName::Ethernet(1, 49), Some("leaf2"), "Ethernet1/52"));
    assert_eq!(of(1), (PORT, Some("esx1"), "vmnic2"));
    let nameless = CDP.replace("System Name: leaf2", "System Name:");
    assert_eq!(said(Query::Cdp, &nameless), said(Query::Cdp, CDP), "its id stands for its name");
}

#[test]
fn a_neighbour_that_describes_another_one_is_found_out() {
    let odd = LLDP.replace("a host", "a host\nChassis id: x\n--------\nLocal Port id: Eth1/9");
    assert_eq!(said(Query::Lldp, &odd), said(Query::Lldp, LLDP), "within its description anything may stand");
    let lie = "a host\nTime remaining: 9 seconds\n\nChassis id: x\nLocal Port id: Eth1/9\nSystem Name: esx9";
    assert!(said(Query::Lldp, &LLDP.replace("a host", lie)).is_err());
}

#[test]
fn addresses_behind_ports_are_told_and_the_switchs_own_are_passed_over() {
    let Ok(Piece::Macs(found)) = said(Query::Macs(PORT), MACS) else { panic!() };
    let found: Vec<_> = found.iter().map(|entry| (entry.vlan.get(), entry.interface.to_string())).collect();
    assert_eq!(found, [(10, "Ethernet1/1".to_owned()), (20, "port-channel5".to_owned())]);
    let old = "VLAN      MAC Address       Type    Age       Port\n---------+-----------------+-------+---------+------\n\
        405       0050.5600.0001    dynamic 90        Po1\nUnknown Key ID 0x1\n0         0050.5600.0002    dynamic 0         drop\n";
    assert!(matches!(said(Query::Macs(PORT), old), Ok(Piece::Macs(found)) if found.len() == 1), "an old image");
    assert!(said(Query::Macs(PORT), "*   10     0050.5600.0001   dynamic  0  F  F  Eth1/1\n").is_err(), "no head");
}

fn domain(text: &str) -> Box<crate::tracker::VpcDomain> {
    match said(Query::Vpc, text) {
        Ok(Piece::Vpc(Vpc::Domain(domain))) => domain,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vpc_domain_is_read_with_wrapped_lists_and_reasons() {
    let found = domain(VPC);
    assert_eq!((found.id, found.role, found.adjacent, found.alive), (10, VpcRole::Primary, true, true));
    assert_eq!(found.peer_link.unwrap().vlans, set("1-501"));
    let leg = |group| &found.legs[&InterfaceName::PortChannel(group)];
    assert_eq!((leg(1).up, leg(1).consistent, leg(1).vlans.clone()), (true, true, set("1-100,302-501")));
    assert_eq!((leg(2).up, leg(2).consistent, leg(2).vlans.clone()), (false, true, VlanSet::EMPTY));
    assert!(!leg(3).consistent);
    assert_eq!(said(Query::Vpc, "vPC domain id        : Not configured\n"), Ok(Piece::Vpc(Vpc::None)));
}

#[test]
fn a_list_of_a_vpc_that_may_be_cut_short_is_not_told() {
    for list in ["1-100,302-50100", "1-100,...", "1-100,141-...,", "1-100,", "1-", "all", ""] {
        let text = VPC.replace("1-100,302-400,\n", &format!("{list}\n")).replace(&format!("{:>68}\n", "401-501"), "");
        assert_eq!(said(Query::Vpc, &text), Ok(Piece::Silent(Query::Vpc)), "{list}");
    }
    let uncounted = VPC.replace("configured         : 3", "configured         : 4");
    assert!(said(Query::Vpc, &uncounted).is_err());
}

#[test]
fn what_spanning_tree_forwards_goes_on_in_the_next_line() {
    let Ok(Piece::Trunks(found)) = said(Query::Trunks, TRUNKS) else { panic!() };
    assert_eq!(found[&InterfaceName::PortChannel(8)], set("1,10-20,33,40-50"));
    assert_eq!(found[&InterfaceName::Ethernet(1, 7)], VlanSet::EMPTY);
    assert!(said(Query::Trunks, &TRUNKS.replace("40-50", "")).is_err(), "a list that should go on");
}

#[test]
fn a_foreign_or_paged_text_is_no_answer() {
    let foreign = ["<html>\n<h1>401 Authorization Required</h1>\n</html>\n", "leaf1#\n", "% Invalid command\n"];
    for query in ALL {
        let told = |text: &str| said(query, text).is_ok_and(|piece| piece != Piece::Silent(query));
        // The first prints nothing where there is nothing, and the second keeps the switch's words.
        if !matches!(query, Query::AccountingLog | Query::Save) {
            assert_eq!(foreign.into_iter().find(|text| told(text)), None, "{query}");
        }
    }
    for (query, text) in cut_tests::OUTPUTS {
        assert_eq!(said(query, &format!("{text}--More--\n")), Err(ParseError::Cut), "{query}");
    }
}
