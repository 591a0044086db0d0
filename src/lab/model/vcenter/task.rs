//! Tasks: power and moves through the API (facts: vCenter §C).

use std::collections::BTreeMap;

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    inventory::Kind,
    motion::MoveKind,
    operate::Refused,
};

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    vm: MoId,
    description: &'static str,
    /// The chain of the operation's events.
    chain: i32,
    /// None: it is running.
    result: Option<Result<(), String>>,
}

/// Every task, and which of them belong to operations under way, by their chains.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: BTreeMap<MoId, Task>,
    running: BTreeMap<i32, MoId>,
}

impl Tasks {
    /// Whether there is such a task.
    pub(super) fn contains_key(&self, id: &MoId) -> bool {
        self.all.contains_key(id)
    }

    /// Every task.
    pub(super) fn ids(&self) -> impl Iterator<Item = &MoId> {
        self.all.keys()
    }
}

impl Vcenter {
    /// The task of this chain, if there is one, has ended.
    pub(super) fn task_ends(&mut self, chain: i32, result: Result<(), String>) {
        let Some(id) = self.tasks.running.remove(&chain) else { return };
        if let Some(task) = self.tasks.all.get_mut(&id) {
            task.result = Some(result);
        }
        self.changes.touch(&id, &["info"]);
    }

    pub(super) fn task(&mut self, call: &Call) -> Result<Option<Value>, Fault> {
        let vm = call.this();
        let (description, done, result) = match call.method.name.as_str() {
            "PowerOnVM_Task" => ("VirtualMachine.powerOn", self.power_on(&vm), Some(Ok(()))),
            "PowerOffVM_Task" => ("VirtualMachine.powerOff", self.power_off(&vm), Some(Ok(()))),
            "SuspendVM_Task" => ("VirtualMachine.suspend", self.suspend(&vm), Some(Ok(()))),
            "RelocateVM_Task" => {
                let host = self.relocation_target(call)?;
                ("VirtualMachine.relocate", self.run_move(&vm, &host, MoveKind::Relocation), None)
            }
            _ => {
                let host = call.method.reference("host").ok_or_else(|| Fault::invalid_argument("host"))?;
                ("VirtualMachine.migrate", self.run_move(&vm, &host, MoveKind::VMotion), None)
            }
        };
        done.map_err(|refused| fault(refused, &vm))?;
        let id = MoId::from(format!("task-{}", self.next_number()));
        let chain = self.vms.get(&vm).map(|vm| vm.chain).unwrap_or_default();
        if result.is_none() {
            self.tasks.running.insert(chain, id.clone());
        }
        self.tasks.all.insert(id.clone(), Task { vm, description, chain, result });
        self.changes.touch(&id, &["info"]);
        Ok(Some(Value::reference(Kind::Task, &id)))
    }

    /// The host in a `VirtualMachineRelocateSpec`. Without one only the disks move: the lab has no resource pool by which
    /// DRS would choose a host.
    fn relocation_target(&self, call: &Call) -> Result<MoId, Fault> {
        let spec = call.method.child("spec").ok_or_else(|| Fault::invalid_argument("spec"))?;
        if spec.child("service").is_some() {
            return Err(Fault::new("NotSupported", "moves to another vCenter are not simulated through the API"));
        }
        let here = self.vm(&call.this()).map(|vm| vm.host.clone());
        let host = spec.reference("host").or(here);
        host.ok_or_else(|| Fault::not_found("VirtualMachine", &call.this()))
    }

    pub(super) fn task_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let task = self.tasks.all.get(id).filter(|_| head == "info")?;
        let state = match &task.result {
            None => "running",
            Some(Ok(())) => "success",
            Some(Err(_)) => "error",
        };
        let reason = Value::Object("TaskReasonUser", vec![("userName", Value::string("user"))]);
        let mut fields = vec![
            ("key", Value::string(id.as_str())),
            ("task", Value::reference(Kind::Task, id)),
            ("descriptionId", Value::string(task.description)),
            ("entity", Value::reference(Kind::VirtualMachine, &task.vm)),
            ("state", Value::Enum("TaskInfoState", state)),
            ("cancelled", Value::boolean(false)),
            ("cancelable", Value::boolean(false)),
        ];
        if let Some(Err(reason)) = &task.result {
            let fault = Value::Object("MigrationFault", Vec::new()).any();
            let error = vec![("fault", fault), ("localizedMessage", Value::string(reason))];
            fields.push(("error", Value::Object("LocalizedMethodFault", error)));
        }
        fields.push(("reason", reason));
        fields.push(("queueTime", self.time(self.clock)));
        fields.push(("eventChainId", Value::int(task.chain)));
        Some(Value::Object("TaskInfo", fields))
    }
}

fn fault(refused: Refused, vm: &MoId) -> Fault {
    match refused {
        Refused::NoSuchVm => Fault::not_found("VirtualMachine", vm),
        Refused::InvalidPowerState => Fault::new("InvalidPowerState", refused.to_string()),
        Refused::NoSuchHost => Fault::invalid_argument("host"),
        Refused::Migrating | Refused::NotMigrating => Fault::new("TaskInProgress", refused.to_string()),
        Refused::NoOverride | Refused::Unprotected => Fault::new("NotSupported", refused.to_string()),
        Refused::HostInUse | Refused::InvalidHostState => Fault::new("InvalidState", refused.to_string()),
        Refused::NoSuchPortGroup | Refused::NoSuchAdapter | Refused::NoSuchRecommendation => {
            Fault::new("NotFound", refused.to_string())
        }
    }
}
