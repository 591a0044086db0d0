//! The product's side of one vCenter without a socket: its requests as text into the model, the model's answers as text
//! into the product's own watcher.

use std::{collections::BTreeSet, time::Duration};

use vmtracker::lab::{
    model::{
        LabTime,
        vcenter::{Call, Reply, Vcenter, Waiting},
    },
    serve::soap::{fault, read_call, returned},
    topology::{PASSWORD, USER},
};
use vmtracker_core::{
    net::VcenterId,
    tracker::Event,
    vcenter::{
        AnswerError, Failure, Fault, HintTarget, MoRef, Next, PortTarget, ServiceContent, State, UpdateReader,
        VimValue, Watcher, hints, ports, read_answer, returned_reference,
        soap::{self, CustomPaths},
        unix_ms,
    },
};

/// Between two tries to open a session.
const RETRY: Duration = Duration::from_secs(3);
/// Before the same version is asked for again.
const AGAIN: Duration = Duration::from_millis(250);
/// How often every host is asked what it hears without any cause: as the service does.
const SLOWLY: Duration = Duration::from_secs(600);
/// Between an answer and the next question.
const TURN: Duration = Duration::from_millis(1);

/// Follows one vCenter.
pub(super) struct Follower {
    watcher: Watcher,
    session: Option<Session>,
    waiting: Option<Waiting>,
    /// Hosts that did not say what they hear.
    silent: Vec<HintTarget>,
    /// Port groups whose ports are asked for.
    groups: BTreeSet<PortTarget>,
    /// When all are asked again.
    slowly_at: LabTime,
}

struct Session {
    key: String,
    collector: MoRef,
}

/// What a poll brought.
pub(super) struct Polled {
    pub(super) events: Vec<Event>,
    /// When to poll again at the latest; sooner when the vCenter changed.
    pub(super) again: LabTime,
    /// Whether only time or a change brings something new.
    pub(super) waits: bool,
}

impl Follower {
    pub(super) fn new(name: &str) -> Self {
        Self {
            watcher: Watcher::new(name.into()),
            session: None,
            waiting: None,
            silent: Vec::new(),
            groups: BTreeSet::new(),
            slowly_at: SLOWLY,
        }
    }

    /// Asks what there is to ask at `now`.
    pub(super) fn poll(&mut self, vcenter: &mut Vcenter, now: LabTime) -> Polled {
        match self.session.take() {
            None => self.open(vcenter, now),
            Some(session) if vcenter.faults.down => {
                self.session = Some(session);
                self.failed(Failure::Cut, "no connection", now)
            }
            Some(session) => self.wait(session, vcenter, now),
        }
    }

    fn open(&mut self, vcenter: &mut Vcenter, now: LabTime) -> Polled {
        if vcenter.faults.down {
            let events = self.watcher.unreachable("no connection");
            return Polled { events, again: now + RETRY, waits: false };
        }
        let (session, id, server_ms) = connect(vcenter, now).expect("the model lets a good login in");
        self.session = Some(session);
        self.waiting = None;
        Polled { events: self.watcher.connected(id, server_ms), again: now + TURN, waits: false }
    }

    fn wait(&mut self, session: Session, vcenter: &mut Vcenter, now: LabTime) -> Polled {
        let request = soap::wait_for_updates(&session.collector, self.watcher.version(), 30, 100);
        let call = call(&request);
        let answer = vcenter.handle(Some(&session.key), &call, now, self.waiting.take().as_ref());
        self.session = Some(session);
        let text = match answer.reply {
            Reply::Wait(waiting) => {
                let again = waiting.until.unwrap_or(now + RETRY).max(now + TURN);
                self.waiting = Some(waiting);
                return Polled { events: self.ask_hosts(vcenter, now), again, waits: true };
            }
            Reply::Return(value) => returned(&call.method.name, value.as_ref()),
            Reply::Fault(problem) => fault(&problem),
            Reply::Updates(value, receipt) => {
                let mut text = returned(&call.method.name, Some(&value));
                match vcenter.faults.cut_update_sets.checked_sub(1) {
                    Some(left) => {
                        vcenter.faults.cut_update_sets = left;
                        vcenter.lost(&receipt);
                        text.truncate(text.len() / 2);
                    }
                    None => vcenter.delivered(&receipt),
                }
                text
            }
        };
        let events = self.read(&text, now);
        events.unwrap_or_else(|(failure, why)| self.failed(failure, &why, now))
    }

