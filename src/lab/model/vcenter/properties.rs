//! The properties of every object, by path (facts: vCenter §B4).

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Fault, Value},
    custom_fields::MANAGER,
    inventory::{Kind, SimVm},
    schema::has_property,
};

/// The root folder.
pub(super) const ROOT: &str = "group-d1";
/// The one datacenter.
pub(super) const DATACENTER: &str = "datacenter-2";
/// The one distributed switch.
pub(super) const DVS: &str = "dvs-7";
/// Where VMs, hosts, datastores and networks are filed.
const FOLDERS: [(&str, &str); 3] = [(VM_FOLDER, "vm"), (HOST_FOLDER, "host"), (NETWORK_FOLDER, "network")];
/// Where VMs are filed.
pub(super) const VM_FOLDER: &str = "group-v3";
/// Where clusters and hosts are filed.
pub(super) const HOST_FOLDER: &str = "group-h4";
/// Where the distributed switch, port groups and networks are filed.
pub(super) const NETWORK_FOLDER: &str = "group-n6";

impl Vcenter {
    /// The type of an object, if it is in the inventory and in view.
    pub(super) fn kind_of(&self, id: &MoId) -> Option<Kind> {
        let text = id.as_str();
        if text == MANAGER {
            return Some(Kind::CustomFieldsManager);
        }
        let visible = |there: bool, kind| there.then_some(kind);
        match text.split_once('-').map_or("", |(prefix, _)| prefix) {
            "vm" => visible(self.vms.get(id).is_some_and(|vm| !vm.hidden), Kind::VirtualMachine),
            "host" => visible(self.hosts.contains_key(id), Kind::HostSystem),
            "dvportgroup" => visible(self.port_groups.contains_key(id), Kind::DistributedVirtualPortgroup),
            "domain" => visible(self.clusters.contains_key(id), Kind::ClusterComputeResource),
            "network" if self.opaque_networks.contains_key(id) => Some(Kind::OpaqueNetwork),
            "network" => visible(self.networks.values().any(|network| network == id), Kind::Network),
            "task" => visible(self.tasks.contains_key(id), Kind::Task),
            "dvs" => visible(text == DVS, Kind::VmwareDistributedVirtualSwitch),
            "datacenter" => visible(text == DATACENTER, Kind::Datacenter),
            "group" => visible(text == ROOT || FOLDERS.iter().any(|(folder, _)| *folder == text), Kind::Folder),
            _ => None,
        }
    }

    /// Every object of the inventory in view, containers first.
    pub(super) fn everything(&self) -> impl Iterator<Item = MoId> {
        let fixed = FOLDERS.iter().map(|(id, _)| *id).chain([DATACENTER, DVS]).map(MoId::from);
        let containers = self.clusters.keys().chain(self.hosts.keys()).chain(self.port_groups.keys());
        let networks = self.networks.values().chain(self.opaque_networks.keys());
        let vms = self.vms.values().filter(|vm| !vm.hidden).map(|vm| &vm.id);
        fixed.chain(containers.chain(networks).chain(vms).cloned())
    }

    /// One property. None: not set. A fault: there is no such property, or it may not be read.
    pub(super) fn property(&self, id: &MoId, path: &str) -> Result<Option<Value>, Fault> {
        let (head, rest) = path.split_once('.').unwrap_or((path, ""));
        let kind = self.kind_of(id).ok_or_else(|| Fault::not_found("ManagedEntity", id))?;
        if let Some(value) = self.custom_property(id, head).filter(|_| kind.is_a("ManagedEntity")) {
            return Ok(value);
        }
        let value = match kind {
            Kind::VirtualMachine => self.vm_property(id, head)?,
            Kind::HostSystem => self.host_property(id, head),
            Kind::DistributedVirtualPortgroup => self.port_group_property(id, head),
            Kind::VmwareDistributedVirtualSwitch => self.dvs_property(head),
            Kind::ClusterComputeResource => self.cluster_property(id, head),
            Kind::Folder | Kind::Datacenter => self.container_property(id, head),
            Kind::Network => self.network_property(id, head),
            Kind::OpaqueNetwork => self.opaque_property(id, head),
            Kind::Task => self.task_property(id, head),
            Kind::CustomFieldsManager => self.custom_field_definitions(head),
            Kind::EventHistoryCollector => None,
        };
        match value {
            Some(value) => Ok(value.at(rest)),
            None if has_property(kind, head) => Ok(None),
            None => Err(Fault::invalid_property(path)),
        }
    }

