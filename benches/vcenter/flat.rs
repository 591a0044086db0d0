//! Memory over time: moves, power operations, births and deaths without end.

use std::{num::NonZeroUsize, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use vmtracker::{
    clock,
    lab::{
        child::Child,
        load::{CopyPhase, LoadSpec},
        model::switch::Delays,
        settings::{Files, Pace, Prepare, Terms, Transport},
        site::{Servers, Site, free_port},
        topology::{Size, Topology},
    },
};

use super::{Outcome, head, metric, mib, program, row, tell};

/// After so many facts the resident set is looked at.
const MARKS: [u32; 6] = [1_000, 3_000, 10_000, 30_000, 60_000, 100_000];
/// The whole takes no longer.
const PATIENCE: Duration = Duration::from_secs(1_200);
/// How often the load acts and VMs speak.
const TICK: Duration = Duration::from_millis(20);
/// So that VLANs come and go as well.
const HOLD_DOWN: Duration = Duration::from_secs(2);

fn load() -> LoadSpec {
    LoadSpec {
        moves_per_second: 120.0,
        powers_per_second: 20.0,
        births_per_second: 10.0,
        copy_phase: CopyPhase::exactly(Duration::from_millis(500)),
        event_delay: Duration::ZERO,
        ..LoadSpec::default()
    }
}

pub(crate) async fn run() -> Outcome<()> {
    let size = |count: usize| count.try_into().unwrap_or(NonZeroUsize::MIN);
    let topology = Topology::generated(Size { vcenters: size(1), switches: size(4), hosts: size(8), vms: 400 }, 7);
    let mut lab = Site::new(&topology, Delays::NONE, HOLD_DOWN, clock::now().unix_ms())?;
    let servers = Servers::start(&lab.world).await?;
    let dir = tempfile::tempdir()?;
    let files = Files::new(dir.path(), None);
    let metrics = free_port()?;
    let (pace, transport, prepare) = (Pace::Unlimited, Transport::Nxapi, Prepare::OnMove);
    let terms = Terms { hold_down: HOLD_DOWN, pace, transport, prepare, metrics };
    files.write(&servers.devices(), &terms)?;
    let mut child = Child::start(program(), &files)?;
    tell("\nOne vCenter with 400 VMs at 8 hosts: 120 moves, 20 power operations and 10 births or deaths a second.\n")?;
    head(&["facts told", "after", "resident set, MiB", "processor, s"])?;
    let began = clock::instant();
    let (mut marks, mut ticks, mut running) = (MARKS.iter().peekable(), 0u32, false);
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Some(mark) = marks.peek() {
        tick.tick().await;
        lab.act();
        lab.speak();
        ticks += 1;
        if ticks % 10 != 0 {
            continue;
        }
        // The page is asked for off this thread, which serves the devices.
        let ask = move || metric(metrics, "vmtracker_vcenter_events_total", "");
        let facts = tokio::task::spawn_blocking(ask).await?.unwrap_or_default();
        if !running && facts >= 400.0 {
            running = true;
            lab.begin(load());
        }
        if facts >= f64::from(**mark) {
            let rss = child.rss_bytes().ok_or("the controller ended")?;
            let (after, used) = (began.elapsed().as_secs_f64(), child.usage().cpu_seconds);
            row(&[format!("{facts:.0}"), format!("{after:.0} s"), mib(rss), format!("{used:.2}")])?;
            marks.next();
        }
        if began.elapsed() > PATIENCE || child.ended()?.is_some() {
            return Err(format!("not within {PATIENCE:?}:\n{}", child.last_lines(20)).into());
        }
    }
    let status = child.stop().await?;
    servers.stop().await;
    if status.success() { Ok(()) } else { Err(format!("{status}\n{}", child.last_lines(20)).into()) }
}
