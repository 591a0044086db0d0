//! What happens only to whoever follows a vCenter for long: versions that are refused, a restore from a backup, a clock
//! that is wrong, and a hundred thousand updates.

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn page(of: &[String]) -> String {
    history("modify", &of.concat())
}

fn start(key: i32, at: &str) -> String {
    event("VmBeingHotMigratedEvent", key, "vm-1", at, &target("host-2"))
}

fn with_vm() -> Watcher {
    watching(&[host("enter", "host-1", "connected"), vm("enter", "vm-1", "host-1"), history("enter", "")])
}

#[test]
fn a_version_that_is_refused_again_and_again_ends_the_session() {
    let mut watcher = watching(&[]);
    for _ in 0..3 {
        let (events, next) = watcher.failed(Failure::Version, "unknown");
        assert_eq!((short(&events).as_str(), next), ("began", Next::Again));
        set(&mut watcher, "1", &[], true);
        set(&mut watcher, "2", &[], false);
        let (events, next) = watcher.failed(Failure::Version, "unknown");
        assert_eq!((short(&events).as_str(), next), ("lost", Next::Reconnect), "no second listing in a row");
        check(&watcher.connected(id(), Some(NOW_MS)), "connected began");
        set(&mut watcher, "3", &[], false);
    }
    assert_eq!(watcher.failed(Failure::Version, "unknown").1, Next::Again);
    set(&mut watcher, "4", &[], false);
    watcher.part(Part::TimedOut);
    assert_eq!(watcher.failed(Failure::Version, "unknown").1, Next::Again, "a wait was answered in between");
}

#[test]
fn truncated_changes_that_are_always_cut_end_the_session() {
    let mut watcher = watching(&[]);
    for wanted in [Next::Again, Next::Reconnect] {
        set(&mut watcher, "2", &[], true);
        assert_eq!(watcher.failed(Failure::Cut, "cut").1, wanted);
        set(&mut watcher, "3", &[], false);
    }
}

#[test]
fn a_listing_that_a_timed_out_wait_interrupts_goes_on() {
    let mut watcher = watcher();
    set(&mut watcher, "1", &[vm("enter", "vm-1", "host-1")], true);
    check(&watcher.part(Part::TimedOut), "");
    assert_eq!((watcher.state(), watcher.version()), (State::Listing, "1"));
    check(&set(&mut watcher, "2", &[], false), "ended");
}

/// A restore takes keys back. What happens afterwards is news, under whatever key.
#[test]
fn events_of_a_restored_vcenter_are_news_under_keys_that_were_told() {
    let restored = |later: &[String], expected: &str| {
        let mut watcher = with_vm();
        check(&set(&mut watcher, "2", &[page(&[start(50, "2026-11-20T11:00:00Z")])], false), "vm-1>host-2");
        watcher.failed(Failure::Session, "restored");
        watcher.connected(id(), Some(NOW_MS));
        let objects = [vm("enter", "vm-1", "host-1"), history("enter", &later.concat())];
        assert_eq!(short(&set(&mut watcher, "1", &objects, false)), format!("vm-1@host-1 {expected}ended"));
    };
    restored(&[start(20, NOW)], "vm-1>host-2 ");
    restored(&[start(20, NOW), event("VmPoweredOnEvent", 60, "vm-1", NOW, "")], "vm-1>host-2 ");
    restored(&[start(20, NOW), start(60, NOW)], "vm-1>host-2 vm-1>host-2 ");
    restored(&[start(20, "2026-11-20T10:00:00Z"), start(50, "2026-11-20T11:00:00Z")], "");
}

#[test]
fn a_clock_that_is_wrong_by_an_hour_changes_nothing() {
    let moment = |hour: u32, minute: u32| format!("2026-11-20T{hour}:{minute:02}:00Z");
    for (hour, skew) in [(11, -HOUR_MS), (12, 0), (13, HOUR_MS)] {
        let mut watcher = Watcher::new("lab".into());
        watcher.connected(id(), Some(NOW_MS + skew));
        let old = [start(5, &moment(hour - 2, 59)), start(6, &moment(hour - 1, 30))];
        let objects = [vm("enter", "vm-1", "host-1"), history("enter", &old.concat())];
        check(&set(&mut watcher, "1", &objects, false), "vm-1@host-1 vm-1>host-2 ended");
        let new = [old.concat(), start(7, &moment(hour, 1))];
        check(&set(&mut watcher, "2", &[page(&new)], false), "vm-1>host-2");
    }
}

#[test]
fn events_of_classes_that_nobody_knows_are_passed_over() {
    let mut watcher = with_vm();
    let strange = [
        event("EventEx", 5, "vm-1", NOW, "<eventTypeId>com.example.Strange</eventTypeId>"),
        event("VmBeingTeleportedEvent", 6, "vm-1", NOW, &target("host-2")),
        "<Event @VmMigratedEvent/>".to_owned(),
        start(7, NOW),
    ];
    check(&set(&mut watcher, "2", &[page(&strange)], false), "vm-1>host-2");
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The update of one object, to be given other names.
fn template(object: &str) -> ObjectUpdate {
    let answer = update_set(Dialect::Vcenter, "1", object, false);
    let mut reader = UpdateReader::open(answer.as_bytes()).expect("an answer");
    match reader.next_part() {
        Ok(Some(Part::Object(update))) => update,
        other => panic!("{other:?}"),
    }
}

/// VMs come, change and go for ever, each under a name of its own, now and then the session ends: what is held is what
/// is there.
#[test]
fn after_a_hundred_thousand_updates_no_more_is_held_than_is_there() {
    const THERE: u64 = 40;
    let [enter, leave] = [vm("enter", "vm-1", "host-1"), object("leave", "VirtualMachine", "vm-1", "")];
    let [enter, leave] = [template(&enter), template(&leave)];
    let named = |update: &ObjectUpdate, number: u64| {
        let object = MoRef::new("VirtualMachine", &format!("vm-{number}"));
        Part::Object(ObjectUpdate { object, ..update.clone() })
    };
    let mut watcher = watching(&[host("enter", "host-1", "connected"), history("enter", "")]);
    let (mut dice, mut oldest, mut newest, mut key) = (Dice(7), 0, 0, 10);
    for round in 0..10_000u64 {
        for _ in 0..10 {
            match dice.roll(3) {
                0 if newest - oldest < THERE => {
                    newest += 1;
                    watcher.part(named(&enter, newest));
                }
                1 if oldest < newest => {
                    oldest += 1;
                    watcher.part(named(&leave, oldest));
                }
                _ => drop(watcher.part(named(&enter, newest.max(oldest + 1)))),
            }
            newest = newest.max(oldest + 1);
        }
        if round % 10 == 0 {
            key += 3;
            let name = format!("vm-{}", oldest + dice.roll(60));
            let events = [3, 2, 1].map(|back| event("VmMigratedEvent", key - back, &name, NOW, ""));
            set(&mut watcher, "v", &[page(&events)], dice.roll(4) == 0);
        }
        watcher.part(Part::End(PageEnd { version: round.to_string(), truncated: false }));
        watcher.take_hint_targets();
        assert!(watcher.held() as u64 <= newest - oldest + 1, "round {round}: {}", watcher.held());
        if dice.roll(500) == 0 {
            watcher.failed(Failure::Session, "gone");
            watcher.connected(id(), Some(NOW_MS));
            assert_eq!(watcher.held(), 0);
            (oldest, newest) = (newest, newest);
        }
    }
}
