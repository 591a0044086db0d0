//! The simulated data centre of one run: models, judge, load, and the servers around them.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use super::{
    judge::Judge,
    load::{Load, LoadSpec},
    model::{
        LabTime,
        dataplane::{Cabling, Chatter},
        plant,
        switch::{Delays, Switch},
        vcenter::{Refused, Vcenter},
        world::{SharedWorld, World},
    },
    serve::{
        LabCa, LabKey, RunningServers, RunningSsh, serve_ssh, serve_switches, vcenter::RunningVcenters,
        vcenter::serve_vcenters,
    },
    settings::Devices,
    topology::Topology,
};

/// The simulated data centre.
#[derive(Debug)]
pub struct Site {
    /// The devices.
    pub world: SharedWorld,
    /// Watches them.
    pub judge: Judge,
    /// Where every pnic is plugged in.
    pub cabling: Arc<Cabling>,
    /// How many hosts there are.
    pub hosts: usize,
    chatter: Chatter,
    load: Option<Load>,
    seen: u64,
}

impl Site {
    /// Builds it; the judge takes what the switches carry now for somebody else's.
    ///
    /// # Errors
    /// A model refuses its part of the topology.
    pub fn new(topology: &Topology, delays: Delays, hold_down: Duration, unix_ms: u64) -> Result<Self, Refused> {
        let mut switches = topology.switches(unix_ms);
        switches.values_mut().for_each(|switch| switch.delays = delays);
        let vcenters = topology.vcenters(unix_ms)?;
        let cabling = Arc::new(topology.cabling());
        let judge = Judge::new(&switches, Arc::clone(&cabling), delays.write, hold_down);
        let world = SharedWorld::new(World { switches, vcenters, observers: vec![Box::new(judge.clone())] });
        world.with(|_, _| ());
        let chatter = Chatter::new(Arc::clone(&cabling));
        Ok(Self { world, judge, cabling, hosts: topology.hosts.len(), chatter, load: None, seen: 0 })
    }

    /// The load begins, and what happened so far is forgotten.
    pub fn begin(&mut self, spec: LoadSpec) {
        let load = self.world.look(|world, now| Load::new(spec, &world.vcenters, now));
        self.load = Some(load);
        self.judge.restart(self.world.now());
    }

    /// The load begins nothing any more.
    pub fn end(&mut self) {
        self.load.iter_mut().for_each(Load::stop);
    }

    /// Moves under way.
    pub fn in_flight(&self) -> usize {
        self.load.as_ref().map_or(0, Load::in_flight)
    }

    /// VMs in all vCenters.
    pub fn vms(&self) -> usize {
        self.world.look(|world, _| world.vcenters.values().map(|vcenter| vcenter.vms().count()).sum())
    }

    /// How many vPCs have other VLANs on one leg than on the other.
    pub fn uneven(&self) -> usize {
        self.world.look(|world, _| plant::uneven(&world.switches).len())
    }

    /// When the load has something to do next.
    pub fn next_deadline(&self) -> Option<LabTime> {
        self.load.as_ref().and_then(Load::next_deadline)
    }

    /// Does what is due, and lets VMs speak.
    pub fn act(&mut self) {
        let now = self.world.now();
        if let Some(load) = &mut self.load
            && load.next_deadline().is_some_and(|at| at <= now)
        {
            self.world.with(|world, now| load.act(&mut world.vcenters, now));
        }
    }

    /// Lets VMs speak, so that switches learn where they are.
    pub fn speak(&mut self) {
        self.world.serve(|world, now| self.chatter.speak(world, now));
        let revisions = self.world.look(|world, _| {
            let switches = world.switches.values().map(Switch::revision);
            switches.chain(world.vcenters.values().map(Vcenter::revision)).sum()
        });
        // Something changed by time alone, or a host lost a link: the observers look.
        if std::mem::replace(&mut self.seen, revisions) != revisions {
            self.world.with(|_, _| ());
        }
    }
}

/// The servers of a site.
#[derive(Debug)]
pub struct Servers {
    switches: RunningServers,
    ssh: RunningSsh,
    vcenters: RunningVcenters,
    ca_pem: String,
    key: LabKey,
}

impl Servers {
    /// Every device on a port of its own on 127.0.0.1, and a switch on one more for SSH.
    ///
    /// # Errors
    /// The certificates and keys cannot be made, or a port cannot be had.
    pub async fn start(world: &SharedWorld) -> io::Result<Self> {
        let (ca, key) = (LabCa::new()?, LabKey::new()?);
        let (switches, vcenters): (Vec<String>, Vec<String>) =
            world.look(|world, _| (world.switches.keys().cloned().collect(), world.vcenters.keys().cloned().collect()));
        let tls = Arc::new(ca.server_config(&["localhost", "127.0.0.1"])?);
        let vcenters = serve_vcenters(world.clone(), vcenters, |_| Arc::clone(&tls)).await?;
        let ssh = serve_ssh(world, &switches, &key).await?;
        let switches = serve_switches(world.clone(), &switches, &ca, 0).await?;
        Ok(Self { switches, ssh, vcenters, ca_pem: ca.ca_pem(), key })
    }

    /// Where they are, and whom to trust.
    pub fn devices(&self) -> Devices {
        let vcenters = self.vcenters.addresses();
        let switches: &BTreeMap<String, SocketAddr> = self.switches.addresses();
        Devices {
            vcenters: vcenters.map(|(name, at)| (name.to_owned(), format!("https://{at}"))).collect(),
            switches: switches.iter().map(|(name, at)| (name.clone(), format!("https://{at}"))).collect(),
            ssh: self.ssh.addresses().clone(),
            known_hosts: self.ssh.known_hosts().to_owned(),
            ssh_key: Some(self.key.clone()),
            ca_pem: self.ca_pem.clone(),
        }
    }

    /// Closes every connection.
    pub async fn stop(self) {
        self.vcenters.stop().await;
        self.switches.stop().await;
        self.ssh.stop().await;
    }
}

/// Below the ports that Linux gives to outgoing connections: one that is free stays so until its server listens.
const PORTS: Range<u16> = 20_000..32_000;

/// A port of 127.0.0.1 that is free at this moment, and that this process did not name before.
///
/// # Errors
/// There is none.
pub fn free_port() -> io::Result<SocketAddr> {
    static NAMED: AtomicU32 = AtomicU32::new(0);
    let span = u32::from(PORTS.end - PORTS.start);
    let first = std::process::id().wrapping_mul(97);
    let next = || first.wrapping_add(NAMED.fetch_add(1, Ordering::Relaxed)) % span;
    let ports = (0..span).filter_map(|_| u16::try_from(next()).ok()).map(|port| PORTS.start + port);
    let listener = ports.map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).find(Result::is_ok);
    listener.unwrap_or_else(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?.local_addr()
}
