//! The actor between a scripted driver, a journal and a tracker.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use tokio::sync::mpsc;
use vmtracker_core::{
    net::{InterfaceName, VlanSet},
    nexus::{
        Piece, Step,
        parse::{accounting, config::PortConfig, ports::PortStatus},
    },
    tracker::{
        Act, Configure, Identity, Mode, Moment, Pace, Permit, Place, PortMode, SaveOutcome, StepResult, SwitchPolicy,
        VlanDatabase,
    },
};

use super::*;
use crate::{actors::messages::ClaimError, nexus::Call, tls::Trust};

/// What the switch's accounting log holds: nothing but a line of ours.
const LOG: &str =
    "Fri Jan 02 03:04:05 2026:type=update:id=192.0.2.8@pts/3:user=us:cmd=configure terminal ; vlan 7 (SUCCESS)";

const PORT: InterfaceName = InterfaceName::Ethernet(1, 1);

fn set(text: &str) -> VlanSet {
    text.parse().unwrap()
}

/// A switch with one trunk.
struct Device {
    allowed: Mutex<VlanSet>,
    password_ok: bool,
    asked: Mutex<usize>,
}

impl Device {
    fn answer(&self, query: Query) -> Piece {
        let allowed = Some(self.allowed.lock().unwrap().clone());
        let config = PortConfig { mode: Some(PortMode::Trunk), allowed, ..PortConfig::default() };
        let up = PortStatus { mode: Some(PortMode::Trunk), up: true };
        let vlans = VlanDatabase { present: set("1-100"), active: set("1-100"), reserved: set("3968-4094") };
        let identity = Identity {
            hostname: "leaf1".to_owned(),
            serial: "S1".to_owned(),
            platform: "N9K".to_owned(),
            version: "9.3".to_owned(),
        };
        match query {
            Query::Version => Piece::Version(identity, None),
            Query::Config | Query::PortConfig(_) => Piece::Config(BTreeMap::from([(PORT, config)])),
            Query::Ports => Piece::Ports(BTreeMap::from([(PORT, up)])),
            Query::Vlans => Piece::Vlans(vlans),
            Query::PortChannels => Piece::PortChannels(BTreeMap::new()),
            Query::Lldp | Query::Cdp => Piece::Neighbors(Vec::new()),
            Query::Macs(_) => Piece::Macs(Vec::new()),
            Query::AccountingLog => Piece::Accounting(accounting::parse(LOG)),
            Query::Save => Piece::Saved(Ok(())),
            Query::Vpc
            | Query::Trunks
            | Query::Fex
            | Query::Features
            | Query::FeatureSets
            | Query::Vtp
            | Query::SystemMode
            | Query::SwitchProfiles => Piece::Silent(query),
        }
    }
}

impl Driver for Device {
    fn read<'a>(&'a self, queries: &'a [Query]) -> Call<'a, Vec<Result<Piece, String>>> {
        *self.asked.lock().unwrap() += 1;
        let answer = if self.password_ok {
            Ok(queries.iter().map(|query| Ok(self.answer(*query))).collect())
        } else {
            Err(ClientError::Login { switch: SwitchName::from("leaf1"), username: "us".to_owned() })
        };
        Box::pin(async move { answer })
    }

