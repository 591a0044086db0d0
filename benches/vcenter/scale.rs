//! An inventory of 10,000 VMs at 504 hosts, by VMware's own simulator, and 200 moves a second in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::time::{MissedTickBehavior, interval, sleep};
use vmtracker::{
    clock,
    lab::{
        child::Child,
        model::{
            dataplane::{Cabling, Place},
            world::{SharedWorld, World},
        },
        serve::{LabCa, RunningServers, serve_switches},
        settings::Files,
        site::free_port,
        topology,
    },
};
use vmtracker_core::net::VlanSet;

use super::{
    Outcome, head,
    inventory::Inventory,
    metric, mib,
    peer::{self, Peer},
    program, row, tell,
    wiring::{self, Size},
};

/// The whole inventory is followed, and every switch right, within this.
const PATIENCE: Duration = Duration::from_secs(600);
const GLANCE: Duration = Duration::from_millis(100);
/// Moves that are begun at once, ten times a second.
const BURST: usize = 20;
const BURSTS: usize = 200;
/// VLANs of trunk port groups and private ones, which this does not compute.
const OTHERS: &str = "200-209,300,1100-1102";

pub(crate) async fn run(binary: &str, size: Size) -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let flags = size.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let peer = Peer::start(binary, dir.path(), &flags).await;
    peer.control("/phase?d=1s").await;
    let plan = wiring::topology(size)?;
    let (switches, cabling) = (plan.switches(0), plan.cabling());
    let names: Vec<String> = switches.keys().cloned().collect();
    let world = SharedWorld::new(World { switches, ..World::default() });
    let ca = LabCa::new()?;
    let servers = serve_switches(world.clone(), &names, &ca, 0).await?;
    let (files, metrics) = (Files::new(dir.path(), None), free_port()?);
    configure(dir.path(), &files, &peer, &servers, &ca, metrics)?;
    let mut bench = Bench { world, cabling, metrics, child: Child::start(program(), &files)?, began: clock::instant() };
    let inventory = Inventory::read(&peer).await;
    tell(&format!("\nVMware's simulator: {} VMs, {} hosts.\n", inventory.vms.len(), inventory.hosts.len()))?;
    head(&["", "time", "peak resident set, MiB", "processor, s", "received, MiB", "facts", "per VM or fact"])?;
    bench.listing(&inventory).await?;
    bench.moves(&peer, &inventory, size).await?;
    let status = bench.child.stop().await?;
    servers.stop().await;
    peer.stop().await;
    if status.success() { Ok(()) } else { Err(format!("{status}").into()) }
}

struct Bench {
    world: SharedWorld,
    cabling: Cabling,
    metrics: SocketAddr,
    child: Child,
    began: Instant,
}

/// What the controller used so far.
struct Used {
    seconds: f64,
    facts: f64,
    received: f64,
}

impl Bench {
    async fn ask(&self, name: &'static str, label: &'static str) -> Outcome<Option<f64>> {
        let at = self.metrics;
        Ok(tokio::task::spawn_blocking(move || metric(at, name, label)).await?)
    }

    async fn used(&mut self) -> Outcome<Used> {
        Ok(Used {
            seconds: self.child.usage().cpu_seconds,
            facts: self.ask("vmtracker_vcenter_events_total", "").await?.unwrap_or_default(),
            received: self.ask("vmtracker_vcenter_bytes_total", "received").await?.unwrap_or_default(),
        })
    }

    async fn until(&mut self, what: &str, so: impl AsyncFn(&Self) -> Outcome<bool>) -> Outcome<()> {
        let began = clock::instant();
        while !so(self).await? {
            if began.elapsed() > PATIENCE || self.child.ended()?.is_some() {
                return Err(format!("not so: {what}\n{}", self.child.last_lines(20)).into());
            }
            sleep(GLANCE).await;
        }
        Ok(())
    }

    /// From the connection to the last line on the last switch.
    async fn listing(&mut self, inventory: &Inventory) -> Outcome<()> {
        let up = async |bench: &Self| Ok(bench.ask("vmtracker_vcenter_up", "").await? == Some(1.0));
        self.until("the vCenter is connected", up).await?;
        let connected = clock::instant();
        let read = async |bench: &Self| {
            Ok(bench.ask("vmtracker_vcenter_last_complete_read_timestamp_seconds", "").await? > Some(0.0))
        };
        self.until("the inventory is read", read).await?;
        self.show("connected → inventory read", connected, None, inventory.vms.len()).await?;
        let needs = needs(inventory, &self.cabling);
        let right = async |bench: &Self| Ok(bench.lacking(&needs) == 0);
        self.until("every trunk carries what is needed", right).await?;
        self.show("connected → every trunk right", connected, None, inventory.vms.len()).await
    }

