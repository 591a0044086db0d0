//! Tasks: power and migration through the API.

use vmtracker_core::net::MoId;

use super::{
    Vcenter,
    call::{Call, Fault, Value},
    inventory::Kind,
    operate::Refused,
};
use crate::lab::model::LabTime;

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    vm: MoId,
    description: &'static str,
    /// A migration under way ends then.
    due: Option<LabTime>,
}

impl Vcenter {
    /// When a migration that was asked for through the API ends, if one is under way.
    pub fn next_deadline(&self) -> Option<LabTime> {
        self.tasks.values().filter_map(|task| task.due).min()
    }

    /// Ends the migrations, asked for through the API, whose copy phase is over.
    pub fn finish_due(&mut self, now: LabTime) {
        self.advance(now);
        let due = self.tasks.iter().filter(|(_, task)| task.due.is_some_and(|due| due <= now));
        let due: Vec<(MoId, MoId)> = due.map(|(id, task)| (id.clone(), task.vm.clone())).collect();
        for (id, vm) in due {
            // A VM that was destroyed meanwhile is not on its way any more; its task ends all the same.
            self.finish_migration(&vm).ok();
            self.tasks.get_mut(&id).map(|task| task.due.take());
            self.changes.touch(&id, &["info"]);
        }
    }

    pub(super) fn task(&mut self, call: &Call) -> Result<Option<Value>, Fault> {
        let vm = call.this();
        let mut due = None;
        let (description, done) = match call.method.name.as_str() {
            "PowerOnVM_Task" => ("VirtualMachine.powerOn", self.power_on(&vm)),
            "PowerOffVM_Task" => ("VirtualMachine.powerOff", self.power_off(&vm)),
            "SuspendVM_Task" => ("VirtualMachine.suspend", self.suspend(&vm)),
            _ => {
                let host = call.method.reference("host").ok_or_else(|| Fault::invalid_argument("host"))?;
                due = Some(self.clock.saturating_add(self.copy_phase));
                ("VirtualMachine.migrate", self.start_migration(&vm, &host))
            }
        };
        done.map_err(|refused| fault(refused, &vm))?;
        let id = MoId::from(format!("task-{}", self.next_number()));
        self.tasks.insert(id.clone(), Task { vm, description, due });
        self.changes.touch(&id, &["info"]);
        Ok(Some(Value::reference(Kind::Task, &id)))
    }

    pub(super) fn task_property(&self, id: &MoId, head: &str) -> Option<Value> {
        let task = self.tasks.get(id).filter(|_| head == "info")?;
        let state = if task.due.is_some() { "running" } else { "success" };
        let reason = Value::Object("TaskReasonUser", vec![("userName", Value::string("user"))]);
        let fields = vec![
            ("key", Value::string(id.as_str())),
            ("task", Value::reference(Kind::Task, id)),
            ("descriptionId", Value::string(task.description)),
            ("entity", Value::reference(Kind::VirtualMachine, &task.vm)),
            ("state", Value::Enum("TaskInfoState", state)),
            ("cancelled", Value::boolean(false)),
            ("cancelable", Value::boolean(false)),
            ("reason", reason),
            ("queueTime", self.time(self.clock)),
            ("eventChainId", Value::int(0)),
        ];
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
        Refused::NoSuchPortGroup | Refused::NoSuchAdapter => Fault::new("NotFound", refused.to_string()),
    }
}
