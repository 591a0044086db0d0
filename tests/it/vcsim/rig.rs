//! The simulator, simulated switches wired to its hosts, and the service between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use vmtracker::lab::{
    child::Child,
    model::{
        dataplane::{Cabling, Place},
        switch::Switch,
        world::{SharedWorld, World},
    },
    serve::{LabCa, RunningServers, serve_switches},
    settings::Files,
    topology::{self, Topology},
};
use vmtracker_core::net::{VlanId, VlanSet};

use super::peer::{self, Peer, free_port};

/// How long a VLAN must be needed by nobody.
pub(super) const HOLD_DOWN: Duration = Duration::from_secs(2);
const TOPOLOGY: &str = include_str!("../../../config/topology-vcsim.toml");

/// Everything that runs, and what must stand on the switches besides what VMs need now.
pub(super) struct Rig {
    pub(super) peer: Peer,
    pub(super) files: Files,
    pub(super) world: SharedWorld,
    servers: RunningServers,
    pub(super) cabling: Cabling,
    child: Option<Child>,
    /// What trunks carried before.
    pub(super) before: BTreeMap<Place, VlanSet>,
    /// What stands until a person closes it: vmkernel adapters' VLANs, and those of hosts that are away.
    pub(super) kept: BTreeSet<(Place, VlanId)>,
    dir: TempDir,
}

impl Rig {
    /// Starts the simulator, with these flags, and the switches.
    pub(super) async fn new(binary: &str, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let peer = Peer::start(binary, dir.path(), flags).await;
        let topology = Topology::parse(TOPOLOGY).expect("a good file");
        let switches = topology.switches(0);
        let names: Vec<String> = switches.keys().cloned().collect();
        let cabling = topology.cabling();
        let lists = cabling.places().into_iter().filter_map(|place| {
            let switch = switches.get(place.switch.as_str())?;
            Some((place.clone(), switch.allowed(place.interface)))
        });
        let before = lists.collect();
        let world = SharedWorld::new(World { switches, ..World::default() });
        let ca = LabCa::new().expect("an authority");
        let servers = serve_switches(world.clone(), &names, &ca, 0).await.expect("the switches answer");
        let files = Files::new(dir.path(), None);
        let rig = Self { peer, files, world, servers, cabling, child: None, before, kept: BTreeSet::new(), dir };
        rig.write(&ca);
        rig
    }

    /// Writes the configuration and what it names.
    fn write(&self, ca: &LabCa) {
        let dir = self.dir.path();
        secret(&dir.join("vcenter-password"), peer::PASSWORD);
        secret(&dir.join("switch-password"), topology::PASSWORD);
        fs::write(dir.join("switch-ca.pem"), ca.ca_pem()).expect("written");
        let switch = |name: &String| {
            let url = self.servers.url(name).expect("it answers");
            let user = topology::USER;
            format!(
                "[[switch]]\nname = '{name}'\nurl = '{url}'\nusername = '{user}'\npassword_file = 'switch-password'\n\
                 ca_file = 'switch-ca.pem'\n"
            )
        };
        let switches: String = self.servers.addresses().keys().map(switch).collect();
        let (url, ca, user) = (&self.peer.url, self.ca(), peer::USER);
        let text = format!(
            "[fabric]\nmode = 'enforce'\nallowed_vlans = '10-999'\nhold_down = '{}s'\npace = 'unlimited'\n\
             [service]\nstore = 'vmtracker.db'\ncontrol = '{}'\nmetrics = '{}'\n\
             [[vcenter]]\nname = 'vcsim'\nurl = '{url}'\nusername = '{user}'\npassword_file = 'vcenter-password'\n\
             ca_file = '{}'\n{switches}",
            HOLD_DOWN.as_secs(),
            self.files.control.display(),
            free_port(),
            ca.display(),
        );
        fs::write(&self.files.config, text).expect("written");
    }

    /// The file of authorities that the service trusts the simulator by.
    pub(super) fn ca(&self) -> PathBuf {
        self.dir.path().join("vcsim-ca.pem")
    }

    /// A file that nobody reads yet.
    pub(super) fn other_file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts the service.
    pub(super) fn run(&mut self) {
        let program = Path::new(env!("CARGO_BIN_EXE_vmtracker"));
        self.child = Some(Child::start(program, &self.files).expect("the service starts"));
    }

    /// The lab's clock.
    pub(super) fn now(&self) -> Duration {
        self.world.now()
    }

    /// What the service said last.
    pub(super) fn said(&self) -> String {
        self.child.as_ref().map(|child| child.last_lines(40)).unwrap_or_default()
    }

    /// Reads and writes of each switch so far.
    pub(super) fn requests(&self) -> String {
        self.world.look(|world, _| {
            let one = |(name, switch): (&String, &Switch)| {
                let counters = switch.counters();
                format!("{name} {} reads {} writes {} logins", counters.reads, counters.writes, counters.logins)
            };
            world.switches.iter().map(one).collect::<Vec<_>>().join(", ")
        })
    }

    /// Requests with lines of configuration so far.
    pub(super) fn writes(&self) -> u64 {
        self.world.look(|world, _| world.switches.values().map(|switch| switch.counters().writes).sum())
    }

    /// Stops the service in order, and says what it used.
    pub(super) async fn stop_service(&mut self) -> String {
        let mut child = self.child.take().expect("it runs");
        let usage = child.usage();
        let status = child.stop().await.expect("it ends");
        assert!(status.success(), "{status}\n{}", child.last_lines(40));
        format!("{:.2} s of processor, {} MiB", usage.cpu_seconds, usage.rss_bytes_max >> 20)
    }

    /// Stops everything else.
    pub(super) async fn stop(self) {
        self.servers.stop().await;
        self.peer.stop().await;
    }
}

/// Writes a file that only its owner reads.
fn secret(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new();
    let file = file.write(true).create_new(true).mode(0o600).open(path);
    std::io::Write::write_all(&mut file.expect("a file"), text.as_bytes()).expect("written");
}
