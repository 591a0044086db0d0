//! What DRS recommends in manual mode: `ClusterComputeResource.recommendation` (facts: vCenter §C).

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    inventory::{Kind, SimCluster, SimRecommendation},
    motion::MoveKind,
    operate::Refused,
};

const PATH: &str = "recommendation";

impl Vcenter {
    /// DRS recommends to move a VM to another host of its cluster. Returns the recommendation's key and the number of
    /// the change.
    pub fn recommend(&mut self, vm: &MoId, host: &MoId) -> Result<(String, u64), Refused> {
        let source = self.vm(vm).ok_or(Refused::NoSuchVm)?.host.clone();
        let cluster = self.host(&source).map(|host| host.cluster.clone()).ok_or(Refused::NoSuchHost)?;
        if self.host(host).is_none_or(|host| host.cluster != cluster) {
            return Err(Refused::NoSuchHost);
        }
        let key = self.next_number().to_string();
        let recommendation =
            SimRecommendation { key: key.clone(), vm: vm.clone(), source, destination: host.clone(), at: self.clock };
        self.clusters.get_mut(&cluster).ok_or(Refused::NoSuchHost)?.recommendations.push(recommendation);
        Ok((key, self.changes.touch(&cluster, &[PATH])))
    }

    /// Somebody applies a recommendation: it goes, and DRS begins the move, which [`Vcenter::finish_migration`] ends.
    /// Returns the number of the start event.
    pub fn apply_recommendation(&mut self, key: &str) -> Result<u64, Refused> {
        let taken = self.take_recommendation(key)?;
        self.start_move(&taken.vm, &taken.destination, MoveKind::Drs)
    }

    /// Somebody cancels a recommendation, or DRS thinks better of it.
    pub fn cancel_recommendation(&mut self, key: &str) -> Result<u64, Refused> {
        self.take_recommendation(key)?;
        Ok(self.revision())
    }

    fn take_recommendation(&mut self, key: &str) -> Result<SimRecommendation, Refused> {
        let holds = |cluster: &&mut SimCluster| cluster.recommendations.iter().any(|one| one.key == key);
        let cluster = self.clusters.values_mut().find(holds).ok_or(Refused::NoSuchRecommendation)?;
        let index = cluster.recommendations.iter().position(|one| one.key == key);
        let taken = cluster.recommendations.remove(index.ok_or(Refused::NoSuchRecommendation)?);
        let cluster = cluster.id.clone();
        self.changes.touch(&cluster, &[PATH]);
        Ok(taken)
    }

    /// `ApplyRecommendation` and `CancelRecommendation` of a cluster. A move that is applied this way ends by itself.
    pub(super) fn decide_recommendation(&mut self, call: &Call) -> Result<Option<Value>, Fault> {
        let key = call.method.text_of("key").to_owned();
        let wrong = |_| Fault::invalid_argument("key");
        if call.method.name == "CancelRecommendation" {
            self.cancel_recommendation(&key).map_err(wrong)?;
        } else {
            let taken = self.take_recommendation(&key).map_err(wrong)?;
            self.run_move(&taken.vm, &taken.destination, MoveKind::Drs).map_err(wrong)?;
        }
        Ok(None)
    }

    /// The property.
    pub(super) fn recommendations(&self, cluster: &SimCluster) -> Value {
        let all = cluster.recommendations.iter().map(|one| self.recommendation(cluster, one));
        Value::Array("ClusterRecommendation", all.collect())
    }

    fn recommendation(&self, cluster: &SimCluster, one: &SimRecommendation) -> Value {
        let migration = vec![
            ("key", Value::string(&one.key)),
            ("time", self.time(one.at)),
            ("vm", Value::reference(Kind::VirtualMachine, &one.vm)),
            ("source", Value::reference(Kind::HostSystem, &one.source)),
            ("destination", Value::reference(Kind::HostSystem, &one.destination)),
        ];
        let action = vec![
            ("type", Value::string("MigrationV1")),
            ("target", Value::reference(Kind::VirtualMachine, &one.vm)),
            ("drsMigration", Value::Object("ClusterDrsMigration", migration)),
        ];
        let fields = vec![
            ("key", Value::string(&one.key)),
            ("type", Value::string("V1")),
            ("time", self.time(one.at)),
            ("rating", Value::int(3)),
            ("reason", Value::string("balanceCpuAvg")),
            ("reasonText", Value::string("Balance average CPU loads")),
            ("action", Value::Array("ClusterAction", vec![Value::Object("ClusterMigrationAction", action)])),
            ("target", Value::reference(Kind::ClusterComputeResource, &cluster.id)),
        ];
        Value::Object("ClusterRecommendation", fields)
    }
}
