//! The switches of the simulator's hosts: every host hangs on both leaves of its pair, with two links each.

use vmtracker::lab::topology::Topology;

use super::Outcome;

/// How large the simulated inventory is.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) clusters: usize,
    /// Of a cluster.
    pub(crate) hosts: usize,
    /// Of a cluster.
    pub(crate) vms: usize,
    pub(crate) groups: usize,
}

/// 10,000 VMs at 504 hosts.
pub(crate) const LARGE: Size = Size { clusters: 8, hosts: 63, vms: 1_250, groups: 200 };
/// Enough to see that it works.
pub(crate) const SMALL: Size = Size { clusters: 2, hosts: 8, vms: 40, groups: 20 };

impl Size {
    /// As the simulator takes it.
    pub(crate) fn flags(self) -> Vec<String> {
        let Self { clusters, hosts, vms, groups } = self;
        let sizes = [("-clusters", clusters), ("-hosts", hosts), ("-vms", vms), ("-pgs", groups)];
        let words = sizes.into_iter().flat_map(|(flag, number)| [flag.to_owned(), number.to_string()]);
        words.chain(["-q".to_owned()]).collect()
    }
}

/// Hosts of one pair of leaves.
const PAIR: usize = 24;

/// As the simulator's hosts say (its notes on wiring).
pub(crate) fn topology(size: Size) -> Outcome<Topology> {
    let hosts = size.clusters * size.hosts;
    let switches = (0..hosts.div_ceil(PAIR)).flat_map(|pair| [(pair, 'a', 'A'), (pair, 'b', 'B')]);
    let text: String = switches.map(switch).chain((0..hosts).map(|number| host(number, size))).collect();
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

fn host(number: usize, size: Size) -> String {
    let (cluster, index) = (number / size.hosts, number % size.hosts);
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
