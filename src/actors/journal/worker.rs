//! The journal's thread: takes what waits, commits it together, answers.

use tokio::sync::{mpsc, oneshot};
use vmtracker_core::tracker::Record;

use super::Kept;
use crate::{
    actors::messages::ClaimError,
    metrics,
    store::{Entry, Store, StoreError},
};

/// Where an answer goes.
type Reply<T> = oneshot::Sender<Result<T, ClaimError>>;

/// One request.
pub(super) struct Job(pub(super) Ask);

/// What is asked.
pub(super) enum Ask {
    /// Make these durable.
    Append(Vec<Record>, Reply<()>),
    /// A line for the history.
    Note(Entry, Reply<()>),
    /// Lines of the history.
    History(usize, Reply<Vec<Entry>>),
    /// Keep this over a restart.
    Keep(Kept, Entry, Reply<()>),
}

/// How many requests are taken at once: enough for every switch of a fabric at the same moment.
const GROUP: usize = 256;

/// After how many records the store is pruned, and at the first: often enough that it stays small, seldom enough to
/// cost nothing.
const PRUNE_EVERY: usize = 1_000;

/// Serves until every sender is gone; then the store is closed.
pub(super) fn run(
    mut store: Box<dyn Store>,
    mut queue: mpsc::Receiver<Job>,
    relay: &mpsc::UnboundedSender<Vec<Record>>,
) {
    let (mut jobs, mut unpruned) = (Vec::new(), PRUNE_EVERY);
    while queue.blocking_recv_many(&mut jobs, GROUP) > 0 {
        let mut group = Group::default();
        for Job(ask) in jobs.drain(..) {
            serve(store.as_mut(), ask, &mut group, relay);
        }
        group.commit(store.as_mut(), relay);
        unpruned += group.committed;
        if unpruned >= PRUNE_EVERY {
            unpruned = 0;
            // After the answers are out: no claim of this group waits for it. A fault is said; the next claim finds out.
            drop(counted(store.prune()));
        }
    }
}

/// Appends that wait together.
#[derive(Default)]
struct Group {
    records: Vec<Record>,
    replies: Vec<Reply<()>>,
    /// How many records became durable.
    committed: usize,
}

impl Group {
    fn commit(&mut self, store: &mut dyn Store, relay: &mpsc::UnboundedSender<Vec<Record>>) {
        if self.replies.is_empty() {
            return;
        }
        let records = std::mem::take(&mut self.records);
        let result = counted(store.append(&records));
        self.committed += records.len();
        // Told to the tracker before the permit is out, so that the claim is folded before its outcome arrives. The
        // relay is gone only when the service stops.
        if result.is_ok() && !records.is_empty() {
            drop(relay.send(records));
        }
        for reply in self.replies.drain(..) {
            answer(reply, result.clone());
        }
    }
}

fn serve(store: &mut dyn Store, ask: Ask, group: &mut Group, relay: &mpsc::UnboundedSender<Vec<Record>>) {
    match ask {
        Ask::Append(records, reply) => {
            group.records.extend(records);
            group.replies.push(reply);
        }
        Ask::Note(entry, reply) => {
            group.commit(store, relay);
            answer(reply, counted(store.note(&entry)));
        }
        Ask::History(limit, reply) => {
            group.commit(store, relay);
            answer(reply, store.history(limit).map_err(|why| ClaimError(why.to_string())));
        }
        Ask::Keep(what, entry, reply) => {
            group.commit(store, relay);
            let kept = match what {
                Kept::Paused(paused) => store.set_paused(paused, &entry),
                Kept::Brake(brake) => store.set_brake(brake.as_deref(), &entry),
            };
            answer(reply, counted(kept));
        }
    }
}

/// Counts a commit, and says a failed one once, here, where all of its claims are refused.
fn counted(result: Result<(), StoreError>) -> Result<(), ClaimError> {
    metrics::store_commit(result.is_ok());
    result.map_err(|why| {
        tracing::error!("the store cannot be written, so no switch is: {why}");
        ClaimError(why.to_string())
    })
}

fn answer<T>(reply: Reply<T>, result: Result<T, ClaimError>) {
    // Whoever asked may have gone; what is durable stays durable.
    drop(reply.send(result));
}
