//! One run of the lab: devices up, controller up, load on, load off, controller down, summary.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use thiserror::Error;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use super::{
    child::{Child, Usage},
    load::LoadSpec,
    model::{LabTime, switch::Delays, vcenter::Refused},
    settings::{Files, Pace, Prepare, Terms, Transport},
    site::{Servers, Site, free_port},
    summary::{Live, Summary},
    topology::Topology,
};
use crate::clock;

/// The grain of the run: VMs speak and the child is looked at this often.
const TICK: Duration = Duration::from_millis(100);
/// How often the live table is drawn and the child measured.
const REDRAW: Duration = Duration::from_secs(1);
/// How long the controller may take to its first complete state: a login, an inventory and a first write everywhere.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// How long after the end of the load moves under way may take; the longest copy phase is far below.
const DRAIN_WITHIN: Duration = Duration::from_secs(120);
/// How long after the last arrival the controller may take to what the VMs still lack: what takes longer is never.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
/// Of a controller that died, so many lines are shown.
const LAST_LINES: usize = 20;

/// What a run is about.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data centre.
    pub topology: Topology,
    /// What happens in it.
    pub load: LoadSpec,
    /// How long; none: until somebody interrupts.
    pub duration: Option<Duration>,
    /// The controller's hold-down.
    pub hold_down: Duration,
    /// The controller's pace.
    pub pace: Pace,
    /// How the controller reaches switches.
    pub transport: Transport,
    /// For whom the controller prepares.
    pub prepare: Prepare,
    /// How long a switch takes over a read.
    pub read_delay: Duration,
    /// How long a switch takes over a write.
    pub write_delay: Duration,
    /// The controller's program.
    pub program: PathBuf,
    /// Where the files of the run go.
    pub dir: PathBuf,
    /// Where the configuration goes; none: into `dir`.
    pub config: Option<PathBuf>,
}

/// Who watches the run.
pub trait Screen {
    /// The controller is starting: so many of the needed port-VLANs stand.
    fn starting(&mut self, standing: u64, needed: u64);
    /// The run goes on.
    fn live(&mut self, live: &Live);
    /// Something is worth saying.
    fn say(&mut self, text: &str);
}