    fn read(&mut self, text: &str, now: LabTime) -> Result<Polled, (Failure, String)> {
        let mut events = Vec::new();
        let said = |error: AnswerError| (class(&error), error.to_string());
        let mut reader = UpdateReader::open(text.as_bytes()).map_err(said)?;
        loop {
            match reader.next_part() {
                Ok(Some(part)) => events.extend(self.watcher.part(part)),
                Ok(None) => return Ok(Polled { events, again: now + TURN, waits: false }),
                Err(error) => {
                    let mut polled = self.failed(Failure::Cut, &error.to_string(), now);
                    events.append(&mut polled.events);
                    return Ok(Polled { events, ..polled });
                }
            }
        }
    }

    fn failed(&mut self, failure: Failure, why: &str, now: LabTime) -> Polled {
        let (events, next) = self.watcher.failed(failure, why);
        self.waiting = None;
        let pause = match next {
            Next::Again => AGAIN,
            Next::Reconnect => {
                self.session = None;
                RETRY
            }
        };
        Polled { events, again: now + pause, waits: false }
    }

    /// Asks hosts what they hear, those that did not say it last time included.
    fn ask_hosts(&mut self, vcenter: &mut Vcenter, now: LabTime) -> Vec<Event> {
        let Some(session) = self.session.as_ref().filter(|_| self.watcher.state() == State::Watching) else {
            return Vec::new();
        };
        let mut groups = self.watcher.take_port_targets();
        self.groups.extend(groups.iter().cloned());
        let mut targets = std::mem::take(&mut self.silent);
        targets.extend(self.watcher.take_hint_targets());
        if now >= self.slowly_at {
            self.slowly_at = now + SLOWLY;
            targets = self.watcher.hint_targets();
            groups = self.groups.iter().cloned().collect();
        }
        let mut events = Vec::new();
        for PortTarget { vcenter: id, dvs, group } in groups {
            let request = soap::fetch_dv_ports(&dvs, std::slice::from_ref(&group));
            if let Ok((answer, _)) = ask(vcenter, Some(&session.key), &request, now) {
                events.push(Event::PortsSeen { vcenter: id, groups: vec![group], ports: ports(&answer) });
            }
        }
        for target in targets {
            let request = soap::query_network_hint(&target.network_system, None);
            match ask(vcenter, Some(&session.key), &request, now) {
                Ok((answer, _)) => events.push(Event::HintsSeen { host: target.host, hints: hints(&answer) }),
                Err(AnswerError::Fault(Fault::ManagedObjectNotFound)) => {}
                Err(_) => self.silent.push(target),
            }
        }
        events
    }
}

/// What an error means for the watcher: the service's client says the same.
const fn class(error: &AnswerError) -> Failure {
    match error {
        AnswerError::Fault(Fault::InvalidCollectorVersion) => Failure::Version,
        AnswerError::Fault(_) => Failure::Session,
        AnswerError::Decode(_) => Failure::Cut,
    }
}

/// A request as the lab reads it.
fn call(request: &str) -> Call {
    read_call(request).expect("a request that the lab reads")
}

type Answered = Result<(VimValue, Option<String>), AnswerError>;

/// One call that is answered at once, with the session that it opened.
fn ask(vcenter: &mut Vcenter, session: Option<&str>, request: &str, now: LabTime) -> Answered {
    let call = call(request);
    let answer = vcenter.handle(session, &call, now, None);
    let text = match answer.reply {
        Reply::Return(value) => returned(&call.method.name, value.as_ref()),
        Reply::Fault(problem) => fault(&problem),
        Reply::Updates(..) | Reply::Wait(_) => panic!("{} is no wait", call.method.name),
    };
    Ok((read_answer(text.as_bytes())?, answer.opened))
}

fn connect(vcenter: &mut Vcenter, now: LabTime) -> Result<(Session, VcenterId, Option<i64>), AnswerError> {
    let content = ServiceContent::read(&ask(vcenter, None, &soap::retrieve_service_content(), now)?.0)?;
    let (_, opened) = ask(vcenter, None, &soap::login(&content, USER, PASSWORD), now)?;
    let key = opened.expect("a login opens a session");
    let mut create = |request: String| -> Result<MoRef, AnswerError> {
        Ok(returned_reference(&ask(vcenter, Some(&key), &request, now)?.0)?)
    };
    let view = create(soap::create_container_view(&content))?;
    let collector = create(soap::create_property_collector(&content))?;
    create(soap::create_inventory_filter(
        &collector,
        &view,
        CustomPaths { recommendations: true, ..CustomPaths::default() },
    ))?;
    let events = create(soap::create_event_collector(&content))?;
    create(soap::create_event_filter(&collector, &events))?;
    let time = ask(vcenter, Some(&key), &soap::current_time(), now)?.0;
    let server_ms = time.text_at(&["returnval"]).and_then(unix_ms);
    let id = VcenterId::from(content.instance_uuid.as_deref().unwrap_or_default());
    Ok((Session { key, collector }, id, server_ms))
}
