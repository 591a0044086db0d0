//! The service: starts the actors, applies a configuration that changed, stops in order.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix::{Actor, Addr, Arbiter, Recipient};
use metrics_exporter_prometheus::PrometheusHandle;
use thiserror::Error;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use vmtracker_core::{
    net::{SwitchName, VcenterName},
    tracker::{Event, Moment, Policy, Snapshot, Tracker},
};

use super::{
    addresses,
    control::ServiceControl,
    credentials::Credentials,
    journal::JournalActor,
    messages::{Fact, Stop},
    meter::Meter,
    switch::SwitchActor,
    tracker::{Attach, Detach, Journal, TrackerActor},
    vcenter::VcenterActor,
};
use crate::{
    clock,
    config::{self, Config},
    metrics,
    store::{SqliteStore, Store, StoreError},
    tls::TlsError,
    web::{self, Web, WebError},
};

/// How long an actor may take to stop; a log-out and the operation in flight have less.
const STOP: Duration = Duration::from_secs(6);

/// Why the service cannot start.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The metrics cannot be set up.
    #[error("metrics cannot be set up")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// A socket cannot be had.
    #[error(transparent)]
    Web(#[from] WebError),
    /// The trust of a device cannot be set up.
    #[error("switch {0}: its certificate settings cannot be used")]
    Trust(SwitchName, #[source] TlsError),
    /// A thread or a signal cannot be had.
    #[error("the system refuses a thread or a signal")]
    System(#[from] io::Error),
    /// An actor ended while the service started.
    #[error("the service ended while it started")]
    Ended,
}

/// Runs the service until SIGTERM or SIGINT; SIGHUP reads the configuration at `path` again.
///
/// # Errors
/// The service cannot start; nothing was sent to any device then.
pub fn run(path: &Path, config: Config) -> Result<(), ServiceError> {
    let path = path.to_owned();
    actix::System::new().block_on(async move {
        let mut signals = Signals::new()?;
        let mut service = Service::start(path, config).await?;
        tracing::info!(switches = service.switches.len(), vcenters = service.vcenters.len(), "started");
        loop {
            tokio::select! {
                _ = signals.reload.recv() => service.reload().await,
                _ = signals.terminate.recv() => break,
                _ = signals.interrupt.recv() => break,
            }
        }
        tracing::info!("stopping");
        service.stop().await;
        Ok(())
    })
}

struct Signals {
    reload: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            reload: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

/// The running service.
struct Service {
    path: PathBuf,
    config: Config,
    policy: watch::Sender<Arc<Policy>>,
    credentials: Credentials,
    tracker: Addr<TrackerActor>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    journal: Addr<JournalActor>,
    vcenters: BTreeMap<VcenterName, Addr<VcenterActor>>,
    switches: BTreeMap<SwitchName, Addr<SwitchActor>>,
    vcenter_arbiter: Arbiter,
    switch_arbiter: Arbiter,
    web: Web,
}

impl Service {
    async fn start(path: PathBuf, config: Config) -> Result<Self, ServiceError> {
        let prometheus = metrics::install()?;
        upkeep(prometheus.clone());
        let credentials = Credentials::default();
        let (tracker, journal, snapshot) = core(&config).await?;
        let control = ServiceControl {
            snapshot: snapshot.clone(),
            journal: journal.clone(),
            tracker: tracker.clone().recipient(),
            credentials: credentials.clone(),
        };
        let web = web::serve(Arc::new(control), prometheus, &config.service.control, config.service.metrics)?;
        let (policy, _) = watch::channel(Arc::clone(&config.policy));
        let mut service = Self {
            path,
            policy,
            credentials,
            tracker,
            snapshot,
            journal,
            vcenters: BTreeMap::new(),
            switches: BTreeMap::new(),
            vcenter_arbiter: Arbiter::new(),
            switch_arbiter: Arbiter::new(),
            web,
            config,
        };
        service.start_devices().await?;
        Ok(service)
    }

    async fn start_devices(&mut self) -> Result<(), ServiceError> {
        let switches: Vec<SwitchName> = self.config.switches.keys().cloned().collect();
        for name in switches {
            self.start_switch(&name).await?;
        }
        let vcenters: Vec<VcenterName> = self.config.vcenters.keys().cloned().collect();
        vcenters.iter().for_each(|name| self.start_vcenter(name));
        Ok(())
    }

    fn start_vcenter(&mut self, name: &VcenterName) {
        let Some(settings) = self.config.vcenters.get(name).cloned() else { return };
        let (tracker, credentials, snapshot) = (self.facts(), self.credentials.clone(), self.snapshot.clone());
        let create = move |_: &mut actix::Context<_>| {
            VcenterActor::new(settings, tracker, credentials, Arc::new(Meter)).annotating(snapshot)
        };
        let address = VcenterActor::start_in_arbiter(&self.vcenter_arbiter.handle(), create);
        self.vcenters.insert(name.clone(), address);
    }

    async fn start_switch(&mut self, name: &SwitchName) -> Result<(), ServiceError> {
        let Some(settings) = self.config.switches.get(name).cloned() else { return Ok(()) };
        let (slot, intents) = watch::channel(None);
        let actor = SwitchActor::new(
            settings,
            self.policy.subscribe(),
            intents,
            self.facts(),
            self.journal.clone().recipient(),
            self.credentials.clone(),
            Arc::new(Meter),
        );
        let actor = actor.map_err(|source| ServiceError::Trust(name.clone(), source))?;
        let address = SwitchActor::start_in_arbiter(&self.switch_arbiter.handle(), move |_| actor);
        let (look, save) = (address.clone().recipient(), address.clone().recipient());
        let attach = Attach { switch: name.clone(), slot, look, save };
        self.tracker.send(attach).await.map_err(|_| ServiceError::Ended)?;
        self.switches.insert(name.clone(), address);
        Ok(())
    }

    fn facts(&self) -> Recipient<Fact> {
        self.tracker.clone().recipient()
    }

    /// Reads the configuration again. A broken one is refused, and the old one stays.
    async fn reload(&mut self) {
        let loaded = Config::load(&self.path);
        metrics::config_reloaded(loaded.is_ok(), clock::now());
        match loaded {
            Ok(new) => self.apply(new).await,
            Err(why) => tracing::error!("the configuration is refused and the old one stays:\n{why}"),
        }
    }

    /// Applies what changed and leaves everything else alone.
    async fn apply(&mut self, new: Config) {
        let changes = config::diff(&self.config, &new);
        self.config = new;
        self.credentials.forgive();
        for key in &changes.needs_restart {
            tracing::warn!("{key} changed; it takes effect at the next start");
        }
        for name in changes.switches.removed.iter().chain(&changes.switches.changed) {
            self.stop_switch(name).await;
        }
        for name in changes.vcenters.removed.iter().chain(&changes.vcenters.changed) {
            self.stop_vcenter(name).await;
        }
        if changes.policy_changed {
            let policy = addresses::policy_here(&self.config);
            self.policy.send_replace(Arc::clone(&policy));
            self.tell(Event::PolicyChanged(policy)).await;
        }
        for name in changes.switches.added.iter().chain(&changes.switches.changed) {
            if let Err(why) = self.start_switch(name).await {
                tracing::error!(switch = %name, "it is not managed: {why}");
            }
        }
        changes.vcenters.added.iter().chain(&changes.vcenters.changed).for_each(|name| self.start_vcenter(name));
        tracing::info!(?changes, "the configuration was read again");
    }

    async fn tell(&self, event: Event) {
        if self.tracker.send(Fact(event)).await.is_err() {
            tracing::error!("the tracker is gone");
        }
    }

    async fn stop_switch(&mut self, name: &SwitchName) {
        let Some(address) = self.switches.remove(name) else { return };
        ended(name.as_str(), address.send(Stop)).await;
        metrics::switch_gone(name);
        if self.tracker.send(Detach(name.clone())).await.is_err() {
            tracing::error!("the tracker is gone");
        }
    }

    async fn stop_vcenter(&mut self, name: &VcenterName) {
        let Some(address) = self.vcenters.remove(name) else { return };
        ended(name.as_str(), address.send(Stop)).await;
        metrics::vcenter_gone(name);
        let why = "it is not in the configuration any more, or is reached in another way".to_owned();
        self.tell(Event::VcenterLost { vcenter: name.clone(), why }).await;
    }

    /// Devices first, side by side; then the tracker, so that its records are durable; then the journal.
    async fn stop(self) {
        let switches = self.switches.iter().map(|(name, address)| ended(name.as_str(), address.send(Stop)));
        let vcenters = self.vcenters.iter().map(|(name, address)| ended(name.as_str(), address.send(Stop)));
        let (switches, vcenters) = (futures_util::future::join_all(switches), futures_util::future::join_all(vcenters));
        futures_util::future::join(switches, vcenters).await;
        ended("tracker", self.tracker.send(Stop)).await;
        ended("journal", self.journal.send(Stop)).await;
        self.web.stop().await;
    }
}

async fn ended<T>(who: &str, stop: impl Future<Output = T>) {
    if tokio::time::timeout(STOP, stop).await.is_err() {
        tracing::warn!("{who} did not stop within {STOP:?}; what it had in flight is settled after the next start");
    }
}

/// The tracker on a thread of its own, and the journal with its store.
async fn core(
    config: &Config,
) -> Result<(Addr<TrackerActor>, Addr<JournalActor>, watch::Receiver<Arc<Snapshot>>), ServiceError> {
    let mut store = SqliteStore::open(&config.service.store)?;
    let (records, paused, brake) = (store.load()?, store.paused()?, store.brake()?);
    if paused {
        tracing::warn!("writing to switches is paused; vmtracker resume lets it go on");
    }
    let mut tracker = Tracker::new(addresses::policy_here(config), &records, paused, brake);
    let (publish, snapshot) = watch::channel(Arc::new(tracker.snapshot(Moment::default())));
    let address = TrackerActor::start_in_arbiter(&Arbiter::new().handle(), |_| TrackerActor::new(tracker, publish));
    let journal = JournalActor::new(Box::new(store), address.clone().recipient())?.start();
    let doors = Journal { commits: journal.clone().recipient(), keeps: journal.clone().recipient() };
    address.send(doors).await.map_err(|_| ServiceError::Ended)?;
    Ok((address, journal, snapshot))
}

fn upkeep(prometheus: PrometheusHandle) {
    actix::spawn(async move {
        let mut tick = tokio::time::interval(metrics::UPKEEP);
        loop {
            tick.tick().await;
            prometheus.run_upkeep();
        }
    });
}
