//! How large a generated data centre is, and how large one may be.

use std::num::NonZeroUsize;

use super::check::{Fault, Faults};

/// How many linked vCenters there may be (facts: vCenter §D).
const MOST_VCENTERS: usize = 15;
/// Hosts of one vCenter, and its running VMs (facts: vCenter §D).
const MOST_HOSTS: usize = 2500;
const MOST_VMS: usize = 40_000;
/// Each switch has two sockets and its threads here.
const MOST_SWITCHES: usize = 200;
/// Hosts of one pair of leaves: what the largest chassis has room for, 16 line cards of 48 ports.
const MOST_ON_A_PAIR: usize = 16 * 48;

/// How large a generated data centre is. Fewer than two switches become two, and nothing is less than one but VMs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// vCenters.
    pub vcenters: NonZeroUsize,
    /// Leaf switches, an even number; an odd one is rounded up.
    pub switches: NonZeroUsize,
    /// ESXi hosts.
    pub hosts: NonZeroUsize,
    /// Virtual machines, all powered on.
    pub vms: usize,
}

impl Size {
    /// Whether a data centre can be so large.
    ///
    /// # Errors
    /// Everything of which there is too much, with its bound.
    pub fn check(&self) -> Result<(), Faults> {
        let (vcenters, pairs) = (self.vcenters.get(), self.switches.get().div_ceil(2));
        let bounds = [
            ("vCenters", vcenters, MOST_VCENTERS, String::new()),
            ("switches", self.switches.get(), MOST_SWITCHES, String::new()),
            ("hosts", self.hosts.get(), MOST_HOSTS.saturating_mul(vcenters), format!("{MOST_HOSTS} in a vCenter")),
            (
                "hosts",
                self.hosts.get(),
                MOST_ON_A_PAIR.saturating_mul(pairs),
                format!("{MOST_ON_A_PAIR} on a pair of switches"),
            ),
            ("VMs", self.vms, MOST_VMS.saturating_mul(vcenters), format!("{MOST_VMS} in a vCenter")),
        ];
        let beyond = bounds.into_iter().filter(|(_, asked, most, _)| asked > most);
        let faults: Vec<Fault> = beyond.map(|(what, asked, most, why)| fault(what, asked, most, &why)).collect();
        if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
    }
}

fn fault(what: &str, asked: usize, most: usize, why: &str) -> Fault {
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    Fault { line: None, text: format!("{asked} {what}: at most {most}{why}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sizes: [usize; 4], expected: &[&str]) {
        let [vcenters, switches, hosts, vms] = sizes;
        let some = |count| NonZeroUsize::new(count).expect("more than none");
        let size = Size { vcenters: some(vcenters), switches: some(switches), hosts: some(hosts), vms };
        let said = size.check().err().map(|faults| faults.to_string()).unwrap_or_default();
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_too_much_is_told_with_its_bound() {
        check([2, 4, 16, 200], &[]);
        check([1, 4, 500, 10_000], &[]);
        check([15, 200, 37_500, 600_000], &[]);
        check([1, 2, 769, 40_000], &["769 hosts: at most 768 (768 on a pair of switches)"]);
        check(
            [16, 201, 100_000, usize::MAX],
            &[
                "16 vCenters: at most 15",
                "201 switches: at most 200",
                "100000 hosts: at most 40000 (2500 in a vCenter)",
                "100000 hosts: at most 77568 (768 on a pair of switches)",
                "18446744073709551615 VMs: at most 640000 (40000 in a vCenter)",
            ],
        );
    }
}
