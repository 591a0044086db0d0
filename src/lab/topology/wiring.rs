//! Which cables of a topology belong together: bundles of hosts, links between switches, parents of extenders.

use vmtracker_core::net::InterfaceName;

use super::{PnicRow, PortRow, SwitchRow, Topology};
use crate::lab::model::dataplane::{Cabling, End, Place};

/// Where every pnic is plugged in.
pub(super) fn cabling(topology: &Topology) -> Cabling {
    let cabling = Cabling::default();
    for (host, pnic) in topology.cables() {
        let end = match pnic.port.fex() {
            Some(fex) => extended(topology, pnic, fex),
            None => direct(topology, pnic),
        };
        cabling.attach(&host.name, &pnic.device, end);
    }
    cabling
}

/// On a switch: by the port-channel where the port is a member of one.
fn direct(topology: &Topology, pnic: &PnicRow) -> End {
    let physical = Place::new(&pnic.switch, pnic.port);
    let single = || End { places: vec![physical.clone()], ports: vec![physical.clone()], bundle: None };
    let Some(switch) = topology.switches.iter().find(|row| row.name == pnic.switch) else { return single() };
    let Some(number) = port(switch, pnic.port).and_then(|row| row.channel) else { return single() };
    let channel = InterfaceName::PortChannel(number);
    let bundle = match (port(switch, channel).and_then(|row| row.vpc), switch.domain) {
        (Some(vpc), Some(domain)) => format!("vpc {domain} {vpc}"),
        (Some(_) | None, _) => format!("{} {channel}", switch.name),
    };
    End { places: vec![Place::new(&switch.name, channel)], ports: vec![physical], bundle: Some(bundle) }
}

/// On a fabric extender: the port is one of every parent.
fn extended(topology: &Topology, pnic: &PnicRow, fex: u16) -> End {
    let own = topology.switches.iter().find(|row| row.name == pnic.switch);
    let domain = own.and_then(|row| row.domain);
    let shares = |row: &&SwitchRow| {
        let parent = row.ports.iter().any(|port| port.fex == Some(fex) && port.vpc.is_some());
        row.name == pnic.switch
            || parent
                && row.domain.is_some()
                && row.domain == domain
                && port(row, pnic.port).is_some()
                && are_linked(topology, &row.name, &pnic.switch)
    };
    let parents = topology.switches.iter().filter(shares).map(|row| Place::new(&row.name, pnic.port));
    let parents: Vec<Place> = parents.collect();
    End { places: parents.clone(), ports: parents, bundle: None }
}

fn are_linked(topology: &Topology, one: &str, two: &str) -> bool {
    topology.links.iter().any(|link| {
        let [a, b] = link.ends.each_ref().map(|end| end.switch.as_str());
        (a, b) == (one, two) || (a, b) == (two, one)
    })
}

fn port(switch: &SwitchRow, name: InterfaceName) -> Option<&PortRow> {
    switch.ports.iter().find(|row| row.name == name)
}

/// Whether a port, or a member of the port-channel, leads to another switch.
pub(super) fn is_link(topology: &Topology, switch: &SwitchRow, row: &PortRow) -> bool {
    let mut ends = topology.links.iter().flat_map(|link| &link.ends).filter(|end| end.switch == switch.name);
    row.peer_link
        || ends.any(|end| {
            let channel = port(switch, end.port).and_then(|port| port.channel).map(InterfaceName::PortChannel);
            end.port == row.name || channel == Some(row.name)
        })
}
