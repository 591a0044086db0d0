//! A whole run with a stand-in for the controller: a program that does nothing, on trunks where nothing is to do.

use std::{fs, num::NonZeroUsize, os::unix::net::UnixListener};

use super::*;
use crate::lab::{load::CopyPhase, summary::Outcome, topology::Size};

#[derive(Default)]
struct Notes {
    started: u64,
    lives: Vec<Live>,
    said: Vec<String>,
}

impl Screen for Notes {
    fn starting(&mut self, _standing: u64, _needed: u64) {
        self.started += 1;
    }

    fn live(&mut self, live: &Live) {
        self.lives.push(*live);
    }

    fn say(&mut self, text: &str) {
        self.said.push(text.to_owned());
    }
}

/// A small data centre whose trunks allow everything; `script` plays the controller.
fn options(dir: &Path, script: &str) -> Options {
    // A shell takes `run` for its script.
    fs::write(dir.join("run"), script).expect("written");
    let some = |count| NonZeroUsize::new(count).expect("not zero");
    let size = Size { vcenters: some(1), switches: some(2), hosts: some(4), vms: 12 };
    let mut topology = Topology::generated(size, 1);
    let ports = topology.switches.iter_mut().flat_map(|switch| &mut switch.ports);
    ports.for_each(|port| port.allowed = None);
    Options {
        topology,
        load: LoadSpec {
            moves_per_second: 40.0,
            powers_per_second: 5.0,
            births_per_second: 5.0,
            copy_phase: CopyPhase::exactly(Duration::from_millis(20)),
            ..LoadSpec::default()
        },
        duration: Some(Duration::from_secs(1)),
        hold_down: Duration::from_secs(5),
        pace: Pace::Unlimited,
        transport: Transport::Nxapi,
        prepare: Prepare::OnMove,
        read_delay: Duration::ZERO,
        write_delay: Duration::ZERO,
        program: PathBuf::from("/bin/sh"),
        dir: dir.to_owned(),
        config: None,
    }
}

#[test]
fn a_run_goes_through_all_its_phases() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = options(dir.path(), "trap 'exit 0' TERM; while :; do sleep 0.02; done");
    let _control = UnixListener::bind(dir.path().join("control.sock")).expect("a socket");
    let mut notes = Notes::default();
    let summary = actix_web::rt::System::new().block_on(run(&options, &mut notes)).expect("a summary");
    assert_eq!((summary.hosts, summary.switches), (4, 2));
    assert!(summary.vms >= 12 && summary.score.moves > 10, "{summary:?}");
    assert_eq!((summary.score.moves_needing_a_write, summary.score.dark_vm_seconds.planned), (0, 0.0));
    assert_eq!(summary.outcome(), Outcome::Meaningless, "no trunk lacked anything");
    assert!(summary.controller.rss_bytes_max > 0);
    assert!(notes.started > 0 && !notes.lives.is_empty());
    assert_eq!(notes.said, Vec::<String>::new());
}

#[test]
fn a_controller_that_dies_ends_the_run_with_its_last_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = options(dir.path(), "echo cannot go on >&2; exit 3");
    let result = actix_web::rt::System::new().block_on(run(&options, &mut Notes::default()));
    let Err(LabError::Died { status, log }) = result else { panic!("{result:?}") };
    assert_eq!((status.code(), log.as_str()), (Some(3), "cannot go on"));
}

#[test]
fn a_controller_that_cannot_be_started_is_said_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { program: dir.path().join("nothing"), ..options(dir.path(), "") };
    let result = actix_web::rt::System::new().block_on(run(&options, &mut Notes::default()));
    assert!(matches!(result, Err(LabError::Controller(_))), "{result:?}");
}

#[test]
fn without_a_vcenter_there_is_nothing_to_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { topology: Topology::default(), ..options(dir.path(), "") };
    let result = actix_web::rt::System::new().block_on(run(&options, &mut Notes::default()));
    assert!(matches!(result, Err(LabError::NoVcenter)), "{result:?}");
}
