//! Weeks of ordinary life: what happened long ago is not held.

use std::{sync::Arc, time::Duration};

use super::{super::*, bench::*};

/// Between two lives; the memory of a VM that is gone lasts a week.
const STEP: Duration = Duration::from_secs(40 * 60);
const STEPS_OF_A_WEEK: u16 = 7 * 24 * 3 / 2;

/// A VM is born, moves, fails to move, is edited, powered off and destroyed.
fn life(bench: &mut Bench, number: u16) {
    let number = number + 1;
    let (from, vlan) = (1 + number % 2, 10 + number % 20);
    let to = 3 - from;
    let start = |to: u16| Event::MigrationStarted { vm: vm_id(number), to: Destination::Host(host_id(to)) };
    let end = |outcome| Event::MigrationEnded { vm: vm_id(number), outcome };
    bench.seen(vm(number, from, vlan, PowerState::On));
    bench.send(start(to));
    bench.seen(vm(number, to, vlan, PowerState::On));
    bench.send(end(Ok(Some(host_id(to)))));
    bench.send(start(3));
    bench.send(end(Err("no space".to_owned())));
    bench.seen(Vm { vnics: None, ..vm(number, to, vlan, PowerState::On) });
    bench.seen(vm(number, to, vlan + 1, PowerState::On));
    bench.seen(vm(number, to, vlan + 1, PowerState::Off));
    if number.is_multiple_of(3) {
        bench.send(Event::HostSeen(Arc::new(Host { connection: HostConnection::NotResponding, ..host(3) })));
        bench.send(Event::HostSeen(Arc::new(host(3))));
    }
    bench.send(Event::VmDestroyed(vm_id(number)));
    bench.send(Event::VmLeft(vm_id(number)));
    bench.wait(STEP);
}

/// How much the tracker holds: the length of all of it, written out.
fn held(bench: &Bench) -> usize {
    format!("{:?}", bench.tracker).len()
}

#[test]
fn weeks_of_births_moves_and_deaths_leave_nothing_behind() {
    let mut bench = Bench::new();
    let weeks = [0, 1, 2].map(|week| {
        (0..STEPS_OF_A_WEEK).for_each(|step| life(&mut bench, week * STEPS_OF_A_WEEK + step));
        held(&bench)
    });
    let [_, second, third] = weeks;
    assert!(third.abs_diff(second) * 50 < second, "after one, two and three weeks: {weeks:?}");
    bench.wait(Duration::from_secs(8 * 24 * 3600));
    life(&mut bench, 3 * STEPS_OF_A_WEEK);
    let rest = held(&bench);
    assert!(rest * 2 < third, "VMs that are long gone are forgotten: {rest} of {third}");
}
