//! A client that follows update sets, losing some of them, always ends with what a fresh listing says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    tests::{Client, items, text, vcenter},
    *,
};

const SECOND: LabTime = LabTime::from_secs(1);

/// Something that happens, to the VM of this number where it is about one.
#[derive(Clone, Debug)]
enum Op {
    On(usize),
    Off(usize),
    Move(usize),
    Fail(usize),
    /// Any kind of move, which ends by itself.
    Run(usize, MoveKind),
    /// The first host fails, and HA restarts its VMs.
    Die,
    /// The first host boots.
    Boot,
    /// The first host is to enter maintenance.
    Empty,
    /// A second passes.
    Tick,
    Destroy(usize),
    Vanish(usize),
    Return(usize),
    Create(usize),
    /// The client takes the next update set.
    Wait,
    /// The client loses the next update set and asks again.
    Lose,
}

fn any_op() -> impl Strategy<Value = Op> {
    let vm = 0usize..130;
    prop_oneof![
        vm.clone().prop_map(Op::On),
        vm.clone().prop_map(Op::Off),
        vm.clone().prop_map(Op::Move),
        vm.clone().prop_map(Op::Fail),
        (vm.clone(), prop_oneof![Just(MoveKind::VMotion), Just(MoveKind::Drs), Just(MoveKind::Relocation)])
            .prop_map(|(vm, kind)| Op::Run(vm, kind)),
        Just(Op::Die),
        Just(Op::Boot),
        Just(Op::Empty),
        Just(Op::Tick),
        vm.clone().prop_map(Op::Destroy),
        vm.clone().prop_map(Op::Vanish),
        vm.clone().prop_map(Op::Return),
        vm.prop_map(Op::Create),
        Just(Op::Wait),
        Just(Op::Lose),
    ]
}

/// What a client knows: every object with its properties.
#[derive(Debug, Default)]
struct Mirror {
    version: String,
    truncated: bool,
    objects: BTreeMap<String, BTreeMap<String, Option<Value>>>,
}

impl Mirror {
    /// Takes one update set, if there is news; whether there was.
    fn take(&mut self, client: &mut Client) -> bool {
        let Reply::Updates(set, receipt) = client.wait(&self.version) else { return false };
        client.vcenter.delivered(&receipt);
        for object in items(&set, "filterSet").iter().flat_map(|filter| items(filter, "objectSet")) {
            self.apply(&object);
        }
        self.version = text(&set, "version");
        self.truncated = text(&set, "truncated") == "true";
        true
    }

    fn apply(&mut self, object: &Value) {
        let id = text(object, "obj");
        match text(object, "kind").as_str() {
            "enter" => assert!(self.objects.insert(id.clone(), BTreeMap::new()).is_none(), "{id} entered twice"),
            "modify" => assert!(self.objects.contains_key(&id), "{id} was modified before it entered"),
            _ => assert!(self.objects.remove(&id).is_some(), "{id} left before it entered"),
        }
        for change in items(object, "changeSet") {
            let known = self.objects.get_mut(&id).expect("no changes with a leave");
            known.insert(text(&change, "name"), change.at("val"));
        }
    }

    /// An update set that never arrives: the client asks again with the version it has, or, because a truncated one
    /// is good once only, begins anew.
    fn lose(&mut self, client: &mut Client) {
        if !matches!(client.wait(&self.version), Reply::Updates(..)) {
            return;
        }
        if self.truncated || self.version.is_empty() {
            *self = Self::default();
        }
    }
}

fn act(vcenter: &mut Vcenter, op: &Op) -> Result<u64, Refused> {
    let vm = |number: &usize| vcenter.vm_named(&format!("vm{number:05}")).cloned().ok_or(Refused::NoSuchVm);
    let other = vcenter.host_named("esx2").cloned().ok_or(Refused::NoSuchHost)?;
    let first = vcenter.host_named("esx1").cloned().ok_or(Refused::NoSuchHost)?;
    match op {
        Op::Run(number, kind) => vm(number).and_then(|vm| vcenter.run_move(&vm, &other, *kind)),
        Op::Die => vcenter.fail_host_with_ha(&first, SECOND),
        Op::Boot => vcenter.power_up_host(&first),
        Op::Empty => vcenter.start_maintenance(&first),
        Op::Tick => {
            let now = vcenter.clock.saturating_add(SECOND);
            vcenter.finish_due(now);
            Ok(vcenter.revision())
        }
        Op::On(number) => vm(number).and_then(|vm| vcenter.power_on(&vm)),
        Op::Off(number) => vm(number).and_then(|vm| vcenter.power_off(&vm)),
        Op::Move(number) => vm(number).and_then(|vm| {
            vcenter.start_migration(&vm, &other)?;
            vcenter.finish_migration(&vm)
        }),
        Op::Fail(number) => vm(number).and_then(|vm| {
            vcenter.start_migration(&vm, &other)?;
            vcenter.fail_migration(&vm, "out of memory")
        }),
        Op::Destroy(number) => vm(number).and_then(|vm| vcenter.destroy_vm(&vm)),
        Op::Vanish(number) => vm(number).and_then(|vm| vcenter.vanish_vm(&vm)),
        Op::Return(number) => vm(number).and_then(|vm| vcenter.unvanish_vm(&vm)),
        Op::Create(number) => {
            let spec = VmSpec { name: format!("new{number}"), host: "esx1".to_owned(), ..VmSpec::default() };
            vcenter.create_vm(&spec).map(|(_, number)| number)
        }
        Op::Wait | Op::Lose => Ok(vcenter.revision()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_client_that_follows_knows_what_a_fresh_listing_says(ops in prop::collection::vec(any_op(), 0..120), seconds in 0u64..3) {
        let mut client = Client::watching(vcenter(120));
        let delay = LabTime::from_secs(seconds);
        client.vcenter.delays = Delays { start_event: delay, property: delay, end_event: delay };
        let mut mirror = Mirror::default();
        for op in &ops {
            let before = client.vcenter.revision();
            // A refused operation is one that makes no sense now; it changes nothing that a client sees.
            let number = act(&mut client.vcenter, op).unwrap_or(before);
            prop_assert!(number >= before && number <= client.vcenter.revision());
            match op {
                Op::Wait => {
                    mirror.take(&mut client);
                }
                Op::Lose => mirror.lose(&mut client),
                Op::On(_)
                | Op::Off(_)
                | Op::Move(_)
                | Op::Fail(_)
                | Op::Run(..)
                | Op::Die
                | Op::Boot
                | Op::Empty
                | Op::Tick
                | Op::Destroy(_)
                | Op::Vanish(_)
                | Op::Return(_)
                | Op::Create(_) => {}
            }
        }
        let end = client.vcenter.clock.saturating_add(LabTime::from_secs(60));
        client.vcenter.finish_due(end);
        while mirror.take(&mut client) {}
        let told = client.vcenter.vms().all(|vm| (&vm.seen.host, vm.seen.power) == (&vm.host, vm.power));
        prop_assert!(told, "in the end everything is shown");
        let mut fresh = Mirror::default();
        while fresh.take(&mut client) {}
        prop_assert_eq!(mirror.objects, fresh.objects);
        prop_assert_eq!(client.vcenter.told_upto(), Some(client.vcenter.revision()));
    }
}
