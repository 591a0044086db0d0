//! Summaries, which many clients read instead of the whole: what is simulated of an object, in few fields.

use super::{
    Vcenter,
    call::Value,
    inventory::{Kind, SimHost, SimVm},
    properties_network::host_runtime,
};

impl Vcenter {
    pub(super) fn vm_summary(&self, vm: &SimVm) -> Value {
        let config = vec![
            ("name", Value::string(&vm.name)),
            ("template", Value::boolean(vm.template)),
            ("vmPathName", Value::string(format!("[lab] {0}/{0}.vmx", vm.name))),
            ("uuid", Value::string(&vm.instance_uuid)),
            ("instanceUuid", Value::string(&vm.instance_uuid)),
            ("numEthernetCards", Value::int(i64::try_from(vm.vnics.len()).unwrap_or(i64::MAX))),
        ];
        let fields = vec![
            ("vm", Value::reference(Kind::VirtualMachine, &vm.id)),
            ("runtime", self.vm_runtime(vm)),
            ("config", Value::Object("VirtualMachineConfigSummary", config)),
            ("overallStatus", Value::Enum("ManagedEntityStatus", "green")),
        ];
        Value::Object("VirtualMachineSummary", fields)
    }
}

pub(super) fn host_summary(host: &SimHost) -> Value {
    let config =
        vec![("name", Value::string(&host.name)), ("port", Value::int(443)), ("vmotionEnabled", Value::boolean(true))];
    let fields = vec![
        ("host", Value::reference(Kind::HostSystem, &host.id)),
        ("runtime", host_runtime(host)),
        ("config", Value::Object("HostConfigSummary", config)),
        ("overallStatus", Value::Enum("ManagedEntityStatus", "green")),
        ("rebootRequired", Value::boolean(false)),
    ];
    Value::Object("HostListSummary", fields)
}
