//! The simulator, simulated switches wired to its hosts, and the service between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::sleep;
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

use super::{
    inventory::{Inventory, Need, Vm},
    peer::{self, GLANCE, PATIENCE, Peer, free_port},
};

const TOPOLOGY: &str = include_str!("../../../config/topology-vcsim.toml");

/// Everything that runs, and what must stand on the switches besides what VMs need now.
pub(super) struct Rig {
    pub(super) peer: Peer,
    pub(super) files: Files,
    world: SharedWorld,
    servers: RunningServers,
    cabling: Cabling,
    child: Option<Child>,
    /// What trunks carried before.
    before: BTreeMap<Place, VlanSet>,
    /// What stands until a person closes it: vmkernel adapters' VLANs, and those of hosts that are away.
    kept: BTreeSet<(Place, VlanId)>,
    dir: TempDir,
}

impl Rig {
    /// Starts the simulator and the switches.
    pub(super) async fn new(binary: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let peer = Peer::start(binary, dir.path()).await;
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
        let (url, ca, user) = (&self.peer.url, self.peer.ca.display(), peer::USER);
        let text = format!(
            "[fabric]\nmode = 'enforce'\nallowed_vlans = '10-999'\nhold_down = '2s'\n\
             [service]\nstore = 'vmtracker.db'\ncontrol = '{}'\nmetrics = '{}'\n\
             [[vcenter]]\nname = 'vcsim'\nurl = '{url}'\nusername = '{user}'\npassword_file = 'vcenter-password'\n\
             ca_file = '{ca}'\n{switches}",
            self.files.control.display(),
            free_port(),
        );
        fs::write(&self.files.config, text).expect("written");
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

    /// Waits until the trunks carry exactly what they must, and says how long that took.
    pub(super) async fn settle(&mut self, after: &str) -> Duration {
        let began = self.now();
        loop {
            let inventory = self.look().await;
            let wrong = self.wrong(&inventory);
            let took = self.now().saturating_sub(began);
            if wrong.is_empty() {
                return took;
            }
            assert!(took < PATIENCE, "after {after}:\n{}\n{}", wrong.join("\n"), self.said());
            sleep(GLANCE).await;
        }
    }

    /// Reads the inventory; VMs that can speak, speak.
    async fn look(&mut self) -> Inventory {
        let inventory = Inventory::read(&self.peer).await;
        let kernels = self.places(inventory.kernel_needs());
        self.kept.extend(kernels);
        for vm in inventory.vms.values() {
            let first = inventory.needs_of(vm).into_iter().next();
            for (place, vlan) in self.places(first) {
                self.world.with(|world, now| {
                    let switch = world.switches.get_mut(place.switch.as_str()).expect("a switch");
                    switch.learn(vm.mac(), vlan, place.interface, now);
                });
            }
        }
        inventory
    }

    /// What the trunks of hosts that are away carry stays; to be called when one goes.
    pub(super) fn keep_what_stands_for(&mut self, inventory: &Inventory, host: &str) {
        let vms = inventory.vms.values().filter(|vm| vm.host == host);
        let needs: Vec<Need> = vms.flat_map(|vm| inventory.needs_of(vm)).collect();
        let stands = self.places(needs);
        self.kept.extend(stands);
    }

    /// What differs between the trunks and what they must carry, and VLANs that are needed and pass no frame.
    fn wrong(&self, inventory: &Inventory) -> Vec<String> {
        let mut must: BTreeMap<Place, BTreeSet<VlanId>> = BTreeMap::new();
        let needs = inventory.vms.values().flat_map(|vm| inventory.needs_of(vm));
        for (place, vlan) in self.places(needs).into_iter().chain(self.kept.iter().cloned()) {
            must.entry(place).or_default().insert(vlan);
        }
        self.before.iter().flat_map(|(place, before)| self.wrong_at(place, before, must.remove(place))).collect()
    }

    fn wrong_at(&self, place: &Place, before: &VlanSet, needed: Option<BTreeSet<VlanId>>) -> Vec<String> {
        let needed: VlanSet = needed.into_iter().flatten().collect();
        let expected = needed.union(before);
        self.world.look(|world, _| {
            let switch = world.switches.get(place.switch.as_str()).expect("a switch");
            let allowed = switch.allowed(place.interface);
            let list = (allowed != expected).then(|| format!("{place:?} carries {allowed}, not {expected}"));
            let dark = needed.iter().filter(|vlan| !switch.forwards(place.interface, *vlan));
            let dark = dark.map(|vlan| format!("{place:?} passes no frame of VLAN {vlan}"));
            list.into_iter().chain(dark).collect()
        })
    }

    /// Whether every port behind these needs passes frames.
    pub(super) fn passes(&self, needs: &BTreeSet<Need>) -> bool {
        self.world.look(|world, _| {
            let carries = |(place, vlan): (Place, VlanId)| {
                world.switches.get(place.switch.as_str()).is_some_and(|switch| switch.forwards(place.interface, vlan))
            };
            !needs.is_empty() && self.places(needs.iter().cloned()).into_iter().all(carries)
        })
    }

    /// What the VM would need at another host.
    pub(super) fn needs_at(inventory: &Inventory, vm: &str, host: &str) -> BTreeSet<Need> {
        let vm = inventory.vm(vm);
        inventory.needs_of(&Vm { host: host.to_owned(), id: vm.id.clone(), nic: vm.nic.clone(), on: vm.on })
    }

    fn places(&self, needs: impl IntoIterator<Item = Need>) -> Vec<(Place, VlanId)> {
        let end = |(host, pnic, vlan): Need| (self.cabling.end(&host, &pnic).expect("a cable"), vlan);
        needs.into_iter().map(end).collect()
    }

    /// What the service said last.
    fn said(&self) -> String {
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
