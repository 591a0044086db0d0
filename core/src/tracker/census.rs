//! Which networks the VMs of each cluster use, counted, so that a prepared cluster changes only when the first VM of a
//! network comes or the last one goes.

use std::collections::{BTreeMap, BTreeSet};

use super::{ClusterId, Network, VmId};

/// The networks that one VM uses, in the cluster where it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) cluster: ClusterId,
    pub(super) networks: BTreeSet<Network>,
}

/// A network of a cluster.
pub(super) type Use = (ClusterId, Network);

/// Who uses what.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    homes: BTreeMap<VmId, Home>,
    counts: BTreeMap<ClusterId, BTreeMap<Network, usize>>,
    /// VMs that may run, and of which it cannot be told where, or with which networks.
    doubtful: BTreeSet<VmId>,
    /// Networks that some VM of the cluster, running or not, was seen to be plugged into while we run.
    seen: BTreeSet<Use>,
}

impl Census {
    /// Where a VM counts now.
    pub(super) fn home(&self, vm: &VmId) -> Option<&Home> {
        self.homes.get(vm)
    }

    /// Lets a VM count there and nowhere else; which uses began or ended by that.
    pub(super) fn count(&mut self, vm: &VmId, home: Option<Home>) -> BTreeSet<Use> {
        if self.homes.get(vm) == home.as_ref() {
            return BTreeSet::new();
        }
        let mut changed = BTreeSet::new();
        for (cluster, network) in self.homes.remove(vm).into_iter().flat_map(uses) {
            if self.take(&cluster, &network) {
                changed.insert((cluster, network));
            }
        }
        for (cluster, network) in home.clone().into_iter().flat_map(uses) {
            let count = self.counts.entry(cluster.clone()).or_default().entry(network.clone()).or_default();
            *count += 1;
            // What ended a moment ago and goes on did not change.
            if *count == 1 && !changed.remove(&(cluster.clone(), network.clone())) {
                changed.insert((cluster, network));
            }
        }
        if let Some(home) = home {
            self.homes.insert(vm.clone(), home);
        }
        changed
    }

    /// Takes one VM away; whether it was the last.
    fn take(&mut self, cluster: &ClusterId, network: &Network) -> bool {
        let Some(networks) = self.counts.get_mut(cluster) else { return false };
        let Some(count) = networks.get_mut(network) else { return false };
        *count -= 1;
        if *count > 0 {
            return false;
        }
        networks.remove(network);
        if networks.is_empty() {
            self.counts.remove(cluster);
        }
        true
    }

    /// Whether a VM may use more than what it counts for.
    pub(super) fn doubt(&mut self, vm: &VmId, doubtful: bool) {
        match doubtful {
            true => drop(self.doubtful.insert(vm.clone())),
            false => drop(self.doubtful.remove(vm)),
        }
    }

    /// Every VM that may use more than what it counts for.
    pub(super) fn doubtful(&self) -> impl Iterator<Item = &VmId> {
        self.doubtful.iter()
    }

    /// A VM of the cluster, running or not, is plugged into these.
    pub(super) fn note(&mut self, cluster: &ClusterId, networks: impl IntoIterator<Item = Network>) {
        self.seen.extend(networks.into_iter().map(|network| (cluster.clone(), network)));
    }

    /// Whether some VM of the cluster was seen to be plugged into a network while we run.
    pub(super) fn knows(&self, cluster: &ClusterId, network: &Network) -> bool {
        self.seen.contains(&(cluster.clone(), network.clone()))
    }

    /// Whether some VM of the cluster uses a network.
    pub(super) fn uses(&self, cluster: &ClusterId, network: &Network) -> bool {
        self.counts.get(cluster).is_some_and(|networks| networks.contains_key(network))
    }

    /// The networks that VMs of a cluster use.
    pub(super) fn networks(&self, cluster: &ClusterId) -> impl Iterator<Item = &Network> {
        self.counts.get(cluster).into_iter().flat_map(BTreeMap::keys)
    }

    /// Every network in use.
    pub(super) fn all(&self) -> impl Iterator<Item = (&ClusterId, &Network)> {
        self.counts.iter().flat_map(|(cluster, networks)| networks.keys().map(move |network| (cluster, network)))
    }
}

fn uses(home: Home) -> impl Iterator<Item = Use> {
    let Home { cluster, networks } = home;
    networks.into_iter().map(move |network| (cluster.clone(), network))
}

#[cfg(test)]
mod tests {
    use super::super::ObjectId;
    use super::*;

    fn id(text: &str) -> ObjectId {
        ObjectId::new(&"vc".into(), text)
    }

    fn net(name: &str) -> Network {
        Network::Standard { port_group: name.into() }
    }

    fn home(cluster: &str, networks: &[&str]) -> Option<Home> {
        Some(Home { cluster: id(cluster), networks: networks.iter().map(|name| net(name)).collect() })
    }

    #[test]
    fn only_the_first_and_the_last_vm_of_a_network_change_anything() {
        let mut census = Census::default();
        let mut check = |vm: &str, home: Option<Home>, expected: &[(&str, &str)]| {
            let expected = expected.iter().map(|(cluster, name)| (id(cluster), net(name))).collect();
            assert_eq!(census.count(&id(vm), home), expected, "{vm}");
        };
        check("vm-1", home("c1", &["a", "b"]), &[("c1", "a"), ("c1", "b")]);
        check("vm-2", home("c1", &["b", "c"]), &[("c1", "c")]);
        check("vm-2", home("c1", &["b", "c"]), &[]);
        check("vm-2", home("c1", &["c"]), &[]);
        check("vm-1", home("c2", &["a"]), &[("c1", "a"), ("c1", "b"), ("c2", "a")]);
        check("vm-1", None, &[("c2", "a")]);
        check("vm-2", None, &[("c1", "c")]);
        assert_eq!(census.all().count(), 0);
    }
}
