//! The addresses of the machine that the service runs on.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use vmtracker_core::{net::MacAddr, tracker::Policy};

use crate::config::Config;

/// Where Linux shows each network interface, with its address in a file.
const INTERFACES: &str = "/sys/class/net";

/// What the core needs to know: what the configuration says, and the addresses of this machine, so that the VM that it
/// is, if it is one, is found among the others.
pub(super) fn policy_here(config: &Config) -> Arc<Policy> {
    Arc::new(Policy { own_macs: macs(Path::new(INTERFACES)), ..Policy::clone(&config.policy) })
}

/// Interfaces without an address of their own (loopback, tunnels) show zeros, or nothing that can be read.
fn macs(folder: &Path) -> BTreeSet<MacAddr> {
    let interfaces = fs::read_dir(folder).into_iter().flatten().flatten();
    let addresses = interfaces.filter_map(|interface| fs::read_to_string(interface.path().join("address")).ok());
    let addresses = addresses.filter_map(|text| text.trim().parse().ok());
    addresses.filter(|mac| *mac != MacAddr::new([0; 6])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_the_addresses_of_its_interfaces_that_have_one() {
        let folder = tempfile::tempdir().expect("a directory");
        let files = [
            ("lo", "00:00:00:00:00:00\n"),
            ("eth0", "00:50:56:80:00:01\n"),
            ("ens1", "00:50:56:80:00:02\n"),
            ("tun0", "\n"),
        ];
        for (name, address) in files {
            fs::create_dir(folder.path().join(name)).expect("a folder");
            fs::write(folder.path().join(name).join("address"), address).expect("a file");
        }
        let expected = [1, 2].map(|last| MacAddr::new([0, 0x50, 0x56, 0x80, 0, last]));
        assert_eq!(macs(folder.path()), expected.into());
        assert_eq!(macs(&folder.path().join("absent")), BTreeSet::new());
    }
}