    fn vm_property(&self, id: &MoId, head: &str) -> Result<Option<Value>, Fault> {
        let Some(vm) = self.vms.get(id) else { return Ok(None) };
        if vm.denied && head == "config" {
            let mut fault = Fault::new("NoPermission", "Permission to perform this operation was denied.");
            fault.fields = vec![("object", Value::reference(Kind::VirtualMachine, id))];
            fault.fields.push(("privilegeId", Value::string("System.Read")));
            return Err(fault);
        }
        Ok(match head {
            "name" => Some(Value::string(&vm.name)),
            "parent" => Some(Value::Ref("Folder", MoId::from(VM_FOLDER))),
            "runtime" => Some(self.vm_runtime(vm)),
            "summary" => Some(self.vm_summary(vm)),
            "config" => vm.state.has_config().then(|| self.vm_config(vm)),
            "network" => vm.state.has_config().then(|| self.vm_network(vm)),
            "guest" => Some(guest(vm)),
            _ => None,
        })
    }

    /// `DistributedVirtualSwitchPortConnection`. A group's `key` is its managed object id, as on a real vCenter.
    pub(super) fn distributed_port(&self, group: &MoId, port_key: u32) -> Value {
        let fields = vec![
            ("switchUuid", Value::string(self.dvs_uuid())),
            ("portgroupKey", Value::string(group.as_str())),
            ("portKey", Value::string(port_key.to_string())),
            ("connectionCookie", Value::int(port_key)),
        ];
        Value::Object("DistributedVirtualSwitchPortConnection", fields)
    }

    fn cluster_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let cluster = self.clusters.get(id)?;
        match head {
            "name" => Some(Value::string(&cluster.name)),
            "parent" => Some(Value::Ref("Folder", MoId::from(HOST_FOLDER))),
            "host" => {
                let members = self.hosts.values().filter(|host| host.cluster == *id).map(|host| &host.id);
                Some(Value::references(Kind::HostSystem, members))
            }
            "recommendation" => Some(self.recommendations(cluster)),
            _ => None,
        }
    }

    fn container_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let folder = FOLDERS.iter().find(|(folder, _)| *folder == id.as_str());
        match (id.as_str(), head) {
            (ROOT, "name") => Some(Value::string("Datacenters")),
            (ROOT, "childEntity") => Some(Value::references(Kind::Datacenter, &[MoId::from(DATACENTER)])),
            (DATACENTER, "name") => Some(Value::string("DC")),
            (DATACENTER, "parent") => Some(Value::Ref("Folder", MoId::from(ROOT))),
            (DATACENTER, "vmFolder") => Some(Value::Ref("Folder", MoId::from(VM_FOLDER))),
            (DATACENTER, "hostFolder") => Some(Value::Ref("Folder", MoId::from(HOST_FOLDER))),
            (DATACENTER, "networkFolder") => Some(Value::Ref("Folder", MoId::from(NETWORK_FOLDER))),
            (VM_FOLDER, "childEntity") => Some(Value::references(
                Kind::VirtualMachine,
                self.vms.values().filter(|vm| !vm.hidden).map(|vm| &vm.id),
            )),
            (HOST_FOLDER, "childEntity") => Some(Value::references(Kind::ClusterComputeResource, self.clusters.keys())),
            (NETWORK_FOLDER, "childEntity") => {
                let switch = Value::Ref(Kind::VmwareDistributedVirtualSwitch.as_str(), MoId::from(DVS));
                Some(Value::Array("ManagedObjectReference", [switch].into_iter().chain(self.all_networks()).collect()))
            }
            (DATACENTER, "network") => Some(Value::Array("ManagedObjectReference", self.all_networks().collect())),
            (_, "name") => folder.map(|(_, name)| Value::string(*name)),
            (_, "parent") => folder.map(|_| Value::Ref("Datacenter", MoId::from(DATACENTER))),
            _ => None,
        }
    }

    /// Every port group, distributed or not.
    fn all_networks(&self) -> impl Iterator<Item = Value> {
        let standard = self.networks.values().map(|id| Value::reference(Kind::Network, id));
        standard.chain(self.port_groups.keys().map(|id| Value::reference(Kind::DistributedVirtualPortgroup, id)))
    }

    fn network_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let name = self.networks.iter().find(|(_, network)| *network == id).map(|(name, _)| name);
        match head {
            "name" => name.map(Value::string),
            "parent" => Some(Value::Ref("Folder", MoId::from(NETWORK_FOLDER))),
            _ => None,
        }
    }
}

/// `GuestInfo`, as VMware Tools last told it; the facts do not say what becomes of it when the VM stops.
fn guest(vm: &SimVm) -> Value {
    let fields = [("hostName", &vm.guest_hostname), ("ipAddress", &vm.guest_ip)];
    let told = fields.into_iter().filter(|(_, text)| !text.is_empty());
    Value::Object("GuestInfo", told.map(|(name, text)| (name, Value::string(text))).collect())
}