    /// Each VM of the first moves once, to the next host of its cluster but six.
    async fn moves(&mut self, peer: &Peer, inventory: &Inventory, size: Size) -> Outcome<()> {
        let (before, began) = (self.used().await?, clock::instant());
        let mut tick = interval(Duration::from_millis(100));
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let places: BTreeMap<&str, &str> =
            inventory.hosts.iter().map(|(id, host)| (host.name.as_str(), id.as_str())).collect();
        let count = (BURST * BURSTS).min(size.clusters * size.vms);
        let planned = (0..count).map(|number| {
            let (cluster, index) = (number % size.clusters, number / size.clusters);
            let name = format!("DC0_C{cluster}_RP0_VM{index}");
            let here = inventory.hosts.get(&inventory.vm(&name).host).map_or("", |host| host.name.as_str());
            let at = here.rsplit('H').next().and_then(|at| at.parse::<usize>().ok()).unwrap_or_default();
            let to = format!("DC0_C{cluster}_H{}", (at + 7) % size.hosts);
            (name, places.get(to.as_str()).copied().unwrap_or_default())
        });
        let planned: Vec<(String, &str)> = planned.collect();
        for burst in planned.chunks(BURST) {
            tick.tick().await;
            join_all(burst.iter().map(|(vm, to)| begin(peer, &inventory.vm(vm).id, to))).await;
        }
        let offered = began.elapsed();
        let arrived = |now: &Inventory| planned.iter().all(|(vm, to)| now.vm(vm).host == *to);
        let mut after = Inventory::read(peer).await;
        while !arrived(&after) && began.elapsed() < PATIENCE {
            sleep(GLANCE).await;
            after = Inventory::read(peer).await;
        }
        let needs = needs(&after, &self.cabling);
        let right = async |bench: &Self| Ok(bench.lacking(&needs) == 0);
        self.until("every trunk carries what is needed after the moves", right).await?;
        let rate = f64::from(u32::try_from(count)?) / offered.as_secs_f64();
        self.show(&format!("{count} moves, {rate:.0} a second"), began, Some(before), 0).await
    }

    /// One row. Bytes are per VM of the inventory, processor time per fact since `before`.
    async fn show(&mut self, what: &str, since: Instant, before: Option<Used>, vms: usize) -> Outcome<()> {
        let took = since.elapsed();
        let now = self.used().await?;
        let before = before.unwrap_or(Used { seconds: 0.0, facts: 0.0, received: 0.0 });
        let (seconds, facts) = (now.seconds - before.seconds, now.facts - before.facts);
        let received = now.received - before.received;
        let each = match vms {
            0 => format!("{:.0} µs of processor per fact", seconds * 1e6 / facts.max(1.0)),
            vms => format!("{:.0} bytes per VM", received / f64::from(u32::try_from(vms)?)),
        };
        row(&[
            what.to_owned(),
            format!("{:.1} s (started {:.1} s ago)", took.as_secs_f64(), self.began.elapsed().as_secs_f64()),
            mib(self.child.usage().rss_bytes_max),
            format!("{seconds:.2}"),
            format!("{:.1}", received / 1024.0 / 1024.0),
            format!("{facts:.0}"),
            each,
        ])
    }

    /// How many port-VLANs are missing.
    fn lacking(&self, needs: &BTreeMap<Place, VlanSet>) -> usize {
        self.world.look(|world, _| {
            let lacks = |(place, needed): (&Place, &VlanSet)| {
                let switch = world.switches.get(place.switch.as_str())?;
                Some(needed.difference(&switch.allowed(place.interface)).iter().count())
            };
            needs.iter().filter_map(lacks).sum()
        })
    }
}

async fn begin(peer: &Peer, vm: &str, to: &str) {
    let target = format!("<host type=\"HostSystem\">{to}</host><priority>defaultPriority</priority>");
    peer.begin("MigrateVM_Task", ("VirtualMachine", vm), &target).await;
}

/// What every trunk must carry at least.
fn needs(inventory: &Inventory, cabling: &Cabling) -> BTreeMap<Place, VlanSet> {
    let mut needs: BTreeMap<Place, VlanSet> = BTreeMap::new();
    let others: VlanSet = OTHERS.parse().unwrap_or_default();
    let all: BTreeSet<_> = inventory.vms.values().flat_map(|vm| inventory.needs_of(vm)).collect();
    for (host, pnic, vlan) in all.into_iter().chain(inventory.kernel_needs()) {
        if let Some(place) = cabling.end(&host, &pnic).filter(|_| !others.contains(vlan)) {
            needs.entry(place).or_default().insert(vlan);
        }
    }
    needs
}

fn configure(
    dir: &Path,
    files: &Files,
    peer: &Peer,
    servers: &RunningServers,
    ca: &LabCa,
    metrics: SocketAddr,
) -> Outcome<()> {
    secret(&dir.join("vcenter-password"), peer::PASSWORD)?;
    secret(&dir.join("switch-password"), topology::PASSWORD)?;
    fs::write(dir.join("switch-ca.pem"), ca.ca_pem())?;
    let switch = |(name, address): (&String, &SocketAddr)| {
        format!(
            "[[switch]]\nname = '{name}'\nurl = 'https://{address}'\nusername = '{}'\n\
             password_file = 'switch-password'\nca_file = 'switch-ca.pem'\n",
            topology::USER
        )
    };
    let switches: String = servers.addresses().iter().map(switch).collect();
    let text = format!(
        "[fabric]\nmode = 'enforce'\nallowed_vlans = '10-3900'\nhold_down = '1h'\n\
         [service]\nstore = 'vmtracker.db'\ncontrol = '{}'\nmetrics = '{metrics}'\n\
         [[vcenter]]\nname = 'vcsim'\nurl = '{}'\nusername = '{}'\npassword_file = 'vcenter-password'\n\
         ca_file = 'vcsim-ca.pem'\n{switches}",
        files.control.display(),
        peer.url,
        peer::USER,
    );
    Ok(fs::write(&files.config, text)?)
}

fn secret(path: &Path, text: &str) -> Outcome<()> {
    let mut file = fs::OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(path)?;
    Ok(std::io::Write::write_all(&mut file, text.as_bytes())?)
}
