//! The lab around one controller: the devices run in this process, the controller is a child of the same build.
//!
//! * Begin: [`Site::new`] serves the devices and writes the configuration; [`Site::running`] also starts the controller
//!   and waits until all trunks are right.
//! * Do: [`Site::vcenter`], [`Site::switch`], [`Site::begin`] (a load), [`Site::edit`], [`Site::manage`], [`Site::kill`].
//! * Ask: [`Site::wait_until`], [`Site::wait_right`], and what `trunks`, `asking` and `telling` tell.

mod asking;
mod controller;
mod serving;
mod telling;
mod trunks;
mod witness;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::ExitStatus,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;
use vmtracker::{
    clock,
    lab::{
        load::{CopyPhase, LoadSpec},
        model::{
            LabTime,
            switch::{Delays, Switch},
            vcenter::Vcenter,
            world::SharedWorld,
        },
        settings::{Devices, Files, Pace, Prepare, Terms, Transport},
        site::{Site as Lab, free_port},
        topology::{Size, Topology},
    },
};

use controller::Controller;
use serving::Serving;
use witness::Witness;

/// Generous: a condition that holds at last holds within this on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a condition is looked at.
const GRAIN: Duration = Duration::from_millis(20);
/// The controller's hold-down.
pub(crate) const HOLD_DOWN: Duration = Duration::from_secs(1);
/// How long a switch takes over a request: short, but long enough that requests overlap.
const DELAYS: Delays = Delays { read: Duration::from_millis(10), write: Duration::from_millis(50) };
/// Of the controller's log, so many lines are shown when something is not as it should be.
const LAST_LINES: usize = 40;

/// A simulated data centre and its controller.
pub(crate) struct Site {
    pub(crate) world: SharedWorld,
    pub(crate) files: Files,
    lab: Arc<Mutex<Lab>>,
    witness: Witness,
    /// Every device of the lab.
    all: Devices,
    /// Those that the configuration names.
    managed: Devices,
    terms: Terms,
    controller: Option<Controller>,
    _serving: Serving,
    _dir: TempDir,
}

/// A small data centre: two vCenters, two pairs of leaves, eight hosts, 40 VMs in 64 VLANs.
pub(crate) fn small() -> Topology {
    let size = |count: usize| count.try_into().expect("not zero");
    Topology::generated(Size { vcenters: size(2), switches: size(4), hosts: size(8), vms: 40 }, 7)
}

/// Moves and nothing else, with a copy phase that leaves time for a login.
pub(crate) fn moves(per_second: f64) -> LoadSpec {
    LoadSpec {
        moves_per_second: per_second,
        copy_phase: CopyPhase { shortest: Duration::from_secs(3), longest: Duration::from_secs(9) },
        ..LoadSpec::default()
    }
}

impl Site {
    /// Serves the devices and writes a configuration that names all of them.
    pub(crate) fn new(topology: &Topology) -> Self {
        Self::prepared(topology, |_, _| {})
    }

