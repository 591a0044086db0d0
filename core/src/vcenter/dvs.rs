//! What is known of a distributed switch, and what `FetchDVPorts` says of its ports (facts: vCenter §B4).

use super::{
    Change, VimValue,
    port_group::{number, teaming, vlan_spec},
    value::unescaped,
};
use crate::{
    net::{VcenterId, VlanId},
    tracker::{Connectee, DvPort, Dvs, Lag, ObjectId, Pvlan, PvlanKind},
};

/// The properties asked of every distributed switch.
pub(super) const PATHS: [&str; 2] = ["name", "uuid"];

/// What only the subclass has: a filter that names these paths of the base class is refused. What applies to one object
/// is the union of all property specs whose class it is of, and an object of no such class is left out of the answer.
pub(super) const VMWARE_PATHS: [&str; 2] = ["config.pvlanConfig", "config.lacpGroupConfig"];

/// What is asked instead of both where a vCenter refuses paths of the subclass: the whole `config`, which lists every
/// host of the switch, too.
pub(super) const WHOLE_PATHS: [&str; 3] = ["name", "uuid", "config"];

/// What is known of a distributed switch.
#[derive(Clone, Debug, Default)]
pub(super) struct DvsFacts {
    name: String,
    uuid: String,
    pvlans: Vec<Pvlan>,
    lags: Vec<Lag>,
}

impl DvsFacts {
    pub(super) fn apply(&mut self, change: &Change) {
        let value = change.value.as_ref();
        let text = value.map(|value| value.text.as_str()).unwrap_or_default();
        let rows = || value.into_iter().flat_map(|list| &list.children);
        match change.path.as_str() {
            "name" => self.name = unescaped(text),
            "uuid" => self.uuid = text.to_owned(),
            "config.pvlanConfig" => self.pvlans = rows().filter_map(pvlan).collect(),
            "config.lacpGroupConfig" => self.lags = rows().map(lag).collect(),
            "config" => {
                let all = |name: &'static str| value.into_iter().flat_map(move |config| config.all(name));
                self.pvlans = all("pvlanConfig").filter_map(pvlan).collect();
                self.lags = all("lacpGroupConfig").map(lag).collect();
            }
            _ => {}
        }
    }

    /// A path that could not be read: a map without rows makes every private VLAN unknown, and none empty.
    pub(super) fn missing(&mut self, path: &str) {
        if matches!(path, "config.pvlanConfig" | "config") {
            self.pvlans = Vec::new();
        }
    }

    pub(super) fn noun(&self, vcenter: &VcenterId, moid: &str) -> Dvs {
        Dvs {
            id: ObjectId::new(vcenter, moid),
            uuid: self.uuid.clone(),
            name: self.name.clone(),
            pvlans: self.pvlans.clone(),
            lags: self.lags.clone(),
        }
    }
}

fn pvlan(row: &VimValue) -> Option<Pvlan> {
    let vlan = |name: &str| number(row, &[name]).and_then(VlanId::new);
    let kind = match row.text_at(&["pvlanType"]) {
        Some("promiscuous") => PvlanKind::Promiscuous,
        Some("community") => PvlanKind::Community,
        Some("isolated") => PvlanKind::Isolated,
        Some(_) | None => PvlanKind::Unknown,
    };
    Some(Pvlan { primary: vlan("primaryVlanId")?, secondary: vlan("secondaryVlanId")?, kind })
}

fn lag(row: &VimValue) -> Lag {
    Lag { name: row.text_at(&["name"]).unwrap_or_default().to_owned(), uplinks: row.texts("uplinkName") }
}

/// The ports of an answer to `FetchDVPorts`. `state.runtimeInfo` is not read: it follows the configuration, and only
/// while the link is up.
pub fn ports(response: &VimValue) -> Vec<DvPort> {
    response.all("returnval").filter_map(port).collect()
}

fn port(port: &VimValue) -> Option<DvPort> {
    let setting = port.at(&["config", "setting"]);
    let vlan = setting.and_then(|setting| setting.child("vlan"));
    let inherited = |value: &VimValue| value.child("inherited").is_some_and(VimValue::flag);
    let order = setting.and_then(|setting| setting.at(&["uplinkTeamingPolicy", "uplinkPortOrder"]));
    Some(DvPort {
        key: port.text_at(&["key"])?.to_owned(),
        group: port.text_at(&["portgroupKey"])?.to_owned(),
        connectee: port.child("connectee").and_then(connectee),
        vlan: vlan.map(vlan_spec),
        vlan_inherited: vlan.is_none_or(inherited),
        teaming: order.filter(|order| !inherited(order)).and(setting).and_then(teaming),
    })
}

fn connectee(value: &VimValue) -> Option<Connectee> {
    let entity = value.child("connectedEntity").and_then(VimValue::reference)?;
    Some(Connectee { entity: entity.id.into(), nic: value.text_at(&["nicKey"]).unwrap_or_default().to_owned() })
}
