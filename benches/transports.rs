//! What each way to a switch costs: requests, bytes and time, for a switch of the lab with 48 trunks on loopback.
//!
//! `cargo bench --bench transports`. Bytes are those of requests and answers, without headers and encryption; time is
//! the median of some runs after the login, first with a switch that takes no time and then with one that takes 10 ms
//! for each request, and over SSH for each line, so that round trips show.

use std::{
    error::Error,
    io::{self, Write},
    path::Path,
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio::sync::oneshot;
use vmtracker::{
    clock,
    config::{Config, SwitchSettings},
    lab::{
        model::{switch::Delays, world::SharedWorld},
        settings::{Devices, Files, Pace, Prepare, Terms, Transport as Reached},
        site::{Servers, Site, free_port},
        topology::Topology,
    },
    nexus::{AutoClient, Driver, Traffic, Transport, connect},
};
use vmtracker_core::{
    net::{InterfaceName, VlanId},
    nexus::{Query, Step, configured, lines, nxapi::Dialect},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PORTS: u16 = 48;
const RUNS: u16 = 5;
/// The VLANs that are added count from here, a new one in each run.
const FIRST_VLAN: u16 = 100;
const PATIENCE: Duration = Duration::from_secs(300);

/// What a session asks to know everything.
const WHOLE: [Query; 15] = [
    Query::Version,
    Query::Config,
    Query::Vlans,
    Query::PortChannels,
    Query::Ports,
    Query::Lldp,
    Query::Cdp,
    Query::Trunks,
    Query::Vpc,
    Query::Fex,
    Query::Features,
    Query::FeatureSets,
    Query::Vtp,
    Query::SystemMode,
    Query::SwitchProfiles,
];

fn main() -> Outcome<()> {
    let world = Site::new(&topology()?, Delays::NONE, Duration::ZERO, clock::now().unix_ms())?.world;
    let served = Served::start(world.clone())?;
    let dir = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut vlans = (FIRST_VLAN..).filter_map(VlanId::new);
    for delay in [Duration::ZERO, Duration::from_millis(10)] {
        set_delay(&world, delay);
        tell(&format!("\nThe switch takes {delay:?} for a request.\n"))?;
        tell(&row(["transport", "what", "requests", "sent", "received", "median"].map(str::to_owned)))?;
        for (name, settings) in ways(dir.path(), &served.devices)? {
            let client = connect(&settings)?;
            runtime.block_on(measure(name, &client, &mut vlans))?;
        }
    }
    served.stop();
    Ok(())
}

fn topology() -> Outcome<Topology> {
    let port = |number| format!("{{ name = 'Ethernet1/{number}', allowed = '5' }}");
    let ports: Vec<String> = (1..=PORTS).map(port).collect();
    let text = format!("[[switch]]\nname = 'leaf1'\nvlans = '1,5,100-199'\nport = [{}]\n", ports.join(", "));
    Topology::parse(&text).map_err(|faults| format!("{faults}").into())
}

fn set_delay(world: &SharedWorld, delay: Duration) {
    let delays = Delays { read: delay, write: delay };
    world.with(|world, _| world.switches.values_mut().for_each(|switch| switch.delays = delays));
}

/// The lab's servers on a thread of their own.
struct Served {
    devices: Devices,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<io::Result<()>>,
}

impl Served {
    fn start(world: SharedWorld) -> Outcome<Self> {
        let (stop, stopped) = oneshot::channel();
        let (ready, devices) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let servers = Servers::start(&world).await?;
                ready.send(servers.devices()).map_err(io::Error::other)?;
                // Whoever went away wants the end, too.
                stopped.await.unwrap_or_default();
                servers.stop().await;
                Ok(())
            })
        });
        Ok(Self { devices: devices.recv()?, stop, thread })
    }

    fn stop(self) {
        // The thread may have ended by itself; the figures are out.
        self.stop.send(()).unwrap_or_default();
        drop(self.thread.join());
    }
}