/// Why there is no summary.
#[derive(Debug, Error)]
pub enum LabError {
    /// The topology cannot be built.
    #[error("the topology cannot be built")]
    Build(#[source] Refused),
    /// There is nothing to track.
    #[error("without a vCenter the lab can only serve: use --serve")]
    NoVcenter,
    /// The configuration cannot be written.
    #[error("cannot write the files of the run")]
    Files(#[source] io::Error),
    /// The devices cannot be served.
    #[error("cannot serve the devices")]
    Serve(#[source] io::Error),
    /// The controller cannot be started, watched or stopped.
    #[error("the controller cannot be run")]
    Controller(#[source] io::Error),
    /// The controller ended by itself.
    #[error("the controller ended ({status}); it said last:\n{log}")]
    Died {
        /// How.
        status: ExitStatus,
        /// Its last lines.
        log: String,
    },
    /// The controller did not get ready.
    #[error("after {} s {unmet} needed port-VLANs still do not stand; the controller said last:\n{log}", READY_WITHIN.as_secs())]
    NotReady {
        /// What does not stand.
        unmet: u64,
        /// Its last lines.
        log: String,
    },
    /// Somebody interrupted before the run began.
    #[error("interrupted before the run began")]
    Interrupted,
}

/// Runs the lab.
///
/// # Errors
/// There is no summary; every process and server that was started is stopped all the same.
pub async fn run(options: &Options, screen: &mut dyn Screen) -> Result<Summary, LabError> {
    if options.topology.vcenters.is_empty() {
        return Err(LabError::NoVcenter);
    }
    let mut site = build(options)?;
    let servers = Servers::start(&site.world).await.map_err(LabError::Serve)?;
    let files = write(options, &servers)?;
    let result = match Child::start(&options.program, &files) {
        Ok(child) => Run { options, site: &mut site, child, screen, usage: Usage::default() }.whole().await,
        Err(error) => Err(LabError::Controller(error)),
    };
    servers.stop().await;
    result
}

/// Serves the devices until somebody interrupts, with a configuration for them.
///
/// # Errors
/// They cannot be served.
pub async fn serve(options: &Options, screen: &mut dyn Screen) -> Result<(), LabError> {
    let mut site = build(options)?;
    let servers = Servers::start(&site.world).await.map_err(LabError::Serve)?;
    let files = write(options, &servers)?;
    let devices = servers.devices();
    for (name, url) in devices.vcenters.iter().chain(&devices.switches) {
        let ssh = devices.ssh.get(name).map(|address| format!(" ssh://{address}")).unwrap_or_default();
        screen.say(&format!("{name} {url}{ssh}"));
    }
    screen.say(&format!("configuration {}", files.config.display()));
    screen.say(&format!("SSH key {}, known hosts {}", files.ssh_key().display(), files.known_hosts().display()));
    let mut ending = Ending::new().map_err(LabError::Serve)?;
    while !ending.within(TICK).await {
        site.act();
        site.speak();
    }
    servers.stop().await;
    Ok(())
}

fn build(options: &Options) -> Result<Site, LabError> {
    let delays = Delays { read: options.read_delay, write: options.write_delay };
    Site::new(&options.topology, delays, options.hold_down, clock::now().unix_ms()).map_err(LabError::Build)
}

fn write(options: &Options, servers: &Servers) -> Result<Files, LabError> {
    let metrics = free_port().map_err(LabError::Serve)?;
    let Options { hold_down, pace, transport, prepare, .. } = *options;
    let terms = Terms { hold_down, pace, transport, prepare, metrics };
    let files = Files::new(&options.dir, options.config.as_deref());
    files.write(&servers.devices(), &terms).map_err(LabError::Files)?;
    Ok(files)
}

struct Run<'a> {
    options: &'a Options,
    site: &'a mut Site,
    child: Child,
    screen: &'a mut dyn Screen,
    usage: Usage,
}

impl Run<'_> {
    async fn whole(mut self) -> Result<Summary, LabError> {
        let mut ending = Ending::new().map_err(LabError::Controller)?;
        let result = self.phases(&mut ending).await;
        let stopped = self.child.stop().await.map_err(LabError::Controller);
        let summary = result?;
        let status = stopped?;
        if !status.success() {
            self.screen.say(&format!("the controller did not stop in order: {status}"));
        }
        Ok(summary)
    }

    async fn phases(&mut self, ending: &mut Ending) -> Result<Summary, LabError> {
        self.get_ready(ending).await?;
        self.site.begin(self.options.load);
        let began = self.site.world.now();
        let until = self.options.duration.and_then(|duration| began.checked_add(duration));
        self.go_on(ending, began, |site| until.is_some_and(|until| site.world.now() >= until)).await?;
        self.site.end();
        let latest = self.site.world.now() + DRAIN_WITHIN;
        self.go_on(ending, began, |site| site.in_flight() == 0 || site.world.now() >= latest).await?;
        let settled = (self.site.world.now() + SETTLED_WITHIN).min(latest);
        self.go_on(ending, began, |site| site.judge.state().unmet == 0 || site.world.now() >= settled).await?;
        self.usage = self.child.usage();
        let summary = Summary {
            vms: self.site.vms(),
            hosts: self.site.hosts,
            switches: self.options.topology.switches.len(),
            score: self.site.judge.score(self.site.world.now()),
            vpcs_uneven: 0,
            controller: self.usage,
        };
        // A write may be under way on one leg of a vPC.
        self.go_on(ending, began, |site| site.uneven() == 0 || site.world.now() >= latest).await?;
        Ok(Summary { vpcs_uneven: self.site.uneven(), ..summary })
    }

    /// Until the controller answers and everything that is needed stands.
    async fn get_ready(&mut self, ending: &mut Ending) -> Result<(), LabError> {
        let latest = self.site.world.now() + READY_WITHIN;
        loop {
            self.watch()?;
            self.site.speak();
            let state = self.site.judge.state();
            self.screen.starting(state.needed - state.unmet, state.needed);
            if state.unmet == 0 && self.child.answers() {
                return Ok(());
            }
            if self.site.world.now() >= latest {
                return Err(LabError::NotReady { unmet: state.unmet, log: self.child.last_lines(LAST_LINES) });
            }
            if ending.within(TICK).await {
                return Err(LabError::Interrupted);
            }
        }
    }

    /// The load goes on until `over`, or until somebody interrupts.
    async fn go_on(
        &mut self,
        ending: &mut Ending,
        began: LabTime,
        over: impl Fn(&Site) -> bool,
    ) -> Result<(), LabError> {
        let mut tick = self.site.world.now();
        let mut redraw = tick;
        while !over(self.site) {
            self.site.act();
            let now = self.site.world.now();
            if now >= tick {
                tick = now + TICK;
                self.watch()?;
                self.site.speak();
            }
            if now >= redraw {
                redraw = now + REDRAW;
                self.draw(now.saturating_sub(began));
            }
            let next = self.site.next_deadline().map_or(tick, |at| at.min(tick));
            if ending.within(next.saturating_sub(self.site.world.now())).await {
                return Ok(());
            }
        }
        Ok(())
    }

    fn draw(&mut self, elapsed: Duration) {
        self.usage = self.child.usage();
        self.screen.live(&Live {
            seconds: elapsed.as_secs(),
            vms: self.site.vms(),
            in_flight: self.site.in_flight(),
            state: self.site.judge.state(),
            score: self.site.judge.score(self.site.world.now()),
            controller: self.usage,
        });
    }

    /// Whether the controller still lives.
    fn watch(&mut self) -> Result<(), LabError> {
        match self.child.ended().map_err(LabError::Controller)? {
            None => Ok(()),
            Some(status) => Err(LabError::Died { status, log: self.child.last_lines(LAST_LINES) }),
        }
    }
}

/// SIGINT and SIGTERM, from the moment this is made.
struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits `span`; true at once when somebody asks for the end.
    async fn within(&mut self, span: Duration) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => true,
            () = sleep(span) => false,
        }
    }
}

/// A directory for the files of one run, removed at its end.
#[derive(Debug)]
pub struct RunDir(PathBuf);

impl RunDir {
    /// Makes one of this process below the system's directory for temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> io::Result<Self> {
        let dir = std::env::temp_dir().join(format!("vmtracker-lab-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's directory for temporary files; that is what it is for.
        drop(std::fs::remove_dir_all(&self.0));
    }
}

#[cfg(test)]
mod tests;
