//! Commands of people, carried to the actors; each is in the history before it is done.

use std::sync::Arc;

use actix::{Addr, Recipient};
use tokio::sync::watch;
use vmtracker_core::tracker::{Event, Snapshot};

use super::{
    credentials::Credentials,
    journal::{JournalActor, Keep, Kept, Note, ReadHistory},
    messages::{ClaimError, Fact},
};
use crate::{
    api::{Caller, Close, Control, ControlError, FindingRow, HistoryRow, Reply, Status},
    clock,
    store::Entry,
};

/// The running service, as the web sees it.
#[derive(Debug)]
pub struct ServiceControl {
    /// The newest snapshot of the core.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// Where commands are written down.
    pub journal: Addr<JournalActor>,
    /// Where commands go.
    pub tracker: Recipient<Fact>,
    /// Refused logins.
    pub credentials: Credentials,
}

impl ServiceControl {
    async fn keep(&self, what: Kept, entry: Entry) -> Result<(), ControlError> {
        settled(self.journal.send(Keep { what, entry }).await)
    }

    async fn note(&self, entry: Entry) -> Result<(), ControlError> {
        settled(self.journal.send(Note(entry)).await)
    }

    async fn tell(&self, event: Event) -> Result<(), ControlError> {
        self.tracker.send(Fact(event)).await.map_err(|_| stopping())
    }

    async fn set_paused(&self, who: Caller, paused: bool) -> Result<(), ControlError> {
        let what = if paused { "pause" } else { "resume" };
        self.keep(Kept::Paused(paused), Entry::of_person(clock::now(), who, what, "")).await?;
        self.tell(Event::Paused(paused)).await
    }
}

impl Control for ServiceControl {
    fn status(&self) -> Status {
        Status::of(&self.snapshot.borrow())
    }

    fn findings(&self) -> Vec<FindingRow> {
        self.snapshot.borrow().findings.iter().map(FindingRow::of).collect()
    }

    fn history(&self, limit: usize) -> Reply<'_, Vec<HistoryRow>> {
        Box::pin(async move {
            let entries = settled(self.journal.send(ReadHistory { limit }).await)?;
            Ok(entries.into_iter().map(HistoryRow::from).collect())
        })
    }

    fn pause(&self, who: Caller) -> Reply<'_, ()> {
        Box::pin(self.set_paused(who, true))
    }

    fn resume(&self, who: Caller) -> Reply<'_, ()> {
        Box::pin(self.set_paused(who, false))
    }

    fn close(&self, who: Caller, what: Close) -> Reply<'_, ()> {
        Box::pin(async move {
            if !self.snapshot.borrow().switches.contains_key(&what.switch) {
                return Err(ControlError::NotFound(format!("no switch {} is managed", what.switch)));
            }
            let mut entry = Entry::of_person(clock::now(), who, "close", "needed no more");
            entry.switch = Some(what.switch.to_string());
            entry.place = Some(what.interface.to_string());
            entry.vlan = Some(what.vlan.get());
            self.note(entry).await?;
            self.tell(Event::Closed { switch: what.switch, interface: what.interface, vlan: what.vlan }).await
        })
    }

    fn release_brake(&self, who: Caller) -> Reply<'_, ()> {
        Box::pin(async move {
            self.note(Entry::of_person(clock::now(), who, "release-brake", "")).await?;
            self.tell(Event::BrakeReleased).await
        })
    }

    fn retry(&self, who: Caller) -> Reply<'_, ()> {
        Box::pin(async move {
            self.note(Entry::of_person(clock::now(), who, "retry", "")).await?;
            self.credentials.forgive();
            Ok(())
        })
    }
}

fn settled<T>(answer: Result<Result<T, ClaimError>, actix::MailboxError>) -> Result<T, ControlError> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ClaimError(why))) => Err(ControlError::Unavailable(format!("the store cannot be written: {why}"))),
        Err(_) => Err(stopping()),
    }
}

fn stopping() -> ControlError {
    ControlError::Unavailable("the service is stopping".to_owned())
}
