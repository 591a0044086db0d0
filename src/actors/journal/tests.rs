//! The journal grants a permit only for what is durable, and tells the tracker what is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vmtracker_core::{
    net::{SwitchName, VlanId},
    tracker::{Place, What},
};

use super::*;
use crate::store::{Entry, StoreError};

/// A store in memory that counts its commits, and refuses when told to.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    commits: Vec<usize>,
    refuses: bool,
    notes: Vec<Entry>,
    pruned: usize,
    /// Held while a commit waits.
    slow: Option<std::sync::mpsc::Receiver<()>>,
}

impl Memory {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn load(&mut self) -> Result<Vec<Record>, StoreError> {
        Ok(Vec::new())
    }
    fn append(&mut self, records: &[Record]) -> Result<(), StoreError> {
        let slow = self.inside().slow.take();
        if let Some(slow) = slow {
            // The test lets go, or has failed already.
            slow.recv().ok();
        }
        let mut inside = self.inside();
        if inside.refuses {
            return Err(StoreError::InUse("full".into()));
        }
        inside.commits.push(records.len());
        Ok(())
    }
    fn note(&mut self, entry: &Entry) -> Result<(), StoreError> {
        self.inside().notes.push(entry.clone());
        Ok(())
    }
    fn prune(&mut self) -> Result<(), StoreError> {
        self.inside().pruned += 1;
        Ok(())
    }
    fn history(&mut self, limit: usize) -> Result<Vec<Entry>, StoreError> {
        Ok(self.inside().notes.iter().rev().take(limit).cloned().collect())
    }
    fn paused(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }
    fn brake(&mut self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
    fn set_brake(&mut self, _: Option<&str>, entry: &Entry) -> Result<(), StoreError> {
        self.note(entry)
    }
    fn set_paused(&mut self, _: bool, entry: &Entry) -> Result<(), StoreError> {
        self.note(entry)
    }
    fn epoch(&self) -> u64 {
        7
    }
}

/// Keeps what the tracker would hear.
#[derive(Default)]
struct Ear(Arc<Mutex<Vec<Event>>>);

impl Actor for Ear {
    type Context = Context<Self>;
}

impl Handler<Fact> for Ear {
    type Result = ();
    fn handle(&mut self, Fact(event): Fact, _: &mut Self::Context) {
        self.0.lock().expect("lock").push(event);
    }
}

fn claim(vlan: u16) -> Record {
    Record {
        at: clock::now(),
        switch: SwitchName::from("leaf-1"),
        serial: "FDO1".to_owned(),
        place: Place::VlanDatabase,
        vlan: VlanId::new(vlan).expect("a VLAN"),
        what: What::Claimed { cause: "a test".to_owned() },
    }
}

fn start(store: &Memory) -> (actix::Addr<JournalActor>, Arc<Mutex<Vec<Event>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Ear(heard.clone()).start();
    let journal = JournalActor::new(Box::new(store.clone()), ear.recipient()).expect("a thread").start();
    (journal, heard)
}

#[actix::test]
async fn a_claim_earns_a_permit_and_the_tracker_hears_of_it() {
    let (journal, heard) = start(&Memory::default());
    let permit = journal.send(Claim(vec![claim(10)])).await.expect("alive").expect("durable");
    assert_eq!(permit.epoch(), 7);
    assert!(permit.until() > clock::now() && permit.until() <= clock::now() + PERMIT);
    journal.send(Stop).await.expect("alive");
    let wait = tokio::time::timeout(Duration::from_secs(5), async {
        while heard.lock().expect("lock").is_empty() {
            tokio::task::yield_now().await;
        }
    });
    wait.await.expect("the tracker hears of it");
    let events = heard.lock().expect("lock");
    assert!(matches!(events.as_slice(), [Event::Recorded(records)] if records.len() == 1), "{events:?}");
}

#[actix::test]
async fn without_a_durable_claim_there_is_no_permit() {
    let store = Memory::default();
    store.inside().refuses = true;
    let (journal, heard) = start(&store);
    let refusal = journal.send(Claim(vec![claim(10)])).await.expect("alive");
    assert!(refusal.is_err(), "{refusal:?}");
    store.inside().refuses = false;
    assert!(journal.send(Claim(vec![claim(11)])).await.expect("alive").is_ok(), "it recovers");
    journal.send(Stop).await.expect("alive");
    assert!(journal.send(Claim(vec![claim(12)])).await.expect("alive").is_err(), "not after the end");
    assert!(heard.lock().expect("lock").len() <= 1);
}

#[actix::test]
async fn claims_that_wait_together_cost_one_commit() {
    let store = Memory::default();
    let (go, slow) = std::sync::mpsc::channel();
    store.inside().slow = Some(slow);
    let (journal, _heard) = start(&store);
    let send = |vlan: u16| {
        let request = journal.send(Claim(vec![claim(vlan)]));
        async move { request.await.expect("alive").expect("durable") }
    };
    let first = actix::spawn(send(1));
    let taken = tokio::time::timeout(Duration::from_secs(5), async {
        while store.inside().slow.is_some() {
            tokio::task::yield_now().await;
        }
    });
    taken.await.expect("the first commit is under way");
    let others: Vec<_> = (2..=9).map(|vlan| actix::spawn(send(vlan))).collect();
    // A round trip through the actor: everything sent before it lies in the queue.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    go.send(()).expect("it waits");
    for request in std::iter::once(first).chain(others) {
        request.await.expect("answered");
    }
    assert_eq!(store.inside().commits, [1, 8]);
}

#[actix::test]
async fn the_store_is_pruned_now_and_then() {
    let store = Memory::default();
    let (journal, _heard) = start(&store);
    let many: Vec<Record> = (1..=600).map(claim).collect();
    for _ in 0..4 {
        journal.send(Commit(many.clone())).await.expect("alive").expect("durable");
    }
    journal.send(Stop).await.expect("alive");
    assert_eq!(store.inside().pruned, 2);
}

#[actix::test]
async fn the_history_is_written_and_read_through_it() {
    let (journal, _heard) = start(&Memory::default());
    let line = |what: &str| Entry {
        at: clock::now(),
        actor: "uid 1000".to_owned(),
        what: what.to_owned(),
        switch: None,
        place: None,
        vlan: None,
        text: String::new(),
    };
    journal.send(Note(line("retry"))).await.expect("alive").expect("durable");
    journal.send(Keep { what: Kept::Paused(true), entry: line("pause") }).await.expect("alive").expect("durable");
    let read = journal.send(ReadHistory { limit: 1 }).await.expect("alive").expect("read");
    assert_eq!(read.iter().map(|entry| entry.what.as_str()).collect::<Vec<_>>(), ["pause"]);
}