    /// The same, with switches that something was done to before they are served.
    pub(crate) fn prepared(topology: &Topology, prepare: impl Fn(&str, &mut Switch)) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let lab = Lab::new(topology, DELAYS, HOLD_DOWN, clock::now().unix_ms()).expect("builds");
        let (world, cabling) = (lab.world.clone(), Arc::clone(&lab.cabling));
        world.with(|world, _| world.switches.iter_mut().for_each(|(name, switch)| prepare(name, switch)));
        let witness = world.serve(|world, _| Witness::new(cabling, &world.switches));
        world.serve(|world, _| world.observers.push(Box::new(witness.clone())));
        let lab = Arc::new(Mutex::new(lab));
        let (serving, all) = Serving::start(Arc::clone(&lab), world.clone());
        let metrics = free_port().expect("a port");
        let (pace, transport, prepare) = (Pace::Unlimited, Transport::Nxapi, Prepare::OnMove);
        let terms = Terms { hold_down: HOLD_DOWN, pace, transport, prepare, metrics };
        let files = Files::new(dir.path(), None);
        files.write(&all, &terms).expect("written");
        let managed = all.clone();
        Self { world, files, lab, witness, all, managed, terms, controller: None, _serving: serving, _dir: dir }
    }

    /// The same, with the controller running and all trunks right.
    pub(crate) fn running(topology: &Topology) -> Self {
        let mut site = Self::new(topology);
        site.start();
        site.wait_right();
        site
    }

    /// Starts the controller.
    pub(crate) fn start(&mut self) {
        assert!(self.controller.is_none(), "one controller at a time");
        self.controller = Some(Controller::start(&self.files));
    }

    /// Ends the controller as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.controller.take().expect("a controller runs").kill();
    }

    /// Sends the controller a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.controller.as_ref().expect("a controller runs").signal(signal);
    }

    /// Sends the controller a signal and waits for its end.
    pub(crate) fn end(&mut self, signal: Signal) -> ExitStatus {
        let mut controller = self.controller.take().expect("a controller runs");
        controller.signal(signal);
        let began = clock::instant();
        while began.elapsed() < PATIENCE {
            if let Some(status) = controller.ended() {
                return status;
            }
            thread::sleep(GRAIN);
        }
        panic!("the controller does not end on {signal:?}\n{}", self.report());
    }

    /// Rewrites the configuration so that it names only the devices for which `managed` says so.
    pub(crate) fn manage(&mut self, managed: impl Fn(&str) -> bool) {
        self.managed = self.all.clone();
        self.managed.vcenters.retain(|(name, _)| managed(name));
        self.managed.switches.retain(|(name, _)| managed(name));
        self.files.write(&self.managed, &self.terms).expect("written");
    }

    /// Changes the text of the configuration; the controller reads it at its start or with SIGHUP.
    pub(crate) fn edit(&self, change: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(&self.files.config).expect("readable");
        fs::write(&self.files.config, change(text)).expect("written");
    }

    /// Does something to a vCenter.
    pub(crate) fn vcenter<R>(&self, name: &str, act: impl FnOnce(&mut Vcenter, LabTime) -> R) -> R {
        self.world.with(|world, now| act(world.vcenters.get_mut(name).expect("such a vCenter"), now))
    }

    /// Does something to a switch.
    pub(crate) fn switch<R>(&self, name: &str, act: impl FnOnce(&mut Switch, LabTime) -> R) -> R {
        self.world.with(|world, now| act(world.switches.get_mut(name).expect("such a switch"), now))
    }

    /// Where a switch takes NX-API over HTTPS.
    pub(crate) fn nxapi(&self, switch: &str) -> SocketAddr {
        let url = self.all.switches.iter().find_map(|(name, url)| (name == switch).then_some(url));
        let address = url.and_then(|url| url.strip_prefix("https://"));
        address.expect("such a switch").parse().expect("an address")
    }

    /// Where a vCenter takes SOAP over HTTPS.
    pub(crate) fn sdk(&self, vcenter: &str) -> SocketAddr {
        let url = self.all.vcenters.iter().find_map(|(name, url)| (name == vcenter).then_some(url));
        let address = url.and_then(|url| url.strip_prefix("https://"));
        address.expect("such a vCenter").parse().expect("an address")
    }

    /// Where a switch takes SSH.
    pub(crate) fn ssh(&self, switch: &str) -> SocketAddr {
        *self.all.ssh.get(switch).expect("such a switch")
    }

    /// A load begins; the judge's score counts from here.
    pub(crate) fn begin(&self, spec: LoadSpec) {
        self.lab.lock().expect("lock").begin(spec);
    }

    /// The load ends, and the moves under way arrive.
    pub(crate) fn finish(&mut self) {
        self.lab.lock().expect("lock").end();
        self.wait_until("every move has arrived", |site| site.in_flight() == 0);
    }

    /// Moves under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.lab.lock().expect("lock").in_flight()
    }

    /// Waits until `condition` holds; says what is missing if it does not come to hold, or the controller ends.
    pub(crate) fn wait_until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let began = clock::instant();
        while !condition(self) {
            if let Some(status) = self.controller.as_mut().and_then(Controller::ended) {
                panic!("waiting until {what}: the controller ended ({status})\n{}", self.report());
            }
            assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", self.report());
            thread::sleep(GRAIN);
        }
    }

    /// Waits until the controller knows all its devices and every trunk that it manages is right.
    pub(crate) fn wait_right(&mut self) {
        self.wait_until("every managed trunk carries what was there and what is needed", |site| {
            site.wrong_trunks().is_empty() && site.is_content()
        });
    }

    /// Lets so many hold-downs pass, for what must *not* happen meanwhile.
    pub(crate) fn outlast(&mut self, hold_downs: u32) {
        let until = self.world.now() + HOLD_DOWN * hold_downs;
        self.wait_until("some hold-downs have passed", |site| site.world.now() >= until);
    }

    /// What people need to see when a test fails.
    pub(crate) fn report(&self) -> String {
        let wrong = self.wrong_trunks().join("\n  ");
        let status = serde_json::to_string_pretty(&self.status()).unwrap_or_default();
        let log = self.last_lines(LAST_LINES);
        format!("trunks:\n  {wrong}\nstatus: {status}\nthe controller's last lines:\n{log}")
    }

    /// The last lines of what the controller said, over all its starts.
    pub(crate) fn last_lines(&self, count: usize) -> String {
        let text = self.log();
        let skip = text.lines().count().saturating_sub(count);
        text.lines().skip(skip).collect::<Vec<_>>().join("\n")
    }

    /// All that the controller said, over all its starts.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.files.log).unwrap_or_default()).into_owned()
    }

    fn control(&self) -> &Path {
        &self.files.control
    }
}
