//! Virtual machines as properties (facts: vCenter §B4).

use super::{
    Vcenter,
    call::Value,
    inventory::{Kind, SimBacking, SimConnection, SimFaultTolerance, SimPower, SimVm, SimVmState, SimVnic},
    properties_network::OPAQUE_TYPE,
};

impl Vcenter {
    pub(super) fn vm_runtime(&self, vm: &SimVm) -> Value {
        let mut fields = vec![
            ("host", Value::reference(Kind::HostSystem, &vm.seen.host)),
            ("connectionState", Value::Enum("VirtualMachineConnectionState", self.vm_connection(vm))),
            ("powerState", Value::Enum("VirtualMachinePowerState", vm.seen.power.as_str())),
        ];
        let protection = self.protection(vm);
        fields.extend(
            protection.map(|state| ("faultToleranceState", Value::Enum("VirtualMachineFaultToleranceState", state))),
        );
        fields.push(("vmFailoverInProgress", Value::boolean(vm.failover)));
        Value::Object("VirtualMachineRuntimeInfo", fields)
    }

    fn vm_connection(&self, vm: &SimVm) -> &'static str {
        let lost = self.hosts.get(&vm.seen.host).is_none_or(|host| host.connection != SimConnection::Connected);
        match vm.state {
            SimVmState::Known if lost => "disconnected",
            SimVmState::Known => "connected",
            SimVmState::Inaccessible => "inaccessible",
            SimVmState::Invalid => "invalid",
            SimVmState::Orphaned => "orphaned",
        }
    }

    /// `runtime.faultToleranceState`: of a pair, whether its secondary runs.
    fn protection(&self, vm: &SimVm) -> Option<&'static str> {
        let runs = |id| self.vms.get(id).is_some_and(|vm| vm.power == SimPower::On);
        match &vm.fault_tolerance {
            SimFaultTolerance::None => None,
            SimFaultTolerance::Primary(secondary) => Some(if runs(secondary) { "running" } else { "needSecondary" }),
            SimFaultTolerance::Secondary(_) if vm.power == SimPower::On => Some("running"),
            SimFaultTolerance::Secondary(_) => Some("disabled"),
        }
    }

    pub(super) fn vm_config(&self, vm: &SimVm) -> Value {
        let vnics = vm.vnics.iter().map(|vnic| self.vnic(vm, vnic));
        let hardware = vec![
            ("numCPU", Value::int(2)),
            ("memoryMB", Value::int(4096)),
            ("device", Value::Array("VirtualDevice", vnics.chain(vm.passthrough.then(passthrough)).collect())),
        ];
        let mut fields = vec![
            ("changeVersion", Value::string("1")),
            ("name", Value::string(&vm.name)),
            ("uuid", Value::string(&vm.instance_uuid)),
            ("instanceUuid", Value::string(&vm.instance_uuid)),
            ("template", Value::boolean(vm.template)),
            ("hardware", Value::Object("VirtualHardware", hardware)),
        ];
        fields.extend(self.fault_tolerance(vm).map(|info| ("ftInfo", info)));
        Value::Object("VirtualMachineConfigInfo", fields)
    }

    /// Role 1 is the primary's; a secondary's is above it.
    fn fault_tolerance(&self, vm: &SimVm) -> Option<Value> {
        let uuids = |ids: [&str; 2]| Value::strings(&ids.map(str::to_owned));
        match &vm.fault_tolerance {
            SimFaultTolerance::None => None,
            SimFaultTolerance::Primary(secondary) => {
                let other = self.vms.get(secondary)?;
                let fields = vec![
                    ("role", Value::int(1)),
                    ("instanceUuids", uuids([&vm.instance_uuid, &other.instance_uuid])),
                    ("secondaries", Value::references(Kind::VirtualMachine, [secondary])),
                ];
                Some(Value::Object("FaultTolerancePrimaryConfigInfo", fields))
            }
            SimFaultTolerance::Secondary(primary) => {
                let other = self.vms.get(primary)?;
                let fields = vec![
                    ("role", Value::int(2)),
                    ("instanceUuids", uuids([&other.instance_uuid, &vm.instance_uuid])),
                    ("primaryVM", Value::reference(Kind::VirtualMachine, primary)),
                ];
                Some(Value::Object("FaultToleranceSecondaryConfigInfo", fields))
            }
        }
    }

    fn vnic(&self, vm: &SimVm, vnic: &SimVnic) -> Value {
        let running = vm.seen.power == SimPower::On;
        let label = format!("Network adapter {}", vnic.key - 3999);
        let info = vec![("label", Value::string(label)), ("summary", Value::string("DVSwitch"))];
        let connectable = vec![
            ("startConnected", Value::boolean(vnic.start_connected)),
            ("allowGuestControl", Value::boolean(true)),
            ("connected", Value::boolean(vnic.connected && running)),
            ("status", Value::string(if running { "ok" } else { "untried" })),
        ];
        let mut fields = vec![
            ("key", Value::int(vnic.key)),
            ("deviceInfo", Value::Object("Description", info)),
            ("backing", self.vnic_backing(vnic)),
            ("connectable", Value::Object("VirtualDeviceConnectInfo", connectable)),
            ("addressType", Value::string("assigned")),
            ("macAddress", Value::string(vnic.mac.to_string())),
            ("wakeOnLanEnabled", Value::boolean(true)),
        ];
        let Some(device) = &vnic.sriov else { return Value::Object("VirtualVmxnet3", fields) };
        fields.push(("sriovBacking", self.physical_function(vm, device)));
        Value::Object("VirtualSriovEthernetCard", fields)
    }

    /// The pnic by its PCI address; unset where the host has none of this name.
    fn physical_function(&self, vm: &SimVm, device: &str) -> Value {
        let pnic = self.hosts.get(&vm.host).and_then(|host| host.pnic(device));
        let function = pnic.map(|pnic| {
            let fields = vec![("deviceName", Value::string("")), ("id", Value::string(&pnic.pci))];
            ("physicalFunctionBacking", Value::Object("VirtualPCIPassthroughDeviceBackingInfo", fields))
        });
        Value::Object("VirtualSriovEthernetCardSriovBackingInfo", function.into_iter().collect())
    }

    fn vnic_backing(&self, vnic: &SimVnic) -> Value {
        match &vnic.backing {
            SimBacking::Distributed(group) => {
                let port = self.distributed_port(group, vnic.port.key);
                Value::Object("VirtualEthernetCardDistributedVirtualPortBackingInfo", vec![("port", port)])
            }
            SimBacking::Standard(name) => {
                let mut fields = vec![("deviceName", Value::string(name))];
                fields.extend(self.networks.get(name).map(|id| ("network", Value::reference(Kind::Network, id))));
                Value::Object("VirtualEthernetCardNetworkBackingInfo", fields)
            }
            SimBacking::Opaque(id) => {
                let network_id = self.opaque_networks.get(id).map_or("", |network| network.network_id.as_str());
                let fields = vec![
                    ("opaqueNetworkId", Value::string(network_id)),
                    ("opaqueNetworkType", Value::string(OPAQUE_TYPE)),
                ];
                Value::Object("VirtualEthernetCardOpaqueNetworkBackingInfo", fields)
            }
        }
    }

    pub(super) fn vm_network(&self, vm: &SimVm) -> Value {
        let of = |vnic: &SimVnic| match &vnic.backing {
            SimBacking::Distributed(id) => Some(Value::reference(Kind::DistributedVirtualPortgroup, id)),
            SimBacking::Standard(name) => self.networks.get(name).map(|id| Value::reference(Kind::Network, id)),
            SimBacking::Opaque(id) => Some(Value::reference(Kind::OpaqueNetwork, id)),
        };
        Value::Array("ManagedObjectReference", vm.vnics.iter().filter_map(of).collect())
    }
}

/// A device of the host that the guest drives itself: vCenter knows nothing of its network.
fn passthrough() -> Value {
    let backing = vec![("deviceName", Value::string("")), ("id", Value::string("0000:5e:00.0"))];
    let fields = vec![
        ("key", Value::int(13_000)),
        ("backing", Value::Object("VirtualPCIPassthroughDeviceBackingInfo", backing)),
    ];
    Value::Object("VirtualPCIPassthrough", fields)
}
