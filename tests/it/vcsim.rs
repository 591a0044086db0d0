//! A vCenter that we did not write: VMware's own simulator drives the switches of the lab through the service.
//!
//! Runs when `VMTRACKER_VCSIM` names the simulator's binary. What the switches must carry is computed from what the
//! simulator itself says, over SOAP calls of the test's own.

mod faults;
mod hands;
mod inventory;
mod life;
mod motion;
mod networking;
mod paging;
mod peer;
mod restart;
mod rig;
mod sessions;
mod stock;
mod trunks;

use peer::{GLANCE, PATIENCE};
use rig::Rig;
use tokio::time::{sleep, timeout};
use vmtracker::api::FindingRow;

use crate::commands::vmtracker;

/// Prints for whoever runs the tests, and for `tests/run`.
#[expect(clippy::print_stdout, reason = "which peers ran is part of a test run's result")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// The simulator with these flags, and switches; none, and a line that says why, where there is no simulator.
async fn rig(flags: &[&str]) -> Option<Rig> {
    let Some(binary) = std::env::var("VMTRACKER_VCSIM").ok().filter(|path| !path.is_empty()) else {
        say("peer vcsim: skipped (VMTRACKER_VCSIM names no binary)");
        return None;
    };
    Some(Rig::new(&binary, flags).await)
}

/// As [`rig`], with the VMs where they belong and a service that has caught up.
async fn running(flags: &[&str]) -> Option<Rig> {
    let mut rig = rig(flags).await?;
    rig.spread(0).await;
    rig.run();
    rig.check("the start").await;
    Some(rig)
}

/// Stops everything, and says what it took.
async fn end(mut rig: Rig) {
    say(&format!("peer vcsim: calls {:?}", rig.peer.calls().await));
    let used = rig.stop_service().await;
    say(&format!("peer vcsim: {}; {used}", rig.requests()));
    rig.stop().await;
    say("peer vcsim: ran");
}

/// Waits until the service says something of this kind that names this.
async fn found(rig: &Rig, kind: &str, text: &str) -> FindingRow {
    let fits = |finding: &FindingRow| finding.kind == kind && names(finding, text);
    let waiting = timeout(PATIENCE, async {
        loop {
            if let Some(found) = findings(rig).await.into_iter().find(fits) {
                return found;
            }
            sleep(GLANCE).await;
        }
    });
    waiting.await.unwrap_or_else(|_| panic!("no {kind} with {text:?}\n{}", rig.said()))
}

/// Whether a finding names this, in its subject or its text.
fn names(finding: &FindingRow, text: &str) -> bool {
    finding.subject.contains(text) || finding.text.contains(text)
}

/// What the service says that a person should mend.
async fn findings(rig: &Rig) -> Vec<FindingRow> {
    let control = rig.files.control.display().to_string();
    let run = move || vmtracker(&["findings", "--json", "--control", &control]);
    let run = tokio::task::spawn_blocking(run).await.expect("ran");
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.out))
}
