//! Asks hosts what their pnics hear: it is no property, nobody tells when it changes (facts: vCenter §B5).
//!
//! A host is asked when it is new, came back or had a link change; again while a pnic is up and hears nothing (a switch
//! speaks every 30 s (LLDP) or 60 s (CDP)), and after a question that failed; and slowly for ever.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{sync::mpsc::Receiver, task::JoinSet, time};
use tracing::debug;
use vmtracker_core::{
    tracker::{Event, Hint, HostId, Moment},
    vcenter::HintTarget,
};

use super::{Session, VcenterError};
use crate::clock;

/// How many hosts are asked at once: vCenter passes the question on to each host.
const AT_ONCE: usize = 4;

/// How often every host is asked without any cause.
const SLOWLY: Duration = Duration::from_secs(600);

/// The pause before a host with a silent link is asked again; it doubles, up to [`SLOWLY`].
const SOON: Duration = Duration::from_secs(15);

/// How often it is looked whether some host is due.
const TICK: Duration = Duration::from_secs(1);

/// Asks the hosts of one session.
#[derive(Debug)]
pub struct HintTask {
    session: Arc<Session>,
    targets: Receiver<Vec<HintTarget>>,
    hosts: BTreeMap<HostId, Due>,
    asked: JoinSet<(HostId, Result<Vec<Hint>, VcenterError>)>,
}

/// When a host is to be asked next.
#[derive(Debug)]
struct Due {
    target: HintTarget,
    at: Moment,
    pause: Duration,
    asked: bool,
}

impl HintTask {
    /// Asks the hosts that come through `targets`, over `session`.
    pub fn new(session: Arc<Session>, targets: Receiver<Vec<HintTarget>>) -> Self {
        Self { session, targets, hosts: BTreeMap::new(), asked: JoinSet::new() }
    }

    /// Tells every answer, until nobody names targets any more.
    pub async fn run(mut self, tell: impl AsyncFn(Event)) {
        loop {
            tokio::select! {
                targets = self.targets.recv() => match targets {
                    Some(targets) => self.wanted(targets),
                    None => return,
                },
                Some(Ok((host, answer))) = self.asked.join_next() => {
                    if let Some(event) = self.answered(host, answer) {
                        tell(event).await;
                    }
                }
                () = time::sleep(TICK) => {}
            }
            self.ask();
        }
    }

    fn wanted(&mut self, targets: Vec<HintTarget>) {
        let at = clock::now();
        for target in targets {
            let asked = self.hosts.get(&target.host).is_some_and(|due| due.asked);
            self.hosts.insert(target.host.clone(), Due { target, at, pause: SOON, asked });
        }
    }

    fn ask(&mut self) {
        let now = clock::now();
        for (host, due) in &mut self.hosts {
            if self.asked.len() >= AT_ONCE {
                return;
            }
            if due.asked || due.at > now {
                continue;
            }
            due.asked = true;
            due.at = now + SLOWLY;
            let (session, target, host) = (Arc::clone(&self.session), due.target.clone(), host.clone());
            self.asked.spawn(async move { (host, session.hints(&target).await) });
        }
    }

    /// A host that does not answer says nothing new: what it heard stays. One that is gone is forgotten.
    fn answered(&mut self, host: HostId, answer: Result<Vec<Hint>, VcenterError>) -> Option<Event> {
        let due = self.hosts.get_mut(&host)?;
        due.asked = false;
        match answer {
            Ok(hints) => {
                due.reschedule(&hints);
                Some(Event::HintsSeen { host, hints })
            }
            Err(error) => {
                debug!(host = due.target.name, %error, "no hints");
                due.ask_soon();
                if error.object_is_gone() {
                    self.hosts.remove(&host);
                }
                None
            }
        }
    }
}

impl Due {
    fn reschedule(&mut self, hints: &[Hint]) {
        let heard = |pnic: &String| hints.iter().any(|hint| &hint.pnic == pnic);
        if !self.target.linked.iter().all(heard) {
            self.ask_soon();
        }
    }

    fn ask_soon(&mut self) {
        let soon = clock::now() + self.pause;
        self.at = self.at.min(soon);
        self.pause = (self.pause * 2).min(SLOWLY);
    }
}

#[cfg(test)]
mod tests;
