//! Moves that DRS recommends and a person has not applied yet: their targets are prepared while they are listed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Cluster, ClusterId, HostId, Reason, Recommendation, Tracker, VmId, reason::Unit, units::Answer};
use crate::net::VcenterId;

/// Every recommendation, by cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Advice {
    by_cluster: BTreeMap<ClusterId, BTreeSet<Recommendation>>,
    targets: BTreeMap<VmId, BTreeSet<HostId>>,
}

impl Advice {
    /// What is recommended in a cluster now; the VMs for which that is news.
    fn listed(&mut self, cluster: &ClusterId, now: BTreeSet<Recommendation>) -> BTreeSet<VmId> {
        let before = match now.is_empty() {
            true => self.by_cluster.remove(cluster),
            false => self.by_cluster.insert(cluster.clone(), now.clone()),
        };
        let before = before.unwrap_or_default();
        let news: BTreeSet<VmId> = now.symmetric_difference(&before).map(|one| one.vm.clone()).collect();
        for vm in &news {
            let all = self.by_cluster.values().flatten().filter(|one| one.vm == *vm);
            let targets: BTreeSet<HostId> = all.map(|one| one.to.clone()).collect();
            match targets.is_empty() {
                true => drop(self.targets.remove(vm)),
                false => drop(self.targets.insert(vm.clone(), targets)),
            }
        }
        news
    }

    /// Where a VM is recommended to go.
    pub(super) fn targets(&self, vm: &VmId) -> impl Iterator<Item = &HostId> {
        self.targets.get(vm).into_iter().flatten()
    }

    /// Every VM that is recommended to go somewhere.
    pub(super) fn vms(&self) -> impl Iterator<Item = &VmId> {
        self.targets.keys()
    }
}

impl Tracker {
    /// A cluster as it now is. Recommendations count only where the configuration asks for them.
    pub(super) fn cluster_seen(&mut self, cluster: Arc<Cluster>) {
        let id = cluster.id.clone();
        let wanted = self.heeds_advice(&id.vcenter);
        let listed = cluster.recommendations.iter().filter(|_| wanted).cloned().collect();
        let concerned = self.advice.listed(&id, listed);
        self.dirty.units.extend(concerned.into_iter().map(Unit::Advice));
        let before = self.sites.clusters.insert(id.clone(), cluster.clone());
        if before.is_none_or(|before| before.name != cluster.name) {
            self.cluster_changed(&id);
        }
    }

    /// Whether the configuration wants recommendations of this vCenter to be prepared for.
    pub(super) fn heeds_advice(&self, vcenter: &VcenterId) -> bool {
        let site = self.sites.by_id.get(vcenter).and_then(|site| self.policy.vcenters.get(&site.name));
        site.is_some_and(|policy| policy.drs_recommendations)
    }

    /// A cluster that left recommends nothing; its hosts and what stands for them tell of themselves.
    pub(super) fn cluster_left(&mut self, id: &ClusterId) {
        let concerned = self.advice.listed(id, BTreeSet::new());
        self.dirty.units.extend(concerned.into_iter().map(Unit::Advice));
    }

    /// The policy changed: what clusters recommend may count now, or not any more.
    pub(super) fn review_advice(&mut self) {
        let clusters: Vec<Arc<Cluster>> = self.sites.clusters.values().cloned().collect();
        clusters.into_iter().for_each(|cluster| self.cluster_seen(cluster));
    }

    /// A VM that may be sent somewhere needs there what it needs where it runs.
    pub(super) fn advice_answer(&self, id: &VmId) -> Option<Answer> {
        let mut answer = Answer::default();
        let Some(vm) = self.sites.vms.get(id).filter(|vm| vm.runs() == Some(true)) else { return Some(answer) };
        for to in self.advice.targets(id).filter(|to| vm.host.as_ref() != Some(to)) {
            let reason = Reason::Recommended { vm: id.clone(), to: to.clone() };
            let keys = self.needs_on(vm, to, &reason, &mut Answer::default());
            answer.asked.insert(reason, Some(keys));
        }
        Some(answer)
    }
}
