//! The arguments of `lab`, and the configuration that it writes.

use std::net::SocketAddr;

use clap::Parser;

use super::*;
use crate::{
    config::Config,
    lab::settings::{Devices, Files, Terms},
};

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: LabArgs,
}

fn parse(words: &[&str]) -> Result<LabArgs, clap::Error> {
    Line::try_parse_from([&["lab"], words].concat()).map(|line| line.args)
}

#[test]
fn the_default_lab_is_large_and_honest_enough() {
    let args = parse(&[]).expect("defaults");
    assert!(args.vcenters.get() >= 2 && args.switches.get() >= 4 && args.hosts.get() >= 16 && args.vms >= 200);
    let scratch = RunDir::new().expect("a directory");
    let options = options(&args, Some(&scratch)).expect("options");
    let vlans = options.topology.port_groups.len() / args.vcenters.get();
    assert!(vlans >= 5 * args.vms / args.hosts.get());
    assert_eq!((options.hold_down, options.pace), (Duration::from_secs(5), Pace::Unlimited));
}

#[test]
fn a_data_centre_of_ten_thousand_vms_can_be_asked_for_and_one_too_large_is_refused() {
    let topology = |words: &[&str]| topology(&parse(words).expect("good words"));
    let large = topology(&["--vcenters", "1", "--hosts", "500", "--vms", "10000"]).expect("not too large");
    assert_eq!((large.vms.len(), large.hosts.len(), large.port_groups.len()), (10_000, 500, 202));
    let refused = topology(&["--hosts", "2000", "--vms", "9999999"]).expect_err("too large");
    let said = format!("{refused:#}");
    assert!(said.contains("2000 hosts: at most 1536") && said.contains("9999999 VMs: at most 80000"), "{said}");
}

#[test]
fn the_controller_reaches_switches_by_nx_api_unless_told_otherwise() {
    let check = |words: &[&str], expected| {
        let scratch = RunDir::new().expect("a directory");
        let options = parse(words).map(|args| options(&args, Some(&scratch)).expect("options"));
        assert_eq!(options.expect("good").transport, expected, "{words:?}");
    };
    check(&[], Transport::Nxapi);
    check(&["--transport", "ssh"], Transport::Ssh);
    assert!(parse(&["--transport", "telnet"]).is_err());
}

#[test]
fn times_are_written_as_people_do() {
    let check = |text: &str, millis: Option<u64>| {
        assert_eq!(span(text).ok(), millis.map(Duration::from_millis), "{text}");
    };
    check("60s", Some(60_000));
    check("500ms", Some(500));
    check("1.5m", Some(90_000));
    check("1h", Some(3_600_000));
    check("5", None);
    check("s", None);
    check("5 s", None);
    check("1e9h", None);
}

#[test]
fn a_copy_phase_is_one_time_or_a_range() {
    let check = |text: &str, millis: Option<[u64; 2]>| {
        let expected = millis.map(|[shortest, longest]| CopyPhase {
            shortest: Duration::from_millis(shortest),
            longest: Duration::from_millis(longest),
        });
        assert_eq!(copy_phase(text).ok(), expected, "{text}");
    };
    check("0.5s", Some([500, 500]));
    check("2s..6s", Some([2000, 6000]));
    check("6s..2s", None);
    check("2s..", None);
    check("..", None);
}

#[test]
fn one_latency_stands_for_reads_and_writes() {
    let scratch = RunDir::new().expect("a directory");
    let args = parse(&["--switch-latency", "250ms"]).expect("good");
    let options = options(&args, Some(&scratch)).expect("options");
    assert_eq!((options.read_delay, options.write_delay), (Duration::from_millis(250), Duration::from_millis(250)));
    assert!(parse(&["--switch-latency", "1s", "--switch-read-delay", "1s"]).is_err());
}

#[test]
fn a_share_is_a_part_of_the_whole() {
    let load = parse(&["--drs-share", "0.5", "--host-failures-per-minute", "2"]).map(|args| load(&args)).expect("good");
    assert_eq!((load.shares.drs, load.shares.failing, load.failures_per_minute), (0.5, 0.02, 2.0));
    for text in ["-0.1", "1.1", "NaN", "half"] {
        assert!(parse(&[&format!("--drs-share={text}")]).is_err(), "{text}");
    }
}

#[test]
fn a_rate_is_a_sane_number() {
    assert!(parse(&["--moves-per-second", "0.5"]).is_ok());
    for text in ["-1", "NaN", "inf", "x"] {
        assert!(parse(&[&format!("--moves-per-second={text}")]).is_err(), "{text}");
    }
}

#[test]
fn the_written_configuration_is_one_that_the_service_reads() {
    for pace in [Pace::Guarded, Pace::Unlimited] {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::new(dir.path(), None);
        let devices = Devices {
            vcenters: vec![("vc1".to_owned(), "https://127.0.0.1:1".to_owned())],
            switches: vec![("leaf1a".to_owned(), "https://127.0.0.1:2".to_owned())],
            ca_pem: crate::lab::serve::LabCa::new().expect("a CA").ca_pem(),
            ..Devices::default()
        };
        let metrics = SocketAddr::from(([127, 0, 0, 1], 9));
        let transport = Transport::Nxapi;
        let (hold_down, prepare) = (Duration::from_millis(1500), Prepare::OnMove);
        let terms = Terms { hold_down, pace, transport, prepare, metrics };
        files.write(&devices, &terms).expect("written");
        let (config, warnings) = Config::load_with_warnings(&files.config).expect("a good configuration");
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!((config.vcenters.len(), config.switches.len()), (1, 1));
    }
}
