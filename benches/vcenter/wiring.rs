//! The switches of the simulator's hosts: every host hangs on both leaves of its pair, with two links each.

use vmtracker::lab::topology::Topology;

use super::Outcome;

pub(crate) const CLUSTERS: usize = 8;
pub(crate) const HOSTS: usize = 63;
/// Hosts of one pair of leaves.
const PAIR: usize = 24;

/// As the simulator's hosts say (its notes on wiring).
pub(crate) fn topology() -> Outcome<Topology> {
    let hosts = CLUSTERS * HOSTS;
    let switches = (0..hosts.div_ceil(PAIR)).flat_map(|pair| [(pair, 'a', 'A'), (pair, 'b', 'B')]);
    let text: String = switches.map(switch).chain((0..hosts).map(host)).collect();
    Topology::parse(&text).map_err(|faults| format!("{faults}").into())
}

fn switch((pair, side, unit): (usize, char, char)) -> String {
    let ports: Vec<String> =
        (1..=2 * PAIR).map(|port| format!("{{ name = 'Ethernet1/{port}', allowed = '1' }}")).collect();
    format!(
        "[[switch]]\nname = 'leaf{pair}{side}'\nserial = 'FDO2345{pair:03}{unit}'\nvlans = '1,100-102'\nport = [{}]\n",
        ports.join(", ")
    )
}

fn host(number: usize) -> String {
    let (cluster, index) = (number / HOSTS, number % HOSTS);
    let (pair, place) = (number / PAIR, number % PAIR);
    let pnics: Vec<String> = (0..4)
        .map(|pnic| {
            let side = if pnic % 2 == 0 { 'a' } else { 'b' };
            let port = 2 * place + 1 + pnic / 2;
            let plug = match pnic {
                0 | 1 => "vswitch = 'vSwitch0', discovery = 'cdp'".to_owned(),
                _ => format!("uplink = 'Uplink {}'", pnic - 1),
            };
            format!(
                "{{ device = 'vmnic{pnic}', mac = '3c:fd:fe:{:02x}:{:02x}:{pnic:02x}', switch = 'leaf{pair}{side}', \
                 port = 'Ethernet1/{port}', {plug} }}",
                number >> 8,
                number & 0xff
            )
        })
        .collect();
    format!("[[host]]\nname = 'DC0_C{cluster}_H{index}'\ncluster = 'DC0_C{cluster}'\npnics = [{}]\n", pnics.join(", "))
}
