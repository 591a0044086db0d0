//! Tasks: power and moves through the API (facts: vCenter §C).

use std::collections::{BTreeMap, VecDeque};

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    change::EVERYTHING,
    inventory::Kind,
    motion::MoveKind,
    operate::Refused,
};
use crate::lab::model::LabTime;

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    vm: MoId,
    /// The method's name, by which pyVmomi knows it.
    method: String,
    description: &'static str,
    queued: LabTime,
    ended: Option<LabTime>,
    /// The chain of the operation's events.
    chain: i32,
    /// None: it is running.
    result: Option<Result<(), String>>,
}

/// How many tasks are remembered. A real vCenter forgets one some minutes after its end.
const KEPT: usize = 1000;

/// Every task, and which of them belong to operations under way, by their chains.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: BTreeMap<MoId, Task>,
    order: VecDeque<MoId>,
    running: BTreeMap<i32, MoId>,
}

impl Tasks {
    /// Every task.
    pub(super) fn ids(&self) -> impl Iterator<Item = &MoId> {
        self.order.iter()
    }

    /// One more; the one that is forgotten for it has ended long ago.
    fn insert(&mut self, id: MoId, task: Task) -> Option<MoId> {
        self.all.insert(id.clone(), task);
        self.order.push_back(id);
        let old = if self.order.len() > KEPT { self.order.pop_front() } else { None };
        old.inspect(|old| drop(self.all.remove(old)))
    }

    /// Whether there is such a task.
    pub(super) fn contains_key(&self, id: &MoId) -> bool {
        self.all.contains_key(id)
    }
}

impl Vcenter {
    /// The task of this chain, if there is one, has ended.
    pub(super) fn task_ends(&mut self, chain: i32, result: Result<(), String>) {
        let Some(id) = self.tasks.running.remove(&chain) else { return };
        if let Some(task) = self.tasks.all.get_mut(&id) {
            (task.result, task.ended) = (Some(result), Some(self.clock));
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
        let (method, queued, ended) = (call.method.name.clone(), self.clock, result.as_ref().map(|_| self.clock));
        let task = Task { vm, method, description, queued, ended, chain, result };
        if let Some(old) = self.tasks.insert(id.clone(), task) {
            self.changes.touch(&old, &[EVERYTHING]);
        }
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
            ("name", Value::Simple("ManagedMethodName", task.method.clone())),
            ("descriptionId", Value::string(task.description)),
            ("entity", Value::reference(Kind::VirtualMachine, &task.vm)),
            ("entityName", Value::string(self.vm(&task.vm).map_or("", |vm| &vm.name))),
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
        fields.push(("queueTime", self.time(task.queued)));
        fields.push(("startTime", self.time(task.queued)));
        fields.extend(task.ended.map(|ended| ("completeTime", self.time(ended))));
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
