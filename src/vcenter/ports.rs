//! Asks distributed switches for the ports of groups whose ports may have settings of their own: they are no property,
//! nobody tells when one changes (facts: vCenter §B4).
//!
//! A group is asked for when it is new or changed and when something was plugged in there; once more shortly after, for
//! vCenter may tell of a VM's port before the port tells of the VM; and slowly for ever.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc::Receiver, task::JoinSet, time};
use tracing::debug;
use vmtracker_core::{
    tracker::{DvPort, Event, Moment},
    vcenter::PortTarget,
};

use super::{Session, VcenterError};
use crate::clock;

/// How many groups are asked for at once.
const AT_ONCE: usize = 2;

/// How often every group is asked for without any cause.
const SLOWLY: Duration = Duration::from_secs(600);

/// When a group is asked for once more, and the pause after the first failure; it doubles, up to [`SLOWLY`].
const SOON: Duration = Duration::from_secs(15);

/// A question takes at most this part of the time until the next one, so that a vCenter with large groups gets its rest.
const REST: u32 = 20;

/// How often it is looked whether some group is due; what is plugged in within that time is asked for together.
const TICK: Duration = Duration::from_millis(200);

/// What is to be asked for from now on, and what no more.
#[derive(Debug, Default)]
pub struct PortOrders {
    /// Groups to ask for now.
    pub ask: Vec<PortTarget>,
    /// Keys of groups that are not to be asked for any more: a switch whose group is gone is still there, and would be
    /// asked for ever.
    pub forget: Vec<String>,
}

/// Asks for the ports of one session's groups.
#[derive(Debug)]
pub struct PortTask {
    session: Arc<Session>,
    orders: Receiver<PortOrders>,
    groups: BTreeMap<PortTarget, Due>,
    asked: JoinSet<(PortTarget, Result<Vec<DvPort>, VcenterError>)>,
}

/// When a group is to be asked for next.
#[derive(Debug)]
struct Due {
    at: Moment,
    pause: Duration,
    /// A question is under way.
    asked: bool,
    /// When it was asked for last, and how long the answer took.
    last: Option<(Moment, Duration)>,
    /// It is to be asked for once more after an answer.
    again: bool,
}

impl PortTask {
    /// Asks for the groups that come through `orders`, over `session`.
    pub fn new(session: Arc<Session>, orders: Receiver<PortOrders>) -> Self {
        Self { session, orders, groups: BTreeMap::new(), asked: JoinSet::new() }
    }

    /// Tells every answer, until nobody names targets any more.
    pub async fn run(mut self, tell: impl AsyncFn(Event)) {
        loop {
            tokio::select! {
                orders = self.orders.recv() => match orders {
                    Some(orders) => self.wanted(orders),
                    None => return,
                },
                Some(Ok((target, answer))) = self.asked.join_next() => {
                    if let Some(event) = self.answered(target, answer) {
                        tell(event).await;
                    }
                }
                () = time::sleep(TICK) => {}
            }
            self.ask();
        }
    }

    fn wanted(&mut self, orders: PortOrders) {
        self.groups.retain(|target, _| !orders.forget.contains(&target.group));
        let at = clock::now();
        for target in orders.ask {
            let before = self.groups.get(&target);
            let (asked, last) = before.map_or((false, None), |due| (due.asked, due.last));
            let rested = last.map_or(at, |(then, took)| then + (took * REST).min(SLOWLY));
            self.groups.insert(target, Due { at: at.max(rested), pause: SOON, asked, last, again: true });
        }
    }

    fn ask(&mut self) {
        let now = clock::now();
        for (target, due) in &mut self.groups {
            if self.asked.len() >= AT_ONCE {
                return;
            }
            if due.asked || due.at > now {
                continue;
            }
            due.asked = true;
            due.last = Some((now, Duration::ZERO));
            due.at = now + SLOWLY;
            let (session, target) = (Arc::clone(&self.session), target.clone());
            self.asked.spawn(async move {
                let answer = session.ports(&target).await;
                (target, answer)
            });
        }
    }

    /// A switch that does not answer says nothing new: what its ports had stays. One that is gone is forgotten.
    fn answered(&mut self, target: PortTarget, answer: Result<Vec<DvPort>, VcenterError>) -> Option<Event> {
        let due = self.groups.get_mut(&target)?;
        due.asked = false;
        due.last = due.last.map(|(then, _)| (then, clock::now().since(then)));
        match answer {
            Ok(ports) => {
                if std::mem::take(&mut due.again) {
                    due.at = due.at.min(clock::now() + SOON);
                }
                due.pause = SOON;
                Some(Event::PortsSeen { vcenter: target.vcenter, groups: vec![target.group], ports })
            }
            Err(error) => {
                debug!(group = target.group, %error, "no ports");
                due.at = due.at.min(clock::now() + due.pause);
                due.pause = (due.pause * 2).min(SLOWLY);
                if error.object_is_gone() {
                    self.groups.remove(&target);
                }
                None
            }
        }
    }
}
