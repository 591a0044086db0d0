//! The annotator on virtual time against a vCenter that keeps what it is told.

use super::*;
use crate::tracker::ObjectId;

/// A vCenter that says no where it is told to.
#[derive(Default)]
struct Bench {
    annotator: Annotator,
    now: Moment,
    wanted: BTreeMap<Entity, String>,
    stands: BTreeMap<Entity, String>,
    refuses: Vec<Entity>,
    undefinable: bool,
    gone: Vec<Entity>,
    silent: Vec<Entity>,
    writes: Vec<(u64, Entity, String)>,
    definitions: usize,
}

fn vm(number: u16) -> Entity {
    Entity::Vm(ObjectId::new(&"uuid-1".into(), &format!("vm-{number}")))
}

impl Bench {
    fn want(&mut self, number: u16, text: &str) {
        match text.is_empty() {
            true => drop(self.wanted.remove(&vm(number))),
            false => drop(self.wanted.insert(vm(number), text.to_owned())),
        }
    }

    fn pass(&mut self, seconds: u64) {
        for _ in 0..seconds * 2 {
            self.now = self.now + Duration::from_millis(500);
            self.annotator.stands(self.stands.clone());
            self.annotator.wants(&self.wanted, self.now);
            if let Some(order) = self.annotator.next(self.now) {
                let told = self.obey(order);
                self.annotator.done(told, self.now);
            }
        }
    }

    fn obey(&mut self, order: Order) -> Told {
        match order {
            Order::Define if self.undefinable => Told::Refused(order, "no define".to_owned()),
            Order::Define => {
                self.definitions += 1;
                Told::Defined(7)
            }
            Order::Write(_, entity, _) if self.gone.contains(&entity) => Told::Gone(entity),
            Order::Write(_, ref entity, _) if self.refuses.contains(entity) => {
                Told::Refused(order, "no write".to_owned())
            }
            Order::Write(7, ref entity, _) if self.silent.contains(entity) => Told::Failed(order),
            Order::Write(7, entity, text) => {
                self.writes.push((self.now.unix_ms(), entity.clone(), text.clone()));
                self.stands.insert(entity.clone(), text.clone());
                self.stands.retain(|_, text| !text.is_empty());
                Told::Written(entity, text)
            }
            Order::Write(number, ..) => panic!("the attribute has no number {number}"),
        }
    }

    fn trouble(&self) -> Option<String> {
        self.annotator.trouble(|entity| match entity {
            Entity::Vm(id) | Entity::Host(id) => id.to_string(),
        })
    }
}

#[test]
fn a_finding_is_written_once_it_has_settled_and_cleared_when_it_is_gone() {
    let mut bench = Bench::default();
    bench.want(1, "a");
    bench.pass(5);
    assert_eq!(bench.writes.len(), 0, "it may mend itself");
    bench.pass(10);
    assert_eq!(bench.stands, BTreeMap::from([(vm(1), "a".to_owned())]));
    bench.pass(3600);
    assert_eq!((bench.writes.len(), bench.definitions), (1, 1));
    bench.want(1, "");
    bench.pass(20);
    assert_eq!((bench.stands.len(), bench.writes.len()), (0, 2));
    bench.pass(3600);
    assert_eq!(bench.writes.len(), 2);
}

#[test]
fn what_comes_and_goes_is_never_written() {
    let mut bench = Bench::default();
    for round in 0..100 {
        bench.want(1, if round % 2 == 0 { "a" } else { "" });
        bench.pass(8);
    }
    assert_eq!((bench.writes.len(), bench.definitions), (0, 0));
}

#[test]
fn what_an_earlier_run_left_is_cleared_and_nothing_else_is_touched() {
    let stands = BTreeMap::from([(vm(1), "old".to_owned()), (vm(2), "right".to_owned())]);
    let mut bench = Bench { stands, ..Bench::default() };
    bench.want(2, "right");
    bench.pass(60);
    let written: Vec<_> = bench.writes.iter().map(|(_, entity, text)| (entity.clone(), text.as_str())).collect();
    assert_eq!(written, [(vm(1), "")]);
}

#[test]
fn what_somebody_changed_is_put_back() {
    let mut bench = Bench::default();
    bench.want(1, "a");
    bench.pass(15);
    bench.stands.insert(vm(1), "by hand".to_owned());
    bench.pass(65);
    assert_eq!(bench.stands[&vm(1)], "a");
}

#[test]
fn an_object_rests_a_minute_and_vcenter_a_second_and_nobody_starves() {
    let mut bench = Bench::default();
    for number in 0..100 {
        bench.want(number, "first");
    }
    for round in 0..60 {
        for number in 0..20 {
            bench.want(number, &format!("{round}"));
        }
        bench.pass(11);
    }
    let mut last: BTreeMap<Entity, u64> = BTreeMap::new();
    let mut before = None;
    for (at, entity, _) in &bench.writes {
        assert!(before.is_none_or(|before| at - before >= 1000));
        assert!(last.insert(entity.clone(), *at).is_none_or(|last| at - last >= 60_000));
        before = Some(*at);
    }
    assert!((20..100).all(|number| bench.stands.contains_key(&vm(number))), "{:?}", bench.stands.len());
}

#[test]
fn an_account_without_the_privilege_is_told_once_and_tried_every_ten_minutes() {
    let mut bench = Bench { refuses: (0..50).map(vm).collect(), ..Bench::default() };
    for number in 0..50 {
        bench.want(number, "a");
    }
    bench.pass(60);
    assert_eq!(bench.trouble().as_deref(), Some("no write (on vm-0)"));
    assert_eq!(bench.definitions, 1);
    bench.refuses.clear();
    bench.pass(500);
    assert_eq!(bench.writes.len(), 0);
    bench.pass(300);
    assert_eq!((bench.stands.len(), bench.trouble()), (50, None));
}

#[test]
fn an_attribute_that_cannot_be_defined_is_told_while_something_is_to_be_written() {
    let mut bench = Bench { undefinable: true, ..Bench::default() };
    bench.pass(60);
    assert_eq!(bench.trouble(), None);
    bench.want(1, "a");
    bench.pass(60);
    assert_eq!(bench.trouble().as_deref(), Some("no define"));
    bench.want(1, "");
    bench.pass(1);
    assert_eq!(bench.trouble(), None);
    bench.want(1, "a");
    bench.undefinable = false;
    bench.pass(700);
    assert_eq!((bench.stands.len(), bench.trouble()), (1, None));
}

#[test]
fn where_only_some_objects_are_refused_the_others_are_written() {
    let mut bench = Bench { refuses: (1..6).map(vm).collect(), gone: vec![vm(7)], ..Bench::default() };
    for number in 0..10 {
        bench.want(number, "a");
    }
    bench.pass(120);
    assert_eq!(bench.stands.len(), 4);
    assert_eq!(bench.trouble().as_deref(), Some("no write (on vm-1, vm-2, vm-3 and 2 more)"));
    (1..6).for_each(|number| bench.want(number, ""));
    bench.pass(1);
    assert_eq!(bench.trouble(), None);
}

#[test]
fn a_write_without_an_answer_is_tried_again_after_a_minute_and_is_no_trouble() {
    let mut bench = Bench { silent: vec![vm(1)], ..Bench::default() };
    bench.want(1, "a");
    bench.pass(30);
    assert_eq!((bench.stands.len(), bench.trouble()), (0, None));
    bench.silent.clear();
    bench.annotator.reconnected();
    bench.pass(60);
    assert_eq!((bench.stands.len(), bench.definitions), (1, 2));
}