/// Each way, as a configuration tells it.
fn ways(dir: &Path, devices: &Devices) -> Outcome<Vec<(&'static str, SwitchSettings)>> {
    let nxapi = settings(dir, devices, Reached::Nxapi)?;
    let dialects = Dialect::ALL.into_iter();
    let by_dialect = |dialect: Dialect| (dialect.as_str(), SwitchSettings { dialect: Some(dialect), ..nxapi.clone() });
    Ok(dialects.map(by_dialect).chain([("ssh", settings(dir, devices, Reached::Ssh)?)]).collect())
}

fn settings(dir: &Path, devices: &Devices, transport: Reached) -> Outcome<SwitchSettings> {
    let files = Files::new(dir, None);
    let (pace, prepare, metrics) = (Pace::Guarded, Prepare::OnMove, free_port()?);
    let terms = Terms { hold_down: Duration::from_secs(1), pace, transport, prepare, metrics };
    files.write(devices, &terms)?;
    let config = Config::load(&files.config)?;
    Ok(config.switches.into_values().next().ok_or("no switch is configured")?)
}

async fn measure(way: &str, client: &AutoClient, vlans: &mut impl Iterator<Item = VlanId>) -> Outcome<()> {
    let narrow: Vec<Query> = (1..=PORTS).map(|port| Query::PortConfig(InterfaceName::Ethernet(1, port))).collect();
    read(client, &[Query::Version]).await?;
    let mut figures = Figures::default();
    for _ in 0..RUNS {
        figures.take(client, read(client, &WHOLE)).await?;
    }
    figures.show(way, "read everything")?;
    let mut figures = Figures::default();
    for _ in 0..RUNS {
        figures.take(client, read(client, &narrow)).await?;
    }
    figures.show(way, "read 48 ports")?;
    let mut figures = Figures::default();
    for vlan in vlans.take(usize::from(RUNS)) {
        figures.take(client, change(client, vlan, &narrow)).await?;
    }
    figures.show(way, "change 48 ports and read them back")
}

async fn read(client: &AutoClient, queries: &[Query]) -> Outcome<()> {
    client.read(queries).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(())
}

async fn change(client: &AutoClient, vlan: VlanId, narrow: &[Query]) -> Outcome<()> {
    let allow = |port| Step::Allow { interface: InterfaceName::Ethernet(1, port), vlans: vlan.into() };
    let steps: Vec<Step> = (1..=PORTS).map(allow).collect();
    let lines: Vec<String> = lines(&steps).into_iter().map(|(_, line)| line).collect();
    let replies = client.configure(&lines, PATIENCE, clock::now() + PATIENCE).await?;
    if replies.len() < lines.len() {
        return Err(format!("{} lines, {} replies", lines.len(), replies.len()).into());
    }
    replies.into_iter().try_for_each(|reply| configured(&reply?))?;
    read(client, narrow).await
}

/// What some runs of the same took.
#[derive(Default)]
struct Figures {
    times: Vec<Duration>,
    /// Of one run: they are alike.
    traffic: Traffic,
}

impl Figures {
    async fn take(&mut self, client: &AutoClient, run: impl Future<Output = Outcome<()>>) -> Outcome<()> {
        let (before, began) = (Transport::traffic(client), clock::instant());
        run.await?;
        self.times.push(began.elapsed());
        let after = Transport::traffic(client);
        self.traffic = Traffic {
            requests: after.requests - before.requests,
            sent: after.sent - before.sent,
            received: after.received - before.received,
        };
        Ok(())
    }

    fn show(mut self, way: &str, what: &str) -> Outcome<()> {
        self.times.sort_unstable();
        let median = self.times.get(self.times.len() / 2).copied().unwrap_or_default();
        let Traffic { requests, sent, received } = self.traffic;
        let numbers = [requests, sent, received].map(|number| number.to_string());
        let [requests, sent, received] = numbers;
        let median = format!("{:.1} ms", median.as_secs_f64() * 1e3);
        tell(&row([way.to_owned(), what.to_owned(), requests, sent, received, median]))
    }
}

fn row([way, what, requests, sent, received, median]: [String; 6]) -> String {
    format!("{way:<10} {what:<36} {requests:>8} {sent:>9} {received:>9} {median:>11}\n")
}

fn tell(text: &str) -> Outcome<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
