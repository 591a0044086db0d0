//! Distributed switches and their ports as vCenters told them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{DvPort, Dvs, ObjectId};
use crate::net::VcenterId;

/// The ports of one group, by port key.
type Ports = BTreeMap<String, DvPort>;

/// Distributed switches and their ports. What left the view stays: it is still true for a VM that is plugged in there.
#[derive(Clone, Debug, Default)]
pub(super) struct Networks {
    /// By UUID.
    switches: BTreeMap<(VcenterId, String), Arc<Dvs>>,
    /// Of the groups whose ports were read, by the group's key.
    ports: BTreeMap<(VcenterId, String), Ports>,
}

impl Networks {
    /// A distributed switch as it now is; whether that is news.
    pub(super) fn dvs_seen(&mut self, dvs: Arc<Dvs>) -> bool {
        let key = (dvs.id.vcenter.clone(), dvs.uuid.clone());
        self.switches.insert(key, dvs.clone()).is_none_or(|before| before != dvs)
    }

    /// The distributed switch of this UUID.
    pub(super) fn dvs(&self, vcenter: &VcenterId, uuid: &str) -> Option<&Dvs> {
        self.switches.get(&(vcenter.clone(), uuid.to_owned())).map(AsRef::as_ref)
    }

    /// The ports of these groups as they now are; the VMs and hosts for which that is news.
    pub(super) fn ports_seen(
        &mut self,
        vcenter: &VcenterId,
        groups: &[String],
        ports: Vec<DvPort>,
    ) -> BTreeSet<ObjectId> {
        let mut seen: BTreeMap<String, Ports> = groups.iter().map(|group| (group.clone(), Ports::new())).collect();
        for port in ports {
            if let Some(group) = seen.get_mut(&port.group) {
                group.insert(port.key.clone(), port);
            }
        }
        let mut concerned = BTreeSet::new();
        for (group, after) in seen {
            let key = (vcenter.clone(), group);
            let before = self.ports.get(&key);
            let news = differing(&after, before.unwrap_or(&Ports::new()));
            let gone = before.map(|before| differing(before, &after)).unwrap_or_default();
            let objects = news.into_iter().chain(gone).map(|moid| ObjectId { vcenter: vcenter.clone(), moid });
            concerned.extend(objects);
            self.ports.insert(key, after);
        }
        concerned
    }

    /// A port of a group; none when it was not read, or nothing was plugged in there.
    pub(super) fn port(&self, vcenter: &VcenterId, group: &str, key: &str) -> Option<&DvPort> {
        self.ports.get(&(vcenter.clone(), group.to_owned()))?.get(key)
    }
}

/// What is plugged into the ports of `these` that are not the same in `those`.
fn differing(these: &Ports, those: &Ports) -> Vec<crate::net::MoId> {
    let other = these.iter().filter(|(key, port)| those.get(*key) != Some(port));
    other.filter_map(|(_, port)| port.connectee.as_ref()).map(|plug| plug.entity.clone()).collect()
}