    fn apply<'a>(&'a self, batch: &'a Batch) -> Call<'a, BTreeMap<usize, String>> {
        for step in batch.steps() {
            if let Step::Allow { vlans, .. } = step {
                let mut allowed = self.allowed.lock().unwrap();
                *allowed = allowed.union(vlans);
            }
        }
        Box::pin(async { Ok(BTreeMap::new()) })
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

struct Tracker(mpsc::UnboundedSender<Event>);

impl Actor for Tracker {
    type Context = Context<Self>;
}

impl Handler<Fact> for Tracker {
    type Result = ();

    fn handle(&mut self, Fact(event): Fact, _: &mut Self::Context) {
        self.0.send(event).unwrap_or_default();
    }
}

struct Journal;

impl Actor for Journal {
    type Context = Context<Self>;
}

impl Handler<Claim> for Journal {
    type Result = Result<Permit, ClaimError>;

    fn handle(&mut self, _: Claim, _: &mut Self::Context) -> Self::Result {
        Ok(Permit::grant(1, clock::now() + Duration::from_secs(10)))
    }
}

struct Silent;

impl SwitchMeter for Silent {
    fn traffic(&self, _: &SwitchName, _: u64, _: u64) {}
    fn request(&self, _: &SwitchName, _: &'static str, _: &'static str, _: f64) {}
    fn connected(&self, _: &SwitchName, _: bool) {}
    fn complete_read(&self, _: &SwitchName) {}
}

fn policy() -> Policy {
    let own =
        SwitchPolicy { mode: Mode::both(Act::Enforce), allowed: None, interfaces: BTreeMap::new(), vpc_peer: None };
    Policy {
        hold_down: Duration::from_secs(5),
        pace: Pace::Unlimited,
        allowed: None,
        switches: BTreeMap::from([(SwitchName::from("leaf1"), own)]),
        ..Policy::default()
    }
}

struct Stage {
    device: Arc<Device>,
    intents: watch::Sender<Option<Arc<Configure>>>,
    policy: watch::Sender<Arc<Policy>>,
    events: mpsc::UnboundedReceiver<Event>,
    credentials: Credentials,
    actor: Addr<SwitchActor>,
}

fn stage(password_ok: bool) -> Stage {
    let device = Arc::new(Device { allowed: Mutex::new(set("100")), password_ok, asked: Mutex::new(0) });
    let (intents, slot) = watch::channel(None);
    let (policy, policies) = watch::channel(Arc::new(policy()));
    let (sender, events) = mpsc::unbounded_channel();
    let settings = SwitchSettings {
        name: SwitchName::from("leaf1"),
        url: "https://192.0.2.1".to_owned(),
        username: "us".to_owned(),
        password: Secret::new("hidden".to_owned()),
        trust: Trust::System,
        dialect: None,
        ssh: None,
    };
    let credentials = Credentials::default();
    let (tracker, journal) = (Tracker(sender).start().recipient(), Journal.start().recipient());
    let driver: Arc<dyn Driver> = Arc::<Device>::clone(&device);
    let meter = Arc::new(Silent);
    let shared = credentials.clone();
    let actor = SwitchActor::with_driver(settings, driver, policies, slot, tracker, journal, shared, meter).start();
    Stage { device, intents, policy, events, credentials, actor }
}

async fn next(events: &mut mpsc::UnboundedReceiver<Event>) -> Event {
    tokio::time::timeout(Duration::from_secs(5), events.recv()).await.unwrap().unwrap()
}

#[actix::test]
async fn an_intent_becomes_a_write_and_its_outcome_a_fact() {
    let mut stage = stage(true);
    assert!(matches!(next(&mut stage.events).await, Event::Observed(seen) if seen.scope == Scope::Whole));
    let place = Place::Interface(PORT);
    let intent = Configure {
        unsettled: BTreeSet::new(),
        peer_link: None,
        links: BTreeSet::new(),
        paired: false,
        switch: SwitchName::from("leaf1"),
        serial: "S1".to_owned(),
        generation: 1,
        present: BTreeMap::from([(place, Arc::new(set("10")))]),
        absent: BTreeMap::new(),
        urgent: BTreeMap::new(),
        causes: BTreeMap::new(),
    };
    stage.intents.send(Some(Arc::new(intent))).unwrap();
    let Event::Done(done) = next(&mut stage.events).await else { panic!() };
    assert_eq!(done.results[0].result, StepResult::Added);
    assert!(matches!(next(&mut stage.events).await, Event::Observed(_)));
    assert_eq!(*stage.device.allowed.lock().unwrap(), set("10,100"));
    stage.actor.send(Look(BTreeSet::from([PORT]))).await.unwrap();
    assert!(matches!(next(&mut stage.events).await, Event::Observed(seen) if seen.macs.is_some()));
    stage.policy.send(Arc::new(policy())).unwrap();
    stage.actor.send(Stop).await.unwrap();
    assert!(!stage.actor.connected());
}

#[actix::test]
async fn a_save_is_asked_and_its_outcome_told() {
    let mut stage = stage(true);
    assert!(matches!(next(&mut stage.events).await, Event::Observed(seen) if seen.scope == Scope::Whole));
    stage.actor.send(SaveConfig).await.unwrap();
    assert!(matches!(next(&mut stage.events).await, Event::Saved { outcome: SaveOutcome::Saved, .. }));
}

#[actix::test]
async fn a_refused_login_is_left_alone_for_everybody() {
    let mut stage = stage(false);
    assert!(
        matches!(next(&mut stage.events).await, Event::SwitchLost { why, .. } if why.contains("refuses the login"))
    );
    let password = Secret::new("hidden".to_owned());
    let now: Moment = clock::now();
    assert!(stage.credentials.blocked("us", &password, now).is_some());
    stage.actor.send(Look(BTreeSet::new())).await.unwrap();
    assert_eq!(*stage.device.asked.lock().unwrap(), 1);
}
